//! What is copied of a run on the run's own path: what its spans say, and nothing that may be private.
//!
//! Names and settings of critics stay where the plan has them. Words that critics chose are left behind, but for the
//! codes of violations, and those come along only when they are wanted.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tribunal_core::{
    CallEnd, CallTiming, ConfigHash, CriticInfo, Outcome, Phase, Reason, Refusal, Report, Snapshot,
    Source, StageTimings, Status, Verdict,
};
use tribunal_production::is_canary;

use crate::ids::{SpanId, TraceId};
use crate::kept::Kept;
use crate::parent::TraceParent;
use crate::span::within;

/// Of one opinion, so many different codes are kept.
const MAX_CODES: usize = 32;

/// A run whose trace is kept.
pub(crate) struct Sketch {
    pub(crate) trace_id: TraceId,
    pub(crate) id: SpanId,
    pub(crate) parent: Option<TraceParent>,
    pub(crate) kept: Kept,
    pub(crate) phase: Phase,
    /// When it ended, in nanoseconds since 1970.
    pub(crate) end: u64,
    pub(crate) elapsed: Duration,
    pub(crate) came_to: CameTo,
}

/// What a run came to.
pub(crate) enum CameTo {
    Report(Box<Judged>),
    Refusal(Refusal),
}

/// A report, as far as its spans tell of it.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// Whether a failure was let pass.
    pub(crate) opened: bool,
    pub(crate) canary: bool,
    pub(crate) config_hash: ConfigHash,
    pub(crate) critics: Arc<[CriticInfo]>,
    pub(crate) outcomes: Box<[Became]>,
    pub(crate) stages: StageTimings,
    pub(crate) queued: Duration,
    pub(crate) cost_spent: f64,
    pub(crate) cost_saved: f64,
}

/// What became of one critic.
pub(crate) struct Became {
    pub(crate) status: Status,
    pub(crate) source: Source,
    pub(crate) calls_for: Option<Verdict>,
    /// Why there is no opinion, in a word.
    pub(crate) reason: Option<&'static str>,
    pub(crate) is_failure: bool,
    /// How its last call ended.
    pub(crate) end: CallEnd,
    pub(crate) said: Option<Said>,
    pub(crate) attempts: u32,
    pub(crate) hedges: u32,
    pub(crate) begun: Option<Duration>,
    pub(crate) calls: Box<[CallTiming]>,
    pub(crate) queued: Duration,
    pub(crate) execution: Duration,
    pub(crate) cost: f64,
}

/// Of an opinion, its numbers, and its codes if they are wanted.
pub(crate) struct Said {
    pub(crate) severity: f64,
    pub(crate) uncertainty: f64,
    pub(crate) score: Option<f64>,
    pub(crate) violations: usize,
    pub(crate) codes: Vec<String>,
}

/// The time of day, in nanoseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "the time of day is told, and decides nothing")]
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Where a run belongs, and why it is kept.
pub(crate) struct Place {
    pub(crate) trace_id: TraceId,
    pub(crate) parent: Option<TraceParent>,
    pub(crate) kept: Kept,
}

impl Sketch {
    pub(crate) fn of_run(report: &Report, snapshot: &Snapshot, place: Place, codes: bool) -> Self {
        let judged = Judged {
            verdict: report.verdict,
            opened: !report.let_pass.is_empty(),
            canary: is_canary(report),
            config_hash: report.config_hash,
            critics: Arc::clone(report.critics()),
            outcomes: report.outcomes().map(|(_, outcome)| Became::of(outcome, codes)).collect(),
            stages: report.stages,
            queued: report.queued,
            cost_spent: report.cost_spent,
            cost_saved: report.cost_saved,
        };
        Self::new(place, snapshot, report.elapsed, CameTo::Report(Box::new(judged)))
    }

    pub(crate) fn of_refusal(
        why: Refusal,
        after: Duration,
        snapshot: &Snapshot,
        place: Place,
    ) -> Self {
        Self::new(place, snapshot, after, CameTo::Refusal(why))
    }

    fn new(place: Place, snapshot: &Snapshot, elapsed: Duration, came_to: CameTo) -> Self {
        let Place { trace_id, parent, kept } = place;
        let id = SpanId::random();
        Self { trace_id, id, parent, kept, phase: snapshot.phase(), end: now(), elapsed, came_to }
    }
}

impl Became {
    fn of(outcome: &Outcome, codes: bool) -> Self {
        Self {
            status: outcome.status,
            source: outcome.source,
            calls_for: outcome.calls_for,
            reason: outcome.reason.as_ref().map(Reason::kind),
            is_failure: outcome.is_failure(),
            end: outcome.call_end(),
            said: outcome.opinion.as_ref().map(|opinion| Said {
                severity: opinion.worst_severity(),
                uncertainty: opinion.uncertainty,
                score: opinion.score,
                violations: opinion.violations.len(),
                codes: if codes { distinct(opinion) } else { Vec::new() },
            }),
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

fn distinct(opinion: &tribunal_core::Opinion) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for violation in &opinion.violations {
        if codes.len() == MAX_CODES {
            break;
        }
        let code = within(&violation.code);
        if codes.iter().all(|known| known != code) {
            codes.push(code.to_owned());
        }
    }
    codes
}
