//! Hooks: what they may change, and that they can do no harm.

use std::future::pending;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use tribunal_core::{
    Answer, Before, CriticInfo, Hook, HookError, Lease, Opinion, Outcome, Reason, Source, Status,
    Verdict, View, Violation, Waited,
};
use tribunal_testkit::*;
use tribunal_tests::{Engine, Panel, timeless};

fn objection(severity: f64) -> Opinion {
    Opinion::objection(Violation::new("hook.objection", "known already", severity))
}

pub(crate) async fn a_cached_opinion_stands_in_for_the_critic<E: Engine>() {
    let (cached, asked) = (fails("cached"), allows("asked"));
    let probes = [cached.probe(), asked.probe()];
    let hook = HookScript::new().only("cached").before(HookStep::gives(Opinion::clean()));
    let report = E::build(Panel::of([cached, asked]).hook(hook)).run(snapshot("x")).await;
    assert_eq!(probes.map(|probe| probe.calls()), [0, 1]);
    assert_eq!(report["cached"].status, Status::Success);
    assert_eq!(report["cached"].source, Source::Cache);
    assert_eq!(report["cached"].attempts, 0);
    assert_eq!(report["asked"].source, Source::Critic);
    assert_eq!(report.verdict, Verdict::Allow);
}

pub(crate) async fn the_first_cached_opinion_wins<E: Engine>() {
    let first = HookScript::new().before(HookStep::gives(objection(0.5)).after(secs(1)));
    let second = HookScript::new().before(HookStep::gives(Opinion::clean()));
    let panel = Panel::of([allows("a")]).hook(first).hook(second.clone());
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!(report.verdict, Verdict::Review);
    assert_eq!(second.calls(), ["after a success"]);
}

pub(crate) async fn a_cached_opinion_is_judged_like_any_other<E: Engine>() {
    let hook = HookScript::new().before(HookStep::gives(objection(0.9)));
    let report = E::build(Panel::of([allows("a")]).hook(hook)).run(snapshot("x")).await;
    assert_eq!(report["a"].calls_for, Some(Verdict::Block));
    assert_eq!(report.verdict, Verdict::Block);
}

