//! What a careful engineer writes with tokio and governor: three levels of permits, a rate, a breaker, retries,
//! timeouts of critic, stage and run, panics caught, and the opinion looked at before it counts.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tribunal_core::{CriticError, Snapshot};

use super::Bench;
use super::plain::gather;
use crate::contender::Contender;
use crate::noop::{Check, Said};
use crate::ours::ROOM;

struct Guarded {
    check: Arc<dyn Check>,
    permits: Semaphore,
    rate: DefaultDirectRateLimiter,
    /// Failures in a row: the simplest breaker there is. Closed, it costs one load.
    failures: AtomicU32,
}

const ATTEMPTS: u32 = 3;
const FAILURES: u32 = 20;

/// By hand.
#[must_use]
pub fn by_hand(bench: &Bench) -> Contender {
    let every = Duration::from_nanos(1);
    let burst = std::num::NonZeroU32::MAX;
    let quota = Quota::with_period(every).expect("a rate").allow_burst(burst);
    let stages = bench.shape.arrange(bench.count, |_| Guarded {
        check: Arc::clone(&bench.check),
        permits: Semaphore::new(ROOM),
        rate: RateLimiter::direct(quota),
        failures: AtomicU32::new(0),
    });
    let stages: Vec<(Semaphore, Vec<Guarded>)> =
        stages.into_iter().map(|stage| (Semaphore::new(ROOM), stage)).collect();
    let global = Semaphore::new(ROOM);
    let bench = bench.clone();
    Contender::new("by hand: tokio, governor", async move || {
        timeout(Duration::from_secs(10), async {
            let mut said: Vec<Said> = Vec::new();
            for (index, (permits, stage)) in stages.iter().enumerate() {
                if Bench::goes_on(bench.shape, index, &said) {
                    let all =
                        stage.iter().map(|critic| critic.judge(&bench.snapshot, permits, &global));
                    let all = timeout(Duration::from_secs(5), join_all(all)).await;
                    gather(&mut said, all.unwrap_or_default());
                }
            }
            said
        })
        .await
    })
}

impl Guarded {
    async fn judge(&self, snapshot: &Snapshot, stage: &Semaphore, global: &Semaphore) -> Said {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let answer = self.attempt(snapshot, stage, global).await;
            match &answer {
                Err(CriticError::Transient { .. }) if attempt < ATTEMPTS => {
                    sleep(Duration::from_millis(50) * attempt).await;
                }
                _ => return answer,
            }
        }
    }

    async fn attempt(&self, snapshot: &Snapshot, stage: &Semaphore, global: &Semaphore) -> Said {
        if self.failures.load(Relaxed) >= FAILURES {
            return Err(CriticError::permanent("breaker open"));
        }
        if self.rate.check().is_err() {
            return Err(CriticError::transient("rate limited"));
        }
        let _critic = self.permits.acquire().await.map_err(CriticError::permanent)?;
        let _stage = stage.acquire().await.map_err(CriticError::permanent)?;
        let _global = global.acquire().await.map_err(CriticError::permanent)?;
        let check = AssertUnwindSafe(self.check.check(snapshot)).catch_unwind();
        let answer = match timeout(Duration::from_secs(2), check).await {
            Err(_) => Err(CriticError::transient("timeout")),
            Ok(Err(_)) => Err(CriticError::permanent("panicked")),
            Ok(Ok(answer)) => answer,
        };
        match &answer {
            Ok(_) if self.failures.load(Relaxed) == 0 => {}
            Ok(_) => self.failures.store(0, Relaxed),
            Err(_) => {
                self.failures.fetch_add(1, Relaxed);
            }
        }
        let opinion = answer?;
        match opinion.score {
            Some(score) if (0.0..=1.0).contains(&score) && opinion.faults().is_empty() => {
                Ok(opinion)
            }
            _ => Err(CriticError::permanent("invalid")),
        }
    }
}
