//! A first call that is answered at once: the way most calls go, and so the one that has to cost nothing.
//!
//! A critic is called, and where it gives a future that is polled once, within one boundary for panics. What is a
//! valid opinion in time goes straight into its place. All else is put together as any other call, and goes on as
//! such.

use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tribunal_core::{
    Answer, Contained, CriticError, Opinion, Outcome, Panicked, Reason, RunEvent, Status, contain,
};
use tribunal_resilience::{Admitted, AdmittedCall, CallResult, Moment};

use crate::apart::Called;
use crate::attempt::{Execution, Ledger};
use crate::call::{About, InFlight, Spoken};
use crate::flight::{Flight, Work};
use crate::limit::{Carried, Handed, Short};
use crate::pending::Wait;
use crate::plan::index;

type Future<'r> = BoxFuture<'r, Result<Opinion, CriticError>>;

impl<'r> Execution<'r> {
    /// Makes the first call of a critic that is called in the run's own task, if nothing has to be waited for.
    /// `None` when its outcome is in its place; `clock` is then what is now.
    pub(crate) fn at_once(
        &self,
        clock: &mut Moment,
        carried: &mut Carried<'r>,
        out: &mut Outcome,
        cx: &mut Context<'_>,
    ) -> Option<Wait<'r>> {
        let (node, now) = (self.node, *clock);
        let mut admitted = None;
        if let Some(breaker) = &node.breaker {
            admitted = breaker.try_admit(now);
            if admitted.is_none() {
                return self.by_and_by(clock, carried, out);
            }
        }
        if self.scope.deadline.is_over(now) {
            return self.by_and_by(clock, carried, out);
        }
        match self.try_take_here(now, carried) {
            Ok(critic) => self.call_at_once(&mut admitted, critic, clock, carried, out, cx),
            Err(Short::Tokens(tokens)) => Some(self.in_queue(tokens, now)),
            Err(Short::TooLate(wait)) => {
                self.close(&mut Ledger::new(now), Err(Reason::RateLimited { wait }), out);
                None
            }
        }
    }

    fn call_at_once(
        &self,
        admitted: &mut Option<AdmittedCall<'r>>,
        critic: Option<Admitted<'r>>,
        clock: &mut Moment,
        carried: &mut Carried<'r>,
        out: &mut Outcome,
        cx: &mut Context<'_>,
    ) -> Option<Wait<'r>> {
        let (node, started) = (self.node, *clock);
        carried.first_calls += u32::from(node.retry.attempts > 1);
        if let Some(hedging) = &node.hedging {
            hedging.budget.deposit();
        }
        let observers = &self.scope.court.observers;
        if !observers.is_empty() {
            observers.tell(RunEvent::CriticStarted { critic: self.info, attempt: 1 });
        }
        // All outside of the boundary: the future is not to be dropped while a panic passes by, since a second one
        // would end the process, and an answer is one although what gave it panics while it is dropped. An opinion
        // goes straight to its place, where nobody looks before it has been found valid.
        let mut future: Option<Future<'r>> = None;
        let mut error = None;
        let opinion = &mut out.opinion;
        let mut answer = |answer: Result<Opinion, CriticError>| match answer {
            Ok(said) => *opinion = Some(said),
            Err(failed) => error = Some(failed),
        };
        let polled = contain(|| match node.critic.review(self.scope.view(node)) {
            Answer::Now(now) => answer(now),
            Answer::Later(later) => {
                if let Poll::Ready(now) = future.insert(later).as_mut().poll(cx) {
                    answer(now);
                    future = None;
                }
            }
        });
        let now = Moment::now();
        *clock = now;
        if self.agrees(started, now, out) {
            critic.into_iter().for_each(|critic| critic.done_at(now));
            if let Some(admitted) = admitted.take() {
                admitted.report(CallResult::Success, now);
            }
            return None;
        }
        let called: Called = match (out.opinion.take(), error, polled) {
            (Some(opinion), ..) => Ok(Ok(opinion)),
            (None, Some(error), _) => Ok(Err(error)),
            (None, None, Err(Panicked)) => {
                // A panic while it is dropped stays inside too.
                drop(future.take().map(Contained::new));
                Err(Panicked)
            }
            (None, None, Ok(())) => {
                self.run().note_call(self.place, 1, started);
                let handed = carried.hand_over(critic);
                return self.goes_on(Contained::new(future?), handed, admitted.take(), started);
            }
        };
        critic.into_iter().for_each(|critic| critic.done_at(now));
        self.run().note_call(self.place, 1, started);
        self.first_answer(self.about(admitted.take(), started), called, now, out)
    }

    /// A first call has been polled, and has to be waited for.
    #[inline]
    fn goes_on(
        &self,
        work: Work<'r>,
        handed: Handed<'r>,
        admitted: Option<AdmittedCall<'r>>,
        started: Moment,
    ) -> Option<Wait<'r>> {
        let (place, deadline) = (index(self.place), self.deadline(started));
        let flight = Flight::new(place, work, handed, admitted, started, deadline);
        if self.node.hedging.is_none() {
            return Some(Wait::Flight(flight));
        }
        flight.into_call().map(|call| self.in_flight(Box::new(call)))
    }

    /// A first call that had to be waited for has just given an opinion, which is in its place. `false` when more has to
    /// be said about it; then nothing has changed.
    #[inline]
    pub(crate) fn land(&self, flight: &mut Flight<'r>, now: Moment, out: &mut Outcome) -> bool {
        let fine = self.agrees(flight.started, now, out);
        if fine {
            flight.succeed(now);
        }
        fine
    }

    /// A first call that had to be waited for has ended in any other way, or was not made in the run's own task.
    #[inline(never)]
    pub(crate) fn land_hard(
        &self,
        call: InFlight<'r>,
        spoken: Spoken,
        now: Moment,
        out: &mut Outcome,
    ) -> Option<Wait<'r>> {
        let called = match spoken {
            Ok(Ok(())) => out.opinion.take().map_or(Err(Panicked), |opinion| Ok(Ok(opinion))),
            Ok(Err(error)) => Ok(Err(error)),
            Err(Panicked) => Err(Panicked),
        };
        self.first_answer(call.ended(now), called, now, out)
    }

    /// The time of a first call is up.
    #[inline(never)]
    pub(crate) fn land_late(
        &self,
        call: InFlight<'r>,
        clock: &mut Moment,
        out: &mut Outcome,
    ) -> Option<Wait<'r>> {
        let mut ledger = Ledger::of_first_call(call.about().started);
        let miss = self.overdue(&mut ledger, call);
        *clock = ledger.clock;
        self.answered(ledger, Err(miss), out)
    }

    /// Whether there is an opinion, in time and with nothing to be said against it. Then its outcome is in its place.
    #[inline(always)]
    fn agrees(&self, started: Moment, now: Moment, out: &mut Outcome) -> bool {
        let (node, took) = (self.node, now.nanos_since(started));
        let Some(said) = &out.opinion else { return false };
        let fine = took < node.timeout_nanos
            && !self.scope.deadline.is_over(now)
            && node.plainly.is_met(said);
        if fine {
            if let Some(hedging) = &node.hedging {
                hedging.note(Duration::from_nanos(took));
            }
            out.cost = said.cost.unwrap_or(self.info.cost);
            out.status = Status::Success;
            out.attempts = 1;
            out.took_nanos(took);
            out.begin_at_nanos(started.nanos_since(self.run().called));
        }
        fine
    }

    /// The first call has ended, and there is more to be said about it.
    fn first_answer(
        &self,
        about: About<'r>,
        called: Called,
        now: Moment,
        out: &mut Outcome,
    ) -> Option<Wait<'r>> {
        let mut ledger = Ledger::of_first_call(about.started);
        let read = self.read_at(&mut ledger, about, called, now);
        self.answered(ledger, read, out)
    }
}
