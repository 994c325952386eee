//! Calls hooks, each contained and within its own time: one that fails changes nothing but a counter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tribunal_core::{
    Answer, Before, Contained, CriticInfo, Hook, HookError, Lease, Opinion, Outcome, TimeoutLevel,
    View, contain, seeded,
};
use tribunal_resilience::{Deadline, Moment};

/// How long a hook may take: what there is of its stage, and for what it waits for, as long as the critic itself.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    pub(crate) stage: Deadline<TimeoutLevel>,
    pub(crate) critic: Duration,
}

/// What came of asking before a critic runs.
pub(crate) struct Told<T> {
    /// The first opinion that a hook had ready, or waited for, and that was accepted.
    pub(crate) opinion: Option<T>,
    /// To be kept until the critic is done.
    pub(crate) leases: Vec<Lease>,
}

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

    /// Asks each hook, until one has an opinion that `accept` takes.
    pub(crate) async fn before<T>(
        &self,
        critic: &CriticInfo,
        view: View<'_>,
        time: Time,
        accept: impl Fn(Opinion) -> Option<T>,
    ) -> Told<T> {
        let mut told = Told { opinion: None, leases: Vec::new() };
        for hook in &self.all {
            let said = self.call(time.stage, self.timeout, || hook.before(critic, view)).await;
            let said = match said.unwrap_or_default() {
                Before::Wait(future) => {
                    let wait = || Answer::Later(future);
                    let longer = seeded!(HookWaitsTooLong);
                    let within = if longer { time.critic.saturating_mul(100) } else { time.critic };
                    self.call(time.stage, within, wait).await.unwrap_or_default().into()
                }
                said => said,
            };
            match said {
                Before::Answer(opinion) => match accept(opinion) {
                    None => self.count(),
                    opinion => {
                        told.opinion = opinion;
                        break;
                    }
                },
                Before::Hold(lease) => told.leases.push(lease),
                Before::Proceed | Before::Wait(_) => {}
            }
        }
        told
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
            let given = self
                .call(stage, self.timeout, || hook.on_failure(critic, view, outcome))
                .await
                .flatten();
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
            self.call(stage, self.timeout, || hook.after(critic, view, outcome)).await;
        }
    }

    /// One call. Also after the stage's deadline a hook is polled once: what it has at hand still counts.
    async fn call<'a, T: Send + Unpin>(
        &self,
        stage: Deadline<TimeoutLevel>,
        timeout: Duration,
        hook: impl FnOnce() -> Answer<'a, Result<T, HookError>>,
    ) -> Option<T> {
        let result = match contain(hook) {
            Ok(Answer::Now(result)) => Ok(result),
            Ok(Answer::Later(future)) => {
                let own = Deadline::after(Moment::now(), timeout, TimeoutLevel::Critic);
                let until = own.within(stage).at();
                match tokio::time::timeout_at(until.instant(), Contained::new(future)).await {
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
