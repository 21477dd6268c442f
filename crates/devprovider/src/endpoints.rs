use std::collections::BTreeMap;

use bytes::Bytes;
use claimgate_crypto::{JwtLimits, KeyId, KeySet, KeySetLimits, RegisteredClaims, UnverifiedJwt, base64url};
use claimgate_json::{Json, Object};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;

use crate::provider::State;
use crate::tokens::LIFETIME;
use crate::{Fault, PERSON_GRANT, SigningAlgorithm, TokenKind};

/// The connection is closed without an answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the development provider plays dead")]
pub(crate) struct PlaysDead;

type Answer = Response<Full<Bytes>>;

impl State {
    pub(crate) async fn answer(&self, request: Request<Incoming>) -> Result<Answer, PlaysDead> {
        let path = request.uri().path().to_owned();
        self.counts.send_modify(|counts| match path.as_str() {
            "/.well-known/openid-configuration" => counts.discovery += 1,
            "/keys" => counts.keys += 1,
            _ => {}
        });
        let mut fault = self.fault.subscribe();
        // Slow: until the fault is another one.
        let Ok(fault) = fault.wait_for(|fault| *fault != Fault::Slow).await.map(|fault| *fault) else {
            return Err(PlaysDead);
        };
        match fault {
            Fault::Down => Err(PlaysDead),
            Fault::Html => Ok(with_type("text/html; charset=utf-8", "<!doctype html><title>Sign in</title>")),
            Fault::Redirect => Ok(redirect(&path)),
            Fault::TenMebibytes => Ok(ten_mebibytes()),
            Fault::InternalError => Ok(json(StatusCode::INTERNAL_SERVER_ERROR, &Object::new())),
            Fault::None | Fault::Slow | Fault::WrongIssuer | Fault::EmptySet | Fault::BadKeys => {
                Ok(self.route(request, &path, fault).await)
            }
        }
    }

    async fn route(&self, request: Request<Incoming>, path: &str, fault: Fault) -> Answer {
        match (request.method(), path) {
            (&Method::GET, "/.well-known/openid-configuration") => self.discovery(fault),
            (&Method::GET, "/keys") => self.key_set(fault),
            (&Method::POST, "/token") => self.token(request).await,
            (&Method::GET, "/userinfo") => self.userinfo(request.headers()),
            _ => refusal(StatusCode::NOT_FOUND, "not_found"),
        }
    }

    fn discovery(&self, fault: Fault) -> Answer {
        let issuer = match fault {
            Fault::WrongIssuer => "http://127.0.0.1:1/another".to_owned(),
            _ => self.issuer.clone(),
        };
        let mut metadata = Object::new();
        metadata.insert("issuer", issuer);
        metadata.insert("jwks_uri", format!("{}/keys", self.issuer));
        metadata.insert("token_endpoint", format!("{}/token", self.issuer));
        metadata.insert("userinfo_endpoint", format!("{}/userinfo", self.issuer));
        metadata.insert("grant_types_supported", vec!["client_credentials", PERSON_GRANT]);
        metadata.insert(
            "token_endpoint_auth_methods_supported",
            vec!["client_secret_basic", "client_secret_post"],
        );
        metadata.insert("id_token_signing_alg_values_supported", vec!["RS256", "ES256"]);
        metadata.insert("response_types_supported", Json::Array(Vec::new()));
        metadata.insert("subject_types_supported", vec!["public"]);
        json(StatusCode::OK, &metadata)
    }

    fn key_set(&self, fault: Fault) -> Answer {
        let mut keys = if fault == Fault::EmptySet { Vec::new() } else { self.keys().public_set() };
        if fault == Fault::BadKeys {
            let unknown = Object::from_iter([("kty", "AKP"), ("kid", "unknown-type"), ("alg", "ML-DSA-44")]);
            let broken = Object::from_iter([("kty", "EC"), ("kid", "broken"), ("crv", "P-256"), ("x", "!")]);
            keys.insert(0, unknown.into());
            keys.push(broken.into());
        }
        let set = Object::from_iter([("keys", Json::Array(keys))]);
        let mut answer = json(StatusCode::OK, &set);
        let cache = self.options.cache_control.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
        if let Some(cache) = cache {
            answer.headers_mut().insert(CACHE_CONTROL, cache);
        }
        answer
    }

