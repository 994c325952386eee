//! What became of one critic in one run.
//!
//! A status says what happened, a verdict what is called for; they are never mixed up.

use std::fmt;
use std::mem::forget;
use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::calls::Offset;
use crate::opinion::within;
use crate::words::word_enum;
use crate::{CallEnd, CallTiming, CriticName, Opinion, OpinionFault, Phase, Verdict};

word_enum! {
    /// What became of a critic. Says nothing about the snapshot.
    pub enum Status ("status") {
        /// There is an opinion, and it is valid.
        Success = "success",
        /// Time ran out.
        Timeout = "timeout",
        /// It failed.
        Error = "error",
        /// It gave an opinion that cannot be trusted.
        Invalid = "invalid",
        /// It did not run, for a reason outside its gate.
        Skipped = "skipped",
        /// Its gate stayed closed, as it should.
        Gated = "gated",
        /// Its rate limit had no token in time.
        RateLimited = "rate_limited",
    }
}

word_enum! {
    /// Where an opinion came from.
    pub enum Source ("source") {
        /// From the critic.
        Critic = "critic",
        /// From a hook, before the critic ran.
        Cache = "cache",
        /// From a hook, after the critic failed.
        Fallback = "fallback",
    }
}

/// What became of one critic in one run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Outcome {
    /// What happened.
    pub status: Status,
    /// Where the opinion came from.
    pub source: Source,
    /// What it calls for, or would in monitor mode; `None` when it calls for nothing.
    pub calls_for: Option<Verdict>,
    /// How often the critic was called.
    pub attempts: u32,
    /// How many of these calls were hedges: a second call because the first was slow.
    pub hedges: u32,
    /// What it said.
    pub opinion: Option<Opinion>,
    /// Why there is no opinion; or, with one, what it replaced or which faults were let pass.
    pub reason: Option<Reason>,
    /// What it cost, all attempts together, in the unit that the specs use.
    pub cost: f64,
    /// In nanoseconds, as all that is counted of a run: an outcome is copied and dropped so often that its size shows.
    queued: u64,
    execution: u64,
    begun: Offset,
    #[expect(
        clippy::box_collection,
        reason = "one word, since hardly any critic is called more than once"
    )]
    calls: Option<Box<Vec<CallTiming>>>,
}

impl Outcome {
    /// A valid opinion.
    #[must_use]
    pub fn success(opinion: Opinion) -> Self {
        Self { opinion: Some(opinion), ..Self::bare(Status::Success) }
    }

    /// No opinion, for a reason. The status follows from the reason.
    #[must_use]
    pub fn without(reason: Reason) -> Self {
        let bare = Self::bare(reason.status());
        Self { reason: Some(reason), ..bare }
    }

    /// For engines: what is still missing is there, without an opinion, for a reason.
    #[inline]
    pub fn end_without(&mut self, reason: Reason) {
        self.status = reason.status();
        // Whatever was said before is not to be heard.
        self.opinion = None;
        self.reason = Some(reason);
    }

    /// For engines: what stands in a place until the outcome is there. One that stays is a failure, never a pass.
    #[inline]
    #[must_use]
    pub fn missing() -> Self {
        Self::bare(Status::Error)
    }

    /// Makes it [missing](Self::missing) again. What owns nothing is forgotten, not dropped: that comes to the same, and
    /// only to find that there is nothing to be done would take more than all the rest.
    #[inline]
    pub(crate) fn reset(&mut self) {
        match &self.opinion {
            Some(opinion) if opinion.owns_nothing() => forget(self.opinion.take()),
            Some(_) => self.opinion = None,
            None => {}
        }
        match &self.reason {
            Some(Reason::Gated(gated)) if gated.owns_nothing() => forget(self.reason.take()),
            Some(_) => self.reason = None,
            None => {}
        }
        if self.calls.is_some() {
            self.calls = None;
        }
        self.status = Status::Error;
        self.source = Source::Critic;
        self.calls_for = None;
        self.attempts = 0;
        self.hedges = 0;
        self.queued = 0;
        self.execution = 0;
        self.cost = 0.0;
        self.begun = Offset::NONE;
    }

    /// For engines: whether it is what [`Outcome::missing`] gives.
    #[must_use]
    pub const fn is_missing(&self) -> bool {
        matches!(self.status, Status::Error) && self.opinion.is_none() && self.reason.is_none()
    }

    #[inline]
    fn bare(status: Status) -> Self {
        Self {
            status,
            source: Source::Critic,
            calls_for: None,
            attempts: 0,
            hedges: 0,
            opinion: None,
            reason: None,
            queued: 0,
            execution: 0,
            cost: 0.0,
            begun: Offset::NONE,
            calls: None,
        }
    }

