//! The handle: what a run touches, and what its owner turns.
//!
//! A run makes a small copy of its report and puts it into a bounded queue; it waits for nobody. Everything else is
//! done by a thread of the log's own, in [`crate::writer`].

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

use thiserror::Error;
use tribunal_core::{Observer, Report, RunEvent, Snapshot, contain};

use crate::chain::{Chain, ChainKey, Head};
use crate::encode::{Encoder, Texts};
use crate::record::{Private, Run};
use crate::sink::{Sink, SinkError};
use crate::time::{DecisionId, Stamp};
use crate::writer::{Pace, Writer};

/// How long a handle that is dropped waits for what is in the queue.
const AT_DROP: Duration = Duration::from_secs(1);

/// Why there is no log.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The sink cannot be opened.
    #[error("the decision log cannot be opened: {0}")]
    Sink(#[source] SinkError),
    /// The sink panicked.
    #[error("the decision log cannot be opened: its sink panicked")]
    Panicked,
    /// There is no thread to write it.
    #[error("no thread to write the decision log: {0}")]
    Thread(#[source] std::io::Error),
}

/// What has become of decisions so far.
///
/// When the log is closed, each was `written`, `lost` or `failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct LogCounters {
    /// Handed to the sink, which took them.
    pub written: u64,
    /// Had no room in the queue, or came when the log was closed.
    pub lost: u64,
    /// Given up after the sink refused them as often as it may.
    pub failed: u64,
    /// Wait to be written.
    pub queued: u64,
    /// How often the sink failed or panicked; what was tried again with success is in `written`.
    pub errors: u64,
}

impl LogCounters {
    /// How many decisions no line tells of, and none will: what metrics count as lost.
    #[must_use]
    pub const fn never_written(&self) -> u64 {
        self.lost.saturating_add(self.failed)
    }
}

/// What closing came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogClosed {
    /// Whether all that was queued was dealt with in time. If not, the thread goes on with it for as long as the
    /// process lives.
    pub in_time: bool,
    /// The counts at that moment.
    pub counters: LogCounters,
    /// Where the log ends: worth keeping somewhere else.
    pub head: Option<Head>,
}

/// What a log is started with.
#[derive(Debug, Clone)]
#[must_use]
pub struct LogBuilder {
    queue: NonZeroUsize,
    max_queued_bytes: usize,
    max_text_bytes: usize,
    with_text: bool,
    raw_text: bool,
    key: Option<ChainKey>,
    pace: Pace,
}

impl Default for LogBuilder {
    /// 8192 decisions may wait; no texts; no key.
    fn default() -> Self {
        Self {
            queue: NonZeroUsize::new(8192).unwrap_or(NonZeroUsize::MIN),
            max_queued_bytes: 64 << 20,
            max_text_bytes: 256 << 10,
            with_text: false,
            raw_text: false,
            key: None,
            pace: Pace::default(),
        }
    }
}

impl LogBuilder {
    /// How many decisions may wait to be written. One that finds the queue full is lost, and counted.
    pub const fn queue(mut self, decisions: NonZeroUsize) -> Self {
        self.queue = decisions;
        self
    }

    /// How many bytes of texts may wait to be written, about; 64 MiB unless set.
    pub const fn max_queued_bytes(mut self, bytes: usize) -> Self {
        self.max_queued_bytes = bytes;
        self
    }

    /// How long the texts of one line may be, in bytes; 256 KiB unless set. Longer ones are left out, and the line says
    /// so.
    pub const fn max_text_bytes(mut self, bytes: usize) -> Self {
        self.max_text_bytes = bytes;
        self
    }

    /// Lines get the redacted snapshot ([`Report::redacted`]) and the messages and places of violations, where
    /// [`DecisionLog::record`] is given a snapshot.
    pub const fn with_text(mut self) -> Self {
        self.with_text = true;
        self
    }

    /// With [`LogBuilder::with_text`]: the snapshot as it is, and all that critics said. Without that it does nothing.
    pub const fn raw_text(mut self) -> Self {
        self.raw_text = true;
        self
    }

    /// A key for the hashes.
    pub fn key(mut self, key: ChainKey) -> Self {
        self.key = Some(key);
        self
    }

    /// How long the writing thread gathers lines before it writes the next batch; 5 ms unless set. A decision that
    /// comes alone is written at once.
    pub const fn gather(mut self, pause: Duration) -> Self {
        self.pace.gather = pause;
        self
    }

    /// How long to wait after a failure of the sink before it is tried again, at first and at most; 50 ms and 5 s
    /// unless set. It doubles each time.
    pub const fn backoff(mut self, first: Duration, most: Duration) -> Self {
        self.pace.backoff = (first, most);
        self
    }

