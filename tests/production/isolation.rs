//! Critics in a task of their own, and on threads that may block.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{join, join_all, select};
use tokio::sync::Notify;
use tokio::task::yield_now;
use tribunal_core::{Answer, CriticError, Opinion, Snapshot, Stage, Status, View, critic_fn};
use tribunal_production::Isolation;
use tribunal_testkit::*;

use crate::court::{Seat, Seated, court, judge, named, reason};

const APART: [Isolation; 2] = [Isolation::Task, Isolation::Blocking];

fn isolated(seat: impl Seat, isolation: Isolation) -> Seated {
    seat.spec(|spec| spec.isolation(isolation))
}

/// A critic that keeps its thread until it is let go, with a word when it has begun.
struct Stuck {
    begun: Arc<Notify>,
    go: Sender<()>,
    calls: Arc<AtomicUsize>,
    saw_cancel: Arc<AtomicBool>,
}

fn stuck(name: &str) -> (Seated, Stuck) {
    let (go, wait): (Sender<()>, Receiver<()>) = channel();
    let stuck =
        Stuck { begun: Arc::default(), go, calls: Arc::default(), saw_cancel: Arc::default() };
    let (begun, calls, saw) =
        (Arc::clone(&stuck.begun), Arc::clone(&stuck.calls), Arc::clone(&stuck.saw_cancel));
    let wait = Mutex::new(wait);
    let critic = critic_fn(move |view: View<'_>| {
        calls.fetch_add(1, SeqCst);
        begun.notify_one();
        let _ = wait.lock().unwrap().recv();
        saw.store(view.is_cancelled(), SeqCst);
        Answer::now(Ok(Opinion::clean()))
    });
    (isolated(named(name, critic), Isolation::Blocking), stuck)
}

/// Lets the runtime hear of a thread that has ended, which takes no virtual time.
async fn until(what: impl Fn() -> bool) {
    while !what() {
        yield_now().await;
    }
}

/// Apart or not, a critic sees the same, and its word counts the same.
#[tokio::test(start_paused = true)]
async fn a_critic_apart_sees_and_says_what_it_would_in_the_run() {
    for isolation in APART {
        let critic = critic_fn(|view: View<'_>| {
            let before = view.outcome("first").is_some_and(|outcome| outcome.has_violation());
            let opinion = Opinion::clean().severity(if before { 0.9 } else { 0.0 });
            Answer::now(Ok(opinion))
        });
        let second = isolated(named("second", critic), isolation);
        let report = court()
            .critic(objects("first", 0.1).stage(Stage::FastCritics))
            .critic(second)
            .run()
            .await;
        assert_eq!(report["second"].opinion.as_ref().unwrap().severity, 0.9, "{isolation:?}");
    }
}

/// Rule 13: a panic stays where it is, wherever that is.
#[tokio::test(start_paused = true)]
async fn a_panic_apart_is_an_error_like_any_other() {
    for isolation in APART {
        let report = court()
            .critic(isolated(panics("now"), isolation))
            .critic(isolated(panics_later("later"), isolation))
            .critic(allows("other"))
            .run()
            .await;
        assert_eq!(reason(&report, "now"), "panicked", "{isolation:?}");
        assert_eq!(reason(&report, "later"), "panicked", "{isolation:?}");
        assert_eq!(report["other"].status, Status::Success);
    }
}

/// Rule 11: a task is aborted at its deadline, and its permit is free.
#[tokio::test(start_paused = true)]
async fn a_task_that_runs_out_of_time_is_aborted() {
    let probe = Probe::new();
    let critic = isolated(hangs("slow").probed_by(&probe), Isolation::Task);
    let court = court().critic(critic.timeout(secs(1)).max_in_flight(1)).build();
    for _ in 0..2 {
        let report = judge(&court).await;
        assert_eq!(report["slow"].status, Status::Timeout);
        assert_eq!(report.elapsed, secs(1), "the permit of the first was free");
        yield_now().await;
        assert_eq!(probe.in_flight(), 0);
    }
}

