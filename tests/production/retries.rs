//! Second tries: what is tried again, how often, when, and what bounds it.

use tribunal_core::{Stage, Status, Verdict};
use tribunal_production::Retry;
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, reason, tries};

/// Rule 12: timeouts are retried where that is asked for.
#[tokio::test(start_paused = true)]
async fn a_critic_may_succeed_after_a_timeout() {
    let flaky = || critic("flaky").then(Step::hangs()).then(Step::objects(0.9));
    let report = court().critic(flaky().timeout(secs(1)).retry(tries(3).on_timeout())).run().await;
    assert_eq!(report["flaky"].status, Status::Success);
    assert_eq!(report["flaky"].attempts, 2);
    assert_eq!(report["flaky"].execution(), secs(1));
    assert_eq!(report["flaky"].queued(), millis(10));
    assert_eq!(report.verdict, Verdict::Block);
    let report = court().critic(flaky().timeout(secs(1)).retry(tries(3))).run().await;
    assert_eq!(report["flaky"].status, Status::Timeout);
    assert_eq!(report["flaky"].attempts, 1);
}

/// Rule 12: the critic's own bound.
#[tokio::test(start_paused = true)]
async fn attempts_are_used_up_and_no_more() {
    let critic = fails_transiently("flaky");
    let probe = critic.probe();
    let report = court().critic(critic.retry(tries(3))).run().await;
    assert_eq!((report["flaky"].status, report["flaky"].attempts), (Status::Error, 3));
    assert_eq!(reason(&report, "flaky"), "transient error: scripted");
    assert_eq!(probe.calls(), 3);
    assert_eq!(report.elapsed, millis(30));
}

/// Rule 12: only what can succeed on a second try is tried again.
#[tokio::test(start_paused = true)]
async fn only_what_is_transient_is_retried() {
    for step in
        [Step::permanent(), Step::input(), Step::panics(), Step::panics().pends(1), Step::lies()]
    {
        let critic = critic("x").then(step).then(Step::allows());
        let probe = critic.probe();
        let report = court().critic(critic.retry(tries(5).on_timeout())).run().await;
        assert_eq!(probe.calls(), 1);
        assert_ne!(report["x"].status, Status::Success);
    }
    for step in [Step::transient(), Step::transient().after(millis(5))] {
        let critic = critic("x").then(step).then(Step::allows());
        let report = court().critic(critic.retry(tries(5))).run().await;
        assert_eq!((report["x"].status, report["x"].attempts), (Status::Success, 2));
    }
}

/// Rule 12: a critic that says when to come back is believed, where that is later than the backoff.
#[tokio::test(start_paused = true)]
async fn retry_after_is_honoured() {
    for (asked, waited) in [(secs(1), secs(1)), (millis(1), millis(10))] {
        let journal = Journal::new();
        let critic = critic("busy").then(Step::transient_after(asked)).then(Step::allows());
        court().critic(critic.noted_in(&journal).retry(tries(2))).run().await;
        assert_eq!(journal.started_at("busy"), [secs(0), waited]);
    }
}

/// Rule 12: the deadline's bound: no attempt that cannot finish, and no waiting for one either.
#[tokio::test(start_paused = true)]
async fn a_retry_that_would_come_after_the_deadline_is_not_waited_for() {
    let busy = critic("busy").then(Step::transient_after(secs(2))).then(Step::allows());
    let report = court()
        .critic(busy.retry(tries(2)))
        .stage_timeout(Stage::CoreAnalysis, secs(2))
        .run()
        .await;
    assert_eq!((report["busy"].status, report["busy"].attempts), (Status::Error, 1));
    assert_eq!(report.elapsed, secs(0));
}

/// Rule 12: the run's bound, over all its critics.
#[tokio::test(start_paused = true)]
async fn the_retries_of_a_run_are_limited_in_total() {
    let all = Probe::new();
    let critics =
        ["a", "b", "c"].map(|name| fails_transiently(name).probed_by(&all).retry(tries(10)));
    let court = court().settings(|settings| settings.max_total_retries(4)).critics(critics).build();
    let report = judge(&court).await;
    assert_eq!(all.calls(), 3 + 4);
    let attempts: u32 = report.outcomes().map(|(_, outcome)| outcome.attempts).sum();
    assert_eq!(attempts, 3 + 4);
    // Each run has its own.
    judge(&court).await;
    assert_eq!(all.calls(), 2 * (3 + 4));
}

/// Rule 12: the run's limit is spent only on retries that take place.
#[tokio::test(start_paused = true)]
async fn a_retry_that_does_not_fit_costs_nothing_of_the_runs_limit() {
    let report = court()
        .settings(|settings| settings.max_total_retries(1))
        .critics([
            critic("hopeless").then(Step::transient_after(secs(60))).retry(tries(5)),
            critic("flaky").then(Step::transient()).then(Step::allows()).retry(tries(2)),
        ])
        .run()
        .await;
    assert_eq!(report["hopeless"].attempts, 1);
    assert_eq!(report["flaky"].status, Status::Success);
}

/// Backoff is exponential, and full jitter keeps it below that.
#[tokio::test(start_paused = true)]
async fn the_waits_between_attempts_grow() {
    let journal = Journal::new();
    let critic = fails_transiently("flaky").noted_in(&journal);
    court().critic(critic.retry(tries(5))).run().await;
    assert_eq!(journal.started_at("flaky"), [0, 10, 30, 70, 150].map(millis));

    let report = court().critic(fails_transiently("jittery").retry(Retry::attempts(4))).run().await;
    assert_eq!(report["jittery"].attempts, 4);
    assert!(report.elapsed <= millis(50 + 100 + 200 + 3));
}

/// Rule 8: a critic that waits for its next try holds no permit.
#[tokio::test(start_paused = true)]
async fn a_critic_that_backs_off_gives_its_permit_to_the_next() {
    let journal = Journal::new();
    let flaky = critic("flaky").then(Step::transient_after(secs(1))).then(Step::allows());
    let report = court()
        .in_flight(1)
        .critic(flaky.noted_in(&journal).retry(tries(2)).priority(1))
        .critic(takes("next", millis(500)).noted_in(&journal).priority(2))
        .run()
        .await;
    assert_eq!(journal.started_at("next"), [secs(0)]);
    assert_eq!(journal.started_at("flaky"), [secs(0), secs(1)]);
    assert_eq!(report.elapsed, secs(1));
}

/// I27: in a total outage attempts are at most a tenth more than first calls, over all runs.
#[tokio::test(start_paused = true)]
async fn in_an_outage_retries_are_a_share_of_first_calls() {
    let critic = fails_transiently("down");
    let probe = critic.probe();
    let court = court()
        .settings(|settings| settings.retry_budget(0.1, 0))
        .critic(critic.retry(tries(3)))
        .build();
    for _ in 0..500 {
        judge(&court).await;
    }
    assert_eq!(probe.calls(), 550);
}

/// A share that makes no sense is refused.
#[test]
fn a_retry_budget_that_makes_no_sense_is_refused() {
    let settings = tribunal_production::RunSettings::default().retry_budget(f64::NAN, 0);
    let error = tribunal_production::ProductionOrchestrator::builder()
        .settings(settings)
        .critic(tribunal_production::CriticSpec::new("a"), allows("a"))
        .build()
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("`run.retry_budget.share`"), "{error}");
}