    /// RFC 6749 §4.4, and the grant of a development provider.
    async fn token(&self, request: Request<Incoming>) -> Answer {
        let basic = basic_credentials(request.headers());
        let Ok(body) = Limited::new(request.into_body(), 64 * 1024).collect().await else {
            return refusal(StatusCode::BAD_REQUEST, "invalid_request");
        };
        let body = body.to_bytes();
        let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
        let field = |name: &str| form.get(name).map(String::as_str);
        let name = match field("grant_type") {
            Some("client_credentials") => {
                let posted = field("client_id").zip(field("client_secret"));
                let posted = posted.map(|(id, secret)| (id.to_owned(), secret.to_owned()));
                let machine = &self.options.machine;
                let expected = (machine.client_id.clone(), machine.client_secret.clone());
                if basic.or(posted) != Some(expected) {
                    return refusal(StatusCode::UNAUTHORIZED, "invalid_client");
                }
                machine.client_id.as_str()
            }
            Some(PERSON_GRANT) => {
                let known = |name: &&str| self.options.people.iter().any(|person| person.name == *name);
                match field("person").filter(known) {
                    Some(name) => name,
                    None => return refusal(StatusCode::BAD_REQUEST, "invalid_grant"),
                }
            }
            Some(_) => return refusal(StatusCode::BAD_REQUEST, "unsupported_grant_type"),
            None => return refusal(StatusCode::BAD_REQUEST, "invalid_request"),
        };
        match self.mint(name, TokenKind::Valid, SigningAlgorithm::Rs256, field("audience")) {
            Ok(token) => {
                let mut answer = Object::new();
                answer.insert("access_token", token);
                answer.insert("token_type", "Bearer");
                answer.insert("expires_in", LIFETIME);
                let mut answer = json(StatusCode::OK, &answer);
                answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                answer
            }
            Err(_) => refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
        }
    }

    /// `OpenID` Connect Core 1.0 §5.3.
    fn userinfo(&self, headers: &HeaderMap) -> Answer {
        if let Some(claims) = bearer(headers).and_then(|token| self.subject_of(token)) {
            return json(StatusCode::OK, &claims);
        }
        let mut answer = refusal(StatusCode::UNAUTHORIZED, "invalid_token");
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        answer
    }

    fn subject_of(&self, token: &str) -> Option<Object> {
        let document = Object::from_iter([("keys", Json::Array(self.keys().public_set()))]);
        let keys = KeySet::parse(document.to_string().as_bytes(), KeySetLimits::default()).ok()?;
        let token = UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default()).ok()?;
        let id = token.key_id().cloned();
        let algorithm = token.algorithm();
        let verified = token.verify(keys.candidates(id.as_ref().map(KeyId::as_str), algorithm)).ok()?;
        let claims = RegisteredClaims::parse(verified.claims()).ok()?;
        let alive = claims.expires_at?.floor() > (self.clock)();
        let own = verified.claims().get("iss").and_then(Json::as_str) == Some(&self.issuer);
        let subject = verified.claims().get("sub").and_then(Json::as_str)?;
        if alive && own { self.claims(subject) } else { None }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// RFC 6749 §2.3.1: client ID and secret are form-encoded before they are joined.
fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let url_safe = encoded.trim_end_matches('=').replace('+', "-").replace('/', "_");
    let decoded = String::from_utf8(base64url::decode(url_safe).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let decode = |text: &str| {
        let pair = format!("v={text}");
        url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

fn json(status: StatusCode, body: &Object) -> Answer {
    let mut answer = with_type("application/json", body.to_string());
    *answer.status_mut() = status;
    answer
}

fn refusal(status: StatusCode, error: &str) -> Answer {
    json(status, &Object::from_iter([("error", error)]))
}

fn with_type(kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn redirect(path: &str) -> Answer {
    let mut answer = with_type("text/plain", "");
    *answer.status_mut() = StatusCode::FOUND;
    if let Ok(location) = HeaderValue::from_str(&format!("{path}?followed")) {
        answer.headers_mut().insert(LOCATION, location);
    }
    answer
}

fn ten_mebibytes() -> Answer {
    let filler = "a".repeat(10 * 1024 * 1024);
    with_type("application/json", format!("{{\"keys\":[],\"filler\":\"{filler}\"}}"))
}
