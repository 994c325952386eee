//! Monitored critics run, are reported and measured, and change nothing.

use tribunal_core::{Stage, Status, Verdict};
use tribunal_production::Policy;
use tribunal_testkit::*;

use crate::court::{Seat, court, judge};

/// Rule 19: neither the gates of later stages nor those of its own.
#[tokio::test(start_paused = true)]
async fn a_monitored_critic_opens_no_gate() {
    for stage in [Stage::FastCritics, Stage::CoreAnalysis] {
        for policy in [Policy::OnViolation, Policy::on_uncertainty()] {
            let watched = critic("watched").says(
                tribunal_core::Opinion::objection(tribunal_core::Violation::new("x", "x", 0.9))
                    .uncertainty(1.0),
            );
            let report = court()
                .critic(allows("fine"))
                .critic(watched.monitored().stage(stage).priority(1))
                .critic(allows("guard").policy(policy).priority(9))
                .run()
                .await;
            assert_eq!(report["guard"].status, Status::Gated, "{stage}");
        }
    }
}

/// Rules 5 and 19: no gate waits for it either.
#[tokio::test(start_paused = true)]
async fn no_gate_waits_for_a_monitored_critic() {
    let journal = Journal::new();
    court()
        .critic(takes("watched", secs(1)).monitored().priority(1))
        .critic(objects("found", 0.1).priority(1))
        .critic(allows("guard").noted_in(&journal).policy(Policy::OnViolation).priority(9))
        .run()
        .await;
    assert_eq!(journal.started_at("guard"), [secs(0)]);
}

/// Rule 19: no other critic sees it.
#[tokio::test(start_paused = true)]
async fn a_monitored_critic_is_shown_to_no_other() {
    let later = allows("later");
    let probe = later.probe();
    court()
        .critic(allows("watched").monitored().stage(Stage::FastCritics))
        .critic(allows("seen").stage(Stage::FastCritics))
        .critic(later)
        .run()
        .await;
    assert_eq!(probe.last_seen(), ["seen"]);
}

/// Rule 19: it is reported with the verdict it would have called for, and measured.
#[tokio::test(start_paused = true)]
async fn a_monitored_critic_is_reported_and_measured() {
    let court = court()
        .critic(allows("fine"))
        .critic(objects("watched", 0.9).monitored().cost(2.0))
        .build();
    let report = judge(&court).await;
    assert_eq!(report.verdict, Verdict::Allow);
    assert_eq!(report["watched"].calls_for, Some(Verdict::Block));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["outcomes"][1]["mode"], "monitor");
    assert_eq!(json["outcomes"][1]["calls_for"], "block");
    let counts = court.metrics().critics[1].counts;
    assert_eq!((counts.executions, counts.successes, counts.cost_spent), (1, 1, 2.0));
}

/// Rule 19: a gate of its own works like any other.
#[tokio::test(start_paused = true)]
async fn a_monitored_critic_may_have_a_gate() {
    let report = court()
        .critic(allows("fine").priority(1))
        .critic(allows("watched").monitored().policy(Policy::OnViolation))
        .run()
        .await;
    assert_eq!(report["watched"].status, Status::Gated);
}
