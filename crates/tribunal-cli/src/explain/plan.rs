//! What a plan says of one critic, before any run.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tribunal_config::Expression;
use tribunal_core::{CriticName, FailureMode, Mode, Phase, Returns, Stage, Verdict};
use tribunal_production::{Gate, Policy, ProductionOrchestrator};

use super::why::listed;
use crate::ink;

/// Everything a plan says of one critic.
#[derive(Debug, Serialize)]
pub(super) struct Planned {
    pub(super) critic: CriticName,
    pub(super) stage: Stage,
    pub(super) priority: u8,
    pub(super) mode: Mode,
    /// When it runs, in a sentence.
    pub(super) runs: String,
    /// The expression, where its policy has one.
    pub(super) condition: Option<String>,
    pub(super) phases: Vec<Phase>,
    pub(super) depends_on: Vec<CriticName>,
    pub(super) sees: Vec<CriticName>,
    /// Whose gates hang on what it says, and who is skipped without it: in sentences.
    pub(super) hang_on_it: Vec<String>,
    pub(super) calls_for: String,
    pub(super) when_it_fails: Vec<String>,
    pub(super) limits: Vec<String>,
    pub(super) worst_latency_ms: f64,
    pub(super) worst_cost: f64,
    /// What its opinions can have in them, as far as it declares that.
    pub(super) returns: Vec<String>,
}

/// Most names in one sentence.
const MOST: usize = 8;

/// `None` where there is no such critic.
pub(super) fn planned(
    court: &ProductionOrchestrator,
    conditions: &BTreeMap<String, Arc<Expression>>,
    returns: &BTreeMap<CriticName, Returns>,
    critic: &str,
) -> Option<Planned> {
    let gate = court.gate(critic)?;
    let outline = court.outline();
    let mut stages = outline.stages.iter();
    let (stage, of) = stages.find_map(|stage| {
        Some((stage, stage.critics.iter().find(|other| other.name == critic)?))
    })?;
    let mut limits = vec![format!("an attempt may take {}", ink::duration(of.timeout))];
    limits.extend((of.attempts > 1).then(|| format!("{} attempts", of.attempts)));
    limits.extend(of.max_in_flight.map(|most| match of.adaptive {
        true => format!("up to {most} calls at a time, by their latency"),
        false => format!("{most} calls at a time"),
    }));
    let of_stage = stage.max_in_flight;
    limits.extend(of_stage.map(|most| format!("{most} calls at a time in its stage")));
    limits.extend(stage.timeout.map(|t| format!("its stage ends within {}", ink::duration(t))));
    limits.extend(of.rate_limited.then(|| String::from("a rate limit")));
    limits.extend(of.breaker.then(|| String::from("a circuit breaker")));
    limits.extend(of.hedged.then(|| String::from("slow calls get a second one")));
    limits.push(format!("the run ends within {}", ink::duration(outline.timeout)));
    limits.extend(outline.early_exit.then(|| String::from("early exit may skip it")));
    let passages = outline.passages.iter().filter(|passage| passage.critic == critic);
    let failing = match (of.mode, of.failure_mode) {
        (Mode::Monitor, _) => String::from("nothing: it is only monitored"),
        (_, FailureMode::Allow) => String::from("it calls for nothing: it fails open"),
        (_, mode) => format!("it calls for {mode}"),
    };
    Some(Planned {
        critic: of.name.clone(),
        stage: stage.stage,
        priority: of.priority,
        mode: of.mode,
        runs: runs(gate),
        condition: conditions.get(critic).map(|condition| condition.text().trim().to_owned()),
        phases: of.phases.clone(),
        depends_on: of.depends_on.clone(),
        sees: if reads_outcomes(gate) { of.sees.clone() } else { Vec::new() },
        hang_on_it: hang_on(court, critic),
        calls_for: calls_for(of.thresholds.review_at(), of.thresholds.block_at()),
        when_it_fails: [failing].into_iter().chain(passages.map(|p| p.how.clone())).collect(),
        limits,
        worst_latency_ms: of.worst_latency.as_secs_f64() * 1e3,
        worst_cost: of.worst_cost,
        returns: returns
            .iter()
            .find(|(name, _)| **name == critic)
            .map_or_else(Vec::new, |(_, r)| says(r)),
    })
}

/// Whether what a gate decides hangs on outcomes.
pub(super) fn reads_outcomes(gate: Gate<'_>) -> bool {
    match gate.policy() {
        Policy::Always | Policy::OnHighRisk(_) => false,
        Policy::Conditional(condition) => condition.reads_outcomes(),
        _ => true,
    }
}

fn runs(gate: Gate<'_>) -> String {
    match gate.policy() {
        Policy::Always => String::from("in every run"),
        Policy::OnViolation => String::from("when some outcome that its gate sees has a violation"),
        Policy::OnHighRisk(level) => format!(
            "when the snapshot states a risk of `{}` or worse, or {} or more",
            level.tier(),
            level.score()
        ),
        Policy::OnUncertainty(threshold) => {
            format!(
                "when some outcome that its gate sees has an uncertainty of {threshold} or more"
            )
        }
        _ => String::from("when its condition holds"),
    }
}

fn calls_for(review: Option<f64>, block: Option<f64>) -> String {
    let at = |verdict: Verdict, at: Option<f64>| {
        at.map(|at| format!("{verdict} from severity {}", ink::number(at)))
    };
    let calls: Vec<String> =
        [at(Verdict::Review, review), at(Verdict::Block, block)].into_iter().flatten().collect();
    if calls.is_empty() { String::from("nothing") } else { calls.join(", ") }
}

/// Who hangs on it: by its gate, or by needing its opinion.
fn hang_on(court: &ProductionOrchestrator, critic: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let gates =
        || court.critics().iter().filter_map(|info| Some((info, court.gate(info.name.as_str())?)));
    for (info, gate) in gates() {
        let sees = gate.sees().any(|name| *name == critic);
        let how = match gate.policy() {
            Policy::OnViolation if sees => "may open at its violations",
            Policy::OnUncertainty(_) if sees => "may open at its uncertainty, or at its failure",
            Policy::Conditional(condition) if sees && condition.reads(critic) => {
                "reads its outcome"
            }
            _ => "",
        };
        if !how.is_empty() {
            sentences.push(format!("the gate of `{}` {how}", info.name));
        }
        if gate.depends_on().any(|name| *name == critic) {
            let anyway =
                if gate.runs_anyway() { "waits for it" } else { "is skipped without its opinion" };
            sentences.push(format!("`{}` {anyway}", info.name));
        }
    }
    sentences
}

fn says(returns: &Returns) -> Vec<String> {
    let mut says = Vec::new();
    if let Some(codes) = returns.known_codes() {
        let codes = codes.iter().map(|code| format!("`{code}`")).collect();
        says.push(format!("codes {}", listed(codes, MOST)));
    }
    says.extend(
        returns.score().map(|score| String::from(if score { "a score" } else { "no score" })),
    );
    says
}
