//! The development provider over its own socket.

#![expect(clippy::unwrap_used, reason = "in a test, what is not as it should be ends the test")]

use std::sync::Arc;

use claimgate_crypto::{JwtLimits, UnverifiedJwt};
use claimgate_devprovider::{DevProvider, Options, PERSON_GRANT, StartError, TokenKind};
use claimgate_json::{Json, Limits, parse};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const NOW: i64 = 1_800_000_000;

async fn start() -> DevProvider {
    let address = "127.0.0.1:0".parse().unwrap();
    DevProvider::start(address, Options::default(), Arc::new(|| NOW)).await.unwrap()
}

/// Sends a request and returns status and body.
async fn call(provider: &DevProvider, line: &str, headers: &str, body: &str) -> (u16, Json) {
    let host = provider.issuer_url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let length = body.len();
    let head =
        format!("{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n");
    stream.write_all(format!("{head}{headers}\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), parse(body.as_bytes(), Limits::default()).unwrap())
}

#[tokio::test]
async fn people_and_the_machine_get_tokens_that_userinfo_accepts() {
    let provider = start().await;
    let person = format!("grant_type={PERSON_GRANT}&person=alice");
    let machine = "grant_type=client_credentials&client_id=robot&client_secret=not-a-secret".to_owned();
    for (form, subject) in [(person, "alice"), (machine, "robot")] {
        let (status, answer) = call(&provider, "POST /token", "", &form).await;
        assert_eq!(status, 200);
        let token = answer.get("access_token").and_then(Json::as_str).unwrap();
        let header = format!("authorization: Bearer {token}\r\n");
        let (status, claims) = call(&provider, "GET /userinfo", &header, "").await;
        assert_eq!((status, claims.get("sub").and_then(Json::as_str)), (200, Some(subject)));
    }
    for (form, expected) in [
        (format!("grant_type={PERSON_GRANT}&person=robot"), 400),
        (format!("grant_type={PERSON_GRANT}&person=mallory"), 400),
        ("grant_type=client_credentials&client_id=robot&client_secret=wrong".to_owned(), 401),
        ("grant_type=client_credentials".to_owned(), 401),
        ("grant_type=password".to_owned(), 400),
        (String::new(), 400),
    ] {
        assert_eq!(call(&provider, "POST /token", "", &form).await.0, expected, "{form}");
    }
    let basic = "authorization: Basic cm9ib3Q6bm90LWEtc2VjcmV0\r\n";
    assert_eq!(call(&provider, "POST /token", basic, "grant_type=client_credentials").await.0, 200);
}

#[tokio::test]
async fn minted_tokens_are_wrong_in_one_way_each() {
    let provider = start().await;
    let claim = |token: &str, name: &str| {
        let token = UnverifiedJwt::parse(token.as_bytes(), JwtLimits::default()).unwrap();
        token.claims().get(name).unwrap().clone()
    };
    let userinfo = async |kind| {
        let token = provider.mint("bob", kind).unwrap();
        let header = format!("authorization: Bearer {token}\r\n");
        call(&provider, "GET /userinfo", &header, "").await.0
    };
    assert_eq!(userinfo(TokenKind::Valid).await, 200);
    for kind in [TokenKind::Expired, TokenKind::UnknownIssuer, TokenKind::ChangedBit] {
        assert_eq!(userinfo(kind).await, 401, "{kind:?}");
    }
    let other = provider.mint("bob", TokenKind::WrongAudience).unwrap();
    assert_ne!(claim(&other, "aud"), Json::from("claimgate-demo"));
    let valid = provider.mint("bob", TokenKind::Valid).unwrap();
    assert_eq!(claim(&valid, "exp"), Json::from(NOW + 3600));
    assert!(provider.mint("mallory", TokenKind::Valid).is_err());
}

#[tokio::test]
async fn it_listens_on_loopback_only() {
    let started =
        DevProvider::start("0.0.0.0:0".parse().unwrap(), Options::default(), Arc::new(|| NOW)).await;
    assert!(matches!(started, Err(StartError::NotLoopback(_))));
}
