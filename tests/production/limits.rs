//! Limits hold at every instant, and permits are freed on every path.

use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

use futures_util::future::join_all;
use tribunal_core::{Snapshot, Stage, Status};
use tribunal_testkit::*;

use crate::court::{Court, Seat, Seated, court, judge, tries};

/// The most calls at a time over six concurrent runs, each of three critics that take a second.
async fn most_at_a_time(limit: impl FnOnce(Court) -> Court, seat: fn(Scripted) -> Seated) -> usize {
    let all = Probe::new();
    let seats = ["a", "b", "c"].map(|name| seat(takes(name, secs(1)).probed_by(&all)));
    let court = limit(court()).run_timeout(secs(100)).critics(seats).build();
    let reports = join_all((0..6).map(|_| judge(&court))).await;
    for report in reports {
        assert!(report.outcomes().all(|(_, outcome)| outcome.status == Status::Success));
    }
    assert_eq!((all.calls(), all.in_flight()), (18, 0));
    all.max_in_flight()
}

/// Rule 8: without a limit nothing waits, so the limits below are what limits.
#[tokio::test(start_paused = true)]
async fn without_limits_all_calls_overlap() {
    assert_eq!(most_at_a_time(|court| court, Seat::seated).await, 18);
}

/// Rule 8: per orchestrator.
#[tokio::test(start_paused = true)]
async fn the_global_limit_holds_over_all_runs() {
    assert_eq!(most_at_a_time(|court| court.in_flight(4), Seat::seated).await, 4);
    assert_eq!(most_at_a_time(|court| court.in_flight(1), Seat::seated).await, 1);
}

/// Rule 8: per stage.
#[tokio::test(start_paused = true)]
async fn the_limit_of_a_stage_holds_over_all_runs() {
    let limit = |stage| {
        move |court: Court| court.settings(|settings| settings.stage_max_in_flight(stage, 5))
    };
    assert_eq!(most_at_a_time(limit(Stage::CoreAnalysis), Seat::seated).await, 5);
    assert_eq!(most_at_a_time(limit(Stage::DeepAnalysis), Seat::seated).await, 18);
}

/// Rule 8: all of them at once; the tightest is the one that shows.
#[tokio::test(start_paused = true)]
async fn limits_hold_together() {
    for (global, stage, expected) in [(2, 5, 2), (5, 2, 2), (3, 3, 3), (7, 7, 6)] {
        let limit = |court: Court| {
            let core = Stage::CoreAnalysis;
            court.in_flight(global).settings(|settings| settings.stage_max_in_flight(core, stage))
        };
        assert_eq!(most_at_a_time(limit, |critic| critic.max_in_flight(2)).await, expected);
    }
}

/// Rule 8: per critic: two of each of the three.
#[tokio::test(start_paused = true)]
async fn the_limit_of_a_critic_holds_over_all_runs() {
    assert_eq!(most_at_a_time(|court| court, |critic| critic.max_in_flight(2)).await, 6);
}

/// Rule 8: the narrowest is taken first, so waiting for a narrow one holds up nobody else.
#[tokio::test(start_paused = true)]
async fn waiting_for_a_narrow_permit_holds_no_wide_one() {
    let court = court()
        .in_flight(2)
        .critic(takes("narrow", secs(1)).max_in_flight(1).priority(1))
        .critic(allows("wide").priority(9))
        .build();
    let reports = join_all((0..3).map(|_| judge(&court))).await;
    assert!(reports.iter().all(|report| report["wide"].queued().is_zero()), "{reports:?}");
}

/// A critic that ends in some way at its first call and then allows, and the way of ending.
fn ways_to_end() -> Vec<(&'static str, Step)> {
    vec![
        ("success", Step::allows()),
        ("later success", Step::allows().after(millis(5))),
        ("error", Step::permanent()),
        ("later error", Step::permanent().pends(1)),
        ("transient", Step::transient()),
        ("panic", Step::panics()),
        ("later panic", Step::panics().pends(2)),
        ("invalid", Step::lies()),
        ("timeout", Step::hangs()),
        ("late", Step::allows().blocks(secs(3))),
        ("panic in drop", Step::panics_when_dropped()),
    ]
}

