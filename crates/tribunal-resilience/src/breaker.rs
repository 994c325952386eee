//! A circuit breaker: after too many failures it refuses calls at once, and lets a few through to see whether
//! things are better.
//!
//! What it decides is in [`core`], a plain state machine; this file adds the lock and the clock, and makes
//! every admitted call a guard that reports or releases itself.

mod core;
#[cfg(test)]
#[cfg(loom)]
mod model;
mod settings;

use std::sync::PoisonError;
use std::time::Duration;

use tokio::time::Instant;

pub use self::core::BreakerState;
use self::core::{Core, Pass};
use crate::sync::{Mutex, MutexGuard};
pub use settings::{BreakerError, BreakerSettings};

/// How a call that a breaker let through went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallResult {
    /// It worked.
    Success,
    /// It failed, and whoever was called is to blame.
    Failure,
    /// It failed, and its input was to blame: says nothing about whoever was called.
    Ignored,
}

/// Guards calls to something that may break. Time is monotonic, and tokio's.
#[derive(Debug)]
pub struct Breaker {
    epoch: Instant,
    core: Mutex<Core>,
}

/// The breaker is open: not now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("circuit breaker open for another {left:?}")]
pub struct BreakerOpen {
    /// Until it lets the next call through, as far as it is known.
    pub left: Duration,
}

impl Breaker {
    /// Closed, with nothing counted.
    #[must_use]
    pub fn new(settings: BreakerSettings) -> Self {
        Self { epoch: Instant::now(), core: Mutex::new(Core::new(settings)) }
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        // No code of others runs under the lock, so a poisoned one is still consistent.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn since_epoch(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.epoch)
    }

    /// Lets a call through, or refuses it.
    ///
    /// # Errors
    ///
    /// [`BreakerOpen`] while it is open, and while as many probes are in flight as may be.
    pub fn admit(&self, now: Instant) -> Result<AdmittedCall<'_>, BreakerOpen> {
        match self.lock().admit(self.since_epoch(now)) {
            Ok(pass) => Ok(AdmittedCall { breaker: self, pass: Some(pass), started: now }),
            Err(left) => Err(BreakerOpen { left }),
        }
    }

    /// What it is doing.
    #[must_use]
    pub fn state(&self, now: Instant) -> BreakerState {
        self.lock().state(self.since_epoch(now))
    }
}

/// A call that was let through. Dropping it without a result gives its place back and counts nothing.
#[derive(Debug)]
#[must_use = "a call that reports nothing teaches the breaker nothing"]
pub struct AdmittedCall<'b> {
    breaker: &'b Breaker,
    pass: Option<Pass>,
    started: Instant,
}

impl AdmittedCall<'_> {
    /// The call ended.
    pub fn report(mut self, result: CallResult, now: Instant) {
        if let Some(pass) = self.pass.take() {
            let took = now.saturating_duration_since(self.started);
            self.breaker.lock().report(pass, result, took, self.breaker.since_epoch(now));
        }
    }
}

impl Drop for AdmittedCall<'_> {
    fn drop(&mut self) {
        if let Some(pass) = self.pass.take() {
            let now = self.breaker.since_epoch(Instant::now());
            self.breaker.lock().release(pass, now);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// Rule 12: a bounded probe, given back on drop.
    #[tokio::test(start_paused = true)]
    async fn a_probe_that_is_dropped_gives_its_place_to_another() {
        let settings = BreakerSettings::new(0.5, Duration::from_secs(10), 2)
            .and_then(|settings| settings.open_for(Duration::from_secs(1)))
            .unwrap();
        let breaker = Breaker::new(settings);
        for _ in 0..2 {
            let call = breaker.admit(Instant::now()).unwrap();
            call.report(CallResult::Failure, Instant::now());
        }
        assert!(breaker.admit(Instant::now()).is_err());
        tokio::time::advance(Duration::from_secs(1)).await;
        let probe = breaker.admit(Instant::now()).unwrap();
        assert!(breaker.admit(Instant::now()).is_err(), "one probe at a time");
        drop(probe);
        let probe = breaker.admit(Instant::now()).unwrap();
        probe.report(CallResult::Success, Instant::now());
        assert_eq!(breaker.state(Instant::now()), BreakerState::Closed);
    }
}
