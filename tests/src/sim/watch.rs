//! Watches a case while it runs: every call, every event, every end. What must hold at every instant is
//! checked here, what must hold of a report in `model`.
//!
//! Start at [`Watch`]; `state` has what it remembers. Each orchestrator has a watch of its own.

mod breaker;
mod calls;
mod events;
mod hedges;
mod kept;
mod money;
mod retries;
mod state;
mod stop;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{CriticInfo, View};

use super::case::Case;
use super::marks::Mark;

pub(crate) use calls::Flight;
pub(crate) use hedges::check_outcome as check_hedged;
pub(crate) use kept::Kept;
pub(crate) use state::{End, Landed, State};

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which: `I7`, as in `docs/reliability.md`.
    pub invariant: &'static str,
    /// The seed of the case.
    pub seed: u64,
    /// What was seen.
    pub what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} violated: {}", self.invariant, self.what)
    }
}

/// Sees everything that happens on one orchestrator.
pub(crate) struct Watch {
    pub(crate) case: Arc<Case>,
    state: Mutex<State>,
}

impl Watch {
    /// With as many runs as the case has, and a healthy one after them.
    pub(crate) fn new(case: &Arc<Case>, healthy: bool) -> Arc<Self> {
        let state = Mutex::new(State::new(case, healthy));
        Arc::new(Self { case: Arc::clone(case), state })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A violation, unless it holds.
    pub(crate) fn check(
        &self,
        invariant: &'static str,
        holds: bool,
        what: impl FnOnce() -> String,
    ) {
        if !holds {
            self.lock().violation(invariant, what());
        }
    }

    /// From here on everything is as it should be.
    pub(crate) fn stop_faults(&self) {
        self.lock().healthy = true;
    }

    /// The run's future is about to be polled or dropped.
    pub(crate) fn enter(&self, run: usize) {
        let mut state = self.lock();
        state.current = Some(run);
        let now = Instant::now();
        state.runs[run].called.get_or_insert(now);
    }

    /// The run's future has been polled or dropped.
    pub(crate) fn leave(&self) {
        self.lock().current = None;
    }

    /// The run is over, in whatever way.
    pub(crate) fn ended(&self, run: usize, end: &End) {
        let mut state = self.lock();
        state.end(&self.case, run, end);
    }

    /// What a hook is to know of a call; nothing once faults have stopped.
    pub(crate) fn hook_called(
        &self,
        critic: &CriticInfo,
        view: View<'_>,
    ) -> Option<(&Case, usize, usize)> {
        let state = self.lock();
        let run: usize = view.snapshot().trace_id()?.parse().ok()?;
        let place = self.case.place(critic.name.as_str())?;
        (!state.healthy).then_some((&*self.case, run, place))
    }

    pub(crate) fn hook_fault(&self, faulty: bool) {
        self.lock().marks.hit_if(faulty, Mark::HookFault);
    }

    pub(crate) fn observer_panicked(&self) {
        self.lock().marks.hit(Mark::ObserverPanic);
    }
}

/// Milliseconds, for the trace.
pub(crate) fn ticks(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
