//! What a critic waited for, as far as a report tells.
//!
//! A report has one number for all waiting of a critic. Which limits there are comes from the plan; at which of them
//! the time went is only certain where there is a single one.

use std::time::Duration;

use tribunal_core::{CriticInfo, Failure, FailureKind, Outcome, Reason, Skipped, TimeoutLevel};
use tribunal_production::{CriticOutline, Outline, ProductionOrchestrator};

use crate::ink;

/// What is shorter is the work of the engine, and no waiting.
const LEAST: Duration = Duration::from_millis(1);

/// Most calls that are told one by one.
const MOST_CALLS: usize = 10;

/// In sentences.
pub(super) fn waited(
    court: &ProductionOrchestrator,
    info: &CriticInfo,
    outcome: &Outcome,
) -> Vec<String> {
    let outline = court.outline();
    let stage = outline.stages.iter().find(|stage| stage.stage == info.stage);
    let critic = stage.and_then(|s| s.critics.iter().find(|critic| critic.name == info.name));
    let Some(critic) = critic else { return Vec::new() };
    let mut sentences = Vec::new();
    if outcome.queued() >= LEAST {
        let limits = limits(&outline, info, critic, outcome);
        let since =
            outcome.begun().map(|begun| format!(" from {} into the run on", ink::duration(begun)));
        let waited = ink::duration(outcome.queued()) + &since.unwrap_or_default();
        sentences.push(match limits.as_slice() {
            [only] => format!("it waited {waited}, for {only}"),
            several => {
                format!("it waited {waited}, at one or more of these: {}", several.join("; "))
            }
        });
    }
    if let Some(stopped) =
        outcome.reason.as_ref().and_then(|reason| stopped(&outline, info, critic, outcome, reason))
    {
        sentences.push(stopped);
    }
    if outcome.attempts > 1 {
        let each = outcome.calls().iter().map(|call| {
            let (begun, took) = (ink::duration(call.begun), ink::duration(call.took));
            let hedge = if call.hedge { ", a hedge" } else { "" };
            format!("{begun} into the run for {took} ({}{hedge})", call.end)
        });
        let each: Vec<String> = each.take(MOST_CALLS).collect();
        let each = if each.is_empty() { String::new() } else { format!(": {}", each.join(", ")) };
        sentences.push(format!("it was called {} times{each}", outcome.attempts));
    }
    sentences
}

/// Whether it waited, and at which limit is not certain.
pub(super) fn is_unclear(outcome: &Outcome) -> bool {
    outcome.queued() >= LEAST
}

/// All it may have waited at.
fn limits(
    outline: &Outline,
    info: &CriticInfo,
    critic: &CriticOutline,
    outcome: &Outcome,
) -> Vec<String> {
    let mut limits = Vec::new();
    if critic.rate_limited {
        limits.push(String::from("a token of its rate limit, its own or a shared one"));
    }
    limits.extend(critic.max_in_flight.map(|most| match critic.adaptive {
        true => format!("its own limit of up to {most} calls at a time, which moves"),
        false => format!("its own limit of {most} calls at a time"),
    }));
    let stage = outline.stages.iter().find(|stage| stage.stage == info.stage);
    limits.extend(
        stage.and_then(|stage| stage.max_in_flight).map(|most| {
            format!("the limit of {most} calls at a time of its stage `{}`", info.stage)
        }),
    );
    if critic.isolation == "blocking" {
        limits.push(String::from("one of the threads that may block (`run.max_blocking`)"));
    }
    limits.push(String::from("the limit on calls of the whole pipeline (`run.max_in_flight`)"));
    if outcome.attempts > 1 {
        let retries = outcome.attempts - 1;
        limits
            .push(format!("the waits before {}", ink::many(u64::from(retries), "further attempt")));
    }
    limits
}

/// The limit that stopped it.
fn stopped(
    outline: &Outline,
    info: &CriticInfo,
    critic: &CriticOutline,
    outcome: &Outcome,
    reason: &Reason,
) -> Option<String> {
    let stage = outline.stages.iter().find(|stage| stage.stage == info.stage);
    let level = |level: TimeoutLevel| match level {
        TimeoutLevel::Critic => {
            format!("its own timeout of {} for one attempt", ink::duration(critic.timeout))
        }
        TimeoutLevel::Stage => {
            let timeout = stage.and_then(|stage| stage.timeout).unwrap_or(outline.timeout);
            format!("the timeout of its stage `{}`, {}", info.stage, ink::duration(timeout))
        }
        TimeoutLevel::Run => format!("the timeout of the run, {}", ink::duration(outline.timeout)),
    };
    Some(match reason {
        Reason::Timeout(which) if outcome.attempts == 0 => {
            format!("{} was over before its turn came", level(*which))
        }
        Reason::Timeout(which) => {
            let worked = ink::duration(outcome.execution());
            format!("{} ended it, after {worked} at work", level(*which))
        }
        Reason::NoTurn(which) => {
            format!(
                "so many waited at its own limit that its turn would have come after {}",
                level(*which)
            )
        }
        Reason::RateLimited { wait } => {
            let wait = ink::duration(*wait);
            format!(
                "its rate limit had no token: the next would have come in {wait}, too late for a deadline"
            )
        }
        Reason::Failed(Failure { kind: FailureKind::BreakerOpen, .. }) => String::from(
            "its circuit breaker was open, for failures of earlier calls: nothing in this run is to blame",
        ),
        Reason::Skipped(Skipped::OverBudget) => {
            let cost = ink::number(critic.worst_cost.max(info.cost));
            format!("the cost budget of the run had no room for {cost} any more")
        }
        Reason::Skipped(Skipped::VerdictSettled) => String::from("early exit"),
        _ => return None,
    })
}
