//! One simulated case: a pipeline, what holds for its runs, the runs themselves, and how much goes wrong.
//!
//! Start at [`Case::generated`]: everything follows from the seed.

mod generate;

pub(crate) use generate::run_count;

use std::time::Duration;

use tribunal_core::{Condition, ConditionError};
use tribunal_core::{FailureMode, Mode, Phase, Phases, Snapshot, Stage, Thresholds, Verdict, View};
use tribunal_production::Policy;

use super::quiet::scripted_panic;

/// What `on_uncertainty` asks for.
pub(crate) const DOUBT: f64 = 0.5;

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
    pub(crate) hook_timeout: Option<Duration>,
    pub(crate) rude_observer: bool,
    /// How many calls in a hundred go wrong.
    pub(crate) faults: u64,
    /// Whether some calls block their thread, which no deadline can interrupt.
    pub(crate) blocks: bool,
}

/// How a critic is run.
#[derive(Debug, Clone)]
pub(crate) struct CriticCase {
    pub(crate) name: String,
    pub(crate) stage: Stage,
    pub(crate) priority: u8,
    pub(crate) gate: Gate,
    pub(crate) phases: Phases,
    pub(crate) depends_on: Vec<usize>,
    /// In plan order.
    pub(crate) sees: Vec<usize>,
    pub(crate) run_anyway: bool,
    pub(crate) mode: Mode,
    pub(crate) failure: FailureMode,
    pub(crate) thresholds: Thresholds,
    pub(crate) attempts: u32,
    pub(crate) on_timeout: bool,
    /// The first delay in milliseconds, and the factor.
    pub(crate) backoff: (u64, f64),
    pub(crate) limit: Option<usize>,
    /// Tokens, per so many milliseconds, burst.
    pub(crate) rate: Option<(u32, u64, u32)>,
    pub(crate) timeout: Duration,
    pub(crate) demands: Demands,
    pub(crate) cost: f64,
}

/// What is asked of an opinion beyond its ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demands {
    Nothing,
    Score,
    ScoreLenient,
    /// Its check panics.
    Impossible,
    /// Not known to the simulation.
    Unknown,
}

/// When a critic runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    Always,
    Violation,
    Risk,
    Doubt,
    /// Some outcome it sees has an opinion.
    Condition,
    Panics,
    Fails,
    /// Not known to the simulation.
    Unknown,
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

impl Gate {
    pub(crate) fn reads_outcomes(self) -> bool {
        !matches!(self, Self::Always | Self::Risk)
    }

    pub(crate) fn policy(self) -> Policy {
        match self {
            Self::Always | Self::Unknown => Policy::Always,
            Self::Violation => Policy::OnViolation,
            Self::Risk => Policy::on_high_risk(),
            Self::Doubt => Policy::OnUncertainty(DOUBT),
            Self::Condition => Policy::when(|view: View<'_>| {
                view.prior().any(|(_, outcome)| outcome.opinion.is_some())
            }),
            Self::Panics => Policy::when(|_: View<'_>| -> bool { scripted_panic() }),
            Self::Fails => Policy::when(FailingCondition),
        }
    }
}

struct FailingCondition;

impl Condition for FailingCondition {
    fn holds(&self, _: View<'_>) -> Result<bool, ConditionError> {
        Err(ConditionError("as scripted".into()))
    }
}

impl CriticCase {
    pub(crate) fn monitored(&self) -> bool {
        self.mode == Mode::Monitor
    }

    /// The highest it can call for.
    pub(crate) fn highest(&self) -> Verdict {
        self.thresholds.highest().max(self.failure.verdict())
    }
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
