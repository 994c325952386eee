//! What is counted, by critic and by stage.

use tribunal_core::{FailureMode, Opinion, Stage, Verdict};
use tribunal_production::{Counts, Policy, ProductionOrchestrator, Rate};
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, tries};

fn counts(court: &ProductionOrchestrator, critic: &str) -> Counts {
    let metrics = court.metrics();
    metrics.critics.iter().find(|metrics| metrics.critic == critic).unwrap().counts
}

#[tokio::test(start_paused = true)]
async fn every_status_is_counted() {
    let court = court()
        .critics([
            allows("success").seated(),
            fails("error").seated(),
            hangs("timeout").timeout(secs(1)),
            lies("invalid").seated(),
            allows("gated").policy(Policy::on_high_risk()),
            allows("skipped").depends_on("error"),
            allows("rated").rate(Rate::new(1, secs(3_600), 1).unwrap()),
        ])
        .build();
    for _ in 0..3 {
        judge(&court).await;
    }
    for (critic, pick, executions) in [
        ("success", (|counts| counts.successes) as fn(&Counts) -> u64, 3),
        ("error", |counts| counts.errors, 3),
        ("timeout", |counts| counts.timeouts, 3),
        ("invalid", |counts| counts.invalid, 3),
        ("gated", |counts| counts.gated, 0),
        ("skipped", |counts| counts.skipped, 0),
    ] {
        let counts = counts(&court, critic);
        assert_eq!((pick(&counts), counts.executions), (3, executions), "{critic}");
    }
    let rated = counts(&court, "rated");
    assert_eq!((rated.successes, rated.rate_limited, rated.executions), (1, 2, 1));
    assert_eq!(counts(&court, "timeout").execution_time, secs(3));
}

#[tokio::test(start_paused = true)]
async fn retries_and_waiting_are_counted() {
    let court = court()
        .in_flight(1)
        .critics([
            takes("first", secs(1)).priority(1),
            critic("flaky")
                .then(Step::transient())
                .then(Step::allows())
                .retry(tries(2))
                .priority(2),
        ])
        .build();
    judge(&court).await;
    let flaky = counts(&court, "flaky");
    assert_eq!((flaky.retries, flaky.executions, flaky.successes), (1, 1, 1));
    assert_eq!(flaky.queue_time, millis(1_010));
    assert_eq!(counts(&court, "first").execution_time, secs(1));
}

/// What hooks did is told apart from what critics did.
#[tokio::test(start_paused = true)]
async fn cached_and_fallback_opinions_are_counted_apart() {
    let court = court()
        .critics([allows("cached"), fails("replaced"), allows("plain")])
        .hook(HookScript::new().only("cached").before(HookStep::gives(Opinion::clean())))
        .hook(HookScript::new().only("replaced").on_failure(HookStep::gives(Opinion::clean())))
        .build();
    judge(&court).await;
    let of = |critic| {
        let counts = counts(&court, critic);
        (counts.successes, counts.cached, counts.fallbacks, counts.executions)
    };
    assert_eq!(of("cached"), (1, 1, 0, 0));
    assert_eq!(of("replaced"), (1, 0, 1, 1));
    assert_eq!(of("plain"), (1, 0, 0, 1));
    assert_eq!(court.metrics().let_pass, 1);
}

#[tokio::test(start_paused = true)]
async fn costs_spent_and_saved_are_summed() {
    let court = court()
        .critics([
            allows("runs").cost(1.0),
            critic("says").says(Opinion::clean().cost(0.25)).cost(8.0),
            fails_transiently("twice").retry(tries(2)).cost(2.0),
            allows("gated").policy(Policy::on_high_risk()).cost(16.0),
            allows("skipped").depends_on("gated").cost(32.0),
            allows("failed").depends_on("twice").cost(64.0),
        ])
        .build();
    let report = judge(&court).await;
    assert_eq!((report.cost_spent, report.cost_saved), (1.0 + 0.25 + 4.0, 16.0 + 32.0));
    judge(&court).await;
    let stage = court.metrics().stages[0].counts;
    assert_eq!((stage.cost_spent, stage.cost_saved), (2.0 * 5.25, 2.0 * 48.0));
}

#[tokio::test(start_paused = true)]
async fn stages_are_the_sums_of_their_critics() {
    let court = court()
        .critics([
            takes("a", secs(1)).stage(Stage::FastCritics),
            fails("b").stage(Stage::FastCritics),
            allows("c").stage(Stage::Validation),
        ])
        .build();
    judge(&court).await;
    let stages = court.metrics().stages;
    assert_eq!(stages.len(), 2);
    assert_eq!((stages[0].stage, stages[1].stage), (Stage::FastCritics, Stage::Validation));
    let fast = stages[0].counts;
    assert_eq!(
        (fast.executions, fast.successes, fast.errors, fast.execution_time),
        (2, 1, 1, secs(1))
    );
    assert_eq!(stages[1].counts.successes, 1);
}

#[tokio::test(start_paused = true)]
async fn verdicts_are_counted() {
    let steps = [0.1, 0.5, 0.9, 0.9].map(Step::objects);
    let critic = steps.into_iter().fold(critic("judge"), Scripted::then);
    let open = fails("open").failure_mode(FailureMode::Allow);
    let court = court().critic(critic).critic(open).build();
    let mut verdicts = Vec::new();
    for _ in 0..4 {
        verdicts.push(judge(&court).await.verdict);
    }
    assert_eq!(verdicts, [Verdict::Allow, Verdict::Review, Verdict::Block, Verdict::Block]);
    let metrics = court.metrics();
    assert_eq!((metrics.runs, metrics.allowed, metrics.reviewed, metrics.blocked), (4, 1, 1, 2));
    assert_eq!(metrics.let_pass, 4);
}
