//! A random pipeline: what it is made of, and how it becomes an orchestrator. [`strategy`] makes them up.

mod strategy;

use std::time::Duration;

use proptest::sample::Index;
use tribunal_core::{FailureMode, Opinion, Snapshot, Stage, View, Violation};
use tribunal_production::{Policy, ProductionOrchestrator};
use tribunal_testkit::*;

use crate::court::{Court, Seat, Seated, court, tries};

use super::model;
pub(crate) use strategy::cases;

pub(crate) const STAGES: [Stage; 3] =
    [Stage::FastCritics, Stage::CoreAnalysis, Stage::DeepAnalysis];
pub(crate) const MODES: [FailureMode; 3] =
    [FailureMode::Allow, FailureMode::Review, FailureMode::Block];
pub(crate) const THRESHOLDS: [(Option<f64>, Option<f64>); 4] =
    [(Some(0.4), Some(0.8)), (Some(0.2), Some(0.4)), (Some(0.4), None), (None, None)];
/// What `on_uncertainty` asks for.
pub(crate) const DOUBT: f64 = 0.5;

#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// In plan order.
    pub(crate) critics: Vec<CriticCase>,
    pub(crate) risky: bool,
    pub(crate) runs: usize,
    pub(crate) timeout: Duration,
    stage_timeout: Option<Duration>,
    pub(crate) max_in_flight: usize,
    pub(crate) stage_limits: [Option<usize>; STAGES.len()],
    pub(crate) max_total_retries: u32,
    pub(crate) early_exit: bool,
    hooked: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct CriticCase {
    pub(crate) stage: usize,
    pub(crate) priority: u8,
    pub(crate) gate: Gate,
    pub(crate) depends_on: Vec<usize>,
    pub(crate) run_anyway: bool,
    pub(crate) monitored: bool,
    pub(crate) failure: usize,
    pub(crate) thresholds: usize,
    pub(crate) attempts: u32,
    pub(crate) limit: Option<usize>,
    on_timeout: bool,
    timeout: Duration,
    steps: Vec<StepCase>,
    wanted: Vec<Index>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Gate {
    Always,
    Violation,
    Risk,
    Doubt,
    /// Some outcome it sees is a success.
    Condition,
    Panics,
}

impl Gate {
    pub(crate) fn reads_outcomes(self) -> bool {
        !matches!(self, Self::Always | Self::Risk)
    }

    fn policy(self) -> Policy {
        match self {
            Self::Always => Policy::Always,
            Self::Violation => Policy::OnViolation,
            Self::Risk => Policy::on_high_risk(),
            Self::Doubt => Policy::OnUncertainty(DOUBT),
            Self::Condition => Policy::when(|view: View<'_>| {
                view.prior().any(|(_, outcome)| outcome.opinion.is_some())
            }),
            Self::Panics => Policy::when(|_: View<'_>| -> bool { panic!("as scripted") }),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Says {
    Opinion { severity: f64, violation: bool, doubt: f64 },
    Lies,
    Permanent,
    Transient,
    TransientAfter(u64),
    Panics,
    Hangs,
    Blocks(u64),
}

#[derive(Debug, Clone, Copy)]
struct StepCase {
    says: Says,
    delay: u64,
    pends: u32,
}

impl StepCase {
    fn step(self) -> Step {
        let step = match self.says {
            Says::Opinion { severity, violation, doubt } => {
                let opinion = Opinion::clean().uncertainty(doubt);
                Step::says(if violation {
                    opinion.violation(Violation::new("x", "x", severity))
                } else {
                    opinion.severity(severity)
                })
            }
            Says::Lies => Step::lies(),
            Says::Permanent => Step::permanent(),
            Says::Transient => Step::transient(),
            Says::TransientAfter(after) => Step::transient_after(millis(after)),
            Says::Panics => Step::panics(),
            Says::Hangs => Step::hangs(),
            Says::Blocks(time) => Step::allows().blocks(millis(time)),
        };
        step.after(millis(self.delay * 7)).pends(self.pends)
    }
}

/// An orchestrator with what was put into it.
pub(crate) struct Built {
    pub(crate) court: ProductionOrchestrator,
    pub(crate) snapshot: Snapshot,
    /// In plan order.
    pub(crate) critics: Vec<Scripted>,
    pub(crate) all: Probe,
    pub(crate) stages: Vec<Probe>,
    pub(crate) journal: Journal,
}

impl Built {
    /// A new orchestrator of the same critics, which go on with their scripts.
    pub(crate) fn renewed(self, case: &Case) -> Self {
        Self { court: case.court(&self.critics).build(), ..self }
    }
}

pub(crate) fn name(place: usize) -> String {
    format!("c{place}")
}

pub(crate) fn place(name: &str) -> usize {
    name[1..].parse().unwrap()
}

impl Case {
    pub(crate) fn build(&self) -> Built {
        let (all, journal) = (Probe::new(), Journal::new());
        let stages = STAGES.map(|_| Probe::new()).to_vec();
        let critics: Vec<Scripted> = self
            .critics
            .iter()
            .enumerate()
            .map(|(place, case)| {
                let critic = critic(&name(place)).probed_by(&all).probed_by(&stages[case.stage]);
                let steps = case.steps.iter().map(|step| step.step());
                steps.fold(critic.noted_in(&journal), Scripted::then)
            })
            .collect();
        let risk = if self.risky { "high" } else { "low" };
        let snapshot = Snapshot::builder().input_text("x").with("risk_tier", risk).build();
        Built { court: self.court(&critics).build(), snapshot, critics, all, stages, journal }
    }

    fn court(&self, critics: &[Scripted]) -> Court {
        let seats = critics.iter().zip(&self.critics).map(|(critic, case)| case.seat(critic));
        let mut court = court().run_timeout(self.timeout).in_flight(self.max_in_flight);
        court = court.critics(seats).settings(|settings| {
            settings
                .max_total_retries(self.max_total_retries)
                .retry_budget(10.0, 1_000_000) // Out of the way: the model does not know it.
                .early_exit(self.early_exit)
                .hook_timeout(millis(4))
        });
        for (stage, limit) in STAGES.into_iter().zip(self.stage_limits) {
            if let Some(limit) = limit {
                court = court.settings(|settings| settings.stage_max_in_flight(stage, limit));
            }
            if let Some(timeout) = self.stage_timeout {
                court = court.stage_timeout(stage, timeout.min(self.timeout));
            }
        }
        if self.hooked {
            let fails = || HookStep::fails().after(millis(3));
            let hook = HookScript::new().before(fails()).after(HookStep::hangs());
            court = court.hook(hook.on_failure(fails()));
        }
        court
    }

    /// Whether some critic blocks its thread, which no deadline can interrupt.
    pub(crate) fn blocks(&self) -> bool {
        let mut steps = self.critics.iter().flat_map(|critic| &critic.steps);
        steps.any(|step| matches!(step.says, Says::Blocks(_)))
    }

    /// Whether a critic says anything that may be believed in any of its calls.
    pub(crate) fn may_speak(&self, place: usize) -> bool {
        let says = self.critics[place].steps.iter().map(|step| step.says);
        says.into_iter().any(|says| matches!(says, Says::Opinion { .. } | Says::Blocks(_)))
    }

    /// The same without anything that depends on time by design: deadlines, the run's retries, early exit.
    pub(crate) fn calm(&self) -> Self {
        let mut calm = self.clone();
        calm.timeout = secs(100_000);
        calm.stage_timeout = None;
        calm.max_total_retries = 1_000;
        calm.early_exit = false;
        for critic in &mut calm.critics {
            critic.timeout = secs(10_000);
            for step in &mut critic.steps {
                if matches!(step.says, Says::Hangs | Says::Blocks(_)) {
                    step.says = Says::Permanent;
                }
            }
        }
        calm
    }

    /// The same with other delays.
    pub(crate) fn delayed(&self, delays: &[u64]) -> Self {
        let mut other = self.clone();
        let steps = other.critics.iter_mut().flat_map(|critic| &mut critic.steps);
        for (step, delay) in steps.zip(delays.iter().cycle()) {
            step.delay = *delay;
        }
        other
    }

    /// The same with critics that do the same in each call.
    pub(crate) fn of_one_step(&self) -> Self {
        let mut other = self.clone();
        other.critics.iter_mut().for_each(|critic| critic.steps.truncate(1));
        other
    }

    /// Sorts into plan order, and takes those of the wanted dependencies that make a plan.
    fn arranged(mut self) -> Self {
        self.critics.sort_by_key(|critic| (critic.stage, critic.priority));
        for place in 0..self.critics.len() {
            for index in self.critics[place].wanted.clone() {
                let other = index.index(self.critics.len());
                if model::may_depend(&self, place, other) {
                    self.critics[place].depends_on.push(other);
                }
            }
        }
        self
    }
}

impl CriticCase {
    fn seat(&self, critic: &Scripted) -> Seated {
        let (review_at, block_at) = THRESHOLDS[self.thresholds];
        let retry = tries(self.attempts);
        let mut seat = critic
            .clone()
            .stage(STAGES[self.stage])
            .priority(self.priority)
            .policy(self.gate.policy())
            .failure_mode(MODES[self.failure])
            .thresholds(review_at, block_at)
            .timeout(self.timeout)
            .retry(if self.on_timeout { retry.on_timeout() } else { retry });
        if self.run_anyway {
            seat = seat.run_anyway();
        }
        if self.monitored {
            seat = seat.monitored();
        }
        if let Some(limit) = self.limit {
            seat = seat.max_in_flight(limit);
        }
        self.depends_on.iter().fold(seat, |seat, other| seat.depends_on(&name(*other)))
    }
}
