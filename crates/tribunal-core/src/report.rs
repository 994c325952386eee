//! All that is known about one run.

use std::fmt;
use std::ops::Index;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use crate::judge::Hearing;
use crate::outcome::millis;
use crate::{
    Cause, ConfigHash, CriticName, Failure, FailureKind, FailureMode, Judgement, Mode, Origin,
    Outcome, Outcomes, Priority, Reads, Reason, Stage, Status, Thresholds, Verdict,
};

/// What is fixed about a critic before any run: how it is named, placed and judged.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct CriticInfo {
    /// Its name.
    pub name: CriticName,
    /// Its stage.
    pub stage: Stage,
    /// Its place within the stage.
    pub priority: Priority,
    /// Whether its word counts.
    pub mode: Mode,
    /// What its failure calls for.
    pub failure_mode: FailureMode,
    /// What its opinions call for.
    pub thresholds: Thresholds,
    /// What a call is expected to cost, in a unit of the caller's choice, from 0.
    pub cost: f64,
    /// Free words for grouping.
    pub tags: Arc<[String]>,
    /// What its opinions depend on, as it declares itself. Filled in by the engine.
    pub reads: Reads,
    /// Which critic of that name it is. Filled in by the engine.
    pub origin: Origin,
}

impl CriticInfo {
    /// A critic with everything else at its default.
    #[must_use]
    pub fn new(name: CriticName) -> Self {
        Self {
            name,
            stage: Stage::default(),
            priority: Priority::default(),
            mode: Mode::default(),
            failure_mode: FailureMode::default(),
            thresholds: Thresholds::default(),
            cost: 0.0,
            tags: Arc::default(),
            reads: Reads::default(),
            origin: Origin::default(),
        }
    }
}

/// How long a stage took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageTiming {
    /// Which.
    pub stage: Stage,
    /// From its barrier to the next.
    pub elapsed: Duration,
}

/// How long each stage with critics took, in order. Up to 584 years each.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct StageTimings {
    // As many as there can be, so that no run allocates for them, and small, since every report has one.
    nanos: [u64; Stage::ALL.len()],
    stages: [Stage; Stage::ALL.len()],
    len: u8,
}

impl StageTimings {
    /// Adds a stage. More than there are stages cannot have been run, and are left out.
    pub fn push(&mut self, timing: StageTiming) {
        let at = usize::from(self.len);
        if let (Some(nanos), Some(stage)) = (self.nanos.get_mut(at), self.stages.get_mut(at)) {
            *nanos = u64::try_from(timing.elapsed.as_nanos()).unwrap_or(u64::MAX);
            *stage = timing.stage;
            self.len += 1;
        }
    }

    /// One after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = StageTiming> + Clone {
        let timing = |(stage, nanos): (&Stage, &u64)| StageTiming {
            stage: *stage,
            elapsed: Duration::from_nanos(*nanos),
        };
        self.stages.iter().zip(&self.nanos).take(self.len()).map(timing)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.len)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl fmt::Debug for StageTimings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Everything about one run: every outcome in plan order, the verdict, where it comes from and what it took.
#[derive(Clone)]
#[non_exhaustive]
pub struct Report {
    /// The snapshot's own.
    pub trace_id: Option<Arc<str>>,
    /// What is to be done.
    pub verdict: Verdict,
    /// Who called for it; empty for `allow`.
    pub causes: Vec<Cause>,
    /// Enforcing critics whose failure was let pass, by configuration or by a fallback.
    pub let_pass: Vec<CriticName>,
    /// The stages that had critics, in order.
    pub stages: StageTimings,
    /// From the call to the report.
    pub elapsed: Duration,
    /// How much of that was waiting to be admitted.
    pub queued: Duration,
    /// What the run cost, in the unit that the specs use.
    pub cost_spent: f64,
    /// What it would have cost more, had every gate been open.
    pub cost_saved: f64,
    /// Under which configuration it ran.
    pub config_hash: ConfigHash,
    critics: Arc<[CriticInfo]>,
    outcomes: Outcomes,
}

/// The outcome of a critic whose own was lost.
fn lost(critic: &CriticInfo) -> Outcome {
    let failure = Failure::new(FailureKind::Permanent, "its outcome was lost");
    let mut outcome = Outcome::without(Reason::Failed(failure));
    outcome.calls_for = crate::calls_for(critic, &outcome);
    outcome
}

/// What an engine measured of a run, for [`Report::new`].
#[derive(Debug, Clone, Default)]
pub struct RunTimings {
    /// The stages that had critics, in order.
    pub stages: StageTimings,
    /// From the call to the report.
    pub elapsed: Duration,
    /// How much of that was waiting to be admitted.
    pub queued: Duration,
}

