//! Hooks that do what their script says.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tribunal_core::{Answer, Before, CriticInfo, Hook, HookError, Opinion, Outcome, View};

use crate::Step;

/// What a hook does when it is called.
#[derive(Debug, Clone)]
pub struct HookStep(Option<Step>);

impl HookStep {
    /// Has nothing to say.
    #[must_use]
    pub const fn nothing() -> Self {
        Self(None)
    }

    /// Gives an opinion; `after` hooks only take note.
    #[must_use]
    pub const fn gives(opinion: Opinion) -> Self {
        Self(Some(Step::says(opinion)))
    }

    /// Fails.
    #[must_use]
    pub fn fails() -> Self {
        Self(Some(Step::permanent()))
    }

    /// Panics in the call itself.
    #[must_use]
    pub const fn panics() -> Self {
        Self(Some(Step::panics()))
    }

    /// Panics in its second poll.
    #[must_use]
    pub const fn panics_later() -> Self {
        Self(Some(Step::panics().pends(1)))
    }

    /// Never answers.
    #[must_use]
    pub const fn hangs() -> Self {
        Self(Some(Step::hangs()))
    }

    /// Takes this much virtual time for what it does. Nothing takes no time.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self(self.0.map(|step| step.after(delay)))
    }

    /// Blocks its thread for this much virtual time, as [`Step::blocks`] does. Nothing takes no time.
    #[must_use]
    pub fn blocks(self, time: Duration) -> Self {
        Self(self.0.map(|step| step.blocks(time)))
    }
}

/// A hook that does what it was told for each of its three places, and nothing where it was told nothing.
/// A clone is the same hook: keep one to ask for its calls.
#[derive(Debug, Clone, Default)]
pub struct HookScript {
    only: Option<String>,
    before: Option<Step>,
    after: Option<Step>,
    on_failure: Option<Step>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl HookScript {
    /// One that does nothing but record its calls.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps to the critic of this name; of the others it records the calls, and no more.
    #[must_use]
    pub fn only(mut self, critic: &str) -> Self {
        self.only = Some(critic.to_owned());
        self
    }

    /// What it does before a critic runs.
    #[must_use]
    pub fn before(mut self, step: HookStep) -> Self {
        self.before = step.0;
        self
    }

    /// What it does after a critic has its outcome.
    #[must_use]
    pub fn after(mut self, step: HookStep) -> Self {
        self.after = step.0;
        self
    }

    /// What it does when a critic gave no opinion.
    #[must_use]
    pub fn on_failure(mut self, step: HookStep) -> Self {
        self.on_failure = step.0;
        self
    }

    /// Its calls in order: `before a`, `on_failure a timeout`, `after a success`.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn play<'a>(
        &'a self,
        step: Option<&'a Step>,
        critic: &CriticInfo,
        call: String,
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        let meant = self.only.as_ref().is_none_or(|only| critic.name == only.as_str());
        let Some(step) = step.filter(|_| meant) else {
            return Answer::now(Ok(None));
        };
        let end = |step: &Step| step.end().map(Some).map_err(|error| HookError(error.to_string()));
        if step.is_immediate() {
            return Answer::now(end(step));
        }
        Answer::later(async move {
            step.wait().await;
            end(step)
        })
    }
}

impl Hook for HookScript {
    fn before<'a>(
        &'a self,
        critic: &'a CriticInfo,
        _: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        match self.play(self.before.as_ref(), critic, format!("before {}", critic.name)) {
            Answer::Now(answered) => Answer::Now(answered.map(Before::from)),
            Answer::Later(future) => Answer::later(async move { future.await.map(Before::from) }),
        }
    }

    fn after<'a>(
        &'a self,
        critic: &'a CriticInfo,
        _: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        let call = format!("after {} {}", critic.name, outcome.status);
        match self.play(self.after.as_ref(), critic, call) {
            Answer::Now(answered) => Answer::Now(answered.map(drop)),
            Answer::Later(future) => Answer::later(async move { future.await.map(drop) }),
        }
    }

    fn on_failure<'a>(
        &'a self,
        critic: &'a CriticInfo,
        _: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        let call = format!("on_failure {} {}", critic.name, outcome.status);
        self.play(self.on_failure.as_ref(), critic, call)
    }
}
