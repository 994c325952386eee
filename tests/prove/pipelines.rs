//! Small pipelines by chance, with all that decides what runs.

use tribunal_core::{
    CriticName, FailureMode, Mode, Phase, Phases, RiskLevel, Stage, Status, Thresholds,
};
use tribunal_prove::{Atom, Bound, Condition, CriticModel, Formula, Gate, Quantity, RunModel};

/// Chance that repeats itself.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678_9ABC_DEF1)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // SplitMix64, by Steele, Lea and Flood (2014).
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    pub(crate) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    pub(crate) fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) critics: Vec<CriticModel>,
    pub(crate) run: RunModel,
}

pub(crate) fn named(place: usize) -> CriticName {
    CriticName::new(&format!("c{place}")).unwrap()
}

impl Pipeline {
    pub(crate) fn thrown(dice: &mut Dice, early_exit: bool) -> Self {
        let count = 1 + dice.below(3);
        let mut critics: Vec<CriticModel> = (0..count).map(|at| critic(dice, at)).collect();
        for (at, critic) in critics.iter_mut().enumerate().skip(1) {
            if dice.one_in(3) {
                critic.depends_on.push(named(dice.below(at)));
                critic.run_anyway = dice.one_in(4);
            }
            critic.gate = gate(dice, at);
        }
        // The file's order is not the plan's.
        if dice.one_in(2) {
            critics.reverse();
        }
        let max_cost =
            if dice.one_in(4) { Some(dice.of(&[0.5, 1.0, 2.0, 3.0, 3.5])) } else { None };
        let run = RunModel { early_exit, max_cost, ..RunModel::default() };
        Self { critics, run }
    }
}

fn critic(dice: &mut Dice, at: usize) -> CriticModel {
    let thresholds = dice.of(&[
        (Some(0.4), Some(0.8)),
        (Some(0.4), Some(0.8)),
        (None, None),
        (Some(0.4), None),
        (None, Some(0.9)),
    ]);
    CriticModel {
        stage: dice.of(&[Stage::FastCritics, Stage::CoreAnalysis, Stage::CoreAnalysis]),
        priority: dice.of(&[4, 5, 6]),
        phases: if dice.one_in(6) { Phases::of(&[Phase::Output]).unwrap() } else { Phases::ALL },
        mode: if dice.one_in(6) { Mode::Monitor } else { Mode::Enforce },
        failure_mode: dice.of(&[FailureMode::Allow, FailureMode::Review, FailureMode::Block]),
        thresholds: Thresholds::new(thresholds.0, thresholds.1).unwrap(),
        cost: dice.of(&[0.0, 1.0, 1.0, 2.0, 0.7]),
        ..CriticModel::new(named(at))
    }
}

fn gate(dice: &mut Dice, at: usize) -> Gate {
    match dice.below(6) {
        0 => Gate::Always,
        1 => Gate::OnViolation,
        2 => Gate::OnHighRisk(RiskLevel::default()),
        3 => Gate::OnUncertainty(dice.of(&[0.5, 0.6, 0.7, 1.0])),
        _ => {
            let holds = formula(dice, at, 2);
            Gate::Conditional(Condition { holds, may_fail: false, reads_outcomes: true })
        }
    }
}

fn formula(dice: &mut Dice, at: usize, depth: usize) -> Formula {
    match dice.below(if depth == 0 { 3 } else { 6 }) {
        0..=2 => Formula::Atom(atom(dice, at)),
        3 => formula(dice, at, depth - 1).negated(),
        4 => Formula::And(vec![formula(dice, at, depth - 1), formula(dice, at, depth - 1)]),
        _ => Formula::Or(vec![formula(dice, at, depth - 1), formula(dice, at, depth - 1)]),
    }
}

fn atom(dice: &mut Dice, at: usize) -> Atom {
    let critic = named(dice.below(at));
    match dice.below(6) {
        0 => Atom::Phase(dice.of(&[Phase::Input, Phase::Output])),
        1 => Atom::Risk(RiskLevel::default()),
        2 => Atom::Status(critic, dice.of(Status::ALL)),
        3 => Atom::Reaches(critic, Quantity::Violations, Bound::from(dice.of(&[1.0, 2.0]))),
        4 => {
            let at = dice.of(&[0.0, 0.6, 1.0]);
            Atom::Reaches(critic, Quantity::Uncertainty, Bound { at, above: dice.one_in(2) })
        }
        _ => {
            let at = dice.of(&[0.0, 0.2, 0.3, 0.4, 0.8, 0.9, 1.0]);
            Atom::Reaches(critic, Quantity::Severity, Bound { at, above: dice.one_in(2) })
        }
    }
}
