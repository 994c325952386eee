//! Runs wait for nobody, and nothing is lost without being counted.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tribunal_core::Snapshot;
use tribunal_production::ProductionOrchestrator;
use tribunal_testkit::*;
use tribunal_trace::{ExportError, Exporter, Span, Tracer, TracerBuilder};

use crate::court::seated;

/// Does with each batch what its script says, and says so; at the end of the script it takes everything.
struct Scripted {
    steps: Vec<Step>,
    batches: Arc<Mutex<Vec<usize>>>,
}

enum Step {
    Transient,
    Permanent,
    Rejects(u64),
    Panics,
    /// Until somebody drops the other end.
    Waits(Receiver<()>, Sender<()>),
}

impl Exporter for Scripted {
    fn export(&mut self, spans: &[Span]) -> Result<(), ExportError> {
        let step = if self.steps.is_empty() { None } else { Some(self.steps.remove(0)) };
        match step {
            Some(Step::Transient) => {
                return Err(ExportError::Transient { cause: "not now".into(), after: None });
            }
            Some(Step::Permanent) => return Err(ExportError::Permanent("never".into())),
            Some(Step::Rejects(rejected)) => {
                return Err(ExportError::Partly { rejected, cause: "some".into() });
            }
            Some(Step::Panics) => panic!("as scripted"),
            Some(Step::Waits(until, begun)) => {
                begun.send(()).unwrap();
                let _ = until.recv();
            }
            None => {}
        }
        self.batches.lock().unwrap().push(spans.len());
        Ok(())
    }
}

/// Each run has four spans.
fn court(tracer: &Tracer) -> ProductionOrchestrator {
    let builder = seated(ProductionOrchestrator::builder(), objects("x", 0.9), |spec| spec);
    builder.observer(tracer.clone()).build().unwrap()
}

fn start(
    builder: TracerBuilder,
    steps: Vec<Step>,
) -> (Tracer, ProductionOrchestrator, Arc<Mutex<Vec<usize>>>) {
    let batches = Arc::default();
    let exporter = Scripted { steps, batches: Arc::clone(&batches) };
    let tracer = builder.start(exporter).unwrap();
    let court = court(&tracer);
    (tracer, court, batches)
}

fn at_once() -> TracerBuilder {
    Tracer::builder().gather(Duration::ZERO).tries(3, Duration::from_millis(1))
}

async fn run(court: &ProductionOrchestrator, times: usize) {
    for _ in 0..times {
        court.run_all(Snapshot::of_input("x")).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn what_has_no_room_is_lost_and_counted_while_an_exporter_hangs() {
    let (go, until) = channel();
    let (begun, has_begun) = channel();
    let builder = at_once().queue(NonZeroUsize::new(5).unwrap());
    let (tracer, court, _) = start(builder, vec![Step::Waits(until, begun)]);
    run(&court, 1).await;
    has_begun.recv_timeout(secs(60)).unwrap();
    run(&court, 20).await;
    let counters = tracer.counters();
    assert_eq!((counters.runs, counters.runs_lost, counters.runs_queued), (6, 15, 6));
    assert!(!tracer.has_room());
    assert!(!tracer.flush(Duration::from_millis(1)), "it has an end to it");
    assert!(!tracer.close(Duration::from_millis(1)).in_time);
    drop(go);
    let closed = tracer.close(secs(60));
    assert!(closed.in_time);
    let counters = closed.counters;
    assert_eq!((counters.runs, counters.runs_lost, counters.runs_queued), (6, 15, 0));
    assert_eq!((counters.spans, counters.spans_lost, counters.errors), (24, 0, 0));
    // And after that.
    run(&court, 1).await;
    assert_eq!(tracer.counters().runs_lost, 16);
}

#[tokio::test(start_paused = true)]
async fn what_may_do_later_is_tried_again() {
    let (tracer, court, batches) = start(at_once(), vec![Step::Transient, Step::Transient]);
    run(&court, 1).await;
    assert!(tracer.flush(secs(60)));
    let counters = tracer.counters();
    assert_eq!((counters.spans, counters.spans_lost, counters.errors), (4, 0, 2));
    assert_eq!(*batches.lock().unwrap(), [4]);
    assert_eq!(tracer.trouble().as_deref(), Some("not now"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_taken_is_counted_and_the_next_is_tried() {
    let transient = || Step::Transient;
    for (steps, lost, errors, trouble) in [
        (vec![transient(), transient(), transient()], 4, 3, "not now"),
        (vec![Step::Permanent], 4, 1, "never"),
        (vec![Step::Rejects(3)], 3, 1, "3 spans were rejected: some"),
        (vec![Step::Rejects(99)], 4, 1, "99 spans were rejected: some"),
        (vec![Step::Panics], 4, 1, "panicked"),
    ] {
        let (tracer, court, batches) = start(at_once(), steps);
        run(&court, 1).await;
        assert!(tracer.flush(secs(60)));
        run(&court, 1).await;
        let closed = tracer.close(secs(60));
        let counters = closed.counters;
        assert_eq!((counters.spans, counters.spans_lost), (8 - lost, lost), "{trouble}");
        assert_eq!((counters.errors, counters.runs), (errors, 2));
        assert_eq!(tracer.trouble().as_deref(), Some(trouble));
        assert_eq!(*batches.lock().unwrap(), [4]);
    }
}

/// Who closes waits for no exporter to get well.
#[tokio::test(start_paused = true)]
async fn closing_cuts_a_wait_between_tries_short() {
    let builder = Tracer::builder().gather(Duration::ZERO).tries(1_000, secs(3_600));
    let steps = (0..2).map(|_| Step::Transient).collect();
    let (tracer, court, _) = start(builder, steps);
    run(&court, 1).await;
    let closed = tracer.close(secs(60));
    assert!(closed.in_time);
    assert_eq!(closed.counters.spans + closed.counters.spans_lost, 4);
}

#[tokio::test(start_paused = true)]
async fn runs_are_gathered_and_go_in_batches() {
    let builder = Tracer::builder().gather(secs(3_600)).batch(NonZeroUsize::new(10).unwrap());
    let (tracer, court, batches) = start(builder, Vec::new());
    run(&court, 7).await;
    assert_eq!(tracer.counters().spans, 0, "they are being gathered");
    assert!(tracer.flush(secs(60)));
    assert_eq!(*batches.lock().unwrap(), [12, 12, 4], "runs stay in one piece");
    // A queue that fills up is not waited for.
    let queue = NonZeroUsize::new(8).unwrap();
    let builder = Tracer::builder().gather(secs(3_600)).queue(queue);
    let (go, until) = channel();
    let (begun, has_begun) = channel();
    let (tracer, court, _) = start(builder, vec![Step::Waits(until, begun)]);
    run(&court, 6).await;
    has_begun.recv_timeout(secs(60)).unwrap();
    drop(go);
    assert_eq!(tracer.counters().runs_lost, 0);
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_hands_out_what_is_left() {
    let (tracer, court, batches) = start(Tracer::builder().gather(secs(3_600)), Vec::new());
    run(&court, 2).await;
    drop(tracer);
    drop(court);
    assert_eq!(*batches.lock().unwrap(), [8]);
}
