//! What is counted of runs.

use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;
use tribunal_cache::ResultCache;
use tribunal_core::{
    FailureMode, Mode, Opinion, Outcome, Pointer, Reads, RunEvent, Snapshot, Stage,
};
use tribunal_metrics::{Meters, Readings, Sources, Value, catalogue as all};
use tribunal_production::{
    Builder, CriticSpec, Hedge, Policy, ProductionOrchestrator, Reloadable, Retry, RunSettings,
};
use tribunal_testkit::*;

fn plan(meters: &Meters) -> Builder {
    ProductionOrchestrator::builder().observer(meters.clone())
}

fn count(readings: &Readings, metric: &all::Metric, labels: &[&str]) -> u64 {
    match readings.value(metric, labels) {
        Some(Value::Count(count)) => *count,
        Some(Value::Histogram(histogram)) => histogram.count(),
        None => 0,
        Some(Value::Number(number)) => panic!("{number} is not whole"),
    }
}

fn number(readings: &Readings, metric: &all::Metric, labels: &[&str]) -> f64 {
    match readings.value(metric, labels) {
        Some(Value::Number(number)) => *number,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_counts_by_verdict_critic_stage_and_status() {
    let meters = Meters::new();
    let court = plan(&meters)
        .critic(CriticSpec::new("quick").stage(Stage::FastCritics).cost(0.5), objects("quick", 0.9))
        .critic(CriticSpec::new("slow").cost(2.0), takes("slow", millis(40)))
        .critic(CriticSpec::new("gated").cost(3.0).policy(Policy::on_high_risk()), allows("gated"))
        .critic(CriticSpec::new("broken").failure_mode(FailureMode::Block), fails("broken"))
        .build()
        .unwrap();
    for _ in 0..3 {
        court.run_all(snapshot("x")).await.unwrap();
    }
    let readings = meters.read(&Sources::fixed(&court));
    let of = |metric: &all::Metric, labels: &[&str]| count(&readings, metric, labels);
    assert_eq!(["allow", "review", "block"].map(|verdict| of(&all::RUNS, &[verdict])), [0, 0, 3]);
    assert_eq!(of(&all::OUTCOMES, &["quick", "fast_critics", "enforce", "success", "block"]), 3);
    assert_eq!(of(&all::OUTCOMES, &["gated", "core_analysis", "enforce", "gated", "none"]), 3);
    assert_eq!(of(&all::OUTCOMES, &["broken", "core_analysis", "enforce", "error", "block"]), 3);
    assert_eq!(of(&all::EXECUTION_SECONDS, &["slow", "core_analysis"]), 3);
    assert_eq!(of(&all::EXECUTION_SECONDS, &["gated", "core_analysis"]), 0, "never called");
    assert_eq!(of(&all::STAGE_SECONDS, &["core_analysis"]), 3);
    let Some(Value::Histogram(slow)) = readings.value(&all::RUN_SECONDS, &["block"]) else {
        panic!()
    };
    assert_eq!(slow.sum(), millis(120));
    assert_eq!(slow.buckets().map(|(_, upto)| upto).collect::<Vec<_>>()[10..13], [0, 3, 3]);
    assert!((number(&readings, &all::COST_SPENT, &["slow"]) - 6.0).abs() < 1e-9);
    assert!((number(&readings, &all::COST_SAVED, &["gated"]) - 9.0).abs() < 1e-9);
}

/// The metrics and the engine's own counts agree.
#[tokio::test(start_paused = true)]
async fn what_is_counted_here_is_what_the_engine_counts() {
    let meters = Meters::new();
    let flaky = fails_transiently("flaky").then(Step::allows());
    let court = plan(&meters)
        .critic(CriticSpec::new("flaky").retry(Retry::attempts(3)), flaky)
        .critic(
            CriticSpec::new("hedged").hedge(Hedge::after(millis(5))),
            takes("hedged", millis(20)),
        )
        .critic(CriticSpec::new("late").timeout(millis(10)), hangs("late"))
        .build()
        .unwrap();
    for _ in 0..45 {
        court.run_all(snapshot("x")).await.unwrap();
    }
    let (readings, own) = (meters.read(&Sources::fixed(&court)), court.metrics());
    assert!(own.critics.iter().any(|critic| critic.counts.retries > 0));
    assert!(own.critics.iter().any(|critic| critic.counts.hedges > 0));
    for critic in &own.critics {
        let name = critic.critic.as_str();
        let of = |metric: &all::Metric| count(&readings, metric, &[name]);
        assert_eq!(of(&all::RETRIES), critic.counts.retries, "{name}");
        assert_eq!(of(&all::HEDGES), critic.counts.hedges, "{name}");
        let executions = count(&readings, &all::EXECUTION_SECONDS, &[name, "core_analysis"]);
        assert_eq!(executions, critic.counts.executions, "{name}");
    }
}

/// Rule 14: what was let pass is counted apart, whichever way it passed.
#[tokio::test(start_paused = true)]
async fn each_way_in_which_a_failure_passes_is_counted() {
    let meters = Meters::new();
    let open = CriticSpec::new("open").failure_mode(FailureMode::Allow);
    let fallback = HookScript::new().only("helped").on_failure(HookStep::gives(Opinion::clean()));
    let watched = CriticSpec::new("watched").failure_mode(FailureMode::Allow).mode(Mode::Monitor);
    let court = plan(&meters)
        .critic(open, fails("open"))
        .critic(CriticSpec::new("helped"), fails("helped"))
        .critic(watched, fails("watched"))
        .critic(CriticSpec::new("well"), allows("well"))
        .hook(fallback)
        .build()
        .unwrap();
    let before = meters.read(&Sources::fixed(&court));
    assert_eq!(before.value(&all::FAIL_OPEN, &["open", "failure_mode"]), Some(&Value::Count(0)));
    court.run_all(snapshot("x")).await.unwrap();
    let readings = meters.read(&Sources::fixed(&court));
    let of = |metric: &all::Metric, labels: &[&str]| count(&readings, metric, labels);
    assert_eq!(of(&all::FAIL_OPEN_RUNS, &["allow"]), 1);
    assert_eq!(of(&all::FAIL_OPEN, &["open", "failure_mode"]), 1);
    assert_eq!(of(&all::FAIL_OPEN, &["helped", "fallback"]), 1);
    assert_eq!(of(&all::FALLBACKS, &["helped"]), 1);
    assert_eq!(readings.value(&all::FAIL_OPEN, &["watched", "failure_mode"]), None);
    assert_eq!(of(&all::FAIL_OPEN, &["well", "failure_mode"]), 0);
}

/// Rule 19: what a monitored critic would have made of a verdict is seen before it counts.
#[tokio::test(start_paused = true)]
async fn a_monitored_critic_shows_what_it_would_have_changed() {
    let meters = Meters::new();
    let watch = |name| CriticSpec::new(name).mode(Mode::Monitor);
    let court = plan(&meters)
        .critic(CriticSpec::new("says"), objects("says", 0.5))
        .critic(watch("stricter"), objects("stricter", 0.9))
        .critic(watch("alike"), objects("alike", 0.5))
        .build()
        .unwrap();
    court.run_all(snapshot("x")).await.unwrap();
    let readings = meters.read(&Sources::fixed(&court));
    assert_eq!(count(&readings, &all::WOULD_HAVE, &["stricter", "block"]), 1);
    assert_eq!(count(&readings, &all::WOULD_HAVE, &["alike", "review"]), 0);
    assert_eq!(count(&readings, &all::RUNS, &["review"]), 1);
    let labels = ["stricter", "core_analysis", "monitor", "success", "block"];
    assert_eq!(count(&readings, &all::OUTCOMES, &labels), 1);
}

#[tokio::test(start_paused = true)]
async fn answers_of_a_cache_are_told_from_calls() {
    let meters = Meters::new();
    let critic = allows("a").reading(Reads::snapshot([Pointer::input_text()]));
    let court = plan(&meters)
        .critic(CriticSpec::new("a"), critic)
        .hook(ResultCache::builder().build().unwrap())
        .build()
        .unwrap();
    for _ in 0..4 {
        court.run_all(snapshot("x")).await.unwrap();
    }
    let readings = meters.read(&Sources::fixed(&court));
    assert_eq!(count(&readings, &all::CACHE_HITS, &["a"]), 3);
    assert_eq!(count(&readings, &all::EXECUTION_SECONDS, &["a", "core_analysis"]), 1);
}

/// Rule 10: who is turned away is counted, and in no verdict.
#[tokio::test(start_paused = true)]
async fn runs_that_are_refused_are_counted_by_reason() {
    let meters = Meters::new();
    let settings = RunSettings::default().max_runs(1).max_queued_runs(0);
    let court = plan(&meters)
        .critic(CriticSpec::new("slow"), hangs("slow"))
        .settings(settings)
        .build()
        .unwrap();
    let mut runs = JoinSet::new();
    for _ in 0..3 {
        let court = court.clone();
        runs.spawn(async move { court.run_all(snapshot("x")).await.map(drop) });
        yield_now().await;
    }
    sleep(millis(1)).await;
    court.shutdown(millis(1)).await;
    runs.join_all().await;
    let readings = meters.read(&Sources::fixed(&court));
    assert_eq!(count(&readings, &all::RUNS_REFUSED, &["overloaded"]), 2);
    assert_eq!(count(&readings, &all::RUNS_REFUSED, &["shut_down"]), 1, "cut off");
    let verdicts =
        ["allow", "review", "block"].map(|verdict| count(&readings, &all::RUNS, &[verdict]));
    assert_eq!(verdicts, [0; 3]);
}

/// The same critic goes on in the same series, wherever it now stands in the plan.
#[tokio::test(start_paused = true)]
async fn counts_go_on_when_the_plan_is_replaced() {
    let meters = Meters::new();
    let court =
        Reloadable::new(plan(&meters).critic(CriticSpec::new("a"), allows("a")).build().unwrap());
    court.run_all(snapshot("x")).await.unwrap();
    let next = plan(&meters)
        .critic(CriticSpec::new("first").priority(1), allows("first"))
        .critic(CriticSpec::new("a").retry(Retry::attempts(2)), allows("a"));
    meters.reloaded(&court.reload(next));
    court.run_all(snapshot("x")).await.unwrap();
    let moved = plan(&meters).critic(CriticSpec::new("a").stage(Stage::Validation), allows("a"));
    meters.reloaded(&court.reload(moved));
    court.run_all(snapshot("x")).await.unwrap();
    let bad = plan(&meters).critic(CriticSpec::new("a").depends_on("nobody"), allows("a"));
    meters.reloaded(&court.reload(bad));

    let readings = meters.read(&Sources::of(&court));
    let of = |metric: &all::Metric, labels: &[&str]| count(&readings, metric, labels);
    assert_eq!(of(&all::OUTCOMES, &["a", "core_analysis", "enforce", "success", "allow"]), 2);
    assert_eq!(of(&all::OUTCOMES, &["a", "validation", "enforce", "success", "allow"]), 1);
    assert_eq!(of(&all::OUTCOMES, &["first", "core_analysis", "enforce", "success", "allow"]), 1);
    assert_eq!(of(&all::CONFIG_GENERATION, &[]), 3);
    assert_eq!(["ok", "failed"].map(|result| of(&all::CONFIG_RELOADS, &[result])), [2, 1]);
    no_series_twice(&readings);
}

fn no_series_twice(readings: &Readings) {
    for family in readings.families() {
        let mut labels: Vec<_> = family.samples.iter().map(|sample| &sample.labels).collect();
        let all = labels.len();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), all, "{}", family.metric.name);
    }
}

