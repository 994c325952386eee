//! From outcomes to a verdict.

use proptest::prelude::*;
use tribunal_core::{Cause, FailureMode, Opinion, Status, Verdict, Violation};
use tribunal_testkit::*;
use tribunal_tests::{Engine, Panel, Seat, paused, seat};

const MODES: [(FailureMode, Verdict); 3] = [
    (FailureMode::Allow, Verdict::Allow),
    (FailureMode::Review, Verdict::Review),
    (FailureMode::Block, Verdict::Block),
];

/// Rule 14: whatever the failure, it calls for the failure mode.
pub(crate) async fn a_failure_calls_for_its_failure_mode<E: Engine>() {
    let ways =
        [fails("x"), fails_transiently("x"), panics("x"), panics_later("x"), lies("x"), hangs("x")];
    for (mode, verdict) in MODES {
        for way in ways.clone() {
            let panel = Panel::of([allows("fine")]).and(seat(way).failure_mode(mode));
            let report = E::build(panel).run(snapshot("x")).await;
            assert_eq!(report["x"].calls_for, Some(verdict), "{mode} {report:?}");
            assert_eq!(report.verdict, verdict, "{mode} {report:?}");
        }
    }
}

/// Rule 14: failing open is never silent.
pub(crate) async fn a_failure_let_pass_is_named<E: Engine>() {
    let open = seat(fails("open")).failure_mode(FailureMode::Allow);
    let report = E::build(Panel::of([allows("fine")]).and(open)).run(snapshot("x")).await;
    assert_eq!(report.verdict, Verdict::Allow);
    assert_eq!(report.let_pass, ["open"]);
    assert_eq!(report["open"].status, Status::Error);
}

/// I10: a block that can be read is one, whatever else is wrong with the opinion, and however open the failure mode.
pub(crate) async fn an_objection_that_can_be_read_counts_although_the_rest_is_invalid<E: Engine>() {
    for (severity, verdict) in
        [(0.9, Verdict::Block), (0.5, Verdict::Review), (0.1, Verdict::Allow)]
    {
        let objection = Opinion::objection(Violation::new("x", "x", severity));
        for broken in [objection.clone().score(f64::NAN), objection.severity(-1.0)] {
            let open = seat(critic("x").says(broken)).failure_mode(FailureMode::Allow);
            let report = E::build(Panel::of([allows("fine")]).and(open)).run(snapshot("x")).await;
            assert_eq!(report["x"].status, Status::Invalid);
            assert_eq!((report.verdict, report["x"].calls_for), (verdict, Some(verdict)));
            assert_eq!(report.let_pass.is_empty(), verdict > Verdict::Allow);
        }
    }
}

/// Rule 14: failing open does not make up for hearing nothing.
pub(crate) async fn without_any_opinion_the_verdict_is_review<E: Engine>() {
    let open = |critic| seat(critic).failure_mode(FailureMode::Allow);
    let panel = Panel::of([open(fails("a")), open(hangs("b")), open(panics("c"))]);
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!(report.verdict, Verdict::Review);
    assert_eq!(report.causes, [Cause::NoOpinion]);
}

/// Rule 19: it runs, is reported with its word, and has no vote.
pub(crate) async fn a_monitored_critic_changes_no_verdict<E: Engine>() {
    for watched in [objects("watched", 1.0), fails("watched"), hangs("watched"), panics("watched")]
    {
        let probe = watched.probe();
        let watched = seat(watched).failure_mode(FailureMode::Block).monitored();
        let report = E::build(Panel::of([allows("fine")]).and(watched)).run(snapshot("x")).await;
        assert_eq!(report.verdict, Verdict::Allow);
        assert_eq!(report["watched"].calls_for, Some(Verdict::Block));
        assert_eq!(probe.calls(), 1);
        assert!(report.let_pass.is_empty());
    }
    let alone = E::build(Panel::of([seat(allows("watched")).monitored()]));
    assert_eq!(alone.run(snapshot("x")).await.verdict, Verdict::Review, "nobody with a vote spoke");
}

