//! A first call that is answered at once: the way most calls go, and so the one that has to cost nothing.
//!
//! A critic is called, and where it gives a future that is polled once, within one boundary for panics. What is a
//! valid opinion in time goes straight into its place. All else is put together as any other call, and goes on as
//! such.

use std::task::{Context, Poll};

use futures_core::future::BoxFuture;
use tokio::time::Instant;
use tribunal_core::{
    Answer, Contained, CriticError, Opinion, Outcome, Panicked, RunEvent, Status, TimeoutLevel,
    contain,
};
use tribunal_resilience::{AdmittedCall, CallResult, Deadline};

use crate::apart::Called;
use crate::attempt::{Execution, Ledger};
use crate::call::{About, Call, InFlight};
use crate::limit::{Carried, Held};
use crate::validate::is_plainly_valid;

type Future<'r> = BoxFuture<'r, Result<Opinion, CriticError>>;

impl<'r> Execution<'r> {
    /// Makes the first call. `None` when its outcome is in its place; `clock` is then what is now.
    pub(crate) fn call_at_once(
        &self,
        ledger: &mut Ledger,
        held: Held<'r>,
        clock: &mut Instant,
        carried: &mut Carried<'r>,
        out: &mut Outcome,
        cx: &mut Context<'_>,
    ) -> Option<Call<'r>> {
        let (node, started) = (self.limits.node, *clock);
        let admitted = match self.let_through(started) {
            Ok(admitted) => admitted,
            Err(miss) => {
                held.hand_back();
                return Some(Call::Answered(Err(miss)));
            }
        };
        self.begin_attempt(ledger);
        ledger.calls = 1;
        self.run.note_call(self.place, 1);
        let observers = &self.run.court.observers;
        if !observers.is_empty() {
            observers.tell(RunEvent::CriticStarted { critic: self.info, attempt: 1 });
        }
        // Both outside of the boundary: the future is not to be dropped while a panic passes by, since a second one
        // would end the process, and an answer is one although what gave it panics while it is dropped.
        let mut future: Option<Future<'r>> = None;
        let mut answer = None;
        let polled = contain(|| match node.critic.review(self.view()) {
            Answer::Now(now) => answer = Some(now),
            Answer::Later(later) => {
                if let Poll::Ready(now) = future.insert(later).as_mut().poll(cx) {
                    answer = Some(now);
                    future = None;
                }
            }
        });
        let called: Called = match (answer, polled) {
            (Some(answer), _) => Ok(answer),
            (None, Err(Panicked)) => {
                // A panic while it is dropped stays inside too.
                drop(future.map(Contained::new));
                Err(Panicked)
            }
            (None, Ok(())) => {
                let about = self.about(admitted, started);
                return Some(Call::InFlight(InFlight::here(Contained::new(future?), held, about)));
            }
        };
        let now = Instant::now();
        let took = now.saturating_duration_since(started);
        match called {
            Ok(Ok(opinion))
                if took < node.timeout
                    && !self.limits.deadline.is_over(now)
                    && is_plainly_valid(&node.validation, &opinion) =>
            {
                held.done_after(took, carried);
                if let Some(admitted) = admitted {
                    admitted.report(CallResult::Success, now);
                }
                if let Some(hedging) = &node.hedging {
                    hedging.note(took);
                }
                let stated = opinion.cost.filter(|cost| *cost >= 0.0 && cost.is_finite());
                out.cost = stated.unwrap_or(self.info.cost);
                out.status = Status::Success;
                out.opinion = Some(opinion);
                out.attempts = 1;
                out.execution = took;
                *clock = now;
                None
            }
            called => {
                held.done_after(took, carried);
                let about = self.about(admitted, started);
                Some(Call::Answered(self.read_at(ledger, about, called, now)))
            }
        }
    }

    fn about(&self, admitted: Option<AdmittedCall<'r>>, started: Instant) -> About<'r> {
        let own = Deadline::after(started, self.limits.node.timeout, TimeoutLevel::Critic);
        About::new(admitted, started, own.within(self.limits.deadline))
    }
}
