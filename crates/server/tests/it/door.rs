use claimgate_testkit::envoy::{CheckResponse, HeaderValueOption, HttpResponse};

use crate::client::{Ask, Reply, Via};
use crate::envoy;
use crate::world::World;

/// A way to ask, in a version of HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Door {
    /// `X-Forwarded-*`: Caddy, Traefik, `HAProxy`.
    Forwarded(Via),
    Nginx(Via),
    EnvoyPrefix(Via),
    EnvoySocket(Via),
    EnvoyGrpc,
}

/// Every door in every version.
pub(crate) const DOORS: [Door; 9] = [
    Door::Forwarded(Via::Http1),
    Door::Forwarded(Via::Http2),
    Door::Nginx(Via::Http1),
    Door::Nginx(Via::Http2),
    Door::EnvoyPrefix(Via::Http1),
    Door::EnvoyPrefix(Via::Http2),
    Door::EnvoySocket(Via::Http1),
    Door::EnvoySocket(Via::Http2),
    Door::EnvoyGrpc,
];

/// What a door says.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    /// The headers of the answer: those for the application if it is allowed, else those for the client.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) decision_id: String,
    pub(crate) body: String,
    /// The headers that the application gets, where the answer alone settles them.
    pub(crate) forwarded: Option<Vec<(String, String)>>,
}

impl Door {
    /// The status that this door makes of the status of a decision.
    pub(crate) fn status(self, decided: u16) -> u16 {
        match self {
            Self::Nginx(_) if !matches!(decided, 200 | 401) => 403,
            _ => decided,
        }
    }

    /// The request by which a proxy asks about `client` through an HTTP door.
    pub(crate) fn check_request(self, client: &Ask) -> Ask {
        let host = &client.host;
        match self {
            Self::Forwarded(_) => Ask::get("/_claimgate/check")
                .host("gate.example.com")
                .header("x-forwarded-method", client.method)
                .header("x-forwarded-proto", "https")
                .header("x-forwarded-host", host)
                .header("x-forwarded-uri", &client.target)
                .headers(&client.headers),
            Self::Nginx(_) => Ask::get("/_claimgate/nginx")
                .host("gate.example.com")
                .header("x-original-method", client.method)
                .header("x-original-url", &format!("https://{host}{}", client.target))
                .headers(&client.headers),
            Self::EnvoyPrefix(_) => {
                Ask { target: format!("/_claimgate/envoy{}", client.target), ..client.clone() }
            }
            Self::EnvoySocket(_) | Self::EnvoyGrpc => client.clone(),
        }
    }

    /// Asks about the request `client`.
    pub(crate) async fn ask(self, world: &World, client: &Ask) -> Verdict {
        let (address, via) = match self {
            Self::EnvoyGrpc => return grpc(world, client).await,
            Self::EnvoySocket(via) => (world.check.unwrap(), via),
            Self::Forwarded(via) | Self::Nginx(via) | Self::EnvoyPrefix(via) => (world.public, via),
        };
        let client = self.check_request(client);
        Verdict::of(&crate::client::Client::new(address, via).send(&client).await)
    }
}

impl Verdict {
    /// What an HTTP answer says.
    pub(crate) fn of(reply: &Reply) -> Self {
        let headers = reply.headers.iter();
        Self {
            status: reply.status,
            code: reply.code(),
            headers: headers
                .map(|(name, value)| {
                    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect(),
            decision_id: reply.header("x-claimgate-decision-id").unwrap_or_default().to_owned(),
            body: reply.text().to_owned(),
            forwarded: None,
        }
    }

    /// The values of the header `name`, which are the identity's if the request is allowed.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }
}

async fn grpc(world: &World, client: &Ask) -> Verdict {
    let request = envoy::about(client.method, &client.host, &client.target, &client.headers);
    let response = envoy::check(world.public, request).await.unwrap();
    grpc_verdict(&client.headers, response)
}

/// What a gRPC answer says of a request with the headers `client`.
pub(crate) fn grpc_verdict(client: &[(String, String)], response: CheckResponse) -> Verdict {
    let code = response.status.unwrap().code;
    let id = |headers: &[HeaderValueOption]| {
        let mut ids = headers.iter().map(envoy::pair);
        ids.find(|(name, _)| name == "x-claimgate-decision-id").unwrap_or_default().1
    };
    match response.http_response.unwrap() {
        HttpResponse::Ok(ok) => {
            assert_eq!(code, 0);
            Verdict {
                status: 200,
                code: None,
                headers: ok.headers.iter().map(envoy::pair).collect(),
                decision_id: id(&ok.response_headers_to_add),
                body: String::new(),
                forwarded: Some(envoy::forwarded(client, &ok)),
            }
        }
        HttpResponse::Denied(denied) => {
            let status = u16::try_from(denied.status.unwrap().code).unwrap();
            assert_eq!(code, if status == 401 { 16 } else { 7 });
            let body: Option<serde_json::Value> = serde_json::from_str(&denied.body).ok();
            Verdict {
                status,
                code: body.and_then(|body| body["code"].as_str().map(str::to_owned)),
                headers: denied.headers.iter().map(envoy::pair).collect(),
                decision_id: id(&denied.headers),
                body: denied.body,
                forwarded: None,
            }
        }
    }
}
