//! HTTP/2 connections whose answers go out together.
//!
//! A proxy sends many checks over one connection. As hyper comes, each would be a task of its own, each answer a
//! write of its own, and the write the most of what a check costs. Here a check that need not wait is answered
//! where its connection is served, and what has gathered is written when there is nothing more to do.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use hyper::rt::Executor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How many streams of a connection are answered before other tasks have their turn.
const AT_ONCE: u32 = 32;

/// How many bytes gather before they are written all the same.
const GATHERED: usize = 64 * 1024;

/// How much room is kept for the next ones.
const KEPT: usize = 8 * 1024;

/// Makes the parts of a connection: its stream, the executor of its streams, and what drives both.
pub(super) fn together<S>(stream: S) -> (Gathering<S>, AtOnce, Driver<S>) {
    let shared = Arc::new(Mutex::new(Shared { stream, gathered: Vec::new(), written: 0 }));
    let left = Arc::new(AtomicU32::new(0));
    (Gathering(shared.clone()), AtOnce { left: left.clone() }, Driver { shared, left })
}

/// The stream of a connection, which writes later.
pub(super) struct Gathering<S>(Arc<Mutex<Shared<S>>>);

struct Shared<S> {
    stream: S,
    gathered: Vec<u8>,
    /// How many of the gathered bytes were written.
    written: usize,
}

impl<S: AsyncWrite + Unpin> Shared<S> {
    /// Writes what was gathered.
    fn poll_write_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.gathered.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        if self.written > 0 {
            self.written = 0;
            self.gathered.clear();
            self.gathered.shrink_to(KEPT);
            return Pin::new(&mut self.stream).poll_flush(context);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S> Gathering<S> {
    fn lock(&self) -> MutexGuard<'_, Shared<S>> {
        lock(&self.0)
    }
}

fn lock<S>(shared: &Mutex<Shared<S>>) -> MutexGuard<'_, Shared<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathering<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.lock().stream).poll_read(context, buffer)
    }
}

/// It does not write vectors: h2 then puts small answers into one piece with their heads and trailers.
impl<S: AsyncWrite + Unpin> AsyncWrite for Gathering<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut shared = self.lock();
        if shared.gathered.len() >= GATHERED {
            ready!(shared.poll_write_out(context))?;
        }
        shared.gathered.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    /// The driver does.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut shared = self.lock();
        ready!(shared.poll_write_out(context))?;
        Pin::new(&mut shared.stream).poll_shutdown(context)
    }
}

/// Answers streams at once where they need not wait, and makes tasks of the others.
#[derive(Clone)]
pub(super) struct AtOnce {
    left: Arc<AtomicU32>,
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for AtOnce {
    fn execute(&self, stream: F) {
        let mut stream = Box::pin(stream);
        let left = self.left.load(Ordering::Relaxed);
        if let Some(left) = left.checked_sub(1) {
            self.left.store(left, Ordering::Relaxed);
            // Who has to wait is asked again by a task, so nobody need be woken for this.
            let mut context = Context::from_waker(Waker::noop());
            let polled = catch_unwind(AssertUnwindSafe(|| stream.as_mut().poll(&mut context)));
            // A panic ends its stream, as it would its task.
            if !matches!(polled, Ok(Poll::Pending)) {
                return;
            }
        }
        tokio::spawn(stream);
    }
}

/// Serves a connection and writes what it has gathered each time it has nothing more to do.
pub(super) struct Driver<S> {
    shared: Arc<Mutex<Shared<S>>>,
    left: Arc<AtomicU32>,
}

impl<S: AsyncWrite + Unpin> Driver<S> {
    /// Serves `connection` until it ends.
    ///
    /// # Errors
    /// Its own, or that what it said could not be written.
    pub(super) async fn drive<F, E>(self, connection: F) -> Result<(), E>
    where
        F: Future<Output = Result<(), E>>,
        E: From<io::Error>,
    {
        let mut connection = pin!(connection);
        poll_fn(|context| {
            self.left.store(AT_ONCE, Ordering::Relaxed);
            let polled = connection.as_mut().poll(context);
            if let Poll::Ready(Err(error)) = lock(&self.shared).poll_write_out(context) {
                return Poll::Ready(Err(error.into()));
            }
            polled
        })
        .await
    }
}

#[cfg(test)]
mod tests;