    /// Opens the sink and starts the thread.
    ///
    /// # Errors
    ///
    /// [`StartError`].
    pub fn start(self, mut sink: impl Sink) -> Result<DecisionLog, StartError> {
        let chain = Chain::new(self.key);
        let resume = contain(|| sink.open(&chain))
            .map_err(|_| StartError::Panicked)?
            .map_err(StartError::Sink)?;
        let (queue, items) = sync_channel(self.queue.get());
        let texts = match (self.with_text, self.raw_text) {
            (false, _) => Texts::None,
            (true, false) => Texts::Redacted,
            (true, true) => Texts::Raw,
        };
        let shared = Arc::new(Shared {
            queue,
            capacity: self.queue.get() as u64,
            texts,
            max_queued_bytes: self.max_queued_bytes,
            queued_bytes: AtomicUsize::new(0),
            tally: Tally::default(),
            unsaid: AtomicU64::new(0),
            idle: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            rotate: AtomicBool::new(false),
            thread: OnceLock::new(),
            state: Mutex::new(State { done: false, head: resume.head }),
            ended: Condvar::new(),
        });
        let encoder = Encoder::new(chain, resume.head, texts, self.max_text_bytes);
        let writer =
            Writer::new(Arc::clone(&shared), items, Box::new(sink), encoder, resume, self.pace);
        let thread = thread::Builder::new()
            .name("decision-log".to_owned())
            .spawn(move || writer.run())
            .map_err(StartError::Thread)?;
        // It does not look for itself before it has something to wake up for, and then finds it by its timeout.
        let _ = shared.thread.set(thread.thread().clone());
        Ok(DecisionLog { owner: Arc::new(Owner(shared)), generation: None })
    }
}

/// One item of the queue.
pub(crate) struct Item {
    /// So many before it had no room.
    pub(crate) lost_before: u64,
    pub(crate) run: Box<Run>,
}

/// What handles and the writing thread share.
pub(crate) struct Shared {
    queue: SyncSender<Item>,
    capacity: u64,
    texts: Texts,
    max_queued_bytes: usize,
    pub(crate) queued_bytes: AtomicUsize,
    pub(crate) tally: Tally,
    /// Lost, and not yet told by a line.
    pub(crate) unsaid: AtomicU64,
    /// The thread sleeps until it is woken.
    pub(crate) idle: AtomicBool,
    pub(crate) closing: AtomicBool,
    pub(crate) rotate: AtomicBool,
    thread: OnceLock<Thread>,
    state: Mutex<State>,
    ended: Condvar,
}

struct State {
    done: bool,
    head: Option<Head>,
}

#[derive(Default)]
pub(crate) struct Tally {
    accepted: AtomicU64,
    pub(crate) taken: AtomicU64,
    pub(crate) written: AtomicU64,
    lost: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) errors: AtomicU64,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nobody panics with it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_head(&self, head: Option<Head>) {
        self.state().head = head;
    }

    pub(crate) fn end(&self) {
        self.state().done = true;
        self.ended.notify_all();
    }

    fn wake(&self) {
        self.idle.store(false, Ordering::SeqCst);
        if let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }

    fn waiting(&self) -> u64 {
        let taken = self.tally.taken.load(Ordering::Relaxed);
        self.tally.accepted.load(Ordering::Relaxed).saturating_sub(taken)
    }

    fn is_full(&self) -> bool {
        self.waiting() >= self.capacity
    }

    /// Whether something waits that the thread has not taken.
    pub(crate) fn has_items(&self) -> bool {
        let Tally { accepted, taken, .. } = &self.tally;
        accepted.load(Ordering::SeqCst) > taken.load(Ordering::SeqCst)
    }

    fn lose(&self, count: u64, told: u64) {
        self.tally.lost.fetch_add(count, Ordering::Relaxed);
        self.unsaid.fetch_add(count + told, Ordering::Relaxed);
    }

    fn private(
        &self,
        report: &Report,
        snapshot: Option<&Snapshot>,
    ) -> Result<Option<Box<Private>>, ()> {
        let Some(snapshot) = snapshot.filter(|_| self.texts != Texts::None) else {
            return Ok(None);
        };
        let bytes = Private::weight(report, snapshot);
        let before = self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > self.max_queued_bytes {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(());
        }
        Ok(Some(Box::new(Private { report: report.clone(), snapshot: snapshot.clone(), bytes })))
    }

    fn record(
        &self,
        report: &Report,
        snapshot: Option<&Snapshot>,
        generation: Option<u64>,
    ) -> Option<DecisionId> {
        // Asked first, so that what will be lost costs next to nothing.
        if self.closing.load(Ordering::Relaxed) || self.is_full() {
            self.lose(1, 0);
            return None;
        }
        let Ok(private) = self.private(report, snapshot) else {
            self.lose(1, 0);
            return None;
        };
        let time = Stamp::now();
        let id = DecisionId::at(time);
        let weight = private.as_ref().map_or(0, |private| private.bytes);
        let run = Box::new(Run::of(report, private, (id, time), generation));
        let lost_before = match self.unsaid.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.unsaid.swap(0, Ordering::Relaxed),
        };
        if self.queue.try_send(Item { lost_before, run }).is_err() {
            self.queued_bytes.fetch_sub(weight, Ordering::Relaxed);
            self.lose(1, lost_before);
            return None;
        }
        self.tally.accepted.fetch_add(1, Ordering::Relaxed);
        // The thread says that it sleeps and then looks once more; either it sees the item or this sees that it sleeps.
        fence(Ordering::SeqCst);
        if self.idle.load(Ordering::Relaxed) {
            self.wake();
        }
        Some(id)
    }

    fn counters(&self) -> LogCounters {
        let Tally { written, lost, failed, errors, .. } = &self.tally;
        let done = self.state().done;
        let waiting = self.waiting();
        let lost = lost.load(Ordering::Relaxed);
        LogCounters {
            written: written.load(Ordering::Relaxed),
            // What slipped in while the thread ended is read by nobody.
            lost: if done { lost.saturating_add(waiting) } else { lost },
            failed: failed.load(Ordering::Relaxed),
            queued: if done { 0 } else { waiting },
            errors: errors.load(Ordering::Relaxed),
        }
    }

    fn close(&self, within: Duration) -> LogClosed {
        self.closing.store(true, Ordering::SeqCst);
        self.wake();
        let state = self.state();
        let waited = self.ended.wait_timeout_while(state, within, |state| !state.done);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let (in_time, head) = (state.done, state.head);
        drop(state);
        LogClosed { in_time, counters: self.counters(), head }
    }
}

