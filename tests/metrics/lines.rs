//! What has become of the lines of a decision log.

use std::time::Duration;

use tribunal_log::{DecisionLog, FileSink};
use tribunal_metrics::{Meters, Sources, Value, catalogue as all};
use tribunal_production::{CriticSpec, ProductionOrchestrator};
use tribunal_testkit::*;

#[tokio::test(start_paused = true)]
async fn lines_of_the_decision_log_are_counted_as_written_and_lost() {
    let folder = tempfile::tempdir().unwrap();
    let log = DecisionLog::builder().start(FileSink::new(folder.path().join("log.jsonl"))).unwrap();
    let meters = Meters::new();
    let court = ProductionOrchestrator::builder()
        .critic(CriticSpec::new("a"), allows("a"))
        .observer(meters.clone())
        .observer(log.clone())
        .build()
        .unwrap();
    for _ in 0..3 {
        court.run_all(snapshot("x")).await.unwrap();
    }
    assert!(log.close(Duration::from_secs(60)).in_time);
    // Nobody writes any more.
    court.run_all(snapshot("x")).await.unwrap();
    let lines = log.counters();
    let sources = Sources::fixed(&court).log_lines(lines.written, lines.never_written());
    let readings = meters.read(&sources);
    let count = |fate: &str| readings.value(&all::LOG_LINES, &[fate]).cloned();
    assert_eq!(count("written"), Some(Value::Count(3)));
    assert_eq!(count("lost"), Some(Value::Count(1)));
    assert_eq!(meters.read(&Sources::fixed(&court)).value(&all::LOG_LINES, &["lost"]), None);
}
