//! Small plans, all of them: every setting in every combination, and everything that each critic may do.
//!
//! Not every setting meets every other here; families of plans take those together that have to do with each
//! other. `large` throws all of them together by chance.

use futures_util::FutureExt as _;
use tribunal_production::RunSettings;

use crate::choices::{Choices, every};
use crate::engine::{ALL, Engine};
use crate::model::{Call, Critic, Does, Plan, Policy};

/// A critic with nothing special about it.
pub(crate) fn plain() -> Critic {
    Critic {
        stage: 1,
        priority: 5,
        elsewhere: false,
        policy: Policy::Always,
        depends_on: Vec::new(),
        run_anyway: false,
        monitored: false,
        failure: Call::Review,
        review_at: Some(40),
        block_at: Some(80),
    }
}

/// So many critics, each beside the one before it, behind it by priority, or in the next stage.
fn seated(choices: &mut Choices, count: usize) -> Plan {
    let mut critics = vec![plain()];
    for _ in 1..count {
        let mut next = critics.last().unwrap().clone();
        match choices.below(3) {
            0 => {}
            1 => next.priority += 1,
            _ => next.stage += 1,
        }
        critics.push(next);
    }
    Plan { critics, risky: false }
}

/// How much there was to try.
#[derive(Debug, Default)]
struct Tried {
    plans: u64,
    refused: u64,
    runs: u64,
}

impl Tried {
    /// A plan with all that its critics may do; what is in question of the last one may be less.
    fn plan(&mut self, plan: &Plan, does: &[Does], last: &[Does], early_exit: bool) {
        let settings = RunSettings::default().early_exit(early_exit);
        let engine = Engine::new(plan, settings, &[]);
        let Some(model) = plan.arranged() else {
            assert!(engine.is_err(), "the engine takes what the model refuses: {plan:#?}");
            self.refused += 1;
            return;
        };
        let engine = engine.unwrap_or_else(|errors| panic!("{errors}: {plan:#?}"));
        engine.check_sight(&model);
        self.plans += 1;
        every(|choices| {
            let count = plan.critics.len();
            let script: Vec<Does> = (1..=count)
                .map(|place| choices.of(if place == count { last } else { does }))
                .collect();
            let expected = model.judge(&script);
            let report = engine.run(&script).now_or_never().unwrap();
            if early_exit {
                engine.check_early_exit(&script, &expected, &report);
            } else {
                engine.check(&script, &expected, &report);
            }
            self.runs += 1;
        });
    }

    /// Cargo shows it with `--nocapture`.
    fn told(self, what: &str, at_least: u64) {
        println!(
            "{what}: {} runs of {} plans, {} plans refused",
            self.runs, self.plans, self.refused
        );
        assert!(self.runs >= at_least, "{what}: {self:?}");
    }
}

/// Rules 4 to 6: one critic behind two others, under every policy.
#[test]
fn gates_decide_what_the_model_says_in_all_small_plans() {
    const POLICIES: [Policy; 6] = [
        Policy::Always,
        Policy::OnViolation,
        Policy::OnHighRisk,
        Policy::OnUncertainty,
        Policy::IfAnyoneSpoke,
        Policy::Unclear,
    ];
    /// Gates cannot tell the others from these.
    const DOES: [Does; 5] = [Does::Clean, Does::Objects, Does::Doubts, Does::Fails, Does::Lies];
    let mut tried = Tried::default();
    for count in 1..=3 {
        let does = if count == 3 { &DOES[..] } else { &ALL[..] };
        every(|choices| {
            let mut plan = seated(choices, count);
            for critic in &mut plan.critics {
                critic.policy = choices.of(&POLICIES);
            }
            plan.critics[0].elsewhere = choices.either();
            let asks_for_risk =
                plan.critics.iter().any(|critic| critic.policy == Policy::OnHighRisk);
            plan.risky = asks_for_risk && choices.either();
            tried.plan(&plan, does, &[Does::Objects], false);
        });
    }
    tried.told("gates", 130_000);
}

