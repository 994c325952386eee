//! What is to be done with a snapshot, and from where on an opinion calls for it.

use serde::Serialize;

use crate::words::word_enum;

word_enum! {
    /// What is to be done with a snapshot, mildest first: the greater of two is the one that counts.
    pub enum Verdict ("verdict") {
        /// Nothing speaks against it.
        Allow = "allow",
        /// A person, or a stricter judge, should look at it.
        Review = "review",
        /// It must not go through.
        Block = "block",
    }
}

word_enum! {
    /// What a critic that should have given an opinion, and did not, calls for.
    pub enum FailureMode ("failure mode") {
        /// Fail open. Each use of it is named in the report.
        Allow = "allow",
        /// The default: what could not be judged is looked at.
        Review = "review",
        /// Fail closed.
        Block = "block",
    }
}

impl FailureMode {
    /// The verdict it calls for.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::Allow => Verdict::Allow,
            Self::Review => Verdict::Review,
            Self::Block => Verdict::Block,
        }
    }
}

#[allow(clippy::derivable_impls)] // The macro writes the enum; the default is a decision of its own.
impl Default for FailureMode {
    fn default() -> Self {
        Self::Review
    }
}

word_enum! {
    /// Whether a critic's word counts.
    pub enum Mode ("mode") {
        /// The default: its opinion counts.
        Enforce = "enforce",
        /// It runs and is reported with the verdict it would have called for; no gate and no verdict sees it.
        Monitor = "monitor",
    }
}

#[allow(clippy::derivable_impls)] // The macro writes the enum; the default is a decision of its own.
impl Default for Mode {
    fn default() -> Self {
        Self::Enforce
    }
}

/// From which severity on an opinion calls for `review`, and from which for `block`.
///
/// Severities lie within 0 to 1. A threshold that is left out is never reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Thresholds {
    review_at: Option<f64>,
    block_at: Option<f64>,
}

impl Thresholds {
    /// `None` unless both lie above 0 and up to 1, and `review_at` is not above `block_at`.
    ///
    /// 0 is refused because every opinion reaches it, also one that found nothing.
    #[must_use]
    pub fn new(review_at: Option<f64>, block_at: Option<f64>) -> Option<Self> {
        let fits = |at: f64| at > 0.0 && at <= 1.0;
        let ordered = match (review_at, block_at) {
            (Some(review), Some(block)) => review <= block,
            _ => true,
        };
        (review_at.is_none_or(fits) && block_at.is_none_or(fits) && ordered)
            .then_some(Self { review_at, block_at })
    }

    /// What a severity calls for. A severity that is not a number calls for `block`.
    #[must_use]
    pub fn verdict(&self, severity: f64) -> Verdict {
        let below = |at: Option<f64>| at.is_none_or(|at| severity < at);
        if severity.is_nan() || !below(self.block_at) {
            Verdict::Block
        } else if !below(self.review_at) {
            Verdict::Review
        } else {
            Verdict::Allow
        }
    }

    /// The highest verdict that any opinion can call for.
    #[must_use]
    pub const fn highest(&self) -> Verdict {
        match (self.review_at, self.block_at) {
            (_, Some(_)) => Verdict::Block,
            (Some(_), None) => Verdict::Review,
            (None, None) => Verdict::Allow,
        }
    }

    /// From here on, `review`.
    #[must_use]
    pub const fn review_at(&self) -> Option<f64> {
        self.review_at
    }

    /// From here on, `block`.
    #[must_use]
    pub const fn block_at(&self) -> Option<f64> {
        self.block_at
    }
}

impl Default for Thresholds {
    /// `review` from 0.4 on, `block` from 0.8 on.
    fn default() -> Self {
        Self { review_at: Some(0.4), block_at: Some(0.8) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_reached_by_being_equal() {
        let thresholds = Thresholds::new(Some(0.4), Some(0.8)).unwrap();
        assert_eq!(thresholds.verdict(0.399), Verdict::Allow);
        assert_eq!(thresholds.verdict(0.4), Verdict::Review);
        assert_eq!(thresholds.verdict(0.799), Verdict::Review);
        assert_eq!(thresholds.verdict(0.8), Verdict::Block);
        assert_eq!(thresholds.verdict(f64::NAN), Verdict::Block);
    }

    #[test]
    fn thresholds_that_make_no_sense_are_refused() {
        let none = [
            (Some(0.0), None),
            (None, Some(1.1)),
            (Some(f64::NAN), None),
            (Some(0.9), Some(0.8)),
            (None, Some(-1.0)),
        ];
        for (review, block) in none {
            assert_eq!(Thresholds::new(review, block), None, "{review:?} {block:?}");
        }
        assert_eq!(Thresholds::new(None, None).unwrap().highest(), Verdict::Allow);
        assert_eq!(Thresholds::new(Some(1.0), None).unwrap().highest(), Verdict::Review);
    }

    #[test]
    fn thresholds_say_what_they_were_made_of() {
        for (review, block) in
            [(None, None), (Some(0.25), None), (None, Some(0.5)), (Some(0.5), Some(0.75))]
        {
            let thresholds = Thresholds::new(review, block).unwrap();
            assert_eq!((thresholds.review_at(), thresholds.block_at()), (review, block));
        }
    }

    #[test]
    fn the_greater_verdict_is_the_stricter() {
        assert!(Verdict::Allow < Verdict::Review && Verdict::Review < Verdict::Block);
    }
}
