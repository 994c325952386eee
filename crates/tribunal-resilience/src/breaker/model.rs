//! Every order of steps of a few threads that ask a breaker, report to it and give up.

use std::time::Duration;

use crate::Moment;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

use super::{AdmittedCall, Breaker, BreakerSettings, BreakerState, CallResult};
use crate::model::{every_order, most_orders};

const OPEN_FOR: Duration = Duration::from_secs(5);

/// A breaker, the times that matter, and how many probes are in flight as far as those who make them know.
struct Counted {
    breaker: Breaker,
    start: Moment,
    /// When an open breaker becomes half open.
    later: Moment,
    probes: u32,
    in_flight: AtomicUsize,
}

impl Counted {
    /// Opens at two failures of two.
    fn closed(probes: u32) -> Self {
        let settings = BreakerSettings::new(1.0, Duration::from_secs(10), 2)
            .and_then(|settings| settings.open_for(OPEN_FOR))
            .and_then(|settings| settings.probes(probes))
            .unwrap();
        let start = Moment::now();
        Self {
            breaker: Breaker::new(settings),
            start,
            later: start + OPEN_FOR,
            probes,
            in_flight: AtomicUsize::new(0),
        }
    }

    fn break_it(&self) {
        for _ in 0..2 {
            self.breaker.admit(self.start).unwrap().report(CallResult::Failure, self.start);
        }
    }

    fn probe(&self) -> Option<AdmittedCall<'_>> {
        let probe = self.breaker.admit(self.later).ok()?;
        let others = self.in_flight.fetch_add(1, SeqCst);
        assert!(others < self.probes as usize, "more probes in flight than may be");
        self.in_flight.fetch_sub(1, SeqCst);
        Some(probe)
    }

    /// Half open, with nothing in flight: exactly as many probes pass as may.
    fn assert_every_place_is_free(&self) {
        assert_eq!(self.breaker.state(self.later), BreakerState::HalfOpen);
        let probes: Vec<_> = (0..self.probes).map(|_| self.breaker.admit(self.later)).collect();
        assert!(probes.iter().all(Result::is_ok), "a place was lost");
        assert!(self.breaker.admit(self.later).is_err(), "a place was made");
    }
}

fn spawn(counted: &Arc<Counted>, play: impl FnOnce(&Counted) + 'static) -> thread::JoinHandle<()> {
    let counted = Arc::clone(counted);
    thread::spawn(move || play(&counted))
}

/// I28: probes in flight never exceed their limit, and a place is free again however a probe ends.
fn three_probe(probes: u32) {
    let counted = Arc::new(Counted::closed(probes));
    counted.break_it();
    let dropped = spawn(&counted, |c| drop(c.probe()));
    let ignored = spawn(&counted, |c| {
        if let Some(probe) = c.probe() {
            probe.report(CallResult::Ignored, c.later);
        }
    });
    drop(counted.probe());
    dropped.join().unwrap();
    ignored.join().unwrap();
    counted.assert_every_place_is_free();
}

#[test]
fn three_contend_for_one_probe() {
    every_order(|| three_probe(1));
}

#[test]
fn three_contend_for_two_probes() {
    most_orders(|| three_probe(2));
}

/// Calls of an older generation neither count nor free a place, whenever they end.
#[test]
fn calls_from_before_it_opened_change_nothing_after() {
    every_order(|| {
        let counted = Counted::closed(1);
        // Leaked, so that threads can keep what it admitted; its state is loom's and goes with the run.
        let counted: &'static Counted = Box::leak(Box::new(counted));
        let (fails, dropped) = (
            counted.breaker.admit(counted.start).unwrap(),
            counted.breaker.admit(counted.start).unwrap(),
        );
        counted.break_it();
        let early = thread::spawn(move || {
            drop(dropped);
            fails.report(CallResult::Failure, counted.later);
        });
        let probes = thread::spawn(|| drop(counted.probe()));
        drop(counted.probe());
        early.join().unwrap();
        probes.join().unwrap();
        counted.assert_every_place_is_free();
    });
}

