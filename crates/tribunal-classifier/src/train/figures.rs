//! Counts of what a head got right and wrong, and the figures that follow.

use std::collections::BTreeMap;

use super::Truth;
use super::fit::Job;

/// How good one label is, on folds that were kept out.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// The label.
    pub label: String,
    /// The threshold of the model, chosen on all folds. Each fold was measured with one chosen without it.
    pub threshold: f64,
    /// All examples of which it is known.
    pub all: Counts,
    /// The negatives that are named.
    pub named: Counts,
    /// By source.
    pub by_source: BTreeMap<String, Counts>,
    /// Each source as judged by a head that was trained without it; empty unless asked for.
    pub left_out: BTreeMap<String, Counts>,
}

/// How many were what they were taken for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Positives that were objected to.
    pub hits: u64,
    /// Positives that were not.
    pub misses: u64,
    /// Negatives that were objected to.
    pub false_alarms: u64,
    /// Negatives that were not.
    pub passes: u64,
}

impl Figures {
    pub(super) fn count(&mut self, job: &Job<'_>, index: usize, objected: bool) {
        let Some(example) = job.examples.get(index) else { return };
        let truth = super::truth(example, job.label);
        let Some(positive) = truth.known() else { return };
        self.all.add(positive, objected);
        self.by_source.entry(example.source.clone()).or_default().add(positive, objected);
        if truth == (Truth::Negative { named: true }) {
            self.named.add(positive, objected);
        }
    }
}

impl Counts {
    fn add(&mut self, positive: bool, objected: bool) {
        *match (positive, objected) {
            (true, true) => &mut self.hits,
            (true, false) => &mut self.misses,
            (false, true) => &mut self.false_alarms,
            (false, false) => &mut self.passes,
        } += 1;
    }

    /// How many of those objected to were positives; `None` when there was none.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.hits, self.hits + self.false_alarms)
    }

    /// How many of the positives were objected to; `None` when there is none.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.hits, self.hits + self.misses)
    }

    /// The harmonic mean of precision and recall; `None` without positives or negatives.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        if self.hits + self.misses == 0 || self.false_alarms + self.passes == 0 {
            return None;
        }
        share(2 * self.hits, 2 * self.hits + self.misses + self.false_alarms)
    }

    /// How many of the negatives were objected to; `None` when there is none.
    #[must_use]
    pub fn false_positive_rate(&self) -> Option<f64> {
        share(self.false_alarms, self.false_alarms + self.passes)
    }
}

fn share(part: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| part as f64 / of as f64)
}
