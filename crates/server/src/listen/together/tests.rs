use std::convert::Infallible;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::DuplexStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::*;

/// A stream that counts its writes.
struct Counted(DuplexStream, Arc<AtomicUsize>);

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

type Client = SendRequest<Empty<Bytes>>;

/// A client of a server that holds back `/wait` until it is told, panics at `/panic`, and answers everything
/// else with as many bytes as its path says. And the number of writes, and the connection's end.
async fn connected(held: Arc<Notify>) -> (Client, Arc<AtomicUsize>, JoinHandle<bool>) {
    let (near, far) = tokio::io::duplex(1 << 20);
    let writes = Arc::new(AtomicUsize::new(0));
    let (stream, at_once, driver) = together(Counted(far, writes.clone()));
    let service = service_fn(move |request: Request<Incoming>| {
        let held = held.clone();
        async move {
            let path = request.uri().path().trim_start_matches('/');
            match path {
                "wait" => held.notified().await,
                "panic" => panic!("asked to"),
                _ => {}
            }
            let body = vec![b'x'; path.parse().unwrap_or_default()];
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(body))))
        }
    });
    let serving = http2::Builder::new(at_once).serve_connection(TokioIo::new(stream), service);
    let ended =
        tokio::spawn(
            async move { driver.drive(async { serving.await.map_err(io::Error::other) }).await.is_ok() },
        );
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    (client, writes, ended)
}

/// The length of the answer, if there is one.
async fn ask(mut client: Client, path: String) -> Option<usize> {
    let request = Request::get(format!("http://app.example/{path}")).body(Empty::new()).unwrap();
    let response = client.send_request(request).await.ok()?;
    Some(response.into_body().collect().await.ok()?.to_bytes().len())
}

/// Asks for all at once.
async fn ask_all(client: &Client, paths: impl IntoIterator<Item = String>) -> Vec<Option<usize>> {
    let asked: Vec<_> = paths.into_iter().map(|path| tokio::spawn(ask(client.clone(), path))).collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(timeout(Duration::from_secs(20), answer).await.unwrap().unwrap());
    }
    answers
}

#[tokio::test]
async fn what_is_asked_together_is_answered_in_one_write() {
    let (client, writes, _) = connected(Arc::default()).await;
    assert_eq!(ask_all(&client, ["1".to_owned()]).await, [Some(1)]);
    let before = writes.load(Ordering::Relaxed);
    let answers = ask_all(&client, (0..20).map(|size| size.to_string())).await;
    assert_eq!(answers, (0..20).map(Some).collect::<Vec<_>>());
    let written = writes.load(Ordering::Relaxed) - before;
    assert!(written <= 4, "{written} writes for 20 answers");
}

#[tokio::test]
async fn who_waits_holds_up_nobody() {
    let held = Arc::new(Notify::new());
    let (client, ..) = connected(held.clone()).await;
    let waiting = tokio::spawn(ask(client.clone(), "wait".to_owned()));
    for _ in 0..3 {
        assert_eq!(ask_all(&client, ["7".to_owned()]).await, [Some(7)]);
    }
    assert!(!waiting.is_finished());
    held.notify_one();
    assert_eq!(timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap(), Some(0));
}

#[tokio::test]
async fn a_panic_ends_its_stream_alone() {
    let (client, ..) = connected(Arc::default()).await;
    let answers = ask_all(&client, ["3", "panic", "4"].map(str::to_owned)).await;
    assert_eq!(answers, [Some(3), None, Some(4)]);
    assert_eq!(ask_all(&client, ["5".to_owned()]).await, [Some(5)]);
}

/// More streams than are answered at once, and more bytes than are gathered, than the windows hold, and than the
/// other side has room for.
#[tokio::test]
async fn nothing_is_lost_of_many_and_large_answers() {
    let (client, ..) = connected(Arc::default()).await;
    let sizes: Vec<_> =
        (0..150).map(|number| if number % 3 == 0 { 40_000 + number } else { number }).collect();
    let answers = ask_all(&client, sizes.iter().map(usize::to_string)).await;
    assert_eq!(answers, sizes.iter().map(|size| Some(*size)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_connection_ends_with_its_client() {
    let (client, _, ended) = connected(Arc::default()).await;
    assert_eq!(ask_all(&client, ["1".to_owned()]).await, [Some(1)]);
    drop(client);
    timeout(Duration::from_secs(20), ended).await.unwrap().unwrap();
}