/// Rule 15: a cache is trusted no more than a critic; the critic is asked instead.
pub(crate) async fn a_cached_opinion_that_is_invalid_is_passed_over<E: Engine>() {
    let hook = HookScript::new().before(HookStep::gives(objection(f64::NAN)));
    let asked = objects("a", 0.5);
    let probe = asked.probe();
    let report = E::build(Panel::of([asked]).hook(hook)).run(snapshot("x")).await;
    assert_eq!(probe.calls(), 1);
    assert_eq!(report["a"].source, Source::Critic);
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 15: nor is a fallback, and size counts as much as numbers.
pub(crate) async fn opinions_of_hooks_that_are_too_large_are_passed_over<E: Engine>() {
    let deep = (0..100).fold(serde_json::Value::Null, |inner, _| vec![inner].into());
    for hostile in [Opinion::clean().value(deep), Opinion::clean().detail("a", "x".repeat(2 << 20))]
    {
        let gives = || HookStep::gives(hostile.clone());
        let hook = HookScript::new().before(gives()).on_failure(gives());
        let report = E::build(Panel::of([fails("a")]).hook(hook)).run(snapshot("x")).await;
        assert_eq!((report["a"].status, report["a"].source), (Status::Error, Source::Critic));
        assert_eq!((report["a"].attempts, report.verdict), (1, Verdict::Review));
    }
}

pub(crate) async fn after_is_called_with_each_outcome<E: Engine>() {
    let hook = HookScript::new();
    let critics = [allows("a"), fails("b"), hangs("c"), lies("d"), panics("e")];
    E::build(Panel::of(critics).hook(hook.clone())).run(snapshot("x")).await;
    let mut after: Vec<_> =
        hook.calls().into_iter().filter(|call| call.starts_with("after ")).collect();
    after.sort_unstable();
    assert_eq!(
        after,
        ["after a success", "after b error", "after c timeout", "after d invalid", "after e error"]
    );
}

/// Rule 14: it takes the place of the failure, and the report says so and why.
pub(crate) async fn a_fallback_stands_in_for_a_failure<E: Engine>() {
    for broken in [fails("x"), panics("x"), lies("x")] {
        let fallback = HookScript::new().on_failure(HookStep::gives(objection(0.1)).after(secs(1)));
        let report = E::build(Panel::of([broken]).hook(fallback)).run(snapshot("x")).await;
        assert_eq!(report["x"].status, Status::Success);
        assert_eq!(report["x"].source, Source::Fallback);
        assert_eq!(report["x"].attempts, 1);
        assert!(report["x"].reason.as_ref().is_some_and(Reason::is_failure));
        assert_eq!(report.verdict, Verdict::Allow);
        assert_eq!(report.let_pass, ["x"]);
    }
}

/// Rule 14, I10: a block that could be read stays one, whatever is said in its place.
pub(crate) async fn a_fallback_does_not_soften_what_was_objected_to<E: Engine>() {
    let broken = || critic("x").then(Step::says(objection(0.9).uncertainty(f64::NAN)));
    let fallback = || HookScript::new().on_failure(HookStep::gives(Opinion::clean()));
    let report = E::build(Panel::of([broken()]).hook(fallback())).run(snapshot("x")).await;
    assert_eq!(report["x"].source, Source::Fallback);
    assert_eq!(report.verdict, Verdict::Block);
    let panel = Panel::of([allows("a"), broken()]).hook(fallback());
    assert_eq!(E::build(panel).run(snapshot("x")).await.verdict, Verdict::Block);
}

/// Rule 15: a fallback is trusted no more than a critic; the failure stays.
pub(crate) async fn a_fallback_that_is_invalid_is_passed_over<E: Engine>() {
    let fallback = HookScript::new().on_failure(HookStep::gives(objection(2.0)));
    let report = E::build(Panel::of([fails("x")]).hook(fallback)).run(snapshot("x")).await;
    assert_eq!(report["x"].status, Status::Error);
    assert_eq!(report["x"].source, Source::Critic);
    assert_eq!(report.verdict, Verdict::Review);
}

pub(crate) async fn on_failure_is_not_called_for_a_success<E: Engine>() {
    let hook = HookScript::new().on_failure(HookStep::gives(objection(0.9)));
    let report = E::build(Panel::of([allows("a")]).hook(hook.clone())).run(snapshot("x")).await;
    assert_eq!(hook.calls(), ["before a", "after a success"]);
    assert_eq!(report.verdict, Verdict::Allow);
}

pub(crate) async fn a_fallback_at_hand_stands_in_for_a_timeout<E: Engine>() {
    let fallback = HookScript::new().on_failure(HookStep::gives(Opinion::clean()));
    let report = E::build(Panel::of([hangs("x")]).hook(fallback)).run(snapshot("x")).await;
    assert_eq!(report["x"].source, Source::Fallback);
    assert_eq!(report["x"].reason.as_ref().unwrap().status(), Status::Timeout);
    assert_eq!(report.verdict, Verdict::Allow);
}

/// A run with hooks that do `step` everywhere is a run without hooks, and those after them are still called.
async fn changes_nothing<E: Engine>(step: HookStep) {
    let panel =
        || Panel::of([allows("a"), objects("b", 0.9), fails("c"), takes("d", secs(1)), hangs("e")]);
    let bad = HookScript::new().before(step.clone()).after(step.clone()).on_failure(step);
    let last = HookScript::new();
    let hooked = E::build(panel().hook(bad).hook(last.clone())).run(snapshot("x")).await;
    let plain = E::build(panel()).run(snapshot("x")).await;
    let outcomes = |report| timeless(report)["outcomes"].clone();
    assert_eq!(outcomes(&hooked), outcomes(&plain));
    assert_eq!(hooked.verdict, plain.verdict);
    assert_eq!(hooked.causes, plain.causes);
    assert_eq!(last.calls().len(), 5 + 5 + 2, "{:?}", last.calls());
}

/// Rule 13: a hook's failure reaches nobody.
pub(crate) async fn hooks_that_fail_change_nothing<E: Engine>() {
    changes_nothing::<E>(HookStep::fails()).await;
    changes_nothing::<E>(HookStep::fails().after(millis(5))).await;
}

/// Rule 13: nor does its panic.
pub(crate) async fn hooks_that_panic_change_nothing<E: Engine>() {
    changes_nothing::<E>(HookStep::panics()).await;
}

/// Rule 13: not even in a later poll.
pub(crate) async fn hooks_that_panic_later_change_nothing<E: Engine>() {
    changes_nothing::<E>(HookStep::panics_later()).await;
}

/// Rule 1: the outcome is there before the hook is.
pub(crate) async fn an_after_hook_that_hangs_loses_no_outcome<E: Engine>() {
    let hook = HookScript::new().after(HookStep::hangs());
    let panel = Panel::of([allows("a"), objects("b", 0.9)]).hook(hook).timeout(secs(4));
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!(report["a"].status, Status::Success);
    assert_eq!(report["b"].calls_for, Some(Verdict::Block));
    assert_eq!(report.verdict, Verdict::Block);
    assert!(report.elapsed <= secs(4));
}

/// A hook whose `before` is a function. It notes when it hears of an outcome and when a lease of its is dropped.
#[derive(Clone)]
struct Leases {
    before: fn(&Notes) -> Before<'static>,
    notes: Notes,
}

type Notes = Arc<Mutex<Vec<String>>>;

/// Notes when it is dropped.
struct Guard(Notes);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.lock().unwrap().push("dropped".into());
    }
}

impl Leases {
    fn new(before: fn(&Notes) -> Before<'static>) -> Self {
        Self { before, notes: Arc::default() }
    }

    fn notes(&self) -> Vec<String> {
        self.notes.lock().unwrap().clone()
    }
}

impl Hook for Leases {
    fn before<'a>(
        &'a self,
        _: &'a CriticInfo,
        _: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        Answer::now(Ok((self.before)(&self.notes)))
    }

    fn after<'a>(
        &'a self,
        _: &'a CriticInfo,
        _: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        self.notes.lock().unwrap().push(format!("after {}", outcome.status));
        Answer::now(Ok(()))
    }
}

