//! Where in a run a critic stands: its stage and, within that, its priority.

use serde::Serialize;

use crate::words::word_enum;

word_enum! {
    /// The order within a run. A stage is a barrier: none of its critics starts before every critic of
    /// the stages before it has its outcome.
    pub enum Stage ("stage") {
        /// Is there something to judge, and is it well formed?
        PreValidation = "pre_validation",
        /// Checks that cost microseconds: patterns, lengths, secrets.
        FastCritics = "fast_critics",
        /// The default. Checks that cost milliseconds: classifiers, lookups.
        CoreAnalysis = "core_analysis",
        /// Checks that cost money or seconds: models as judges.
        DeepAnalysis = "deep_analysis",
        /// Work on what the earlier stages found.
        PostProcessing = "post_processing",
        /// Last look over everything.
        Validation = "validation",
    }
}

#[allow(clippy::derivable_impls)] // The macro writes the enum; the default is a decision of its own.
impl Default for Stage {
    fn default() -> Self {
        Self::CoreAnalysis
    }
}

impl Stage {
    /// Its place in a run, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// Who goes first when there is not room for all: 1 is first, 10 is last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Priority(u8);

impl Priority {
    /// First in line.
    pub const FIRST: Self = Self(1);
    /// Last in line.
    pub const LAST: Self = Self(10);

    /// `None` outside 1 to 10.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value >= 1 && value <= 10 { Some(Self(value)) } else { None }
    }

    /// 1 to 10.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    /// 5: room to go before it and after it.
    fn default() -> Self {
        Self(5)
    }
}
