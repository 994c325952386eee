//! How a critic is run: where it stands, when its gate opens, what it may take, what its word counts.
//!
//! Start at [`CriticSpec::new`]. A spec is checked as a whole when the plan is built, together with all the
//! others, so that every mistake is shown at once.

mod hedge;
mod isolation;
mod retry;
mod validation;

use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{Condition, FailureMode, Mode, Phases, RiskLevel, Stage, Thresholds, contain};
use tribunal_resilience::{Adaptation, BreakerSettings, Rate};

pub use hedge::Hedge;
pub(crate) use hedge::HedgeWhen;
pub use isolation::Isolation;
pub use retry::Retry;
pub use validation::{Strictness, Validation};

/// When a critic runs.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Policy {
    /// In every run. The default.
    #[default]
    Always,
    /// When some outcome its gate sees has a violation.
    OnViolation,
    /// When the risk that the snapshot states reaches the level.
    OnHighRisk(RiskLevel),
    /// When some outcome its gate sees reaches this uncertainty, above 0 and up to 1. A critic that should have
    /// given an opinion and did not counts as full doubt: a fault may open a gate, never close it.
    OnUncertainty(f64),
    /// When this holds.
    Conditional(Arc<dyn Condition>),
}

impl Policy {
    /// [`Policy::OnHighRisk`] at the default level: `high`, or 0.7.
    #[must_use]
    pub fn on_high_risk() -> Self {
        Self::OnHighRisk(RiskLevel::default())
    }

    /// [`Policy::OnUncertainty`] at the default of 0.7.
    #[must_use]
    pub const fn on_uncertainty() -> Self {
        Self::OnUncertainty(0.7)
    }

    /// [`Policy::Conditional`] on a closure or a condition of one's own.
    pub fn when(condition: impl Condition) -> Self {
        Self::Conditional(Arc::new(condition))
    }

    /// How it is written in a config.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::OnViolation => "on_violation",
            Self::OnHighRisk(_) => "on_high_risk",
            Self::OnUncertainty(_) => "on_uncertainty",
            Self::Conditional(_) => "conditional",
        }
    }

    /// Whether it looks at outcomes, and so has to wait for them.
    pub(crate) fn reads_outcomes(&self) -> bool {
        match self {
            Self::Always | Self::OnHighRisk(_) => false,
            Self::OnViolation | Self::OnUncertainty(_) => true,
            // One that panics when it is asked may read them.
            Self::Conditional(condition) => contain(|| condition.reads_outcomes()).unwrap_or(true),
        }
    }

    /// Whether the outcome of this critic may decide a condition.
    pub(crate) fn condition_reads(&self, critic: &str) -> bool {
        match self {
            Self::Conditional(condition) => contain(|| condition.reads(critic)).unwrap_or(true),
            Self::Always | Self::OnViolation | Self::OnHighRisk(_) | Self::OnUncertainty(_) => {
                false
            }
        }
    }

    /// Whether a condition can say what it asks for. A plan's hash is made of that.
    pub(crate) fn is_described(&self) -> bool {
        match self {
            Self::Conditional(condition) => contain(|| condition.describe()).is_ok(),
            _ => true,
        }
    }

    /// What it asks for, in words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Always | Self::OnViolation => self.as_str().into(),
            Self::OnHighRisk(level) => {
                format!("on_high_risk ({} or {})", level.tier(), level.score())
            }
            Self::OnUncertainty(threshold) => format!("on_uncertainty ({threshold})"),
            Self::Conditional(condition) => {
                let described = contain(|| condition.describe());
                format!("conditional ({})", described.as_deref().unwrap_or("it panics"))
            }
        }
    }
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.describe())
    }
}

/// A limit that moves: how low it may get, and by what it moves. Its ceiling is the fixed limit beside it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adaptive {
    pub(crate) floor: usize,
    pub(crate) how: Adaptation,
}

/// How a critic is run. Everything but the name has a default.
#[derive(Debug, Clone)]
pub struct CriticSpec {
    pub(crate) name: String,
    pub(crate) stage: Stage,
    pub(crate) priority: u8,
    pub(crate) phases: Phases,
    pub(crate) policy: Policy,
    pub(crate) depends_on: Vec<String>,
    pub(crate) run_anyway: bool,
    pub(crate) timeout: Duration,
    pub(crate) retry: Retry,
    pub(crate) max_in_flight: Option<usize>,
    pub(crate) adaptive: Option<Adaptive>,
    pub(crate) hedge: Option<Hedge>,
    pub(crate) isolation: Isolation,
    pub(crate) rate: Option<Rate>,
    pub(crate) shares: Vec<String>,
    pub(crate) breaker: Option<BreakerSettings>,
    pub(crate) validation: Validation,
    pub(crate) failure_mode: FailureMode,
    pub(crate) mode: Mode,
    pub(crate) thresholds: Thresholds,
    pub(crate) cost: f64,
    pub(crate) tags: Vec<String>,
    pub(crate) fingerprint: String,
}

