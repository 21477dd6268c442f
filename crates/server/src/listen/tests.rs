#![expect(clippy::disallowed_methods, reason = "the clock of a test is paused")]

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::time::{Instant, sleep, timeout};

use super::*;

/// A client's end of a connection that is served, until the end is asked for.
fn connected(end: &GracefulShutdown) -> DuplexStream {
    let (client, stream) = tokio::io::duplex(4096);
    let service = |_, _| async { Response::new(AnswerBody::empty()) };
    let connection = Connection { server: server(65536), watcher: end.watcher(), service };
    let caller = Caller { address: Ipv4Addr::LOCALHOST.into(), trusted: false, tls: false };
    tokio::spawn(connection.serve(stream, caller));
    client
}

async fn answered(client: &mut DuplexStream) -> bool {
    client.write_all(b"GET / HTTP/1.1\r\nhost: app.example.com\r\n\r\n").await.unwrap();
    let mut answer = [0; 1024];
    let read = timeout(BEGIN_TIMEOUT, client.read(&mut answer)).await.unwrap().unwrap();
    answer[..read].starts_with(b"HTTP/1.1 200 OK\r\n")
}

/// Proxies keep connections that idle: Caddy for two minutes, Go's transport for 90 seconds, nginx for 60.
#[tokio::test(start_paused = true)]
async fn an_idle_connection_outlives_the_proxys_patience() {
    let end = GracefulShutdown::new();
    let mut client = connected(&end);
    for _ in 0..3 {
        assert!(answered(&mut client).await);
        sleep(Duration::from_secs(125)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_waited_for_for_ever() {
    let end = GracefulShutdown::new();
    for (sent, longest) in [
        ("", BEGIN_TIMEOUT),
        ("GET /", BEGIN_TIMEOUT),
        ("PRI * HTTP/2.0\r\n", BEGIN_TIMEOUT),
        ("GET / HTTP/1.1\r\nhost: app.exa", KEEP_ALIVE),
    ] {
        let (mut client, began) = (connected(&end), Instant::now());
        client.write_all(sent.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        timeout(KEEP_ALIVE * 2, client.read_to_end(&mut rest)).await.unwrap().unwrap();
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{sent:?}");
        let took = began.elapsed();
        assert!(took >= longest && took < longest + Duration::from_secs(1), "{sent:?}: {took:?}");
    }
    let (mut client, began) = (connected(&end), Instant::now());
    assert!(answered(&mut client).await);
    client.read_to_end(&mut Vec::new()).await.unwrap();
    assert!(began.elapsed() >= KEEP_ALIVE);
}
