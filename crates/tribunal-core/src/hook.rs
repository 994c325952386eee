//! The seam to infrastructure: caches, fallbacks, audit.

use std::sync::Arc;

use crate::{Answer, CriticInfo, Opinion, Outcome, View};

/// Something went wrong in a hook. It changes nothing but a counter.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HookError(pub String);

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
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        let _ = (critic, view);
        Answer::now(Ok(None))
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
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
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
