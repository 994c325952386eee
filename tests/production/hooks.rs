//! Hooks around an engine with limits, retries and deadlines.

use tribunal_core::{
    Answer, Before, CriticInfo, Hook, HookError, Opinion, Reason, Source, Stage, Status,
    TimeoutLevel, Verdict, View, Waited,
};
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
        assert!(report["cached"].queued().is_zero());
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

/// Says that somebody else may have the answer, after so many seconds.
struct Patient(Option<u64>);

impl Hook for Patient {
    fn before<'a>(
        &'a self,
        _: &'a CriticInfo,
        _: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        Answer::now(Ok(Before::Wait(Box::pin(async {
            match self.0 {
                Some(after) => tokio::time::sleep(secs(after)).await,
                None => std::future::pending().await,
            }
            Ok(Waited::Answer(Opinion::clean()))
        }))))
    }
}

/// Waiting for someone else's call may take as long as a call, which is longer than a hook may take.
#[tokio::test(start_paused = true)]
async fn what_is_waited_for_may_take_as_long_as_the_critic() {
    let court = court().critic(fails("x").timeout(secs(3))).hook(Patient(Some(2))).build();
    let report = judge(&court).await;
    assert_eq!((report["x"].source, report.elapsed), (Source::Cache, secs(2)));
    assert_eq!(report["x"].queued(), secs(2));
    assert_eq!(court.metrics().hook_failures, 0);
}

/// Rule 14: waiting in vain is no opinion; the critic is asked, as if nobody had waited.
#[tokio::test(start_paused = true)]
async fn after_waiting_in_vain_the_critic_is_asked() {
    let slow = objects("x", 0.9).after(secs(1));
    let court = court().critic(slow.timeout(secs(3))).hook(Patient(None)).build();
    let report = judge(&court).await;
    assert_eq!((report["x"].source, report.verdict), (Source::Critic, Verdict::Block));
    assert_eq!((report["x"].queued(), report["x"].execution()), (secs(3), secs(1)));
    assert_eq!(court.metrics().hook_failures, 1);
}

/// Rule 11: and not beyond the stage's deadline, whose level the outcome names.
#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_the_deadline_of_the_stage() {
    let report = court()
        .critic(allows("x").timeout(secs(60)))
        .hook(Patient(None))
        .stage_timeout(Stage::CoreAnalysis, secs(1))
        .run()
        .await;
    let reason = report["x"].reason.as_ref();
    assert_eq!(reason, Some(&Reason::Timeout(TimeoutLevel::Stage)));
    assert_eq!((report.verdict, report.elapsed), (Verdict::Review, secs(1)));
}

/// Rule 8: who waits for someone else's call holds no permit.
#[tokio::test(start_paused = true)]
async fn who_waits_holds_no_permit() {
    struct OnlyA(Patient);
    impl Hook for OnlyA {
        fn before<'a>(
            &'a self,
            critic: &'a CriticInfo,
            view: View<'a>,
        ) -> Answer<'a, Result<Before<'a>, HookError>> {
            match critic.name == "a" {
                true => self.0.before(critic, view),
                false => Answer::now(Ok(Before::Proceed)),
            }
        }
    }
    let a = allows("a").timeout(secs(5)).priority(1);
    let b = takes("b", secs(1)).timeout(secs(5));
    let report = court().in_flight(1).critic(a).critic(b).hook(OnlyA(Patient(Some(4)))).run().await;
    assert_eq!((report["b"].queued(), report["b"].execution()), (secs(0), secs(1)));
    assert_eq!(report["a"].source, Source::Cache);
}

/// Rule 11: what a hook has when time is up comes too late, as a critic's own answer would.
#[tokio::test(start_paused = true)]
async fn a_cached_opinion_when_time_is_up_is_none() {
    let slow = allows("slow").blocks(millis(60)).priority(1);
    let hook = HookScript::new().only("cached").before(HookStep::gives(Opinion::clean()));
    let court = court().run_timeout(millis(50)).critic(slow).critic(allows("cached").priority(9));
    let report = court.hook(hook).run().await;
    assert_eq!(report["cached"].status, Status::Timeout);
}
