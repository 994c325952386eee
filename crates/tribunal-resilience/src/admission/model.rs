//! Every order of steps of a few threads that come in, wait, give up, leave, hand back and close.
//!
//! A waiter whom nobody wakes makes loom fail with a deadlock.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Moment;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use loom::thread;

use super::{Adaptation, AdaptiveLimit, Admission, Admitted, Refused};
use crate::model::{block_on, every_order, most_orders, some_orders};

/// An admission, and how many are in as far as those who are in know.
struct Counted {
    admission: Admission,
    most: usize,
    far: Moment,
    inside: AtomicUsize,
}

impl Counted {
    fn new(limit: usize, most_waiting: usize) -> Arc<Self> {
        let admission = Admission::new(NonZeroUsize::new(limit).unwrap(), most_waiting);
        Self::of(admission, limit)
    }

    fn of(admission: Admission, most: usize) -> Arc<Self> {
        let far = Moment::now() + Duration::from_secs(3_600);
        Arc::new(Self { admission, most, far, inside: AtomicUsize::new(0) })
    }

    fn enter(&self) -> Result<Admitted<'_>, Refused> {
        block_on(self.admission.enter(self.far))
    }

    fn stay<'a>(&'a self, end: impl FnOnce(Admitted<'a>)) {
        let place = self.enter().unwrap();
        let others = self.inside.fetch_add(1, SeqCst);
        assert!(others < self.most, "more in than may be");
        self.inside.fetch_sub(1, SeqCst);
        end(place);
    }

    /// Looks in once, and gives up if it would have to wait.
    fn look_in(&self) {
        let mut enter = self.admission.enter(self.far);
        let seen = Pin::new(&mut enter).poll(&mut Context::from_waker(Waker::noop()));
        drop(seen);
        drop(enter);
    }

    fn assert_nobody_is_in(&self) {
        assert_eq!((self.admission.inside(), self.admission.waiting()), (0, 0));
    }
}

fn spawn(counted: &Arc<Counted>, play: impl FnOnce(&Counted) + 'static) -> thread::JoinHandle<()> {
    let counted = Arc::clone(counted);
    thread::spawn(move || play(&counted))
}

fn all(counted: &Arc<Counted>, plays: impl IntoIterator<Item = fn(&Counted)>) {
    let mut plays = plays.into_iter();
    let own = plays.next();
    let others: Vec<_> = plays.map(|play| spawn(counted, play)).collect();
    if let Some(own) = own {
        own(counted);
    }
    others.into_iter().for_each(|other| other.join().unwrap());
    counted.assert_nobody_is_in();
}

fn in_and_out(counted: &Counted) {
    drop(counted.enter().unwrap());
}

/// Rule 8: never more than may be, however a stay ends.
fn three_stay(limit: usize) {
    most_orders(move || {
        let counted = Counted::new(limit, usize::MAX);
        all(
            &counted,
            [
                |c: &Counted| c.stay(Admitted::done),
                |c| c.stay(Admitted::hand_back),
                |c| c.stay(|place| drop(place)),
            ] as [fn(&Counted); 3],
        );
    });
}

#[test]
fn three_take_turns_with_one_place() {
    three_stay(1);
}

#[test]
fn three_share_two_places() {
    three_stay(2);
}

/// Rule 8: whoever waits is let in, and nobody is in at the end.
#[test]
fn whoever_waits_is_let_in() {
    most_orders(|| all(&Counted::new(1, usize::MAX), [in_and_out as fn(&Counted); 3]));
}

/// Rule 8: as above, with a fourth.
#[test]
fn with_two_places_and_four_threads_whoever_waits_is_let_in() {
    some_orders(1, || all(&Counted::new(2, usize::MAX), [in_and_out as fn(&Counted); 4]));
}

