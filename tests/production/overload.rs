//! The run queue: so many runs, so many waiting, and a refusal at once for all others.

use futures_util::future::join_all;
use tokio::time::Instant;
use tribunal_core::{Snapshot, Status};
use tribunal_production::{ProductionOrchestrator, RunError, RunSettings};
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, reason};

const REFUSED: RunError = RunError::Overloaded { waited: secs(0) };

fn room_for(runs: usize, queued: usize) -> impl FnOnce(RunSettings) -> RunSettings {
    move |settings| settings.max_runs(runs).max_queued_runs(queued)
}

async fn elapsed(court: &ProductionOrchestrator) -> (Option<RunError>, std::time::Duration) {
    let start = Instant::now();
    let result = court.run_all(Snapshot::of_input("x")).await;
    (result.err(), start.elapsed())
}

/// Rule 10: with the queue full a run is refused at once, and nothing that was admitted is lost.
#[tokio::test(start_paused = true)]
async fn a_run_beyond_the_queue_is_refused_at_once() {
    let court = court().settings(room_for(1, 1)).critic(takes("slow", secs(1))).build();
    let (first, second, third) = tokio::join!(elapsed(&court), elapsed(&court), elapsed(&court));
    assert_eq!(first, (None, secs(1)));
    assert_eq!(second, (None, secs(2)));
    assert_eq!(third, (Some(REFUSED), secs(0)));
    assert_eq!((court.metrics().overloaded, court.metrics().runs), (1, 2));
}

/// Rule 10: without a queue too.
#[tokio::test(start_paused = true)]
async fn without_a_queue_a_second_run_is_refused() {
    let court = court().settings(room_for(1, 0)).critic(takes("slow", secs(1))).build();
    let (first, second) = tokio::join!(elapsed(&court), elapsed(&court));
    assert_eq!((first.0, second), (None, (Some(REFUSED), secs(0))));
    assert_eq!(elapsed(&court).await.0, None);
}

/// Rule 8: runs in flight.
#[tokio::test(start_paused = true)]
async fn so_many_runs_at_a_time_and_the_others_wait() {
    let critic = takes("slow", secs(1));
    let probe = critic.probe();
    let court = court().settings(room_for(2, 10)).critic(critic).build();
    let reports = join_all((0..6).map(|_| judge(&court))).await;
    assert_eq!(probe.max_in_flight(), 2);
    let queued: Vec<_> = reports.iter().map(|report| report.queued.as_secs()).collect();
    assert_eq!(queued, [0, 0, 1, 1, 2, 2]);
}

/// Rule 11: waiting to be admitted counts into the run's time.
#[tokio::test(start_paused = true)]
async fn waiting_in_the_queue_counts_into_the_runs_deadline() {
    let court = court()
        .settings(room_for(1, 5))
        .run_timeout(secs(3))
        .critic(takes("slow", secs(2)).timeout(secs(5)))
        .build();
    let (first, second, third) = tokio::join!(judge(&court), judge(&court), elapsed(&court));
    assert_eq!(first["slow"].status, Status::Success);
    assert_eq!((second.queued, second.elapsed), (secs(2), secs(3)));
    assert_eq!(reason(&second, "slow"), "timeout: the run ran out of time");
    // The third would have been admitted just when its own time was over.
    assert!(third.1 <= millis(3_001), "{third:?}");
}

/// Rule 10: one that is not admitted in its time is refused, and says how long it waited.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_admitted_in_its_time_is_refused() {
    let court = court()
        .settings(room_for(1, 5))
        .run_timeout(secs(3))
        .critic(takes("slow", secs(2)).timeout(secs(5)))
        .build();
    let first = judge(&court);
    let later = async {
        tokio::time::sleep(secs(1)).await;
        tokio::join!(judge(&court), elapsed(&court))
    };
    let (_, (_, third)) = tokio::join!(first, later);
    assert_eq!(third, (Some(RunError::Overloaded { waited: secs(3) }), secs(3)));
}

/// Rule 18: a run that is dropped in the queue leaves its place.
#[tokio::test(start_paused = true)]
async fn a_run_dropped_in_the_queue_leaves_its_place() {
    let court = court().settings(room_for(1, 1)).critic(takes("slow", secs(1))).build();
    let first = judge(&court);
    let later = async {
        assert!(tokio::time::timeout(millis(100), judge(&court)).await.is_err());
        assert_eq!((court.metrics().in_flight, court.metrics().queued), (1, 0));
        judge(&court).await
    };
    let (_, later) = tokio::join!(first, later);
    assert_eq!(later.queued, millis(900));
}

#[tokio::test(start_paused = true)]
async fn the_error_says_how_long_it_waited() {
    assert_eq!(REFUSED.to_string(), "overloaded: not admitted after 0ns");
}

/// What the gauges show while runs go on and wait.
#[tokio::test(start_paused = true)]
async fn gauges_show_runs_going_on_and_waiting() {
    let court = court().settings(room_for(2, 5)).critic(hangs("slow").timeout(secs(1))).build();
    let look = async {
        tokio::time::sleep(millis(1)).await;
        (court.metrics().in_flight, court.metrics().queued)
    };
    let (_, seen) = tokio::join!(join_all((0..5).map(|_| judge(&court))), look);
    assert_eq!(seen, (2, 3));
    assert_eq!((court.metrics().in_flight, court.metrics().queued), (0, 0));
}
