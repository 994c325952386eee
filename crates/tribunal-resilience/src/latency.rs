//! How long the last calls took, as one percentile of them: when a second call is worth its while (hedging).
//!
//! Recording is a few stores without a lock. The percentile is worked out once in a while by whoever happens
//! to record then, and kept for everyone to read.

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests;

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use thiserror::Error;

use crate::sync::AtomicU64;
use tribunal_clock::nanos;

/// So many of the last calls count.
const WINDOW: usize = 256;
/// So few of them say nothing yet.
const LEAST: u64 = 32;
/// It is worked out anew after so many.
const EVERY: u64 = 16;

/// A percentile of how long the last 256 successful calls took.
///
/// It lags behind by up to 15 calls. Of several threads that record at once each is counted, sooner or later.
#[derive(Debug)]
pub struct LatencyWindow {
    percentile: f64,
    recorded: AtomicU64,
    /// Nanoseconds and one: nothing recorded is nothing.
    latest: Box<[AtomicU64]>,
    /// The same, of the percentile.
    answer: AtomicU64,
}

/// Why a percentile makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the percentile must lie within 50 to 99.9")]
pub struct PercentileError;

impl LatencyWindow {
    /// An empty window, to be asked for one percentile: 50 (the median) to 99.9.
    ///
    /// # Errors
    ///
    /// [`PercentileError`] for a percentile out of range, or for what is no number.
    pub fn new(percentile: f64) -> Result<Self, PercentileError> {
        if !(50.0..=99.9).contains(&percentile) {
            return Err(PercentileError);
        }
        Ok(Self {
            percentile,
            recorded: AtomicU64::new(0),
            latest: (0..WINDOW).map(|_| AtomicU64::new(0)).collect(),
            answer: AtomicU64::new(0),
        })
    }

    /// A call succeeded and took so long. Failures are not recorded: how long they take says nothing about answers.
    pub fn record(&self, took: Duration) {
        let before = self.recorded.fetch_add(1, Relaxed);
        let at = usize::try_from(before % WINDOW as u64).unwrap_or_default();
        if let Some(slot) = self.latest.get(at) {
            slot.store(nanos(took).saturating_add(1), Relaxed);
        }
        let recorded = before.saturating_add(1);
        if recorded >= LEAST && recorded.is_multiple_of(EVERY) {
            self.work_out();
        }
    }

    /// As many of the last calls took at most this long as the percentile says; nothing before 32 are recorded.
    #[must_use]
    pub fn percentile(&self) -> Option<Duration> {
        self.answer.load(Relaxed).checked_sub(1).map(Duration::from_nanos)
    }

    /// By nearest rank: an answer is always one that was recorded.
    fn work_out(&self) {
        let mut sorted = [0; WINDOW];
        let mut count = 0;
        for slot in &self.latest {
            // Another thread may have taken a slot and not filled it yet.
            let nanos = slot.load(Relaxed);
            if nanos > 0
                && let Some(next) = sorted.get_mut(count)
            {
                *next = nanos;
                count += 1;
            }
        }
        let rank = (self.percentile / 100.0 * count as f64).ceil() as usize;
        let Some(at) = rank.min(count).checked_sub(1) else { return };
        if let Some(filled) = sorted.get_mut(..count) {
            let (_, answer, _) = filled.select_nth_unstable(at);
            self.answer.store(*answer, Relaxed);
        }
    }
}