    /// How long it waited for tokens, permits and retries.
    #[inline]
    #[must_use]
    pub const fn queued(&self) -> Duration {
        Duration::from_nanos(self.queued)
    }

    /// How long it was at work, all attempts together.
    #[inline]
    #[must_use]
    pub const fn execution(&self) -> Duration {
        Duration::from_nanos(self.execution)
    }

    /// For engines: how long it waited, and how long it was at work.
    pub fn took(&mut self, queued: Duration, execution: Duration) {
        self.queued = nanos(queued);
        self.execution = nanos(execution);
    }

    /// For engines: how long it was at work, in nanoseconds, for who has them; it did not wait.
    #[inline]
    pub const fn took_nanos(&mut self, execution: u64) {
        self.execution = execution;
    }

    /// When it was its turn, after the run was called: its gate was open, and it began to wait for tokens and permits.
    /// `None` when it never was. To the microsecond, up to 71 minutes.
    #[must_use]
    pub fn begun(&self) -> Option<Duration> {
        self.begun.get()
    }

    /// Its calls in the order in which they ended, where there were several. A single one began when its queue ended,
    /// and took as long as its execution.
    #[must_use]
    pub fn calls(&self) -> &[CallTiming] {
        self.calls.as_ref().map_or(&[], |calls| calls)
    }

    /// How the last of its calls ended, as far as there was one. What a fallback said instead is none.
    #[must_use]
    pub fn call_end(&self) -> CallEnd {
        match (&self.opinion, &self.reason) {
            (Some(_), Some(reason)) if self.source == Source::Fallback => CallEnd::of(reason),
            (Some(_), _) => CallEnd::Success,
            (None, Some(reason)) => CallEnd::of(reason),
            (None, None) => CallEnd::Permanent,
        }
    }

    /// For engines: when it was its turn, after the run was called.
    #[inline]
    pub fn begin_at(&mut self, since_the_call: Duration) {
        self.begun = Offset::of(since_the_call);
    }

    /// For engines: the same, in nanoseconds, for who has them.
    #[inline]
    pub fn begin_at_nanos(&mut self, since_the_call: u64) {
        self.begun = Offset::of_nanos(since_the_call);
    }

    /// For engines: its calls. Fewer than two are told by the other fields.
    pub fn set_calls(&mut self, calls: Vec<CallTiming>) {
        self.calls = (calls.len() > 1).then(|| Box::new(calls));
    }

    /// Whether it should have given an opinion and did not: what failure modes are for.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.opinion.is_none() && self.reason.as_ref().is_none_or(Reason::is_failure)
    }

    /// What it would have cost more, had its gate been open: what gating and early exit saved.
    #[inline]
    #[must_use]
    pub fn saved(&self, critic: &crate::CriticInfo) -> f64 {
        let unused = || self.attempts == 0 && self.opinion.is_none() && !self.is_failure();
        if self.status == Status::Gated || unused() { critic.cost } else { 0.0 }
    }

    /// Whether it has an opinion with a violation.
    #[must_use]
    pub fn has_violation(&self) -> bool {
        self.opinion.as_ref().is_some_and(|opinion| !opinion.violations.is_empty())
    }

    /// How much doubt it leaves: its opinion's uncertainty; all, where there should be an opinion and is none.
    #[must_use]
    pub fn doubt(&self) -> f64 {
        match &self.opinion {
            Some(opinion) => opinion.uncertainty,
            None if self.is_failure() => 1.0,
            None => 0.0,
        }
    }

    /// Its members, for those who write it among others.
    pub(crate) fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("calls_for", &self.calls_for)?;
        if self.source != Source::Critic {
            map.serialize_entry("source", &self.source)?;
        }
        if let Some(reason) = &self.reason {
            map.serialize_entry("reason", reason)?;
        }
        if let Some(opinion) = &self.opinion {
            map.serialize_entry("opinion", opinion)?;
        }
        map.serialize_entry("attempts", &self.attempts)?;
        if self.hedges > 0 {
            map.serialize_entry("hedges", &self.hedges)?;
        }
        if let Some(begun) = self.begun() {
            map.serialize_entry("begun_ms", &millis(begun))?;
        }
        map.serialize_entry("queued_ms", &millis(self.queued()))?;
        map.serialize_entry("execution_ms", &millis(self.execution()))?;
        if let Some(calls) = &self.calls {
            map.serialize_entry("calls", calls)?;
        }
        map.serialize_entry("cost", &self.cost)
    }
}

/// Up to 584 years.
fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

/// Milliseconds with three decimals.
pub(crate) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_into(&mut map)?;
        map.end()
    }
}

