//! How many permits are free and whether anybody waits, in one atomic word: all there is to look at while there
//! are permits enough.
//!
//! The highest bit says that somebody waits, the others count what is free. Three rules make it safe to leave the
//! lock alone:
//!
//! - The bit is set only under the lock, and only in the same step that finds nothing free. So whoever gives a
//!   permit back does it either before that step, which then finds it, or after, and then sees the bit.
//! - While the bit is set nobody takes a permit but under the lock. Who gives one back and sees the bit has to go
//!   there and hand it over. So there are never more free ones behind the bit than there are such people on their
//!   way to the lock, and each of them takes one along for somebody who waits.
//! - The bit goes under the lock, with the last who waits. What is free then is there for everyone.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::sync::{AtomicU64, OwnLines};

const WAITED_FOR: u64 = 1 << 63;

/// The most permits there can be.
const MOST: usize = usize::MAX >> 1;

#[derive(Debug)]
pub(super) struct Word {
    word: OwnLines<AtomicU64>,
    limit: usize,
}

impl Word {
    /// So many, up to [`MOST`], all of them free.
    pub(super) fn new(limit: usize) -> Self {
        let limit = limit.min(MOST);
        Self { word: OwnLines(AtomicU64::new(limit as u64)), limit }
    }

    /// How many there are.
    pub(super) const fn limit(&self) -> usize {
        self.limit
    }

    /// How many are free. For an instant there may be some although somebody waits, on their way to those who do.
    pub(super) fn free(&self) -> usize {
        (self.word.0.load(Relaxed) & !WAITED_FOR) as usize
    }

    #[inline]
    pub(super) fn is_waited_for(&self) -> bool {
        self.word.0.load(Relaxed) & WAITED_FOR != 0
    }

    /// Takes one, if one is free and nobody waits.
    #[inline]
    pub(super) fn try_take(&self) -> bool {
        let mut word = self.word.0.load(Relaxed);
        while word != 0 && word & WAITED_FOR == 0 {
            // What was done under the permit before is seen by who takes it next.
            match self.word.0.compare_exchange_weak(word, word - 1, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Gives one back. Whether somebody waits, to whom it is to be handed under the lock.
    #[inline]
    #[must_use]
    pub(super) fn give(&self) -> bool {
        let before = self.word.0.fetch_add(1, AcqRel);
        debug_assert!(before & !WAITED_FOR < self.limit as u64, "a permit was given back twice");
        before & WAITED_FOR != 0
    }

    /// Under the lock: takes one, or else leaves word that somebody waits.
    pub(super) fn take_or_wait(&self) -> bool {
        let mut word = 0;
        while word & WAITED_FOR == 0 {
            let (next, taken) = match word.checked_sub(1) {
                Some(less) => (less, true),
                None => (WAITED_FOR, false),
            };
            match self.word.0.compare_exchange_weak(word, next, Acquire, Relaxed) {
                Ok(_) => return taken,
                Err(now) => word = now,
            }
        }
        // There are others, and it is their turn first.
        false
    }

    /// Under the lock, while somebody waits: takes one for them, if one is free. `last`: there is only one who waits.
    pub(super) fn take_for_waiting(&self, last: bool) -> bool {
        let some = self.free() > 0;
        if some {
            // Meanwhile there can only be more of them, and nobody else may touch the bit.
            self.word.0.fetch_sub(if last { WAITED_FOR + 1 } else { 1 }, AcqRel);
        }
        some
    }

    /// Under the lock: nobody waits any more.
    pub(super) fn nobody_waits(&self) {
        self.word.0.fetch_and(!WAITED_FOR, AcqRel);
    }
}

/// How it is read and written by several threads, without the queue: that is in the models of [`super::model`].
#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;

    #[test]
    fn more_permits_than_can_be_counted_are_as_many_as_can_be() {
        let word = Word::new(usize::MAX);
        assert_eq!((word.limit(), word.free()), (MOST, MOST));
        assert!(!word.is_waited_for() && word.try_take());
        assert_eq!(word.free(), MOST - 1);
        assert!(!word.give() && !word.is_waited_for());
    }

    #[test]
    fn what_is_given_back_while_somebody_waits_is_for_them() {
        let word = Word::new(1);
        assert!(word.take_or_wait() && !word.take_or_wait() && word.is_waited_for());
        assert!(!word.take_for_waiting(true));
        assert!(word.give(), "to be handed over");
        assert!(!word.try_take() && !word.take_or_wait());
        assert!(word.take_for_waiting(false) && word.is_waited_for());
        assert!(word.give() && word.take_for_waiting(true) && !word.is_waited_for());
        assert!(!word.try_take() && !word.give() && word.try_take());
    }
}
