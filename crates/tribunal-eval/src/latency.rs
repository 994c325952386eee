//! How long calls took, in a few kilobytes whatever their number.

use std::time::Duration;

use serde::Serialize;

/// Buckets for each doubling: neighbours lie at most 1 part in 64 apart.
const PER_DOUBLING: usize = 64;
/// Buckets in all: nanoseconds below 64 exactly, then doublings up to 2^52 ns, which is fifty days.
const BUCKETS: usize = PER_DOUBLING * 47;

/// A histogram of durations; percentiles of it are off by less than 1 %.
#[derive(Debug, Clone)]
pub(crate) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
    sum: Duration,
    max: Duration,
}

/// What the calls of a critic took, in milliseconds. `None` where there were none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Took {
    /// Half took no longer.
    pub p50: Option<f64>,
    /// 99 in 100 took no longer.
    pub p99: Option<f64>,
    /// The mean.
    pub mean: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { buckets: vec![0; BUCKETS], count: 0, sum: Duration::ZERO, max: Duration::ZERO }
    }
}

impl Latencies {
    pub(crate) fn add(&mut self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        if let Some(count) = self.buckets.get_mut(bucket(nanos)) {
            *count += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(took);
        self.max = self.max.max(took);
    }

    pub(crate) fn took(&self) -> Took {
        let millis = |duration: Duration| duration.as_secs_f64() * 1e3;
        let mean = self.sum.as_secs_f64() * 1e3 / self.count as f64;
        Took {
            p50: self.percentile(50),
            p99: self.percentile(99),
            mean: (self.count > 0).then_some(mean),
            max: (self.count > 0).then(|| millis(self.max)),
        }
    }

    /// The nearest rank: the smallest that so many percent do not exceed.
    fn percentile(&self, percent: u64) -> Option<f64> {
        let rank = (self.count * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        // Never beyond the longest, which is known exactly.
        let most = self.max.as_secs_f64() * 1e3;
        found.map(|bucket| (middle(bucket) / 1e6).min(most))
    }
}

fn bucket(nanos: u64) -> usize {
    let small = usize::try_from(nanos).ok().filter(|nanos| *nanos < PER_DOUBLING);
    small.unwrap_or_else(|| {
        // It has at least seven bits: the six after the first one tell the bucket.
        let doubling = nanos.ilog2() - 6;
        let within = usize::try_from((nanos >> doubling) & 63).unwrap_or_default();
        ((doubling as usize + 1) * PER_DOUBLING + within).min(BUCKETS - 1)
    })
}

/// The middle of a bucket, in nanoseconds.
fn middle(bucket: usize) -> f64 {
    if bucket < PER_DOUBLING {
        return bucket as f64 + 0.5;
    }
    let width = 2f64.powi(i32::try_from(bucket / PER_DOUBLING - 1).unwrap_or(i32::MAX));
    ((PER_DOUBLING + bucket % PER_DOUBLING) as f64 + 0.5) * width
}

#[cfg(test)]
mod tests {
    use super::*;

    fn took(micros: impl IntoIterator<Item = u64>) -> Took {
        let mut latencies = Latencies::default();
        micros.into_iter().for_each(|micros| latencies.add(Duration::from_micros(micros)));
        latencies.took()
    }

    #[test]
    fn percentiles_are_within_one_percent() {
        for scale in [1, 7, 1000, 123_457] {
            let took = took((1..=1000).map(|i| i * scale));
            for (found, exact) in [(took.p50, 500.0), (took.p99, 990.0)] {
                let exact = exact * scale as f64 / 1e3;
                let found = found.unwrap();
                assert!((found / exact - 1.0).abs() < 0.01, "{found} is not {exact}");
            }
            assert_eq!(took.max, Some(scale as f64));
        }
    }

    #[test]
    fn nothing_took_nothing_and_the_longest_has_its_place() {
        assert_eq!(took([]), Took::default());
        let one = took([5]);
        assert_eq!((one.p50, one.p99, one.max), (Some(0.005), Some(0.005), Some(0.005)));
        let long = took([u64::MAX]);
        assert!(long.p50.is_some_and(|p50| p50 > 4e9), "{long:?}");
    }
}
