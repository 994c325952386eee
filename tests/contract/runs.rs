//! Runs as a whole: complete, concurrent, repeatable, and gone when they are dropped.

use futures_util::future::{join_all, poll_fn};
use std::future::Future;
use std::pin::pin;
use std::task::Poll;
use tokio::time::Instant;
use tribunal_core::{Snapshot, Status, Verdict};
use tribunal_testkit::*;
use tribunal_tests::{Engine, Panel, timeless};

/// Rule 1: one outcome each, in plan order, whatever happened.
pub(crate) async fn each_critic_has_one_outcome_in_plan_order<E: Engine>() {
    let critics = [
        takes("slow", secs(3)),
        hangs("never"),
        panics("panics"),
        allows("quick"),
        fails("broken"),
        lies("liar"),
        takes("slower", secs(4)),
    ];
    let report = E::build(Panel::of(critics)).run(snapshot("x")).await;
    let statuses: Vec<_> =
        report.outcomes().map(|(info, outcome)| (info.name.to_string(), outcome.status)).collect();
    let expected = [
        ("slow", Status::Success),
        ("never", Status::Timeout),
        ("panics", Status::Error),
        ("quick", Status::Success),
        ("broken", Status::Error),
        ("liar", Status::Invalid),
        ("slower", Status::Success),
    ];
    assert_eq!(statuses, expected.map(|(name, status)| (name.to_owned(), status)));
}

/// Rule 3: critics of a stage run concurrently.
pub(crate) async fn critics_overlap<E: Engine>() {
    let all = Probe::new();
    let critics = ["a", "b", "c", "d"].map(|name| takes(name, secs(1)).probed_by(&all));
    E::build(Panel::of(critics)).run(snapshot("x")).await;
    assert_eq!(all.max_in_flight(), 4);
    assert_eq!((all.calls(), all.answered(), all.in_flight()), (4, 4, 0));
}

pub(crate) async fn a_run_takes_as_long_as_its_slowest_critic<E: Engine>() {
    let critics = [takes("a", secs(1)), takes("b", secs(3)), takes("c", secs(2))];
    let report = E::build(Panel::of(critics)).run(snapshot("x")).await;
    assert_eq!(report.elapsed, secs(3));
    assert_eq!(report["a"].execution(), secs(1));
    assert_eq!(report["b"].execution(), secs(3));
}

pub(crate) async fn runs_of_one_engine_overlap<E: Engine>() {
    let one = takes("one", secs(1));
    let probe = one.probe();
    let engine = E::build(Panel::of([one]));
    let started = Instant::now();
    let reports = join_all((0..5).map(|_| engine.run(snapshot("x")))).await;
    assert_eq!(started.elapsed(), secs(1));
    assert_eq!(probe.max_in_flight(), 5);
    assert!(reports.iter().all(|report| report.verdict == Verdict::Allow));
}

/// Rule 7: same inputs, same report.
pub(crate) async fn the_same_run_twice_gives_the_same_report<E: Engine>() {
    let panel = || {
        Panel::of([takes("slow", secs(1)), objects("objects", 0.5), fails("broken")])
            .and(hangs("never"))
            .hook(HookScript::new().only("broken").on_failure(HookStep::fails()))
    };
    let engine = E::build(panel());
    let first = timeless(&engine.run(snapshot("x")).await);
    assert_eq!(first, timeless(&engine.run(snapshot("x")).await));
    assert_eq!(first, timeless(&E::build(panel()).run(snapshot("x")).await));
}

/// Rule 7: the order in which critics answer changes nothing but the timings.
pub(crate) async fn the_order_in_which_critics_answer_changes_nothing<E: Engine>() {
    let mut reports = Vec::new();
    for times in [[1, 2, 3], [3, 2, 1], [2, 3, 1], [1, 1, 1]] {
        let names = ["a", "b", "c"].into_iter().zip([0.9, 0.5, 0.95]).zip(times);
        let critics =
            names.map(|((name, severity), time)| objects(name, severity).after(secs(time)));
        reports.push(timeless(&E::build(Panel::of(critics)).run(snapshot("x")).await));
    }
    reports.dedup();
    assert_eq!(reports.len(), 1, "{reports:#?}");
}

