//! Critics of a stage that have to be waited for: polled when their run is, and cut off by one timer for all.
//!
//! A call that goes on lies here without a timer of its own. What takes more than one call, or more than waiting for
//! one, is a future with timers of its own: queues, retries, hedges, hooks. Start at [`Pending::poll`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, Stream};
use tokio::task::coop::has_budget_remaining;
use tokio::task::unconstrained;
use tokio::time::{Sleep, sleep_until};
use tribunal_core::{Opinion, Outcome};
use tribunal_resilience::Moment;

use crate::call::{InFlight, Spoken};
use crate::flight::Flight;

/// What has timers of its own: gives a place and its outcome.
pub(crate) type Later<'r> = BoxFuture<'r, (usize, Outcome)>;

/// A wait that is over.
pub(crate) enum Ended {
    /// A first call has answered. [`Pending::ended`] has it.
    Answered(Spoken),
    /// The time of a first call is up. [`Pending::ended`] has it.
    Overdue,
    /// The critic of this place has its outcome.
    Whole(usize),
}

/// What came of a wait that is over, for what is too large to be handed on by everybody in between.
#[derive(Default)]
pub(crate) struct Landed {
    /// With [`Ended::Answered`], if that is what it said.
    pub(crate) opinion: Option<Opinion>,
    /// With [`Ended::Whole`].
    pub(crate) outcome: Option<Outcome>,
}

/// What one critic is waited for.
pub(crate) enum Wait<'r> {
    /// For its first call, in the run's own task.
    Flight(Flight<'r>),
    /// For its first call, elsewhere; and whose it is.
    Call(usize, Box<InFlight<'r>>),
    Later(Later<'r>),
    /// For nothing any more.
    Over,
}

impl<'r> Wait<'r> {
    /// The first call that is waited for, as any other.
    pub(crate) fn into_call(self) -> Option<Box<InFlight<'r>>> {
        match self {
            Self::Flight(flight) => flight.into_call().map(Box::new),
            Self::Call(_, call) => Some(call),
            Self::Later(_) | Self::Over => None,
        }
    }

    /// Whose first call is waited for.
    #[inline]
    pub(crate) const fn place(&self) -> Option<usize> {
        match self {
            Self::Flight(flight) => Some(flight.place()),
            Self::Call(place, _) => Some(*place),
            Self::Later(_) | Self::Over => None,
        }
    }

    /// When its time is up, if it has no timer of its own.
    fn deadline(&self) -> Option<Moment> {
        match self {
            Self::Flight(flight) => Some(flight.until),
            Self::Call(_, call) => Some(call.about().deadline.at()),
            Self::Later(_) | Self::Over => None,
        }
    }

    /// One that is over is pending for ever.
    #[inline]
    fn poll(&mut self, landed: &mut Landed, cx: &mut Context<'_>) -> Poll<Ended> {
        match self {
            Self::Flight(flight) => flight.poll_into(&mut landed.opinion, cx).map(Ended::Answered),
            Self::Call(_, call) => call.poll_into(&mut landed.opinion, cx).map(Ended::Answered),
            Self::Later(later) => {
                let (place, outcome) = ready!(later.as_mut().poll(cx));
                landed.outcome = Some(outcome);
                *self = Self::Over;
                Poll::Ready(Ended::Whole(place))
            }
            Self::Over => Poll::Pending,
        }
    }
}

/// A wait among many, which is taken out when it is over.
struct OneOfMany<'r>(Option<Box<Wait<'r>>>);

impl<'r> Future for OneOfMany<'r> {
    type Output = (Ended, Landed, Option<Box<Wait<'r>>>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut landed = Landed::default();
        let Some(wait) = &mut self.0 else { return Poll::Pending };
        let ended = ready!(wait.poll(&mut landed, cx));
        Poll::Ready((ended, landed, self.0.take()))
    }
}

/// So many are polled each time, whoever of them woke the run: that costs less than to find out who it was.
const FEW: usize = 30;

/// All who are waited for.
pub(crate) struct Pending<'r> {
    all: All<'r>,
    /// How many are not over.
    left: usize,
    /// The deadline that is next, of those that have no timer.
    next: Option<Moment>,
}

enum All<'r> {
    Few(Few<'r>),
    Many(Many<'r>),
}

/// Polled one after the other, round and round.
struct Few<'r> {
    waits: Vec<Wait<'r>>,
    /// Whose turn it is.
    turn: usize,
    /// How many have not been polled this time.
    left: usize,
    /// Which one has ended last.
    ended: usize,
}

/// Only those are polled that have been woken.
#[derive(Default)]
struct Many<'r> {
    waits: FuturesUnordered<OneOfMany<'r>>,
    /// The one that has ended last.
    ended: Option<Box<Wait<'r>>>,
}

/// The timer of a run. What it was set for by one stage mostly does for the next: to be woken too early once costs less
/// than to be set again each time.
pub(crate) struct Alarm<'a>(pub(crate) Pin<&'a mut Option<Sleep>>);

impl Alarm<'_> {
    fn poll(&mut self, until: Moment, cx: &mut Context<'_>) -> Poll<()> {
        let until = until.instant();
        if self.0.is_none() {
            self.0.set(Some(sleep_until(until)));
        }
        let Some(mut sleep) = self.0.as_mut().as_pin_mut() else { return Poll::Pending };
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        ready!(ring(sleep.as_mut(), cx));
        if sleep.deadline() < until {
            sleep.as_mut().reset(until);
            ready!(ring(sleep.as_mut(), cx));
        }
        Poll::Ready(())
    }
}

