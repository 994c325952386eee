//! The handle: what a run touches, and what its owner turns.
//!
//! A run decides whether it is kept; then it makes a small copy of its report and puts that into a bounded queue. It waits
//! for nobody. Everything else is done by a thread of the tracer's own, in [`crate::courier`].

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use thiserror::Error;
use tribunal_core::{Interest, Observer, Refusal, Report, RunEvent, Snapshot};

use crate::courier::{Courier, Pace};
use crate::export::Exporter;
use crate::ids::TraceId;
use crate::kept::Kept;
use crate::parent::TraceParent;
use crate::sampling::Sampling;
use crate::sketch::{Place, Sketch};

/// How long a handle that is dropped waits for what is in the queue.
const AT_DROP: Duration = Duration::from_secs(1);

/// Why there is no tracer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no thread for it.
    #[error("no thread to hand out traces: {0}")]
    Thread(#[source] std::io::Error),
}

/// What has become of traces so far.
///
/// When the tracer is closed, each run that was to be kept is in `runs` or in `runs_lost`, and each span of those in `runs`
/// in `spans` or in `spans_lost`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TraceCounters {
    /// Runs that were kept and had room.
    pub runs: u64,
    /// Runs that were to be kept and had no room in the queue, or came when the tracer was closed.
    pub runs_lost: u64,
    /// Runs that wait, or are on their way.
    pub runs_queued: u64,
    /// Spans that the exporter took.
    pub spans: u64,
    /// Spans that it did not take, as often as that was tried.
    pub spans_lost: u64,
    /// How often the exporter failed or panicked; what was tried again with success is in `spans`.
    pub errors: u64,
    /// Snapshots with a `traceparent` that could not be read; their runs began traces of their own.
    pub unread_parents: u64,
}

/// What closing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceClosed {
    /// Whether all that was queued was dealt with in time. If not, the thread goes on with it for as long as the process
    /// lives.
    pub in_time: bool,
    /// The counts at that moment.
    pub counters: TraceCounters,
}

/// What a tracer is started with.
#[derive(Debug, Clone)]
#[must_use]
pub struct TracerBuilder {
    sampling: Sampling,
    codes: bool,
    queue: NonZeroUsize,
    pace: Pace,
}

impl Default for TracerBuilder {
    /// One in a hundred of the runs that are a plain `allow`; 2048 runs may wait; no codes.
    fn default() -> Self {
        Self {
            sampling: Sampling::default(),
            codes: false,
            queue: NonZeroUsize::new(2048).unwrap_or(NonZeroUsize::MIN),
            pace: Pace::default(),
        }
    }
}

impl TracerBuilder {
    /// The share of the runs with a plain `allow` that is kept; a hundredth unless set.
    pub const fn sampling(mut self, sampling: Sampling) -> Self {
        self.sampling = sampling;
        self
    }

    /// Spans of critics get the codes of violations: `pii.email`. Critics choose them, so they may be private where critics
    /// are careless.
    pub const fn with_codes(mut self) -> Self {
        self.codes = true;
        self
    }

    /// How many runs may wait. One that finds the queue full is lost, and counted.
    pub const fn queue(mut self, runs: NonZeroUsize) -> Self {
        self.queue = runs;
        self
    }

    /// How many spans the exporter is given at a time, about: those of a run stay together. 512 unless set.
    pub const fn batch(mut self, spans: NonZeroUsize) -> Self {
        self.pace.batch = spans.get();
        self
    }

    /// How long runs are gathered before they are handed out; a second unless set. When half of the queue is taken, it goes
    /// sooner.
    pub const fn gather(mut self, pause: Duration) -> Self {
        self.pace.gather = pause;
        self
    }

