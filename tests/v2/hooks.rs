//! Hooks around the critics of a run.

use std::sync::atomic::{AtomicBool, Ordering};

use tribunal_core::{
    Answer, CriticInfo, Hook, HookError, Opinion, Outcome, Source, Status, Verdict, View,
};
use tribunal_testkit::*;

use crate::{judge, some, with};

#[tokio::test(start_paused = true)]
async fn a_hook_before_answers_from_its_cache() {
    let critic = objects("a", 0.9);
    let probe = critic.probe();
    let cache = HookScript::new().before(HookStep::gives(Opinion::clean()));
    let report = judge(with([critic]).hook(cache)).await;
    assert_eq!(report["a"].source, Source::Cache);
    assert_eq!(report.verdict, Verdict::Allow);
    assert_eq!(probe.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hook_after_sees_what_became_of_each_critic() {
    let audit = HookScript::new();
    judge(with([allows("a"), fails("b")]).hook(audit.clone())).await;
    assert_eq!(
        audit.calls(),
        ["before a", "after a success", "before b", "on_failure b error", "after b error"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_hook_on_failure_supplies_a_fallback() {
    let doubtful = Opinion::clean().severity(0.5).uncertainty(0.9);
    let fallback = HookScript::new().on_failure(HookStep::gives(doubtful.clone()));
    let report = judge(with([fails("a")]).hook(fallback)).await;
    assert_eq!(report["a"].status, Status::Success);
    assert_eq!(report["a"].source, Source::Fallback);
    assert_eq!(report["a"].opinion, Some(doubtful));
    assert_eq!(report["a"].reason.as_ref().unwrap().to_string(), "error: scripted");
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 13: a hook's failure is counted, and that is all.
#[tokio::test(start_paused = true)]
async fn a_hook_that_fails_changes_nothing_but_a_counter() {
    for (step, failures) in [(HookStep::fails(), 5), (HookStep::panics(), 5)] {
        let bad = HookScript::new().before(step.clone()).after(step.clone()).on_failure(step);
        let tribunal = with([allows("a"), fails("b")]).hook(bad).build().unwrap();
        let report = tribunal.run_all(some()).await;
        assert_eq!(report["a"].status, Status::Success);
        assert_eq!(report["b"].status, Status::Error);
        assert_eq!(report.verdict, Verdict::Review);
        assert_eq!(tribunal.hook_failures(), failures);
    }
}

#[tokio::test(start_paused = true)]
async fn an_opinion_of_a_hook_that_is_not_valid_counts_as_its_failure() {
    let bad = HookStep::gives(Opinion::clean().severity(f64::NAN));
    let hook = HookScript::new().before(bad.clone()).on_failure(bad);
    let tribunal = with([fails("a")]).hook(hook).build().unwrap();
    assert_eq!(tribunal.run_all(some()).await["a"].status, Status::Error);
    assert_eq!(tribunal.hook_failures(), 2);
}

/// Rule 11: the deadline holds for hooks too.
#[tokio::test(start_paused = true)]
async fn a_hook_before_that_hangs_costs_its_critic_the_time_and_no_other() {
    let stuck = HookScript::new().only("a").before(HookStep::hangs());
    let critic = allows("a");
    let probe = critic.probe();
    let report = judge(with([critic, allows("b")]).hook(stuck).timeout(secs(1))).await;
    assert_eq!(report["a"].status, Status::Timeout);
    assert_eq!(report["a"].attempts, 0);
    assert_eq!(report["b"].status, Status::Success);
    assert_eq!(report.elapsed, secs(1));
    assert_eq!(probe.calls(), 0);
}

/// Rule 11: the outcome is there before the hook is, and the hooks behind it are still called.
#[tokio::test(start_paused = true)]
async fn a_hook_after_that_hangs_is_left_behind_at_the_deadline() {
    let stuck = HookScript::new().after(HookStep::hangs());
    let audit = HookScript::new();
    let tribunal = with([allows("a")]).hook(stuck).hook(audit.clone()).timeout(secs(1)).build();
    let tribunal = tribunal.unwrap();
    let report = tribunal.run_all(some()).await;
    assert_eq!(report.verdict, Verdict::Allow);
    assert_eq!(report["a"].execution(), secs(0));
    assert_eq!(report.elapsed, secs(1));
    assert_eq!(audit.calls(), ["before a", "after a success"]);
    assert_eq!(tribunal.hook_failures(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_takes_time_is_too_late_for_a_timeout() {
    let slow = HookScript::new().on_failure(HookStep::gives(Opinion::clean()).after(millis(1)));
    let report = judge(with([hangs("a")]).hook(slow).timeout(secs(1))).await;
    assert_eq!(report["a"].status, Status::Timeout);
    assert_eq!(report.elapsed, secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_a_cached_opinion_cost_once_is_not_spent_again() {
    let cache = HookScript::new().only("a").before(HookStep::gives(Opinion::clean().cost(3.0)));
    let priced = |name| critic(name).says(Opinion::clean().cost(3.0));
    let report = judge(with([priced("a"), priced("b")]).hook(cache)).await;
    assert_eq!(report["a"].cost, 0.0);
    assert_eq!(report.cost_spent, 3.0);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_costs_on_top_of_the_failure() {
    let paid = HookScript::new().on_failure(HookStep::gives(Opinion::clean().cost(3.0)));
    let report = judge(with([fails("a")]).hook(paid)).await;
    assert_eq!(report["a"].cost, 3.0);
}

/// Rule 11: what a cache brings after the deadline is late, too.
#[tokio::test(start_paused = true)]
async fn a_cached_opinion_after_the_deadline_is_late() {
    let slow = HookScript::new().before(HookStep::gives(Opinion::clean()).blocks(secs(3)));
    let report = judge(with([allows("a")]).hook(slow)).await;
    assert_eq!(report["a"].status, Status::Timeout);
    assert_eq!(report.verdict, Verdict::Review);
}

#[tokio::test(start_paused = true)]
async fn a_critic_that_was_never_called_has_no_fallback() {
    let fallback = HookScript::new().on_failure(HookStep::gives(Opinion::clean()));
    let critics = [late("late", secs(3)), allows("next")];
    let report = judge(with(critics).hook(fallback.clone())).await;
    assert_eq!(report["late"].source, Source::Fallback);
    assert_eq!(report["next"].status, Status::Timeout);
    assert!(fallback.calls().contains(&"on_failure late timeout".to_owned()));
    assert!(!fallback.calls().iter().any(|call| call.starts_with("on_failure next")));
}

#[tokio::test(start_paused = true)]
async fn a_hook_on_failure_sees_what_the_failure_calls_for() {
    static SEEN: AtomicBool = AtomicBool::new(false);
    struct Looks;
    impl Hook for Looks {
        fn on_failure<'a>(
            &'a self,
            _: &'a CriticInfo,
            _: View<'a>,
            outcome: &'a Outcome,
        ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
            SEEN.store(outcome.calls_for == Some(Verdict::Review), Ordering::SeqCst);
            Answer::now(Ok(None))
        }
    }
    judge(with([fails("a")]).hook(Looks)).await;
    assert!(SEEN.load(Ordering::SeqCst));
}
