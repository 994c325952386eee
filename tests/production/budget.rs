//! What a run may cost: a critic that no longer fits is a failure, and what fits never depends on timing.

use tribunal_core::{FailureMode, Mode, Opinion, Outcome, Stage, Status, Verdict};
use tribunal_production::Policy;
use tribunal_testkit::*;

use crate::court::{Court, Seat, Seated, court, reason, tries};

fn costs(critic: impl Seat, cost: f64) -> Seated {
    critic.spec(|spec| spec.cost(cost))
}

fn with(budget: f64) -> Court {
    court().settings(move |settings| settings.max_cost(budget))
}

/// Rules 14 and 17: over budget is no opinion, and the failure mode applies.
#[tokio::test(start_paused = true)]
async fn a_critic_that_no_longer_fits_is_skipped_and_calls_for_its_failure_mode() {
    let dear = costs(allows("dear"), 0.6).failure_mode(FailureMode::Block).priority(7);
    let report = with(1.0).critic(costs(allows("first"), 0.5)).critic(dear).run().await;
    assert_eq!(report["first"].status, Status::Success);
    assert_eq!(report["dear"].status, Status::Skipped);
    assert_eq!(reason(&report, "dear"), "skipped: over budget");
    assert_eq!((report["dear"].attempts, report.verdict), (0, Verdict::Block));
}

/// Rule 17: what fits exactly fits, and what costs nothing always does.
#[tokio::test(start_paused = true)]
async fn what_fits_exactly_runs() {
    let critics = ["a", "b", "c"].map(|name| costs(allows(name), 0.1));
    let report = with(0.3).critics(critics).critic(allows("free")).run().await;
    assert!(report.outcomes().all(|(_, outcome)| outcome.status == Status::Success));
}

/// Rule 17: between stages it counts what was spent, not what was expected.
#[tokio::test(start_paused = true)]
async fn what_an_earlier_stage_really_cost_counts() {
    let early = |cost| {
        let says = critic("early").says(Opinion::clean().cost(cost));
        costs(says, 0.5).stage(Stage::FastCritics)
    };
    for (cost, status) in [(0.1, Status::Success), (0.5, Status::Skipped)] {
        let late = costs(allows("late"), 0.8);
        let report = with(1.0).critic(early(cost)).critic(late).run().await;
        assert_eq!(report["late"].status, status);
    }
}

/// Rule 17: what stays gated costs nothing.
#[tokio::test(start_paused = true)]
async fn a_gated_critic_takes_nothing() {
    let gated = costs(allows("gated"), 0.9).policy(Policy::OnViolation);
    let report =
        with(1.0).critic(gated).critic(costs(allows("other"), 0.9).priority(9)).run().await;
    assert_eq!(report["gated"].status, Status::Gated);
    assert_eq!(report["other"].status, Status::Success);
}

/// Rules 7 and 17: whichever answers first, the one first in the plan is paid for.
#[tokio::test(start_paused = true)]
async fn what_fits_does_not_depend_on_who_answers_first() {
    for (slow, fast) in [(1, 5), (5, 1)] {
        let report = with(1.0)
            .critic(takes("a", millis(slow)))
            .critic(takes("b", millis(fast)))
            .critic(costs(allows("after_a"), 0.6).depends_on("a"))
            .critic(costs(allows("after_b"), 0.6).depends_on("b"))
            .run()
            .await;
        assert_eq!(report["after_a"].status, Status::Success, "{slow} {fast}");
        assert_eq!(report["after_b"].status, Status::Skipped, "{slow} {fast}");
    }
}

/// Rule 19: what is monitored takes nothing from the others, and does without what is not left.
#[tokio::test(start_paused = true)]
async fn a_monitored_critic_takes_nothing_from_the_others() {
    let watch = |name| costs(allows(name), 0.7).spec(|spec| spec.mode(Mode::Monitor));
    let report = with(1.0)
        .critic(watch("watch").priority(1))
        .critic(costs(allows("judge"), 0.8).priority(5))
        .critic(watch("late_watch").priority(9))
        .run()
        .await;
    let status = |name: &str| -> Status {
        let outcome: &Outcome = &report[name];
        outcome.status
    };
    assert_eq!(status("watch"), Status::Success);
    assert_eq!(status("judge"), Status::Success);
    assert_eq!(status("late_watch"), Status::Skipped);
    assert_eq!(report.verdict, Verdict::Allow);
}

/// Rules 12 and 17: a retry that no longer fits is not made.
#[tokio::test(start_paused = true)]
async fn a_retry_that_no_longer_fits_is_not_made() {
    let flaky = costs(fails_transiently("flaky"), 0.4).retry(tries(9));
    let report = with(1.0).critic(flaky).run().await;
    assert_eq!((report["flaky"].attempts, report.cost_spent), (2, 0.8));
}
