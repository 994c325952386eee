//! How full each limit is, what is left of each budget, and how breakers stand.

use std::sync::Arc;

use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;
use tribunal_core::Stage;
use tribunal_production::{
    BreakerSettings, BreakerState, CriticSpec, ProductionOrchestrator, Rate, Reloadable, Retry,
    RunSettings,
};
use tribunal_testkit::*;

/// Rule 8, as seen from outside: who is in, who waits, and for how long.
#[tokio::test(start_paused = true)]
async fn each_level_says_who_is_in_and_who_waits() {
    let settings = RunSettings::default()
        .max_runs(3)
        .max_in_flight(9)
        .stage_max_in_flight(Stage::CoreAnalysis, 4);
    let court = ProductionOrchestrator::builder()
        .critic(CriticSpec::new("slow").max_in_flight(2), hangs("slow"))
        .settings(settings)
        .build()
        .unwrap();
    let mut runs = JoinSet::new();
    for _ in 0..4 {
        let court = court.clone();
        runs.spawn(async move { court.run_all(snapshot("x")).await.map(drop) });
    }
    yield_now().await;
    sleep(millis(500)).await;
    let gauges = court.gauges();
    let room = |room: tribunal_production::Room| (room.in_use, room.limit, room.waiting);
    assert_eq!(room(gauges.runs), (3, 3, 1));
    assert_eq!(gauges.runs.oldest_wait, Some(millis(500)));
    assert_eq!(room(gauges.critics[0].calls.unwrap()), (2, 2, 1));
    assert_eq!(room(gauges.stages[0].calls.unwrap()), (2, 4, 0));
    assert_eq!(room(gauges.calls), (2, 9, 0));
    runs.shutdown().await;
    let gauges = court.gauges();
    for left in [gauges.runs, gauges.calls, gauges.critics[0].calls.unwrap()] {
        assert_eq!((left.in_use, left.waiting), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_of_rates_and_retries_is_told_and_goes_on_after_a_reload() {
    let plan = || {
        let rate = |burst| Rate::new(1, secs(60), burst).unwrap();
        let breaker = BreakerSettings::new(0.5, secs(60), 2).unwrap();
        let spec = CriticSpec::new("a").fingerprint("a").rate(rate(5)).shares("provider");
        let settings = RunSettings::default().shared_rate("provider", rate(8)).retry_budget(0.0, 3);
        ProductionOrchestrator::builder()
            .critic(spec.breaker(breaker).retry(Retry::attempts(2)), fails_transiently("a"))
            .settings(settings)
    };
    let court = Arc::new(Reloadable::new(plan().build().unwrap()));
    let left = |court: &Reloadable| {
        let gauges = court.current().gauges();
        let (own, shared) = (gauges.critics[0].tokens.unwrap(), gauges.shared_tokens[0].left);
        (own, shared, gauges.retries_left, gauges.critics[0].breaker.unwrap())
    };
    let (own, shared, retries, breaker) = left(&court);
    assert_eq!((own, shared, retries), (5, 8, 3));
    assert_eq!((breaker.state, breaker.entered), (BreakerState::Closed, [0, 0, 0]));
    court.run_all(snapshot("x")).await.unwrap();
    court.reload(plan()).unwrap();
    let (own, shared, retries, breaker) = left(&court);
    assert_eq!((own, shared, retries), (3, 6, 2));
    assert_eq!((breaker.state, breaker.entered), (BreakerState::Open, [0, 1, 0]));
    let json = serde_json::to_value(court.current().gauges()).unwrap();
    assert_eq!(json["critics"][0]["breaker"]["state"], "open");
    assert_eq!(json["runs"]["oldest_wait_ms"], 0.0);
}
