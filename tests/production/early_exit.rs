//! The verdict is a maximum, so it can settle early.

use tribunal_core::{FailureMode, Report, Stage, Status, Verdict};
use tribunal_testkit::*;

use crate::court::{Seat, court, reason};

const SETTLED: &str = "skipped: verdict settled";

/// Rule 16: a block settles everything.
#[tokio::test(start_paused = true)]
async fn a_block_cancels_what_is_in_flight_and_skips_what_has_not_started() {
    let (slow, waits, later) = (hangs("slow"), allows("waits"), allows("later"));
    let probes = [slow.probe(), waits.probe(), later.probe()];
    let report = court()
        .early_exit()
        .critics([
            slow.cost(3.0),
            objects("blocks", 0.9).after(secs(1)).seated(),
            waits.depends_on("slow").run_anyway().cost(5.0),
            later.stage(Stage::DeepAnalysis).cost(7.0).failure_mode(FailureMode::Block),
        ])
        .run()
        .await;
    for name in ["slow", "waits", "later"] {
        assert_eq!(reason(&report, name), SETTLED, "{name}");
        assert_eq!(report[name].calls_for, None);
    }
    assert_eq!(probes.clone().map(|probe| probe.calls()), [1, 0, 0]);
    assert_eq!(probes[0].cancelled(), 1);
    assert_eq!(report.verdict, Verdict::Block);
    assert_eq!(report.elapsed, secs(1));
    assert_eq!(report["slow"].attempts, 1);
    assert_eq!((report.cost_spent, report.cost_saved), (3.0, 12.0));
}

/// Rule 16: a failure that fails closed settles too.
#[tokio::test(start_paused = true)]
async fn a_failure_that_calls_for_block_settles() {
    let report = court()
        .early_exit()
        .critic(fails("closed").failure_mode(FailureMode::Block))
        .critic(allows("later").stage(Stage::Validation))
        .run()
        .await;
    assert_eq!(reason(&report, "later"), SETTLED);
}

/// Rule 16: off unless asked for.
#[tokio::test(start_paused = true)]
async fn without_early_exit_all_critics_run() {
    let report = court()
        .critic(objects("blocks", 1.0))
        .critic(allows("later").stage(Stage::Validation))
        .run()
        .await;
    assert_eq!(report["later"].status, Status::Success);
}

/// Rule 16: a review waits for whoever may still block.
#[tokio::test(start_paused = true)]
async fn a_review_settles_only_once_nobody_can_block() {
    let run = async |failure_mode, block_at| -> Report {
        let court = court().early_exit().critic(objects("reviews", 0.5)).critic(
            objects("later", 1.0)
                .stage(Stage::Validation)
                .thresholds(Some(0.5), block_at)
                .failure_mode(failure_mode),
        );
        court.run().await
    };
    let by_threshold = run(FailureMode::Review, Some(0.9)).await;
    assert_eq!(
        (by_threshold["later"].status, by_threshold.verdict),
        (Status::Success, Verdict::Block)
    );
    let by_failure_mode = run(FailureMode::Block, None).await;
    assert_eq!(by_failure_mode["later"].status, Status::Success);
    let neither = run(FailureMode::Review, None).await;
    assert_eq!(reason(&neither, "later"), SETTLED);
    assert_eq!(neither.verdict, Verdict::Review);
}

/// Rule 16: an allow settles when those to come can only allow, and someone has been heard.
#[tokio::test(start_paused = true)]
async fn an_allow_settles_only_when_nothing_else_can_come() {
    let harmless = |name: &str| {
        let seat = allows(name).thresholds(None, None).failure_mode(FailureMode::Allow);
        seat.stage(Stage::Validation)
    };
    let heard = court().early_exit().critic(allows("first")).critic(harmless("later"));
    let report = heard.run().await;
    assert_eq!((reason(&report, "later").as_str(), report.verdict), (SETTLED, Verdict::Allow));

    let open = fails("first").failure_mode(FailureMode::Allow);
    let unheard = court().early_exit().critic(open).critic(harmless("later"));
    let report = unheard.run().await;
    assert_eq!((report["later"].status, report.verdict), (Status::Success, Verdict::Allow));
}

/// Rules 16 and 19: with only monitored critics left an allow has nothing to save, and they are wanted.
#[tokio::test(start_paused = true)]
async fn monitored_critics_still_run_after_an_allow() {
    let report = court()
        .early_exit()
        .critic(allows("first"))
        .critic(objects("watched", 1.0).monitored().stage(Stage::Validation))
        .run()
        .await;
    assert_eq!(report["watched"].status, Status::Success);
    assert_eq!(report.verdict, Verdict::Allow);
}

/// Rule 16: what is skipped for a settled verdict does not open the question again.
#[tokio::test(start_paused = true)]
async fn a_settled_run_is_over_for_monitored_critics_of_later_stages_too() {
    let report = court()
        .early_exit()
        .critics([
            objects("reviews", 0.5).seated(),
            allows("saved").thresholds(Some(0.4), None),
            objects("watched", 1.0).monitored().stage(Stage::Validation),
        ])
        .in_flight(1)
        .run()
        .await;
    // `reviews` could still be outdone by nobody: `saved` cannot block.
    assert_eq!(reason(&report, "saved"), SETTLED);
    assert_eq!(reason(&report, "watched"), SETTLED);
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 19: a monitored critic settles nothing.
#[tokio::test(start_paused = true)]
async fn a_monitored_block_settles_nothing() {
    let report = court()
        .early_exit()
        .critic(objects("watched", 1.0).monitored())
        .critic(takes("slow", secs(1)))
        .critic(allows("later").stage(Stage::Validation))
        .run()
        .await;
    assert_eq!(report["slow"].status, Status::Success);
    assert_eq!(report["later"].status, Status::Success);
}

/// Rule 16: the verdict is the one that the whole run would have given.
#[tokio::test(start_paused = true)]
async fn the_verdict_is_the_same_as_without_early_exit() {
    for severities in [[0.1, 0.9, 0.5], [0.5, 0.1, 0.1], [0.1, 0.1, 0.1], [0.5, 0.5, 0.9]] {
        let critics = || {
            let stages = [Stage::FastCritics, Stage::CoreAnalysis, Stage::DeepAnalysis];
            let seats = ["a", "b", "c"].into_iter().zip(severities).zip(stages);
            seats.map(|((name, severity), stage)| objects(name, severity).stage(stage))
        };
        let whole = court().critics(critics()).run().await;
        let early = court().early_exit().critics(critics()).run().await;
        assert_eq!(early.verdict, whole.verdict, "{severities:?}");
    }
}
