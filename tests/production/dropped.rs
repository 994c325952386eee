//! A dropped run stops, wherever it is.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use tribunal_core::{Report, Snapshot, Stage, Status};
use tribunal_production::{Policy, ProductionOrchestrator, RunError};
use tribunal_testkit::*;
use tribunal_tests::timeless;

use crate::court::{Seat, court, judge, tries};

/// Polls a run so many times, as often as it is woken, and then drops it. `None` when it had not ended.
///
/// Between polls the runtime does what it always does, so a paused clock moves on while everyone waits.
async fn polled(court: &ProductionOrchestrator, polls: usize) -> Option<Result<Report, RunError>> {
    let mut run: Pin<Box<_>> = Box::pin(court.run_all(Snapshot::of_input("x")));
    let mut left = polls;
    poll_fn(|cx| match left.checked_sub(1) {
        None => Poll::Ready(None),
        Some(after) => {
            left = after;
            match run.as_mut().poll(cx) {
                Poll::Ready(result) => Poll::Ready(Some(result)),
                // The last poll is followed by the drop at once, not by another wake.
                Poll::Pending if left == 0 => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        }
    })
    .await
}

/// Rule 18: critics are cancelled, permits and the place among the runs are free.
#[tokio::test(start_paused = true)]
async fn a_dropped_run_stops_and_gives_everything_back() {
    let all = Probe::new();
    let critics = ["a", "b", "c"].map(|name| {
        critic(name).then(Step::hangs()).then(Step::allows()).probed_by(&all).max_in_flight(1)
    });
    let court = court()
        .in_flight(2)
        .settings(|settings| settings.max_runs(1).max_queued_runs(0))
        .critics(critics)
        .build();
    assert!(tokio::time::timeout(secs(1), judge(&court)).await.is_err());
    assert_eq!((all.calls(), all.cancelled(), all.in_flight()), (2, 2, 0));
    assert_eq!(court.metrics().in_flight, 0);
    assert_eq!(court.metrics().runs, 0, "it gave no report");
    // `c` had not been called, and hangs for the first time now.
    let report = judge(&court).await;
    assert_eq!(report["a"].status, Status::Success);
    assert_eq!(report["b"].status, Status::Success);
    assert_eq!(report["c"].status, Status::Timeout);
}

/// Rule 18: no event comes after the drop.
#[tokio::test(start_paused = true)]
async fn a_dropped_run_tells_nothing_more() {
    let events = Events::new();
    let court = court().critic(hangs("a")).observer(events.clone()).build();
    assert!(tokio::time::timeout(secs(1), judge(&court)).await.is_err());
    tokio::time::sleep(secs(60)).await;
    assert_eq!(events.lines(), ["run started", "stage core_analysis", "started a 1"]);
}

/// Rule 18, at every poll: retries, queues, hooks, gates and several stages; the next run is as good as new.
#[tokio::test(start_paused = true)]
async fn a_run_dropped_at_any_poll_leaves_the_orchestrator_as_good_as_new() {
    let all = Probe::new();
    let build = || {
        let hook = HookScript::new()
            .before(HookStep::nothing())
            .after(HookStep::fails().after(millis(3)))
            .on_failure(HookStep::fails().after(millis(3)));
        court()
            .in_flight(2)
            .settings(|settings| settings.stage_max_in_flight(Stage::CoreAnalysis, 2).max_runs(1))
            // What all runs share in retries is spent on purpose, and not part of the question.
            .settings(|settings| settings.retry_budget(10.0, 1_000_000))
            .critics([
                takes("early", millis(5)).probed_by(&all).stage(Stage::FastCritics),
                critic("polls").then(Step::objects(0.5).pends(3)).probed_by(&all).max_in_flight(1),
                fails_transiently("flaky").probed_by(&all).retry(tries(3)).max_in_flight(1),
                hangs("hangs").probed_by(&all).timeout(millis(40)),
                panics_later("panics").probed_by(&all).priority(6),
                takes("guard", millis(7)).probed_by(&all).policy(Policy::OnViolation).priority(7),
                allows("last").probed_by(&all).stage(Stage::Validation),
            ])
            .hook(hook)
            .build()
    };
    let whole = judge(&build()).await;
    let court = build();
    for polls in 0..500 {
        let ended = polled(&court, polls).await;
        assert_eq!(all.in_flight(), 0, "dropped after {polls} polls");
        assert_eq!(court.metrics().in_flight, 0);
        let next = judge(&court).await;
        assert_eq!(timeless(&next), timeless(&whole), "after a drop after {polls} polls");
        assert_eq!(next.elapsed, whole.elapsed, "after a drop after {polls} polls");
        if let Some(report) = ended {
            assert_eq!(report.unwrap().elapsed, whole.elapsed);
            assert!(polls > 10);
            return;
        }
    }
    panic!("it never ended");
}
