//! The run queue: so many runs, so many waiting, and a refusal at once for all others.

use futures_util::future::join_all;
use tokio::time::Instant;
use tribunal_core::{Snapshot, Status};
use tribunal_production::{ProductionOrchestrator, RunError, RunSettings};
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, reason};

/// Refused at once, while nothing is known yet of how long a run takes.
const REFUSED: RunError = RunError::Overloaded { waited: secs(0), retry_after: secs(0) };

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
    let slower = critic("slow").then(Step::allows().after(secs(2)));
    let slower = slower.then(Step::allows().after(secs(4))).timeout(secs(9));
    let court = court().settings(room_for(1, 5)).run_timeout(secs(5)).critic(slower).build();
    let (first, second) = tokio::join!(judge(&court), judge(&court));
    assert_eq!(first["slow"].status, Status::Success);
    assert_eq!((second.queued, second.elapsed), (secs(2), secs(5)));
    assert_eq!(reason(&second, "slow"), "timeout: the run ran out of time");
}

/// Rule 10: what can no longer make it is refused before work is spent on it, and told when to come back.
#[tokio::test(start_paused = true)]
async fn a_run_that_can_no_longer_make_it_is_refused() {
    let critic = takes("slow", secs(2));
    let probe = critic.probe();
    let court = court()
        .settings(room_for(1, 5))
        .run_timeout(secs(3))
        .critic(critic.timeout(secs(5)))
        .build();
    let (first, second) = tokio::join!(elapsed(&court), elapsed(&court));
    assert_eq!(first.0, None);
    // With one second left there is no use in starting what takes two.
    let refused = RunError::Overloaded { waited: secs(2), retry_after: secs(2) };
    assert_eq!(second, (Some(refused), secs(2)));
    assert_eq!(probe.calls(), 1);
}

/// Rule 10: the queue is bounded in time, by what is known of how long a run takes.
#[tokio::test(start_paused = true)]
async fn no_more_wait_than_can_still_be_served() {
    let court = court()
        .settings(room_for(1, 100))
        .run_timeout(secs(5))
        .critic(takes("slow", secs(1)).timeout(secs(5)))
        .build();
    judge(&court).await;
    let runs = join_all((0..20).map(|_| elapsed(&court))).await;
    let judged = runs.iter().filter(|(error, _)| error.is_none()).count();
    let at_once = runs.iter().filter(|(_, took)| took.is_zero()).count();
    assert_eq!((judged, at_once), (5, 15));
}

/// Rule 10: in a jam the newest go first, so that those who are served are served in time.
#[tokio::test(start_paused = true)]
async fn in_a_jam_the_newest_run_goes_first() {
    let court = court()
        .settings(room_for(1, 100))
        .run_timeout(secs(60))
        .critic(takes("slow", secs(1)).timeout(secs(5)))
        .build();
    judge(&court).await;
    let old = join_all((0..5).map(|_| judge(&court)));
    let new = async {
        tokio::time::sleep(millis(2_500)).await;
        judge(&court).await.queued
    };
    let (_, waited) = tokio::join!(old, new);
    assert_eq!(waited, millis(500));
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
    assert_eq!(REFUSED.to_string(), "overloaded: not admitted after 0ns, come back in 0ns");
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
