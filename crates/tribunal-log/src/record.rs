//! What is copied of a run on the run's own path: what a line says, and nothing that may be private.
//!
//! Making it costs a few allocations whatever the critics said: names and settings of critics stay where the plan has
//! them. Texts come along only when they are wanted, and are redacted by whoever writes the line.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tribunal_core::{
    CallTiming, Cause, ConfigHash, CriticInfo, CriticName, Opinion, Outcome, Reason, Report,
    Snapshot, Source, StageTimings, Status, Verdict,
};

use crate::time::{DecisionId, Stamp};

/// Of one opinion, so many different codes are kept.
pub(crate) const MAX_CODES: usize = 32;

/// One run, as far as its line tells of it.
pub(crate) struct Run {
    pub(crate) id: DecisionId,
    pub(crate) time: Stamp,
    pub(crate) generation: Option<u64>,
    pub(crate) trace_id: Option<Arc<str>>,
    pub(crate) config_hash: ConfigHash,
    pub(crate) verdict: Verdict,
    pub(crate) causes: Vec<Cause>,
    pub(crate) let_pass: Vec<CriticName>,
    pub(crate) critics: Arc<[CriticInfo]>,
    pub(crate) outcomes: Box<[Kept]>,
    pub(crate) stages: StageTimings,
    pub(crate) elapsed: Duration,
    pub(crate) queued: Duration,
    pub(crate) cost_spent: f64,
    pub(crate) cost_saved: f64,
    pub(crate) private: Option<Box<Private>>,
}

/// What a line has only when texts are wanted.
pub(crate) struct Private {
    pub(crate) report: Report,
    pub(crate) snapshot: Snapshot,
    /// About how many bytes it keeps in memory.
    pub(crate) bytes: usize,
}

/// What became of one critic.
pub(crate) struct Kept {
    pub(crate) status: Status,
    pub(crate) source: Source,
    pub(crate) calls_for: Option<Verdict>,
    pub(crate) why: Option<Why>,
    pub(crate) said: Option<Said>,
    pub(crate) attempts: u32,
    pub(crate) hedges: u32,
    pub(crate) begun: Option<Duration>,
    pub(crate) calls: Box<[CallTiming]>,
    pub(crate) queued: Duration,
    pub(crate) execution: Duration,
    pub(crate) cost: f64,
}

/// Why there is no opinion.
pub(crate) enum Why {
    /// In the engine's own words, which quote nothing but the config.
    Told(Reason),
    /// In a critic's words, which may be private: only of what kind.
    Kind(&'static str),
}

/// Of an opinion, its numbers and its codes.
pub(crate) struct Said {
    pub(crate) severity: f64,
    pub(crate) uncertainty: f64,
    pub(crate) score: Option<f64>,
    pub(crate) violations: usize,
    pub(crate) codes: Vec<Cow<'static, str>>,
}

impl Run {
    pub(crate) fn of(
        report: &Report,
        private: Option<Box<Private>>,
        (id, time): (DecisionId, Stamp),
        generation: Option<u64>,
    ) -> Self {
        Self {
            id,
            time,
            generation,
            trace_id: report.trace_id.clone(),
            config_hash: report.config_hash,
            verdict: report.verdict,
            causes: report.causes.clone(),
            let_pass: report.let_pass.clone(),
            critics: Arc::clone(report.critics()),
            outcomes: report.outcomes().map(|(_, outcome)| Kept::of(outcome)).collect(),
            stages: report.stages,
            elapsed: report.elapsed,
            queued: report.queued,
            cost_spent: report.cost_spent,
            cost_saved: report.cost_saved,
            private,
        }
    }
}

impl Kept {
    fn of(outcome: &Outcome) -> Self {
        Self {
            status: outcome.status,
            source: outcome.source,
            calls_for: outcome.calls_for,
            why: outcome.reason.as_ref().map(Why::of),
            said: outcome.opinion.as_ref().map(Said::of),
            attempts: outcome.attempts,
            hedges: outcome.hedges,
            begun: outcome.begun(),
            calls: outcome.calls().into(),
            queued: outcome.queued(),
            execution: outcome.execution(),
            cost: outcome.cost,
        }
    }
}

impl Why {
    fn of(reason: &Reason) -> Self {
        match reason {
            Reason::Gated(_)
            | Reason::Skipped(_)
            | Reason::Timeout(_)
            | Reason::NoTurn(_)
            | Reason::RateLimited { .. } => Self::Told(reason.clone()),
            // A failure has the critic's words, a fault may have those of a check; so may what is still unknown here.
            other => Self::Kind(other.kind()),
        }
    }
}

impl Said {
    fn of(opinion: &Opinion) -> Self {
        let mut codes: Vec<Cow<'static, str>> = Vec::new();
        for violation in &opinion.violations {
            if codes.len() == MAX_CODES {
                break;
            }
            if !codes.contains(&violation.code) {
                codes.push(violation.code.clone());
            }
        }
        Self {
            severity: opinion.worst_severity(),
            uncertainty: opinion.uncertainty,
            score: opinion.score,
            violations: opinion.violations.len(),
            codes,
        }
    }
}

impl Private {
    /// The bytes are those of the texts, not of how they are kept: enough to bound what waits.
    pub(crate) fn weight(report: &Report, snapshot: &Snapshot) -> usize {
        let opinions = report.outcomes().filter_map(|(_, outcome)| outcome.opinion.as_ref());
        let said = |opinion: &Opinion| {
            let details = opinion.details.iter().flat_map(|details| details.iter());
            let messages = opinion.violations.iter().map(|it| it.message.len() + 128);
            weight(&opinion.value) + details.map(member).sum::<usize>() + messages.sum::<usize>()
        };
        let members = snapshot.context().iter().chain(snapshot.attributes());
        snapshot.input_text().len()
            + snapshot.model_response().len()
            + members.map(member).sum::<usize>()
            + opinions.map(said).sum::<usize>()
    }
}

fn member((name, value): (&String, &Value)) -> usize {
    name.len() + weight(value)
}

fn weight(value: &Value) -> usize {
    // No JSON that was read nests deeper than a stack holds.
    let inner = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(map) => map.iter().map(member).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    inner + 16
}
