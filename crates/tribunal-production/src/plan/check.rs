//! What is wrong with each spec and with the settings by themselves.

use std::collections::BTreeSet;
use std::time::Duration;

use tribunal_core::{CriticName, Priority, Stage, nearest};

use super::error::PlanError;
use crate::RunSettings;
use crate::spec::{CriticSpec, Policy, Retry};

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
    for (key, limit) in
        [("run.max_in_flight", settings.max_in_flight), ("run.max_runs", settings.max_runs)]
    {
        refuse(!fits(limit), key.into(), in_flight_problem(limit));
    }
    refuse(
        settings.max_queued_runs > MOST_IN_FLIGHT,
        "run.max_queued_runs".into(),
        format!("must be at most {MOST_IN_FLIGHT}, found {}", settings.max_queued_runs),
    );
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
