//! What is wrong with each spec and with the settings by themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use tribunal_core::{CriticName, Priority, Stage, nearest};
use tribunal_resilience::Adaptation;

use super::error::PlanError;
use crate::RunSettings;
use crate::spec::{Adaptive, CriticSpec, Hedge, HedgeWhen, Policy, Retry};

/// More than this at a time no process holds.
const MOST_IN_FLIGHT: usize = 1_000_000;

/// The names in the order of the specs, unless one is wrong or taken. Everything that is wrong goes to `errors`.
pub(super) fn specs(specs: &[&CriticSpec], errors: &mut Vec<PlanError>) -> Option<Vec<CriticName>> {
    if specs.is_empty() {
        errors.push(PlanError::NoCritics);
    }
    let mut names = Vec::with_capacity(specs.len());
    let mut taken = BTreeSet::new();
    for spec in specs {
        match CriticName::new(&spec.name) {
            Err(error) => errors.push(error.into()),
            Ok(name) => {
                errors.extend(values(spec).map(|(key, problem)| PlanError::Spec {
                    critic: name.clone(),
                    key,
                    problem,
                }));
                if taken.insert(name.clone()) {
                    names.push(name);
                } else {
                    errors.push(PlanError::Duplicate(name));
                }
            }
        }
    }
    (names.len() == specs.len()).then_some(names)
}

fn values(spec: &CriticSpec) -> impl Iterator<Item = (&'static str, String)> {
    let mut wrong = Vec::new();
    let mut refuse = |when: bool, key, problem: String| {
        if when {
            wrong.push((key, problem));
        }
    };
    refuse(
        Priority::new(spec.priority).is_none(),
        "priority",
        format!("must lie within 1 (first) to 10 (last), found {}", spec.priority),
    );
    refuse(spec.timeout.is_zero(), "timeout", "must be longer than nothing".into());
    refuse(
        !(1..=Retry::MOST).contains(&spec.retry.attempts),
        "retry.attempts",
        format!("must lie within 1 to {}, found {}", Retry::MOST, spec.retry.attempts),
    );
    if let Some(limit) = spec.max_in_flight {
        refuse(!fits(limit), "max_in_flight", in_flight_problem(limit));
    }
    if let Some(adaptive) = spec.adaptive {
        for problem in adaptive_problems(adaptive, spec.max_in_flight, "max_in_flight") {
            refuse(true, "adaptive", problem);
        }
    }
    if let Some(hedge) = spec.hedge {
        for (key, problem) in hedge_problems(hedge, spec.timeout) {
            refuse(true, key, problem);
        }
    }
    refuse(
        !spec.cost.is_finite() || spec.cost < 0.0,
        "cost",
        format!("must be a finite number, 0 or more, found {}", spec.cost),
    );
    if let Policy::OnUncertainty(threshold) = spec.policy {
        refuse(
            !(threshold > 0.0 && threshold <= 1.0),
            "uncertainty",
            format!("must lie above 0 and up to 1, found {threshold}"),
        );
    }
    refuse(
        !spec.policy.is_described(),
        "when",
        "panics when it is asked to describe itself".into(),
    );
    for field in &spec.validation.required {
        let first = field.tokens().first().map(|token| &**token);
        let known = ["value", "score", "severity", "uncertainty", "violations", "details", "cost"];
        refuse(
            !first.is_some_and(|first| known.contains(&first)),
            "validation.required",
            format!("names `{field}`, which no opinion has; it has {}", known.join(", ")),
        );
    }
    wrong.into_iter()
}

/// What is wrong with a limit that moves below a ceiling, which is the value of another key.
fn adaptive_problems(adaptive: Adaptive, ceiling: Option<usize>, key: &str) -> Vec<String> {
    let Some(ceiling) = ceiling else {
        return vec![format!("has no ceiling: needs `{key}` beside it")];
    };
    let range = (1..=ceiling).contains(&adaptive.floor);
    let floor =
        format!("must not go below 1 or above `{key}` ({ceiling}), found {}", adaptive.floor);
    let target = match adaptive.how {
        Adaptation::Aimd { target } => {
            target.is_zero().then(|| String::from("must have a target longer than nothing"))
        }
        _ => None,
    };
    (!range).then_some(floor).into_iter().chain(target).collect()
}

