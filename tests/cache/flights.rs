//! Calls at the same time: who makes them, who waits, and what happens when the one who is waited for is gone.

use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use futures_util::future::join_all;
use tribunal_cache::ResultCache;
use tribunal_core::{
    Answer, Before, CriticInfo, Hook, HookError, Opinion, Source, Status, Verdict, View,
};
use tribunal_testkit::*;
use tribunal_tests::{Engine, Panel};

use crate::{cache, reads_input, with};

pub(crate) async fn identical_calls_at_the_same_time_are_made_once<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(objects("x", 0.9).after(secs(2)));
    let engine: E = with(critic, &cache);
    let reports = join_all((0..5).map(|_| engine.run(snapshot("a")))).await;
    assert_eq!(probe.calls(), 1);
    let cached = reports.iter().filter(|report| report["x"].source == Source::Cache).count();
    assert_eq!(cached, 4);
    for report in &reports {
        assert_eq!((report.verdict, report.elapsed), (Verdict::Block, secs(2)));
        assert_eq!(report["x"].opinion, reports[0]["x"].opinion);
    }
    assert_eq!((cache.hits(), cache.misses(), cache.waits()), (0, 1, 4));
}

pub(crate) async fn different_calls_are_made_each_for_itself<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(takes("x", secs(1)));
    let engine: E = with(critic, &cache);
    let reports = tokio::join!(engine.run(snapshot("a")), engine.run(snapshot("b")));
    assert_eq!((probe.calls(), probe.max_in_flight()), (2, 2));
    assert_eq!((reports.0.elapsed, reports.1.elapsed), (secs(1), secs(1)));
}

pub(crate) async fn a_call_that_is_cancelled_is_made_by_one_of_those_who_wait<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(takes("x", secs(2)));
    let engine: E = with(critic, &cache);
    let mut leader = Box::pin(engine.run(snapshot("a")));
    assert!(leader.as_mut().now_or_never().is_none());
    let followers = join_all((0..3).map(|_| engine.run(snapshot("a"))));
    let leaves = async {
        tokio::time::sleep(secs(1)).await;
        drop(leader);
    };
    let (reports, ()) = tokio::join!(followers, leaves);
    assert_eq!((probe.calls(), probe.cancelled(), probe.max_in_flight()), (2, 1, 1));
    for report in reports {
        assert_eq!((report["x"].status, report.elapsed), (Status::Success, secs(3)));
    }
    assert_eq!((cache.misses(), cache.waits()), (2, 2));
}

pub(crate) async fn cancelled_while_waiting_leaves_the_rest_alone<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(takes("x", secs(2)));
    let engine: E = with(critic, &cache);
    let leader = engine.run(snapshot("a"));
    let impatient = tokio::time::timeout(secs(1), engine.run(snapshot("a")));
    let patient = engine.run(snapshot("a"));
    let (leader, impatient, patient) = tokio::join!(leader, impatient, patient);
    assert!(impatient.is_err());
    assert_eq!((leader["x"].source, patient["x"].source), (Source::Critic, Source::Cache));
    assert_eq!(probe.calls(), 1);
}

/// Rule 14: one failure is no answer for anybody else, and nobody waits for the failures of all.
pub(crate) async fn a_call_that_fails_is_made_by_each_who_waits<E: Engine>() {
    let cache = cache();
    let flaky = critic("x").then(Step::permanent().after(secs(1)));
    let (critic, probe) = reads_input(flaky.then(Step::objects(0.9).after(secs(1))));
    let engine: E = with(critic, &cache);
    let reports = join_all((0..4).map(|_| engine.run(snapshot("a")))).await;
    assert_eq!((probe.calls(), probe.max_in_flight()), (4, 3));
    let mut statuses: Vec<_> = reports.iter().map(|report| report["x"].status).collect();
    statuses.sort_unstable_by_key(|status| *status != Status::Error);
    assert_eq!(statuses, [Status::Error, Status::Success, Status::Success, Status::Success]);
    assert!(reports.iter().all(|report| report.elapsed <= secs(2)));
    assert_eq!(engine.run(snapshot("a")).await["x"].source, Source::Cache);
}

