//! The thread that hands out: takes runs out of the queue, makes spans of them, and gives those to the exporter in batches.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;

use tribunal_core::{Panicked, contain};

use crate::export::{ExportError, Exporter};
use crate::sketch::Sketch;
use crate::span::Span;
use crate::tracer::{Item, Shared};
use crate::tree;

/// How long it waits at most before it tries again, whatever the exporter says.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// What went wrong is told in so many bytes at most.
const LONGEST_TROUBLE: usize = 512;

/// How often it does things.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) batch: usize,
    pub(crate) gather: Duration,
    pub(crate) tries: u32,
    pub(crate) backoff: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            batch: 512,
            gather: Duration::from_secs(1),
            tries: 4,
            backoff: Duration::from_millis(250),
        }
    }
}

pub(crate) struct Courier {
    shared: Arc<Shared>,
    items: Receiver<Item>,
    exporter: Box<dyn Exporter>,
    pace: Pace,
    batch: Vec<Span>,
    /// So many runs have their spans in the batch.
    runs: u64,
}

impl Courier {
    pub(crate) fn new(
        shared: Arc<Shared>,
        items: Receiver<Item>,
        exporter: Box<dyn Exporter>,
        pace: Pace,
    ) -> Self {
        Self { shared, items, exporter, pace, batch: Vec::new(), runs: 0 }
    }

    pub(crate) fn run(mut self) {
        loop {
            // Once it is closed there may be no nudge any more: it was taken out with the rest.
            if !self.shared.closing.load(SeqCst) {
                let Ok(item) = self.items.recv() else { break };
                self.take(item);
                self.gather();
            }
            // Read before the queue is, so that what came before it is handed out.
            let is_closing = self.shared.closing.load(SeqCst);
            while let Ok(item) = self.items.try_recv() {
                self.take(item);
            }
            self.deliver();
            if is_closing {
                break;
            }
        }
        let Self { mut exporter, shared, items, .. } = self;
        let _ = contain(|| exporter.close());
        // It may panic as it goes, too.
        let _ = contain(move || drop(exporter));
        drop(items);
        shared.end();
    }

    /// Waits for more, unless somebody waits for what is there.
    fn gather(&self) {
        let hurried = self.shared.hurry.swap(false, SeqCst);
        if !hurried {
            self.pause(self.pace.gather);
            self.shared.hurry.store(false, SeqCst);
        }
    }

    fn take(&mut self, item: Item) {
        let Item::Run(sketch) = item else { return };
        self.shared.tally.taken.fetch_add(1, SeqCst);
        self.add(&sketch);
        if self.batch.len() >= self.pace.batch {
            self.deliver();
        }
    }

    fn add(&mut self, sketch: &Sketch) {
        tree::spans(sketch, &mut self.batch);
        self.runs += 1;
    }

    /// Hands out the batch, or gives it up.
    fn deliver(&mut self) {
        let spans = std::mem::take(&mut self.batch);
        let runs = std::mem::take(&mut self.runs);
        if runs == 0 {
            return;
        }
        let lost = self.export(&spans).min(spans.len() as u64);
        let tally = &self.shared.tally;
        tally.spans.fetch_add(spans.len() as u64 - lost, SeqCst);
        tally.spans_lost.fetch_add(lost, SeqCst);
        self.shared.settled(runs);
        self.batch = spans;
        self.batch.clear();
    }

    /// Tries to, as often as it may. How many spans were not taken.
    fn export(&mut self, spans: &[Span]) -> u64 {
        let all = spans.len() as u64;
        let mut wait = self.pace.backoff;
        for tried in 1_u32.. {
            let last = self.shared.closing.load(SeqCst);
            let exported = contain(|| self.exporter.export(spans));
            let error = match exported {
                Ok(Ok(())) => return 0,
                Ok(Err(error)) => error,
                Err(Panicked) => ExportError::Permanent(Box::new(Panicked)),
            };
            self.shared.tally.errors.fetch_add(1, SeqCst);
            self.shared.trouble(told(&error));
            let after = match error {
                ExportError::Transient { after, .. } => after.unwrap_or(wait),
                ExportError::Permanent(_) => return all,
                ExportError::Partly { rejected, .. } => return rejected,
            };
            // Who closes the tracer does not wait for an exporter to get well.
            if last || tried >= self.pace.tries {
                return all;
            }
            self.pause(after.min(LONGEST_WAIT));
            wait = wait.saturating_mul(2);
        }
        all
    }

    /// For about so long, or until the tracer is closed, flushed or filling up.
    fn pause(&self, time: Duration) {
        if !time.is_zero() && !self.shared.closing.load(SeqCst) {
            thread::park_timeout(time);
        }
    }
}

/// In words, but not too many: they may be a server's.
fn told(error: &ExportError) -> String {
    let mut text = error.to_string();
    text.truncate(text.floor_char_boundary(LONGEST_TROUBLE));
    text.retain(|letter| !letter.is_control());
    text
}