fn hedge_problems(hedge: Hedge, timeout: Duration) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    match hedge.when {
        HedgeWhen::After(delay) if delay.is_zero() => {
            problems.push(("hedge.after", "must be longer than nothing".into()));
        }
        HedgeWhen::After(delay) if delay >= timeout => problems.push((
            "hedge.after",
            format!("is {delay:?}, which the timeout of {timeout:?} never lets it reach"),
        )),
        HedgeWhen::Percentile(percent) if !(50.0..=99.9).contains(&percent) => problems
            .push(("hedge.percentile", format!("must lie within 50 to 99.9, found {percent}"))),
        HedgeWhen::After(_) | HedgeWhen::Percentile(_) => {}
    }
    if !(hedge.share > 0.0 && hedge.share <= Hedge::MOST) {
        problems.push((
            "hedge.share",
            format!("must lie above 0 and up to {}, found {}", Hedge::MOST, hedge.share),
        ));
    }
    problems
}

/// Every rate that a spec shares is one that the settings have.
pub(super) fn shares(specs: &[&CriticSpec], settings: &RunSettings, errors: &mut Vec<PlanError>) {
    for spec in specs {
        let Ok(critic) = CriticName::new(&spec.name) else { continue };
        for rate in spec.shares.iter().filter(|rate| !settings.shared_rates.contains_key(*rate)) {
            let known = settings.shared_rates.keys().map(String::as_str);
            let meant = nearest(rate, known).map(|name| format!("; did you mean `{name}`?"));
            let shown = rate.escape_debug();
            errors.push(PlanError::Spec {
                critic: critic.clone(),
                key: "shares",
                problem: format!(
                    "names the rate `{shown}`, and there is none{}",
                    meant.unwrap_or_default()
                ),
            });
        }
    }
}

fn fits(limit: usize) -> bool {
    (1..=MOST_IN_FLIGHT).contains(&limit)
}

fn in_flight_problem(limit: usize) -> String {
    format!("must lie within 1 to {MOST_IN_FLIGHT}, found {limit}")
}

pub(super) fn settings(settings: &RunSettings) -> Vec<PlanError> {
    let mut errors = Vec::new();
    let mut refuse = |when: bool, key: String, problem: String| {
        if when {
            errors.push(PlanError::Settings { key, problem });
        }
    };
    let nothing = "must be longer than nothing";
    refuse(settings.timeout.is_zero(), "run.timeout".into(), nothing.into());
    refuse(settings.hook_timeout.is_zero(), "run.hook_timeout".into(), nothing.into());
    for (key, limit) in [
        ("run.max_in_flight", settings.max_in_flight),
        ("run.max_runs", settings.max_runs),
        ("run.max_blocking", settings.max_blocking),
    ] {
        refuse(!fits(limit), key.into(), in_flight_problem(limit));
    }
    refuse(
        settings.max_queued_runs > MOST_IN_FLIGHT,
        "run.max_queued_runs".into(),
        format!("must be at most {MOST_IN_FLIGHT}, found {}", settings.max_queued_runs),
    );
    if let Some(adaptive) = settings.adaptive_runs {
        for problem in adaptive_problems(adaptive, Some(settings.max_runs), "max_runs") {
            refuse(true, "run.adaptive".into(), problem);
        }
    }
    if let Some(cost) = settings.max_cost {
        let problem = format!("must be a finite number, 0 or more, found {cost}");
        refuse(!cost.is_finite() || cost < 0.0, "run.max_cost".into(), problem);
    }
    if let Err(error) = settings.budget() {
        refuse(true, "run.retry_budget.share".into(), format!("does not do: {error}"));
    }
    for &stage in Stage::ALL {
        let own = settings.stage(stage);
        if let Some(timeout) = own.timeout {
            let key = format!("stages.{stage}.timeout");
            refuse(timeout.is_zero(), key.clone(), nothing.into());
            refuse(timeout > settings.timeout, key, never_reached(timeout, settings.timeout));
        }
        if let Some(limit) = own.max_in_flight {
            let key = format!("stages.{stage}.max_in_flight");
            refuse(!fits(limit), key, in_flight_problem(limit));
        }
    }
    errors
}

fn never_reached(stage: Duration, run: Duration) -> String {
    format!("is {stage:?}, which can never be reached within the run's {run:?}")
}
