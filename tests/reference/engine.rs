//! The engine, built from the same plan as the model and held against it.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tribunal_core::{
    Answer, Cause as Told, Condition, ConditionError, CriticError, FailureMode, Mode, Opinion,
    Outcome, Phase, Phases, Reason, Report, Review, Skipped, Snapshot, Stage, Status, Thresholds,
    Verdict, View, Violation,
};
use tribunal_production::{
    Backoff, CriticSpec, Jitter, PlanErrors, Policy as GivenPolicy, ProductionOrchestrator, Retry,
    RunSettings,
};

use crate::model::{Arranged, Call, Cause, Critic, Does, Fate, Judged, Plan, Policy};

/// What a critic can do, each once.
pub(crate) const ALL: [Does; 8] = [
    Does::Clean,
    Does::Objects,
    Does::Frowns,
    Does::Condemns,
    Does::Doubts,
    Does::Fails,
    Does::Panics,
    Does::Lies,
];

/// In which way a critic comes to do what it does: none of it may show in a verdict.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Manner {
    /// How long each call takes. One that takes no time answers at once.
    pub(crate) delay: Duration,
    /// How many calls fail first, in a way that is worth another try.
    pub(crate) stumbles: u32,
}

/// A critic on a string: what it does is written into it before each run.
struct Actor {
    does: AtomicU8,
    stumbled: AtomicU32,
    manner: Manner,
    /// What it was shown when it was last called, where anyone asks.
    shown: Option<Mutex<Vec<(String, Status)>>>,
}

impl Actor {
    fn act(&self) -> Result<Opinion, CriticError> {
        if self.stumbled.fetch_add(1, Relaxed) < self.manner.stumbles {
            return Err(CriticError::transient("stumbles"));
        }
        let does = ALL[usize::from(self.does.load(Relaxed))];
        let opinion = Opinion::clean().uncertainty(percent(does.doubt()));
        match (does, does.severity().map(percent)) {
            (Does::Lies, _) => Ok(opinion.severity(f64::NAN)),
            // Unlike `panic!` it leaves the process's panic hook alone, which would have a million lines to print.
            (Does::Panics, _) => std::panic::resume_unwind(Box::new("as written")),
            (_, None) => Err(CriticError::permanent("as written")),
            (_, Some(bad)) if does.has_violation() => {
                Ok(opinion.violation(Violation::new("written", "as written", bad)))
            }
            (_, Some(bad)) => Ok(opinion.severity(bad)),
        }
    }
}

impl tribunal_core::Critic for Actor {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        if let Some(shown) = &self.shown {
            let seen = view.prior().map(|(name, outcome)| (name.to_string(), outcome.status));
            *shown.lock().unwrap() = seen.collect();
        }
        if self.manner.delay.is_zero() {
            return Answer::now(self.act());
        }
        Answer::later(async {
            tokio::time::sleep(self.manner.delay).await;
            self.act()
        })
    }
}

fn percent(number: u8) -> f64 {
    f64::from(number) / 100.0
}

struct Unclear;

impl Condition for Unclear {
    fn holds(&self, _: View<'_>) -> Result<bool, ConditionError> {
        Err(ConditionError("as written".into()))
    }
}

fn someone_spoke(view: View<'_>) -> bool {
    view.prior().any(|(_, outcome)| outcome.opinion.is_some())
}

fn spec(place: usize, critic: &Critic, manner: Manner) -> CriticSpec {
    let at = |percents: Option<u8>| percents.map(percent);
    let phases =
        if critic.elsewhere { Phases::of(&[Phase::ToolCall]).unwrap() } else { Phases::ALL };
    let backoff = Backoff::new(Duration::from_millis(3), 2.0, Duration::from_secs(1), Jitter::None);
    let mut spec = CriticSpec::new(name(place))
        .stage(Stage::ALL[critic.stage])
        .priority(critic.priority)
        .phases(phases)
        .policy(match critic.policy {
            Policy::Always => GivenPolicy::Always,
            Policy::OnViolation => GivenPolicy::OnViolation,
            Policy::OnHighRisk => GivenPolicy::on_high_risk(),
            Policy::OnUncertainty => GivenPolicy::on_uncertainty(),
            Policy::IfAnyoneSpoke => GivenPolicy::when(someone_spoke),
            Policy::Unclear => GivenPolicy::when(Unclear),
        })
        .failure_mode(match critic.failure {
            Call::Allow => FailureMode::Allow,
            Call::Review => FailureMode::Review,
            Call::Block => FailureMode::Block,
        })
        .mode(if critic.monitored { Mode::Monitor } else { Mode::Enforce })
        .thresholds(Thresholds::new(at(critic.review_at), at(critic.block_at)).unwrap())
        .retry(Retry::attempts(1 + manner.stumbles).backoff(backoff.unwrap()));
    for on in &critic.depends_on {
        spec = spec.depends_on(name(*on));
    }
    if critic.run_anyway { spec.run_anyway() } else { spec }
}

