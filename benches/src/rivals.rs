//! What one would write or reach for instead, from nothing at all to whole stacks of middleware.
//!
//! Each gets its best: its fastest clock, in-place futures where it can, no events, no metrics, no timings. None of
//! them writes a report or records how long a critic took, as we do.

mod by_hand;
mod plain;
mod tower_resilience_stack;
mod tower_stack;

use std::sync::Arc;

use tribunal_core::{Opinion, Snapshot};

use crate::noop::{Call, Check, Said};
use crate::shape::Shape;

pub use by_hand::by_hand;
pub use plain::{
    futures_unordered, join_all, join_all_one_timeout, join_all_timeout, join_set,
    one_after_the_other, sync_calls,
};
pub use tower_resilience_stack::tower_resilience;
pub use tower_stack::{tower, tower_with_rate_limit};

/// The same critics for every rival.
#[derive(Clone)]
pub struct Bench {
    /// What is judged.
    pub snapshot: Snapshot,
    /// How many critics.
    pub count: usize,
    /// How they are arranged.
    pub shape: Shape,
    /// Each of them.
    pub check: Arc<dyn Check>,
}

impl Bench {
    /// So many of that critic.
    #[must_use]
    pub fn new(count: usize, shape: Shape, check: Arc<dyn Check>) -> Self {
        Self { snapshot: Snapshot::of_input("hello"), count, shape, check }
    }

    fn checks(&self) -> Vec<Vec<Arc<dyn Check>>> {
        self.shape.arrange(self.count, |_| Arc::clone(&self.check))
    }

    /// Whether a stage with that index runs, given what was said before it.
    fn goes_on(shape: Shape, stage: usize, said: &[Said]) -> bool {
        let violation = |said: &Said| {
            said.as_ref().is_ok_and(|opinion: &Opinion| !opinion.violations.is_empty())
        };
        shape != Shape::Gated || stage == 0 || said.iter().any(violation)
    }

    fn calls(&self, call: &Arc<dyn Call>) -> Vec<Vec<Arc<dyn Call>>> {
        self.shape.arrange(self.count, |_| Arc::clone(call))
    }
}