/// Rule 8: freed on success, error, panic, invalid opinion, timeout: the next run needs all of them.
#[tokio::test(start_paused = true)]
async fn permits_are_free_again_after_every_way_of_ending() {
    for (way, step) in ways_to_end() {
        for hooked in [false, true] {
            let first = critic("first").then(step.clone()).then(Step::allows());
            let mut court = court()
                .in_flight(1)
                .settings(|settings| settings.stage_max_in_flight(Stage::CoreAnalysis, 1))
                .critic(first.max_in_flight(1).retry(tries(1)).priority(1))
                .critic(allows("second").priority(2));
            if hooked {
                court = court.hook(HookScript::new());
            }
            let court = court.build();
            assert_eq!(judge(&court).await["second"].status, Status::Success, "{way}");
            let again = judge(&court).await;
            assert_eq!(again["first"].status, Status::Success, "{way}");
            assert_eq!(again["second"].status, Status::Success, "{way}");
            assert!(again.elapsed.is_zero(), "{way}");
        }
    }
}

/// Rules 8 and 16: freed when early exit cancels them.
#[tokio::test(start_paused = true)]
async fn permits_are_free_again_after_a_cancellation() {
    let court = court()
        .in_flight(2)
        .early_exit()
        .critics([hangs("hangs").max_in_flight(1), objects("blocks", 1.0).after(secs(1)).seated()])
        .build();
    for _ in 0..4 {
        let report = judge(&court).await;
        assert_eq!(report["blocks"].status, Status::Success);
        assert_eq!(report["hangs"].attempts, 1, "it had a permit each time");
    }
}

/// Rules 8 and 18: freed when the run is dropped, with one critic in flight and others in the queue.
#[tokio::test(start_paused = true)]
async fn permits_are_free_again_after_a_dropped_run() {
    let first = critic("first").then(Step::hangs()).then(Step::allows());
    let court = court()
        .in_flight(1)
        .critic(first.max_in_flight(1).priority(1))
        .critics(["b", "c"].map(|name| allows(name).priority(2)))
        .build();
    assert!(tokio::time::timeout(secs(1), judge(&court)).await.is_err());
    let report = judge(&court).await;
    assert!(report.elapsed.is_zero());
    assert!(report.outcomes().all(|(_, outcome)| outcome.status == Status::Success));
}

/// The sample of the style guide. Rule 8: permits are freed on every path.
#[tokio::test(start_paused = true)]
async fn a_critic_that_times_out_gives_its_permit_to_the_next() {
    let critics = [hangs("slow").timeout(secs(5)), allows("next").seated()];
    let report = court().in_flight(1).critics(critics).run().await;
    assert_eq!(report["slow"].status, Status::Timeout);
    assert_eq!(report["next"].status, Status::Success);
    assert_eq!(report["next"].queued(), secs(5));
    assert_eq!(report.elapsed, secs(5));
}

/// Notes how many calls are in flight whenever the task it wakes may go on.
struct CountsAtWake {
    probe: Probe,
    counts: Mutex<Vec<usize>>,
}

impl Wake for CountsAtWake {
    fn wake(self: Arc<Self>) {
        self.counts.lock().unwrap().push(self.probe.in_flight());
    }
}

/// Rule 8, at every instant: the work of a critic that is cancelled ends before its permit is another's.
#[tokio::test(start_paused = true)]
async fn a_permit_is_handed_on_only_once_the_work_under_it_has_ended() {
    let slow = hangs("slow");
    let probe = slow.probe();
    let court = court().in_flight(1).critic(slow).build();
    let waker = Arc::new(CountsAtWake { probe, counts: Mutex::default() });
    let mut noop = Context::from_waker(Waker::noop());

    let mut first = Box::pin(court.run_all(Snapshot::of_input("x")));
    assert!(first.as_mut().poll(&mut noop).is_pending());
    // A second poll, so that the attempt is awaited and no longer about to be.
    assert!(first.as_mut().poll(&mut noop).is_pending());
    let mut second = Box::pin(court.run_all(Snapshot::of_input("x")));
    let own = Waker::from(waker.clone());
    assert!(second.as_mut().poll(&mut Context::from_waker(&own)).is_pending());
    waker.counts.lock().unwrap().clear();

    drop(first);
    assert_eq!(*waker.counts.lock().unwrap(), [0]);
}