pub(crate) fn name(place: usize) -> String {
    format!("c{place}")
}

/// An orchestrator with its critics on strings.
pub(crate) struct Engine<'p> {
    plan: &'p Plan,
    pub(crate) court: ProductionOrchestrator,
    snapshot: Snapshot,
    actors: Vec<Arc<Actor>>,
    names: Vec<String>,
}

impl<'p> Engine<'p> {
    /// Manners are by place; who has none answers at once.
    pub(crate) fn new(
        plan: &'p Plan,
        settings: RunSettings,
        manners: &[Manner],
    ) -> Result<Self, PlanErrors> {
        let settings = settings.max_total_retries(1_000).retry_budget(10.0, 1_000_000);
        let mut builder = ProductionOrchestrator::builder().settings(settings);
        let mut actors = Vec::new();
        for (place, critic) in plan.critics.iter().enumerate() {
            let manner = manners.get(place).copied().unwrap_or_default();
            let (does, stumbled) = (AtomicU8::new(0), AtomicU32::new(0));
            let shown = (!manners.is_empty()).then(Mutex::default);
            let actor = Arc::new(Actor { does, stumbled, manner, shown });
            builder = builder.shared(spec(place, critic, manner), actor.clone());
            actors.push(actor);
        }
        let court = builder.build()?;
        let risk = if plan.risky { "high" } else { "low" };
        let snapshot = Snapshot::builder().input_text("x").with("risk_tier", risk).build();
        let names = (0..plan.critics.len()).map(name).collect();
        Ok(Self { plan, court, snapshot, actors, names })
    }

    /// Writes down what each does in the next run.
    pub(crate) fn direct(&self, does: &[Does]) -> Snapshot {
        for (actor, does) in self.actors.iter().zip(does) {
            actor.does.store(*does as u8, Relaxed);
            actor.stumbled.store(0, Relaxed);
        }
        self.snapshot.clone()
    }

    pub(crate) async fn run(&self, does: &[Does]) -> Report {
        self.court.run_all(self.direct(does)).await.unwrap()
    }

    /// Rule 5: what each critic sees is what the model says.
    pub(crate) fn check_sight(&self, model: &Arranged<'_>) {
        let outline = self.court.outline();
        let critics = outline.stages.iter().flat_map(|stage| &stage.critics);
        for (critic, expected) in critics.zip(&model.sees) {
            let sees = critic.sees.iter().map(|name| name.as_str());
            assert!(
                sees.eq(expected.iter().map(|at| &*self.names[*at])),
                "{critic:?} {:#?}",
                self.plan
            );
        }
    }

    /// Rules 4 and 5: who was called was shown the outcomes of the report, those that the model says.
    pub(crate) fn check_shown(&self, model: &Arranged<'_>, report: &Report) {
        for (actor, (name, sees)) in self.actors.iter().zip(self.names.iter().zip(&model.sees)) {
            let outcome = &report[&**name];
            let cut_off = outcome.opinion.is_none() && outcome.status == Status::Skipped;
            if let Some(shown) = actor.shown.as_ref().filter(|_| outcome.attempts > 0 && !cut_off) {
                let status = |at: &usize| report[&*self.names[*at]].status;
                let expected = sees.iter().map(|at| (self.names[*at].clone(), status(at)));
                assert!(expected.eq(shown.lock().unwrap().drain(..)), "{name} of {:#?}", self.plan);
            }
        }
    }

