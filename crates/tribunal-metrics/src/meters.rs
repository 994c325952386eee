//! The observer that counts, and what is read from it.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

use tribunal_core::{Interest, Observer, Refusal, Report, RunEvent, Verdict};
use tribunal_production::is_canary;

use crate::carried::Carried;
use crate::readings::Readings;
use crate::seats::Seats;
use crate::shards::Shards;
use crate::sources::Sources;

/// Counts what runs do. Cloning it shares everything.
///
/// Give a clone to the builder of each orchestrator, also of each that takes the place of another by a reload: the same
/// critic goes on in the same series. A run is counted once, when it is over. One that is dropped by its caller is in
/// none of the metrics, and one of the canary only in its own. It is made for the plans of one service: those of more
/// than sixteen orchestrators at a time are counted all right, but dearly.
#[derive(Clone, Default)]
pub struct Meters(Arc<Inner>);

/// How many runs there were. Those of a canary are not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Totals {
    /// With a report, in the order of [`Verdict::ALL`].
    pub verdicts: [u64; Verdict::ALL.len()],
    /// Without one, because they were not admitted or were cut off.
    pub refused: u64,
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) seats: Seats,
    pub(crate) shards: Shards,
    /// Reloads that went well, and others.
    pub(crate) reloads: [AtomicU64; 2],
    /// Counts that are kept elsewhere and begin anew with each generation.
    pub(crate) carried: Mutex<Carried>,
}

impl Meters {
    /// With nothing counted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a reload by what came of it: that of [`tribunal_production::Reloadable::reload`], or of reading the
    /// configuration when that went wrong already.
    pub fn reloaded<T, E>(&self, result: &Result<T, E>) {
        let [ok, failed] = &self.0.reloads;
        if result.is_ok() { ok } else { failed }.fetch_add(1, Relaxed);
    }

    /// Everything, as it stands: what was counted, and what the sources say of themselves.
    #[must_use]
    pub fn read(&self, sources: &Sources<'_>) -> Readings {
        let mut carried = self.0.carried.lock().unwrap_or_else(PoisonError::into_inner);
        Readings::of(&self.0, sources, &mut carried)
    }

    /// How many runs there were so far, and nothing else: for who asks often.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.0.shards.totals()
    }

    #[inline]
    fn count(&self, report: &Report) {
        if is_canary(report) {
            return;
        }
        let Inner { seats, shards, .. } = &*self.0;
        let critics = report.outcomes().map(|(critic, _)| critic);
        seats.with_plan(report.config_hash, critics, |plan| {
            shards.part().run(report, &plan.seats, plan.last);
        });
    }

    fn refused(&self, why: Refusal) {
        if let Some(count) = self.0.shards.part().refused.get_mut(why as usize) {
            *count += 1;
        }
    }
}

impl Observer for Meters {
    #[inline]
    fn on_event(&self, event: RunEvent<'_>) {
        match event {
            RunEvent::RunFinished { report, .. } => self.count(report),
            RunEvent::Refused { why, .. } => self.refused(why),
            _ => {}
        }
    }

    /// Reports alone: with nothing else to tell, a run goes its fastest way.
    fn interest(&self) -> Interest {
        Interest::Runs
    }
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}
