//! A run to explain: one that was, from its report, or one that is done now.

use serde_json::Value;
use tribunal_core::{CriticName, Outcome, Report, Snapshot, Verdict};
use tribunal_production::ProductionOrchestrator;

use super::recorded::Recorded;
use crate::safe::shown;

/// One run, with an outcome of each critic of the plan, in plan order.
pub(super) struct Run {
    /// The `id` of the line, or its trace id, or where it stands.
    pub(super) name: String,
    /// Where it stands.
    pub(super) place: String,
    pub(super) verdict: Verdict,
    pub(super) elapsed_ms: f64,
    /// How much of that was waiting to be admitted.
    pub(super) queued_ms: f64,
    pub(super) outcomes: Vec<Outcome>,
    /// What was judged; a report does not hold it.
    pub(super) snapshot: Option<Snapshot>,
    pub(super) past: Past,
}

/// Whether it is over, and whether the configuration is still the one it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Past {
    /// It was judged now.
    Now,
    /// It was judged before, by the same configuration.
    Same,
    /// It was judged before, by another one: its hash, and the critics that this one does not have.
    Other { hash: String, unknown: Vec<CriticName> },
}

impl Run {
    /// Judged now.
    pub(super) fn now(place: String, id: &Value, snapshot: Snapshot, report: &Report) -> Self {
        Self {
            name: name(id, report.trace_id.as_deref(), &place),
            place,
            verdict: report.verdict,
            elapsed_ms: report.elapsed.as_secs_f64() * 1e3,
            queued_ms: report.queued.as_secs_f64() * 1e3,
            outcomes: report.outcomes().map(|(_, outcome)| outcome.clone()).collect(),
            snapshot: Some(snapshot),
            past: Past::Now,
        }
    }

    /// Judged before. Critics that the plan has and the report has not have a missing outcome.
    pub(super) fn before(
        place: String,
        recorded: Recorded,
        snapshot: Option<Snapshot>,
        court: &ProductionOrchestrator,
    ) -> Self {
        let of = |name: &CriticName| {
            let found = recorded.outcomes.iter().find(|(other, _)| other == name);
            found.map_or_else(Outcome::missing, |(_, outcome)| outcome.clone())
        };
        let outcomes = court.critics().iter().map(|info| of(&info.name)).collect();
        let past = if recorded.config_hash == court.outline().config_hash {
            Past::Same
        } else {
            let planned = |name: &CriticName| court.critics().iter().any(|info| info.name == *name);
            let unknown = recorded.outcomes.iter().map(|(name, _)| name);
            let unknown = unknown.filter(|name| !planned(name)).cloned().collect();
            Past::Other { hash: recorded.config_hash, unknown }
        };
        Self {
            name: name(&recorded.id, recorded.trace_id.as_deref(), &place),
            place,
            verdict: recorded.verdict,
            elapsed_ms: recorded.elapsed_ms,
            queued_ms: recorded.queued_ms,
            outcomes,
            snapshot,
            past,
        }
    }

    /// Whether the plan at hand is the one it ran by.
    pub(super) fn same_plan(&self) -> bool {
        !matches!(self.past, Past::Other { .. })
    }

    pub(super) fn outcome<'a>(
        &'a self,
        court: &ProductionOrchestrator,
        critic: &str,
    ) -> Option<&'a Outcome> {
        let place = court.critics().iter().position(|info| info.name == critic)?;
        self.outcomes.get(place)
    }
}

fn name(id: &Value, trace_id: Option<&str>, place: &str) -> String {
    match (id, trace_id) {
        (Value::String(id), _) => shown(id),
        (Value::Null, Some(trace_id)) => shown(trace_id),
        (Value::Null, None) => place.to_owned(),
        (other, _) => shown(&other.to_string()),
    }
}
