//! Small pipelines by chance, with all that decides what runs.

use tribunal_core::{
    CriticName, FailureMode, Mode, Phase, Phases, RiskLevel, Stage, Status, Thresholds,
};
use tribunal_prove::{
    Atom, Bound, Codes, Condition, CriticModel, Formula, Gate, Quantity, RunModel,
};

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
        for at in 1..count {
            if dice.one_in(3) {
                critics[at].depends_on.push(named(dice.below(at)));
                critics[at].run_anyway = dice.one_in(4);
            }
            let seen = seen(&critics[at], &critics);
            critics[at].gate = gate(dice, &seen);
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

impl Pipeline {
    /// One whose last critic looks at all others, in the ways in which the functions of the field do.
    pub(crate) fn asking(dice: &mut Dice) -> Self {
        let mut pipeline = Self::thrown(dice, false);
        let heard = pipeline.critics.iter().filter(|critic| critic.mode == Mode::Enforce);
        let others: Vec<CriticName> = heard.map(|critic| critic.name.clone()).collect();
        if others.is_empty() {
            return pipeline;
        }
        let one = |dice: &mut Dice| {
            let of = dice.of(&others);
            let atom = match dice.below(4) {
                0 => Atom::Failed(of),
                1 => Atom::Called(of),
                _ => of_codes(dice, &others),
            };
            Formula::Atom(atom)
        };
        let parts = vec![one(dice), one(dice).negated()];
        let holds = dice.of(&[parts[0].clone(), Formula::And(parts.clone()), Formula::Or(parts)]);
        let condition = Condition { holds, may_fail: false, reads_outcomes: true };
        pipeline.critics.push(CriticModel {
            stage: Stage::DeepAnalysis,
            gate: Gate::Conditional(condition),
            ..CriticModel::new(named(pipeline.critics.len()))
        });
        pipeline
    }
}

/// The critics that a gate sees; what reads others is refused by model and engine.
fn seen(own: &CriticModel, critics: &[CriticModel]) -> Vec<CriticName> {
    let earlier = |other: &&CriticModel| {
        (other.stage, other.priority) < (own.stage, own.priority) && other.mode == Mode::Enforce
    };
    let seen =
        critics.iter().filter(|other| earlier(other) || own.depends_on.contains(&other.name));
    seen.map(|other| other.name.clone()).collect()
}

fn gate(dice: &mut Dice, seen: &[CriticName]) -> Gate {
    match dice.below(7) {
        0 => Gate::Always,
        1 => Gate::OnViolation,
        2 => Gate::OnHighRisk(RiskLevel::default()),
        3 => Gate::OnUncertainty(dice.of(&[0.5, 0.6, 0.7, 1.0])),
        _ => {
            let holds = formula(dice, seen, 2);
            Gate::Conditional(Condition { holds, may_fail: false, reads_outcomes: true })
        }
    }
}

fn formula(dice: &mut Dice, seen: &[CriticName], depth: usize) -> Formula {
    match dice.below(if depth == 0 { 3 } else { 6 }) {
        0..=2 => Formula::Atom(atom(dice, seen)),
        3 => formula(dice, seen, depth - 1).negated(),
        4 => Formula::And(vec![formula(dice, seen, depth - 1), formula(dice, seen, depth - 1)]),
        _ => Formula::Or(vec![formula(dice, seen, depth - 1), formula(dice, seen, depth - 1)]),
    }
}

fn atom(dice: &mut Dice, seen: &[CriticName]) -> Atom {
    if seen.is_empty() {
        return Atom::Phase(dice.of(&[Phase::Input, Phase::Output]));
    }
    let critic = dice.of(seen);
    match dice.below(10) {
        0 => Atom::Phase(dice.of(&[Phase::Input, Phase::Output])),
        1 => Atom::Risk(RiskLevel::default()),
        2 => Atom::Status(critic, dice.of(Status::ALL)),
        3 => Atom::Reaches(critic, Quantity::Violations, Bound::from(dice.of(&[1.0, 2.0]))),
        4 => {
            let at = dice.of(&[0.0, 0.6, 1.0]);
            Atom::Reaches(critic, Quantity::Uncertainty, Bound { at, above: dice.one_in(2) })
        }
        5 | 6 => of_codes(dice, seen),
        7 => Atom::Failed(critic),
        8 => Atom::Called(critic),
        _ => {
            let at = dice.of(&[0.0, 0.2, 0.3, 0.4, 0.8, 0.9, 1.0]);
            Atom::Reaches(critic, Quantity::Severity, Bound { at, above: dice.one_in(2) })
        }
    }
}

/// What violations there are, of which critics and with which codes.
fn of_codes(dice: &mut Dice, seen: &[CriticName]) -> Atom {
    let codes = dice.of(&[
        Codes::Within("a".into()),
        Codes::Within("a.b".into()),
        Codes::Exactly("a.b".into()),
        Codes::Exactly("x".into()),
    ]);
    let of: Vec<CriticName> = seen.iter().filter(|_| !dice.one_in(4)).cloned().collect();
    match dice.below(3) {
        0 => Atom::Violations { of, codes: None, at_least: dice.of(&[0, 1, 2, 3, 4, 5]) },
        1 => Atom::Violations { of, codes: Some(codes), at_least: dice.of(&[1, 1, 2, 3]) },
        _ => {
            let at = dice.of(&[0.0, 0.2, 0.5, 0.85]);
            Atom::CodeSeverity(dice.of(seen), codes, Bound { at, above: dice.one_in(2) })
        }
    }
}
