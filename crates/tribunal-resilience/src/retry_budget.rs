//! How many calls may be repeated, over all callers: so many for each hundred first calls, and a few besides.
//!
//! Without it, everything fails at once and everyone comes back twice: load rises just when it should fall.

#[cfg(test)]
#[cfg(loom)]
mod model;

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use thiserror::Error;
use tokio::time::Instant;

use crate::sync::AtomicU64;

/// A thousandth of a retry, so that a share of one call is a whole number.
const RETRY: u64 = 1_000;

/// A budget of retries that first calls pay into.
#[derive(Debug)]
pub struct RetryBudget {
    epoch: Instant,
    share: u64,
    floor: u64,
    most: u64,
    /// Saved up by first calls, in thousandths.
    saved: AtomicU64,
    /// Retries counted against the floor, in thousandths since the epoch: never more than time has brought.
    taken: AtomicU64,
}

/// Why a retry budget makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the share of retries must lie within 0 to 10, in steps of a thousandth")]
pub struct RetryBudgetError;

impl RetryBudget {
    /// The part of a second of which the floor may be saved up.
    const FLOOR_PART: u64 = 10;

    /// `share` retries for each first call (0.1: one for ten), at most `most` of them saved up, and at least
    /// `floor` a second however little the load.
    ///
    /// The floor is a least and not an addition: retries that the share gives count towards it. It comes in
    /// with time, from nothing at the start, and what is not used is gone: at most a tenth of a second's worth,
    /// or one retry if that is more, is there at once. With a whole second's worth, a total outage would see more
    /// retries than the share allows just when it begins, and again after each lull.
    ///
    /// # Errors
    ///
    /// [`RetryBudgetError`] for a share that is negative, not finite or above 10.
    pub fn new(share: f64, most: u32, floor: u32) -> Result<Self, RetryBudgetError> {
        if !(0.0..=10.0).contains(&share) {
            return Err(RetryBudgetError);
        }
        Ok(Self {
            epoch: Instant::now(),
            // In range, so the cast only drops what is less than a thousandth.
            share: (share * RETRY as f64).round() as u64,
            floor: u64::from(floor) * RETRY,
            most: u64::from(most) * RETRY,
            saved: AtomicU64::new(0),
            taken: AtomicU64::new(0),
        })
    }

    /// A first call pays in.
    pub fn deposit(&self) {
        let add = |saved: u64| (saved < self.most).then(|| (saved + self.share).min(self.most));
        let _ = self.saved.fetch_update(Relaxed, Relaxed, add);
    }

    /// Takes a retry, if there is one.
    #[must_use]
    pub fn withdraw(&self, now: Instant) -> bool {
        let from_saved = |saved: u64| saved.checked_sub(RETRY);
        let brought = self.brought(now.saturating_duration_since(self.epoch));
        let least = brought.saturating_sub(self.burst());
        if self.saved.fetch_update(Relaxed, Relaxed, from_saved).is_ok() {
            // The floor is a least and not an addition: what the share gives counts towards it.
            let also = |taken: u64| Some((taken.max(least) + RETRY).min(brought));
            let _ = self.taken.fetch_update(Relaxed, Relaxed, also);
            return true;
        }
        let from_floor = |taken: u64| {
            // What was not taken in time is gone.
            let next = taken.max(least) + RETRY;
            (next <= brought).then_some(next)
        };
        self.taken.fetch_update(Relaxed, Relaxed, from_floor).is_ok()
    }

    /// What the floor has brought by then, in thousandths.
    fn brought(&self, since: Duration) -> u64 {
        let by_time = u128::from(self.floor) * since.as_millis() / 1_000;
        u64::try_from(by_time).unwrap_or(u64::MAX / 2)
    }

    /// How much of the floor may be there at once, in thousandths.
    const fn burst(&self) -> u64 {
        let part = self.floor / Self::FLOOR_PART;
        if part < RETRY { RETRY } else { part }
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    fn withdrawn(budget: &RetryBudget, tries: usize) -> usize {
        (0..tries).filter(|_| budget.withdraw(Instant::now())).count()
    }

    /// I27: in a total outage, retries are at most the share of first calls, and the floor.
    #[tokio::test(start_paused = true)]
    async fn retries_are_a_share_of_first_calls() {
        let budget = RetryBudget::new(0.1, 1_000, 0).unwrap();
        let mut retries = 0;
        for _ in 0..1_000 {
            budget.deposit();
            retries += withdrawn(&budget, 3);
        }
        assert_eq!(retries, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn the_floor_comes_with_time_and_is_not_saved_up() {
        for (floor, burst) in [(2_u32, 1), (50, 5)] {
            let budget = RetryBudget::new(0.0, 0, floor).unwrap();
            assert_eq!(withdrawn(&budget, 99), 0, "nothing at the start");
            tokio::time::advance(Duration::from_secs(1) / floor).await;
            assert_eq!(withdrawn(&budget, 99), 1);
            tokio::time::advance(Duration::from_secs(3_600)).await;
            assert_eq!(withdrawn(&budget, 99), burst);
            let mut retries = 0;
            for _ in 0..100 {
                tokio::time::advance(Duration::from_millis(100)).await;
                retries += withdrawn(&budget, 99);
            }
            assert_eq!(retries, 10 * floor as usize, "all of it, for those who ask in time");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_floor_there_is_none() {
        let budget = RetryBudget::new(0.0, 0, 0).unwrap();
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(withdrawn(&budget, 9), 0);
    }

    /// I27: in a total outage, at any load above ten times the floor, attempts are at most 1.1 a request,
    /// from the first request on.
    #[tokio::test(start_paused = true)]
    async fn an_outage_starts_with_no_more_than_the_share() {
        let budget = RetryBudget::new(0.1, 100, 10).unwrap();
        let mut retries = 0;
        for calls in 1..=2_000 {
            budget.deposit();
            retries += withdrawn(&budget, 2);
            assert!(retries * 10 <= calls, "{retries} of {calls}");
            tokio::time::advance(Duration::from_millis(5)).await;
        }
    }

    /// I27: the floor is a least and not an addition.
    #[tokio::test(start_paused = true)]
    async fn what_the_share_gives_counts_towards_the_floor() {
        let budget = RetryBudget::new(0.1, 1_000, 2).unwrap();
        let mut retries = 0;
        for _ in 0..100 {
            // Ten first calls and one retry of the share in each tenth of a second: more than the floor.
            (0..10).for_each(|_| budget.deposit());
            retries += withdrawn(&budget, 9);
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        assert!((99..=100).contains(&retries), "{retries}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_most_is_saved_up() {
        let budget = RetryBudget::new(1.0, 5, 0).unwrap();
        (0..100).for_each(|_| budget.deposit());
        assert_eq!(withdrawn(&budget, 100), 5);
    }

    #[test]
    fn a_share_that_makes_no_sense_is_refused() {
        for share in [-0.1, 10.1, f64::NAN, f64::INFINITY] {
            assert!(RetryBudget::new(share, 1, 1).is_err());
        }
    }
}
