//! What a plan does, for people and tools: order, gates, worst cases, and where a failure lets something pass.

use std::time::Duration;

use crate::plan::{Node, Plan, StagePlan};
use crate::spec::Policy;
use serde::Serialize;
use serde::ser::Serializer;
use tribunal_core::{CriticInfo, CriticName, FailureMode, Mode, Phase, Stage, Thresholds};

/// A whole plan.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Outline {
    /// The digest that reports carry.
    pub config_hash: String,
    /// How long a run may take.
    #[serde(rename = "timeout_ms", serialize_with = "millis")]
    pub timeout: Duration,
    /// How long it takes at worst, permits, tokens and hooks apart: the sum of its stages, cut off at its timeout.
    #[serde(rename = "worst_latency_ms", serialize_with = "millis")]
    pub worst_latency: Duration,
    /// What it costs at worst: every gate open, every attempt used.
    pub worst_cost: f64,
    /// Whether it stops once the verdict is settled.
    pub early_exit: bool,
    /// The stages that have critics, in order.
    pub stages: Vec<StageOutline>,
    /// Every way in which the failure of a critic lets something pass.
    pub passages: Vec<Passage>,
}

/// One stage.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StageOutline {
    /// Which.
    pub stage: Stage,
    /// How long it may take, where it has a timeout of its own.
    #[serde(rename = "timeout_ms", serialize_with = "optional_millis")]
    pub timeout: Option<Duration>,
    /// How many of its critics run at a time, where that is limited.
    pub max_in_flight: Option<usize>,
    /// How long its longest chain of waiting takes at worst, cut off at its timeout.
    #[serde(rename = "worst_latency_ms", serialize_with = "millis")]
    pub worst_latency: Duration,
    /// Its critics, in plan order.
    pub critics: Vec<CriticOutline>,
}

/// One critic.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CriticOutline {
    /// Its name.
    pub name: CriticName,
    /// Its place within the stage.
    pub priority: u8,
    /// When it runs, in words.
    pub policy: String,
    /// The phases it is for.
    pub phases: Vec<Phase>,
    /// The critics that must have given an opinion.
    pub depends_on: Vec<CriticName>,
    /// The outcomes that it and its gate see.
    pub sees: Vec<CriticName>,
    /// How long an attempt may take.
    #[serde(rename = "timeout_ms", serialize_with = "millis")]
    pub timeout: Duration,
    /// How many attempts there are at most.
    pub attempts: u32,
    /// How many calls at a time, where that is limited.
    pub max_in_flight: Option<usize>,
    /// Whether that limit moves below this number by what latency shows.
    pub adaptive: bool,
    /// Whether a slow call gets a second one beside it.
    pub hedged: bool,
    /// Where its work is done: `run`, `task` or `blocking`.
    pub isolation: &'static str,
    /// Whether it has a rate limit, of its own or shared.
    pub rate_limited: bool,
    /// Whether it has a circuit breaker.
    pub breaker: bool,
    /// What its failure calls for.
    pub failure_mode: FailureMode,
    /// Whether its word counts.
    pub mode: Mode,
    /// What its opinions call for.
    pub thresholds: Thresholds,
    /// All attempts and the waiting between them, at worst.
    #[serde(rename = "worst_latency_ms", serialize_with = "millis")]
    pub worst_latency: Duration,
    /// All attempts and hedges, at worst.
    pub worst_cost: f64,
    /// Free words.
    pub tags: Vec<String>,
}

/// A way in which a failure lets something pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Passage {
    /// Whose failure.
    pub critic: CriticName,
    /// What it lets pass.
    pub how: String,
}

fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1e3)
}

#[allow(clippy::ref_option)] // Serde's signature.
fn optional_millis<S: Serializer>(
    duration: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match duration {
        Some(duration) => millis(duration, serializer),
        None => serializer.serialize_none(),
    }
}

impl Outline {
    pub(crate) fn of(plan: &Plan) -> Self {
        let stages: Vec<StageOutline> =
            plan.stages.iter().map(|stage| stage_outline(plan, stage)).collect();
        let total = stages
            .iter()
            .fold(Duration::ZERO, |sum, stage| sum.saturating_add(stage.worst_latency));
        Self {
            config_hash: plan.hash.to_string(),
            timeout: plan.settings.timeout,
            worst_latency: total.min(plan.settings.timeout),
            worst_cost: stages.iter().flat_map(|s| &s.critics).map(|c| c.worst_cost).sum(),
            early_exit: plan.settings.early_exit,
            passages: passages(plan),
            stages,
        }
    }
}

