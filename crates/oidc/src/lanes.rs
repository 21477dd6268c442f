use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The most fetches at a time, apart for issuers that work and issuers that fail: a thousand dead
/// providers wait for one another, never a living one for them.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    working: Arc<Semaphore>,
    failing: Arc<Semaphore>,
}

const PER_LANE: usize = 128;

impl Lanes {
    pub(crate) fn new() -> Self {
        let lane = || Arc::new(Semaphore::new(PER_LANE));
        Self { working: lane(), failing: lane() }
    }

    /// Waits for a place. The lanes are never closed, so there always is one in the end.
    pub(crate) async fn enter(&self, failures: u32) -> Option<OwnedSemaphorePermit> {
        let lane = if failures == 0 { &self.working } else { &self.failing };
        Arc::clone(lane).acquire_owned().await.ok()
    }
}
