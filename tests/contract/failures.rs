//! Errors, panics, bad numbers and lost time: each an outcome of its own critic, and of no other.

use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::Value;
use tribunal_core::{
    Answer, CriticError, CriticInfo, CriticName, FailureKind, Opinion, OpinionBound, OpinionFault,
    Reason, Report, Status, TimeoutLevel, Verdict, Violation, critic_fn,
};
use tribunal_testkit::*;
use tribunal_tests::{Engine, Panel, Seat};

/// The critics `a` and `b` around a third, and what became of them.
async fn around<E: Engine>(third: impl Into<Seat>) -> Report {
    let panel = Panel::of([allows("a")]).and(third).and(takes("b", secs(1)));
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

/// A critic that makes its opinion anew each time: a deep one cannot even be cloned.
fn makes(opinion: impl Fn() -> Opinion + Send + Sync + 'static) -> Seat {
    let critic = critic_fn(move |_| Answer::now(Ok(opinion())));
    Seat { info: CriticInfo::new(CriticName::new("x").unwrap()), critic: Arc::new(critic) }
}

/// Deeper than a stack is.
fn bottomless() -> Value {
    (0..200_000).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

/// Rules 13 and 15: an opinion without end brings nothing down. It is not kept, and the report can be written and read.
pub(crate) async fn an_opinion_that_is_too_large_is_invalid<E: Engine>() {
    let hostile: [(OpinionBound, fn() -> Opinion); 6] = [
        (OpinionBound::Depth, || Opinion::clean().value(bottomless())),
        (OpinionBound::Depth, || Opinion::clean().detail("a", bottomless())),
        (OpinionBound::Bytes, || Opinion::clean().value("x".repeat(50 << 20))),
        (OpinionBound::Bytes, || Opinion::clean().detail("a", vec![0; 1_000_000])),
        (OpinionBound::Bytes, || {
            Opinion::objection(Violation::new("x".repeat(1 << 20), "x".repeat(1 << 20), 0.1))
        }),
        (OpinionBound::Violations, || {
            (0..100_000).fold(Opinion::clean(), |o, _| o.violation(Violation::new("x", "x", 0.1)))
        }),
    ];
    for (bound, opinion) in hostile {
        let report = around::<E>(makes(opinion)).await;
        assert_eq!((report["x"].status, report.verdict), (Status::Invalid, Verdict::Review));
        let Some(Reason::Invalid(faults)) = &report["x"].reason else { panic!("{bound}") };
        assert_eq!(faults[0], OpinionFault::Exceeds(bound));
        let json = serde_json::to_string(&report).unwrap();
        assert!(json.len() < 10_000 && json.contains(&bound.to_string()), "{bound}");
        assert!(serde_json::from_str::<Value>(&json).is_ok());
    }
}

/// Rule 14: a block beside it stays a block.
pub(crate) async fn what_is_too_large_is_no_way_round_a_block<E: Engine>() {
    let report = around::<E>(makes(|| {
        Opinion::objection(Violation::new("x", "x", 0.9)).detail("a", bottomless())
    }));
    let report = report.await;
    assert_eq!((report["x"].status, report.verdict), (Status::Invalid, Verdict::Block));
}

/// Rule 15: as little is a list of what is wrong with it without end.
pub(crate) async fn of_many_faults_a_few_are_told<E: Engine>() {
    let report = around::<E>(makes(|| {
        let wrong = || Violation::new("x", "x", f64::NAN);
        (0..900).fold(Opinion::clean(), |opinion, _| opinion.violation(wrong()))
    }));
    let Some(Reason::Invalid(faults)) = &report.await["x"].reason else { panic!() };
    assert_eq!(faults.len(), 10);
}

pub(crate) async fn of_a_long_error_the_beginning_is_kept<E: Engine>() {
    let critic = critic_fn(|_| Answer::now(Err(CriticError::permanent("\u{e9}".repeat(1 << 20)))));
    let info = CriticInfo::new(CriticName::new("x").unwrap());
    let report = around::<E>(Seat { info, critic: Arc::new(critic) }).await;
    assert_eq!((report["x"].status, report.verdict), (Status::Error, Verdict::Review));
    let why = report["x"].reason.as_ref().unwrap().to_string();
    assert!(why.len() < 5_000 && why.ends_with('\u{e9}'));
}

/// Rules 11 and 13: nor does one that comes too late bring anything down.
pub(crate) async fn a_late_opinion_may_be_as_deep_as_it_likes<E: Engine>() {
    let critic = critic_fn(|_| {
        // Time passes within the call.
        tokio::time::advance(secs(100)).now_or_never();
        Answer::now(Ok(Opinion::clean().value(bottomless())))
    });
    let info = CriticInfo::new(CriticName::new("x").unwrap());
    let panel = Panel::of([Seat { info, critic: Arc::new(critic) }]).timeout(secs(4));
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!((report["x"].status, report.verdict), (Status::Timeout, Verdict::Review));
}

/// Rule 11: a deadline is enforced, not logged.
pub(crate) async fn a_critic_that_hangs_times_out<E: Engine>() {
    let hangs = hangs("x");
    let probe = hangs.probe();
    let report = E::build(Panel::of([hangs]).timeout(secs(4))).run(snapshot("x")).await;
    assert_eq!(report["x"].status, Status::Timeout);
    assert_eq!(report["x"].reason.as_ref(), Some(&Reason::Timeout(TimeoutLevel::Run)));
    assert_eq!(report["x"].execution(), secs(4));
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
