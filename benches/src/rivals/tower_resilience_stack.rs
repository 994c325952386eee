//! The layers of the `tower-resilience` crate around every critic: retries, breaker, time limit, rate, bulkhead.
//!
//! One bulkhead a critic: it has none that several services share, so its stages and runs have no limit.

use std::sync::Arc;
use std::time::Duration;

use tower::ServiceBuilder;
use tower_resilience::bulkhead::BulkheadLayer;
use tower_resilience::circuitbreaker::CircuitBreakerLayer;
use tower_resilience::ratelimiter::RateLimiterLayer;
use tower_resilience::retry::RetryLayer;
use tower_resilience::timelimiter::TimeLimiterLayer;
use tribunal_core::Snapshot;

use super::Bench;
use super::tower_stack::run;
use crate::contender::Contender;
use crate::ours::ROOM;

/// With everything that we have and it has too.
#[must_use]
pub fn tower_resilience(bench: &Bench) -> Contender {
    let stages = bench.shape.arrange(bench.count, |_| {
        let check = Arc::clone(&bench.check);
        let retry = RetryLayer::builder()
            .max_attempts(3)
            .exponential_backoff(Duration::from_millis(50))
            .build();
        let breaker = CircuitBreakerLayer::builder()
            .failure_rate_threshold(0.5)
            .sliding_window_size(20)
            .build()
            .expect("a breaker");
        let rate = RateLimiterLayer::builder()
            .limit_for_period(usize::MAX / 2)
            .refresh_period(Duration::from_secs(1))
            .build()
            .expect("a rate");
        let bulkhead =
            BulkheadLayer::builder().max_concurrent_calls(ROOM).build().expect("a bulkhead");
        ServiceBuilder::new()
            .layer(retry)
            .layer(breaker)
            .layer(
                TimeLimiterLayer::builder()
                    .timeout_duration(Duration::from_secs(2))
                    .cancel_running_future(true)
                    .build(),
            )
            .layer(rate)
            .layer(bulkhead)
            .service(tower::service_fn(move |snapshot: Snapshot| check.check_owned(snapshot)))
    });
    run("tower-resilience", bench, stages)
}