pub(crate) async fn thresholds_are_the_critics_own<E: Engine>() {
    let panel = Panel::of([
        seat(objects("default", 0.5)),
        seat(objects("strict", 0.5)).thresholds(Some(0.1), Some(0.5)),
        seat(objects("mild", 0.5)).thresholds(Some(0.9), None),
    ]);
    let report = E::build(panel).run(snapshot("x")).await;
    assert_eq!(report["default"].calls_for, Some(Verdict::Review));
    assert_eq!(report["strict"].calls_for, Some(Verdict::Block));
    assert_eq!(report["mild"].calls_for, Some(Verdict::Allow));
    assert_eq!(report.verdict, Verdict::Block);
}

/// Rule 16: the verdict is a maximum, with those who called for it.
pub(crate) async fn the_highest_call_wins_and_is_named<E: Engine>() {
    let critics = [objects("a", 0.5), objects("b", 0.9), fails("c"), objects("d", 0.8)];
    let report = E::build(Panel::of(critics)).run(snapshot("x")).await;
    assert_eq!(report.verdict, Verdict::Block);
    let named: Vec<_> = report.causes.iter().filter_map(Cause::critic).collect();
    assert_eq!(named, ["b", "d"]);
}

/// One critic of a random panel.
#[derive(Debug, Clone)]
struct Case {
    /// The severity it states, or in which way it fails.
    says: Result<f64, usize>,
    failure: usize,
    monitored: bool,
    delay: u64,
}

impl Case {
    fn seat(&self, index: usize) -> Seat {
        let name = format!("c{index}");
        let critic = match self.says {
            Ok(severity) => objects(&name, severity),
            Err(0) => fails(&name),
            Err(1) => lies(&name),
            Err(2) => panics(&name),
            Err(_) => hangs(&name),
        };
        let critic = if self.delay == 0 { critic } else { critic.after(millis(self.delay)) };
        let seat = seat(critic).failure_mode(MODES[self.failure].0);
        if self.monitored { seat.monitored() } else { seat }
    }

    /// The model: what it calls for, in the words of the rules.
    fn calls_for(&self) -> Verdict {
        match self.says {
            Ok(severity) if severity >= 0.8 => Verdict::Block,
            Ok(severity) if severity >= 0.4 => Verdict::Review,
            Ok(_) => Verdict::Allow,
            Err(_) => MODES[self.failure].1,
        }
    }
}

/// The model: the maximum over those with a vote, and never `allow` when none of them was heard.
fn model(cases: &[Case]) -> Verdict {
    let votes = || cases.iter().filter(|case| !case.monitored);
    let heard = votes().any(|case| case.says.is_ok());
    let floor = if heard { Verdict::Allow } else { Verdict::Review };
    votes().map(Case::calls_for).fold(floor, Verdict::max)
}

/// Rules 14, 16 and 19 against a model, over random severities, failures and answering times.
pub(crate) fn the_verdict_is_the_maximum<E: Engine>() {
    let severity = prop_oneof![Just(0.0), Just(0.4), Just(0.8), Just(1.0), 0.0..=1.0f64];
    let says = prop_oneof![3 => severity.prop_map(Ok), 2 => (0usize..4).prop_map(Err)];
    let case = (says, 0usize..3, prop::bool::weighted(0.2), 0u64..4)
        .prop_map(|(says, failure, monitored, delay)| Case { says, failure, monitored, delay });
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        failure_persistence: None, // What fails is printed whole, and becomes a test of its own.
        ..ProptestConfig::default()
    });
    let cases = prop::collection::vec(case, 1..8);
    let outcome = runner.run(&cases, |cases| {
        let seats = cases.iter().enumerate().map(|(index, case)| case.seat(index));
        let engine = E::build(Panel::of(seats));
        let report = paused(engine.run(snapshot("x")));
        prop_assert_eq!(report.verdict, model(&cases));
        for (case, (_, outcome)) in cases.iter().zip(report.outcomes()) {
            prop_assert_eq!(outcome.calls_for, Some(case.calls_for()));
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