/// Why a critic gave no opinion.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// Its gate stayed closed.
    Gated(Gated),
    /// It did not run.
    Skipped(Skipped),
    /// Time ran out at this level.
    Timeout(TimeoutLevel),
    /// So many wait at the critic's own limit that its turn would come after this deadline.
    NoTurn(TimeoutLevel),
    /// It failed.
    Failed(Failure),
    /// Its opinion cannot be trusted.
    Invalid(Vec<OpinionFault>),
    /// The next token would have come after the deadline.
    RateLimited {
        /// After how long it would have come.
        wait: Duration,
    },
}

impl Reason {
    /// The status it stands for.
    #[must_use]
    pub const fn status(&self) -> Status {
        match self {
            Self::Gated(_) => Status::Gated,
            Self::Skipped(_) => Status::Skipped,
            Self::Timeout(_) | Self::NoTurn(_) => Status::Timeout,
            Self::Failed(_) => Status::Error,
            Self::Invalid(_) => Status::Invalid,
            Self::RateLimited { .. } => Status::RateLimited,
        }
    }

    /// Whether an opinion should have come of it.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        match self {
            Self::Gated(_) | Self::Skipped(Skipped::VerdictSettled) => false,
            Self::Skipped(Skipped::Dependency { gated, .. }) => !*gated,
            Self::Skipped(Skipped::OverBudget)
            | Self::Timeout(_)
            | Self::NoTurn(_)
            | Self::Failed(_)
            | Self::Invalid(_)
            | Self::RateLimited { .. } => true,
        }
    }

    /// How much an opinion that cannot be believed objected all the same, from 0 to 1.
    #[must_use]
    pub fn objected(&self) -> Option<f64> {
        let Self::Invalid(faults) = self else { return None };
        faults.iter().find_map(|fault| match fault {
            OpinionFault::Objects(severity) => Some(*severity),
            _ => None,
        })
    }

    /// A word for machines.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Gated(Gated::OtherPhase(_)) => "other_phase",
            Self::Gated(Gated::NoViolation) => "no_violation",
            Self::Gated(Gated::RiskBelow { .. }) => "risk_below",
            Self::Gated(Gated::UncertaintyBelow { .. }) => "uncertainty_below",
            Self::Gated(Gated::Condition(_)) => "condition_false",
            Self::Skipped(Skipped::Dependency { .. }) => "dependency",
            Self::Skipped(Skipped::VerdictSettled) => "verdict_settled",
            Self::Skipped(Skipped::OverBudget) => "over_budget",
            Self::Timeout(TimeoutLevel::Critic) => "critic_timeout",
            Self::Timeout(TimeoutLevel::Stage) => "stage_timeout",
            Self::Timeout(TimeoutLevel::Run) => "run_timeout",
            Self::NoTurn(_) => "no_turn",
            Self::Failed(Failure { kind, .. }) => kind.as_str(),
            Self::Invalid(_) => "invalid",
            Self::RateLimited { .. } => "rate_limited",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gated(gated) => write!(f, "gated: {gated}"),
            Self::Skipped(skipped) => write!(f, "skipped: {skipped}"),
            Self::Timeout(level) => write!(f, "timeout: the {level} ran out of time"),
            Self::NoTurn(level) => {
                write!(f, "timeout: at its limit, its turn would come after the {level}'s deadline")
            }
            Self::Failed(failure) => failure.fmt(f),
            Self::Invalid(faults) => {
                f.write_str("invalid opinion: ")?;
                for (index, fault) in faults.iter().enumerate() {
                    if index > 0 {
                        f.write_str("; ")?;
                    }
                    fault.fmt(f)?;
                }
                Ok(())
            }
            Self::RateLimited { wait } => {
                write!(f, "rate limited: the next token comes in {wait:.1?}, after the deadline")
            }
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("kind", self.kind())?;
        map.serialize_entry("text", &self.to_string())?;
        map.end()
    }
}

/// Why a gate stayed closed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Gated {
    /// The critic is not for snapshots of this phase.
    OtherPhase(Phase),
    /// `on_violation`: no outcome it sees has one.
    NoViolation,
    /// `on_high_risk`: the risk stated does not reach the level.
    RiskBelow {
        /// The tier it would have had to reach.
        tier: crate::RiskTier,
        /// Or the number.
        score: f64,
    },
    /// `on_uncertainty`: no outcome it sees reaches the threshold.
    UncertaintyBelow {
        /// The highest it saw.
        highest: f64,
        /// What it would have had to reach.
        threshold: f64,
    },
    /// `conditional`: this does not hold.
    Condition(String),
}

impl Gated {
    /// Whether there is nothing to be dropped with it.
    #[inline]
    const fn owns_nothing(&self) -> bool {
        match self {
            Self::OtherPhase(_)
            | Self::NoViolation
            | Self::RiskBelow { .. }
            | Self::UncertaintyBelow { .. } => true,
            Self::Condition(_) => false,
        }
    }
}

