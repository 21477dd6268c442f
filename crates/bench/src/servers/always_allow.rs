//! Envoy's `ext_authz` by tonic: a service that decodes the check request as generated code does, and allows
//! it with two headers.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use claimgate_testkit::envoy::{CheckRequest, CheckResponse};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::Service;

use crate::error::{BenchError, Context as _};
use crate::grpc::messages::allow;

/// Serves until the process ends.
pub(crate) async fn serve(address: SocketAddr) -> Result<(), BenchError> {
    tonic::transport::Server::builder()
        .add_service(AlwaysAllow)
        .serve(address)
        .await
        .context("the tonic service ended")
}

#[derive(Clone, Copy)]
struct AlwaysAllow;

impl NamedService for AlwaysAllow {
    const NAME: &'static str = "envoy.service.auth.v3.Authorization";
}

impl Service<http::Request<Body>> for AlwaysAllow {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let codec = ProstCodec::<CheckResponse, CheckRequest>::default();
            Ok(Grpc::new(codec).unary(Allow, request).await)
        })
    }
}

struct Allow;

impl Service<Request<CheckRequest>> for Allow {
    type Response = Response<CheckResponse>;
    type Error = Status;
    type Future = Ready<Result<Response<CheckResponse>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<CheckRequest>) -> Self::Future {
        ready(Ok(Response::new(allow())))
    }
}
