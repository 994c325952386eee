//! The outcomes of a run, and where there is room for them.
//!
//! Ten outcomes take two kilobytes, which is more than an allocator keeps at hand, and every run needs them: asking for
//! that room, filling it and giving it back took a tenth of a run whose critics answer at once. So a thread keeps some
//! of the room that reports leave behind, with outcomes in it that are missing again, for the runs that come next.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

use crate::Outcome;

/// How many outcomes a thread keeps room for, 192 KiB in all.
const KEPT: usize = 1_024;

struct Spare {
    /// Outcomes that are missing, all of them.
    rooms: Vec<Vec<Outcome>>,
    /// How many outcomes there is room for.
    size: usize,
}

thread_local! {
    static SPARE: RefCell<Spare> = const { RefCell::new(Spare { rooms: Vec::new(), size: 0 }) };
}

/// One outcome for each critic of a plan, in its order.
#[derive(Debug, Default, PartialEq)]
pub struct Outcomes {
    all: Vec<Outcome>,
}

impl Outcomes {
    /// So many that [are missing](Outcome::missing) still.
    #[inline]
    #[must_use]
    pub fn missing(critics: usize) -> Self {
        let mut outcomes = Self { all: room() };
        outcomes.resize(critics);
        outcomes
    }

    /// For so many critics: those that are missing are put in as such, and those too many are left out.
    #[inline]
    pub fn resize(&mut self, critics: usize) {
        if self.all.len() != critics {
            self.all.reserve_exact(critics.saturating_sub(self.all.len()));
            self.all.resize_with(critics, Outcome::missing);
        }
    }
}

/// What was left behind last on this thread.
#[inline]
fn room() -> Vec<Outcome> {
    let spare = SPARE.try_with(|spare| {
        let mut spare = spare.try_borrow_mut().ok()?;
        let room = spare.rooms.pop()?;
        spare.size -= room.capacity();
        Some(room)
    });
    spare.ok().flatten().unwrap_or_default()
}

impl Drop for Outcomes {
    #[inline]
    fn drop(&mut self) {
        let mut room = std::mem::take(&mut self.all);
        if room.capacity() == 0 {
            return;
        }
        // While the thread ends it has none any more, and then the room is given back.
        let _ = SPARE.try_with(|spare| {
            if let Ok(mut spare) = spare.try_borrow_mut() {
                let size = spare.size.saturating_add(room.capacity());
                if size <= KEPT {
                    room.iter_mut().for_each(Outcome::reset);
                    spare.size = size;
                    spare.rooms.push(room);
                }
            }
        });
    }
}

impl Clone for Outcomes {
    fn clone(&self) -> Self {
        Self { all: self.all.clone() }
    }
}

impl From<Vec<Outcome>> for Outcomes {
    fn from(all: Vec<Outcome>) -> Self {
        Self { all }
    }
}

impl<const N: usize> From<[Outcome; N]> for Outcomes {
    fn from(all: [Outcome; N]) -> Self {
        Self { all: all.into() }
    }
}

impl FromIterator<Outcome> for Outcomes {
    fn from_iter<I: IntoIterator<Item = Outcome>>(all: I) -> Self {
        Self { all: all.into_iter().collect() }
    }
}

impl Deref for Outcomes {
    type Target = [Outcome];

    #[inline]
    fn deref(&self) -> &[Outcome] {
        &self.all
    }
}

impl DerefMut for Outcomes {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Outcome] {
        &mut self.all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Gated, Opinion, Reason};

    fn spare() -> (usize, usize) {
        SPARE.with_borrow(|spare| {
            assert!(spare.rooms.iter().flatten().all(|left| *left == Outcome::missing()));
            assert_eq!(spare.size, spare.rooms.iter().map(Vec::capacity).sum::<usize>());
            (spare.rooms.len(), spare.size)
        })
    }

    #[test]
    fn the_room_of_one_run_is_that_of_the_next_with_nothing_left_in_it() {
        let mut first = Outcomes::missing(3);
        first[1] = Outcome::success(Opinion::clean().severity(0.5));
        first[2].end_without(Reason::Gated(Gated::NoViolation));
        let place = first.as_ptr();
        drop(first);
        assert_eq!(spare(), (1, 3));
        let second = Outcomes::missing(2);
        assert_eq!(spare(), (0, 0));
        assert_eq!(second.as_ptr(), place);
        assert_eq!(*second, [Outcome::missing(), Outcome::missing()]);
    }

    #[test]
    fn room_that_is_too_small_grows() {
        drop(Outcomes::missing(1));
        let more = Outcomes::missing(10);
        assert_eq!(more.len(), 10);
        assert!(more.iter().all(Outcome::is_missing));
        drop(more);
        assert_eq!(spare().0, 1);
    }

    #[test]
    fn a_thread_keeps_no_more_room_than_it_may() {
        let many: Vec<Outcomes> = (0..100).map(|_| Outcomes::missing(100)).collect();
        drop(many);
        assert_eq!(spare(), (10, 1_000));
        drop(Outcomes::missing(KEPT + 1));
        assert!(spare().1 <= KEPT);
        let none = Outcomes::default();
        drop(none);
        assert_eq!(spare().0, 9, "what has no room leaves none");
    }

    #[test]
    fn they_become_as_many_as_there_are_critics() {
        let mut outcomes = Outcomes::from(vec![Outcome::success(Opinion::clean()); 2]);
        outcomes.resize(3);
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_missing()).count(), 1);
        outcomes.resize(1);
        assert_eq!(outcomes.len(), 1);
    }
}
