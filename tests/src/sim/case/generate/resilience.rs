//! Breakers, shared rates and budgets made up.

use std::time::Duration;

use tribunal_production::Adaptation;

use super::critic;
use crate::sim::case::{BreakerCase, Case, RetryShare};
use crate::sim::rng::Rng;

/// One that a few failures open, and that is open for a few steps of a run.
fn breaker(rng: &mut Rng) -> BreakerCase {
    BreakerCase {
        failure_rate: rng.pick(&[0.25, 0.5, 1.0]),
        window: rng.pick(&[20, 100, 1_000]),
        min_calls: rng.pick(&[1, 1, 2, 3]),
        slow: rng.percent(30).then(|| (rng.pick(&[2, 5, 12]), rng.pick(&[0.5, 1.0]))),
        open_for: rng.pick(&[3, 10, 10, 500]),
        probes: rng.pick(&[1, 1, 2, 3]),
        half_open_for: rng.pick(&[4, 12, 10_000]),
    }
}

const RETRY_SHARES: [(u64, RetryShare); 7] = [
    (6, RetryShare { share: 100, floor: 10 }),
    (1, RetryShare { share: 0, floor: 0 }),
    (1, RetryShare { share: 0, floor: 2 }),
    (1, RetryShare { share: 250, floor: 0 }),
    (2, RetryShare { share: 500, floor: 0 }),
    (1, RetryShare { share: 500, floor: 1 }),
    (1, RetryShare { share: 1_000, floor: 3 }),
];

const ADAPTATIONS: [Adaptation; 2] =
    [Adaptation::Gradient, Adaptation::Aimd { target: Duration::from_millis(3) }];

impl Case {
    /// Gives it breakers, shared rates and budgets, or not.
    pub(super) fn make_resilient(&mut self, rng: &mut Rng) {
        let breakers = if rng.percent(40) { 60 } else { 0 };
        let rates = if rng.percent(20) { 1 + rng.index(2) } else { 0 };
        self.rates = (0..rates).map(|_| critic::rate(rng)).collect();
        for own in &mut self.critics {
            own.breaker = rng.percent(breakers).then(|| breaker(rng));
            let moves = own.limit.is_some() && rng.percent(30);
            own.adaptive = moves.then(|| rng.pick(&ADAPTATIONS));
            if let Some(limit) = own.limit.as_mut().filter(|_| moves) {
                *limit += rng.index(3);
            }
            own.shares = (0..rates).filter(|_| rng.percent(40)).collect();
        }
        self.retry_share = Some(rng.weighted(&RETRY_SHARES));
        self.max_cost = rng.percent(25).then(|| rng.pick(&[0.0, 0.5, 1.0, 1.25, 2.0, 3.0]));
        if self.max_cost.is_some() && rng.percent(50) {
            // Money is set aside for retries that are not made then.
            self.max_total_retries = rng.below(2) as u32;
        }
    }
}
