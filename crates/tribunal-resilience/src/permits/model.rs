//! Every order of steps of a few threads that take, wait for, give up and give back permits.
//!
//! A waiter whom nobody wakes makes loom fail with a deadlock.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

use super::{Acquire, Permit, Permits, QueueFull};
use crate::model::{block_on, every_order, most_orders, some_orders};

/// Permits, and how many are held as far as those who hold them know.
struct Counted {
    permits: Permits,
    held: AtomicUsize,
}

impl Counted {
    fn new(limit: usize, most_waiting: usize) -> Arc<Self> {
        let limit = NonZeroUsize::new(limit).unwrap();
        Arc::new(Self {
            permits: Permits::with_queue(limit, most_waiting),
            held: AtomicUsize::new(0),
        })
    }

    fn hold(&self, permit: Permit<'_>) {
        let others = self.held.fetch_add(1, SeqCst);
        assert!(others < self.permits.limit(), "more held than there are");
        self.held.fetch_sub(1, SeqCst);
        drop(permit);
    }

    fn wait(&self, priority: u8) -> Permit<'_> {
        block_on(self.permits.acquire(priority)).unwrap()
    }

    fn assert_all_back(&self) {
        assert_eq!((self.permits.free(), self.permits.waiting()), (self.permits.limit(), 0));
    }
}

fn poll<'a>(acquire: &mut Acquire<'a>) -> Poll<Result<Permit<'a>, QueueFull>> {
    Pin::new(acquire).poll(&mut Context::from_waker(Waker::noop()))
}

fn spawn(counted: &Arc<Counted>, play: impl FnOnce(&Counted) + 'static) -> thread::JoinHandle<()> {
    let counted = Arc::clone(counted);
    thread::spawn(move || play(&counted))
}

/// Rule 8: never more than there are.
fn three_hold(limit: usize) {
    most_orders(move || {
        let counted = Counted::new(limit, usize::MAX);
        let others = [5, 9].map(|priority| spawn(&counted, move |c| c.hold(c.wait(priority))));
        counted.hold(counted.wait(1));
        others.into_iter().for_each(|other| other.join().unwrap());
        counted.assert_all_back();
    });
}

#[test]
fn three_take_turns_with_one_permit() {
    three_hold(1);
}

#[test]
fn three_share_two_permits() {
    three_hold(2);
}

/// Rule 8: whoever waits is woken, and all are back at the end.
#[test]
fn whoever_waits_is_woken() {
    most_orders(|| {
        let counted = Counted::new(1, usize::MAX);
        let others = [5, 9].map(|priority| spawn(&counted, move |c| drop(c.wait(priority))));
        drop(counted.wait(1));
        others.into_iter().for_each(|other| other.join().unwrap());
        counted.assert_all_back();
    });
}

/// Rule 8: as above, with a fourth who waits.
#[test]
fn with_two_permits_and_four_threads_whoever_waits_is_woken() {
    some_orders(2, || {
        let counted = Counted::new(2, usize::MAX);
        let others = [5, 7, 9].map(|priority| spawn(&counted, move |c| drop(c.wait(priority))));
        drop(counted.wait(1));
        others.into_iter().for_each(|other| other.join().unwrap());
        counted.assert_all_back();
    });
}

/// Rule 8: whoever gives up, waiting or granted already, does not keep the permit from the next.
#[test]
fn one_who_gives_up_at_any_moment_holds_nobody_up() {
    most_orders(|| {
        let counted = Counted::new(1, usize::MAX);
        let held = counted.permits.try_acquire().unwrap();
        let waits = spawn(&counted, |c| drop(c.wait(9)));
        let gives_up = spawn(&counted, |c| drop(poll(&mut c.permits.acquire(1))));
        drop(held);
        waits.join().unwrap();
        gives_up.join().unwrap();
        counted.assert_all_back();
    });
}

/// Whoever finds nothing free and begins to wait just as the last permit comes back is given it: between the look
/// and the place in the queue there is no moment at which it passes them by.
#[test]
fn a_permit_that_comes_back_as_somebody_begins_to_wait_is_not_missed() {
    every_order(|| {
        let counted = Counted::new(1, usize::MAX);
        let held = counted.permits.try_acquire().unwrap();
        let waits = spawn(&counted, |c| c.hold(c.wait(5)));
        drop(held);
        waits.join().unwrap();
        counted.assert_all_back();
        assert!(!counted.permits.is_contended());
    });
}

/// As above, with two that come back at once and one who may leave in between: what one hands over is not handed
/// over again, and what nobody is left to take is free.
#[test]
fn two_permits_that_come_back_as_somebody_waits_or_leaves_are_both_there_after() {
    most_orders(|| {
        let counted = Counted::new(2, usize::MAX);
        let (one, two) = (counted.permits.try_acquire(), counted.permits.try_acquire());
        let leaves = spawn(&counted, |c| drop(poll(&mut c.permits.acquire(1))));
        let waits = spawn(&counted, |c| c.hold(c.wait(5)));
        drop(one);
        drop(two);
        leaves.join().unwrap();
        waits.join().unwrap();
        counted.assert_all_back();
        assert!(!counted.permits.is_contended());
    });
}

/// While somebody waits, what is given back is theirs, and nobody else comes by it.
#[test]
fn nobody_overtakes_who_waits() {
    every_order(|| {
        let counted = Counted::new(1, usize::MAX);
        let held = counted.permits.try_acquire().unwrap();
        let mut waits = counted.permits.acquire(9);
        assert!(poll(&mut waits).is_pending());
        let counted = &counted;
        let overtakes = spawn(counted, |c| assert!(c.permits.try_acquire().is_none()));
        drop(held);
        overtakes.join().unwrap();
        assert!(poll(&mut waits).is_ready());
        drop(waits);
        counted.assert_all_back();
    });
}

/// Whoever was moved to another task is woken there, even when the permit comes during the move.
#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    most_orders(|| {
        let counted = Counted::new(1, usize::MAX);
        let held = counted.permits.try_acquire().unwrap();
        let moves = spawn(&counted, |c| {
            let mut acquire = c.permits.acquire(5);
            if poll(&mut acquire).is_pending() {
                drop(block_on(acquire).unwrap());
            }
        });
        let waits = spawn(&counted, |c| drop(c.wait(5)));
        drop(held);
        moves.join().unwrap();
        waits.join().unwrap();
        counted.assert_all_back();
    });
}

/// Whoever finds the queue full is told so and takes nothing, and those inside are served.
#[test]
fn a_full_queue_refuses_and_loses_nothing() {
    most_orders(|| {
        let counted = Counted::new(1, 1);
        let play = |c: &Counted| drop(block_on(c.permits.acquire(5)));
        let others = [spawn(&counted, play), spawn(&counted, play)];
        play(&counted);
        others.into_iter().for_each(|other| other.join().unwrap());
        counted.assert_all_back();
    });
}

/// Whoever only looks in takes nothing from those who wait.
#[test]
fn one_who_does_not_wait_holds_nobody_up() {
    most_orders(|| {
        let counted = Counted::new(1, usize::MAX);
        let waits = spawn(&counted, |c| drop(c.wait(9)));
        let looks_in = spawn(&counted, |c| drop(c.permits.try_acquire()));
        drop(counted.wait(1));
        waits.join().unwrap();
        looks_in.join().unwrap();
        counted.assert_all_back();
    });
}