fn holds(notes: &Notes) -> Before<'static> {
    Before::Hold(Lease::new(Guard(notes.clone())))
}

fn waits(waited: impl FnOnce() -> Result<Waited, HookError> + Send + 'static) -> Before<'static> {
    Before::Wait(Box::pin(async move {
        tokio::time::sleep(secs(1)).await;
        waited()
    }))
}

pub(crate) async fn a_lease_is_kept_until_the_after_hooks_were_called<E: Engine>() {
    let broken = [hangs("x"), panics("x"), panics_later("x"), fails("x"), lies("x")];
    for critic in broken.into_iter().chain([allows("x"), takes("x", secs(1))]) {
        let hook = Leases::new(holds);
        let report = E::build(Panel::of([critic]).hook(hook.clone())).run(snapshot("x")).await;
        assert_eq!(hook.notes(), [format!("after {}", report["x"].status), "dropped".into()]);
    }
}

/// Rule 18: whoever waits for the critic learns that nothing will come.
pub(crate) async fn a_lease_is_dropped_with_the_run<E: Engine>() {
    let hook = Leases::new(holds);
    let critic = hangs("x");
    let probe = critic.probe();
    let engine = E::build(Panel::of([critic]).hook(hook.clone()));
    {
        let mut run = Box::pin(engine.run(snapshot("x")));
        assert!(run.as_mut().now_or_never().is_none());
        assert_eq!((probe.in_flight(), hook.notes().len()), (1, 0));
    }
    assert_eq!((probe.in_flight(), hook.notes()), (0, vec!["dropped".to_owned()]));
}

/// Rule 13: a panic in a guard of a hook reaches nobody.
pub(crate) async fn a_lease_that_panics_when_dropped_changes_nothing<E: Engine>() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("as scripted, when dropped");
        }
    }
    let hook = Leases::new(|_| Before::Hold(Lease::new(Bomb)));
    let panel = Panel::of([allows("a"), objects("b", 0.9)]).hook(hook);
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!(report["a"].status, Status::Success);
    assert_eq!(report.verdict, Verdict::Block);
}

pub(crate) async fn what_was_waited_for_stands_in_for_the_critic<E: Engine>() {
    let hook = Leases::new(|_| waits(|| Ok(Waited::Answer(objection(0.9)))));
    let critic = allows("x");
    let probe = critic.probe();
    let report = E::build(Panel::of([critic]).hook(hook)).run(snapshot("x")).await;
    assert_eq!((probe.calls(), report["x"].source), (0, Source::Cache));
    assert_eq!((report.verdict, report.elapsed), (Verdict::Block, secs(1)));
    assert_eq!((report["x"].attempts, report["x"].cost), (0, 0.0));
}

/// Rule 15: what comes late is trusted no more.
pub(crate) async fn a_wait_that_is_invalid_is_passed_over<E: Engine>() {
    let hook = Leases::new(|_| waits(|| Ok(Waited::Answer(objection(f64::NAN)))));
    let report = E::build(Panel::of([objects("x", 0.5)]).hook(hook)).run(snapshot("x")).await;
    assert_eq!((report["x"].source, report.verdict), (Source::Critic, Verdict::Review));
}

/// Rule 14: nothing, a failure and a panic of what is waited for are no opinion; the critic has the word.
pub(crate) async fn a_wait_that_brings_nothing_leaves_it_to_the_critic<E: Engine>() {
    let vain: [fn(&Notes) -> Before<'static>; 3] = [
        |_| waits(|| Ok(Waited::Proceed)),
        |_| waits(|| Err(HookError("as scripted".into()))),
        |_| waits(|| panic!("as scripted")),
    ];
    for before in vain {
        let last = HookScript::new();
        let panel = Panel::of([objects("x", 0.9)]).hook(Leases::new(before)).hook(last.clone());
        let report = E::build(panel).run(snapshot("x")).await;
        assert_eq!((report["x"].source, report.verdict), (Source::Critic, Verdict::Block));
        assert_eq!(last.calls(), ["before x", "after x success"]);
    }
}

pub(crate) async fn a_lease_that_was_waited_for_is_kept_too<E: Engine>() {
    let hook = Leases::new(|notes| {
        let lease = Lease::new(Guard(notes.clone()));
        waits(|| Ok(Waited::Hold(lease)))
    });
    E::build(Panel::of([allows("x")]).hook(hook.clone())).run(snapshot("x")).await;
    assert_eq!(hook.notes(), ["after success", "dropped"]);
}

/// Rule 11: who waits for what never comes has no opinion in the end, and that is a failure.
pub(crate) async fn a_wait_ends_with_the_run<E: Engine>() {
    let hook = Leases::new(|_| Before::Wait(Box::pin(pending())));
    let panel = Panel::of([allows("x")]).hook(hook).timeout(secs(4));
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!((report["x"].status, report["x"].attempts), (Status::Timeout, 0));
    assert_eq!(report.verdict, Verdict::Review);
    assert_eq!(report.elapsed, secs(4));
}
