//! Many at once, and more than there is room for.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use tribunal_log::{Batch, Chain, DecisionLog, Entry, FileSink, Resume, Sink, SinkError, Verifier};

use crate::made::{SOON, entries, report, small, traces, verified, verified_bytes};

#[test]
fn records_from_many_threads_are_there_once_each_and_whole_over_rotations() {
    const THREADS: usize = 8;
    const EACH: usize = 500;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let sink = FileSink::new(&path).max_bytes(100_000).keep(None);
    let log = DecisionLog::builder()
        .queue(NonZeroUsize::new(THREADS * EACH).unwrap())
        .start(sink)
        .unwrap();
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let log = log.clone();
            scope.spawn(move || {
                for index in 0..EACH {
                    let trace_id = format!("{thread}-{index}");
                    let report = if index % 2 == 0 { report(&trace_id) } else { small(&trace_id) };
                    log.record(&report, None, None).unwrap();
                }
            });
        }
    });
    let closed = log.close(SOON);
    assert!(closed.in_time);
    assert_eq!(closed.counters.written, (THREADS * EACH) as u64);
    let traces = traces(&path);
    assert_eq!(traces.len(), THREADS * EACH);
    assert_eq!(traces.iter().collect::<BTreeSet<_>>().len(), THREADS * EACH);
    let found = verified(&path);
    assert!(found.is_intact() && found.lost == 0, "{found:?}");
    assert_eq!(found.head, closed.head);
}

/// Holds every batch until it is let go.
#[derive(Clone, Default)]
struct Held {
    state: Arc<Mutex<(bool, Vec<u8>)>>,
    changed: Arc<Condvar>,
}

impl Held {
    fn let_go(&self) {
        self.state.lock().unwrap().0 = true;
        self.changed.notify_all();
    }

    fn bytes(&self) -> Vec<u8> {
        self.state.lock().unwrap().1.clone()
    }
}

impl Sink for Held {
    fn open(&mut self, _: &Chain) -> Result<Resume, SinkError> {
        Ok(Resume::default())
    }

    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let held = self.state.lock().unwrap();
        let mut state = self.changed.wait_while(held, |state| !state.0).unwrap();
        state.1.extend_from_slice(batch.bytes());
        Ok(())
    }
}

#[test]
fn what_finds_the_queue_full_is_counted_and_the_log_says_so_in_its_place() {
    let held = Held::default();
    let log =
        DecisionLog::builder().queue(NonZeroUsize::new(4).unwrap()).start(held.clone()).unwrap();
    // The thread hangs in its first batch: the line that says that the log was opened.
    let taken: Vec<bool> = (0..10)
        .map(|index| log.record(&small(&format!("t{index}")), None, None).is_some())
        .collect();
    let room = taken.iter().filter(|taken| **taken).count();
    assert_eq!(room, 4, "{taken:?}");
    assert_eq!((log.counters().queued, log.counters().lost), (4, 6));
    held.let_go();
    while log.counters().written < 4 {
        thread::yield_now();
    }
    log.record(&small("after"), None, None).unwrap();
    let closed = log.close(SOON);
    assert_eq!((closed.counters.written, closed.counters.lost), (5, 6));
    let bytes = held.bytes();
    let found = verified_bytes(&bytes, Verifier::new(Chain::default(), None));
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.decisions, found.lost), (5, 6));
    let text = String::from_utf8(bytes).unwrap();
    let order: Vec<String> = text
        .lines()
        .filter_map(|line| match Entry::parse(line.as_bytes()).unwrap() {
            Entry::Decision(decision) => decision.trace_id,
            Entry::Note(note) => note.lost.map(|lost| format!("lost {lost}")),
            _ => None,
        })
        .collect();
    assert_eq!(order, ["t0", "t1", "t2", "t3", "lost 6", "after"]);
}

#[test]
fn who_would_rather_wait_is_told_before_the_queue_is_full() {
    let held = Held::default();
    let log =
        DecisionLog::builder().queue(NonZeroUsize::new(8).unwrap()).start(held.clone()).unwrap();
    let mut recorded = 0;
    while log.has_room() {
        assert!(log.record(&small("a"), None, None).is_some());
        recorded += 1;
    }
    assert_eq!(recorded, 6);
    held.let_go();
    while !log.has_room() {
        thread::yield_now();
    }
    assert_eq!(log.close(SOON).counters.lost, 0);
}

#[test]
fn a_log_that_is_closed_takes_nothing_more_and_counts_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = crate::made::start(&path);
    log.record(&small("a"), None, None).unwrap();
    assert!(log.close(SOON).in_time);
    assert_eq!(log.record(&small("b"), None, None), None);
    let counters = log.counters();
    assert_eq!((counters.written, counters.lost, counters.queued), (1, 1, 0));
    assert!(log.close(Duration::ZERO).in_time, "closing twice is no harm");
    assert_eq!(entries(&path).len(), 2);
}

#[test]
fn a_handle_that_is_dropped_leaves_nothing_unwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let log = crate::made::start(&path);
    for index in 0..100 {
        log.record(&small(&format!("t{index}")), None, None).unwrap();
    }
    drop(log);
    assert_eq!(traces(&path).len(), 100);
}

#[test]
fn closing_gives_up_waiting_for_a_sink_that_hangs() {
    let held = Held::default();
    let log = DecisionLog::builder().start(held.clone()).unwrap();
    log.record(&small("a"), None, None).unwrap();
    let closed = log.close(Duration::from_millis(1));
    assert!(!closed.in_time);
    held.let_go();
    assert!(log.close(SOON).in_time);
    assert_eq!(log.counters().written, 1);
}