impl CriticSpec {
    /// How long an attempt may take unless the spec says otherwise: 2 s.
    pub const TIMEOUT: Duration = Duration::from_secs(2);

    /// A critic of this name (1 to 64 of `a-z`, `0-9`, `_`, `-`), with defaults: stage `core_analysis`, priority 5,
    /// policy `always`, one attempt of at most 2 s, strict validation, failure mode `review`, mode `enforce`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            stage: Stage::default(),
            priority: 5,
            phases: Phases::ALL,
            policy: Policy::default(),
            depends_on: Vec::new(),
            run_anyway: false,
            timeout: Self::TIMEOUT,
            retry: Retry::default(),
            max_in_flight: None,
            adaptive: None,
            hedge: None,
            isolation: Isolation::default(),
            rate: None,
            shares: Vec::new(),
            breaker: None,
            validation: Validation::default(),
            failure_mode: FailureMode::default(),
            mode: Mode::default(),
            thresholds: Thresholds::default(),
            cost: 0.0,
            tags: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// Its name, as it was given: whether it makes a name is checked when the plan is built.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its stage.
    #[must_use]
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stage = stage;
        self
    }

    /// Its place within the stage: 1 is first, 10 is last.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    /// The phases it is for; in any other it is gated.
    #[must_use]
    pub fn phases(mut self, phases: Phases) -> Self {
        self.phases = phases;
        self
    }

    /// When it runs.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// A critic of the same or an earlier stage that must have given an opinion. May be called repeatedly.
    #[must_use]
    pub fn depends_on(mut self, critic: impl Into<String>) -> Self {
        self.depends_on.push(critic.into());
        self
    }

    /// Runs also when one it depends on gave no opinion, instead of being skipped.
    #[must_use]
    pub fn run_anyway(mut self) -> Self {
        self.run_anyway = true;
        self
    }

    /// How long one attempt may take, above 0. Waiting for permits does not count; the stage's deadline bounds that.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// What to do about failures that may pass.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// At most so many calls at a time, over all runs; at least 1.
    #[must_use]
    pub fn max_in_flight(mut self, limit: usize) -> Self {
        self.max_in_flight = Some(limit);
        self
    }

    /// Moves the limit on calls in flight by what latency shows: never below `floor`, which is at least 1, and
    /// never above [`CriticSpec::max_in_flight`], without which this has no ceiling and is refused.
    #[must_use]
    pub fn adaptive(mut self, floor: usize, how: Adaptation) -> Self {
        self.adaptive = Some(Adaptive { floor, how });
        self
    }

    /// A second call beside one that is slow.
    #[must_use]
    pub fn hedge(mut self, hedge: Hedge) -> Self {
        self.hedge = Some(hedge);
        self
    }

    /// Where its work is done.
    #[must_use]
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// At most so many calls per time, over all runs.
    #[must_use]
    pub fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// Takes its tokens also from a bucket that others share, see [`crate::RunSettings::shared_rate`]: one provider,
    /// one quota. May be called repeatedly.
    #[must_use]
    pub fn shares(mut self, rate: impl Into<String>) -> Self {
        self.shares.push(rate.into());
        self
    }

    /// Fails at once while too many of its calls fail: that is an outcome like any failure, and never a pass.
    #[must_use]
    pub fn breaker(mut self, settings: BreakerSettings) -> Self {
        self.breaker = Some(settings);
        self
    }

    /// What its opinions must be like.
    #[must_use]
    pub fn validation(mut self, validation: Validation) -> Self {
        self.validation = validation;
        self
    }

    /// What it calls for when it should have given an opinion and did not.
    #[must_use]
    pub fn failure_mode(mut self, mode: FailureMode) -> Self {
        self.failure_mode = mode;
        self
    }

    /// Whether its word counts.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// What its opinions call for.
    #[must_use]
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// What one call costs, in a unit of the caller's choice; finite, from 0.
    #[must_use]
    pub fn cost(mut self, cost: f64) -> Self {
        self.cost = cost;
        self
    }

    /// A free word for grouping. May be called repeatedly.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// What else decides how the critic judges, such as its kind and its parameters. Goes into the config hash.
    ///
    /// A critic that has one is taken to be told in full by the config hash: a cache that several orchestrators
    /// share may answer for it with what its like said in another. Without one it is kept apart.
    #[must_use]
    pub fn fingerprint(mut self, text: impl Into<String>) -> Self {
        self.fingerprint = text.into();
        self
    }
}
