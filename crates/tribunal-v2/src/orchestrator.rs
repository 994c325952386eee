//! What can be called: [`OrchestratorV2::run_all`] where there is a runtime, [`OrchestratorV2::run`] where
//! there is none.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use thiserror::Error;
use tribunal_clock::Moment;
use tribunal_core::{
    ConfigHash, Critic, CriticInfo, Hook, Observer, Outcomes, Report, RunEvent, RunTimings,
    Snapshot, Stage, StageTiming, StageTimings, View, contain,
};

use crate::Builder;
use crate::run::Run;

/// Runs every critic at once under one timeout. Built once, run many times, also at the same time.
pub struct OrchestratorV2 {
    infos: Arc<[CriticInfo]>,
    pub(crate) seats: Vec<Seat>,
    pub(crate) hooks: Vec<Arc<dyn Hook>>,
    observers: Vec<Arc<dyn Observer>>,
    timeout: Duration,
    config_hash: ConfigHash,
    pub(crate) hook_failures: AtomicU64,
    observer_panics: AtomicU64,
}

/// A critic and what is fixed about it.
pub(crate) struct Seat {
    pub(crate) info: CriticInfo,
    pub(crate) critic: Arc<dyn Critic>,
}

impl OrchestratorV2 {
    /// The longest timeout a run may have: one day.
    pub const MAX_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

    /// Starts an empty one.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(
        infos: Arc<[CriticInfo]>,
        seats: Vec<Seat>,
        hooks: Vec<Arc<dyn Hook>>,
        observers: Vec<Arc<dyn Observer>>,
        timeout: Duration,
        config_hash: ConfigHash,
    ) -> Self {
        let (hook_failures, observer_panics) = Default::default();
        Self {
            infos,
            seats,
            hooks,
            observers,
            timeout,
            config_hash,
            hook_failures,
            observer_panics,
        }
    }

    /// Judges a snapshot: every critic at once, and a report no later than the timeout.
    ///
    /// It always gives a report: what fails, panics or takes too long is an outcome in it. Critics are
    /// polled in the task that awaits this; dropping the future stops them all. A critic that blocks its
    /// thread cannot be interrupted: it holds up the run, and its answer is late.
    ///
    /// # Panics
    ///
    /// When a critic or a hook does not answer at once, and this is awaited outside a tokio runtime with
    /// its time driver on.
    pub async fn run_all(&self, snapshot: impl Borrow<Snapshot>) -> Report {
        let snapshot = snapshot.borrow();
        let started = Moment::now();
        self.emit(RunEvent::RunStarted { trace_id: snapshot.trace_id() });
        let mut stages = StageTimings::default();
        let mut outcomes = Outcomes::default();
        let mut now = started;
        if !self.seats.is_empty() {
            self.emit(RunEvent::StageStarted { stage: Stage::CoreAnalysis });
            let run = Run::new(self, View::of(snapshot), started + self.timeout);
            (outcomes, now) = run.outcomes(started).await;
            let elapsed = now.since(started);
            stages.push(StageTiming { stage: Stage::CoreAnalysis, elapsed });
        }
        let elapsed = now.since(started);
        let timings = RunTimings { stages, elapsed, queued: Duration::ZERO };
        let (trace_id, infos) = (snapshot.shared_trace_id(), self.infos.clone());
        let report = Report::new(trace_id, infos, outcomes, timings, self.config_hash);
        self.emit(RunEvent::RunFinished { report: &report, snapshot });
        report
    }

    /// The same for callers without a runtime: waits on the calling thread.
    ///
    /// # Errors
    ///
    /// [`RunError`] when called inside a tokio runtime, or when none can be started.
    pub fn run(&self, snapshot: impl Borrow<Snapshot>) -> Result<Report, RunError> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(RunError::InsideRuntime);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let report = runtime.block_on(self.run_all(snapshot.borrow()));
        // Dropping it would wait for blocking work that a critic has left behind.
        runtime.shutdown_background();
        Ok(report)
    }

    /// The critics, in the order of the report.
    #[must_use]
    pub fn critics(&self) -> &[CriticInfo] {
        &self.infos
    }

    /// How often a hook failed, panicked, ran out of time or gave an opinion that is not valid. It had no
    /// other effect.
    #[must_use]
    pub fn hook_failures(&self) -> u64 {
        self.hook_failures.load(Ordering::Relaxed)
    }

    /// How often an observer panicked. It had no other effect.
    #[must_use]
    pub fn observer_panics(&self) -> u64 {
        self.observer_panics.load(Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn emit(&self, event: RunEvent<'_>) {
        for observer in &self.observers {
            if contain(|| observer.on_event(event)).is_err() {
                self.observer_panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl fmt::Debug for OrchestratorV2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.infos.iter().map(|info| &info.name).collect();
        f.debug_struct("OrchestratorV2")
            .field("critics", &names)
            .field("hooks", &self.hooks.len())
            .field("timeout", &self.timeout)
            .field("config_hash", &self.config_hash)
            .finish_non_exhaustive()
    }
}

/// Why [`OrchestratorV2::run`] could not run. What goes wrong in a run is in its report.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RunError {
    /// Waiting here would block the runtime's own thread.
    #[error("called inside a tokio runtime: await `run_all` instead of `run`")]
    InsideRuntime,
    /// The system would not give what a runtime needs.
    #[error("cannot start a runtime")]
    Runtime(#[from] std::io::Error),
}
