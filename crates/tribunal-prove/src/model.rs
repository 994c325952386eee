//! A pipeline as far as it decides what runs, what is called for, what it costs and how long it takes.
//!
//! Start at [`Model::new`], which settles the order of the plan and who sees and waits for whom, by the rules that the
//! engine goes by (DESIGN, rules 4 and 5). What a gate asks is in `model/formula.rs`
//! and what that comes to in a run in `model/evaluate.rs`.

mod evaluate;
mod formula;

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;
use tribunal_core::{CriticName, FailureMode, Mode, Phases, RiskLevel, Stage, Thresholds, Verdict};

pub use self::formula::{Atom, Bound, Codes, Condition, Formula, Quantity};

/// What holds for whole runs.
#[derive(Debug, Clone, PartialEq)]
pub struct RunModel {
    /// Whether a run stops once its verdict is settled.
    pub early_exit: bool,
    /// What a run may cost, in the unit of the critics.
    pub max_cost: Option<f64>,
    /// How long a run may take.
    pub timeout: Duration,
    /// How long a stage may take, where it has a timeout of its own.
    pub stage_timeouts: BTreeMap<Stage, Duration>,
    /// How many retries a run may make over all critics.
    pub max_total_retries: u32,
}

impl Default for RunModel {
    /// What the engine does unless told otherwise: 10 s, ten retries, no budget, no early exit.
    fn default() -> Self {
        Self {
            early_exit: false,
            max_cost: None,
            timeout: Duration::from_secs(10),
            stage_timeouts: BTreeMap::new(),
            max_total_retries: 10,
        }
    }
}

/// One critic and how it is run.
#[derive(Debug, Clone, PartialEq)]
pub struct CriticModel {
    /// Its name.
    pub name: CriticName,
    /// Its stage.
    pub stage: Stage,
    /// Its place within the stage, 1 is first.
    pub priority: u8,
    /// The phases it is for.
    pub phases: Phases,
    /// When it runs.
    pub gate: Gate,
    /// The critics that must have given an opinion.
    pub depends_on: Vec<CriticName>,
    /// Whether it runs also when they have not.
    pub run_anyway: bool,
    /// Whether its word counts.
    pub mode: Mode,
    /// What its failure calls for.
    pub failure_mode: FailureMode,
    /// What its opinions call for.
    pub thresholds: Thresholds,
    /// What one call costs.
    pub cost: f64,
    /// How long one attempt may take.
    pub timeout: Duration,
    /// The longest wait before each further attempt; as many as there may be repeats.
    pub waits: Vec<Duration>,
    /// Whether a slow call gets a second one beside it.
    pub hedged: bool,
    /// Whether it has a rate limit, and so may be `rate_limited`.
    pub rate_limited: bool,
    /// Whether it has a circuit breaker, and so may fail without having been called.
    pub breaker: bool,
    /// The codes that its violations may have; none of them where there are none, and any for `None`. One that ends in
    /// `.*` stands for all that begin so.
    pub codes: Option<Vec<String>>,
}

impl CriticModel {
    /// A critic with the engine's defaults.
    #[must_use]
    pub fn new(name: CriticName) -> Self {
        Self {
            name,
            stage: Stage::default(),
            priority: 5,
            phases: Phases::ALL,
            gate: Gate::Always,
            depends_on: Vec::new(),
            run_anyway: false,
            mode: Mode::default(),
            failure_mode: FailureMode::default(),
            thresholds: Thresholds::default(),
            cost: 0.0,
            timeout: Duration::from_secs(2),
            waits: Vec::new(),
            hedged: false,
            rate_limited: false,
            breaker: false,
            codes: None,
        }
    }

    /// The highest verdict it can call for.
    pub(crate) fn highest(&self) -> Verdict {
        match self.mode {
            Mode::Monitor => Verdict::Allow,
            Mode::Enforce => self.thresholds.highest().max(self.failure_mode.verdict()),
        }
    }

    /// Whether its outcome counts for the verdict.
    pub(crate) fn is_enforced(&self) -> bool {
        self.mode == Mode::Enforce
    }
}

/// When a critic runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    /// In every run.
    Always,
    /// When some outcome it sees has a violation.
    OnViolation,
    /// When the risk that the snapshot states reaches the level.
    OnHighRisk(RiskLevel),
    /// When some outcome it sees reaches this uncertainty.
    OnUncertainty(f64),
    /// When this holds.
    Conditional(Condition),
}

impl Gate {
    fn reads_outcomes(&self) -> bool {
        match self {
            Self::Always | Self::OnHighRisk(_) => false,
            Self::OnViolation | Self::OnUncertainty(_) => true,
            Self::Conditional(condition) => condition.reads_outcomes,
        }
    }
}

/// Why critics make no model. A pipeline that the engine takes makes one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A critic depends on one, or reads one, that is not there or that it does not see.
    #[error("`{critic}` cannot see `{other}`")]
    Unseen {
        /// Which critic.
        critic: CriticName,
        /// Whom it cannot see.
        other: CriticName,
    },
    /// Two critics have the same name.
    #[error("two critics are called `{0}`")]
    Twice(CriticName),
    /// Critics wait for each other.
    #[error("critics wait for each other, `{0}` among them")]
    Cycle(CriticName),
}

/// A pipeline, arranged.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) run: RunModel,
    /// In plan order.
    pub(crate) critics: Vec<CriticModel>,
    pub(crate) orders: Vec<Order>,
    /// An order in which each comes after all it sees or waits for.
    pub(crate) sequence: Vec<usize>,
    pub(crate) places: BTreeMap<CriticName, usize>,
}

