//! A stack of tower's own layers around every critic: retries, three levels of permits, a timeout; and the same
//! with a rate limit, which needs a buffer, since it cannot be cloned.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::retry::Policy;
use tower::{BoxError, Service, ServiceBuilder, ServiceExt};
use tribunal_core::{CriticError, Opinion, Snapshot};

use super::Bench;
use super::plain::gather;
use crate::contender::Contender;
use crate::noop::{Check, Said};
use crate::ours::ROOM;

/// Three attempts for what says that it may pass.
#[derive(Clone)]
struct Attempts(u32);

impl Policy<Snapshot, Opinion, BoxError> for Attempts {
    type Future = Ready<()>;

    fn retry(
        &mut self,
        _: &mut Snapshot,
        result: &mut Result<Opinion, BoxError>,
    ) -> Option<Ready<()>> {
        let error = result.as_ref().err()?.downcast_ref::<CriticError>()?;
        self.0 = self.0.checked_sub(1)?;
        matches!(error, CriticError::Transient { .. }).then(|| ready(()))
    }

    fn clone_request(&mut self, snapshot: &Snapshot) -> Option<Snapshot> {
        Some(snapshot.clone())
    }
}

fn service(
    check: Arc<dyn Check>,
) -> impl Service<Snapshot, Response = Opinion, Error = CriticError, Future = BoxFuture<'static, Said>>
+ Clone
+ Send
+ Sync {
    tower::service_fn(move |snapshot: Snapshot| check.check_owned(snapshot))
}

fn limit(permits: &Arc<Semaphore>) -> GlobalConcurrencyLimitLayer {
    GlobalConcurrencyLimitLayer::with_semaphore(Arc::clone(permits))
}

fn semaphore() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(ROOM))
}

/// Without a rate limit.
#[must_use]
pub fn tower(bench: &Bench) -> Contender {
    let global = semaphore();
    let stage_permits = [semaphore(), semaphore(), semaphore()];
    let stages = bench.shape.arrange(bench.count, |stage| {
        ServiceBuilder::new()
            .retry(Attempts(2))
            .layer(limit(&semaphore()))
            .layer(limit(stage_permits.get(stage).unwrap_or(&global)))
            .layer(limit(&global))
            .timeout(Duration::from_secs(2))
            .service(service(Arc::clone(&bench.check)))
    });
    run("tower", bench, stages)
}

/// With a rate limit, and the buffer that it needs. To be called inside a runtime, which gets a task for every critic.
#[must_use]
pub fn tower_with_rate_limit(bench: &Bench) -> Contender {
    let global = semaphore();
    let stage_permits = [semaphore(), semaphore(), semaphore()];
    let stages = bench.shape.arrange(bench.count, |stage| {
        ServiceBuilder::new()
            .retry(Attempts(2))
            .layer(limit(&semaphore()))
            .layer(limit(stage_permits.get(stage).unwrap_or(&global)))
            .layer(limit(&global))
            .buffer(1_024)
            .rate_limit(u64::MAX, Duration::from_secs(1))
            .timeout(Duration::from_secs(2))
            .service(service(Arc::clone(&bench.check)))
    });
    run("tower, buffer and rate limit", bench, stages)
}

/// One call of each service, stage by stage. Stacks are cloned for a call, as services that take many calls at a
/// time must be.
pub(super) fn run<S, E>(name: &'static str, bench: &Bench, stages: Vec<Vec<S>>) -> Contender
where
    S: Service<Snapshot, Response = Opinion, Error = E> + Clone + Send + Sync + 'static,
    E: ToString + 'static,
{
    let bench = bench.clone();
    Contender::new(name, async move || {
        timeout(Duration::from_secs(10), async {
            let mut said: Vec<Said> = Vec::new();
            for (index, stage) in stages.iter().enumerate() {
                if Bench::goes_on(bench.shape, index, &said) {
                    let all = stage.iter().map(|service| async {
                        let answer = service.clone().oneshot(bench.snapshot.clone()).await;
                        answer.map_err(CriticError::permanent)
                    });
                    let all = timeout(Duration::from_secs(5), join_all(all)).await;
                    gather(&mut said, all.unwrap_or_default());
                }
            }
            said
        })
        .await
    })
}