fn stage_outline(plan: &Plan, stage: &StagePlan) -> StageOutline {
    let critics: Vec<CriticOutline> = stage
        .critics
        .clone()
        .filter_map(|place| {
            Some(critic_outline(plan, plan.infos.get(place)?, plan.nodes.get(place)?))
        })
        .collect();
    let longest = longest_chain(plan, stage, &critics);
    let bound = stage.timeout.unwrap_or(plan.settings.timeout);
    StageOutline {
        stage: stage.stage,
        timeout: stage.timeout,
        max_in_flight: stage.permits.as_ref().map(|permits| permits.limit()),
        worst_latency: longest.min(bound),
        critics,
    }
}

/// When the last critic of a stage ends at worst, each starting once all it waits for have ended.
fn longest_chain(plan: &Plan, stage: &StagePlan, critics: &[CriticOutline]) -> Duration {
    let first = stage.critics.start;
    let mut waits: Vec<u32> = stage
        .critics
        .clone()
        .map(|place| plan.nodes.get(place).map_or(0, |node| node.waits_for))
        .collect();
    let mut start = vec![Duration::ZERO; critics.len()];
    let mut ready: Vec<usize> =
        waits.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    let mut longest = Duration::ZERO;
    while let Some(at) = ready.pop() {
        let (Some(begin), Some(critic)) = (start.get(at).copied(), critics.get(at)) else { break };
        let end = begin.saturating_add(critic.worst_latency);
        longest = longest.max(end);
        let unblocks = plan.nodes.get(first + at).map_or(&[][..], |node| &node.unblocks);
        for &next in unblocks {
            let next = (next as usize).saturating_sub(first);
            if let (Some(start), Some(left)) = (start.get_mut(next), waits.get_mut(next)) {
                *start = (*start).max(end);
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ready.push(next);
                }
            }
        }
    }
    longest
}

fn critic_outline(plan: &Plan, info: &CriticInfo, node: &Node) -> CriticOutline {
    let named = |places: &[u32]| -> Vec<CriticName> {
        places.iter().filter_map(|&at| plan.names.get(at as usize).cloned()).collect()
    };
    let attempts = node.retry.attempts;
    let calls = attempts.saturating_mul(if node.hedging.is_some() { 2 } else { 1 });
    let waiting = node.retry.backoff.worst_total(attempts.saturating_sub(1));
    CriticOutline {
        name: info.name.clone(),
        priority: info.priority.get(),
        policy: node.policy.describe(),
        phases: node.phases.iter().collect(),
        depends_on: named(&node.depends_on),
        sees: named(&node.sees),
        timeout: node.timeout,
        attempts,
        max_in_flight: node.max_in_flight,
        adaptive: node.adaptive,
        hedged: node.hedging.is_some(),
        isolation: node.isolation.as_str(),
        rate_limited: !node.buckets.is_empty(),
        breaker: node.breaker.is_some(),
        failure_mode: info.failure_mode,
        mode: info.mode,
        thresholds: info.thresholds,
        worst_latency: node.timeout.saturating_mul(attempts).saturating_add(waiting),
        worst_cost: info.cost * f64::from(calls),
        tags: info.tags.to_vec(),
    }
}

/// A failure lets something pass in two ways: its mode says so, or it keeps a gate closed that its opinion
/// might have opened. The second matters only with the first: any other failure is at least `review`.
fn passages(plan: &Plan) -> Vec<Passage> {
    let mut passages = Vec::new();
    let open =
        |info: &CriticInfo| info.mode == Mode::Enforce && info.failure_mode == FailureMode::Allow;
    for (place, info) in plan.infos.iter().enumerate().filter(|(_, info)| open(info)) {
        let how = String::from("fails open: what it would have found passes unseen");
        passages.push(Passage { critic: info.name.clone(), how });
        for (node, gated) in plan.nodes.iter().zip(plan.infos.iter()) {
            let hangs_on_it = match &node.policy {
                Policy::OnViolation => true,
                Policy::Conditional(_) => node.policy.condition_reads(info.name.as_str()),
                // Missing opinions are doubt, and open this one.
                Policy::OnUncertainty(_) | Policy::OnHighRisk(_) | Policy::Always => false,
            };
            if hangs_on_it && gated.mode == Mode::Enforce && node.sees.contains(&index(place)) {
                let how = format!("fails open: the gate of `{}` may stay closed", gated.name);
                passages.push(Passage { critic: info.name.clone(), how });
            }
        }
    }
    passages
}

fn index(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
