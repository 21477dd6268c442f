use url::Host;

use super::invalid;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::sections::{Otlp, Telemetry};

pub(super) fn check(telemetry: &Telemetry, problems: &mut Diagnostics) {
    let Some(traces) = &telemetry.traces else { return };
    check_otlp(&traces.otlp, problems);
    if traces.service_name.value.is_empty() {
        problems.push(invalid(&traces.service_name.place, "a service without a name"));
    }
}

fn check_otlp(otlp: &Otlp, problems: &mut Diagnostics) {
    let url = &otlp.endpoint.value;
    if url.query().is_some() {
        problems.push(invalid(&otlp.endpoint.place, "the collector's address has a query"));
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if let Some(file) = &otlp.headers_file
        && url.scheme() != "https"
        && !loopback
    {
        let message = "headers are sent that may be a credential, and the collector's address is not https";
        problems.push(
            Diagnostic::error(Code::InsecureUrl, &file.place, message).expected("`https://…`, or none"),
        );
    }
}