/// Rule 8: whoever gives up, waiting or let in already, does not keep the place from the next.
#[test]
fn one_who_gives_up_at_any_moment_holds_nobody_up() {
    most_orders(|| {
        let counted = Counted::new(1, usize::MAX);
        let held = counted.enter().unwrap();
        let waits = spawn(&counted, in_and_out);
        let gives_up = spawn(&counted, Counted::look_in);
        held.hand_back();
        waits.join().unwrap();
        gives_up.join().unwrap();
        counted.assert_nobody_is_in();
    });
}

/// Whoever finds no room and begins to wait just as the last place comes free without the lock is let in.
#[test]
fn a_place_that_comes_free_as_somebody_begins_to_wait_is_not_missed() {
    every_order(|| {
        let counted = Counted::new(1, usize::MAX);
        let held = counted.admission.try_enter(counted.far).unwrap();
        let waits = spawn(&counted, |c| c.stay(Admitted::done));
        held.done_at(counted.far);
        waits.join().unwrap();
        counted.assert_nobody_is_in();
    });
}

/// Rule 8: those who come in and leave without the lock, beside one who waits and one who asks who is in: never more
/// than may be, and nobody overtakes who waits.
#[test]
fn with_and_without_the_lock_there_is_one_number() {
    most_orders(|| {
        let counted = Counted::new(1, usize::MAX);
        all(
            &counted,
            [
                |c: &Counted| c.stay(Admitted::done),
                |c| {
                    if let Some(place) = c.admission.try_enter(c.far) {
                        assert_eq!(c.inside.fetch_add(1, SeqCst), 0, "more in than may be");
                        c.inside.fetch_sub(1, SeqCst);
                        place.done_at(c.far);
                    }
                },
                |c| assert!(c.admission.inside() + c.admission.waiting() <= 2),
            ] as [fn(&Counted); 3],
        );
    });
}

/// Whoever was moved to another task is woken there, even when the turn comes during the move.
#[test]
fn the_last_waker_is_the_one_that_is_woken() {
    most_orders(|| {
        let counted = Counted::new(1, usize::MAX);
        let held = counted.enter().unwrap();
        let moves = spawn(&counted, |c| {
            let mut enter = c.admission.enter(c.far);
            match Pin::new(&mut enter).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Pending => drop(block_on(enter).unwrap()),
                Poll::Ready(place) => drop(place),
            }
        });
        let waits = spawn(&counted, in_and_out);
        drop(held);
        moves.join().unwrap();
        waits.join().unwrap();
        counted.assert_nobody_is_in();
    });
}

/// Rule 10: whoever finds the queue full is told so, and those inside and in it are served.
#[test]
fn a_full_queue_refuses_and_loses_nothing() {
    most_orders(|| {
        let play: fn(&Counted) = |c| match c.enter() {
            Ok(place) => place.done(),
            Err(refused) => assert!(matches!(refused, Refused::Full { .. })),
        };
        all(&Counted::new(1, 1), [play; 3]);
    });
}

/// Whoever waits when it closes is told so, whoever is in stays in, and nobody waits for ever.
#[test]
fn closing_leaves_nobody_waiting() {
    most_orders(|| {
        let play: fn(&Counted) = |c| match c.enter() {
            Ok(place) => place.done(),
            Err(refused) => assert_eq!(refused, Refused::Closed),
        };
        let counted = Counted::new(1, usize::MAX);
        all(&counted, [play, play, |c| c.admission.close()]);
        assert_eq!(counted.enter().unwrap_err(), Refused::Closed);
    });
}

/// A limit that moves lets in never more than its ceiling, and whoever waits is let in.
#[test]
fn a_limit_that_moves_loses_nobody() {
    most_orders(|| {
        let target = Duration::from_secs(1);
        let settings = AdaptiveLimit::new(1, 2, Adaptation::Aimd { target }).unwrap();
        let counted = Counted::of(Admission::adaptive(settings, usize::MAX), 2);
        all(
            &counted,
            [
                |c: &Counted| c.stay(Admitted::done),
                |c| c.stay(Admitted::late),
                |c| c.stay(Admitted::done),
            ] as [fn(&Counted); 3],
        );
    });
}
