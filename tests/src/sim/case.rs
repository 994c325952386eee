//! One simulated case: a pipeline, what holds for its runs, the runs themselves, and how much goes wrong.
//!
//! Start at [`Case::generated`]: everything follows from the seed.

mod critic;
mod generate;
mod resilience;

pub(crate) use critic::{CriticCase, DOUBT, Demands, Gate, HedgeCase};
pub(crate) use generate::run_count;
pub(crate) use resilience::{BreakerCase, RateCase, RetryShare};

use std::time::Duration;

use tribunal_core::{Phase, Snapshot, Stage};

/// A pipeline with its settings, the runs put through it, and the faults on the way.
#[derive(Debug, Clone)]
pub struct Case {
    pub(crate) seed: u64,
    /// In plan order.
    pub(crate) critics: Vec<CriticCase>,
    pub(crate) runs: Vec<RunCase>,
    pub(crate) timeout: Duration,
    /// By [`Stage::index`].
    pub(crate) stage_timeouts: [Option<Duration>; 6],
    pub(crate) stage_limits: [Option<usize>; 6],
    pub(crate) max_in_flight: usize,
    pub(crate) max_runs: usize,
    pub(crate) max_queued: usize,
    pub(crate) max_total_retries: u32,
    pub(crate) early_exit: bool,
    /// Buckets that several critics share.
    pub(crate) rates: Vec<RateCase>,
    /// `None` where it is not known to the simulation.
    pub(crate) retry_share: Option<RetryShare>,
    pub(crate) max_cost: Option<f64>,
    pub(crate) turn: Turn,
    pub(crate) hook_timeout: Option<Duration>,
    pub(crate) rude_observer: bool,
    /// How many calls in a hundred go wrong.
    pub(crate) faults: u64,
    /// Whether some calls block their thread, which no deadline can interrupt.
    pub(crate) blocks: bool,
}

/// One run: when it comes, with what, and whether its caller goes away.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunCase {
    pub(crate) arrives: Duration,
    pub(crate) phase: Phase,
    pub(crate) risky: bool,
    pub(crate) cancel: Cancel,
}

/// When a run is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cancel {
    Never,
    /// After so many polls.
    AfterPolls(u32),
    /// So long after it was called.
    After(Duration),
}

/// What becomes of the orchestrator while runs are going on.
#[derive(Debug, Clone)]
pub(crate) enum Turn {
    Nothing,
    /// It is shut down at a time, with so long for those who are in.
    Stop {
        at: Duration,
        within: Duration,
    },
    /// The service goes on with another one: the same critics under other settings.
    Reload {
        at: Duration,
        to: Box<Case>,
    },
}

impl RunCase {
    /// A run without risk that is left alone.
    pub(crate) const fn plain() -> Self {
        Self { arrives: Duration::ZERO, phase: Phase::Input, risky: false, cancel: Cancel::Never }
    }

    pub(crate) fn snapshot(&self, run: usize) -> Snapshot {
        let risk = if self.risky { "high" } else { "low" };
        Snapshot::builder()
            .trace_id(run.to_string())
            .input_text("x")
            .with("risk_tier", risk)
            .phase(self.phase)
            .build()
    }
}

impl Case {
    /// How many runs it makes: those with faults, and the healthy one after them.
    pub(crate) fn run_count(&self) -> u64 {
        self.runs.len() as u64 + 1
    }

    /// The caller of the first run goes away after so many polls, and nobody else's does.
    pub(crate) fn cancel_first_after(&mut self, polls: u32) {
        for (at, run) in self.runs.iter_mut().enumerate() {
            run.cancel = if at == 0 { Cancel::AfterPolls(polls) } else { Cancel::Never };
        }
    }

    /// Whether it is a user's pipeline, of which not everything is known.
    pub(crate) fn is_foreign(&self) -> bool {
        self.retry_share.is_none()
    }

    /// Whether some calls are made in tasks of their own.
    pub(crate) fn has_tasks(&self) -> bool {
        self.critics.iter().any(|critic| critic.apart)
    }

    /// The place of a critic in the plan.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.critics.iter().position(|critic| critic.name == name)
    }

    /// The stages that have critics, in order.
    pub(crate) fn stages(&self) -> Vec<Stage> {
        let mut stages: Vec<Stage> = self.critics.iter().map(|critic| critic.stage).collect();
        stages.dedup();
        stages
    }
}
