//! Deadlines nest: run, stage, critic; and what comes too late is none.

use tribunal_core::{Stage, Status, Verdict};
use tribunal_testkit::*;

use crate::court::{Seat, court, reason};

/// Rule 11: the critic's own.
#[tokio::test(start_paused = true)]
async fn a_critic_is_cut_off_at_its_own_timeout() {
    let slow = hangs("slow");
    let probe = slow.probe();
    let report =
        court().critic(slow.timeout(secs(1))).critic(takes("fine", millis(1_500))).run().await;
    assert_eq!(reason(&report, "slow"), "timeout: the critic ran out of time");
    assert_eq!(report["slow"].execution(), secs(1));
    assert_eq!(report["fine"].status, Status::Success);
    assert_eq!(probe.cancelled(), 1);
}

/// Rule 11: a stage that runs out of time lets the later ones run.
#[tokio::test(start_paused = true)]
async fn a_stage_is_cut_off_at_its_timeout_and_later_stages_run() {
    let slow = hangs("slow");
    let probe = slow.probe();
    let report = court()
        .stage_timeout(Stage::FastCritics, secs(1))
        .critics([
            slow.stage(Stage::FastCritics).timeout(secs(9)),
            allows("waits").stage(Stage::FastCritics).depends_on("slow").run_anyway(),
            objects("fine", 0.9).stage(Stage::FastCritics),
            takes("later", secs(1)).stage(Stage::DeepAnalysis),
        ])
        .run()
        .await;
    assert_eq!(reason(&report, "slow"), "timeout: the stage ran out of time");
    assert_eq!(reason(&report, "waits"), "timeout: the stage ran out of time");
    assert_eq!(report["waits"].attempts, 0);
    assert_eq!(report["fine"].status, Status::Success);
    assert_eq!(report["later"].status, Status::Success);
    assert_eq!(report.elapsed, secs(2));
    assert_eq!(probe.cancelled(), 1);
    assert_eq!(report.verdict, Verdict::Block);
}

/// Rule 11: after the run's time nobody is called any more.
#[tokio::test(start_paused = true)]
async fn after_the_runs_deadline_no_critic_is_called() {
    for hooked in [false, true] {
        let later = allows("later");
        let probe = later.probe();
        let mut court = court()
            .run_timeout(secs(1))
            .critic(hangs("slow").timeout(secs(9)))
            .critic(later.stage(Stage::DeepAnalysis))
            .critic(allows("last").stage(Stage::Validation));
        if hooked {
            court = court.hook(HookScript::new());
        }
        let report = court.run().await;
        for name in ["slow", "later", "last"] {
            assert_eq!(reason(&report, name), "timeout: the run ran out of time", "{name}");
        }
        assert_eq!(report.elapsed, secs(1));
        assert_eq!(probe.calls(), 0);
    }
}

/// Rule 11: each gets what the outer one has left, and the outer one is named.
#[tokio::test(start_paused = true)]
async fn the_deadline_that_ran_out_is_named() {
    for (critic, stage, run, level) in
        [(1, 2, 3, "critic"), (2, 1, 3, "stage"), (3, 2, 2, "run"), (2, 2, 3, "stage")]
    {
        let report = court()
            .run_timeout(secs(run))
            .stage_timeout(Stage::CoreAnalysis, secs(stage))
            .critic(hangs("slow").timeout(secs(critic)))
            .run()
            .await;
        assert_eq!(reason(&report, "slow"), format!("timeout: the {level} ran out of time"));
        assert_eq!(report.elapsed, secs(critic.min(stage).min(run)));
    }
}

/// Rule 11: what waits for a permit waits within the stage's time.
#[tokio::test(start_paused = true)]
async fn waiting_for_a_permit_ends_at_the_stages_deadline() {
    let second = allows("second");
    let probe = second.probe();
    let report = court()
        .in_flight(1)
        .stage_timeout(Stage::CoreAnalysis, secs(1))
        .critics([hangs("first").timeout(secs(9)).priority(1), second.priority(2)])
        .run()
        .await;
    assert_eq!(reason(&report, "second"), "timeout: the stage ran out of time");
    assert_eq!((report["second"].attempts, probe.calls()), (0, 0));
    assert_eq!(report["second"].queued(), secs(1));
}

/// Rule 11: an answer at the deadline, or after it, is none; also when it is `Ok`.
#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_late_is_a_timeout() {
    for critic in [
        late("x", secs(1)),
        late("x", secs(3)),
        late("x", secs(1)).pends_once(),
        takes("x", secs(1)),
        critic("x").then(Step::permanent().blocks(secs(1))),
    ] {
        let report = court().critic(critic.timeout(secs(1))).run().await;
        assert_eq!(reason(&report, "x"), "timeout: the critic ran out of time");
        assert!(report["x"].opinion.is_none());
    }
    let report = court().critic(late("x", millis(999)).timeout(secs(1))).run().await;
    assert_eq!(report["x"].status, Status::Success);
}
