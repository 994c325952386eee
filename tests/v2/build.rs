//! What can be built, what is refused, and the wrapper for callers without a runtime.

use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{CriticInfo, CriticName, FailureMode, Stage, Status, Thresholds, Verdict};
use tribunal_testkit::*;
use tribunal_v2::{BuildError, OrchestratorV2, RunError};

use crate::{judge, some, with};

#[test]
fn two_critics_of_one_name_are_refused() {
    let error = with([allows("a"), allows("b"), allows("a")]).build().unwrap_err();
    assert_eq!(error, BuildError::Duplicate(CriticName::new("a").unwrap()));
    assert_eq!(error.to_string(), "two critics are called `a`");
}

#[test]
fn a_bad_name_is_refused_and_shown() {
    let error = with([allows("Not This")]).build().unwrap_err();
    assert!(matches!(error, BuildError::Name(_)));
    assert!(error.to_string().contains("`Not This`"), "{error}");
}

#[test]
fn no_time_and_endless_time_are_refused() {
    for timeout in [Duration::ZERO, Duration::MAX, OrchestratorV2::MAX_TIMEOUT + millis(1)] {
        let error = with([allows("a")]).timeout(timeout).build().unwrap_err();
        assert_eq!(error, BuildError::Timeout(timeout));
    }
    assert!(with([allows("a")]).timeout(Duration::from_nanos(1)).build().is_ok());
    assert!(with([allows("a")]).timeout(OrchestratorV2::MAX_TIMEOUT).build().is_ok());
}

#[test]
fn a_cost_that_cannot_be_added_up_is_refused() {
    for cost in [f64::NAN, f64::INFINITY, -1.0] {
        let mut info = CriticInfo::new(CriticName::new("a").unwrap());
        info.cost = cost;
        let error = OrchestratorV2::builder().critic_with(info, allows("a")).build().unwrap_err();
        assert!(matches!(error, BuildError::Cost { .. }), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn settings_for_all_reach_critics_added_by_name_whenever_they_were_set() {
    let mut own = CriticInfo::new(CriticName::new("own").unwrap());
    own.stage = Stage::Validation;
    let report = judge(
        with([fails("broken"), objects("mild", 0.2)])
            .critic_with(own, fails("own"))
            .failure_mode(FailureMode::Block)
            .thresholds(Thresholds::new(Some(0.2), None).unwrap()),
    )
    .await;
    assert_eq!(report["broken"].calls_for, Some(Verdict::Block));
    assert_eq!(report["mild"].calls_for, Some(Verdict::Review));
    assert_eq!(report["own"].calls_for, Some(Verdict::Review));
    assert!(report.outcomes().all(|(info, _)| info.stage == Stage::CoreAnalysis));
}

#[tokio::test(start_paused = true)]
async fn a_critic_can_be_shared_between_orchestrators() {
    let critic = allows("a");
    let probe = critic.probe();
    let shared: Arc<dyn tribunal_core::Critic> = Arc::new(critic);
    judge(OrchestratorV2::builder().shared("one", shared.clone())).await;
    judge(OrchestratorV2::builder().shared("two", shared)).await;
    assert_eq!(probe.calls(), 2);
}

#[test]
fn the_config_hash_tells_settings_apart_and_builds_alike() {
    let hash =
        |builder: tribunal_v2::Builder| builder.build().unwrap().run(some()).unwrap().config_hash;
    let plain = hash(with([allows("a")]));
    assert_eq!(plain, hash(with([allows("a")])));
    assert_ne!(plain, hash(with([allows("b")])));
    assert_ne!(plain, hash(with([allows("a")]).timeout(secs(3))));
    assert_ne!(plain, hash(with([allows("a")]).failure_mode(FailureMode::Allow)));
}

#[test]
fn a_caller_without_a_runtime_waits_for_the_report() {
    let critics = [allows("a"), critic("b").then(Step::objects(0.9).pends(2)), fails("c")];
    let report = with(critics).build().unwrap().run(some()).unwrap();
    assert_eq!(report.verdict, Verdict::Block);
    assert_eq!(report["c"].status, Status::Error);
}

#[test]
fn the_blocking_wrapper_keeps_its_timeout() {
    let tribunal = with([hangs("a"), allows("b")]).timeout(millis(1)).build().unwrap();
    let report = tribunal.run(some()).unwrap();
    assert_eq!(report["a"].status, Status::Timeout);
    assert_eq!(report["b"].status, Status::Success);
}

#[tokio::test]
async fn the_blocking_wrapper_refuses_to_block_a_runtime() {
    let critic = allows("a");
    let probe = critic.probe();
    let refused = with([critic]).build().unwrap().run(some());
    assert!(matches!(refused, Err(RunError::InsideRuntime)));
    assert_eq!(probe.calls(), 0);
}
