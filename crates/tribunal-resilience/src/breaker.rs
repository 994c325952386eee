//! A circuit breaker: after too many failures it refuses calls at once, and lets a few through to see whether
//! things are better.
//!
//! What it decides is in [`core`], a plain state machine; this file adds the lock and the clock, and makes
//! every admitted call a guard that reports or releases itself. While all goes well the lock is left alone: then
//! there is only a [`tally`].

mod core;
#[cfg(test)]
#[cfg(loom)]
mod model;
mod settings;
mod tally;
#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests;

use std::mem::ManuallyDrop;
use std::sync::PoisonError;
use std::time::Duration;

use crate::Moment;

pub use self::core::BreakerState;
use self::core::{Core, Pass};
use crate::sync::{Mutex, MutexGuard, OwnLines};
pub use settings::{BreakerError, BreakerSettings};
use tally::{Shown, Tally};
use tribunal_clock::nanos;

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
    hot: OwnLines<Hot>,
    guarded: Mutex<Guarded>,
}

/// What every call looks at.
#[derive(Debug)]
struct Hot {
    epoch: Moment,
    /// From when on a call is slow.
    slow: Option<Duration>,
    tally: Tally,
}

#[derive(Debug)]
struct Guarded {
    core: Core,
    shown: Shown,
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
        let core = Core::new(settings);
        let (tally, shown) = Tally::new(&core);
        let slow = settings.slow.map(|(limit, _)| limit);
        Self {
            hot: OwnLines(Hot { epoch: Moment::now(), slow, tally }),
            guarded: Mutex::new(Guarded { core, shown }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Guarded> {
        // No code of others runs under the lock, so a poisoned one is still consistent.
        self.guarded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn since_epoch(&self, now: Moment) -> Duration {
        now.since(self.hot.0.epoch)
    }

    /// Has the core do something that may change everything, with nothing uncounted before or unsaid after it.
    fn with_core<T>(&self, now: Moment, act: impl FnOnce(&mut Core, Duration) -> T) -> T {
        let now = self.since_epoch(now);
        let Guarded { core, shown } = &mut *self.lock();
        let tally = &self.hot.0.tally;
        tally.take(shown, core);
        let answer = act(core, now);
        tally.show(shown, core, nanos(now));
        answer
    }

    /// Lets a call through if all goes well, at the cost of a glance. `None`: ask [`Breaker::admit`].
    #[inline]
    #[must_use]
    pub fn try_admit(&self, now: Moment) -> Option<AdmittedCall<'_>> {
        let pass = self.hot.0.tally.closed()?;
        Some(AdmittedCall { breaker: self, pass, started: now })
    }

    /// Lets a call through, or refuses it.
    ///
    /// # Errors
    ///
    /// [`BreakerOpen`] while it is open, and while as many probes are in flight as may be.
    #[inline]
    pub fn admit(&self, now: Moment) -> Result<AdmittedCall<'_>, BreakerOpen> {
        match self.try_admit(now) {
            Some(admitted) => Ok(admitted),
            None => {
                Ok(AdmittedCall { breaker: self, pass: self.admit_if_time(now)?, started: now })
            }
        }
    }

    /// It is not closed, or was not a moment ago.
    #[cold]
    fn admit_if_time(&self, now: Moment) -> Result<Pass, BreakerOpen> {
        self.with_core(now, Core::admit).map_err(|left| BreakerOpen { left })
    }

    /// What it is doing.
    #[inline]
    #[must_use]
    pub fn state(&self, now: Moment) -> BreakerState {
        match self.hot.0.tally.closed() {
            Some(_) => BreakerState::Closed,
            None => self.with_core(now, Core::state),
        }
    }

    /// How often it has entered each state, in the order of [`BreakerState::ALL`]. To begin closed does not count.
    #[must_use]
    pub fn entered(&self, now: Moment) -> [u64; BreakerState::ALL.len()] {
        self.with_core(now, Core::entered)
    }

    #[inline]
    fn report(&self, pass: Pass, result: CallResult, started: Moment, now: Moment) {
        let Hot { epoch, slow, tally } = &self.hot.0;
        if let Some(current) = tally.closed() {
            // Time alone changes nothing while it is closed, so these are of no consequence.
            if current != pass || result == CallResult::Ignored {
                return;
            }
            let took = || now.since(started);
            if result == CallResult::Success
                && !slow.is_some_and(|limit| took() >= limit)
                && tally.count(pass, now.nanos_since(*epoch))
            {
                return;
            }
        }
        self.report_to_core(pass, result, started, now);
    }

    #[cold]
    fn report_to_core(&self, pass: Pass, result: CallResult, started: Moment, now: Moment) {
        let took = now.since(started);
        self.with_core(now, |core, now| core.report(pass, result, took, now));
    }
}

/// A call that was let through. Dropping it without a result gives its place back and counts nothing.
#[derive(Debug)]
#[must_use = "a call that reports nothing teaches the breaker nothing"]
pub struct AdmittedCall<'b> {
    breaker: &'b Breaker,
    pass: Pass,
    started: Moment,
}

impl AdmittedCall<'_> {
    /// The call ended, then.
    #[inline]
    pub fn report(self, result: CallResult, now: Moment) {
        let call = ManuallyDrop::new(self);
        call.breaker.report(call.pass, result, call.started, now);
    }

    /// As dropping it, at a reading of the clock that one has already.
    pub fn give_up(self, now: Moment) {
        ManuallyDrop::new(self).release(now);
    }

    fn release(&self, now: Moment) {
        // Where everything passes there is no place to give back.
        if !self.pass.is_closed() {
            self.breaker.with_core(now, |core, now| core.release(self.pass, now));
        }
    }
}

impl Drop for AdmittedCall<'_> {
    #[inline]
    fn drop(&mut self) {
        if !self.pass.is_closed() {
            self.release(Moment::now());
        }
    }
}
