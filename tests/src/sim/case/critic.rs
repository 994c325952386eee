//! One critic of a case: how it is run, when, and what is asked of its opinions.

use std::time::Duration;

use tribunal_core::{Condition, ConditionError, FailureMode, Mode, Phases, Stage, Thresholds};
use tribunal_core::{Verdict, View};
use tribunal_production::{Adaptation, Jitter, Policy};

use super::{BreakerCase, RateCase};
use crate::sim::quiet::scripted_panic;

/// What `on_uncertainty` asks for.
pub(crate) const DOUBT: f64 = 0.5;

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
    /// How its limit moves below that.
    pub(crate) adaptive: Option<Adaptation>,
    pub(crate) rate: Option<RateCase>,
    /// Which of [`super::Case::rates`] it takes its tokens from as well.
    pub(crate) shares: Vec<usize>,
    pub(crate) breaker: Option<BreakerCase>,
    pub(crate) timeout: Duration,
    /// When a call gets a second one beside it.
    pub(crate) hedge: Option<HedgeCase>,
    /// Whether its calls are made in tasks of their own.
    pub(crate) apart: bool,
    pub(crate) demands: Demands,
    pub(crate) cost: f64,
}

/// When a slow call gets a second one beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum HedgeCase {
    After(Duration),
    /// When it takes longer than so many percent of those that succeeded before.
    Percentile(f64),
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
    /// No backoff is longer.
    pub(crate) const LONGEST_BACKOFF: Duration = Duration::from_secs(1);

    pub(crate) fn monitored(&self) -> bool {
        self.mode == Mode::Monitor
    }

    /// None as long as it comes from the thread's own generator, which a seed could not repeat.
    pub(crate) const fn jitter(&self) -> Jitter {
        Jitter::None
    }

    /// How long it waits after so many attempts, before jitter.
    pub(crate) fn interval(&self, attempts: u32) -> Duration {
        let (first, factor) = self.backoff;
        let grown = first as f64 * factor.powi(attempts as i32 - 1);
        Duration::from_millis(grown as u64).min(Self::LONGEST_BACKOFF)
    }

    /// The highest it can call for.
    pub(crate) fn highest(&self) -> Verdict {
        self.thresholds.highest().max(self.failure.verdict())
    }
}
