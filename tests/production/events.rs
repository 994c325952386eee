//! What observers hear, in which order.

use tribunal_core::Stage;
use tribunal_production::Policy;
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, tries};

#[tokio::test(start_paused = true)]
async fn events_come_in_the_order_in_which_things_happen() {
    let events = Events::new();
    court()
        .early_exit()
        .critics([
            critic("flaky").then(Step::transient()).then(Step::allows()).retry(tries(2)),
            allows("gated").policy(Policy::on_high_risk()).priority(9),
            objects("blocks", 0.9).stage(Stage::DeepAnalysis).priority(1),
            allows("late").stage(Stage::DeepAnalysis).priority(2),
            allows("later").stage(Stage::Validation),
        ])
        .observer(events.clone())
        .run()
        .await;
    let expected = [
        "run started",
        "stage core_analysis",
        "started flaky 1",
        "finished gated gated",
        "retrying flaky 1",
        "started flaky 2",
        "finished flaky success",
        "stage deep_analysis",
        "started blocks 1",
        "finished blocks success",
        "settled block",
        "finished late skipped",
        "finished later skipped",
        "run finished block",
    ];
    let lines = events.lines();
    // A gate that is closed and a retry that is on its way do not wait for each other.
    let sorted = |mut lines: Vec<String>| {
        lines[3..5].sort();
        lines
    };
    assert_eq!(sorted(lines), sorted(expected.map(str::to_owned).to_vec()));
}

#[tokio::test(start_paused = true)]
async fn a_retry_tells_how_long_it_waits() {
    let events = Events::new();
    let flaky = critic("flaky").then(Step::transient_after(secs(1))).then(Step::allows());
    court().critic(flaky.retry(tries(2))).observer(events.clone()).run().await;
    assert!(events.all().contains(&Event::Retrying("flaky".into(), 1, secs(1))));
}

/// Rule 13: an observer that panics is counted, and reaches nobody.
#[tokio::test(start_paused = true)]
async fn panics_of_observers_are_counted() {
    let events = Events::new();
    let court =
        court().critic(allows("a")).observer(PanickingObserver).observer(events.clone()).build();
    judge(&court).await;
    assert_eq!(court.metrics().observer_panics, events.lines().len() as u64);
}
