//! The rules once more, as plainly as they can be put, over outcomes that are known.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use tribunal_core::{FailureMode, Outcome, Report, Status, Verdict};

use super::case::{self, Case, Gate};

/// Rule 5: the critics of its own stage whose outcomes a gate may read.
fn before_in_stage(case: &Case, place: usize) -> Vec<usize> {
    let own = &case.critics[place];
    let before = |other: &&usize| {
        let other = &case.critics[**other];
        other.stage == own.stage && other.priority < own.priority && !other.monitored
    };
    let all: Vec<usize> = (0..case.critics.len()).collect();
    if own.gate.reads_outcomes() { all.iter().filter(before).copied().collect() } else { vec![] }
}

/// Rules 4, 5 and 19: what a critic sees.
pub(crate) fn sees(case: &Case, place: usize) -> Vec<usize> {
    let own = &case.critics[place];
    let earlier = (0..case.critics.len())
        .filter(|&other| case.critics[other].stage < own.stage && !case.critics[other].monitored);
    let mut all: Vec<usize> = earlier.chain(before_in_stage(case, place)).collect();
    all.extend(&own.depends_on);
    all.sort_unstable();
    all.dedup();
    all
}

/// Rules 4 and 19: whether one more dependency still makes a plan.
pub(crate) fn may_depend(case: &Case, place: usize, other: usize) -> bool {
    let (own, on) = (&case.critics[place], &case.critics[other]);
    let mut reached = vec![other];
    let mut next = 0;
    while let Some(&at) = reached.get(next) {
        next += 1;
        let waits = case.critics[at].depends_on.iter().copied().chain(before_in_stage(case, at));
        let new: Vec<usize> = waits.filter(|waits| !reached.contains(waits)).collect();
        reached.extend(new);
    }
    on.stage <= own.stage && (own.monitored || !on.monitored) && !reached.contains(&place)
}

fn text(outcome: &Outcome) -> String {
    outcome.reason.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// Rule 14: an opinion should have come of it, and did not.
fn failed(outcome: &Outcome) -> bool {
    match outcome.status {
        Status::Success | Status::Gated => false,
        Status::Skipped => text(outcome).ends_with("which gave no opinion"),
        _ => true,
    }
}

/// Rules 4 and 6: why a critic does not run, given what became of all the others; empty when it does.
fn closed(case: &Case, report: &Report, place: usize) -> String {
    let own = &case.critics[place];
    let of = |place: &usize| &report[case::name(*place).as_str()];
    let mut dependencies = own.depends_on.clone();
    dependencies.sort_unstable();
    if !own.run_anyway {
        if let Some(other) = dependencies.iter().find(|other| failed(of(other))) {
            return format!("skipped: depends on `c{other}`, which gave no opinion");
        }
        if let Some(other) = dependencies.iter().find(|other| of(other).opinion.is_none()) {
            return format!("skipped: depends on `c{other}`, which was gated");
        }
    }
    let seen: Vec<&Outcome> = sees(case, place).iter().map(of).collect();
    let opinions = || seen.iter().filter_map(|outcome| outcome.opinion.as_ref());
    let doubts = opinions().map(|opinion| opinion.uncertainty);
    let doubts = doubts.chain(seen.iter().filter(|outcome| failed(outcome)).map(|_| 1.0));
    let doubt = doubts.fold(0.0, f64::max);
    let open = match own.gate {
        Gate::Always => true,
        Gate::Violation => opinions().any(|opinion| !opinion.violations.is_empty()),
        Gate::Risk => case.risky,
        Gate::Doubt => doubt >= case::DOUBT,
        Gate::Condition => opinions().next().is_some(),
        Gate::Panics => false,
    };
    match own.gate {
        _ if open => String::new(),
        Gate::Always => unreachable!(),
        Gate::Violation => "gated: no violation before it".into(),
        Gate::Risk => "gated: risk below high and 0.7".into(),
        Gate::Doubt => format!("gated: highest uncertainty before it is {doubt}, below 0.5"),
        Gate::Condition => "gated: does not hold: a closure".into(),
        Gate::Panics => "condition not evaluated: panicked".into(),
    }
}

/// Rule 14: what an outcome calls for.
fn calls_for(case: &Case, outcome: &Outcome, place: usize) -> Option<Verdict> {
    let own = &case.critics[place];
    let (review_at, block_at) = case::THRESHOLDS[own.thresholds];
    match &outcome.opinion {
        Some(opinion) => {
            let worst = opinion.violations.iter().map(|violation| violation.severity);
            let worst = worst.fold(opinion.severity, f64::max);
            Some(match () {
                () if block_at.is_some_and(|at| worst >= at) => Verdict::Block,
                () if review_at.is_some_and(|at| worst >= at) => Verdict::Review,
                () => Verdict::Allow,
            })
        }
        None if failed(outcome) => Some(match case::MODES[own.failure] {
            FailureMode::Allow => Verdict::Allow,
            FailureMode::Review => Verdict::Review,
            FailureMode::Block => Verdict::Block,
        }),
        None => None,
    }
}

/// Whether a report is one that the rules allow.
pub(crate) fn check(case: &Case, report: &Report) -> TestCaseResult {
    // Rule 1: one outcome each, in plan order.
    let names: Vec<String> = report.outcomes().map(|(info, _)| info.name.to_string()).collect();
    prop_assert_eq!(names, (0..case.critics.len()).map(case::name).collect::<Vec<_>>());

    let mut verdict = Verdict::Allow;
    let mut heard = false;
    let mut retries = 0;
    for (place, (info, outcome)) in report.outcomes().enumerate() {
        let own = &case.critics[place];
        let settled = text(outcome) == "skipped: verdict settled";
        prop_assert!(case.early_exit || !settled, "{}", info.name);
        if !settled {
            // Rules 4, 5 and 6: what kept it from running, or that nothing did.
            let expected = closed(case, report, place);
            if expected.is_empty() {
                let kept = matches!(outcome.status, Status::Gated | Status::Skipped);
                prop_assert!(!kept, "{} was kept from running: {}", info.name, text(outcome));
            } else {
                prop_assert_eq!(text(outcome), expected, "{}", info.name);
                prop_assert_eq!(outcome.attempts, 0);
            }
        }
        // Rules 1 and 14: an opinion or a reason, and what it calls for.
        prop_assert!(outcome.opinion.is_some() || outcome.reason.is_some());
        prop_assert_eq!(outcome.opinion.is_some(), outcome.status == Status::Success);
        prop_assert!(outcome.opinion.is_none() || case.may_speak(place), "{}", info.name);
        prop_assert_eq!(outcome.calls_for, calls_for(case, outcome, place), "{}", info.name);
        // Rule 12.
        prop_assert!(outcome.attempts <= own.attempts);
        retries += outcome.attempts.saturating_sub(1);
        // Rules 16 and 19: the maximum over those with a vote.
        if !own.monitored {
            heard |= outcome.opinion.is_some();
            verdict = verdict.max(outcome.calls_for.unwrap_or(Verdict::Allow));
        }
    }
    prop_assert!(retries <= case.max_total_retries);
    let floor = if heard { Verdict::Allow } else { Verdict::Review };
    prop_assert_eq!(report.verdict, verdict.max(floor));
    Ok(())
}
