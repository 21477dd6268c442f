use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// What a client of HTTP/2 says first (RFC 9113 §3.4). No request of HTTP/1.1 on a connection that stays open
/// is shorter.
const PREFACE: [u8; 24] = *b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A version of HTTP, as the first bytes of a connection tell it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// A stream whose client must begin to speak in time. From the preface on the bounds of its version of HTTP
/// hold; until then nothing else bounds it.
pub(super) struct Begun<S> {
    stream: S,
    /// The first bytes, as far as they were read to tell the version.
    first: [u8; PREFACE.len()],
    filled: usize,
    /// How many of them were handed on.
    taken: usize,
    read: usize,
    patience: Option<Pin<Box<Sleep>>>,
}

impl<S> Begun<S> {
    pub(super) fn within(longest: Duration, stream: S) -> Self {
        let patience = Some(Box::pin(sleep(longest)));
        Self { stream, first: [0; PREFACE.len()], filled: 0, taken: 0, read: 0, patience }
    }
}

impl<S: AsyncRead + Unpin> Begun<S> {
    /// Waits until the client has said which version it speaks. What it said is still to be read.
    ///
    /// # Errors
    /// It said nothing in time, or too little before its end.
    pub(super) async fn version(&mut self) -> io::Result<Version> {
        poll_fn(|context| self.poll_version(context)).await
    }

    fn poll_version(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Version>> {
        loop {
            let said = self.first.get(..self.filled).unwrap_or_default();
            if !PREFACE.starts_with(said) {
                return Poll::Ready(Ok(Version::Http1));
            }
            let Some(rest) = self.first.get_mut(self.filled..).filter(|rest| !rest.is_empty()) else {
                return Poll::Ready(Ok(Version::Http2));
            };
            let mut buffer = ReadBuf::new(rest);
            let polled = Pin::new(&mut self.stream).poll_read(context, &mut buffer);
            let read = buffer.filled().len();
            ready!(bounded(polled, &mut self.patience, context))?;
            if read == 0 {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            self.filled += read;
        }
    }
}

/// What was polled; or that the time is up.
fn bounded(
    polled: Poll<io::Result<()>>,
    patience: &mut Option<Pin<Box<Sleep>>>,
    context: &mut Context<'_>,
) -> Poll<io::Result<()>> {
    let is_up = |patience: &mut Pin<Box<Sleep>>| patience.as_mut().poll(context).is_ready();
    if polled.is_pending() && patience.as_mut().is_some_and(is_up) {
        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
    }
    polled
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.patience.is_none() {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        let before = buffer.filled().len();
        let polled = match this.first.get(this.taken..this.filled) {
            Some(rest) if !rest.is_empty() => {
                let taken = rest.len().min(buffer.remaining());
                buffer.put_slice(rest.get(..taken).unwrap_or_default());
                this.taken += taken;
                Poll::Ready(Ok(()))
            }
            _ => bounded(Pin::new(&mut this.stream).poll_read(context, buffer), &mut this.patience, context),
        };
        this.read += buffer.filled().len().saturating_sub(before);
        if this.read >= PREFACE.len() && this.taken == this.filled {
            this.patience = None;
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
