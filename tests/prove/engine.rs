//! The engine with critics that do as they are told, and what it does as a path.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use tribunal_core::{
    Answer, Condition, ConditionError, CriticError, Mode, Opinion, Outcome, Phase, Reason, Report,
    RiskTier, Skipped, Snapshot, Status, View, Violation, critic_fn,
};
use tribunal_production::{CriticSpec, PlanErrors, Policy, ProductionOrchestrator, RunSettings};
use tribunal_prove::{CriticModel, Formula, Found, Gate, Path, Said, State};

use crate::pipelines::{Dice, Pipeline};

/// What a critic does when it is called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Does {
    Says(Said),
    Fails,
    /// Takes longer than it may.
    Hangs,
    /// An opinion with a score that is no number, and so invalid; but for that it objects so much.
    Lies(f64),
}

/// Between all bounds that pipelines here ask for, and on them; with codes that they ask for, and others.
pub(crate) fn does() -> [Does; 9] {
    let found = |code: &str, times, severity| Found { code: code.into(), times, severity };
    [
        Does::Says(Said::new(0, 0.0, 0.0, 0.0)),
        Does::Says(Said::new(1, 0.2, 0.0, 0.0).with(vec![found("a.b", 1, 0.2)])),
        Does::Says(Said::new(0, 0.4, 0.0, 0.5)),
        Does::Says(
            Said::new(2, 0.85, 0.0, 0.0).with(vec![found("a.b.c", 1, 0.85), found("x", 1, 0.3)]),
        ),
        Does::Says(Said::new(0, 0.9, 0.0, 0.65)),
        Does::Says(Said::new(1, 0.0, 0.0, 1.0).with(vec![found("a", 1, 0.0)])),
        Does::Fails,
        Does::Lies(0.0),
        Does::Lies(0.9),
    ]
}

/// What each critic does, by the number in its name, and after how long.
#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) does: Vec<Does>,
    pub(crate) delays: Vec<u64>,
}

impl Script {
    pub(crate) fn of(does: Vec<Does>) -> Self {
        let delays = vec![0; does.len()];
        Self { does, delays }
    }

    pub(crate) fn thrown(dice: &mut Dice, critics: usize) -> Self {
        Self::of((0..critics).map(|_| dice.of(&does())).collect())
    }

    /// Makes critics answer in another order.
    pub(crate) fn shuffle(&mut self, dice: &mut Dice) {
        for delay in &mut self.delays {
            *delay = dice.below(4) as u64;
        }
    }
}

/// Everything that so many critics may do.
pub(crate) fn every_script(critics: usize, does: &[Does], visit: &mut impl FnMut(&Script)) {
    for code in 0..does.len().pow(critics as u32) {
        let of = |at: usize| does[code / does.len().pow(at as u32) % does.len()].clone();
        visit(&Script::of((0..critics).map(of).collect()));
    }
}

pub(crate) struct Engine {
    court: ProductionOrchestrator,
    script: Arc<Mutex<Script>>,
}

impl Engine {
    pub(crate) fn new(pipeline: &Pipeline) -> Result<Self, PlanErrors> {
        let script = Arc::new(Mutex::new(Script::of(Vec::new())));
        let settings = RunSettings::default().early_exit(pipeline.run.early_exit);
        let settings = match pipeline.run.max_cost {
            Some(most) => settings.max_cost(most),
            None => settings,
        };
        let mut builder = ProductionOrchestrator::builder().settings(settings);
        for critic in &pipeline.critics {
            let number: usize = critic.name.as_str()[1..].parse().unwrap();
            let script = Arc::clone(&script);
            let acts = critic_fn(move |_| {
                let script = script.lock().unwrap();
                let (does, delay) = (script.does[number].clone(), script.delays[number]);
                if does == Does::Hangs {
                    return Answer::later(std::future::pending());
                }
                if delay == 0 {
                    return Answer::now(answer(does));
                }
                Answer::later(async move {
                    tokio::time::sleep(Duration::from_millis(delay)).await;
                    answer(does)
                })
            });
            builder = builder.critic(spec(critic), acts);
        }
        Ok(Self { court: builder.build()?, script })
    }

    pub(crate) fn run(&self, phase: Phase, tier: Option<RiskTier>, script: &Script) -> Report {
        self.script.lock().unwrap().clone_from(script);
        let mut snapshot = Snapshot::builder().input_text("x").phase(phase);
        if let Some(tier) = tier {
            snapshot = snapshot.with("risk_tier", tier.as_str());
        }
        let run = self.court.run_all(snapshot.build());
        if script.delays.iter().all(|delay| *delay == 0) && !script.does.contains(&Does::Hangs) {
            return run.now_or_never().unwrap().unwrap();
        }
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run).unwrap()
    }

    pub(crate) fn path(&self, phase: Phase, tier: Option<RiskTier>, script: &Script) -> Path {
        path(phase, tier, &self.run(phase, tier, script))
    }
}