    /// How often a batch is tried, and how long to wait before it is tried again, at first: it doubles each time, unless the
    /// exporter says how long. Four times and 250 ms unless set.
    pub const fn tries(mut self, tries: u32, backoff: Duration) -> Self {
        self.pace.tries = tries;
        self.pace.backoff = backoff;
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub fn start(self, exporter: impl Exporter) -> Result<Tracer, StartError> {
        // One more for a nudge, so that a full queue of runs does not keep it out.
        let (queue, items) = sync_channel(self.queue.get().saturating_add(1));
        let shared = Arc::new(Shared {
            queue,
            capacity: self.queue.get() as u64,
            sampling: self.sampling,
            codes: self.codes,
            tally: Tally::default(),
            hurry: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            thread: OnceLock::new(),
            state: Mutex::new(State::default()),
            moved: Condvar::new(),
        });
        let courier = Courier::new(Arc::clone(&shared), items, Box::new(exporter), self.pace);
        let thread = thread::Builder::new()
            .name("traces".to_owned())
            .spawn(move || courier.run())
            .map_err(StartError::Thread)?;
        let _ = shared.thread.set(thread.thread().clone());
        Ok(Tracer(Arc::new(Owner(shared))))
    }
}

/// One item of the queue.
pub(crate) enum Item {
    Run(Box<Sketch>),
    /// There is something else to look at.
    Nudge,
}

/// What handles and the thread share.
pub(crate) struct Shared {
    queue: SyncSender<Item>,
    capacity: u64,
    sampling: Sampling,
    codes: bool,
    pub(crate) tally: Tally,
    /// Somebody waits for what is queued now, or there is little room left.
    pub(crate) hurry: AtomicBool,
    pub(crate) closing: AtomicBool,
    thread: OnceLock<Thread>,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    done: bool,
    /// So many runs were dealt with.
    settled: u64,
    trouble: Option<Arc<str>>,
}

#[derive(Default)]
pub(crate) struct Tally {
    runs: AtomicU64,
    runs_lost: AtomicU64,
    /// Runs that were taken out of the queue.
    pub(crate) taken: AtomicU64,
    pub(crate) spans: AtomicU64,
    pub(crate) spans_lost: AtomicU64,
    pub(crate) errors: AtomicU64,
    unread_parents: AtomicU64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody panics with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settled(&self, runs: u64) {
        self.state().settled += runs;
        self.moved.notify_all();
    }

    pub(crate) fn trouble(&self, what: String) {
        self.state().trouble = Some(what.into());
    }

    pub(crate) fn end(&self) {
        self.state().done = true;
        self.moved.notify_all();
    }

    /// Whether it sleeps for want of runs, or to gather some: it wakes up.
    fn nudge(&self) {
        // With a full queue it does not sleep for want of any.
        let _ = self.queue.try_send(Item::Nudge);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    /// Those in the queue itself, and not those on their way.
    fn waiting(&self) -> u64 {
        let taken = self.tally.taken.load(Relaxed);
        self.tally.runs.load(Relaxed).saturating_sub(taken)
    }

    /// Where a run belongs, and whether it is kept at all.
    #[inline]
    fn place(
        &self,
        snapshot: &Snapshot,
        kept: impl FnOnce(Option<&TraceParent>, TraceId) -> Option<Kept>,
    ) -> Option<Place> {
        let parent = TraceParent::of(snapshot).unwrap_or_else(|_| {
            self.tally.unread_parents.fetch_add(1, Relaxed);
            None
        });
        let trace_id = match &parent {
            Some(parent) => parent.trace_id,
            None => snapshot.trace_id().map_or_else(TraceId::random, TraceId::of_text),
        };
        let kept = kept(parent.as_ref(), trace_id)?;
        Some(Place { trace_id, parent, kept })
    }

    /// A place in the queue, before anything is made to put there.
    fn room(&self) -> bool {
        let room = !self.closing.load(Relaxed) && self.waiting() < self.capacity;
        if !room {
            self.tally.runs_lost.fetch_add(1, Relaxed);
        }
        room
    }

    fn put(&self, sketch: Sketch) -> Option<TraceParent> {
        let at = TraceParent::new(sketch.trace_id, sketch.id, true);
        let at =
            TraceParent { state: sketch.parent.as_ref().and_then(|it| it.state.clone()), ..at };
        // Before it is there, so that it is never taken before it is counted.
        self.tally.runs.fetch_add(1, SeqCst);
        if self.queue.try_send(Item::Run(Box::new(sketch))).is_err() {
            self.tally.runs.fetch_sub(1, SeqCst);
            self.tally.runs_lost.fetch_add(1, Relaxed);
            return None;
        }
        if self.waiting() >= self.capacity.div_ceil(2) && !self.hurry.swap(true, SeqCst) {
            self.nudge();
        }
        Some(at)
    }

    #[inline]
    fn run(&self, report: &Report, snapshot: &Snapshot) -> Option<TraceParent> {
        let place =
            self.place(snapshot, |parent, id| Kept::of(report, parent, id, self.sampling))?;
        self.keep(report, snapshot, place)
    }

    #[cold]
    fn keep(&self, report: &Report, snapshot: &Snapshot, place: Place) -> Option<TraceParent> {
        self.room()
            .then(|| Sketch::of_run(report, snapshot, place, self.codes))
            .and_then(|it| self.put(it))
    }

    #[cold]
    fn refused(&self, why: Refusal, after: Duration, snapshot: &Snapshot) {
        if let Some(place) = self.place(snapshot, |_, _| Some(Kept::Refused))
            && self.room()
        {
            self.put(Sketch::of_refusal(why, after, snapshot, place));
        }
    }

    fn counters(&self) -> TraceCounters {
        let State { done, settled, .. } = *self.state();
        let count = |count: &AtomicU64| count.load(SeqCst);
        let Tally { runs, runs_lost, spans, spans_lost, errors, unread_parents, .. } = &self.tally;
        let waiting = count(runs).saturating_sub(settled);
        // What slipped in while the thread ended is taken by nobody.
        let (queued, slipped) = if done { (0, waiting) } else { (waiting, 0) };
        TraceCounters {
            runs: count(runs) - slipped,
            runs_lost: count(runs_lost).saturating_add(slipped),
            runs_queued: queued,
            spans: count(spans),
            spans_lost: count(spans_lost),
            errors: count(errors),
            unread_parents: count(unread_parents),
        }
    }

    /// Whether what it waits for came within that time.
    fn wait(&self, within: Duration, over: impl Fn(&State) -> bool) -> bool {
        let waited = self.moved.wait_timeout_while(self.state(), within, |state| !over(state));
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        over(&state)
    }

    fn flush(&self, within: Duration) -> bool {
        let runs = self.tally.runs.load(SeqCst);
        self.hurry.store(true, SeqCst);
        self.nudge();
        self.wait(within, |state| state.settled >= runs || state.done)
    }

    fn close(&self, within: Duration) -> TraceClosed {
        self.closing.store(true, SeqCst);
        self.nudge();
        let in_time = self.wait(within, |state| state.done);
        TraceClosed { in_time, counters: self.counters() }
    }
}

/// The last handle closes the tracer.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close(AT_DROP);
    }
}

