//! Stopping gracefully: nobody new, time for those who are in, and a cut for those who need longer.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};
use tribunal_core::seeded;

use crate::admit::Door;

/// What came of stopping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shutdown {
    /// Runs that were going on and ended by themselves.
    pub ended: usize,
    /// Runs that were cancelled at the deadline; their callers got [`crate::RunError::ShutDown`].
    pub cut: usize,
}

#[derive(Default)]
pub(crate) struct Stop {
    stopping: AtomicBool,
    /// Time is up: also for runs that had a place and did not know it yet, and so were not there to be told.
    time_is_up: AtomicBool,
    cut: Notify,
    /// A run has ended while stopping.
    ended: Notify,
}

impl Stop {
    /// The run, unless it is cut off before it ends. Whether it has ended.
    pub(crate) async fn unless_cut(&self, mut run: Pin<&mut impl Future<Output = ()>>) -> bool {
        // Made before the run is polled, so that a cut in between is not missed; registers only if the run
        // has to wait.
        let mut cut = pin!(self.cut.notified());
        poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(true),
            Poll::Pending if self.time_is_up.load(SeqCst) => Poll::Ready(false),
            Poll::Pending => cut.as_mut().poll(cx).map(|()| false),
        })
        .await
    }

    /// A run has given back its place.
    pub(crate) fn run_ended(&self) {
        if self.stopping.load(SeqCst) {
            self.ended.notify_waiters();
        }
    }

    pub(crate) async fn shut_down(&self, door: &Door, within: Duration) -> Shutdown {
        let now = Instant::now();
        self.stopping.store(true, SeqCst);
        if !seeded!(ShutdownAdmits) {
            door.close();
        }
        let going_on = door.in_flight();
        let until = now.checked_add(within).unwrap_or(now);
        let until = if seeded!(ShutdownCutsEarly) { now } else { until };
        let in_time = timeout_at(until, self.all_ended(door)).await.is_ok();
        let cut = if in_time { 0 } else { door.in_flight() };
        self.time_is_up.store(true, SeqCst);
        self.cut.notify_waiters();
        let cut = cut.saturating_sub(usize::from(seeded!(ShutdownLosesARun)));
        Shutdown { ended: going_on.saturating_sub(cut), cut }
    }

    async fn all_ended(&self, door: &Door) {
        loop {
            let ended = self.ended.notified();
            if door.in_flight() == 0 {
                return;
            }
            ended.await;
        }
    }
}