impl Report {
    /// For engines: judges a complete set of outcomes, one for each critic and in the same order.
    ///
    /// A critic without an outcome is an engine's bug; it is made good as a failure, never as a pass.
    #[must_use]
    pub fn new(
        trace_id: Option<Arc<str>>,
        critics: Arc<[CriticInfo]>,
        mut outcomes: Outcomes,
        timings: RunTimings,
        config_hash: ConfigHash,
    ) -> Self {
        debug_assert_eq!(critics.len(), outcomes.len(), "rule 1: one outcome each");
        outcomes.resize(critics.len());
        let mut hearing = Hearing::new();
        let (mut cost_spent, mut cost_saved) = (0.0, 0.0);
        for (critic, outcome) in critics.iter().zip(&mut *outcomes) {
            if outcome.status == Status::Gated {
                // It calls for nothing and has cost nothing.
                cost_saved += outcome.saved(critic);
                continue;
            }
            if outcome.is_missing() {
                *outcome = lost(critic);
            }
            hearing.hear(critic, outcome);
            cost_spent += outcome.cost;
            if outcome.attempts == 0 {
                cost_saved += outcome.saved(critic);
            }
        }
        let Judgement { verdict, causes, let_pass } = hearing.judge(critics.iter().zip(&*outcomes));
        Self {
            trace_id,
            verdict,
            causes,
            let_pass,
            stages: timings.stages,
            elapsed: timings.elapsed,
            queued: timings.queued,
            cost_spent,
            cost_saved,
            config_hash,
            critics,
            outcomes,
        }
    }

    /// Every critic with its outcome, in plan order.
    pub fn outcomes(&self) -> impl ExactSizeIterator<Item = (&CriticInfo, &Outcome)> + Clone {
        self.critics.iter().zip(self.outcomes.iter())
    }

    /// The critics of the plan, in its order. All reports of one plan share them.
    #[must_use]
    pub const fn critics(&self) -> &Arc<[CriticInfo]> {
        &self.critics
    }

    /// The outcome of one critic.
    #[must_use]
    pub fn outcome(&self, critic: &str) -> Option<&Outcome> {
        self.outcomes().find(|(info, _)| info.name == critic).map(|(_, outcome)| outcome)
    }
}

impl Index<&str> for Report {
    type Output = Outcome;

    /// The outcome of a critic that is known to be in the plan.
    ///
    /// # Panics
    ///
    /// When there is no such critic; [`Report::outcome`] does not.
    #[allow(clippy::panic)] // What indexing means everywhere.
    fn index(&self, critic: &str) -> &Outcome {
        match self.outcome(critic) {
            Some(outcome) => outcome,
            None => panic!("no critic `{critic}` in this report"),
        }
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses: Vec<_> =
            self.outcomes().map(|(critic, outcome)| (&critic.name, outcome.status)).collect();
        f.debug_struct("Report")
            .field("verdict", &self.verdict)
            .field("causes", &self.causes)
            .field("outcomes", &statuses)
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}

impl Serialize for Report {
    /// One JSON object; `outcomes` is an array in plan order. Durations are milliseconds.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.serialize_into(&mut map)?;
        map.end()
    }
}

impl Report {
    /// Writes its members into a map that holds others too.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        if let Some(trace_id) = &self.trace_id {
            map.serialize_entry("trace_id", &**trace_id)?;
        }
        map.serialize_entry("verdict", &self.verdict)?;
        map.serialize_entry("causes", &self.causes)?;
        map.serialize_entry("let_pass", &self.let_pass)?;
        map.serialize_entry("outcomes", &Entries(self))?;
        map.serialize_entry("stages", &Stages(&self.stages))?;
        map.serialize_entry("elapsed_ms", &millis(self.elapsed))?;
        map.serialize_entry("queued_ms", &millis(self.queued))?;
        map.serialize_entry("cost_spent", &self.cost_spent)?;
        map.serialize_entry("cost_saved", &self.cost_saved)?;
        map.serialize_entry("config_hash", &self.config_hash.to_string())
    }
}

struct Entries<'a>(&'a Report);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.outcomes().map(|(critic, outcome)| Entry { critic, outcome }))
    }
}

struct Entry<'a> {
    critic: &'a CriticInfo,
    outcome: &'a Outcome,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("critic", &self.critic.name)?;
        map.serialize_entry("stage", &self.critic.stage)?;
        if self.critic.mode == Mode::Monitor {
            map.serialize_entry("mode", &self.critic.mode)?;
        }
        self.outcome.serialize_into(&mut map)?;
        map.end()
    }
}

struct Stages<'a>(&'a StageTimings);

impl Serialize for Stages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Timing {
            stage: Stage,
            elapsed_ms: f64,
        }
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for StageTiming { stage, elapsed } in self.0.iter() {
            seq.serialize_element(&Timing { stage, elapsed_ms: millis(elapsed) })?;
        }
        seq.end()
    }
}