/// Keeps traces of runs. Cloning it gives another handle to the same tracer.
///
/// It is an [`Observer`]: added to an orchestrator, it sees every run and every refusal. Who has no observers, or wants to
/// hand the trace on, calls [`Tracer::record`] after each run instead.
///
/// When the last handle is dropped, it waits up to a second for what is in the queue; [`Tracer::close`] waits as long as it
/// is told and says what came of it.
#[derive(Clone)]
pub struct Tracer(Arc<Owner>);

impl Tracer {
    /// Starts from the defaults.
    pub fn builder() -> TracerBuilder {
        TracerBuilder::default()
    }

    fn shared(&self) -> &Shared {
        &self.0.0
    }

    /// Keeps the trace of a run, if it is one to be kept. Never waits. Gives the place of the run's span, for whoever goes
    /// on in its trace; none when it is not kept, or was lost.
    pub fn record(&self, report: &Report, snapshot: &Snapshot) -> Option<TraceParent> {
        self.shared().run(report, snapshot)
    }

    /// What has become of traces so far. Takes a lock that no run takes.
    #[must_use]
    pub fn counters(&self) -> TraceCounters {
        self.shared().counters()
    }

    /// What went wrong last with handing out spans, in the exporter's words; none when nothing ever did.
    #[must_use]
    pub fn trouble(&self) -> Option<Arc<str>> {
        self.shared().state().trouble.clone()
    }

    /// Whether less than three quarters of the queue are taken: for those who would rather wait than lose a trace.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let capacity = self.shared().capacity;
        self.shared().waiting() < capacity - capacity / 4
    }

    /// Hands out what is queued now, and waits for that. Whether it was dealt with in time; not whether it was taken.
    ///
    /// Blocks the calling thread for up to `within`.
    pub fn flush(&self, within: Duration) -> bool {
        self.shared().flush(within)
    }

    /// Takes no more runs, and waits until what is queued has been handed out and the exporter is closed.
    ///
    /// Blocks the calling thread for up to `within`.
    #[must_use = "it says whether everything was handed out"]
    pub fn close(&self, within: Duration) -> TraceClosed {
        self.shared().close(within)
    }
}

impl Observer for Tracer {
    #[inline]
    fn on_event(&self, event: RunEvent<'_>) {
        match event {
            RunEvent::RunFinished { report, snapshot } => {
                self.shared().run(report, snapshot);
            }
            RunEvent::Refused { why, after, snapshot } => {
                self.shared().refused(why, after, snapshot);
            }
            _ => {}
        }
    }

    /// Reports alone: with nothing else to tell, a run goes its fastest way.
    fn interest(&self) -> Interest {
        Interest::Runs
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("counters", &self.counters()).finish_non_exhaustive()
    }
}