/// The last handle closes the log.
struct Owner(Arc<Shared>);

impl Drop for Owner {
    fn drop(&mut self) {
        self.0.close(AT_DROP);
    }
}

/// One line for each run, written by a thread of its own. Cloning it gives another handle to the same log.
///
/// It is an [`Observer`]: added to an orchestrator, it records every run, without texts. Who wants texts, or the id of
/// the decision, calls [`DecisionLog::record`] after each run instead; with both, a run has two lines.
///
/// When the last handle is dropped, it waits up to a second for what is in the queue; [`DecisionLog::close`] waits as
/// long as it is told and says what came of it.
#[derive(Clone)]
pub struct DecisionLog {
    owner: Arc<Owner>,
    generation: Option<u64>,
}

impl DecisionLog {
    /// Starts from the defaults.
    pub fn builder() -> LogBuilder {
        LogBuilder::default()
    }

    /// A handle to the same log for the observer of one generation of a plan: its lines say which.
    #[must_use]
    pub fn for_generation(&self, generation: u64) -> Self {
        Self { owner: Arc::clone(&self.owner), generation: Some(generation) }
    }

    /// Records a run. Never waits. `None` when there was no room for it, or the log is closed; that is counted, and the
    /// log says so in its place.
    ///
    /// The snapshot is used only where texts are on. Without a generation the handle's own is taken, if it has one.
    pub fn record(
        &self,
        report: &Report,
        snapshot: Option<&Snapshot>,
        generation: Option<u64>,
    ) -> Option<DecisionId> {
        self.owner.0.record(report, snapshot, generation.or(self.generation))
    }

    /// Whether less than three quarters of the queue are taken: for those who would rather wait than lose a decision.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.owner.0.waiting() < self.owner.0.capacity.div_ceil(4) * 3
    }

    /// What has become of decisions so far. Takes a lock that no run takes.
    #[must_use]
    pub fn counters(&self) -> LogCounters {
        self.owner.0.counters()
    }

    /// Where the log ends, as far as the sink has it. Kept somewhere else, it shows later that nothing was cut off.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        self.owner.0.state().head
    }

    /// Asks the sink to go on in a new file, once what is queued now has been written; for a signal such as `SIGHUP`.
    /// Does not wait for it.
    pub fn rotate(&self) {
        self.owner.0.rotate.store(true, Ordering::SeqCst);
        self.owner.0.wake();
    }

    /// Takes no more decisions, and waits until what is queued has been written and the sink is closed.
    ///
    /// Blocks the calling thread for up to `within`.
    #[must_use = "it says whether everything was written"]
    pub fn close(&self, within: Duration) -> LogClosed {
        self.owner.0.close(within)
    }
}

impl Observer for DecisionLog {
    fn on_event(&self, event: RunEvent<'_>) {
        if let RunEvent::RunFinished { report, .. } = event {
            self.record(report, None, None);
        }
    }
}

impl fmt::Debug for DecisionLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generation = &self.generation;
        f.debug_struct("DecisionLog")
            .field("counters", &self.counters())
            .field("generation", generation)
            .finish_non_exhaustive()
    }
}