/// Every choice of who depends on whom, itself included.
fn depend(choices: &mut Choices, plan: &mut Plan) {
    let count = plan.critics.len();
    for place in 0..count {
        for other in 0..count {
            if other != place && choices.either() {
                plan.critics[place].depends_on.push(other);
            }
        }
    }
}

/// Rules 4 and 14, and cycles: what a critic depends on, in every shape.
#[test]
fn dependencies_decide_what_the_model_says_in_all_small_plans() {
    const DOES: [Does; 4] = [Does::Clean, Does::Objects, Does::Fails, Does::Lies];
    const POLICIES: [Policy; 3] = [Policy::OnViolation, Policy::Always, Policy::OnHighRisk];
    let mut tried = Tried::default();
    for count in 2..=3 {
        every(|choices| {
            let mut plan = seated(choices, count);
            depend(choices, &mut plan);
            for (place, critic) in plan.critics.iter_mut().enumerate() {
                // There is nothing that the gate of the first could read.
                critic.policy = choices.of(if place == 0 { &POLICIES[1..] } else { &POLICIES });
                critic.run_anyway = !critic.depends_on.is_empty() && choices.either();
            }
            tried.plan(&plan, &DOES, &[Does::Clean], false);
        });
    }
    tried.told("dependencies", 100_000);
}

/// Rule 19: whoever is monitored, alone or among others, with whatever depends on it.
#[test]
fn monitored_critics_change_nothing_in_all_small_plans() {
    const DOES: [Does; 4] = [Does::Clean, Does::Condemns, Does::Doubts, Does::Panics];
    const POLICIES: [Policy; 3] = [Policy::Always, Policy::OnViolation, Policy::OnUncertainty];
    let mut tried = Tried::default();
    for count in 1..=3 {
        every(|choices| {
            let mut plan = seated(choices, count);
            for place in 0..count {
                plan.critics[place].monitored = choices.either();
                plan.critics[place].policy = choices.of(&POLICIES);
                // Those before it: `dependencies` has every shape.
                for other in 0..place {
                    if choices.either() {
                        plan.critics[place].depends_on.push(other);
                    }
                }
            }
            tried.plan(&plan, &DOES, &[Does::Condemns], false);
        });
    }
    tried.told("monitored", 150_000);
}

/// Rules 14, 16 and 19: what counts for the verdict, with and without early exit.
fn verdicts(early_exit: bool) -> Tried {
    const CALLS: [Call; 3] = [Call::Allow, Call::Review, Call::Block];
    const THRESHOLDS: [(Option<u8>, Option<u8>); 5] = [
        (Some(40), Some(80)),
        (Some(20), Some(40)),
        (Some(40), None),
        (None, Some(80)),
        (None, None),
    ];
    let mut tried = Tried::default();
    for count in 1..=3 {
        let thresholds = match count {
            // Who can still block is what early exit is about.
            3 if early_exit => &THRESHOLDS[1..3],
            3 => &THRESHOLDS[1..2],
            _ => &THRESHOLDS[..],
        };
        every(|choices| {
            let mut critics = vec![plain(); count];
            for (place, critic) in critics.iter_mut().enumerate() {
                critic.monitored = choices.either();
                critic.failure = choices.of(&CALLS);
                (critic.review_at, critic.block_at) = choices.of(thresholds);
                // The last one comes later, so that early exit has something to save.
                critic.stage += usize::from(place == 2);
            }
            critics[count - 1].elsewhere = count < 3 && choices.either();
            let plan = Plan { critics, risky: false };
            if count == 3 {
                const DOES: [Does; 4] = [Does::Clean, Does::Frowns, Does::Condemns, Does::Fails];
                tried.plan(&plan, &DOES, &DOES, early_exit);
            } else {
                tried.plan(&plan, &ALL, &ALL, early_exit);
            }
        });
    }
    tried
}

#[test]
fn verdicts_are_what_the_model_says_in_all_small_plans() {
    verdicts(false).told("verdicts", 100_000);
}

#[test]
fn verdicts_with_early_exit_are_what_the_model_says_in_all_small_plans() {
    verdicts(true).told("verdicts with early exit", 200_000);
}