/// Every run counts once, whichever thread it was on, also while somebody reads.
#[test]
fn no_run_is_lost_between_threads() {
    let meters = Meters::new();
    let court = plan(&meters).critic(CriticSpec::new("a"), allows("a")).build().unwrap();
    let seen = || count(&meters.read(&Sources::fixed(&court)), &all::RUNS, &["allow"]);
    let runs = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for _ in 0..200 {
            runtime.block_on(court.run_all(snapshot("x"))).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(runs);
        }
        let mut before = 0;
        for _ in 0..50 {
            let now = seen();
            assert!(before <= now && now <= 2_400, "a counter only rises");
            before = now;
        }
    });
    assert_eq!(seen(), 2_400);
}

/// Rule 20: nothing that came with a request is in the text.
#[tokio::test(start_paused = true)]
async fn no_text_of_a_request_is_in_the_metrics() {
    let meters = Meters::new();
    let objects = critic("tells").says(Opinion::objection(tribunal_core::Violation::new(
        "found",
        "planted-in-message",
        0.9,
    )));
    let court = plan(&meters).critic(CriticSpec::new("tells"), objects).build().unwrap();
    let snapshot = Snapshot::builder()
        .input_text("planted-in-input")
        .model_response("planted-in-answer")
        .with("tenant", "planted-in-context")
        .trace_id("planted-in-trace");
    court.run_all(snapshot.build()).await.unwrap();
    let text = meters.read(&Sources::fixed(&court)).to_string();
    assert!(text.contains("tells"));
    assert!(!text.contains("planted"), "{text}");
}

/// With metrics on, nothing is told of critics as they go along.
#[tokio::test(start_paused = true)]
async fn it_asks_for_reports_alone() {
    use tribunal_core::{Interest, Observer};
    assert_eq!(Observer::interest(&Meters::new()), Interest::Runs);
    // An engine that tells more changes nothing.
    let (meters, info) = (
        Meters::new(),
        tribunal_core::CriticInfo::new(tribunal_core::CriticName::new("a").unwrap()),
    );
    let outcome = Outcome::success(Opinion::clean());
    meters.on_event(RunEvent::Finished { critic: &info, outcome: &outcome });
    meters.on_event(RunEvent::RunStarted { trace_id: None });
    assert_eq!(count(&meters.read(&Sources::default()), &all::RUNS, &["allow"]), 0);
}