/// One success closes it, and one failure opens it, whatever a third probe does meanwhile.
#[test]
fn the_first_verdict_on_a_half_open_breaker_decides() {
    every_order(|| {
        let counted = Arc::new(Counted::closed(1));
        counted.break_it();
        let ends = |result: CallResult| {
            move |c: &Counted| {
                if let Ok(probe) = c.breaker.admit(c.later) {
                    probe.report(result, c.later);
                }
            }
        };
        let succeeds = spawn(&counted, ends(CallResult::Success));
        let fails = spawn(&counted, ends(CallResult::Failure));
        drop(counted.breaker.admit(counted.later));
        succeeds.join().unwrap();
        fails.join().unwrap();
        match counted.breaker.state(counted.later) {
            // A failure after it closed is one of at least two it takes.
            BreakerState::Closed => {
                for _ in 0..2 {
                    let call = counted.breaker.admit(counted.later).unwrap();
                    call.report(CallResult::Success, counted.later);
                }
                assert_eq!(counted.breaker.state(counted.later), BreakerState::Closed);
            }
            BreakerState::Open => assert!(counted.breaker.admit(counted.later).is_err()),
            // Both found the one place taken by the third.
            BreakerState::HalfOpen => counted.assert_every_place_is_free(),
        }
    });
}

/// No failure is lost: as many as it takes open it, whoever reports them.
#[test]
fn failures_from_several_threads_add_up() {
    every_order(|| {
        let counted = Arc::new(Counted::closed(1));
        let fail = |c: &Counted| {
            // It may have been opened by two others already.
            if let Ok(call) = c.breaker.admit(c.start) {
                call.report(CallResult::Failure, c.start);
            }
        };
        let others = [spawn(&counted, fail), spawn(&counted, fail)];
        fail(&counted);
        others.into_iter().for_each(|other| other.join().unwrap());
        assert_eq!(counted.breaker.state(counted.start), BreakerState::Open);
    });
}

/// What succeeds is counted without the lock, what fails with it; whatever the order, nothing that succeeded is lost
/// or counted twice. So three failures of six open it, and of seven do not.
fn successes_and_failures_meet(after: usize, expected: BreakerState) {
    most_orders(move || {
        let settings = BreakerSettings::new(0.5, Duration::from_secs(10), 4).unwrap();
        let (breaker, start) = (Breaker::new(settings), Moment::now());
        let counted = Arc::new(Counted {
            breaker,
            start,
            later: start,
            probes: 1,
            in_flight: AtomicUsize::new(0),
        });
        let call = |c: &Counted, result| c.breaker.admit(c.start).unwrap().report(result, c.start);
        let succeeds = move |c: &Counted| (0..2).for_each(|_| call(c, CallResult::Success));
        let fails = spawn(&counted, move |c| call(c, CallResult::Failure));
        let others = spawn(&counted, succeeds);
        call(&counted, CallResult::Success);
        fails.join().unwrap();
        others.join().unwrap();
        // One of four failed: calm no more if it was; the last of these decides by all that were counted.
        (0..after).for_each(|_| call(&counted, CallResult::Success));
        (0..2).for_each(|_| call(&counted, CallResult::Failure));
        assert_eq!(counted.breaker.state(start), expected);
    });
}

#[test]
fn no_success_is_counted_twice() {
    successes_and_failures_meet(0, BreakerState::Open);
}

#[test]
fn no_success_is_lost() {
    successes_and_failures_meet(1, BreakerState::Closed);
}

/// A success that is on its way to the count while the breaker opens and closes again counts for nothing.
#[test]
fn a_success_of_an_older_generation_is_not_counted_in_a_newer_one() {
    most_orders(|| {
        let settings = BreakerSettings::new(1.0, Duration::from_secs(10), 1)
            .and_then(|settings| settings.open_for(OPEN_FOR))
            .unwrap();
        let (breaker, start) = (Breaker::new(settings), Moment::now());
        let counted =
            Counted { breaker, start, later: start, probes: 1, in_flight: AtomicUsize::new(0) };
        let counted: &'static Counted = Box::leak(Box::new(counted));
        let (later, breaker) = (start + OPEN_FOR, &counted.breaker);
        let early = breaker.admit(start).unwrap();
        let early = thread::spawn(move || early.report(CallResult::Success, later));
        breaker.admit(start).unwrap().report(CallResult::Failure, start);
        // Half open, if the other has told it the time already.
        let opened = breaker.state(start) != BreakerState::Closed;
        if opened {
            breaker.admit(later).unwrap().report(CallResult::Success, later);
        }
        early.join().unwrap();
        assert_eq!(breaker.state(later), BreakerState::Closed);
        // Had it counted, half of two would have failed and not all of one.
        breaker.admit(later).unwrap().report(CallResult::Failure, later);
        assert!(!opened || breaker.state(later) == BreakerState::Open);
    });
}
