//! An authorizer without any judgement, to prove the tests themselves: told what to say, it must pass every row
//! behind every proxy; saying always yes or always no, it must be caught.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;

use crate::table::Verdict;

/// Where [`Says::SignIn`] sends people; relative, as Claimgate's own answers may be.
pub(crate) const SIGN_IN: &str = "/_claimgate/sign-in?to=%2Fpage";

/// What the authorizer says, whatever it is asked.
#[derive(Clone)]
pub(crate) enum Says {
    Allow,
    Deny,
    /// 401, and where to sign in.
    SignIn,
    /// What the current row expects.
    Told(Arc<Mutex<Verdict>>),
}

/// Starts the authorizer on one port for HTTP/1.1, HTTP/2 and gRPC; it lives as long as the test run.
pub(crate) fn start(says: Says) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let says = says.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        std::future::ready(Ok::<_, Infallible>(answer(&says, &request)))
                    });
                    let _ = auto::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
    });
    address
}

type Body = BoxBody<Bytes, Infallible>;

fn answer(says: &Says, request: &Request<Incoming>) -> Response<Body> {
    let verdict = match says {
        Says::Allow => Verdict::allow("", ""),
        Says::Deny | Says::SignIn => Verdict::refuse(401, "missing_credential"),
        Says::Told(verdict) => verdict.lock().unwrap().clone(),
    };
    let grpc = request
        .headers()
        .get("content-type")
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    if grpc {
        return grpc_answer(&verdict);
    }
    let nginx = request.uri().path() == "/_claimgate/nginx";
    let mut response = Response::builder().header("x-claimgate-decision-id", "told");
    if matches!(says, Says::SignIn) {
        response = response.header("location", SIGN_IN);
    }
    let body = match &verdict {
        Verdict::Allow { user, groups } => {
            response = response.header("x-claimgate-user", user).header("x-claimgate-groups", groups);
            String::new()
        }
        Verdict::Refuse { status, code } => {
            let status = if nginx && *status != 401 { 403 } else { *status };
            response = response.status(status).header("content-type", "application/problem+json");
            if status == 401 {
                response = response.header("www-authenticate", "Bearer");
            }
            problem(code)
        }
    };
    response.body(Full::from(body).boxed()).unwrap()
}

fn problem(code: &str) -> String {
    format!(r#"{{"code":"{code}","title":"told","decisionId":"told"}}"#)
}

/// A `CheckResponse` of `envoy.service.auth.v3`, written out by hand.
fn grpc_answer(verdict: &Verdict) -> Response<Body> {
    let message = match verdict {
        Verdict::Allow { user, groups } => {
            let headers = [("x-claimgate-user", user.as_str()), ("x-claimgate-groups", groups)];
            [field(1, &[]), field(3, &options(&headers))].concat()
        }
        Verdict::Refuse { status, code } => {
            let http_status = [vec![0x08], varint(u64::from(*status))].concat();
            let mut headers =
                vec![("content-type", "application/problem+json"), ("x-claimgate-decision-id", "told")];
            if *status == 401 {
                headers.push(("www-authenticate", "Bearer"));
            }
            let denied =
                [field(1, &http_status), options(&headers), field(3, problem(code).as_bytes())].concat();
            // google.rpc.Code PERMISSION_DENIED
            [field(1, &[0x08, 7]), field(2, &denied)].concat()
        }
    };
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::from(frame).with_trailers(std::future::ready(Some(Ok(trailers))));
    Response::builder().header("content-type", "application/grpc").body(body.boxed()).unwrap()
}

/// Repeated `HeaderValueOption` in field 2: overwrite, and keep empty values.
fn options(headers: &[(&str, &str)]) -> Vec<u8> {
    let option = |(name, value): &(&str, &str)| {
        let header = [field(1, name.as_bytes()), field(2, value.as_bytes())].concat();
        field(2, &[field(1, &header), vec![0x18, 2, 0x20, 1]].concat())
    };
    headers.iter().flat_map(option).collect()
}

fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [vec![number << 3 | 2], varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        if value == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}
