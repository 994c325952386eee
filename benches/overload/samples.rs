//! Durations and their quantiles, in bounded memory.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Durations that were seen. Beyond [`Samples::MOST`], a random choice of that many, so that a scenario that
/// refuses millions of requests needs no more memory than one that refuses thousands.
#[derive(Debug)]
pub(crate) struct Samples {
    kept: Vec<Duration>,
    seen: usize,
    rng: StdRng,
}

impl Samples {
    const MOST: usize = 100_000;

    pub(crate) fn new() -> Self {
        Self { kept: Vec::new(), seen: 0, rng: StdRng::seed_from_u64(11) }
    }

    pub(crate) fn add(&mut self, duration: Duration) {
        self.seen += 1;
        if self.kept.len() < Self::MOST {
            self.kept.push(duration);
            return;
        }
        // Reservoir sampling: each of those seen is kept with the same probability.
        let place = self.rng.random_range(0..self.seen);
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = duration;
        }
    }

    pub(crate) fn seen(&self) -> usize {
        self.seen
    }

    /// The smallest duration that at least this share does not exceed, in milliseconds. `None` without samples.
    pub(crate) fn quantile_ms(&self, share: f64) -> Option<f64> {
        let last = self.kept.len().checked_sub(1)?;
        let rank = (share * self.kept.len() as f64).ceil() as usize;
        let mut kept = self.kept.clone();
        let (_, at, _) = kept.select_nth_unstable(rank.saturating_sub(1).min(last));
        Some(at.as_secs_f64() * 1e3)
    }

    pub(crate) fn p99_ms(&self) -> Option<f64> {
        self.quantile_ms(0.99)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_sample_at_its_rank() {
        let mut samples = Samples::new();
        assert_eq!(samples.p99_ms(), None);
        for ms in (1..=200).rev() {
            samples.add(Duration::from_millis(ms));
        }
        assert_eq!(samples.p99_ms(), Some(198.0));
        assert_eq!(samples.quantile_ms(0.0), Some(1.0));
        assert_eq!(samples.quantile_ms(1.0), Some(200.0));
    }

    #[test]
    fn what_is_kept_is_bounded_and_a_fair_choice() {
        let mut samples = Samples::new();
        let all = 4 * Samples::MOST;
        for ms in 0..all {
            samples.add(Duration::from_millis(ms as u64));
        }
        assert_eq!((samples.kept.len(), samples.seen()), (Samples::MOST, all));
        let median = samples.quantile_ms(0.5).unwrap() / all as f64;
        assert!((0.49..0.51).contains(&median), "{median}");
    }
}
