//! Hooks around an engine with limits, retries and deadlines.

use tribunal_core::{Opinion, Source, Stage, Status, Verdict};
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, tries};

/// Rule 13: a hook that hangs costs its own time and no more.
#[tokio::test(start_paused = true)]
async fn a_hook_that_hangs_is_cut_off_at_the_hook_timeout() {
    for (hook, critic, calls) in [
        (HookScript::new().before(HookStep::hangs()), allows("x"), 1),
        (HookScript::new().after(HookStep::hangs()), allows("x"), 1),
        (HookScript::new().on_failure(HookStep::hangs()), fails("x"), 1),
        (
            HookScript::new()
                .before(HookStep::hangs())
                .on_failure(HookStep::hangs())
                .after(HookStep::hangs()),
            fails("x"),
            3,
        ),
    ] {
        let court = court()
            .critic(critic)
            .hook(hook)
            .settings(|settings| settings.hook_timeout(millis(30)))
            .build();
        let report = judge(&court).await;
        assert_eq!(report.elapsed, millis(30) * calls);
        assert_eq!(court.metrics().hook_failures, u64::from(calls));
    }
}

/// Rule 11: and not beyond the stage's deadline.
#[tokio::test(start_paused = true)]
async fn a_hook_does_not_outlast_the_stage() {
    let report = court()
        .critic(fails("x"))
        .hook(HookScript::new().before(HookStep::hangs()).after(HookStep::hangs()))
        .settings(|settings| settings.hook_timeout(secs(60)))
        .stage_timeout(Stage::CoreAnalysis, secs(1))
        .run()
        .await;
    assert_eq!(report["x"].status, Status::Timeout);
    assert!(report.elapsed <= millis(1_005), "{:?}", report.elapsed);
}

/// Rule 8: what is known already takes no permit and no token.
#[tokio::test(start_paused = true)]
async fn a_cached_answer_waits_for_no_permit() {
    let cache = HookScript::new().only("cached").before(HookStep::gives(Opinion::clean()));
    let rate = tribunal_production::Rate::new(1, secs(3_600), 1).unwrap();
    let court = court()
        .in_flight(1)
        .critic(takes("hog", secs(1)).priority(1))
        .critic(allows("cached").rate(rate).priority(9))
        .hook(cache)
        .build();
    for _ in 0..3 {
        let report = judge(&court).await;
        assert_eq!(report["cached"].source, Source::Cache);
        assert!(report["cached"].queued.is_zero());
    }
}

/// Rule 14: a failure that a fallback replaced is named.
#[tokio::test(start_paused = true)]
async fn a_fallback_is_named_in_let_pass() {
    let fallback = HookScript::new().on_failure(HookStep::gives(Opinion::clean()));
    let report = court().critic(fails("x")).critic(allows("fine")).hook(fallback).run().await;
    assert_eq!(report["x"].source, Source::Fallback);
    assert_eq!(report.let_pass, ["x"]);
    assert_eq!(report.verdict, Verdict::Allow);
}

/// Retries are inside: a hook hears of the execution, and not of its attempts.
#[tokio::test(start_paused = true)]
async fn hooks_are_called_once_around_all_attempts() {
    let hook = HookScript::new();
    let flaky =
        critic("flaky").then(Step::transient()).then(Step::transient()).then(Step::allows());
    let report = court().critic(flaky.retry(tries(3))).hook(hook.clone()).run().await;
    assert_eq!(report["flaky"].attempts, 3);
    assert_eq!(hook.calls(), ["before flaky", "after flaky success"]);

    let hook = HookScript::new();
    court().critic(fails_transiently("flaky").retry(tries(3))).hook(hook.clone()).run().await;
    assert_eq!(hook.calls(), ["before flaky", "on_failure flaky error", "after flaky error"]);
}

/// What was gated or skipped is no execution, and no hook hears of it.
#[tokio::test(start_paused = true)]
async fn hooks_do_not_hear_of_what_was_gated_or_skipped() {
    let hook = HookScript::new();
    court()
        .critics([
            allows("gated").policy(tribunal_production::Policy::on_high_risk()),
            allows("skipped").depends_on("gated"),
        ])
        .hook(hook.clone())
        .run()
        .await;
    assert!(hook.calls().is_empty());
}

/// Rule 16: a block from a cache settles like any other.
#[tokio::test(start_paused = true)]
async fn a_cached_block_settles_the_verdict() {
    let bad = Opinion::clean().severity(1.0);
    let cache = HookScript::new().only("cached").before(HookStep::gives(bad).after(millis(5)));
    let report =
        court().early_exit().critic(allows("cached")).critic(hangs("slow")).hook(cache).run().await;
    assert_eq!(report["slow"].status, Status::Skipped);
    assert_eq!((report.verdict, report.elapsed), (Verdict::Block, millis(5)));
}