/// What became of a run.
pub(crate) fn path(phase: Phase, tier: Option<RiskTier>, report: &Report) -> Path {
    let steps = report.outcomes().map(|(info, outcome)| (info.name.clone(), state(outcome)));
    Path::seen(phase, tier, steps.collect(), report.verdict)
}

fn answer(does: Does) -> Result<Opinion, CriticError> {
    match does {
        Does::Fails | Does::Hangs => Err(CriticError::Permanent("down".into())),
        Does::Lies(severity) => Ok(Opinion::clean().severity(severity).score(f64::NAN)),
        Does::Says(said) => {
            let opinion = Opinion::clean().severity(said.severity).uncertainty(said.uncertainty);
            let opinion = if said.score > 0.0 { opinion.score(said.score) } else { opinion };
            let told: u32 = said.found.iter().map(|found| found.times).sum();
            let others = (told..said.violations).map(|_| Violation::new("x.y", "x", 0.0));
            let found = said.found.into_iter().flat_map(|Found { code, times, severity }| {
                (0..times).map(move |_| Violation::new(code.clone(), "x", severity))
            });
            Ok(found.chain(others).fold(opinion, Opinion::violation))
        }
    }
}

fn spec(critic: &CriticModel) -> CriticSpec {
    let policy = match &critic.gate {
        Gate::Always => Policy::Always,
        Gate::OnViolation => Policy::OnViolation,
        Gate::OnHighRisk(level) => Policy::OnHighRisk(*level),
        Gate::OnUncertainty(at) => Policy::OnUncertainty(*at),
        Gate::Conditional(condition) => Policy::when(Holds(condition.holds.clone())),
    };
    let mut spec = CriticSpec::new(critic.name.as_str())
        .stage(critic.stage)
        .priority(critic.priority)
        .phases(critic.phases)
        .policy(policy)
        .mode(critic.mode)
        .failure_mode(critic.failure_mode)
        .thresholds(critic.thresholds)
        .cost(critic.cost);
    for on in &critic.depends_on {
        spec = spec.depends_on(on.as_str());
    }
    if critic.run_anyway { spec.run_anyway() } else { spec }
}

/// A formula as a condition.
struct Holds(Formula);

impl Condition for Holds {
    fn holds(&self, view: View<'_>) -> Result<bool, ConditionError> {
        let seen = |name: &str| view.outcome(name).is_some();
        let mut unseen = None;
        self.0.atoms(&mut |atom| {
            unseen = unseen.or(atom.critics().find(|name| !seen(name.as_str())));
        });
        match unseen {
            Some(name) => Err(ConditionError(format!("`{name}` is not seen"))),
            None => Ok(self.0.holds(view, &|_| unreachable!("nothing is unknown here"))),
        }
    }
}

/// Violations by their codes.
fn found(opinion: &Opinion) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    for violation in &opinion.violations {
        match all.iter_mut().find(|found| found.code == violation.code) {
            Some(found) => {
                found.times += 1;
                found.severity = found.severity.max(violation.severity);
            }
            None => all.push(Found {
                code: violation.code.to_string(),
                times: 1,
                severity: violation.severity,
            }),
        }
    }
    all
}

fn state(outcome: &Outcome) -> State {
    if let Some(opinion) = &outcome.opinion {
        let said = Said::new(
            opinion.violations.len() as u32,
            opinion.worst_severity(),
            opinion.score.unwrap_or_default(),
            opinion.uncertainty,
        );
        return State::Spoke(said.with(found(opinion)));
    }
    let reason = outcome.reason.as_ref().unwrap();
    match reason {
        Reason::Gated(_) if reason.kind() == "other_phase" => State::OtherPhase,
        Reason::Gated(_) => State::Closed,
        Reason::Skipped(Skipped::Dependency { name, gated: true }) => {
            State::DependencyGated { on: name.clone() }
        }
        Reason::Skipped(Skipped::Dependency { name, .. }) => {
            State::DependencyFailed { on: name.clone() }
        }
        Reason::Skipped(Skipped::OverBudget) => State::OverBudget,
        Reason::Skipped(_) => State::Settled,
        Reason::Failed(_) if reason.kind() == "condition" => State::ConditionFailed,
        _ => State::Failed {
            status: outcome.status,
            objected: reason.objected().filter(|_| outcome.status == Status::Invalid),
            called: outcome.attempts > 0,
        },
    }
}

/// Whether a critic counts.
pub(crate) fn is_enforced(critic: &CriticModel) -> bool {
    critic.mode == Mode::Enforce
}
