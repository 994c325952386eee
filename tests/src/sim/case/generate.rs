//! How pipelines are made up from a seed: often enough of what is rare in life, seldom of what is slow.
//!
//! Each idea draws from numbers of its own, so that one more of them leaves the others as they were.

mod critic;
mod resilience;

use std::time::Duration;

use tribunal_core::{Phase, Stage};

use super::{Cancel, Case, CriticCase, HedgeCase, RateCase, RetryShare, RunCase, Turn};
use crate::sim::model;
use crate::sim::rng::Rng;

const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// How many runs a seed stands for, without making up the rest of it.
pub(crate) fn run_count(seed: u64) -> u64 {
    1 + faulty_runs(seed)
}

/// A few cases are long: what is a share of many calls does not come up in a few.
fn is_long(seed: u64) -> bool {
    Rng::of(&[seed, 8]).below(100) == 0
}

fn faulty_runs(seed: u64) -> u64 {
    if is_long(seed) { LONG } else { 1 + Rng::of(&[seed, 0]).below(5) }
}

/// By which of them calls are hedged, in percent.
const PERCENTILES: [f64; 5] = [50.0, 75.0, 90.0, 95.0, 99.9];

/// The runs of a long case, and how many milliseconds there are from one to the next.
const LONG: u64 = 60;
const APART: u64 = 20;

fn run(rng: &mut Rng, timeout: Duration) -> RunCase {
    let cancel = match rng.below(12) {
        0 => Cancel::AfterPolls(rng.below(10) as u32),
        1 => Cancel::After(millis(rng.below(30))),
        2 => Cancel::After(timeout.min(millis(40))),
        _ => Cancel::Never,
    };
    RunCase {
        arrives: millis(if rng.percent(60) { 0 } else { rng.below(30) }),
        phase: if rng.percent(75) { Phase::Input } else { rng.pick(Phase::ALL) },
        risky: rng.percent(40),
        cancel,
    }
}

/// At most so many stages, in order.
fn stages(rng: &mut Rng) -> Vec<Stage> {
    let mut stages = Stage::ALL.to_vec();
    let keep = rng.weighted(&[(2, 1), (3, 2), (3, 3), (1, 4), (1, 6)]);
    while stages.len() > keep {
        stages.remove(rng.index(stages.len()));
    }
    stages
}

impl Case {
    /// The case of a seed.
    #[must_use]
    pub fn generated(seed: u64) -> Self {
        let mut rng = Rng::of(&[seed, 1]);
        let calm = rng.percent(25);
        let stages = stages(&mut rng);
        let count = if stages.len() == 6 { 12 } else { 1 + rng.index(12) };
        let mut critics: Vec<CriticCase> =
            (0..count).map(|_| critic::generated(&mut rng, &stages, calm)).collect();
        critics.sort_by_key(|critic| (critic.stage, critic.priority));

        let timeout = millis(if calm { 10_000 } else { rng.pick(&[30, 30, 100, 10_000]) });
        let mut case = Self {
            seed,
            critics,
            runs: (0..faulty_runs(seed)).map(|_| run(&mut rng, timeout)).collect(),
            timeout,
            stage_timeouts: Default::default(),
            stage_limits: Default::default(),
            max_in_flight: 0,
            max_runs: 0,
            max_queued: 0,
            max_total_retries: rng.pick(&[0, 1, 2, 10, 1_000]),
            early_exit: rng.percent(30),
            rates: Vec::new(),
            retry_share: Some(RetryShare { share: 0, floor: 0 }),
            max_cost: None,
            turn: Turn::Nothing,
            hook_timeout: rng.percent(25).then(|| millis(4)),
            rude_observer: rng.percent(5),
            faults: if rng.percent(15) { 0 } else { rng.pick(&[8, 20, 50]) },
            blocks: rng.percent(20),
        };
        case.limit(&mut rng, calm);
        case.arrange(&mut rng);
        case.make_resilient(&mut Rng::of(&[seed, 6]));
        case.turn = case.some_turn(&mut Rng::of(&[seed, 7]), calm);
        // What blocks its thread can be cut off after it was late, and nobody could tell which came first.
        if is_long(seed) {
            case.lengthen(&mut Rng::of(&[seed, 9]));
        }
        case.blocks &= !matches!(case.turn, Turn::Stop { .. });
        case.set_apart(&mut Rng::of(&[seed, 11]));
        case
    }

