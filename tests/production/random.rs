//! Random pipelines against the rules: whatever is asked of the engine, its reports fit the model.
//!
//! [`case`] says what a random pipeline is made of, [`model`] what the rules make of its outcomes.

mod case;
mod model;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use tribunal_core::Report;
use tribunal_testkit::{What, millis};
use tribunal_tests::{paused, timeless};

use crate::court::judge;
use crate::dropped::polled;
use case::{Built, Case, cases};

fn config(cases: u32) -> ProptestConfig {
    // What fails is printed whole, and becomes a test of its own.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Several runs at a time, to their end.
async fn run_all(built: &Built, runs: usize) -> Vec<Report> {
    join_all(
        (0..runs).map(|_| async { built.court.run_all(built.snapshot.clone()).await.unwrap() }),
    )
    .await
}

/// Rule 2: while a critic of a stage starts, none of an earlier stage is at work, or starts later.
fn stages_are_barriers(case: &Case, built: &Built) -> TestCaseResult {
    let mut reached = 0;
    let mut open = vec![0; case::STAGES.len()];
    for entry in built.journal.entries() {
        let stage = case.critics[case::place(&entry.name)].stage;
        if entry.what == What::Started {
            prop_assert!(stage >= reached, "{} starts after a later stage", entry.name);
            reached = stage;
            open[stage] += 1;
            prop_assert!(
                open[..stage].iter().all(|open| *open == 0),
                "{} starts early",
                entry.name
            );
        } else {
            open[stage] -= 1;
        }
    }
    Ok(())
}

/// Rules 4 and 5: each call was shown what the plan says, with the statuses of the report.
fn critics_saw_what_the_plan_says(
    case: &Case,
    built: &Built,
    reports: &[Report],
) -> TestCaseResult {
    let outline = built.court.outline();
    let outlined = outline.stages.iter().flat_map(|stage| &stage.critics);
    for (place, critic) in outlined.enumerate() {
        let names: Vec<String> = model::sees(case, place).into_iter().map(case::name).collect();
        let planned: Vec<&str> = critic.sees.iter().map(|name| name.as_str()).collect();
        prop_assert_eq!(&names, &planned, "{}", critic.name);
        for seen in built.critics[place].probe().seen() {
            let shown: Vec<&String> = seen.iter().map(|(name, _)| name).collect();
            prop_assert_eq!(shown, names.iter().collect::<Vec<_>>(), "{}", critic.name);
            if let [report] = reports {
                for (name, status) in seen {
                    prop_assert_eq!(report[name.as_str()].status, status);
                }
            }
        }
    }
    Ok(())
}

/// Rules 8 and 12: what was in flight at most, and how often each was called.
fn limits_held(case: &Case, built: &Built, reports: &[Report]) -> TestCaseResult {
    prop_assert!(built.all.max_in_flight() <= case.max_in_flight);
    prop_assert_eq!(built.all.in_flight(), 0);
    for (probe, limit) in built.stages.iter().zip(case.stage_limits) {
        prop_assert!(limit.is_none_or(|limit| probe.max_in_flight() <= limit));
    }
    for (place, critic) in case.critics.iter().enumerate() {
        let probe = built.critics[place].probe();
        prop_assert!(critic.limit.is_none_or(|limit| probe.max_in_flight() <= limit));
        let attempts: u32 =
            reports.iter().map(|report| report[case::name(place).as_str()].attempts).sum();
        prop_assert_eq!(probe.calls(), attempts as usize, "{}", case::name(place));
    }
    Ok(())
}

/// What can be measured of a report as well as what cannot.
fn whole(report: &Report) -> (serde_json::Value, std::time::Duration) {
    (timeless(report), report.elapsed)
}

fn reports_fit_the_model(case: &Case) -> TestCaseResult {
    paused(async {
        let built = case.build();
        let reports = run_all(&built, case.runs).await;
        for report in &reports {
            model::check(case, report)?;
            if !case.blocks() {
                prop_assert!(report.elapsed <= case.timeout + millis(5), "{:?}", report.elapsed);
            }
        }
        if case.runs == 1 {
            stages_are_barriers(case, &built)?;
        }
        critics_saw_what_the_plan_says(case, &built, &reports)?;
        limits_held(case, &built, &reports)?;
        let metrics = built.court.metrics();
        prop_assert_eq!((metrics.in_flight, metrics.queued), (0, 0));

        // Rule 8: nothing leaked. One more run goes as it would on an orchestrator that is new.
        let twin = case.build();
        run_all(&twin, case.runs).await;
        let fresh = twin.renewed(case);
        let (again, anew) = (run_all(&built, 1).await, run_all(&fresh, 1).await);
        prop_assert_eq!(whole(&again[0]), whole(&anew[0]));
        Ok(())
    })
}

/// Rule 7: what the critics say is the same, when they say it is not.
fn delays_change_nothing(case: &Case, delays: &[u64]) -> TestCaseResult {
    let calm = case.calm();
    let other = calm.delayed(delays);
    let run = |case: &Case| paused(async { timeless(&run_all(&case.build(), 1).await[0]) });
    prop_assert_eq!(run(&calm), run(&other));
    Ok(())
}

/// Rule 16: the verdict with early exit is the one without.
fn early_exit_changes_no_verdict(case: &Case) -> TestCaseResult {
    let run = |early_exit| {
        let mut case = case.clone();
        case.early_exit = early_exit;
        paused(async { run_all(&case.build(), 1).await[0].verdict })
    };
    prop_assert_eq!(run(true), run(false));
    Ok(())
}

/// Rule 18: dropped after any number of polls, nothing goes on, and the next run is as good as new.
fn a_drop_leaves_nothing(case: &Case) -> TestCaseResult {
    let case = case.of_one_step();
    paused(async {
        let expected = whole(&judge(&case.build().court).await);
        let built = case.build();
        for polls in 0..1_000 {
            let ended = polled(&built.court, polls).await;
            prop_assert_eq!(built.all.in_flight(), 0, "after {} polls", polls);
            prop_assert_eq!(built.court.metrics().in_flight, 0);
            let next = whole(&judge(&built.court).await);
            prop_assert_eq!(next, expected.clone(), "after {} polls", polls);
            if ended.is_some() {
                return Ok(());
            }
        }
        Err(TestCaseError::fail("it never ended"))
    })
}

proptest! {
    #![proptest_config(config(384))]

    /// Rules 1, 2, 4, 5, 6, 8, 11, 12, 14, 16 and 19.
    #[test]
    fn reports_of_random_pipelines_fit_the_model(case in cases()) {
        reports_fit_the_model(&case)?;
    }

    /// Rule 7.
    #[test]
    fn what_a_random_pipeline_reports_does_not_depend_on_who_answers_first(
        case in cases(), delays in prop::collection::vec(0u64..5, 16),
    ) {
        delays_change_nothing(&case, &delays)?;
    }

    /// Rule 16.
    #[test]
    fn early_exit_of_a_random_pipeline_changes_no_verdict(case in cases()) {
        early_exit_changes_no_verdict(&case)?;
    }
}

proptest! {
    #![proptest_config(config(64))]

    /// Rule 18.
    #[test]
    fn a_random_run_dropped_at_any_poll_leaves_nothing_behind(case in cases()) {
        a_drop_leaves_nothing(&case)?;
    }
}
