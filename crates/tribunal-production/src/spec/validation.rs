//! What opinions must be like before anyone may see them.

use std::fmt;
use std::sync::Arc;

use tribunal_core::{OpinionCheck, Pointer};

/// What becomes of an opinion with faults.
///
/// Numbers out of their range make an opinion invalid under either: they must never become a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// It is `invalid`, and the failure mode applies. The default.
    #[default]
    Strict,
    /// It is kept, and its faults are listed in the outcome.
    Lenient,
}

/// What the opinions of a critic must be like, beyond numbers within their ranges.
#[derive(Clone, Default)]
pub struct Validation {
    pub(crate) required: Vec<Pointer>,
    pub(crate) checks: Vec<Arc<dyn OpinionCheck>>,
    pub(crate) strictness: Strictness,
}

impl Validation {
    /// Nothing beyond the ranges.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A part of the opinion that must be there and not null: `/value`, `/score`, `/details/category`.
    #[must_use]
    pub fn require(mut self, field: Pointer) -> Self {
        self.required.push(field);
        self
    }

    /// A JSON Schema compiled for opinions, or a closure that says what is wrong.
    #[must_use]
    pub fn check(mut self, check: impl OpinionCheck) -> Self {
        self.checks.push(Arc::new(check));
        self
    }

    /// Keeps opinions with faults.
    #[must_use]
    pub fn lenient(mut self) -> Self {
        self.strictness = Strictness::Lenient;
        self
    }

    pub(crate) fn asks_for_nothing(&self) -> bool {
        self.required.is_empty() && self.checks.is_empty()
    }
}

impl fmt::Debug for Validation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Validation")
            .field("required", &self.required)
            .field("checks", &self.checks.len())
            .field("strictness", &self.strictness)
            .finish()
    }
}
