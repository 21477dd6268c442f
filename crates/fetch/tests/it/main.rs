//! Calls against real sockets that answer by hand.
#![expect(clippy::disallowed_methods, reason = "tests read and write files, and call their own servers")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test, what is not as it should be ends the test"
)]

use std::path::PathBuf;
use std::time::Duration;

use claimgate_fetch::{
    BearerFile, FetchError, FetchUrl, Fetched, Fetcher, FetcherOptions, PlainHttp, Timeouts, Trust,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// A server that tells what it was asked and answers `answer` to every request; nothing, if it is empty.
async fn server(answer: Vec<u8>) -> (FetchUrl, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/keys?secret=value", listener.local_addr().unwrap());
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut silent = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 16 * 1024];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let _ = tell.send(String::from_utf8_lossy(&request[..read]).into_owned());
            if answer.is_empty() {
                silent.push(stream);
                continue;
            }
            let _ = stream.write_all(&answer).await;
            let _ = stream.shutdown().await;
        }
    });
    (FetchUrl::parse(&url, PlainHttp::Loopback).unwrap(), told)
}

fn fetcher(bearer: Option<PathBuf>, total: Duration) -> Fetcher {
    let timeouts = Timeouts { connect: total, total };
    let bearer = bearer.map(BearerFile::new);
    Fetcher::new(FetcherOptions { trust: Trust::system().unwrap(), proxy: None, bearer, timeouts }).unwrap()
}

async fn get(answer: &str, limit: usize) -> Result<Fetched, FetchError> {
    let (url, _told) = server(answer.as_bytes().to_vec()).await;
    fetcher(None, Duration::from_secs(20)).get(&url, limit).await
}

#[tokio::test]
async fn only_a_whole_answer_within_the_cap_is_an_answer() {
    let announced = |length: usize| {
        let body = "x".repeat(length);
        format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let streamed =
        |length: usize| format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(length));
    for answer in [announced(100), streamed(100)] {
        assert_eq!(get(&answer, 100).await.unwrap().body().len(), 100);
        let error = get(&answer, 99).await.unwrap_err();
        assert!(matches!(error, FetchError::TooLarge { limit: 99, .. }), "{error}");
    }
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort";
    assert!(matches!(get(cut, 100).await.unwrap_err(), FetchError::Broken { .. }));
    assert!(matches!(get("nonsense\r\n\r\n", 100).await.unwrap_err(), FetchError::Broken { .. }));
    let packed = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n\r\n";
    assert!(matches!(get(packed, 100).await.unwrap_err(), FetchError::Encoded { .. }));
    let elsewhere = "HTTP/1.1 302 Found\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n";
    assert!(matches!(get(elsewhere, 100).await.unwrap_err(), FetchError::Redirect { .. }));
    for status in ["204 No Content", "404 Not Found", "500 Oops"] {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
        assert!(matches!(get(&answer, 100).await.unwrap_err(), FetchError::Status { .. }), "{status}");
    }
}

#[tokio::test]
async fn silence_ends_in_time_and_errors_show_no_query() {
    let (url, _told) = server(Vec::new()).await;
    let error = fetcher(None, Duration::from_millis(50)).get(&url, 100).await.unwrap_err();
    assert!(matches!(error, FetchError::TimedOut { .. }), "{error}");
    assert!(!error.to_string().contains("value") && error.to_string().contains("?…"), "{error}");

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = FetchUrl::parse(&format!("http://{closed}/"), PlainHttp::Loopback).unwrap();
    let error = fetcher(None, Duration::from_secs(20)).get(&url, 100).await.unwrap_err();
    assert!(
        matches!(&error, FetchError::Connect { reason, .. } if reason == "connection refused"),
        "{error}"
    );
}

#[tokio::test]
async fn the_bearer_file_is_read_for_every_call_and_its_last_token_kept() {
    let path = std::env::temp_dir().join(format!("claimgate-fetch-{}.token", std::process::id()));
    let (url, mut told) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let fetcher = fetcher(Some(path.clone()), Duration::from_secs(20));
    let missing = fetcher.get_with_bearer(&url, 10).await.unwrap_err();
    assert!(matches!(missing, FetchError::BearerFile { .. }), "{missing}");

    for (content, sent) in [(Some("first\n"), "first"), (Some("second"), "second"), (None, "second")] {
        match content {
            Some(content) => std::fs::write(&path, content).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        fetcher.get_with_bearer(&url, 10).await.unwrap();
        let request = told.recv().await.unwrap().to_ascii_lowercase();
        assert!(request.contains(&format!("authorization: bearer {sent}\r\n")), "{request}");
        assert!(!request.contains("accept-encoding") && !request.contains("cookie"), "{request}");
    }
    fetcher.get(&url, 10).await.unwrap();
    assert!(!told.recv().await.unwrap().to_ascii_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_post_carries_its_body_and_headers_and_takes_any_success() {
    let (url, mut told) =
        server(b"HTTP/1.1 202 Accepted\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok".to_vec()).await;
    let fetcher = fetcher(None, Duration::from_secs(20));
    let headers = || [(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/x-protobuf"))];
    let post =
        async |url: &FetchUrl| fetcher.post(url, headers().into_iter().collect(), "spans".into(), 2).await;
    assert_eq!(post(&url).await.unwrap().body(), "ok");
    let asked = told.recv().await.unwrap();
    assert!(asked.starts_with("POST /keys?secret=value HTTP/1.1\r\n"), "{asked}");
    assert!(
        asked.contains("content-type: application/x-protobuf\r\n") && asked.ends_with("\r\n\r\nspans"),
        "{asked}"
    );
    for (answer, expected) in [
        ("HTTP/1.1 503 Busy\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", "answered 503"),
        (
            "HTTP/1.1 307 Elsewhere\r\nlocation: /\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
            "redirect",
        ),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc", "larger than 2 bytes"),
    ] {
        let (url, _told) = server(answer.as_bytes().to_vec()).await;
        let error = post(&url).await.unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    }
}

/// Calls of one issuer go through its proxy: in absolute form, or by a tunnel for https. Nothing of the proxy's
/// credentials is in an error.
#[tokio::test]
async fn a_proxy_gets_what_is_meant_for_the_issuer() {
    for (target, asked, answer) in [
        ("http://issuer.example/keys", "GET http://issuer.example/keys HTTP/1.1\r\n", "HTTP/1.1 200 OK"),
        ("https://issuer.example/keys", "CONNECT issuer.example:443 HTTP/1.1\r\n", "HTTP/1.1 403 Forbidden"),
    ] {
        let answer = format!("{answer}\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
        let (proxy, mut told) = server(answer.into_bytes()).await;
        let address = proxy.as_str().trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let proxy = format!("http://me:topsecret@{address}").parse().unwrap();
        let timeouts = Timeouts { connect: Duration::from_secs(20), total: Duration::from_secs(20) };
        let trust = Trust::system().unwrap();
        let fetcher =
            Fetcher::new(FetcherOptions { trust, proxy: Some(proxy), bearer: None, timeouts }).unwrap();
        let url = FetchUrl::parse(target, PlainHttp::Allowed).unwrap();
        let fetched = fetcher.get(&url, 100).await;
        let request = told.recv().await.unwrap();
        assert!(request.starts_with(asked), "{request}");
        assert!(request.to_ascii_lowercase().contains("proxy-authorization: basic "), "{request}");
        match fetched {
            Ok(fetched) => assert!(target.starts_with("http:") && fetched.body() == "ok"),
            Err(error) => {
                assert!(target.starts_with("https:"), "{error}");
                assert!(!error.to_string().contains("topsecret"), "{error}");
            }
        }
    }
}
