//! Errors, panics, bad numbers and lost time: each an outcome of its own critic, and of no other.

use tribunal_core::{
    FailureKind, Opinion, Reason, Report, Status, TimeoutLevel, Verdict, Violation,
};
use tribunal_testkit::*;
use tribunal_tests::{Engine, Panel};

/// The critics `a` and `b` around a third, and what became of them.
async fn around<E: Engine>(third: Scripted) -> Report {
    let panel = Panel::of([allows("a"), third, takes("b", secs(1))]);
    let report = E::build(panel).run(snapshot("x")).await;
    for fine in ["a", "b"] {
        assert_eq!(report[fine].status, Status::Success);
        assert_eq!(report[fine].calls_for, Some(Verdict::Allow));
    }
    report
}

fn failure(report: &Report, critic: &str) -> FailureKind {
    match report[critic].reason.as_ref() {
        Some(Reason::Failed(failure)) => failure.kind,
        other => panic!("{critic} did not fail: {other:?}"),
    }
}

/// Rule 13: an error stays where it is.
pub(crate) async fn an_error_stays_with_its_critic<E: Engine>() {
    for broken in [fails("x"), fails("x").after(millis(20)), fails("x").pends_once()] {
        let report = around::<E>(broken).await;
        assert_eq!(report["x"].status, Status::Error);
        assert_eq!(report["x"].opinion, None);
        assert_eq!(report["x"].attempts, 1);
        assert_eq!(report.verdict, Verdict::Review);
    }
}

pub(crate) async fn the_kind_of_error_is_kept<E: Engine>() {
    let critics = [
        fails("permanent"),
        fails_transiently("transient"),
        critic("input").then(Step::input()),
        panics("panic"),
    ];
    let report = E::build(Panel::of(critics)).run(snapshot("x")).await;
    assert_eq!(failure(&report, "permanent"), FailureKind::Permanent);
    assert_eq!(failure(&report, "transient"), FailureKind::Transient);
    assert_eq!(failure(&report, "input"), FailureKind::Input);
    assert_eq!(failure(&report, "panic"), FailureKind::Panic);
}

/// Rule 13: a panic stays where it is, be it in the call or in a poll.
pub(crate) async fn a_panic_stays_with_its_critic<E: Engine>() {
    let puts_off = critic("x").then(Step::panics().put_off());
    for broken in [panics("x"), panics_later("x"), panics("x").after(secs(2)), puts_off] {
        let report = around::<E>(broken).await;
        assert_eq!(report["x"].status, Status::Error);
        assert_eq!(failure(&report, "x"), FailureKind::Panic);
        assert_eq!(report.verdict, Verdict::Review);
    }
}

/// Rule 13: so does a panic while a critic that ran out of time is dropped.
pub(crate) async fn a_panic_in_drop_stays_with_its_critic<E: Engine>() {
    let report = around::<E>(panics_when_dropped("x")).await;
    assert_eq!(report["x"].status, Status::Timeout);
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 15: a NaN is never a pass, wherever in the opinion it stands.
pub(crate) async fn a_number_that_is_none_is_invalid<E: Engine>() {
    for opinion in [
        Opinion::clean().severity(f64::NAN),
        Opinion::clean().uncertainty(f64::NAN),
        Opinion::clean().score(f64::NAN),
        Opinion::clean().cost(f64::NAN),
        Opinion::objection(Violation::new("x", "x", f64::NAN)),
    ] {
        let report = around::<E>(critic("x").says(opinion)).await;
        assert_eq!(report["x"].status, Status::Invalid);
        assert_eq!(report["x"].opinion, None);
        assert!(report.cost_spent.is_finite());
        assert_eq!(report.verdict, Verdict::Review);
    }
}

/// Rule 15: nor is a number out of its range.
pub(crate) async fn numbers_out_of_range_are_invalid<E: Engine>() {
    for opinion in [
        Opinion::clean().severity(-0.1),
        Opinion::clean().severity(f64::INFINITY),
        Opinion::clean().uncertainty(1.1),
        Opinion::clean().score(2.0),
        Opinion::clean().cost(-1.0),
    ] {
        let report = around::<E>(critic("x").says(opinion).after(millis(10))).await;
        assert_eq!(report["x"].status, Status::Invalid);
        assert_eq!(report.verdict, Verdict::Review);
    }
}

/// Rule 11: a deadline is enforced, not logged.
pub(crate) async fn a_critic_that_hangs_times_out<E: Engine>() {
    let hangs = hangs("x");
    let probe = hangs.probe();
    let report = E::build(Panel::of([hangs]).timeout(secs(4))).run(snapshot("x")).await;
    assert_eq!(report["x"].status, Status::Timeout);
    assert_eq!(report["x"].reason.as_ref(), Some(&Reason::Timeout(TimeoutLevel::Run)));
    assert_eq!(report["x"].execution, secs(4));
    assert_eq!(report.elapsed, secs(4));
    assert_eq!((probe.cancelled(), probe.in_flight()), (1, 0));
}

/// Rule 13: who runs out of time takes nobody along.
pub(crate) async fn a_timeout_stays_with_its_critic<E: Engine>() {
    let report = around::<E>(hangs("x")).await;
    assert_eq!(report["x"].status, Status::Timeout);
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 11: a poll cannot be interrupted, but what it brings is late.
pub(crate) async fn an_answer_after_the_deadline_is_a_timeout<E: Engine>() {
    let late = critic("x").then(Step::allows().put_off().blocks(secs(5)));
    let report = E::build(Panel::of([late]).timeout(secs(4))).run(snapshot("x")).await;
    assert_eq!(report["x"].status, Status::Timeout);
    assert_eq!(report["x"].opinion, None);
    assert_eq!(report.verdict, Verdict::Review);
}

/// Rule 11: the same for an answer without a future.
pub(crate) async fn an_answer_given_at_once_but_late_is_a_timeout<E: Engine>() {
    let panel = Panel::of([late("x", secs(5))]).timeout(secs(4));
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!(report["x"].status, Status::Timeout);
    assert_eq!(report.verdict, Verdict::Review);
}
