//! What a process keeps so that it can say how it stands.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{Interest, Observer, Report, RunEvent, Verdict};
use tribunal_metrics::{Meters, Sources, Totals};
use tribunal_production::is_canary;

use crate::blocks::{Blocks, millis, written};
use crate::rates::Rates;
use crate::status::{Status, VERSION};

/// Knows how the process stands. Cloning it shares everything.
///
/// It counts nothing itself: that is what [`Meters`] are for. As an [`Observer`] of the same orchestrators it keeps the
/// last runs that were blocked; who calls [`Board::record`] after each run instead can tell their ids in the decision
/// log too.
#[derive(Clone)]
pub struct Board(Arc<Inner>);

struct Inner {
    name: String,
    meters: Meters,
    began: Instant,
    rates: Mutex<Rates>,
    blocks: Mutex<Blocks>,
}

fn locked<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks is half done at any point.
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Board {
    /// For a process of this name, with what these meters count. Begins now.
    #[must_use]
    pub fn new(name: &str, meters: &Meters) -> Self {
        let rates = Mutex::new(Rates::from(Duration::ZERO, meters.totals()));
        Self(Arc::new(Inner {
            name: name.chars().take(200).collect(),
            meters: meters.clone(),
            began: Instant::now(),
            rates,
            blocks: Mutex::default(),
        }))
    }

    /// Takes note of a run, and of its id in the decision log. All but those that are blocked are passed over, and those
    /// of a canary.
    pub fn record(&self, report: &Report, decision: Option<&dyn std::fmt::Display>) {
        if report.verdict == Verdict::Block && !is_canary(report) {
            let decision = decision.map(ToString::to_string);
            locked(&self.0.blocks).add(self.0.began.elapsed(), report, decision);
        }
    }

    /// How the process stands at this moment.
    #[must_use]
    pub fn status(&self, sources: &Sources<'_>) -> Status {
        let Inner { name, meters, began, rates, blocks } = &*self.0;
        let mut status = Status::of(&meters.read(sources));
        let (since, now) = (began.elapsed(), jiff::Timestamp::now());
        status.tribunal_status = VERSION;
        status.name.clone_from(name);
        status.pid = std::process::id();
        status.at = written(now);
        status.uptime_ms = millis(since);
        status.blocks = locked(blocks).list((since, now));
        let totals = meters.totals();
        let rates = locked(rates);
        let rate = |count: fn(&Totals) -> u64| rates.of(since, totals, count);
        status.runs.per_second = rate(|totals| totals.verdicts.iter().sum());
        status.runs.blocked_per_second = rate(blocked);
        status.runs.refused_per_second = rate(|totals| totals.refused);
        status
    }

    /// To be called once a second.
    pub(crate) fn look(&self) {
        let Inner { meters, began, rates, .. } = &*self.0;
        locked(rates).look(began.elapsed(), meters.totals());
    }
}

fn blocked(totals: &Totals) -> u64 {
    totals.verdicts.get(Verdict::Block as usize).copied().unwrap_or_default()
}

impl Observer for Board {
    #[inline]
    fn on_event(&self, event: RunEvent<'_>) {
        if let RunEvent::RunFinished { report, .. } = event {
            self.record(report, None);
        }
    }

    /// Reports alone: with nothing else to tell, a run goes its fastest way.
    fn interest(&self) -> Interest {
        Interest::Runs
    }
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board").field("name", &self.0.name).finish_non_exhaustive()
    }
}
