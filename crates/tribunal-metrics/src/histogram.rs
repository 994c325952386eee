//! How many took how long, in buckets that are fixed.

use std::time::Duration;

/// Up to how long, in nanoseconds, each bucket goes; what took longer is in one more.
///
/// From 10 µs, below which no critic that does anything comes, to 30 s, where most timeouts lie below.
pub(crate) const BOUNDS: [u64; 20] = [
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
    30_000_000_000,
];

/// The same, as Prometheus writes them: in seconds.
pub(crate) const BOUNDS_IN_SECONDS: [&str; BOUNDS.len()] = [
    "0.00001", "0.000025", "0.00005", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
    "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "30",
];

/// How many took how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Histogram {
    buckets: [u64; BOUNDS.len() + 1],
    nanos: u64,
}

impl Histogram {
    #[inline]
    pub(crate) fn record(&mut self, took: Duration) {
        // In words of 64 bits: what took longer than 584 years counts as that.
        let whole = took.as_secs().saturating_mul(1_000_000_000);
        let nanos = whole.saturating_add(u64::from(took.subsec_nanos()));
        // Where nothing has to be waited for, nearly all are in the first.
        let bucket = match nanos <= BOUNDS[0] {
            true => 0,
            false => BOUNDS.partition_point(|bound| *bound < nanos),
        };
        if let Some(count) = self.buckets.get_mut(bucket) {
            *count += 1;
        }
        self.nanos = self.nanos.saturating_add(nanos);
    }

    /// Both together.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.buckets.iter_mut().zip(other.buckets) {
            *sum += more;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
    }

    /// How many in all.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// How long all together took.
    #[must_use]
    pub const fn sum(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    /// How long this share of them took at most, from 0 to 1; nothing where there are none.
    ///
    /// Within a bucket times are taken to lie evenly, as Prometheus does it (`histogram_quantile`); what took longer than
    /// the last bucket goes counts as that.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let wanted = share.clamp(0.0, 1.0) * count as f64;
        let (mut before, mut from) = (0, 0);
        for (upto, inside) in BOUNDS.into_iter().zip(self.buckets) {
            let after = before + inside;
            if inside > 0 && after as f64 >= wanted {
                let within = (wanted - before as f64).max(0.0) / inside as f64;
                let nanos = from as f64 + within * (upto - from) as f64;
                return Some(Duration::from_nanos(upto.min(nanos as u64)));
            }
            (before, from) = (after, upto);
        }
        Some(Duration::from_nanos(from))
    }

    /// Up to how many seconds each bucket goes, and how many took no longer: also those of the buckets before. What took
    /// longer than all of them is in [`Histogram::count`] alone.
    pub fn buckets(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let sums = self.buckets.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        BOUNDS_IN_SECONDS.into_iter().zip(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and whole")]
    fn bounds_rise_and_are_written_as_they_are() {
        assert!(BOUNDS.is_sorted());
        for (bound, written) in BOUNDS.iter().zip(BOUNDS_IN_SECONDS) {
            assert_eq!((written.parse::<f64>().unwrap() * 1e9).round() as u64, *bound);
        }
    }

    #[test]
    fn a_share_of_them_took_no_longer_than_its_quantile() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), None);
        // Twenty between 1 and 2.5 ms, and twenty between 5 and 10.
        for _ in 0..20 {
            histogram.record(Duration::from_millis(2));
            histogram.record(Duration::from_millis(7));
        }
        let micros = |share| histogram.quantile(share).unwrap().as_micros();
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(micros), [1_000, 1_750, 2_500, 7_500, 10_000]);
        for _ in 0..960 {
            histogram.record(Duration::from_secs(3_600));
        }
        assert_eq!(histogram.quantile(0.99), Some(Duration::from_secs(30)));
    }

    #[test]
    fn what_takes_as_long_as_a_bound_is_within_it() {
        let mut histogram = Histogram::default();
        for nanos in [0, 10_000, 10_001, 1_000_000_000, 30_000_000_001, u64::MAX / 4] {
            histogram.record(Duration::from_nanos(nanos));
        }
        let upto = |bound: &str| histogram.buckets().find(|(of, _)| *of == bound).unwrap().1;
        assert_eq!(["0.00001", "0.000025", "0.5", "1", "30"].map(upto), [2, 3, 3, 4, 4]);
        assert_eq!(histogram.count(), 6);
    }
}
