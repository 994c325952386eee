//! Stopping gracefully: nobody new, time for those who are in, a cut for the rest.

use tribunal_core::{Snapshot, Verdict};
use tribunal_production::RunError;
use tribunal_testkit::*;

use crate::court::{Seat, court};

#[tokio::test(start_paused = true)]
async fn those_who_are_in_end_and_nobody_new_comes_in() {
    let court = court().critic(takes("slow", secs(2)).timeout(secs(5))).build();
    let run = court.run_all(Snapshot::of_input("x"));
    let stop = async {
        tokio::time::sleep(secs(1)).await;
        let stop = court.shutdown(secs(10));
        let late = async {
            tokio::time::sleep(millis(1)).await;
            court.run_all(Snapshot::of_input("x")).await
        };
        tokio::join!(stop, late)
    };
    let start = tokio::time::Instant::now();
    let (report, (stopped, late)) = tokio::join!(run, stop);
    assert_eq!(report.unwrap().verdict, Verdict::Allow);
    assert_eq!((stopped.ended, stopped.cut), (1, 0));
    assert_eq!(late.unwrap_err(), RunError::ShutDown);
    assert_eq!(start.elapsed(), secs(2));
}

#[tokio::test(start_paused = true)]
async fn those_who_have_not_ended_at_the_deadline_are_cut_off() {
    let critic = hangs("slow");
    let probe = critic.probe();
    let court = court().critic(critic.timeout(secs(60))).run_timeout(secs(60)).build();
    let run = court.run_all(Snapshot::of_input("x"));
    let stop = async {
        tokio::time::sleep(secs(1)).await;
        court.shutdown(secs(3)).await
    };
    let start = tokio::time::Instant::now();
    let (report, stopped) = tokio::join!(run, stop);
    assert_eq!(report.unwrap_err(), RunError::ShutDown);
    assert_eq!((stopped.ended, stopped.cut), (0, 1));
    assert_eq!(start.elapsed(), secs(4));
    assert_eq!((probe.cancelled(), court.metrics().in_flight), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_refused_at_once() {
    let court = court()
        .settings(|settings| settings.max_runs(1))
        .critic(takes("slow", secs(2)).timeout(secs(5)))
        .build();
    let run = court.run_all(Snapshot::of_input("x"));
    let waits = async {
        let result = court.run_all(Snapshot::of_input("x")).await;
        (result.unwrap_err(), tokio::time::Instant::now())
    };
    let stop = async {
        tokio::time::sleep(secs(1)).await;
        court.shutdown(secs(10)).await
    };
    let start = tokio::time::Instant::now();
    let (first, (refused, at), stopped) = tokio::join!(run, waits, stop);
    assert!(first.is_ok());
    assert_eq!((refused, at - start), (RunError::ShutDown, secs(1)));
    assert_eq!((stopped.ended, stopped.cut), (1, 0));
}

/// Rule 10: a run that was given its place and has not looked yet is cut off like any other.
#[tokio::test(start_paused = true)]
async fn one_who_was_let_in_at_the_last_moment_is_cut_off_too() {
    let court = court()
        .settings(|settings| settings.max_runs(1))
        .critic(takes("slow", secs(2)).timeout(secs(5)))
        .build();
    let mut first = Box::pin(court.run_all(Snapshot::of_input("x")));
    assert!(futures_util::future::poll_immediate(&mut first).await.is_none());
    let mut second = Box::pin(court.run_all(Snapshot::of_input("x")));
    assert!(futures_util::future::poll_immediate(&mut second).await.is_none());
    drop(first);
    let stopped = court.shutdown(secs(0)).await;
    assert_eq!((stopped.ended, stopped.cut), (0, 1));
    let start = tokio::time::Instant::now();
    assert_eq!(second.await.unwrap_err(), RunError::ShutDown);
    assert_eq!(start.elapsed(), secs(0));
}

#[tokio::test(start_paused = true)]
async fn with_nobody_in_it_takes_no_time() {
    let court = court().critic(allows("a")).build();
    let start = tokio::time::Instant::now();
    let stopped = court.shutdown(secs(10)).await;
    assert_eq!((stopped.ended, stopped.cut, start.elapsed()), (0, 0, secs(0)));
}
