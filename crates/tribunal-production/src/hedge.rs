//! A second call beside a slow one: the first valid answer of the two counts, and the other is cancelled.
//!
//! Only a call that is in flight is hedged, and only with what is there at once: a hedge never waits. Both
//! calls are one attempt, with one deadline.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use tokio::time::timeout_at;
use tribunal_core::{CallEnd, RunEvent, seeded};
use tribunal_resilience::{AdmittedCall, Moment};

use crate::apart::Called;
use crate::attempt::{Execution, Ledger, Miss};
use crate::call::{About, Call, InFlight};
use crate::plan::Hedging;
use crate::validate::Valid;

/// Which of two calls answered.
enum Which {
    First(Called),
    Second(Called),
}

impl<'r> Execution<'r> {
    /// Waits for a call, and begins another one beside it when it turns out to be slow.
    pub(crate) async fn wait_hedged(
        &self,
        ledger: &mut Ledger,
        first: Box<InFlight<'r>>,
        hedging: &Hedging,
    ) -> Result<Valid, Miss> {
        let (before, started) = (ledger.execution, first.about().started);
        let result = self.hedged(ledger, first, hedging).await;
        // The time of two calls at once counts once.
        let span = ledger.clock.since(started);
        ledger.execution = before.saturating_add(span);
        result
    }

    async fn hedged(
        &self,
        ledger: &mut Ledger,
        mut first: Box<InFlight<'r>>,
        hedging: &Hedging,
    ) -> Result<Valid, Miss> {
        let (started, deadline) = (first.about().started, first.about().deadline);
        let slow = hedging.delay().map(|delay| started + delay);
        let Some(slow) = slow.filter(|slow| *slow < deadline.at()) else {
            return self.wait(ledger, first).await;
        };
        if let Ok(called) = timeout_at(slow.instant(), &mut first).await {
            return self.take(ledger, *first, called);
        }
        match self.second(ledger, hedging, first.about()) {
            Some(Call::InFlight(second)) => self.race(ledger, first, second).await,
            Some(Call::Answered(Ok(valid))) => {
                self.lose(ledger, first);
                Ok(valid)
            }
            Some(Call::Answered(Err(miss))) if miss.reason.objected().is_some() => {
                self.lose(ledger, first);
                Err(miss)
            }
            Some(Call::Answered(Err(_))) | None => self.wait(ledger, first).await,
        }
    }

    /// Begins the second call, if every limit has room for it now.
    fn second(
        &self,
        ledger: &mut Ledger,
        hedging: &Hedging,
        first: &About<'_>,
    ) -> Option<Call<'r>> {
        let now = Moment::now();
        // Both are one attempt: its time is that of the first.
        if first.deadline.is_over(now) || self.not_broken(now).is_err() {
            return None;
        }
        let held = self.try_permits(now)?;
        let Some(admitted) = self.paid_for(hedging, now) else {
            held.hand_back();
            return None;
        };
        if !self.take_tokens(now) {
            hedging.budget.put_back();
            self.run().budget.give_back(self.info.cost, self.info.mode);
            held.hand_back();
            return None;
        }
        let after = now.since(first.started);
        self.run().court.observers.tell(RunEvent::Hedging { critic: self.info, after });
        ledger.hedges += 1;
        self.run().note_hedge(self.place, ledger.hedges);
        let about = self.about(admitted, now).beside(first);
        Some(self.call(ledger, held, about))
    }

    /// Whether the breaker lets a second call through, and there is a hedge and the money left for it.
    fn paid_for(&self, hedging: &Hedging, now: Moment) -> Option<Option<AdmittedCall<'r>>> {
        let admitted = self.let_through(now).ok()?;
        let (cost, mode) = (self.info.cost, self.info.mode);
        if !self.run().budget.reserve(cost, mode) {
            return None;
        }
        if hedging.budget.withdraw(now) || seeded!(HedgedTooOften) {
            return Some(admitted);
        }
        self.run().budget.give_back(cost, mode);
        None
    }

    /// Both are at work. The first wins a tie, so that the same times give the same report.
    async fn race(
        &self,
        ledger: &mut Ledger,
        mut first: Box<InFlight<'r>>,
        mut second: Box<InFlight<'r>>,
    ) -> Result<Valid, Miss> {
        let deadline = first.about().deadline.at();
        let either = poll_fn(|cx| {
            if let Poll::Ready(called) = Pin::new(&mut first).poll(cx) {
                return Poll::Ready(Which::First(called));
            }
            Pin::new(&mut second).poll(cx).map(Which::Second)
        });
        let (called, winner, loser) = match timeout_at(deadline.instant(), either).await {
            Err(_) => {
                self.overdue(ledger, *second);
                return Err(self.overdue(ledger, *first));
            }
            Ok(Which::First(called)) => (called, first, second),
            Ok(Which::Second(called)) => (called, second, first),
        };
        match self.take(ledger, *winner, called) {
            Ok(valid) => {
                self.lose(ledger, loser);
                Ok(valid)
            }
            // What was objected to stays so, also when the other call has nothing to say against it.
            Err(miss) if miss.reason.objected().is_some() => {
                self.lose(ledger, loser);
                Err(miss)
            }
            Err(_) => self.wait(ledger, loser).await,
        }
    }

    /// Cancels a call that is no longer needed. It is paid for, and says nothing about the critic.
    fn lose(&self, ledger: &mut Ledger, flight: Box<InFlight<'r>>) {
        let (started, hedge) = (flight.about().started, flight.about().hedge);
        match seeded!(LoserGoesOn) {
            true => std::mem::forget(flight),
            false => drop(flight),
        }
        self.charge(ledger, None);
        self.note_end(ledger, started, hedge, CallEnd::Cancelled);
    }
}
