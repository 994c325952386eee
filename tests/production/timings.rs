//! When things happened in a run, as far as a report tells: whose turn it was since when, and how calls went.

use futures_util::future::join_all;
use tribunal_core::{CallEnd, CallTiming, Opinion, Outcome, Stage, Status, Violation};
use tribunal_production::{Backoff, Hedge, Jitter, Policy, Retry};
use tribunal_testkit::*;

use crate::court::{Seat, court, judge};

/// A backoff of so many milliseconds, always.
fn steady(milliseconds: u64) -> Backoff {
    Backoff::new(millis(milliseconds), 1.0, secs(60), Jitter::None).unwrap()
}

fn calls(outcome: &Outcome) -> Vec<(u64, u64, CallEnd, bool)> {
    let told = |call: &CallTiming| {
        let [begun, took] = [call.begun, call.took].map(|span| span.as_millis() as u64);
        (begun, took, call.end, call.hedge)
    };
    outcome.calls().iter().map(told).collect()
}

/// A stage's critics have their turn when the stages before are over; what never had its turn has no begin.
#[tokio::test(start_paused = true)]
async fn a_turn_comes_when_the_gate_opens() {
    let report = court()
        .critic(takes("first", millis(30)).stage(Stage::FastCritics))
        .critic(takes("second", millis(20)))
        .critic(allows("at_once"))
        .critic(allows("after").depends_on("second"))
        .critic(allows("gated").policy(Policy::OnViolation))
        .run()
        .await;
    let begun = ["first", "second", "at_once", "after", "gated"].map(|name| report[name].begun());
    assert_eq!(begun, [Some(0), Some(30), Some(30), Some(50), None].map(|ms| ms.map(millis)));
}

/// The wait for a permit comes after the turn, and the call after that wait; waiting to be admitted comes before.
#[tokio::test(start_paused = true)]
async fn waiting_lies_between_the_turn_and_the_call() {
    let court = court().critic(takes("narrow", millis(40)).max_in_flight(1)).build();
    let reports = join_all((0..2).map(|_| judge(&court))).await;
    let times = |outcome: &Outcome| (outcome.begun(), outcome.queued(), outcome.execution());
    assert_eq!(times(&reports[0]["narrow"]), (Some(millis(0)), millis(0), millis(40)));
    assert_eq!(times(&reports[1]["narrow"]), (Some(millis(0)), millis(40), millis(40)));
}

/// A critic that is called once has no list of calls, however it ends; one that is called again has each of them.
#[tokio::test(start_paused = true)]
async fn calls_are_listed_where_there_are_several() {
    let flaky = critic("flaky")
        .then(Step::transient().after(millis(10)))
        .then(Step::hangs())
        .then(Step::allows().after(millis(5)));
    let retry = Retry::attempts(3).on_timeout().backoff(steady(100));
    let report = court()
        .critic(flaky.timeout(millis(50)).retry(retry))
        .critic(fails("once"))
        .critic(hangs("late").timeout(millis(70)))
        .run()
        .await;
    let expected = [
        (0, 10, CallEnd::Transient, false),
        (110, 50, CallEnd::Timeout, false),
        (260, 5, CallEnd::Success, false),
    ];
    assert_eq!(calls(&report["flaky"]), expected);
    assert_eq!(report["flaky"].execution(), millis(65));
    assert_eq!((calls(&report["once"]), calls(&report["late"])), (vec![], vec![]));
}

/// Both calls of a hedge are told, and which of them was no longer needed.
#[tokio::test(start_paused = true)]
async fn a_hedge_and_the_call_it_stood_beside_are_both_told() {
    // Twenty calls that need none pay for a hedge.
    let quick = (0..20).fold(critic("slow"), |critic, _| critic.then(Step::allows()));
    let slow = quick.then(Step::allows().after(millis(500))).then(Step::allows().after(millis(20)));
    let hedge = Hedge::after(millis(100));
    let court = court().critic(slow.timeout(secs(1)).spec(|spec| spec.hedge(hedge))).build();
    for _ in 0..20 {
        assert_eq!(calls(&judge(&court).await["slow"]), []);
    }
    let report = judge(&court).await;
    assert_eq!(report["slow"].hedges, 1);
    let expected = [(100, 20, CallEnd::Success, true), (0, 120, CallEnd::Cancelled, false)];
    assert_eq!(calls(&report["slow"]), expected);
}

/// What an early exit cut off had begun, and was at work until then.
#[tokio::test(start_paused = true)]
async fn what_was_cut_off_tells_how_long_it_was_at_work() {
    let bad = Opinion::objection(Violation::new("x.y", "x", 1.0));
    let report = court()
        .critic(critic("bad").then(Step::says(bad).after(millis(30))))
        .critic(hangs("cut"))
        .early_exit()
        .run()
        .await;
    let cut = &report["cut"];
    assert_eq!((cut.status, cut.attempts), (Status::Skipped, 1));
    assert_eq!((cut.begun(), cut.execution()), (Some(millis(0)), millis(30)));
}
