//! What the tests stand on: a clock moved by hand, a provider, a registry.

use std::sync::Arc;
use std::time::Duration;

use claimgate_devprovider::{Counts, DevProvider, Options};
use claimgate_fetch::{FetchUrl, PlainHttp, Timeouts, Trust};
use claimgate_oidc::{
    Clock, Environment, IssuerId, IssuerSpec, IssuerStatus, Issuers, Jitter, KeyLimits, KeySource, KeyState,
    Moment, Sleep, Transport,
};
use tokio::sync::watch;

/// A test that waits longer than this for an event has failed.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(crate) struct ManualClock(watch::Sender<Duration>);

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Moment {
        Moment::after_start(*self.0.borrow())
    }

    fn time_of_day(&self) -> jiff::Timestamp {
        let seconds = i64::try_from(self.0.borrow().as_secs()).unwrap();
        jiff::Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn sleep_until(&self, moment: Moment) -> Sleep<'_> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            now.wait_for(|now| Moment::after_start(*now) >= moment).await.unwrap();
        })
    }
}

#[derive(Debug)]
struct NoJitter;

impl Jitter for NoJitter {
    fn unit(&self) -> f64 {
        0.0
    }
}

pub(crate) struct World {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) issuers: Arc<Issuers>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock(watch::Sender::new(Duration::ZERO)));
        let environment = Environment {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            jitter: Arc::new(NoJitter),
            system_trust: Trust::system().unwrap(),
            runtime: tokio::runtime::Handle::current(),
        };
        Self { clock, issuers: Arc::new(Issuers::new(environment)) }
    }

    /// A world with the keys of `provider` wanted.
    pub(crate) fn with(provider: &DevProvider) -> (Self, IssuerId) {
        let world = Self::new();
        let spec = discovery(provider);
        let id = spec.id.clone();
        world.apply(vec![spec]);
        (world, id)
    }

    pub(crate) fn apply(&self, specs: Vec<IssuerSpec>) {
        drop(self.issuers.apply(specs).unwrap().superseded);
    }

    /// Waits until the issuer's status is as wanted.
    pub(crate) async fn until(
        &self,
        id: &IssuerId,
        what: impl Fn(&IssuerStatus) -> bool,
    ) -> Arc<IssuerStatus> {
        let mut changes = self.issuers.changes();
        let reached = changes.wait_for(|_| self.issuers.status(id).is_some_and(|status| what(&status)));
        let in_time = tokio::time::timeout(PATIENCE, reached).await.is_ok();
        let status = self.issuers.status(id).unwrap();
        assert!(in_time, "never reached: {status:#?}");
        status
    }

    pub(crate) async fn until_state(&self, id: &IssuerId, state: KeyState) -> Arc<IssuerStatus> {
        self.until(id, |status| status.state == state).await
    }

    /// Waits until so many fetches have ended.
    pub(crate) async fn until_fetched(&self, id: &IssuerId, fetches: u64) -> Arc<IssuerStatus> {
        self.until(id, |status| status.fetches >= fetches).await
    }
}

pub(crate) async fn provider() -> DevProvider {
    provider_with(Options::default()).await
}

pub(crate) async fn provider_with(options: Options) -> DevProvider {
    let address = "127.0.0.1:0".parse().unwrap();
    DevProvider::start(address, options, Arc::new(|| 1_800_000_000)).await.unwrap()
}

pub(crate) fn address(text: &str) -> FetchUrl {
    FetchUrl::parse(text, PlainHttp::Loopback).unwrap()
}

pub(crate) fn discovery(provider: &DevProvider) -> IssuerSpec {
    spec(provider.issuer_url(), vec![KeySource::discovery_of(&address(provider.issuer_url()))])
}

pub(crate) fn spec(issuer: &str, sources: Vec<KeySource>) -> IssuerSpec {
    // Generous: the tests mean other faults than a busy machine.
    let timeouts = Timeouts { connect: Duration::from_secs(15), total: Duration::from_secs(15) };
    IssuerSpec {
        id: IssuerId::new(issuer),
        issuer: issuer.to_owned(),
        aliases: Vec::new(),
        sources,
        transport: Transport { timeouts, ..Transport::default() },
        limits: KeyLimits::default(),
    }
}

/// Waits until the provider was asked as wanted.
pub(crate) async fn until_asked(provider: &DevProvider, what: impl Fn(&Counts) -> bool) {
    let mut counts = provider.counts();
    tokio::time::timeout(PATIENCE, counts.wait_for(what)).await.expect("never asked").unwrap();
}
