//! Hits and misses of one label, and the shares that come of them.

use serde::Serialize;

use crate::interval::{Interval, of_f1, wilson};

/// What became of the rows of one label.
///
/// *Positive* is a row whose label has the value that the critics object to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Positive, and flagged.
    pub tp: u64,
    /// Negative, and flagged: false alarms.
    pub fp: u64,
    /// Positive, and not flagged: missed.
    #[serde(rename = "fn")]
    pub fn_: u64,
    /// Negative, and not flagged.
    pub tn: u64,
    /// Neither flagged nor cleared: a critic that should have been heard gave no opinion, and no other flagged it.
    pub failed: u64,
    /// Of those not flagged: every critic was gated or skipped, so that nobody looked.
    pub unheard: u64,
}

/// What the critics of a label said of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Flagged.
    Flagged,
    /// Looked at, and not flagged.
    Clear,
    /// No critic was called, as their gates have it.
    Unheard,
    /// A critic failed, and no other flagged the row.
    Failed,
}

impl Counts {
    /// One more row.
    pub fn add(&mut self, positive: bool, said: Said) {
        let count = match (said, positive) {
            (Said::Failed, _) => &mut self.failed,
            (Said::Flagged, true) => &mut self.tp,
            (Said::Flagged, false) => &mut self.fp,
            (Said::Clear | Said::Unheard, true) => &mut self.fn_,
            (Said::Clear | Said::Unheard, false) => &mut self.tn,
        };
        *count += 1;
        self.unheard += u64::from(said == Said::Unheard);
    }

    /// Rows whose label is known, those with failures among them.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.tp + self.fp + self.fn_ + self.tn + self.failed
    }

    /// The shares, each with its interval.
    #[must_use]
    pub fn shares(&self) -> Shares {
        let Self { tp, fp, fn_, tn, .. } = *self;
        let f1 = (tp + fn_ > 0).then(|| 2.0 * tp as f64 / (2 * tp + fp + fn_) as f64);
        Shares {
            precision: share(tp, tp + fp),
            recall: share(tp, tp + fn_),
            f1,
            fpr: share(fp, fp + tn),
            intervals: Intervals {
                precision: wilson(tp, tp + fp),
                recall: wilson(tp, tp + fn_),
                f1: f1.and_then(|_| of_f1(tp, fp, fn_)),
                fpr: wilson(fp, fp + tn),
                failed: wilson(self.failed, self.n()),
            },
        }
    }
}

/// `hits / of`; `None` of nothing: what was never tried is neither 0 nor 1.
pub(crate) fn share(hits: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| hits as f64 / of as f64)
}

/// Shares of rows, from 0 to 1. One of nothing is `None`, in JSON `null`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Shares {
    /// Of what was flagged, how much is positive. `None` where nothing was flagged.
    pub precision: Option<f64>,
    /// Of what is positive, how much was flagged. `None` where nothing is positive.
    pub recall: Option<f64>,
    /// The harmonic mean of both. `None` where nothing is positive; 0 where nothing of it was flagged.
    pub f1: Option<f64>,
    /// Of what is negative, how much was flagged. `None` where nothing is negative.
    pub fpr: Option<f64>,
    /// How far off they may be.
    pub intervals: Intervals,
}

/// 95 % intervals: of Wilson, and that of F1 by way of it ([`of_f1`]).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Intervals {
    /// Of the precision.
    pub precision: Option<Interval>,
    /// Of the recall.
    pub recall: Option<Interval>,
    /// Of F1.
    pub f1: Option<Interval>,
    /// Of the false-positive rate.
    pub fpr: Option<Interval>,
    /// Of the share of rows with failures.
    pub failed: Option<Interval>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(tp: u64, fp: u64, fn_: u64, tn: u64) -> Counts {
        Counts { tp, fp, fn_, tn, ..Counts::default() }
    }

    #[test]
    fn shares_are_what_one_computes_by_hand() {
        let shares = counts(6, 2, 4, 8).shares();
        assert_eq!(shares.precision, Some(0.75));
        assert_eq!(shares.recall, Some(0.6));
        assert_eq!(shares.fpr, Some(0.2));
        assert_eq!(shares.f1, Some(12.0 / 18.0));
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        let silent = counts(0, 0, 5, 5).shares();
        assert_eq!((silent.precision, silent.recall, silent.f1), (None, Some(0.0), Some(0.0)));
        assert_eq!(silent.intervals.precision, None);
        let harmless = counts(0, 3, 0, 7).shares();
        assert_eq!((harmless.precision, harmless.recall, harmless.f1), (Some(0.0), None, None));
        assert_eq!((harmless.fpr, harmless.intervals.f1), (Some(0.3), None));
    }

    #[test]
    fn a_failure_is_in_n_and_in_no_share() {
        let mut counts = Counts::default();
        for positive in [true, false] {
            counts.add(positive, Said::Failed);
            counts.add(positive, Said::Flagged);
            counts.add(positive, Said::Unheard);
        }
        assert_eq!((counts.n(), counts.failed, counts.unheard), (6, 2, 2));
        assert_eq!(counts.shares().recall, Some(0.5));
        assert_eq!(counts.shares().fpr, Some(0.5));
    }
}
