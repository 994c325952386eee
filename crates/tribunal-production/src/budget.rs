//! What a run may cost, and what of that is still free.
//!
//! A critic reserves its cost before it starts. Within a stage reservations are made in plan order, at what
//! the specs say; between stages what was reserved gives way to what was spent. So what fits never depends
//! on timing. Monitored critics fit into what is left and take nothing away from the others.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tribunal_core::Mode;

use crate::run::Spent;

/// Sums of decimal costs are off by less than this.
const ROUNDING: f64 = 1e-9;

/// The money of one run.
pub(crate) struct Budget {
    /// `None` when it may cost anything; nothing is counted then.
    most: Option<f64>,
    /// Spent by earlier stages and reserved in this one, as bits of a float.
    taken: AtomicU64,
    /// The same of monitored critics.
    watched: AtomicU64,
}

impl Budget {
    pub(crate) const fn new(most: Option<f64>) -> Self {
        Self { most, taken: AtomicU64::new(0), watched: AtomicU64::new(0) }
    }

    /// Reserves the cost of one call, if it fits.
    pub(crate) fn reserve(&self, cost: f64, mode: Mode) -> bool {
        let Some(most) = self.most else { return true };
        if cost <= 0.0 {
            return true;
        }
        let taken = read(&self.taken);
        let (sum, before) = match mode {
            Mode::Enforce => (&self.taken, taken),
            Mode::Monitor => (&self.watched, read(&self.watched)),
        };
        let others = if mode == Mode::Monitor { taken } else { 0.0 };
        let fits = others + before + cost <= most + ROUNDING;
        if fits {
            // One run is polled by one task at a time: nobody reserves in between.
            sum.store((before + cost).to_bits(), Relaxed);
        }
        fits
    }

    /// Gives back what was reserved for a call that is not made after all.
    pub(crate) fn give_back(&self, cost: f64, mode: Mode) {
        if self.most.is_none() || cost <= 0.0 {
            return;
        }
        let sum = match mode {
            Mode::Enforce => &self.taken,
            Mode::Monitor => &self.watched,
        };
        sum.store((read(sum) - cost).max(0.0).to_bits(), Relaxed);
    }

    /// A stage is over: what its critics reserved gives way to what all have spent so far.
    pub(crate) fn settle(&self, spent: Spent) {
        if self.most.is_some() {
            self.taken.store(spent.enforced.to_bits(), Relaxed);
            self.watched.store(spent.monitored.to_bits(), Relaxed);
        }
    }
}

fn read(sum: &AtomicU64) -> f64 {
    f64::from_bits(sum.load(Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_exactly_fits_although_floats_round() {
        let budget = Budget::new(Some(0.3));
        assert!((0..3).all(|_| budget.reserve(0.1, Mode::Enforce)));
        assert!(!budget.reserve(0.001, Mode::Enforce));
        assert!(budget.reserve(0.0, Mode::Enforce));
    }

    /// Rule 19: what is monitored takes nothing away.
    #[test]
    fn monitored_costs_fit_into_what_is_left_and_take_nothing_away() {
        let budget = Budget::new(Some(1.0));
        assert!(budget.reserve(0.9, Mode::Monitor));
        assert!(budget.reserve(0.6, Mode::Enforce));
        assert!(!budget.reserve(0.1, Mode::Monitor));
        assert!(budget.reserve(0.4, Mode::Enforce));
    }

    /// Rule 17: what a call that is not made had reserved is there for others, and no more than that.
    #[test]
    fn what_is_given_back_can_be_reserved_again() {
        for mode in [Mode::Enforce, Mode::Monitor] {
            let budget = Budget::new(Some(1.0));
            assert!(budget.reserve(0.25, mode) && budget.reserve(0.75, mode));
            budget.give_back(0.75, mode);
            assert!(!budget.reserve(0.8, mode), "{mode}");
            assert!(budget.reserve(0.7, mode), "{mode}");
            budget.give_back(0.0, mode);
            assert!(!budget.reserve(0.1, mode), "{mode}");
        }
        // Where nothing is counted there is nothing to give back.
        let unbounded = Budget::new(None);
        unbounded.taken.store(2.0_f64.to_bits(), Relaxed);
        unbounded.give_back(1.0, Mode::Enforce);
        assert_eq!(read(&unbounded.taken), 2.0);
    }

    #[test]
    fn between_stages_what_was_spent_counts() {
        let budget = Budget::new(Some(1.0));
        assert!(budget.reserve(0.9, Mode::Enforce));
        budget.settle(Spent { enforced: 0.2, monitored: 0.0 });
        assert!(budget.reserve(0.8, Mode::Enforce));
        assert!(!Budget::new(Some(0.0)).reserve(0.1, Mode::Enforce));
        assert!(Budget::new(None).reserve(1e300, Mode::Enforce));
    }
}
