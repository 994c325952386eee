//! The seam to infrastructure: caches, fallbacks, audit.
//!
//! Start at [`Hook`]; what it may say before a critic runs is [`Before`].

use std::fmt;
use std::sync::Arc;

use futures_core::future::BoxFuture;

use crate::{Answer, CriticInfo, Opinion, Outcome, View, contain};

/// Something went wrong in a hook. It changes nothing but a counter.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HookError(pub String);

/// What a hook has to say before a critic runs.
///
/// Most hooks have an opinion or none: `Before::from(an_option)`.
#[derive(Default)]
pub enum Before<'a> {
    /// Nothing: go on.
    #[default]
    Proceed,
    /// An opinion. The critic does not run.
    Answer(Opinion),
    /// Go on, and keep this until the critic is done.
    Hold(Lease),
    /// Someone else may have the answer soon. This is awaited for as long as the critic itself may take, and not
    /// beyond the deadline of the stage or the run; permits are not held meanwhile.
    ///
    /// What has not come by then counts as a failure of the hook: the critic runs, where there is time left.
    Wait(BoxFuture<'a, Result<Waited, HookError>>),
}

/// What came of waiting.
#[derive(Default)]
pub enum Waited {
    /// Nothing: go on.
    #[default]
    Proceed,
    /// An opinion. The critic does not run.
    Answer(Opinion),
    /// Go on, and keep this until the critic is done.
    Hold(Lease),
}

impl From<Option<Opinion>> for Before<'_> {
    fn from(opinion: Option<Opinion>) -> Self {
        opinion.map_or(Self::Proceed, Self::Answer)
    }
}

impl From<Waited> for Before<'_> {
    fn from(waited: Waited) -> Self {
        match waited {
            Waited::Proceed => Self::Proceed,
            Waited::Answer(opinion) => Self::Answer(opinion),
            Waited::Hold(lease) => Self::Hold(lease),
        }
    }
}

/// Something that an engine keeps for a hook while a critic runs.
///
/// It is dropped after the `after` hooks were called; or earlier, when the execution is dropped: because the
/// run is, or because the verdict is settled. So its `Drop` tells a hook that nothing will come any more.
pub struct Lease(Option<Box<dyn Send>>);

impl Lease {
    /// Keeps a guard. A panic when it is dropped stays inside.
    #[must_use = "a lease lasts as long as it is kept"]
    pub fn new(guard: impl Send + 'static) -> Self {
        Self(Some(Box::new(guard)))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let guard = self.0.take();
        let _ = contain(|| drop(guard));
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}

/// Called around the execution of critics.
///
/// Hooks are called in the order they were added, each within its own time limit. A hook that fails,
/// panics or takes too long changes nothing: the run goes on as if it were not there, and counts it.
pub trait Hook: Send + Sync + 'static {
    /// Before a critic runs. An opinion given here, from a cache say, is validated like any other, and the
    /// critic does not run; the first hook that has a valid one wins. An invalid one is passed over.
    fn before<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        let _ = (critic, view);
        Answer::now(Ok(Before::Proceed))
    }

    /// After a critic has its outcome, whatever it is, unless it was gated or skipped.
    fn after<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        let _ = (critic, view, outcome);
        Answer::now(Ok(()))
    }

    /// When a critic whose gate was open gave no opinion. One given here is validated like any other and takes
    /// its place; the report says that it did, and why. The first hook that has a valid one wins.
    fn on_failure<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        let _ = (critic, view, outcome);
        Answer::now(Ok(None))
    }
}

impl<H: Hook + ?Sized> Hook for Arc<H> {
    fn before<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        (**self).before(critic, view)
    }

    fn after<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        (**self).after(critic, view, outcome)
    }

    fn on_failure<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        (**self).on_failure(critic, view, outcome)
    }
}
