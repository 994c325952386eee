//! A call outside the run's own task: in a task of its own, or on a thread that may block.
//!
//! The permits go with the work and are free when it has really ended. A thread cannot be stopped: one that
//! works on for nobody still takes its place, or the limits would mean nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tribunal_core::{
    Answer, Contained, CriticError, Opinion, Outcome, Panicked, Snapshot, View, contain,
};

use crate::limit::OwnedHeld;
use crate::orchestrator::Court;

/// What a call gives: an answer, or the fact that it panicked.
pub(crate) type Called = Result<Result<Opinion, CriticError>, Panicked>;

/// All that a call needs when the run may be gone.
pub(crate) struct Luggage {
    pub(crate) court: Arc<Court>,
    pub(crate) snapshot: Snapshot,
    pub(crate) place: usize,
    /// The outcomes that the critic sees, each in its place.
    pub(crate) seen: Vec<Outcome>,
    pub(crate) held: OwnedHeld,
}

/// A call that goes on elsewhere. Dropping it cancels the call.
pub(crate) struct Apart {
    /// Holds one task; dropping it aborts the task.
    tasks: JoinSet<Called>,
    cancel: Arc<Cancel>,
}

/// How a call learns that nobody waits for it any more.
#[derive(Default)]
struct Cancel {
    flag: AtomicBool,
    /// It is cancelled because its time ran out.
    late: AtomicBool,
    notify: Notify,
}

impl Apart {
    /// Begins in a task of its own.
    pub(crate) fn task(luggage: Luggage) -> Self {
        let cancel = Arc::<Cancel>::default();
        let mut tasks = JoinSet::new();
        let mut journey = Journey::new(luggage, &cancel);
        tasks.spawn(async move {
            let called = journey.review().await;
            journey.arrived();
            called
        });
        Self { tasks, cancel }
    }

    /// Begins on a thread that may block.
    pub(crate) fn blocking(luggage: Luggage) -> Self {
        let cancel = Arc::<Cancel>::default();
        let mut tasks = JoinSet::new();
        let mut journey = Journey::new(luggage, &cancel);
        let runtime = Handle::current();
        tasks.spawn_blocking(move || {
            let called = journey.review_here(&runtime);
            journey.arrived();
            called
        });
        Self { tasks, cancel }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Called> {
        self.tasks.poll_join_next(cx).map(|joined| match joined {
            Some(Ok(called)) => called,
            Some(Err(error)) => lost(&error),
            None => Err(Panicked),
        })
    }

    /// Its time ran out.
    pub(crate) fn late(self) {
        self.cancel.late.store(true, Relaxed);
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        self.cancel.flag.store(true, Relaxed);
        self.cancel.notify.notify_one();
    }
}

/// A task that ended without an answer. Panics are contained inside, so the runtime is to blame.
fn lost(error: &JoinError) -> Called {
    match error.is_panic() {
        true => Err(Panicked),
        false => Ok(Err(CriticError::permanent("the runtime ended its task"))),
    }
}

/// The work itself, on its way. Dropped in this order: first what it borrows from, then its permits.
struct Journey {
    court: Arc<Court>,
    snapshot: Snapshot,
    place: usize,
    seen: Vec<Outcome>,
    cancel: Arc<Cancel>,
    held: Option<OwnedHeld>,
}

impl Journey {
    fn new(luggage: Luggage, cancel: &Arc<Cancel>) -> Self {
        let Luggage { court, snapshot, place, seen, held } = luggage;
        Self { court, snapshot, place, seen, cancel: Arc::clone(cancel), held: Some(held) }
    }

    fn begin(&self) -> Result<Answer<'_, Result<Opinion, CriticError>>, Panicked> {
        let plan = &self.court.plan;
        let node = plan.nodes.get(self.place).ok_or(Panicked)?;
        let view = View::with_prior(&self.snapshot, &plan.names, &self.seen, &[], &node.sees)
            .cancelled_by(&self.cancel.flag);
        contain(|| node.critic.review(view))
    }

    async fn review(&self) -> Called {
        match self.begin()? {
            Answer::Now(answer) => Ok(answer),
            Answer::Later(future) => Contained::new(future).await,
        }
    }

    fn review_here(&self, runtime: &Handle) -> Called {
        if self.cancel.flag.load(Relaxed) {
            return Ok(Err(CriticError::permanent("cancelled before it began")));
        }
        match self.begin()? {
            Answer::Now(answer) => Ok(answer),
            Answer::Later(future) => runtime.block_on(async {
                let cancelled = std::pin::pin!(self.cancel.notify.notified());
                let work = Contained::new(future);
                match futures_util::future::select(work, cancelled).await {
                    futures_util::future::Either::Left((called, _)) => called,
                    futures_util::future::Either::Right(((), work)) => {
                        drop(work);
                        Ok(Err(CriticError::permanent("cancelled")))
                    }
                }
            }),
        }
    }

    /// The call has ended: by itself, unless it was cancelled.
    fn arrived(&mut self) {
        let by_itself = !self.cancel.flag.load(Relaxed);
        if let Some(held) = self.held.take_if(|_| by_itself) {
            held.done();
        }
    }
}

impl Drop for Journey {
    fn drop(&mut self) {
        if let Some(held) = self.held.take().filter(|_| self.cancel.late.load(Relaxed)) {
            held.late();
        }
    }
}
