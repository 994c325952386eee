//! Whose turn it is in a stage in which critics wait for others of it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

/// Who still waits for others of the stage, and who does not any more.
pub(crate) struct Turns {
    /// The first place of the stage.
    start: usize,
    /// For how many each critic of the stage still waits.
    waits: Vec<u32>,
    /// Those that waited and wait for nobody any more, first in the plan first.
    unblocked: BinaryHeap<Reverse<usize>>,
}

impl Turns {
    /// From that place on, critics wait for so many.
    pub(crate) fn new(start: usize, waits: impl Iterator<Item = u32>) -> Self {
        Self { start, waits: waits.collect(), unblocked: BinaryHeap::new() }
    }

    /// The first in the plan of those that can start, of the `fresh` ones that have not been looked at yet, and of those
    /// that have waited.
    pub(crate) fn next(&mut self, fresh: &mut Range<usize>) -> Option<usize> {
        let (start, waits) = (self.start, &self.waits);
        let blocked = |place: usize| waits.get(place - start).is_some_and(|waits| *waits > 0);
        let mut ahead = fresh.clone();
        let next = ahead.find(|place| !blocked(*place));
        match (next, self.unblocked.peek()) {
            // Those before it are blocked, and are put among the others once they are not.
            (Some(next), Some(Reverse(other))) if *other < next => fresh.start = next,
            (Some(next), _) => {
                *fresh = ahead;
                return Some(next);
            }
            (None, _) => *fresh = ahead,
        }
        self.unblocked.pop().map(|Reverse(place)| place)
    }

    /// One has its outcome, which these may have waited for.
    pub(crate) fn unblock(&mut self, waiting: &[u32], fresh: &Range<usize>) {
        for &next in waiting {
            let next = next as usize;
            let waits = next.checked_sub(self.start).and_then(|at| self.waits.get_mut(at));
            if let Some(waits) = waits {
                *waits = waits.saturating_sub(1);
                // One that is still ahead is found when its turn comes.
                if *waits == 0 && !fresh.contains(&next) {
                    self.unblocked.push(Reverse(next));
                }
            }
        }
    }
}
