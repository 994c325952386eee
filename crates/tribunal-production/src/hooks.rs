//! Calls hooks, each contained and within its own time: one that fails changes nothing but a counter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;
use tribunal_core::{
    Answer, Contained, CriticInfo, Hook, HookError, Opinion, Outcome, TimeoutLevel, View, contain,
};
use tribunal_resilience::Deadline;

pub(crate) struct Hooks {
    all: Vec<Arc<dyn Hook>>,
    timeout: Duration,
    failures: AtomicU64,
}

impl Hooks {
    pub(crate) fn new(all: Vec<Arc<dyn Hook>>, timeout: Duration) -> Self {
        Self { all, timeout, failures: AtomicU64::new(0) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }

    /// The first opinion that a hook has ready and that `accept` takes.
    pub(crate) async fn before<T>(
        &self,
        critic: &CriticInfo,
        view: View<'_>,
        stage: Deadline<TimeoutLevel>,
        accept: impl Fn(Opinion) -> Option<T>,
    ) -> Option<T> {
        for hook in &self.all {
            let given = self.call(stage, || hook.before(critic, view)).await.flatten();
            if let Some(opinion) = given {
                match accept(opinion) {
                    Some(opinion) => return Some(opinion),
                    None => self.count(),
                }
            }
        }
        None
    }

    /// The first opinion with which a hook replaces a failure and that `accept` takes.
    pub(crate) async fn on_failure<T>(
        &self,
        critic: &CriticInfo,
        view: View<'_>,
        outcome: &Outcome,
        stage: Deadline<TimeoutLevel>,
        accept: impl Fn(Opinion) -> Option<T>,
    ) -> Option<T> {
        for hook in &self.all {
            let given = self.call(stage, || hook.on_failure(critic, view, outcome)).await.flatten();
            if let Some(opinion) = given {
                match accept(opinion) {
                    Some(opinion) => return Some(opinion),
                    None => self.count(),
                }
            }
        }
        None
    }

    pub(crate) async fn after(
        &self,
        critic: &CriticInfo,
        view: View<'_>,
        outcome: &Outcome,
        stage: Deadline<TimeoutLevel>,
    ) {
        for hook in &self.all {
            self.call(stage, || hook.after(critic, view, outcome)).await;
        }
    }

    /// One call. Also after the stage's deadline a hook is polled once: what it has at hand still counts.
    async fn call<'a, T: Send + Unpin>(
        &self,
        stage: Deadline<TimeoutLevel>,
        hook: impl FnOnce() -> Answer<'a, Result<T, HookError>>,
    ) -> Option<T> {
        let result = match contain(hook) {
            Ok(Answer::Now(result)) => Ok(result),
            Ok(Answer::Later(future)) => {
                let own = Deadline::after(Instant::now(), self.timeout, TimeoutLevel::Critic);
                let until = own.within(stage).at();
                match tokio::time::timeout_at(until, Contained::new(future)).await {
                    Ok(Ok(result)) => Ok(result),
                    Ok(Err(_)) | Err(_) => Err(()),
                }
            }
            Err(_) => Err(()),
        };
        if let Ok(Ok(given)) = result {
            Some(given)
        } else {
            self.count();
            None
        }
    }

    fn count(&self) {
        self.failures.fetch_add(1, Relaxed);
    }
}