/// Rule 18: a dropped run stops.
pub(crate) async fn a_dropped_run_cancels_its_critics<E: Engine>() {
    let all = Probe::new();
    let critics = ["a", "b"].map(|name| hangs(name).probed_by(&all));
    let engine = E::build(Panel::of(critics));
    let run = tokio::time::timeout(secs(1), engine.run(snapshot("x")));
    assert!(run.await.is_err());
    assert_eq!((all.calls(), all.cancelled(), all.in_flight()), (2, 2, 0));
}

/// Rule 18, at every point at which a run can be dropped; the engine is as good as new afterwards.
pub(crate) async fn a_run_dropped_at_any_poll_leaves_nothing_in_flight<E: Engine>() {
    let all = Probe::new();
    let critics = [
        critic("polls").then(Step::allows().pends(3)).probed_by(&all),
        takes("takes", secs(1)).probed_by(&all),
        fails("fails").pends_once().probed_by(&all),
    ];
    let hook = HookScript::new().after(HookStep::fails().after(millis(5)));
    let engine = E::build(Panel::of(critics).hook(hook));
    let mut ended = false;
    for polls in 1..200 {
        let mut left = polls;
        let mut run = Box::pin(engine.run(snapshot("x")));
        ended = poll_fn(|cx| match run.as_mut().poll(cx) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => {
                left -= 1;
                Poll::Pending
            }
        })
        .await;
        drop(run);
        assert_eq!(all.in_flight(), 0, "dropped after {polls} polls");
        if ended {
            break;
        }
    }
    assert!(ended);
    let report = pin!(engine.run(snapshot("x"))).await;
    assert_eq!(report["takes"].status, Status::Success);
}

pub(crate) async fn observers_hear_of_every_critic_once<E: Engine>() {
    let events = Events::new();
    let panel = Panel::of([allows("a"), fails("b"), takes("c", secs(1)), hangs("d")]);
    E::build(panel.observer(events.clone())).run(snapshot("x")).await;
    let lines = events.lines();
    assert_eq!(lines.first().unwrap(), "run started");
    assert_eq!(lines.last().unwrap(), "run finished review");
    for line in [
        "stage core_analysis",
        "started a 1",
        "started b 1",
        "started c 1",
        "started d 1",
        "finished a success",
        "finished b error",
        "finished c success",
        "finished d timeout",
    ] {
        assert_eq!(lines.iter().filter(|other| *other == line).count(), 1, "{line}: {lines:#?}");
    }
    assert_eq!(lines.len(), 11, "{lines:#?}");
}

/// Rule 13: an observer's panic reaches nobody.
pub(crate) async fn an_observer_that_panics_changes_nothing<E: Engine>() {
    let panel = || Panel::of([allows("a"), takes("b", secs(1)), fails("c")]);
    let events = Events::new();
    let watched = panel().observer(PanickingObserver).observer(events.clone());
    let report = E::build(watched).run(snapshot("x")).await;
    assert_eq!(timeless(&report), timeless(&E::build(panel()).run(snapshot("x")).await));
    assert_eq!(events.lines().last().unwrap(), "run finished review");
}

pub(crate) async fn the_trace_id_is_in_the_report<E: Engine>() {
    let traced = Snapshot::builder().trace_id("t-1").build();
    let report = E::build(Panel::of([allows("a")])).run(traced).await;
    assert_eq!(report.trace_id.as_deref(), Some("t-1"));
}

/// Rule 20: what a critic does not say itself is not in the report.
pub(crate) async fn no_text_of_the_snapshot_is_in_the_report<E: Engine>() {
    let private = Snapshot::builder()
        .input_text("xyzzy-input")
        .model_response("xyzzy-answer")
        .with("note", "xyzzy-context")
        .attribute("id", "xyzzy-attribute")
        .build();
    let critics = [fails("a"), panics("b"), lies("c"), hangs("d"), objects("e", 0.9)];
    let report = E::build(Panel::of(critics)).run(private).await;
    let written = format!("{report:?} {}", serde_json::to_string(&report).unwrap());
    assert!(!written.contains("xyzzy"), "{written}");
}