/// Rule 13: who calls the critic for itself leads nobody, so its failure is nobody else's.
pub(crate) async fn a_failure_of_another_call_is_not_the_leaders<E: Engine>() {
    let cache = cache();
    let flaky = critic("x").then(Step::permanent().after(secs(1)));
    let flaky = flaky.then(Step::permanent().after(secs(1)));
    let (critic, probe) = reads_input(flaky.then(Step::objects(0.9).after(secs(2))));
    let engine: E = with(critic, &cache);
    let asks = async |at| {
        tokio::time::sleep(at).await;
        engine.run(snapshot("a")).await
    };
    // The first leads and fails at 1 s; the second waited for it, calls the critic itself, and fails at 2 s. By then
    // the third leads, until 3.2 s, and the fourth waits for that.
    let runs = [millis(0), millis(100), millis(1_200), millis(1_300)].map(asks);
    let reports = join_all(runs).await;
    let statuses = [Status::Error, Status::Error, Status::Success, Status::Success];
    assert_eq!(reports.iter().map(|report| report["x"].status).collect::<Vec<_>>(), statuses);
    assert_eq!((reports[3]["x"].source, reports[3].elapsed), (Source::Cache, millis(1_900)));
    assert_eq!(probe.calls(), 3);
}

pub(crate) async fn a_call_that_panics_is_made_by_each_who_waits<E: Engine>() {
    let cache = cache();
    let flaky = critic("x").then(Step::panics().after(secs(1)));
    let (critic, probe) = reads_input(flaky.then(Step::allows().after(secs(1))));
    let engine: E = with(critic, &cache);
    let reports = join_all((0..3).map(|_| engine.run(snapshot("a")))).await;
    assert_eq!(probe.calls(), 3);
    assert_eq!(reports.iter().filter(|report| report.verdict == Verdict::Allow).count(), 2);
}

/// A cache before this one may know what this one does not.
pub(crate) async fn an_answer_from_elsewhere_says_nothing_of_the_call<E: Engine>() {
    /// Has an answer from the third call on.
    struct Third(AtomicU32);
    impl Hook for Third {
        fn before<'a>(
            &'a self,
            _: &'a CriticInfo,
            _: View<'a>,
        ) -> Answer<'a, Result<Before<'a>, HookError>> {
            let known = self.0.fetch_add(1, Ordering::SeqCst) >= 2;
            Answer::now(Ok(known.then(Opinion::clean).into()))
        }
    }
    let cache = cache();
    let (critic, probe) = reads_input(objects("x", 0.9).after(secs(2)));
    let engine: E =
        E::build(Panel::of([critic]).hook(Third(AtomicU32::new(0))).hook(cache.clone()));
    let reports = join_all((0..3).map(|_| engine.run(snapshot("a")))).await;
    let verdicts: Vec<_> = reports.iter().map(|report| report.verdict).collect();
    assert_eq!(verdicts, [Verdict::Block, Verdict::Block, Verdict::Allow]);
    assert_eq!((probe.calls(), cache.waits()), (1, 1));
}

/// Rule 11: also for those who wait.
pub(crate) async fn waiting_ends_with_the_run<E: Engine>() {
    let cache = cache();
    let (critic, probe) = reads_input(hangs("x"));
    let engine: E = E::build(Panel::of([critic]).hook(cache.clone()).timeout(secs(3)));
    let reports = join_all((0..3).map(|_| engine.run(snapshot("a")))).await;
    for report in reports {
        assert_eq!((report["x"].status, report.verdict), (Status::Timeout, Verdict::Review));
        assert_eq!(report.elapsed, secs(3));
    }
    assert_eq!((probe.calls(), cache.entries()), (1, 0));
}

pub(crate) async fn calls_beyond_the_bound_are_made_without_anyone_waiting<E: Engine>() {
    let cache = ResultCache::builder().max_entries(2).build().unwrap();
    let (critic, probe) = reads_input(takes("x", secs(1)));
    let engine: E = with(critic, &cache);
    let texts = ["a", "a", "b", "b", "c", "c"];
    join_all(texts.map(|text| engine.run(snapshot(text)))).await;
    assert_eq!((probe.calls(), cache.misses(), cache.waits()), (4, 4, 2));
}

/// Rule 14: a leader whose task is not polled any more costs those who wait their time, and lets nothing pass.
pub(crate) async fn the_leaders_run_being_held_up_is_no_pass<E: Engine>() {
    let cache = cache();
    let (critic, _) = reads_input(objects("x", 0.9).after(secs(1)));
    let engine: E = E::build(Panel::of([critic]).hook(cache.clone()).timeout(secs(5)));
    let mut leader = Box::pin(engine.run(snapshot("a")));
    assert!(leader.as_mut().now_or_never().is_none());
    let report = engine.run(snapshot("a")).await;
    assert_eq!((report["x"].status, report.verdict), (Status::Timeout, Verdict::Review));
    assert_eq!(report.elapsed, secs(5));
    drop(leader);
    assert_eq!(engine.run(snapshot("a")).await.verdict, Verdict::Block);
}
