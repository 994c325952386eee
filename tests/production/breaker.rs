//! The circuit breaker: it fails fast, as a failure and never as a pass, and closes again.

use tribunal_core::{FailureMode, Status, Verdict};
use tribunal_production::{BreakerSettings, Retry};
use tribunal_testkit::*;

use crate::court::{Seat, court, judge, reason, tries};

fn opens_after_two() -> BreakerSettings {
    let settings = BreakerSettings::new(0.5, secs(60), 2).unwrap();
    settings.open_for(secs(5)).unwrap()
}

/// Rule 12, rule 14: open is a failure, judged by the failure mode; the critic is not called.
#[tokio::test(start_paused = true)]
async fn an_open_breaker_is_a_failure_and_not_a_pass() {
    let critic = fails("down");
    let probe = critic.probe();
    let down = critic.breaker(opens_after_two()).failure_mode(FailureMode::Block);
    let court = court().critic(down).critic(allows("fine")).build();
    judge(&court).await;
    judge(&court).await;
    let report = judge(&court).await;
    assert_eq!(report["down"].status, Status::Error);
    assert_eq!(reason(&report, "down"), "circuit breaker open");
    assert_eq!((report.verdict, report["down"].attempts), (Verdict::Block, 0));
    assert_eq!(probe.calls(), 2);
}

/// Rule 12: a probe is let through, and closes it.
#[tokio::test(start_paused = true)]
async fn it_closes_again_when_a_probe_succeeds() {
    let critic = critic("flaky").then(Step::permanent()).then(Step::permanent());
    let critic = critic.then(Step::allows());
    let court = court().critic(critic.breaker(opens_after_two())).build();
    judge(&court).await;
    judge(&court).await;
    assert_eq!(judge(&court).await["flaky"].status, Status::Error);
    tokio::time::sleep(secs(5)).await;
    assert_eq!(judge(&court).await["flaky"].status, Status::Success);
    assert_eq!(judge(&court).await["flaky"].status, Status::Success);
}

/// I29: what an input can cause does not open it.
#[tokio::test(start_paused = true)]
async fn failures_that_an_input_can_cause_do_not_open_it() {
    for critic in [critic("picky").then(Step::input()), panics("picky"), panics_later("picky")] {
        let probe = critic.probe();
        let court = court().critic(critic.breaker(opens_after_two())).build();
        for _ in 0..10 {
            judge(&court).await;
        }
        assert_eq!(probe.calls(), 10);
    }
}

/// Timeouts count, whether the critic hangs or answers too late.
#[tokio::test(start_paused = true)]
async fn timeouts_open_it() {
    for critic in [hangs("slow"), late("slow", secs(2))] {
        let probe = critic.probe();
        let slow = critic.timeout(secs(1)).breaker(opens_after_two());
        let court = court().critic(slow).build();
        for _ in 0..3 {
            judge(&court).await;
        }
        assert_eq!(probe.calls(), 2);
    }
}

/// A retry does not run against an open breaker.
#[tokio::test(start_paused = true)]
async fn no_retry_is_made_once_it_has_opened() {
    let critic = fails_transiently("down");
    let probe = critic.probe();
    let down = critic.retry(Retry::attempts(9)).breaker(opens_after_two());
    let report = judge(&court().critic(down).build()).await;
    assert_eq!(probe.calls(), 2);
    assert_eq!(reason(&report, "down"), "circuit breaker open");
}

/// I28: a run that is dropped with a probe in flight gives the probe back.
#[tokio::test(start_paused = true)]
async fn a_probe_of_a_dropped_run_is_given_back() {
    let critic = critic("flaky").then(Step::permanent()).then(Step::permanent());
    let critic = critic.then(Step::hangs()).then(Step::allows());
    let court = court().critic(critic.timeout(secs(60)).breaker(opens_after_two())).build();
    judge(&court).await;
    judge(&court).await;
    tokio::time::sleep(secs(5)).await;
    assert!(tokio::time::timeout(secs(1), judge(&court)).await.is_err());
    assert_eq!(judge(&court).await["flaky"].status, Status::Success);
}

/// Rule 12: fails fast. A retry that the breaker would refuse takes no token and waits for nothing.
#[tokio::test(start_paused = true)]
async fn a_retry_asks_its_breaker_before_it_takes_a_token() {
    let settings = BreakerSettings::new(0.5, secs(60), 1).unwrap().open_for(secs(1)).unwrap();
    let flaky = critic("x").then(Step::transient()).then(Step::allows());
    let two = tribunal_production::Rate::new(1, secs(3_600), 2).unwrap();
    let court = court().critic(flaky.breaker(settings).retry(tries(2)).rate(two)).build();
    assert_eq!(judge(&court).await["x"].attempts, 1);
    tokio::time::advance(secs(2)).await;
    assert_eq!(judge(&court).await["x"].status, Status::Success, "the second token is still there");
}
