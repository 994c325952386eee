//! What an observer sees of a run as it happens.

use std::time::Duration;

use crate::words::word_enum;
use crate::{CriticInfo, Outcome, Report, Snapshot, Stage, Verdict};

/// Receives what happens in runs, in the order it happens in each.
///
/// # Contract
///
/// Called on the run's own path: quick, and never blocking. A panic stays where it is, and is counted.
pub trait Observer: Send + Sync + 'static {
    /// Something happened.
    fn on_event(&self, event: RunEvent<'_>);

    /// Which events it needs. Asked once, when it is built into an orchestrator.
    ///
    /// Telling of each critic as it goes along makes every run dearer; who needs only what a report says should say
    /// so. Some engines tell more than what is asked for.
    fn interest(&self) -> Interest {
        Interest::Everything
    }
}

/// Which events an [`Observer`] needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Interest {
    /// All of them.
    #[default]
    Everything,
    /// Runs as a whole: [`RunEvent::RunFinished`] and [`RunEvent::Refused`].
    Runs,
}

word_enum! {
    /// Why a run was refused, or cut off.
    pub enum Refusal ("refusal") {
        /// As many runs were going on, and waiting, as may; or it was known that its time would not do.
        Overloaded = "overloaded",
        /// The orchestrator is shutting down.
        ShutDown = "shut_down",
    }
}

impl<F: Fn(RunEvent<'_>) + Send + Sync + 'static> Observer for F {
    fn on_event(&self, event: RunEvent<'_>) {
        self(event);
    }
}

/// Something that happened in a run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// A run was admitted and begins.
    RunStarted {
        /// The snapshot's own.
        trace_id: Option<&'a str>,
    },
    /// Every critic of the stages before has its outcome.
    StageStarted {
        /// Which.
        stage: Stage,
    },
    /// A call begins; permits are held.
    CriticStarted {
        /// Whose.
        critic: &'a CriticInfo,
        /// Which of its calls, from 1; hedges count.
        attempt: u32,
    },
    /// A call is slow, and a second one begins beside it; its `CriticStarted` follows.
    Hedging {
        /// Whose.
        critic: &'a CriticInfo,
        /// How long the first call has been at work.
        after: Duration,
    },
    /// An attempt failed, and there will be another.
    Retrying {
        /// Whose.
        critic: &'a CriticInfo,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// How long until the next.
        delay: Duration,
    },
    /// A critic has its outcome; also when it was gated or skipped.
    Finished {
        /// Whose.
        critic: &'a CriticInfo,
        /// What became of it. Opinions are private: see rule 20 before you log them.
        outcome: &'a Outcome,
    },
    /// No outcome still to come can change the verdict, and early exit is on.
    VerdictSettled {
        /// To what.
        verdict: Verdict,
    },
    /// The run is over.
    RunFinished {
        /// All of it.
        report: &'a Report,
        /// What was judged. Private: see rule 20 before you log anything of it.
        snapshot: &'a Snapshot,
    },
    /// A run was not admitted, or was cut off at the deadline of a shutdown: its caller has no report.
    Refused {
        /// Why.
        why: Refusal,
        /// How long after the call.
        after: Duration,
        /// What was not judged. Private: see rule 20 before you log anything of it.
        snapshot: &'a Snapshot,
    },
}

impl RunEvent<'_> {
    /// For engines: whether this is what an observer needs that asks for so much.
    #[must_use]
    pub const fn is_of(&self, interest: Interest) -> bool {
        match interest {
            Interest::Everything => true,
            Interest::Runs => matches!(self, Self::RunFinished { .. } | Self::Refused { .. }),
        }
    }
}
