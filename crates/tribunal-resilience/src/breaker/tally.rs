//! What there is to look at while all goes well: whether the breaker is closed, and a count of successes that the
//! lock does not have to know of yet.
//!
//! The count is of one slice of the window and of one generation. Whoever holds the lock *takes* it (nobody else adds
//! to it from then on), adds it to the window, decides, and *shows* what is so now. It is shown again only while
//! the breaker is *calm*: closed, and with so few failures that no success can open it, whatever time forgets. So
//! successes that are counted here need no decision, and among each other no order; everything else goes through
//! the lock, and finds what was counted before it.
//!
//! A call is added by one compare-and-exchange on `word`. Each time the count is shown its number goes up by one, and
//! that number is part of the word: if the exchange succeeds, nobody has taken the count since the word was read, and
//! what was read of `mode` and `from` in between was what belonged to it.

use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::core::{Core, Pass};
use crate::sync::AtomicU64;

const COUNT: u64 = (1 << 24) - 1;
const CALM: u64 = 1 << 24;
/// What the number of a showing goes up by. It comes round after 2^39 of them.
const SHOWING: u64 = 1 << 25;

#[derive(Debug)]
pub(super) struct Tally {
    /// How long a slice is, in nanoseconds.
    slice: u64,
    /// The generation, and in the lowest bit whether it is closed.
    mode: AtomicU64,
    /// When the slice that is counted began, in nanoseconds since the epoch.
    from: AtomicU64,
    /// From the highest bit: the number of the showing, whether it is calm, how many succeeded.
    word: AtomicU64,
}

/// What is shown, for those who hold the lock. Only they change it.
#[derive(Debug)]
pub(super) struct Shown {
    mode: u64,
    calm: bool,
    /// The number of the last showing.
    number: u64,
    /// Which slice is counted.
    slice: u64,
}

impl Tally {
    pub(super) fn new(core: &Core) -> (Self, Shown) {
        let mode = core.pass().0;
        let shown = Shown { mode, calm: true, number: 0, slice: 0 };
        let tally = Self {
            slice: core.slice(),
            mode: AtomicU64::new(mode),
            from: AtomicU64::new(0),
            word: AtomicU64::new(CALM),
        };
        (tally, shown)
    }

    /// What everyone may have while it is closed.
    #[inline]
    pub(super) fn closed(&self) -> Option<Pass> {
        let pass = Pass(self.mode.load(Acquire));
        pass.is_closed().then_some(pass)
    }

    /// Counts a call that succeeded, so many nanoseconds after the epoch; unless that is for those who hold the lock.
    #[inline]
    pub(super) fn count(&self, pass: Pass, now: u64) -> bool {
        let mut word = self.word.load(Acquire);
        while word & CALM != 0
            && word & COUNT != COUNT
            && self.mode.load(Relaxed) == pass.0
            && now.wrapping_sub(self.from.load(Relaxed)) < self.slice
        {
            match self.word.compare_exchange_weak(word, word + 1, Release, Acquire) {
                Ok(_) => return true,
                Err(other) => word = other,
            }
        }
        false
    }

    /// Under the lock: what was counted becomes the core's.
    pub(super) fn take(&self, shown: &mut Shown, core: &mut Core) {
        if shown.calm {
            shown.calm = false;
            let counted = self.word.swap(shown.number.wrapping_mul(SHOWING), AcqRel) & COUNT;
            core.add_successes(shown.slice, counted as u32);
        }
    }

    /// Under the lock: shows what is so, and if it is calm, counts those who succeed in the slice of `now`.
    pub(super) fn show(&self, shown: &mut Shown, core: &Core, now: u64) {
        let mode = core.pass().0;
        if shown.mode != mode {
            shown.mode = mode;
            self.mode.store(mode, Release);
        }
        if core.is_calm() {
            shown.calm = true;
            shown.number = shown.number.wrapping_add(1);
            shown.slice = now / self.slice;
            self.from.store(shown.slice * self.slice, Relaxed);
            self.word.store(shown.number.wrapping_mul(SHOWING) | CALM, Release);
        }
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;
    use crate::BreakerSettings;
    use std::time::Duration;

    /// Several threads need it: whoever read the word before it was shown again must not find the same one.
    #[test]
    fn no_two_showings_have_the_same_word() {
        let settings = BreakerSettings::new(0.5, Duration::from_secs(1), 2).unwrap();
        let mut core = Core::new(settings);
        let (tally, mut shown) = Tally::new(&core);
        let mut words = vec![tally.word.load(Relaxed)];
        for _ in 0..3 {
            tally.take(&mut shown, &mut core);
            tally.show(&mut shown, &core, 0);
            let word = tally.word.load(Relaxed);
            assert_eq!(word & (CALM | COUNT), CALM, "calm, and nothing counted");
            assert!(!words.contains(&word), "{word:x} among {words:x?}");
            words.push(word);
        }
    }

    /// One more would go into the bit beside it.
    #[test]
    fn a_count_that_is_full_is_for_those_who_hold_the_lock() {
        let settings = BreakerSettings::new(0.5, Duration::from_secs(1), 2).unwrap();
        let mut core = Core::new(settings);
        let (tally, mut shown) = Tally::new(&core);
        let pass = core.pass();
        tally.word.store(CALM | (COUNT - 1), Relaxed);
        assert!(tally.count(pass, 0));
        assert!(!tally.count(pass, 0));
        tally.take(&mut shown, &mut core);
        tally.show(&mut shown, &core, 0);
        assert!(tally.count(pass, 0), "taken, and shown again");
    }
}
