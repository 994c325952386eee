//! What does the decision log cost a run, and how many runs a second does it keep up with?
//!
//! ```text
//! cargo bench --bench decision_log
//! ```
//!
//! A report of ten critics is recorded again and again. On the run's path: short bursts that fit into the
//! queue, the median of many, next to serialising the report and writing it to a file there and then. Keeping up:
//! a second of runs at a pace, from one thread, and how many of them were lost; and how fast it goes when two threads record as fast as
//! there is room. Files lie in the system's folder for temporary ones.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tribunal_benches::answer::{Answer, number, times};
use tribunal_benches::contender::one_thread;
use tribunal_benches::noop::SyncNoop;
use tribunal_benches::ours::{Options, production};
use tribunal_benches::rounds::median;
use tribunal_benches::shape::Shape;
use tribunal_core::{Critic, Report, Snapshot};
use tribunal_log::{DecisionLog, FileSink};

const BURST: usize = 512;
const BURSTS: usize = 401;
const PACES: [u64; 3] = [10_000, 50_000, 100_000];
const PACED: Duration = Duration::from_secs(4);
const FLAT_OUT: usize = 500_000;

fn main() {
    let mut answer = Answer::new("decision_log");
    let folder = tempfile::tempdir().expect("a folder for logs");
    let mut rows = Vec::new();
    for (name, shape) in
        [("ten critics ran", Shape::Flat), ("two gates in three closed", Shape::Gated)]
    {
        let report = report(shape);
        let recorded = per_run(|| recording(&folder.path().join(name), &report));
        let written = per_run(|| writing(&folder.path().join("plain"), &report));
        rows.push(vec![
            name.to_owned(),
            number(recorded),
            number(written),
            times(recorded / written),
        ]);
        if shape == Shape::Flat {
            answer.figure("record_ns", recorded);
            answer.figure("record_vs_writing", recorded / written);
        }
    }
    let heads = ["report", "record", "serialise and write", "ratio"];
    answer.table("Nanoseconds on the run's path", &heads, rows);

    let report = report(Shape::Flat);
    let mut rows = Vec::new();
    for pace in PACES {
        let (reached, lost) = paced(&folder.path().join(pace.to_string()), &report, pace);
        rows.push(vec![number(pace as f64), number(reached), number(lost as f64)]);
        if pace == 50_000 {
            answer.figure("lost_at_50000", lost as f64);
        }
    }
    let (pace, bytes) = flat_out(&folder.path().join("flat_out"), &report);
    rows.push(vec!["flat out".to_owned(), number(pace), "0".to_owned()]);
    let heads = ["runs a second", "reached", "lost"];
    answer.table("Keeping up, into a file", &heads, rows);
    answer.figure("flat_out_per_second", pace);
    answer.figure("bytes_a_line", bytes);
    answer.give();
}

fn report(shape: Shape) -> Report {
    let critic: Arc<dyn Critic> = Arc::new(SyncNoop);
    let court = production(10, shape, Options::Lean, &critic);
    let snapshot = Snapshot::builder().trace_id("4bf92f3577b34da6a3ce929d0e0e4736").build();
    one_thread().block_on(court.run_all(snapshot)).expect("a report")
}

/// The median over bursts, in nanoseconds.
fn per_run(burst: impl FnOnce() -> Vec<Duration>) -> f64 {
    median(burst().into_iter().map(|took| took.as_nanos() as f64 / BURST as f64).collect())
}

fn taking(burst: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    burst();
    begun.elapsed()
}

fn recording(path: &Path, report: &Report) -> Vec<Duration> {
    let log = DecisionLog::builder().start(FileSink::new(path).keep(None)).expect("a log");
    let bursts = (0..BURSTS).map(|_| {
        let took = taking(|| {
            for _ in 0..BURST {
                log.record(report, None, None).expect("room in the queue");
            }
        });
        while log.counters().queued > 0 {
            std::thread::yield_now();
        }
        took
    });
    bursts.collect()
}

fn writing(path: &Path, report: &Report) -> Vec<Duration> {
    let mut file = BufWriter::with_capacity(64 << 10, File::create(path).expect("a file"));
    let mut line = Vec::new();
    let bursts = (0..BURSTS).map(|_| {
        taking(|| {
            for _ in 0..BURST {
                line.clear();
                serde_json::to_writer(&mut line, report).expect("JSON");
                line.push(b'\n');
                file.write_all(&line).expect("a file that can be written");
            }
        })
    });
    bursts.collect()
}

/// How many a second were recorded, and how many were lost.
fn paced(path: &Path, report: &Report, pace: u64) -> (f64, u64) {
    let log = DecisionLog::builder().start(FileSink::new(path).keep(None)).expect("a log");
    let mut recorded = 0_u64;
    let begun = Instant::now();
    one_thread().block_on(async {
        let mut tick = interval(Duration::from_millis(1));
        // What a late tick owes is made good: a machine that is busy with other things makes bursts of it.
        tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
        while begun.elapsed() < PACED {
            tick.tick().await;
            for _ in 0..pace / 1_000 {
                log.record(report, None, None);
            }
            recorded += pace / 1_000;
        }
    });
    let seconds = begun.elapsed().as_secs_f64();
    let closed = log.close(Duration::from_secs(60));
    assert_eq!(closed.counters.written + closed.counters.lost, recorded, "each is accounted for");
    (recorded as f64 / seconds, closed.counters.lost)
}

/// Two threads that wait for room: runs a second until all is in the file, and the bytes of a line.
fn flat_out(path: &Path, report: &Report) -> (f64, f64) {
    let queue = NonZeroUsize::new(65_536).expect("more than none");
    let sink = FileSink::new(path).max_bytes(u64::MAX).keep(None);
    let log = DecisionLog::builder().queue(queue).start(sink).expect("a log");
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..FLAT_OUT / 2 {
                    while !log.has_room() {
                        std::thread::yield_now();
                    }
                    log.record(report, None, None).expect("room in the queue");
                }
            });
        }
    });
    let closed = log.close(Duration::from_secs(60));
    let seconds = begun.elapsed().as_secs_f64();
    assert_eq!(closed.counters.written, FLAT_OUT as u64, "all of them");
    let bytes = std::fs::metadata(path).expect("a file").len();
    (FLAT_OUT as f64 / seconds, bytes as f64 / FLAT_OUT as f64)
}
