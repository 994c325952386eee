//! How pipelines are made up from a seed: often enough of what is rare in life, seldom of what is slow.

use std::time::Duration;

use tribunal_core::{FailureMode, Mode, Phase, Phases, Stage, Thresholds};

use super::{Cancel, Case, CriticCase, Demands, Gate, RunCase};
use crate::sim::model;
use crate::sim::rng::Rng;

const MODES: [FailureMode; 3] = [FailureMode::Allow, FailureMode::Review, FailureMode::Block];
const THRESHOLDS: [(Option<f64>, Option<f64>); 4] =
    [(Some(0.4), Some(0.8)), (Some(0.2), Some(0.4)), (Some(0.4), None), (None, None)];

const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// How many runs a seed stands for, without making up the rest of it.
pub(crate) fn run_count(seed: u64) -> u64 {
    1 + faulty_runs(seed)
}

fn faulty_runs(seed: u64) -> u64 {
    1 + Rng::of(&[seed, 0]).below(5)
}

fn gate(rng: &mut Rng) -> Gate {
    rng.weighted(&[
        (50, Gate::Always),
        (15, Gate::Violation),
        (10, Gate::Risk),
        (12, Gate::Doubt),
        (10, Gate::Condition),
        (2, Gate::Panics),
        (2, Gate::Fails),
    ])
}

fn critic(rng: &mut Rng, stages: &[Stage], calm: bool) -> CriticCase {
    let (review_at, block_at) = rng.pick(&THRESHOLDS);
    let phases = if rng.percent(8) { Phases::of(&[rng.pick(Phase::ALL)]) } else { None };
    let timeouts: &[u64] = if calm { &[60, 2_000] } else { &[5, 15, 21, 60] };
    CriticCase {
        name: String::new(),
        stage: rng.pick(stages),
        priority: 1 + rng.below(4) as u8,
        gate: gate(rng),
        phases: phases.unwrap_or(Phases::ALL),
        depends_on: Vec::new(),
        sees: Vec::new(),
        run_anyway: rng.percent(30),
        mode: if rng.percent(15) { Mode::Monitor } else { Mode::Enforce },
        failure: rng.pick(&MODES),
        thresholds: Thresholds::new(review_at, block_at).unwrap_or_default(),
        attempts: rng.weighted(&[(5, 1), (3, 2), (2, 3), (1, 5)]),
        on_timeout: rng.percent(40),
        backoff: (rng.pick(&[0, 1, 5, 20]), rng.pick(&[1.0, 2.0])),
        limit: rng.percent(30).then(|| 1 + rng.index(2)),
        rate: rng
            .percent(15)
            .then(|| (1 + rng.below(3) as u32, rng.pick(&[7, 30, 200]), 1 + rng.below(2) as u32)),
        timeout: millis(rng.pick(timeouts)),
        demands: rng.weighted(&[
            (40, Demands::Nothing),
            (4, Demands::Score),
            (4, Demands::ScoreLenient),
            (1, Demands::Impossible),
        ]),
        cost: rng.pick(&[0.0, 0.25, 1.0]),
    }
}

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

impl Case {
    /// The case of a seed.
    #[must_use]
    pub fn generated(seed: u64) -> Self {
        let mut rng = Rng::of(&[seed, 1]);
        let calm = rng.percent(25);
        let mut stages: Vec<Stage> = Stage::ALL.to_vec();
        let keep = rng.weighted(&[(2, 1), (3, 2), (3, 3), (1, 4), (1, 6)]);
        while stages.len() > keep {
            stages.remove(rng.index(stages.len()));
        }
        let count = if keep == 6 { 12 } else { 1 + rng.index(12) };
        let mut critics: Vec<CriticCase> =
            (0..count).map(|_| critic(&mut rng, &stages, calm)).collect();
        critics.sort_by_key(|critic| (critic.stage, critic.priority));

        let timeout = millis(if calm { 10_000 } else { rng.pick(&[30, 30, 100, 10_000]) });
        let small = |rng: &mut Rng| rng.pick(&[1, 1, 2, 3, 1_024, 1_024]);
        let mut case = Self {
            seed,
            critics,
            runs: (0..faulty_runs(seed)).map(|_| run(&mut rng, timeout)).collect(),
            timeout,
            stage_timeouts: Default::default(),
            stage_limits: Default::default(),
            max_in_flight: small(&mut rng),
            max_runs: small(&mut rng),
            max_queued: rng.pick(&[0, 1, 2, 1_024]),
            max_total_retries: rng.pick(&[0, 1, 2, 10, 1_000]),
            early_exit: rng.percent(30),
            hook_timeout: rng.percent(25).then(|| millis(4)),
            rude_observer: rng.percent(5),
            faults: if rng.percent(15) { 0 } else { rng.pick(&[8, 20, 50]) },
            blocks: rng.percent(20),
        };
        for place in 0..case.stage_limits.len() {
            case.stage_limits[place] = rng.percent(20).then(|| 1 + rng.index(3));
            let own = rng.percent(if calm { 0 } else { 25 }).then(|| rng.pick(&[10, 20, 50]));
            case.stage_timeouts[place] = own.map(|own| millis(own).min(timeout));
        }
        case.arrange(&mut rng);
        case
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
}
