//! Whether the trace of a run is kept, and why: decided when the run is over, when all is known of it.

use tribunal_core::{Mode, Report, Verdict};

use crate::ids::TraceId;
use crate::parent::TraceParent;
use crate::sampling::Sampling;

/// Why the trace of a run was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kept {
    /// Its verdict is not `allow`.
    Verdict,
    /// A failure was let pass.
    LetPass,
    /// A critic in monitor mode would have called for more.
    WouldHave,
    /// It was refused, or cut off.
    Refused,
    /// Its caller keeps the trace.
    Parent,
    /// It is among the share of all others.
    Share,
}

impl Kept {
    /// A word for machines.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::LetPass => "let_pass",
            Self::WouldHave => "would_have",
            Self::Refused => "refused",
            Self::Parent => "parent",
            Self::Share => "share",
        }
    }

    #[inline]
    pub(crate) fn of(
        report: &Report,
        parent: Option<&TraceParent>,
        trace_id: TraceId,
        sampling: Sampling,
    ) -> Option<Self> {
        if report.verdict != Verdict::Allow {
            return Some(Self::Verdict);
        }
        if !report.let_pass.is_empty() {
            return Some(Self::LetPass);
        }
        match parent {
            Some(parent) if parent.sampled => return Some(Self::Parent),
            // It decided against it.
            Some(_) => {}
            None if sampling.takes(trace_id) => return Some(Self::Share),
            None => {}
        }
        let mut monitored = report.outcomes().filter(|(critic, _)| critic.mode == Mode::Monitor);
        let would_have = monitored.any(|(_, outcome)| outcome.calls_for > Some(Verdict::Allow));
        would_have.then_some(Self::WouldHave)
    }
}