/// Rule 18: dropping the run leaves no task behind.
#[tokio::test(start_paused = true)]
async fn a_dropped_run_takes_its_tasks_with_it() {
    let probe = Probe::new();
    let court = court()
        .critic(isolated(hangs("a").probed_by(&probe), Isolation::Task))
        .critic(isolated(hangs("b").probed_by(&probe), Isolation::Task))
        .build();
    let run = tokio::time::timeout(millis(5), court.run_all(Snapshot::of_input("x")));
    assert!(run.await.is_err());
    yield_now().await;
    assert_eq!((probe.calls(), probe.in_flight()), (2, 0));
    assert_eq!(court.metrics().in_flight, 0);
}

/// Rules 8 and 11: the run goes on at the deadline; the permit is kept until the thread has really ended.
#[tokio::test(start_paused = true)]
async fn a_thread_that_hangs_keeps_its_permit_and_not_its_run() {
    let (critic, stuck) = stuck("stuck");
    let court = court()
        .critic(critic.timeout(secs(2)).max_in_flight(1))
        .critic(allows("other").stage(Stage::Validation))
        .run_timeout(secs(3))
        .build();
    let (report, ()) = join(judge(&court), async {
        stuck.begun.notified().await;
        tokio::time::advance(secs(2)).await;
    })
    .await;
    assert_eq!(reason(&report, "stuck"), "timeout: the critic ran out of time");
    assert_eq!(report["other"].status, Status::Success);

    let (report, ()) = join(judge(&court), async {
        yield_now().await;
        tokio::time::advance(secs(3)).await;
    })
    .await;
    assert_eq!(report["stuck"].status, Status::Timeout);
    assert_eq!((report["stuck"].attempts, stuck.calls.load(SeqCst)), (0, 1), "no second thread");

    // All threads go from now on; the permit is free when the first has ended.
    drop(stuck.go);
    while judge(&court).await["stuck"].status != Status::Success {
        yield_now().await;
    }
}

/// A critic that asks can stop early.
#[tokio::test(start_paused = true)]
async fn a_thread_can_see_that_nobody_waits_for_it() {
    let (critic, stuck) = stuck("stuck");
    let court = court().critic(critic.timeout(secs(2))).build();
    let (report, ()) = join(judge(&court), async {
        stuck.begun.notified().await;
        tokio::time::advance(secs(2)).await;
    })
    .await;
    assert_eq!(report["stuck"].status, Status::Timeout);
    stuck.go.send(()).unwrap();
    until(|| stuck.saw_cancel.load(SeqCst)).await;
}

/// Rule 9: what is known of how long a call takes is not what a thread takes that ends because nobody waits for it.
#[tokio::test(start_paused = true)]
async fn a_thread_that_was_cancelled_is_no_quick_call() {
    let (critic, stuck) = stuck("stuck");
    let court =
        court().critic(critic.timeout(secs(3)).max_in_flight(1)).run_timeout(secs(3)).build();
    let (report, ()) = join(judge(&court), async {
        stuck.begun.notified().await;
        tokio::time::advance(secs(2)).await;
        stuck.go.send(()).unwrap();
    })
    .await;
    assert_eq!((report["stuck"].status, report["stuck"].execution()), (Status::Success, secs(2)));
    for cancelled in 2..32 {
        while stuck.calls.load(SeqCst) < cancelled {
            let run = std::pin::pin!(judge(&court));
            let begun = std::pin::pin!(stuck.begun.notified());
            // While the thread before still has the permit, the run is refused; once it has its own, it is dropped.
            select(run, begun).await;
            yield_now().await;
        }
        stuck.go.send(()).unwrap();
    }
    // Whoever has 3 s cannot wait for a call of 2 s and then make one: that is still known.
    let first = async {
        while stuck.calls.load(SeqCst) < 32 {
            judge(&court).await;
            yield_now().await;
        }
    };
    let second = async {
        until(|| stuck.calls.load(SeqCst) == 32).await;
        let (refused, ()) = join(judge(&court), tokio::time::advance(secs(3))).await;
        stuck.go.send(()).unwrap();
        refused
    };
    let ((), refused) = join(first, second).await;
    assert_eq!(
        reason(&refused, "stuck"),
        "timeout: at its limit, its turn would come after the run's deadline"
    );
    assert_eq!(refused.elapsed, secs(0));
}