/// Also when a critic that is always busy has used up what the task may do before it has to give way: it could keep
/// the timer from being seen for ever.
fn ring(sleep: Pin<&mut Sleep>, cx: &mut Context<'_>) -> Poll<()> {
    Pin::new(&mut unconstrained(sleep)).poll(cx)
}

impl<'r> Pending<'r> {
    /// Nobody yet, of so many at most.
    pub(crate) fn of(critics: usize) -> Self {
        let all = match critics <= FEW {
            true => {
                All::Few(Few { waits: Vec::with_capacity(critics), turn: 0, left: 0, ended: 0 })
            }
            false => All::Many(Many::default()),
        };
        Self { all, left: 0, next: None }
    }

    #[inline]
    pub(crate) fn push(&mut self, wait: Wait<'r>) {
        self.left += 1;
        self.next = earlier(self.next, wait.deadline());
        match &mut self.all {
            All::Few(few) => few.push(wait),
            All::Many(many) => many.waits.push(OneOfMany(Some(Box::new(wait)))),
        }
    }

    /// The run has been woken, by any of them.
    pub(crate) fn woken(&mut self) {
        if let All::Few(few) = &mut self.all {
            few.left = few.waits.len();
        }
    }

    /// One that is over: by an answer, or because its time is up. `None` when nobody is left.
    pub(crate) fn poll(
        &mut self,
        landed: &mut Landed,
        alarm: &mut Alarm<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Ended>> {
        loop {
            if self.left == 0 {
                return Poll::Ready(None);
            }
            if let Some(ended) = self.all.poll(landed, cx) {
                self.left -= 1;
                return Poll::Ready(Some(ended));
            }
            let Some(next) = self.next else { return Poll::Pending };
            ready!(alarm.poll(next, cx));
            if self.all.overdue(Moment::now()) {
                self.left -= 1;
                return Poll::Ready(Some(Ended::Overdue));
            }
            self.next = self.all.deadlines();
        }
    }

    /// The one that has just ended, where it lies.
    #[inline]
    pub(crate) fn ended(&mut self) -> Option<&mut Wait<'r>> {
        self.all.ended()
    }
}

impl<'r> All<'r> {
    /// The next answer, of those that have not been asked yet.
    #[inline]
    fn poll(&mut self, landed: &mut Landed, cx: &mut Context<'_>) -> Option<Ended> {
        match self {
            All::Few(few) => few.poll(landed, cx),
            All::Many(many) => many.poll(landed, cx),
        }
    }

    /// The one that has ended last.
    #[inline]
    fn ended(&mut self) -> Option<&mut Wait<'r>> {
        match self {
            All::Few(few) => few.waits.get_mut(few.ended),
            All::Many(many) => many.ended.as_deref_mut(),
        }
    }

    /// Whether there is one whose time is up. Then it has ended.
    fn overdue(&mut self, now: Moment) -> bool {
        let is_overdue = |wait: &Wait<'_>| wait.deadline().is_some_and(|deadline| deadline <= now);
        match self {
            All::Few(few) => {
                let late = few.waits.iter().position(is_overdue);
                late.inspect(|late| few.ended = *late).is_some()
            }
            All::Many(many) => {
                let late =
                    many.waits.iter_mut().find(|wait| wait.0.as_deref().is_some_and(is_overdue));
                many.ended = late.and_then(|late| late.0.take());
                many.ended.is_some()
            }
        }
    }

    /// The next deadline of those without a timer.
    fn deadlines(&self) -> Option<Moment> {
        match self {
            All::Few(few) => few.waits.iter().map(Wait::deadline).fold(None, earlier),
            All::Many(many) => {
                let waits = many.waits.iter().filter_map(|wait| wait.0.as_deref());
                waits.map(Wait::deadline).fold(None, earlier)
            }
        }
    }
}

impl<'r> Few<'r> {
    #[inline]
    fn push(&mut self, wait: Wait<'r>) {
        // A call in the run's own task has been, when it began.
        let polled = matches!(&wait, Wait::Flight(_));
        self.waits.push(wait);
        // In the middle of a round its turn would be counted as that of another, who would be left out.
        if !polled || self.left > 0 {
            self.left = self.waits.len();
        }
    }

    fn poll(&mut self, landed: &mut Landed, cx: &mut Context<'_>) -> Option<Ended> {
        while let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            let Some(wait) = self.waits.get_mut(self.turn) else {
                self.turn = 0;
                self.left += 1;
                continue;
            };
            self.ended = self.turn;
            self.turn += 1;
            if let Poll::Ready(ended) = wait.poll(landed, cx) {
                return Some(ended);
            }
            if !has_budget_remaining() {
                // It has used up what the task may do before it has to give way: the others come first next time.
                self.left = 0;
                cx.waker().wake_by_ref();
            }
        }
        None
    }
}

impl Many<'_> {
    fn poll(&mut self, landed: &mut Landed, cx: &mut Context<'_>) -> Option<Ended> {
        match Pin::new(&mut self.waits).poll_next(cx) {
            Poll::Ready(Some((ended, what, wait))) => {
                *landed = what;
                self.ended = wait;
                Some(ended)
            }
            Poll::Ready(None) | Poll::Pending => None,
        }
    }
}

fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
