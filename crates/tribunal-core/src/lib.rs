//! The words of Tribunal as types and traits. No runtime, no IO, no file format.
//!
//! A [`Critic`] looks at a [`Snapshot`] and gives an [`Opinion`]; what became of it is its [`Outcome`];
//! outcomes add up to a [`Verdict`], and the [`Report`] holds them all.
//!
//! ```
//! use tribunal_core::{Answer, Critic, Opinion, Review, View, Violation};
//!
//! struct NoEmptyAnswer;
//!
//! impl Critic for NoEmptyAnswer {
//!     fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
//!         let opinion = if view.snapshot().model_response().trim().is_empty() {
//!             Opinion::objection(Violation::new("answer.empty", "the answer is empty", 0.5))
//!         } else {
//!             Opinion::clean()
//!         };
//!         Answer::now(Ok(opinion))
//!     }
//! }
//! ```

/// Whether a deliberate defect is on; never, but under `cfg(seeded_bug)`: see [`seeded::Bug`].
#[cfg(seeded_bug)]
#[doc(hidden)]
#[macro_export]
macro_rules! seeded {
    ($bug:ident) => {
        $crate::seeded::is($crate::seeded::Bug::$bug)
    };
}

/// Whether a deliberate defect is on; never, but under `cfg(seeded_bug)`.
#[cfg(not(seeded_bug))]
#[doc(hidden)]
#[macro_export]
macro_rules! seeded {
    ($bug:ident) => {
        false
    };
}

mod answer;
mod calls;
mod catalogue;
mod condition;
mod critic;
mod event;
mod hook;
mod judge;
mod languages;
mod name;
mod nearest;
mod opinion;
mod origin;
mod outcome;
mod outcomes;
mod parameter;
mod params;
mod phase;
mod pointer;
mod reads;
mod redact;
mod report;
mod returns;
mod risk;
#[cfg(seeded_bug)]
#[doc(hidden)]
pub mod seeded;
mod snapshot;
mod stage;
mod verdict;
mod view;
mod violation;
mod words;

pub use answer::{Answer, Contained, Panicked, contain};
pub use calls::{CallEnd, CallTiming};
pub use catalogue::{Catalogue, CriticKind};
pub use condition::{Condition, ConditionError};
pub use critic::{Critic, CriticError, Review, async_critic, critic_fn};
pub use event::{Interest, Observer, Refusal, RunEvent};
pub use hook::{Before, Hook, HookError, Lease, Waited};
pub use judge::{Cause, Judgement, calls_for};
pub use languages::Languages;
pub use name::{CriticName, NameError};
pub use nearest::nearest;
pub use opinion::{Opinion, OpinionBound, OpinionCheck, OpinionFault};
pub use origin::{BuildId, ConfigHash, Origin};
pub use outcome::{
    Failure, FailureKind, Gated, Outcome, Reason, Skipped, Source, Status, TimeoutLevel,
};
pub use outcomes::Outcomes;
pub use parameter::{MayBeEmpty, ParamShape, Parameter};
pub use params::{FromParam, ParamFault, ParamPath, ParamProblem, ParamStep, Params};
pub use phase::{Phase, Phases};
pub use pointer::{Pointer, PointerError};
pub use reads::{Reads, reading};
pub use redact::{Cut, RedactError, redact_with};
pub use report::{CriticInfo, Report, RunTimings, StageTiming, StageTimings};
pub use returns::{Returns, Shape, returning};
pub use risk::{Risk, RiskLevel, RiskTier};
pub use snapshot::{Snapshot, SnapshotBuilder, SnapshotError, SnapshotLimits};
pub use stage::{Priority, Stage};
pub use verdict::{FailureMode, Mode, Thresholds, Verdict};
pub use view::View;
pub use violation::{Span, Violation};
pub use words::UnknownWord;
