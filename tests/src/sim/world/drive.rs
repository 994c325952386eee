//! One run, from its arrival to its end, and its caller who may go away.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tribunal_core::Report;
use tribunal_production::{ProductionOrchestrator, RunError};

use super::REST;
use super::service::{Seat, Service};
use crate::sim::case::{Cancel, RunCase};
use crate::sim::marks::Mark;
use crate::sim::watch::{End, Watch};

/// Puts a run before whichever orchestrator is current when it arrives. Gives which that was, and
/// how it ended.
pub(super) async fn drive(service: &Service, run: usize, begun: Instant) -> (usize, End) {
    let own = service.case.runs[run];
    if !own.arrives.is_zero() {
        sleep_until(begun + own.arrives).await;
    }
    let at = service.current();
    let seat = service.seat(at);
    seat.watch.lock().marks.hit_if(at > 0, Mark::BeginsOnTheNew);
    let end = put_before(&seat, run, own).await;
    (at, end)
}

/// Puts a run before an orchestrator.
pub(super) async fn put_before(seat: &Seat, run: usize, own: RunCase) -> End {
    let Seat { court, watch } = seat;
    let cancel_at = match own.cancel {
        Cancel::After(span) => Some(Box::pin(sleep(span))),
        Cancel::Never | Cancel::AfterPolls(_) => None,
    };
    let polls_left = match own.cancel {
        Cancel::AfterPolls(polls) => Some(polls),
        Cancel::Never | Cancel::After(_) => None,
    };
    let end = Driven {
        court,
        watch,
        run,
        inner: Some(Box::pin(court.run_all(own.snapshot(run)))),
        polls_left,
        cancel_at,
        watchdog: Box::pin(sleep(REST / 2)),
        fresh: true,
    }
    .await;
    watch.ended(run, &end);
    end
}

/// The future of a run: polled under the eyes of the watch, and dropped when its caller goes away.
struct Driven<'w> {
    court: &'w ProductionOrchestrator,
    watch: &'w Watch,
    run: usize,
    inner: Option<BoxFuture<'w, Result<Report, RunError>>>,
    polls_left: Option<u32>,
    cancel_at: Option<Pin<Box<Sleep>>>,
    watchdog: Pin<Box<Sleep>>,
    fresh: bool,
}

impl Driven<'_> {
    fn cancel(&mut self) -> Poll<End> {
        self.watch.enter(self.run);
        self.watch.lock().about_to_drop(&self.watch.case, self.run);
        self.inner = None;
        self.watch.leave();
        Poll::Ready(End::Dropped)
    }
}

impl Future for Driven<'_> {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        let this = &mut *self;
        let gone = this.cancel_at.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready());
        if gone || this.polls_left == Some(0) {
            return this.cancel();
        }
        let Some(inner) = &mut this.inner else { return Poll::Ready(End::Stuck) };
        this.watch.enter(this.run);
        let polled = inner.as_mut().poll(cx);
        this.watch.leave();
        match polled {
            Poll::Ready(Ok(report)) => return Poll::Ready(End::Report(Box::new(report))),
            Poll::Ready(Err(error)) => return Poll::Ready(End::Refused(error)),
            Poll::Pending => {}
        }
        if std::mem::take(&mut this.fresh) {
            let (metrics, case) = (this.court.metrics(), &this.watch.case);
            let (running, queued) = (metrics.in_flight, metrics.queued);
            let held = running <= case.max_runs && queued <= case.max_queued;
            this.watch.check("I23", held, || {
                format!(
                    "{running} runs of {}, {queued} queued of {}",
                    case.max_runs, case.max_queued
                )
            });
        }
        if let Some(left) = &mut this.polls_left {
            *left -= 1;
            if *left == 0 {
                return this.cancel();
            }
        }
        match this.watchdog.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(End::Stuck),
            Poll::Pending => Poll::Pending,
        }
    }
}