/// Rule 11: an answer that comes at its deadline or after it is none, from a thread as well.
#[tokio::test(start_paused = true)]
async fn a_late_answer_of_a_thread_is_none() {
    let (critic, stuck) = stuck("stuck");
    let court = court().critic(critic.timeout(secs(2))).run_timeout(secs(9)).build();
    let (report, ()) = join(judge(&court), async {
        stuck.begun.notified().await;
        stuck.go.send(()).unwrap();
        tokio::time::advance(secs(2)).await;
    })
    .await;
    assert_eq!(reason(&report, "stuck"), "timeout: the critic ran out of time");
}

/// Rule 8: so many threads and no more, over all critics and runs.
#[tokio::test(start_paused = true)]
async fn the_pool_of_threads_is_bounded() {
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let critic = |name| {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        let critic = critic_fn(move |_: View<'_>| {
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::yield_now();
            now.fetch_sub(1, SeqCst);
            Answer::now(Ok(Opinion::clean()))
        });
        isolated(named(name, critic), Isolation::Blocking)
    };
    let court = court()
        .settings(|settings| settings.max_blocking(2))
        .critics(["a", "b", "c"].map(critic))
        .build();
    let reports = join_all((0..20).map(|_| judge(&court))).await;
    assert!(reports.iter().all(|report| report["c"].status == Status::Success));
    assert!(most.load(SeqCst) <= 2, "{most:?}");
}

/// What takes time without keeping its thread busy is driven there, and dropped when its time is up.
#[tokio::test(start_paused = true)]
async fn a_future_on_a_thread_is_driven_and_dropped() {
    let dropped = Arc::new(AtomicBool::new(false));
    struct Flag(Arc<AtomicBool>);
    impl Drop for Flag {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let begun = Arc::new(Notify::new());
    let (flag, word) = (Arc::clone(&dropped), Arc::clone(&begun));
    let critic = critic_fn(move |_: View<'_>| {
        let flag = Flag(Arc::clone(&flag));
        let word = Arc::clone(&word);
        Answer::later(async move {
            let _flag = flag;
            word.notify_one();
            std::future::pending::<Result<Opinion, CriticError>>().await
        })
    });
    let critic = isolated(named("waits", critic), Isolation::Blocking).timeout(secs(1));
    let court = court().critic(critic).build();
    let (report, ()) = join(judge(&court), async {
        begun.notified().await;
        tokio::time::advance(secs(1)).await;
    })
    .await;
    assert_eq!(report["waits"].status, Status::Timeout);
    until(|| dropped.load(SeqCst)).await;
}

/// A run that is cut while a thread still looks at its outcomes gives a whole report.
#[tokio::test(start_paused = true)]
async fn a_report_is_whole_although_a_thread_still_holds_the_outcomes() {
    let (critic, stuck) = stuck("stuck");
    let court = court()
        .critic(objects("first", 0.9).stage(Stage::FastCritics))
        .critic(critic.timeout(Duration::from_secs(1)))
        .build();
    let (report, ()) = join(judge(&court), async {
        stuck.begun.notified().await;
        tokio::time::advance(secs(1)).await;
    })
    .await;
    assert_eq!(report["first"].opinion.as_ref().unwrap().violations.len(), 1);
    assert_eq!(report.outcomes().count(), 2);
    stuck.go.send(()).unwrap();
}
