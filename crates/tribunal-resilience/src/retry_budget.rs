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
    /// Saved up by first calls, in thousandths, above a second's worth of the floor; below that is debt.
    saved: AtomicU64,
    /// Retries counted against the floor, in thousandths since the epoch: never more than time has brought.
    taken: AtomicU64,
}

/// Why a retry budget makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the share of retries must lie within 0 to 10, in steps of a thousandth")]
pub struct RetryBudgetError;

impl RetryBudget {
    /// `share` retries for each first call (0.1: one for ten), at most `most` of them saved up, and at least
    /// `floor` a second however little the load.
    ///
    /// The floor is a least and not an addition: retries that the share gives count towards it, and what the
    /// floor gives is owed to the share. So a total outage under load sees the share and no more, although the
    /// first retries come at once. A second's worth of the floor is there at once and no more; as much can be owed.
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
            saved: AtomicU64::new(u64::from(floor) * RETRY),
            taken: AtomicU64::new(0),
        })
    }

    /// A first call pays in.
    pub fn deposit(&self) {
        let most = self.floor + self.most;
        let add = |saved: u64| (saved < most).then(|| (saved + self.share).min(most));
        let _ = self.saved.fetch_update(Relaxed, Relaxed, add);
    }

    /// Takes a retry, if there is one.
    #[must_use]
    pub fn withdraw(&self, now: Instant) -> bool {
        let from_saved = |saved: u64| {
            let left = saved.checked_sub(RETRY)?;
            (left >= self.floor).then_some(left)
        };
        let brought = self.brought(now.saturating_duration_since(self.epoch));
        let least = brought.saturating_sub(self.floor);
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
        let given = self.taken.fetch_update(Relaxed, Relaxed, from_floor).is_ok();
        if given {
            let owe = |saved: u64| Some(saved.saturating_sub(RETRY));
            let _ = self.saved.fetch_update(Relaxed, Relaxed, owe);
        }
        given
    }

    /// What the floor has brought by then, in thousandths; it starts with a second's worth.
    fn brought(&self, since: Duration) -> u64 {
        let by_time = u128::from(self.floor) * since.as_millis() / 1_000;
        u64::try_from(by_time).unwrap_or(u64::MAX / 2).saturating_add(self.floor)
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
    async fn the_floor_comes_back_with_time_and_is_not_saved_up() {
        let budget = RetryBudget::new(0.0, 0, 2).unwrap();
        assert_eq!(withdrawn(&budget, 9), 2);
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(withdrawn(&budget, 9), 1);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(withdrawn(&budget, 9), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_floor_there_is_none() {
        let budget = RetryBudget::new(0.0, 0, 0).unwrap();
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(withdrawn(&budget, 9), 0);
    }

    /// I27: in a total outage under load, attempts come to the share although the first retries came at once.
    #[tokio::test(start_paused = true)]
    async fn what_the_floor_gave_is_owed_to_the_share() {
        let budget = RetryBudget::new(0.1, 100, 10).unwrap();
        let mut retries = 0;
        for calls in 1..=2_000 {
            budget.deposit();
            retries += withdrawn(&budget, 2);
            assert!(retries <= calls / 10 + 12, "{retries} of {calls}");
            assert!(calls < 500 || retries * 10 <= calls, "{retries} of {calls}");
            tokio::time::advance(Duration::from_millis(5)).await;
        }
    }

    /// A lull leaves a debt of no more than a second's worth.
    #[tokio::test(start_paused = true)]
    async fn the_debt_is_bounded() {
        let budget = RetryBudget::new(0.1, 100, 10).unwrap();
        for _ in 0..100 {
            withdrawn(&budget, 9);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        (0..200).for_each(|_| budget.deposit());
        withdrawn(&budget, 10);
        assert_eq!(
            withdrawn(&budget, 99),
            0,
            "half of the twenty paid the debt, the others are taken"
        );
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
        assert!((99..=102).contains(&retries), "{retries}");
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