/// One critic's place among the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    pub(crate) depends_on: Vec<usize>,
    pub(crate) sees: Vec<usize>,
    /// Those of its own stage that it waits for.
    pub(crate) waits_for: Vec<usize>,
}

impl Model {
    /// Arranges critics, given in the order in which they are registered.
    ///
    /// # Errors
    ///
    /// [`ModelError`] for what the engine would refuse too.
    pub fn new(mut critics: Vec<CriticModel>, run: RunModel) -> Result<Self, ModelError> {
        critics.sort_by_key(|critic| (critic.stage, critic.priority));
        let mut places = BTreeMap::new();
        for (place, critic) in critics.iter().enumerate() {
            if places.insert(critic.name.clone(), place).is_some() {
                return Err(ModelError::Twice(critic.name.clone()));
            }
        }
        let mut orders = Vec::with_capacity(critics.len());
        for (place, critic) in critics.iter().enumerate() {
            orders.push(order(place, critic, &critics, &places)?);
        }
        sequence(&critics, &orders)?;
        if run.max_cost.is_some() {
            queue_for_budget(&critics, &mut orders);
        }
        let sequence = sequence(&critics, &orders)?;
        Ok(Self { run, critics, orders, sequence, places })
    }

    /// The critics, in plan order.
    #[must_use]
    pub fn critics(&self) -> &[CriticModel] {
        &self.critics
    }

    /// What holds for whole runs.
    #[must_use]
    pub const fn run(&self) -> &RunModel {
        &self.run
    }
}

fn order(
    place: usize,
    critic: &CriticModel,
    critics: &[CriticModel],
    places: &BTreeMap<CriticName, usize>,
) -> Result<Order, ModelError> {
    let unseen = |other: &CriticName| ModelError::Unseen {
        critic: critic.name.clone(),
        other: other.clone(),
    };
    let mut depends_on = Vec::new();
    for name in &critic.depends_on {
        let at = places.get(name).copied().ok_or_else(|| unseen(name))?;
        let fits = critics.get(at).is_some_and(|other| {
            other.stage <= critic.stage && (critic.mode == Mode::Monitor || other.is_enforced())
        });
        if !fits {
            return Err(unseen(name));
        }
        depends_on.push(at);
    }
    depends_on.sort_unstable();
    depends_on.dedup();
    let reads = critic.gate.reads_outcomes();
    let before = |other: &CriticModel| {
        reads && other.stage == critic.stage && other.priority < critic.priority
    };
    let mut sees = Vec::new();
    let mut waits_for = Vec::new();
    for (at, other) in critics.iter().enumerate() {
        let depended = depends_on.contains(&at);
        let read = (other.stage < critic.stage || before(other)) && other.is_enforced();
        if at != place && (read || depended) {
            sees.push(at);
        }
        let gate = before(other) && other.is_enforced();
        if other.stage == critic.stage && (gate || depended) {
            waits_for.push(at);
        }
    }
    if let Gate::Conditional(condition) = &critic.gate {
        let mut wrong = None;
        condition.holds.atoms(&mut |atom| {
            for name in atom.critics() {
                if !places.get(name).is_some_and(|at| sees.contains(at)) {
                    wrong = Some(unseen(name));
                }
            }
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
    }
    Ok(Order { depends_on, sees, waits_for })
}

/// Under a budget, critics of a stage that cost something reserve in an order that never depends on timing; as the
/// engine has it.
fn queue_for_budget(critics: &[CriticModel], orders: &mut [Order]) {
    let costs = |place: &usize| critics.get(*place).is_some_and(|critic| critic.cost > 0.0);
    for later in (0..critics.len()).filter(costs) {
        for earlier in (0..later).rev().filter(costs) {
            let stage = |place: usize| critics.get(place).map(|critic| critic.stage);
            if stage(earlier) != stage(later) {
                break;
            }
            let waits = |at: usize| orders.get(at).is_some_and(|o| !o.waits_for.is_empty());
            let unordered = (waits(earlier) || waits(later))
                && !reaches(earlier, later, orders)
                && !reaches(later, earlier, orders);
            if unordered && let Some(order) = orders.get_mut(later) {
                order.waits_for.push(earlier);
            }
        }
    }
}

/// Whether one critic waits for another of its stage, by way of others or not.
pub(crate) fn reaches(from: usize, to: usize, orders: &[Order]) -> bool {
    let mut seen = vec![false; orders.len()];
    let mut open = vec![from];
    while let Some(place) = open.pop() {
        if place == to {
            return true;
        }
        if let Some(seen) = seen.get_mut(place).filter(|seen| !**seen) {
            *seen = true;
            open.extend(orders.get(place).into_iter().flat_map(|order| &order.waits_for));
        }
    }
    false
}

/// The lowest place first of those whose turn it can be.
fn sequence(critics: &[CriticModel], orders: &[Order]) -> Result<Vec<usize>, ModelError> {
    let mut done = vec![false; critics.len()];
    let mut sequence = Vec::with_capacity(critics.len());
    while sequence.len() < critics.len() {
        let mut blocked = None;
        let next = done.iter().enumerate().position(|(place, is_done)| {
            let ready = !is_done
                && orders.get(place).is_some_and(|order| {
                    let all = order.waits_for.iter().chain(&order.sees);
                    all.into_iter().all(|&other| done.get(other) == Some(&true))
                });
            if !is_done && !ready && blocked.is_none() {
                blocked = critics.get(place).map(|critic| critic.name.clone());
            }
            ready
        });
        match (next, blocked) {
            (Some(next), _) => {
                if let Some(done) = done.get_mut(next) {
                    *done = true;
                }
                sequence.push(next);
            }
            (None, Some(name)) => return Err(ModelError::Cycle(name)),
            (None, None) => break,
        }
    }
    Ok(sequence)
}
