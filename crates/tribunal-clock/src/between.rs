//! What lies between two readings of the clock, told from the processor's counter.
//!
//! A reading of the system's clock is the largest single cost of a run whose critics are cheap: there is one for each
//! critic. So each thread reads it at most once a millisecond, and adds what the counter says has passed since. How
//! fast that counts is found out from the readings themselves, all the time, and never waited for: what is not known
//! yet is read from the clock. An error in it can only grow until the next reading.
//!
//! A clock that can be paused is not told in this way: whether tokio's can is known when this is compiled.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::counter::Counter;

/// After so many nanoseconds the clock is read again.
const SPAN: u64 = 1_000_000;
/// So far apart are two readings by which the counter's pace is told, at the least: each may be wrong by some tens of
/// nanoseconds.
const BASE: u64 = 5_000_000;
/// A pace is told anew after so long: a virtual machine may go on elsewhere.
const AGE: u64 = 1_000_000_000;
/// The counter may have gone on by so much while the clock was read. If it is more, the thread was interrupted in between,
/// and the two do not belong together.
const APART: u64 = 1_000;
/// Paces of less than a hundred million ticks a second and more than a hundred thousand million are none.
const PACES: std::ops::Range<u64> = (1 << SHIFT) / 100..10 << SHIFT;
/// Nanoseconds a tick are counted in units of 2 to the minus so much.
const SHIFT: u32 = 32;

/// What a thread remembers.
#[derive(Debug, Clone, Copy)]
struct Known {
    /// The last reading of the clock, in nanoseconds, and of the counter.
    nanos: u64,
    ticks: u64,
    /// For how many ticks from there on the clock need not be read.
    span: u64,
    /// Nanoseconds a tick.
    pace: u64,
    /// An earlier reading of both, by which the pace is told.
    base: Option<(u64, u64)>,
}

thread_local! {
    static KNOWN: Cell<Known> = const { Cell::new(Known::NOTHING) };
}

/// Whether the counter is used at all.
static IS_USED: AtomicBool = AtomicBool::new(!CAN_PAUSE);

/// See [`crate::Moment::use_counter`].
pub(crate) fn use_counter(on: bool) {
    IS_USED.store(on, Relaxed);
}

/// What it is now, if that is told by the counter; `read` reads the clock.
#[inline]
pub(crate) fn now(read: impl FnOnce() -> u64) -> u64 {
    if cfg!(any(loom, shuttle)) || !IS_USED.load(Relaxed) {
        return read();
    }
    let Some(counter) = Counter::find() else { return read() };
    KNOWN.with(|known| {
        let mut what = known.get();
        match what.tell(counter.read()) {
            Some(now) => now,
            None => {
                let now = what.read(read, || counter.read());
                known.set(what);
                now
            }
        }
    })
}

impl Known {
    const NOTHING: Self = Self { nanos: 0, ticks: 0, span: 0, pace: 0, base: None };

    /// What it is now, if the clock need not be read for that.
    #[inline]
    fn tell(&self, ticks: u64) -> Option<u64> {
        let passed = ticks.wrapping_sub(self.ticks);
        (passed < self.span).then(|| self.nanos + ((passed * self.pace) >> SHIFT))
    }

    /// Reads the clock, and learns from it.
    #[cold]
    fn read(&mut self, read: impl FnOnce() -> u64, count: impl Fn() -> u64) -> u64 {
        let before = count();
        let nanos = read();
        let ticks = count();
        if ticks.wrapping_sub(before) > APART {
            // They do not belong together: the next reading is one of the clock again.
            self.span = 0;
            return nanos;
        }
        let told = self.pace > 0;
        let (base_nanos, base_ticks) = *self.base.get_or_insert((nanos, ticks));
        let (took, counted) = (nanos.saturating_sub(base_nanos), ticks.wrapping_sub(base_ticks));
        if took >= if told { AGE } else { BASE } {
            self.pace = pace(took, counted).unwrap_or(0);
            self.base = Some((nanos, ticks));
        }
        // What was told last is not more than this, but for what the pace was wrong by. Time does not go back for that.
        let last = self.nanos + ((self.span * self.pace) >> SHIFT);
        let ahead = last.saturating_sub(nanos);
        self.nanos = if ahead < SPAN / 1_000 { nanos.max(last) } else { nanos };
        self.ticks = ticks;
        self.span = match self.pace {
            0 => 0,
            pace => (SPAN << SHIFT) / pace,
        };
        self.nanos
    }
}

/// Nanoseconds a tick, if so many ticks in so long can be true.
fn pace(nanos: u64, ticks: u64) -> Option<u64> {
    let pace = (u128::from(nanos) << SHIFT).checked_div(u128::from(ticks))?;
    u64::try_from(pace).ok().filter(|pace| PACES.contains(pace))
}

