//! Percentiles of a row of numbers of which there may be any number.

/// How many are kept as they are. Of more than that, each has the same chance to be among those that are kept.
const KEPT: usize = 100_000;

/// A row of numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    kept: Vec<f32>,
    count: u64,
    state: u64,
}

impl Series {
    pub(crate) fn add(&mut self, value: f64) {
        self.count += 1;
        #[allow(clippy::cast_possible_truncation, reason = "seven digits are more than are shown")]
        let value = value as f32;
        if self.kept.len() < KEPT {
            return self.kept.push(value);
        }
        // Vitter's algorithm R. Where a number goes follows from how many there were, so that a page is always the same.
        let place = self.random() % self.count;
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        if let Some(kept) = self.kept.get_mut(place) {
            *kept = value;
        }
    }

    /// Splitmix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Whether these are all there were.
    pub(crate) fn is_whole(&self) -> bool {
        self.count <= KEPT as u64
    }

    /// The smallest number that at least so many per cent are not above (nearest rank).
    pub(crate) fn percentiles<const N: usize>(&self, percents: [f64; N]) -> [Option<f64>; N] {
        let mut sorted = self.kept.clone();
        sorted.sort_by(f32::total_cmp);
        percents.map(|percent| {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
            let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
            sorted.get(rank.saturating_sub(1)).map(|value| f64::from(*value))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_nearest_rank() {
        let mut series = Series::default();
        assert_eq!(series.percentiles([50.0]), [None]);
        (1..=100).rev().for_each(|n| series.add(f64::from(n)));
        let found = series.percentiles([0.0, 50.0, 90.0, 99.0, 100.0]);
        assert_eq!(found, [1.0, 50.0, 90.0, 99.0, 100.0].map(Some));
        assert!(series.is_whole());
    }

    #[test]
    fn more_than_are_kept_are_told_from_a_fair_sample() {
        let mut series = Series::default();
        (0..300_000).for_each(|n| series.add(f64::from(n)));
        assert!(!series.is_whole());
        let [median, p90] = series.percentiles([50.0, 90.0]).map(Option::unwrap);
        assert!((148_000.0..152_000.0).contains(&median), "{median}");
        assert!((268_000.0..272_000.0).contains(&p90), "{p90}");
    }
}
