//! Something that judges a snapshot, and can be run many times in a row.

use std::hint::black_box;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::LocalBoxFuture;
use futures_util::task::AtomicWaker;
use tokio::runtime::{Builder, Runtime};
use tribunal_core::Report;
use tribunal_resilience::Moment;

use crate::noop::Said;

/// What comes out of one run.
pub trait Judged {
    /// How many opinions there are in it: nobody gets faster by leaving some out.
    fn opinions(&self) -> usize;
}

impl Judged for Report {
    fn opinions(&self) -> usize {
        self.outcomes().filter(|(_, outcome)| outcome.opinion.is_some()).count()
    }
}

impl Judged for Vec<Said> {
    fn opinions(&self) -> usize {
        self.iter().filter(|said| said.is_ok()).count()
    }
}

impl Judged for Vec<Report> {
    fn opinions(&self) -> usize {
        self.iter().map(Judged::opinions).sum()
    }
}

impl<T: Judged, E> Judged for Result<T, E> {
    fn opinions(&self) -> usize {
        self.as_ref().map_or(0, T::opinions)
    }
}

/// A way to judge a snapshot, with everything it needs.
pub struct Contender {
    /// What it is called in tables.
    pub name: &'static str,
    run: Box<dyn Batch + Send + Sync>,
}

trait Batch {
    fn batch(&self, runs: u32) -> LocalBoxFuture<'_, usize>;
}

struct Runs<F, T>(F, PhantomData<fn() -> T>);

impl<T: Judged, F: AsyncFn() -> T> Batch for Runs<F, T> {
    fn batch(&self, runs: u32) -> LocalBoxFuture<'_, usize> {
        Box::pin(async move {
            for _ in 1..runs {
                black_box((self.0)().await);
            }
            (self.0)().await.opinions()
        })
    }
}

impl Contender {
    /// A contender of that name.
    pub fn new<T: Judged + 'static>(
        name: &'static str,
        run: impl AsyncFn() -> T + Send + Sync + 'static,
    ) -> Self {
        Self { name, run: Box::new(Runs(run, PhantomData)) }
    }

    /// Runs so many times, one after the other, and says how many opinions the last run gave.
    ///
    /// Without tokio's cooperative budget: it is meant for one poll of a task, and a loop of thousands of runs in
    /// one poll would have whatever uses tokio's semaphores give way again and again, as no service does.
    ///
    /// Whoever wakes itself is polled again at once: how a runtime goes to sleep and wakes up is not measured.
    pub fn batch(&self, runtime: &Runtime, runs: u32) -> usize {
        let insist = Insist { future: self.run.batch(runs), nudge: Arc::default() };
        runtime.block_on(tokio::task::unconstrained(insist))
    }

    /// A single run, to be polled by the caller.
    #[must_use]
    pub fn one(&self) -> LocalBoxFuture<'_, usize> {
        self.run.batch(1)
    }
}

/// Polls again as long as it was woken while it was polled.
struct Insist<F> {
    future: F,
    nudge: Arc<Nudge>,
}

#[derive(Default)]
struct Nudge {
    woken: AtomicBool,
    outer: AtomicWaker,
}

impl Wake for Nudge {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, SeqCst);
        self.outer.wake();
    }
}

impl<F: Future + Unpin> Future for Insist<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, outer: &mut Context<'_>) -> Poll<F::Output> {
        let waker = Waker::from(Arc::clone(&self.nudge));
        let mut cx = Context::from_waker(&waker);
        self.nudge.outer.take();
        loop {
            self.nudge.woken.store(false, SeqCst);
            if let Poll::Ready(output) = Pin::new(&mut self.future).poll(&mut cx) {
                return Poll::Ready(output);
            }
            if !self.nudge.woken.load(SeqCst) {
                self.nudge.outer.register(outer.waker());
                // It may have been woken by another thread in between.
                if !self.nudge.woken.load(SeqCst) {
                    return Poll::Pending;
                }
            }
        }
    }
}

/// The clock as a service has it. What is built beside tests, as benches are, has one that can be paused, and so is read
/// the slow way each time; rivals read theirs in whatever way is best for them.
pub fn clock_of_a_service() {
    Moment::use_counter(true);
}

/// A runtime of one thread, as all of these benches use where they say nothing else.
#[must_use]
pub fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}