    /// Without early exit: everything is as the model says.
    pub(crate) fn check(&self, does: &[Does], expected: &Judged, report: &Report) {
        let verdict = call(report.verdict);
        let causes_fit = report.causes.len() == expected.causes.len()
            && report
                .causes
                .iter()
                .zip(&expected.causes)
                .all(|(told, cause)| self.tells(told, *cause, expected));
        let let_pass = report.let_pass.iter().map(|name| name.as_str());
        let let_pass_fits = let_pass.eq(expected.let_pass.iter().map(|at| &*self.names[*at]));
        let outcomes_fit = report.outcomes().len() == expected.fates.len()
            && report.outcomes().enumerate().all(|(place, (info, outcome))| {
                info.name == *self.names[place] && self.fits(place, outcome, expected)
            });
        assert!(
            verdict == expected.verdict && causes_fit && let_pass_fits && outcomes_fit,
            "{:#?}\ndo {does:?}\nexpected {expected:#?}\ngot {report:#?}",
            self.plan
        );
    }

    /// With early exit: the verdict is the same. Where it settled, critics of that stage may be skipped, and those
    /// of the later stages are. Nothing else differs.
    pub(crate) fn check_early_exit(&self, does: &[Does], expected: &Judged, report: &Report) {
        let is_cut = |outcome: &Outcome| {
            outcome.reason.as_ref() == Some(&Reason::Skipped(Skipped::VerdictSettled))
        };
        let mut settled_in = None;
        let mut outcomes_fit = true;
        for (place, (_, outcome)) in report.outcomes().enumerate() {
            let stage = self.plan.critics[place].stage;
            outcomes_fit &= if is_cut(outcome) {
                settled_in.get_or_insert(stage);
                outcome.calls_for.is_none() && outcome.opinion.is_none()
            } else {
                settled_in.is_none_or(|settled| stage == settled)
                    && self.fits(place, outcome, expected)
            };
        }
        let causes_fit = report
            .causes
            .iter()
            .all(|told| expected.causes.iter().any(|cause| self.tells(told, *cause, expected)));
        let caused = report.causes.is_empty() == (expected.verdict == Call::Allow);
        assert!(
            call(report.verdict) == expected.verdict && outcomes_fit && causes_fit && caused,
            "early exit in {:#?}\ndo {does:?}\nexpected {expected:#?}\ngot {report:#?}",
            self.plan
        );
    }

    fn fits(&self, place: usize, outcome: &Outcome, expected: &Judged) -> bool {
        let reason = outcome.reason.as_ref();
        let kind = reason.map(Reason::kind);
        let fate = expected.fates[place];
        let attempts = match fate {
            Fate::Spoke(_) => 1 + self.actors[place].manner.stumbles,
            Fate::Failed(_, "condition") | Fate::Gated(_) | Fate::Skipped(..) => 0,
            Fate::Failed(..) => 1 + self.actors[place].manner.stumbles,
        };
        let as_fated = match fate {
            Fate::Spoke(does) => {
                let opinion = outcome.opinion.as_ref();
                outcome.status == Status::Success
                    && reason.is_none()
                    && opinion.map(Opinion::worst_severity) == does.severity().map(percent)
            }
            Fate::Failed(status, why) => outcome.status.as_str() == status && kind == Some(why),
            Fate::Gated(why) => outcome.status == Status::Gated && kind == Some(why),
            Fate::Skipped(on, as_it_should_be) => matches!(reason,
                Some(Reason::Skipped(Skipped::Dependency { name, gated }))
                    if *name == *self.names[on] && *gated == as_it_should_be),
        };
        let called = outcome.calls_for.map(call);
        as_fated
            && called == expected.calls[place]
            && outcome.attempts == attempts
            && outcome.opinion.is_some() == matches!(fate, Fate::Spoke(_))
    }

    fn tells(&self, told: &Told, cause: Cause, expected: &Judged) -> bool {
        match (told, cause) {
            (Told::NoOpinion, Cause::NobodySpoke) => true,
            (Told::Opinion { critic, severity, codes }, Cause::Critic(at)) => {
                let Fate::Spoke(does) = expected.fates[at] else { return false };
                let named = codes.len() == usize::from(does.has_violation());
                *critic == *self.names[at]
                    && Some(*severity) == does.severity().map(percent)
                    && named
            }
            (Told::Failure { critic, status, kind }, Cause::Critic(at)) => {
                let (expected_status, expected_kind) = match expected.fates[at] {
                    Fate::Failed(status, kind) => (status, kind),
                    _ => ("skipped", "dependency"),
                };
                *critic == *self.names[at]
                    && status.as_str() == expected_status
                    && *kind == expected_kind
            }
            _ => false,
        }
    }
}

fn call(verdict: Verdict) -> Call {
    match verdict {
        Verdict::Allow => Call::Allow,
        Verdict::Review => Call::Review,
        Verdict::Block => Call::Block,
    }
}
