//! The body of every answer that the gate gives itself: one piece, perhaps with trailers.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body of one piece, and trailers behind it where gRPC needs them.
#[derive(Debug, Default)]
pub struct AnswerBody {
    data: Option<Bytes>,
    trailers: Option<Box<HeaderMap>>,
}

impl AnswerBody {
    /// A body without any bytes.
    pub const fn empty() -> Self {
        Self { data: None, trailers: None }
    }

    /// A body with trailers.
    pub fn with_trailers(data: Bytes, trailers: HeaderMap) -> Self {
        Self { data: Some(data).filter(|data| !data.is_empty()), trailers: Some(Box::new(trailers)) }
    }
}

impl<T: Into<Bytes>> From<T> for AnswerBody {
    fn from(data: T) -> Self {
        Self { data: Some(data.into()).filter(|data| !data.is_empty()), trailers: None }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        Poll::Ready(self.trailers.take().map(|trailers| Ok(Frame::trailers(*trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
