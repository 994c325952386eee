//! How things stand: limits, breakers, budgets, and the text of all that.

use tribunal_core::Stage;
use tribunal_metrics::{Meters, Sources, Value, catalogue as all};
use tribunal_production::{
    BreakerSettings, Builder, Canary, CriticSpec, ProductionOrchestrator, Rate, Reloadable,
    RunSettings,
};
use tribunal_testkit::*;

/// A plan with every limit there is.
pub(crate) fn limited(meters: &Meters) -> Builder {
    let rate = Rate::new(1, secs(60), 5).unwrap();
    let settings = RunSettings::default()
        .max_runs(7)
        .stage_max_in_flight(Stage::CoreAnalysis, 4)
        .shared_rate("the \"provider\"", rate);
    let breaker = BreakerSettings::new(0.5, secs(60), 2).unwrap();
    let spec = CriticSpec::new("a").fingerprint("a").max_in_flight(2).rate(rate);
    ProductionOrchestrator::builder()
        .critic(spec.shares("the \"provider\"").breaker(breaker), fails("a"))
        .settings(settings)
        .observer(meters.clone())
}

#[tokio::test(start_paused = true)]
async fn limits_and_breakers_are_read_when_somebody_asks() {
    let meters = Meters::new();
    let court = Reloadable::new(limited(&meters).build().unwrap());
    for _ in 0..2 {
        court.run_all(snapshot("x")).await.unwrap();
    }
    let of = |metric: &all::Metric, labels: &[&str]| {
        meters.read(&Sources::of(&court)).value(metric, labels).cloned()
    };
    let count = |count: u64| Some(Value::Count(count));
    assert_eq!(of(&all::LIMIT, &["run", "all"]), count(7));
    assert_eq!(of(&all::LIMIT, &["stage", "core_analysis"]), count(4));
    assert_eq!(of(&all::IN_USE, &["critic", "a"]), count(0));
    assert_eq!(of(&all::TOKENS_LEFT, &["critic", "a"]), count(3));
    assert_eq!(of(&all::TOKENS_LEFT, &["shared", "the \"provider\""]), count(3));
    assert_eq!(of(&all::BREAKER_STATE, &["a", "open"]), count(1));
    assert_eq!(of(&all::BREAKER_STATE, &["a", "closed"]), count(0));
    assert_eq!(of(&all::BREAKER_TRANSITIONS, &["a", "open"]), count(1));
    court.reload(limited(&meters)).unwrap();
    assert_eq!(of(&all::BREAKER_TRANSITIONS, &["a", "open"]), count(1), "the breaker goes on");
}

/// The format as a reader of it has it: a help and a type for each, every name in the catalogue, numbers at the end.
#[tokio::test(start_paused = true)]
async fn the_text_is_what_prometheus_reads() {
    let (meters, canary) = (Meters::new(), Canary::new());
    let court = Reloadable::new(limited(&meters).build().unwrap());
    court.run_all(snapshot("x")).await.unwrap();
    canary.check(&court).await;
    let text = meters.read(&Sources::of(&court).canary(&canary).log_lines(5, 1)).to_string();
    let mut family = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let (what, rest) = rest.split_once(' ').unwrap();
            let (name, rest) = rest.split_once(' ').unwrap();
            let metric = all::find(name).unwrap();
            assert_eq!(what == "HELP", family != name, "a help, and then a type: {line}");
            assert_eq!(
                rest,
                if what == "HELP" { metric.help.trim() } else { metric.kind.as_str() }
            );
            family = name;
            continue;
        }
        assert!(line.starts_with(family), "{line} is none of {family}");
        let (series, value) = line.rsplit_once(' ').unwrap();
        assert!(value.parse::<f64>().is_ok(), "{line}");
        assert!(series.ends_with('}') || !series.contains('{'), "{line}");
    }
    for expected in [
        "tribunal_tokens_left{level=\"shared\",name=\"the \\\"provider\\\"\"} 3",
        "tribunal_critic_execution_seconds_bucket{critic=\"a\",stage=\"core_analysis\",le=\"+Inf\"} 1",
        "tribunal_run_queue_seconds_count 1",
        "tribunal_canary_ready 0",
        "tribunal_canary_checks_total{finding=\"let_through\"} 1",
        "tribunal_log_lines_total{fate=\"lost\"} 1",
    ] {
        assert!(text.lines().any(|line| line == expected), "{expected} in:\n{text}");
    }
}