/// Whether tokio's clock can be paused in this build: its function for that is there with the feature `test-util` alone.
const CAN_PAUSE: bool = {
    #[allow(unused_imports, reason = "this or the other")]
    use absent::pause;
    {
        // Names of an inner scope go before those of an outer one, where there are any.
        #[allow(unused_imports, reason = "the other or this")]
        use tokio::time::*;
        absent::is_tokios(&(pause as fn() -> _))
    }
};

/// What stands in for tokio's function where there is none.
mod absent {
    pub(super) struct Absent;

    #[allow(dead_code, reason = "only where there is none of tokio's")]
    pub(super) const fn pause() -> Absent {
        Absent
    }

    pub(super) trait Pauses {
        const REALLY: bool;
    }

    impl Pauses for () {
        const REALLY: bool = true;
    }

    impl Pauses for Absent {
        const REALLY: bool = false;
    }

    pub(super) const fn is_tokios<T: Pauses>(_: &fn() -> T) -> bool {
        T::REALLY
    }
}

#[cfg(test)]
#[cfg(not(any(loom, shuttle)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A machine whose counter goes at some pace, and whose clock may be slow to read.
    struct Machine {
        /// Picoseconds since it began.
        time: u64,
        /// Ticks a microsecond.
        speed: u64,
        /// Ticks so far, in millionths.
        ticks: u64,
    }

    impl Machine {
        fn pass(&mut self, nanos: u64) {
            self.time += nanos * 1_000;
            self.ticks += nanos * self.speed * 1_000;
        }

        fn nanos(&self) -> u64 {
            self.time / 1_000
        }

        fn now(&mut self, known: &mut Known, interrupted: u64) -> u64 {
            let at = |ticks: u64| ticks / 1_000_000;
            if let Some(now) = known.tell(at(self.ticks)) {
                return now;
            }
            let counts = Cell::new([at(self.ticks), 0]);
            self.pass(30);
            let nanos = self.nanos();
            self.pass(interrupted);
            counts.set([counts.get()[0], at(self.ticks)]);
            let count = || {
                let [first, second] = counts.get();
                counts.set([second, second]);
                first
            };
            known.read(|| nanos, count)
        }
    }

    proptest! {
        /// Whatever lies between two readings, and wherever the thread is interrupted: what is told is off by a
        /// few thousandths of a millisecond at most, which is what an interruption may be long that goes unnoticed.
        #[test]
        fn what_is_told_is_what_the_clock_shows(
            speed in 1_000_u64..6_000,
            steps in prop::collection::vec((0_u64..4_000_000, prop_oneof![8 => Just(0_u64), 1 => 0_u64..1_000, 1 => 0_u64..3_000_000]), 1..300),
        ) {
            let mut machine = Machine { time: 0, speed, ticks: 77_000_000 };
            let mut known = Known::NOTHING;
            let mut last = 0;
            for (step, interrupted) in steps {
                machine.pass(step);
                let before = machine.nanos();
                let now = machine.now(&mut known, interrupted);
                let after = machine.nanos();
                prop_assert!(now + 3_000 >= before && now <= after + 3_000, "{now} is not in {before}..{after}");
                prop_assert!(now >= last || last - now < 3_000, "{now} after {last}");
                last = now;
            }
        }

        /// A counter that goes at another pace all of a sudden misleads for a millisecond of the old pace, and then no more
        /// than that each time until its pace has been told anew; time never runs away.
        #[test]
        fn a_counter_that_changes_its_pace_does_not_carry_time_away(
            speed in 1_000_u64..3_000,
            other in 1_000_u64..3_000,
            step in 1_000_u64..900_000,
        ) {
            let mut machine = Machine { time: 0, speed, ticks: 0 };
            let mut known = Known::NOTHING;
            for _ in 0..100 {
                machine.pass(step);
                machine.now(&mut known, 0);
            }
            machine.speed = other;
            for _ in 0..2_000 {
                machine.pass(step);
                let now = machine.now(&mut known, 0);
                prop_assert!(now.abs_diff(machine.nanos()) < 3 * SPAN, "{now} at {}", machine.nanos());
            }
            machine.pass(2 * AGE);
            machine.now(&mut known, 0);
            machine.pass(2 * AGE);
            machine.now(&mut known, 0);
            machine.pass(SPAN / 2);
            let now = machine.now(&mut known, 0);
            prop_assert!(now.abs_diff(machine.nanos()) < 3_000, "{now} at {}", machine.nanos());
        }
    }

    #[test]
    fn in_a_build_of_tests_the_clock_can_be_paused() {
        const { assert!(CAN_PAUSE) };
    }
}
