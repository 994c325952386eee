//! The thread that writes: takes decisions out of the queue, makes lines of them, and hands those to the sink in batches.
//!
//! The chain goes on from a line only when the sink has it. A batch that was given up is as if it had never been made:
//! the next one begins with a line that says how many are missing.

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::fence;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use tribunal_core::contain;

use crate::chain::Head;
use crate::encode::{Encoder, Torn};
use crate::log::{Item, Shared};
use crate::sink::{Batch, Resume, Sink};
use crate::time::Stamp;

/// A batch is written when it has so many bytes.
const BATCH: usize = 256 << 10;
/// A buffer that one long text made larger than this is not kept.
const KEPT_BUFFER: usize = 4 * BATCH;
/// How long the thread sleeps when nothing happens. It is woken before that; this is for what nobody thought of.
const SLEEP: Duration = Duration::from_secs(1);

/// How often it does things.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) gather: Duration,
    pub(crate) backoff: (Duration, Duration),
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            gather: Duration::from_millis(5),
            backoff: (Duration::from_millis(50), Duration::from_secs(5)),
        }
    }
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    items: Receiver<Item>,
    sink: Box<dyn Sink>,
    encoder: Encoder,
    pace: Pace,
    buffer: Vec<u8>,
    /// Where the log ends as the sink has it.
    committed: Option<Head>,
    /// How many decisions are in the buffer.
    decisions: u64,
    /// How many missing ones the lines of the buffer tell of.
    told: u64,
    /// How many missing ones have still to be told of.
    missing: u64,
    torn: Option<Torn>,
    /// The line that says that the log was opened has still to be made; or is in the buffer.
    unopened: bool,
    opening: bool,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        items: Receiver<Item>,
        sink: Box<dyn Sink>,
        encoder: Encoder,
        resume: Resume,
        pace: Pace,
    ) -> Self {
        Self {
            shared,
            items,
            sink,
            encoder,
            pace,
            buffer: Vec::with_capacity(BATCH + 16 * 1024),
            committed: resume.head,
            decisions: 0,
            told: 0,
            missing: 0,
            torn: resume.torn,
            unopened: true,
            opening: false,
        }
    }

    pub(crate) fn run(mut self) {
        self.begin();
        self.flush();
        loop {
            // Read before the queue is, so that what came before it is written.
            let is_closing = self.shared.closing.load(SeqCst);
            let rotate = self.shared.rotate.swap(false, SeqCst);
            let took = self.take_all();
            if rotate && self.rotate() {
                self.begin();
                self.flush();
            }
            match (is_closing, took) {
                (true, false) => break,
                (true, true) => {}
                (false, true) => self.pause(self.pace.gather),
                (false, false) => self.sleep(),
            }
        }
        let Self { mut sink, shared, items, .. } = self;
        if !matches!(contain(|| sink.close()), Ok(Ok(()))) {
            shared.tally.errors.fetch_add(1, Relaxed);
        }
        // It may panic as it goes, too.
        let _ = contain(move || drop(sink));
        drop(items);
        shared.end();
    }

    /// Everything that is in the queue now, in batches. Whether there was anything.
    fn take_all(&mut self) -> bool {
        let mut took = false;
        while let Ok(item) = self.items.try_recv() {
            took = true;
            self.take(item);
        }
        // Nobody came after these to bring word of them.
        self.missing += self.shared.unsaid.swap(0, Relaxed);
        self.begin();
        self.flush();
        took
    }

    fn take(&mut self, Item { lost_before, run }: Item) {
        self.shared.tally.taken.fetch_add(1, Relaxed);
        self.missing += lost_before;
        if self.sink.is_full(self.buffer.len(), run.time.0) {
            self.rotate();
        }
        self.begin();
        self.encoder.run(&mut self.buffer, &run);
        self.decisions += 1;
        if let Some(private) = &run.private {
            self.shared.queued_bytes.fetch_sub(private.bytes, Relaxed);
        }
        if self.buffer.len() >= BATCH {
            self.flush();
        }
    }

    /// What has to stand before anything else.
    fn begin(&mut self) {
        if std::mem::take(&mut self.unopened) {
            self.opening = true;
            self.encoder.opened(&mut self.buffer, Stamp::now(), self.torn);
        }
        if self.missing > 0 {
            let missing = std::mem::take(&mut self.missing);
            self.told += missing;
            self.encoder.lost(&mut self.buffer, Stamp::now(), missing);
        }
    }

    /// Goes on elsewhere, with everything so far written. Whether it does.
    fn rotate(&mut self) -> bool {
        if !self.flush() {
            return false;
        }
        let rotated = matches!(contain(|| self.sink.rotate()), Ok(Ok(())));
        if rotated {
            self.unopened = true;
        } else {
            self.shared.tally.errors.fetch_add(1, Relaxed);
        }
        rotated
    }

    /// Hands the buffer to the sink. Whether it took it.
    fn flush(&mut self) -> bool {
        let head = self.encoder.head().filter(|_| !self.buffer.is_empty());
        let Some(head) = head else { return true };
        let first = self.committed.map_or(0, |head| head.seq.saturating_add(1));
        let written = self.write(first, head);
        let tally = &self.shared.tally;
        let decisions = std::mem::take(&mut self.decisions);
        let told = std::mem::take(&mut self.told);
        let opening = std::mem::take(&mut self.opening);
        if written {
            self.committed = Some(head);
            self.shared.set_head(self.committed);
            tally.written.fetch_add(decisions, Relaxed);
            // It has been told of.
            self.torn = None;
        } else {
            self.encoder.go_back_to(self.committed);
            tally.failed.fetch_add(decisions, Relaxed);
            self.missing += decisions + told;
            self.unopened |= opening;
        }
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BUFFER);
        written
    }

    /// Tries to, for as long as the sink wants it tried.
    fn write(&mut self, first: u64, head: Head) -> bool {
        let mut wait = self.pace.backoff.0;
        for tried in 1_u32.. {
            let last = self.shared.closing.load(SeqCst);
            let batch = Batch { bytes: &self.buffer, first, head };
            if matches!(contain(|| self.sink.write(&batch)), Ok(Ok(()))) {
                return true;
            }
            self.shared.tally.errors.fetch_add(1, Relaxed);
            // Who closes the log does not wait for a sink to get well.
            if last || self.sink.tries().is_some_and(|tries| tried >= tries) {
                return false;
            }
            self.pause(wait);
            wait = wait.saturating_mul(2).min(self.pace.backoff.1);
        }
        false
    }

    /// For about so long, or until the log is closed.
    fn pause(&self, time: Duration) {
        if !time.is_zero() && !self.shared.closing.load(SeqCst) {
            thread::park_timeout(time);
        }
    }

    /// Until there is something to do.
    fn sleep(&mut self) {
        self.shared.idle.store(true, SeqCst);
        fence(SeqCst);
        // What came before anyone could see that this sleeps.
        let awake = self.shared.has_items()
            || self.shared.closing.load(SeqCst)
            || self.shared.rotate.load(SeqCst)
            || self.shared.unsaid.load(SeqCst) > 0;
        if !awake {
            thread::park_timeout(SLEEP);
        }
        self.shared.idle.store(false, SeqCst);
    }
}
