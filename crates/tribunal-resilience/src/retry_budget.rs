//! How many calls may be repeated, over all callers: so many for each hundred first calls, and a few besides.
//!
//! Without it, everything fails at once and everyone comes back twice: load rises just when it should fall.

#[cfg(test)]
#[cfg(loom)]
mod model;

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::Moment;
use thiserror::Error;

use crate::sync::AtomicU64;

/// A thousandth of a retry, so that a share of one call is a whole number.
const RETRY: u64 = 1_000;

/// More than anybody ever takes, with room for sums: what the largest floor has brought after 50 days.
const FAR: u64 = u64::MAX / 2;

/// A budget of retries that first calls pay into.
#[derive(Debug)]
pub struct RetryBudget {
    epoch: Moment,
    share: u64,
    floor: u64,
    most: u64,
    /// Saved up by first calls, in thousandths, over what may be owed: less than that is a debt to the floor.
    saved: AtomicU64,
    /// Retries counted against the floor, in thousandths since the epoch: never more than time has brought.
    taken: AtomicU64,
}

/// Why a retry budget makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the share of retries must lie within 0 to 10, in steps of a thousandth")]
pub struct RetryBudgetError;

impl RetryBudget {
    /// How much of the floor may be saved up, and owed: this many seconds of it.
    const FLOOR_SECONDS: u64 = 1;

    /// `share` retries for each first call (0.1: one for ten), at most `most` of them saved up, and at least
    /// `floor` a second however little the load.
    ///
    /// The floor is a least and not an addition, both ways round. Retries that the share gives count towards it.
    /// And what the floor gives, first calls pay back before they save anything up: at most a second's worth, so
    /// that a long time of little load is no burden on the share later. A second's worth of the floor is there at
    /// the start and after a lull, or the first call of all could not be repeated; since it is paid back, an outage
    /// of more calls than it covers sees no more retries than the share.
    ///
    /// # Errors
    ///
    /// [`RetryBudgetError`] for a share that is negative, not finite or above 10.
    pub fn new(share: f64, most: u32, floor: u32) -> Result<Self, RetryBudgetError> {
        if !(0.0..=10.0).contains(&share) {
            return Err(RetryBudgetError);
        }
        Ok(Self {
            epoch: Moment::now(),
            // In range, so the cast only drops what is less than a thousandth.
            share: (share * RETRY as f64).round() as u64,
            floor: u64::from(floor) * RETRY,
            most: u64::from(most) * RETRY,
            saved: AtomicU64::new(u64::from(floor) * RETRY * Self::FLOOR_SECONDS),
            taken: AtomicU64::new(0),
        })
    }

    /// A first call pays in.
    pub fn deposit(&self) {
        self.deposit_for(1);
    }

    /// So many first calls pay in.
    pub fn deposit_for(&self, calls: u32) {
        let most = self.start().saturating_add(self.most);
        let paid = self.share.saturating_mul(u64::from(calls));
        let add = |saved: u64| (saved < most).then(|| saved.saturating_add(paid).min(most));
        let _ = self.saved.fetch_update(Relaxed, Relaxed, add);
    }

    /// Takes a retry, if there is one.
    #[must_use]
    pub fn withdraw(&self, now: Moment) -> bool {
        let start = self.start();
        let from_saved = |saved: u64| saved.checked_sub(RETRY).filter(|left| *left >= start);
        let brought = self.brought(now.since(self.epoch));
        let least = brought.saturating_sub(start);
        if self.saved.fetch_update(Relaxed, Relaxed, from_saved).is_ok() {
            // What the share gives counts towards the floor.
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
            // What the floor gives is owed by the share.
            let owe = |saved: u64| Some(saved.saturating_sub(RETRY));
            let _ = self.saved.fetch_update(Relaxed, Relaxed, owe);
        }
        given
    }

    /// How many could be taken now, one after the other.
    #[must_use]
    pub fn left(&self, now: Moment) -> u64 {
        let start = self.start();
        let by_share = self.saved.load(Relaxed).saturating_sub(start) / RETRY;
        let brought = self.brought(now.since(self.epoch));
        let taken = self.taken.load(Relaxed).max(brought.saturating_sub(start));
        // What the share gives counts towards the floor.
        let taken = taken.saturating_add(by_share.saturating_mul(RETRY));
        by_share + brought.saturating_sub(taken) / RETRY
    }

    /// Gives back a retry that was taken and not made.
    pub fn put_back(&self) {
        let most = self.start().saturating_add(self.most);
        let add = |saved: u64| Some(saved.saturating_add(RETRY).min(most.max(saved)));
        let _ = self.saved.fetch_update(Relaxed, Relaxed, add);
    }

    /// What the floor has brought at the start, and the most that may be owed to it.
    const fn start(&self) -> u64 {
        self.floor.saturating_mul(Self::FLOOR_SECONDS)
    }

    /// What the floor has brought by then, in thousandths; it starts with a second's worth.
    fn brought(&self, since: Duration) -> u64 {
        let by_time = u128::from(self.floor) * since.as_millis() / 1_000;
        u64::try_from(by_time).unwrap_or(FAR).saturating_add(self.start())
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    fn withdrawn(budget: &RetryBudget, tries: usize) -> usize {
        (0..tries).filter(|_| budget.withdraw(Moment::now())).count()
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
    async fn what_is_left_is_what_can_be_taken() {
        for (share, most, floor) in [(0.1, 5, 0), (0.5, 3, 2), (0.0, 0, 3), (1.0, 10, 1)] {
            let budget = RetryBudget::new(share, most, floor).unwrap();
            for step in 0_u64..40 {
                (0..step % 7).for_each(|_| budget.deposit());
                tokio::time::advance(Duration::from_millis(step * 13 % 400)).await;
                let left = budget.left(Moment::now());
                if step % 3 == 0 {
                    assert_eq!(withdrawn(&budget, 99) as u64, left, "{share} {floor} {step}");
                }
            }
        }
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
        assert_eq!(retries, 100);
    }

    /// I27: the first retry of all counts, too.
    #[tokio::test(start_paused = true)]
    async fn what_the_share_gives_at_once_is_not_given_by_the_floor_again() {
        let budget = RetryBudget::new(1.0, 10, 1).unwrap();
        budget.deposit();
        assert_eq!(withdrawn(&budget, 9), 1);
    }

    /// I27: in a total outage retries are the share or the floor, whichever is more, and never their sum.
    #[tokio::test(start_paused = true)]
    async fn what_the_floor_gives_is_paid_back() {
        let budget = RetryBudget::new(0.1, 100, 10).unwrap();
        let mut retries = 0;
        for calls in 1..=2_000 {
            budget.deposit();
            retries += withdrawn(&budget, 2);
            // 200 calls a second: a second's worth at the start and one for each 20 calls, or one for each 10.
            assert!(retries <= (10 + (calls - 1) / 20).max(calls / 10), "{retries} of {calls}");
            tokio::time::advance(Duration::from_millis(5)).await;
        }
        assert_eq!(retries, 200);
    }

    /// However long the floor alone was drawn on, no more than a second of it is owed.
    #[tokio::test(start_paused = true)]
    async fn a_long_time_of_little_load_is_no_burden_later() {
        let budget = RetryBudget::new(1.0, 100, 2).unwrap();
        for _ in 0..100 {
            assert_eq!(withdrawn(&budget, 9), 2);
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(withdrawn(&budget, 9), 2);
        (0..5).for_each(|_| budget.deposit());
        assert_eq!(withdrawn(&budget, 9), 3, "two of five were owed");
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