    /// Its runs come one after the other, and slow calls of its critics are hedged.
    fn lengthen(&mut self, rng: &mut Rng) {
        for (at, run) in (0..).zip(&mut self.runs) {
            run.arrives += millis(at * APART);
        }
        let with_breakers = rng.percent(30);
        for own in self.critics_of_all() {
            own.breaker = own.breaker.filter(|_| with_breakers);
            own.hedge = rng.percent(70).then(|| HedgeCase::After(millis(rng.pick(&[2, 2, 4]))));
            // One token for each run: there is none for a hedge.
            let scarce = RateCase { tokens: 1, per: APART, burst: 1 };
            own.rate = if rng.percent(25) { Some(scarce) } else { own.rate };
        }
    }

    /// Some calls are made in tasks of their own, and some are hedged by what was learned of those before.
    ///
    /// Not where calls block the thread, for between the end of a task and the answer of its call time must not pass.
    /// A task has no breaker, since at one and the same time its end may be seen before or after others ask, and no
    /// hedge by percentile, since that is learned in the order in which ends are seen.
    fn set_apart(&mut self, rng: &mut Rng) {
        let tasks = if !self.blocks && rng.percent(25) { 50 } else { 0 };
        for own in self.critics_of_all() {
            own.apart = rng.percent(tasks);
            own.breaker = own.breaker.filter(|_| !own.apart);
            let learned = rng.percent(40).then(|| HedgeCase::Percentile(rng.pick(&PERCENTILES)));
            own.hedge = own.hedge.map(|hedge| learned.filter(|_| !own.apart).unwrap_or(hedge));
        }
    }

    /// Its critics, and those of the config that it is exchanged for.
    fn critics_of_all(&mut self) -> impl Iterator<Item = &mut CriticCase> {
        let next = match &mut self.turn {
            Turn::Reload { to, .. } => Some(&mut to.critics),
            _ => None,
        };
        std::iter::once(&mut self.critics).chain(next).flatten()
    }

    /// Room for calls and runs, and time for stages.
    fn limit(&mut self, rng: &mut Rng, calm: bool) {
        let small = |rng: &mut Rng| rng.pick(&[1, 1, 2, 3, 1_024, 1_024]);
        self.max_in_flight = small(rng);
        self.max_runs = small(rng);
        self.max_queued = rng.pick(&[0, 1, 2, 1_024]);
        for place in 0..self.stage_limits.len() {
            self.stage_limits[place] = rng.percent(20).then(|| 1 + rng.index(3));
            let own = rng.percent(if calm { 0 } else { 25 }).then(|| rng.pick(&[10, 20, 50]));
            self.stage_timeouts[place] = own.map(|own| millis(own).min(self.timeout));
        }
    }

    /// Names the critics, and gives them those dependencies that make a plan.
    fn arrange(&mut self, rng: &mut Rng) {
        for place in 0..self.critics.len() {
            self.critics[place].name = format!("c{place}");
            for _ in 0..rng.weighted(&[(5, 0), (3, 1), (2, 2)]) {
                let other = rng.index(self.critics.len());
                let depends_on = &self.critics[place].depends_on;
                if !depends_on.contains(&other) && model::may_depend(self, place, other) {
                    self.critics[place].depends_on.push(other);
                }
            }
            self.critics[place].depends_on.sort_unstable();
        }
        for place in 0..self.critics.len() {
            self.critics[place].sees = model::sees(self, place);
        }
    }

    fn some_turn(&self, rng: &mut Rng, calm: bool) -> Turn {
        let at = millis(rng.below(30));
        match rng.below(100) {
            0..10 => Turn::Stop { at, within: millis(rng.pick(&[0, 0, 1, 5, 20, 10_000])) },
            10..20 => Turn::Reload { at, to: Box::new(self.with_other_settings(rng, calm)) },
            _ => Turn::Nothing,
        }
    }

    /// The same critics in the same order, run otherwise.
    fn with_other_settings(&self, rng: &mut Rng, calm: bool) -> Self {
        let mut other = self.clone();
        other.timeout = millis(if calm { 9_000 } else { rng.pick(&[29, 90, 9_000]) });
        other.early_exit = rng.percent(30);
        other.max_total_retries = rng.pick(&[0, 2, 1_000]);
        other.limit(rng, calm);
        for own in &mut other.critics {
            critic::run_otherwise(own, rng, calm);
        }
        other.make_resilient(rng);
        other
    }
}