impl fmt::Display for Gated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPhase(phase) => write!(f, "other phase ({phase})"),
            Self::NoViolation => f.write_str("no violation before it"),
            Self::RiskBelow { tier, score } => write!(f, "risk below {tier} and {score}"),
            Self::UncertaintyBelow { highest, threshold } => {
                write!(f, "highest uncertainty before it is {highest}, below {threshold}")
            }
            Self::Condition(what) => write!(f, "does not hold: {what}"),
        }
    }
}

/// Why a critic did not run although its gate was not asked, or was open.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Skipped {
    /// A critic it depends on gave no opinion.
    Dependency {
        /// Which one.
        name: CriticName,
        /// Whether that one was gated, as it should be, rather than failed.
        gated: bool,
    },
    /// Nothing it says could change the verdict any more.
    VerdictSettled,
    /// Its cost no longer fits the run's budget.
    OverBudget,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dependency { name, gated: true } => {
                write!(f, "depends on `{name}`, which was gated")
            }
            Self::Dependency { name, gated: false } => {
                write!(f, "depends on `{name}`, which gave no opinion")
            }
            Self::VerdictSettled => f.write_str("verdict settled"),
            Self::OverBudget => f.write_str("over budget"),
        }
    }
}

word_enum! {
    /// Which of the nested deadlines ran out.
    pub enum TimeoutLevel ("timeout level") {
        /// The critic's own, for one attempt.
        Critic = "critic",
        /// The stage's.
        Stage = "stage",
        /// The run's.
        Run = "run",
    }
}

/// What failed, and how.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// In which way.
    pub kind: FailureKind,
    /// In the critic's words. May be private; empty for a panic.
    pub message: String,
}

impl Failure {
    /// A failure of some kind, in the critic's words; of those the first 4,096 bytes.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: within(message.into()) }
    }
}

word_enum! {
    /// In which way a critic failed.
    pub enum FailureKind ("failure kind") {
        /// An error that a second try might have avoided.
        Transient = "transient",
        /// An error that no second try avoids.
        Permanent = "permanent",
        /// The critic cannot judge this snapshot.
        Input = "input",
        /// It panicked. The message stays with the process's panic hook.
        Panic = "panic",
        /// Its condition could not be evaluated.
        Condition = "condition",
        /// Its circuit breaker is open.
        BreakerOpen = "breaker_open",
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            FailureKind::Transient => "transient error",
            FailureKind::Permanent => "error",
            FailureKind::Input => "cannot judge this snapshot",
            FailureKind::Panic => return f.write_str("panicked"),
            FailureKind::Condition => "condition not evaluated",
            FailureKind::BreakerOpen => return f.write_str("circuit breaker open"),
        };
        write!(f, "{what}: {}", self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_ends_as_it_did_whatever_was_said_instead() {
        let timeout = || Outcome::without(Reason::Timeout(TimeoutLevel::Critic));
        assert_eq!(timeout().call_end(), CallEnd::Timeout);
        let fallback = Outcome {
            source: Source::Fallback,
            opinion: Some(Opinion::clean()),
            status: Status::Success,
            ..timeout()
        };
        assert_eq!(fallback.call_end(), CallEnd::Timeout);
        let lenient = Outcome {
            reason: Some(Reason::Invalid(Vec::new())),
            ..Outcome::success(Opinion::clean())
        };
        assert_eq!(lenient.call_end(), CallEnd::Success);
        assert_eq!(Outcome::missing().call_end(), CallEnd::Permanent);
    }

    #[test]
    fn only_what_was_gated_or_settled_is_no_failure() {
        let name = CriticName::new("a").unwrap();
        for fine in [
            Reason::Gated(Gated::NoViolation),
            Reason::Skipped(Skipped::VerdictSettled),
            Reason::Skipped(Skipped::Dependency { name: name.clone(), gated: true }),
        ] {
            assert!(!Outcome::without(fine.clone()).is_failure(), "{fine}");
        }
        for failure in [
            Reason::Skipped(Skipped::Dependency { name, gated: false }),
            Reason::Skipped(Skipped::OverBudget),
            Reason::Timeout(TimeoutLevel::Run),
            Reason::NoTurn(TimeoutLevel::Run),
            Reason::Failed(Failure::new(FailureKind::Panic, "")),
            Reason::Invalid(Vec::new()),
            Reason::RateLimited { wait: Duration::ZERO },
        ] {
            let outcome = Outcome::without(failure);
            assert!(outcome.is_failure(), "{outcome:?}");
            assert_eq!(outcome.doubt(), 1.0);
        }
    }
}
