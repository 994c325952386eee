//! Sinks that are slow, fail, hang and panic, and never hold up a run.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_core::future::BoxFuture;
use tribunal_log::{
    AsyncSink, Batch, Chain, DecisionLog, Head, LogBuilder, RemoteSink, SinkError, StartError,
    Verifier,
};

use crate::made::{SOON, small, verified_bytes};

/// What a sink does with its next call; nothing left means that it takes it.
#[derive(Clone, Copy)]
enum Does {
    Fails,
    Panics,
    Hangs,
    TakesAndFails,
}

#[derive(Clone, Default)]
struct Told {
    script: Arc<Mutex<Vec<Does>>>,
    bytes: Arc<Mutex<Vec<u8>>>,
    calls: Arc<AtomicU64>,
    head: Option<Head>,
}

impl Told {
    fn will(script: &[Does]) -> Self {
        let told = Self::default();
        told.script.lock().unwrap().extend(script.iter().rev());
        told
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }
}

impl AsyncSink for Told {
    fn deliver<'a>(&'a mut self, batch: Batch<'a>) -> BoxFuture<'a, Result<(), SinkError>> {
        self.calls.fetch_add(1, Relaxed);
        let does = self.script.lock().unwrap().pop();
        Box::pin(async move {
            match does {
                Some(Does::Fails) => return Err(SinkError::new("no")),
                Some(Does::Panics) => panic!("on purpose"),
                Some(Does::Hangs) => std::future::pending().await,
                Some(Does::TakesAndFails) => {
                    self.bytes.lock().unwrap().extend_from_slice(batch.bytes());
                    return Err(SinkError::new("late"));
                }
                None => self.bytes.lock().unwrap().extend_from_slice(batch.bytes()),
            }
            Ok(())
        })
    }

    fn head(&mut self) -> BoxFuture<'_, Result<Option<Head>, SinkError>> {
        Box::pin(std::future::ready(Ok(self.head)))
    }
}

fn builder() -> LogBuilder {
    let brief = Duration::from_millis(1);
    DecisionLog::builder().gather(Duration::ZERO).backoff(brief, brief)
}

fn remote(told: &Told) -> RemoteSink<Told> {
    RemoteSink::new(told.clone()).within(Duration::from_millis(50)).tries(3)
}

fn wait_for(log: &DecisionLog, done: impl Fn(tribunal_log::LogCounters) -> bool) {
    while !done(log.counters()) {
        std::thread::yield_now();
    }
}

#[test]
fn a_batch_that_was_refused_is_given_again_as_it_was() {
    for does in [Does::Fails, Does::Panics, Does::Hangs] {
        let told = Told::will(&[does, does]);
        let log = builder().start(remote(&told)).unwrap();
        wait_for(&log, |counters| counters.errors == 2);
        log.record(&small("a"), None, None).unwrap();
        wait_for(&log, |counters| counters.written == 1);
        let closed = log.close(SOON);
        assert_eq!((closed.counters.failed, closed.counters.lost), (0, 0));
        let found = verified_bytes(&told.bytes(), Verifier::new(Chain::default(), None));
        assert!(found.is_intact() && found.decisions == 1, "{found:?}");
    }
}

#[test]
fn a_batch_that_is_refused_too_often_is_given_up_and_the_next_says_so() {
    let told = Told::default();
    let log = builder().start(remote(&told)).unwrap();
    wait_for(&log, |_| told.calls.load(Relaxed) == 1);
    told.script.lock().unwrap().extend([Does::Fails; 3]);
    log.record(&small("a"), None, None).unwrap();
    wait_for(&log, |counters| counters.failed == 1);
    log.record(&small("b"), None, None).unwrap();
    wait_for(&log, |counters| counters.written == 1);
    let closed = log.close(SOON);
    assert_eq!((closed.counters.failed, closed.counters.errors), (1, 3));
    let found = verified_bytes(&told.bytes(), Verifier::new(Chain::default(), None));
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.decisions, found.lost), (1, 1));
}

#[test]
fn a_batch_that_arrived_although_it_failed_arrives_again_with_the_same_bytes() {
    let told = Told::will(&[Does::TakesAndFails]);
    let log = builder().start(remote(&told)).unwrap();
    wait_for(&log, |_| told.calls.load(Relaxed) == 2);
    assert!(log.close(SOON).in_time);
    let bytes = told.bytes();
    let (first, again) = bytes.split_at(bytes.len() / 2);
    assert_eq!(first, again);
}

#[test]
fn a_sink_that_never_works_costs_decisions_and_nothing_else() {
    let told = Told::default();
    told.script.lock().unwrap().extend([Does::Hangs; 10_000]);
    let sink = RemoteSink::new(told.clone()).within(Duration::from_millis(1)).tries(1);
    let log = builder().start(sink).unwrap();
    for index in 0..100 {
        log.record(&small(&format!("t{index}")), None, None);
    }
    let closed = log.close(SOON);
    assert!(closed.in_time);
    let counters = closed.counters;
    assert_eq!((counters.written, counters.queued), (0, 0));
    assert_eq!(counters.lost + counters.failed, 100);
}

#[test]
fn a_sink_that_knows_where_its_log_ends_goes_on_there() {
    let first = Told::default();
    let log = builder().start(remote(&first)).unwrap();
    log.record(&small("a"), None, None).unwrap();
    let closed = log.close(SOON);
    let second = Told { head: closed.head, ..first.clone() };
    let log = builder().start(remote(&second)).unwrap();
    log.record(&small("b"), None, None).unwrap();
    assert!(log.close(SOON).in_time);
    let found = verified_bytes(&first.bytes(), Verifier::new(Chain::default(), None));
    assert!(found.is_intact() && found.decisions == 2, "{found:?}");
}

/// It is where a service starts its logs.
#[tokio::test]
async fn a_log_can_be_started_and_dropped_inside_a_runtime() {
    let told = Told::default();
    let log = builder().start(remote(&told)).unwrap();
    log.record(&small("a"), None, None).unwrap();
    drop(log);
    assert!(!told.bytes().is_empty());
}

struct NeverOpens;

impl AsyncSink for NeverOpens {
    fn deliver<'a>(&'a mut self, _: Batch<'a>) -> BoxFuture<'a, Result<(), SinkError>> {
        unreachable!()
    }

    fn head(&mut self) -> BoxFuture<'_, Result<Option<Head>, SinkError>> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_sink_that_cannot_be_opened_is_an_error_at_the_start() {
    let error = builder().start(RemoteSink::new(NeverOpens)).unwrap_err();
    assert!(matches!(error, StartError::Sink(_)), "{error:?}");
}
