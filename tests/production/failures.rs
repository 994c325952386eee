//! What failures call for, and what becomes of those who depended on them.

use tribunal_core::{Cause, FailureMode, Stage, Status, Verdict};
use tribunal_production::Policy;
use tribunal_testkit::*;

use crate::court::{Seat, Seated, court, reason};

const MODES: [(FailureMode, Verdict); 3] = [
    (FailureMode::Allow, Verdict::Allow),
    (FailureMode::Review, Verdict::Review),
    (FailureMode::Block, Verdict::Block),
];

/// Rule 14: a failure calls for its mode, also where the engine made it one.
#[tokio::test(start_paused = true)]
async fn what_the_engine_refuses_calls_for_the_failure_mode() {
    let ways: [fn() -> Seated; 3] = [
        || hangs("x").timeout(secs(9)),
        || allows("x").depends_on("broken"),
        || {
            allows("x").validation(
                tribunal_production::Validation::new().require("/score".parse().unwrap()),
            )
        },
    ];
    for (mode, verdict) in MODES {
        for way in ways {
            let report = court()
                .stage_timeout(Stage::CoreAnalysis, secs(1))
                .critic(allows("fine"))
                .critic(fails("broken").failure_mode(FailureMode::Allow))
                .critic(way().failure_mode(mode))
                .run()
                .await;
            assert_eq!(report["x"].calls_for, Some(verdict));
            assert_eq!(report.verdict, verdict);
        }
    }
}

/// Rule 14: without an opinion of an enforcing critic nothing is allowed.
#[tokio::test(start_paused = true)]
async fn without_an_enforcing_opinion_the_verdict_is_review() {
    for silent in [
        allows("gated").policy(Policy::on_high_risk()),
        fails("open").failure_mode(FailureMode::Allow),
        allows("watched").monitored(),
    ] {
        let report = court().critic(silent).run().await;
        assert_eq!(report.verdict, Verdict::Review);
        assert_eq!(report.causes, [Cause::NoOpinion]);
    }
}

/// Rule 14: failing open is never silent.
#[tokio::test(start_paused = true)]
async fn every_failure_let_pass_is_named() {
    let open = |critic: Scripted| critic.failure_mode(FailureMode::Allow);
    let report = court()
        .critics([
            allows("fine").seated(),
            open(fails("a")),
            open(hangs("b")),
            open(allows("c")).depends_on("a"),
            open(fails("watched")).monitored(),
            open(allows("gated")).policy(Policy::on_high_risk()),
        ])
        .run()
        .await;
    assert_eq!(report.verdict, Verdict::Allow);
    assert_eq!(report.let_pass, ["a", "b", "c"]);
}

/// Rule 4: a dependent of a critic without an opinion is skipped, naming it; rule 14: that is a failure.
#[tokio::test(start_paused = true)]
async fn a_dependent_of_a_failed_critic_is_skipped_naming_it() {
    for broken in [fails("broken"), hangs("broken"), panics("broken"), lies("broken")] {
        let dependent = allows("dependent");
        let probe = dependent.probe();
        let report = court()
            .critics([
                broken.failure_mode(FailureMode::Allow),
                dependent.depends_on("broken").failure_mode(FailureMode::Block),
                allows("next").depends_on("dependent"),
            ])
            .run()
            .await;
        assert_eq!(report["dependent"].status, Status::Skipped);
        assert_eq!(
            reason(&report, "dependent"),
            "skipped: depends on `broken`, which gave no opinion"
        );
        assert_eq!(
            reason(&report, "next"),
            "skipped: depends on `dependent`, which gave no opinion"
        );
        assert_eq!(report.verdict, Verdict::Block);
        assert_eq!(probe.calls(), 0);
    }
}

/// Rule 4: one of an earlier stage counts the same.
#[tokio::test(start_paused = true)]
async fn a_dependent_in_a_later_stage_is_skipped_too() {
    let report = court()
        .critic(fails("broken").stage(Stage::FastCritics))
        .critic(allows("dependent").depends_on("broken"))
        .run()
        .await;
    assert_eq!(report["dependent"].status, Status::Skipped);
}

/// Rule 14: where nothing failed, nothing is called for.
#[tokio::test(start_paused = true)]
async fn a_dependent_of_a_gated_critic_calls_for_nothing() {
    let report = court()
        .critics([
            allows("fine").seated(),
            allows("gated").policy(Policy::on_high_risk()),
            allows("dependent").depends_on("gated").failure_mode(FailureMode::Block),
            allows("next").depends_on("dependent").failure_mode(FailureMode::Block),
        ])
        .run()
        .await;
    assert_eq!(reason(&report, "dependent"), "skipped: depends on `gated`, which was gated");
    assert_eq!(reason(&report, "next"), "skipped: depends on `dependent`, which was gated");
    assert_eq!((report["dependent"].calls_for, report["next"].calls_for), (None, None));
    assert_eq!(report.verdict, Verdict::Allow);
}

/// Rule 14: a failure is not hidden behind a gate.
#[tokio::test(start_paused = true)]
async fn of_a_failed_and_a_gated_dependency_the_failed_one_counts() {
    let report = court()
        .critics([
            allows("gated").policy(Policy::on_high_risk()).priority(1),
            fails("broken").failure_mode(FailureMode::Allow).priority(2),
            allows("dependent").depends_on("gated").depends_on("broken"),
        ])
        .run()
        .await;
    assert_eq!(reason(&report, "dependent"), "skipped: depends on `broken`, which gave no opinion");
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 4: unless its spec says to run anyway; it sees what became of the other.
#[tokio::test(start_paused = true)]
async fn a_dependent_may_run_anyway() {
    let dependent = allows("dependent");
    let probe = dependent.probe();
    let report = court()
        .critic(takes("slow", secs(5)).timeout(secs(1)))
        .critic(dependent.depends_on("slow").run_anyway())
        .run()
        .await;
    assert_eq!(report["dependent"].status, Status::Success);
    assert_eq!(probe.seen(), [[("slow".to_owned(), Status::Timeout)]]);
    assert_eq!(report.elapsed, secs(1));
}
