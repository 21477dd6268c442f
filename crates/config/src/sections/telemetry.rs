use url::Url;

use crate::decode::{At, Ratio, choice, section};

section! {
    /// What is told of decisions beside the audit log and the metrics.
    pub struct Telemetry {
        /// Traces; none without it.
        "traces" traces: Option<Traces> = optional,
    }
}

section! {
    /// Traces of OpenTelemetry: a span for each decision, below the span that the request's `traceparent` names.
    pub struct Traces {
        /// Where spans are sent.
        "otlp" otlp: Otlp = required,
        /// Which part of the traces that begin here is recorded, from `0` to `1`. A request that comes with a `traceparent` is recorded if that says so.
        "samplingRatio" sampling_ratio: At<Ratio> = default("1"),
        /// The name that the spans' service goes by: `service.name`.
        "serviceName" service_name: At<String> = default("claimgate"),
    }
}

section! {
    /// An OpenTelemetry collector.
    pub struct Otlp {
        /// Its address, such as `http://collector:4318`; spans go to `/v1/traces` below it, or to the address itself if it ends so.
        "endpoint" endpoint: At<Url> = required,
        /// How it is spoken to.
        "protocol" protocol: OtlpProtocol = default("http/protobuf"),
        /// A file of headers that each export carries, one `Name: value` a line. It is read again for each export.
        "headersFile" headers_file: Option<At<String>> = optional,
        /// The authorities that the collector's certificate may come from, in PEM; the system's without it.
        "certificateAuthorityFile" certificate_authority_file: Option<At<String>> = optional,
    }
}

choice! {
    /// The transport of OTLP.
    pub enum OtlpProtocol {
        /// OTLP over HTTP, in Protobuf.
        HttpProtobuf = "http/protobuf",
    }
}
