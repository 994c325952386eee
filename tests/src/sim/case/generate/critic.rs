//! Critics made up.

use tribunal_core::{FailureMode, Mode, Phase, Phases, Stage, Thresholds};

use super::millis;
use crate::sim::case::{CriticCase, Demands, Gate, RateCase};
use crate::sim::rng::Rng;

const MODES: [FailureMode; 3] = [FailureMode::Allow, FailureMode::Review, FailureMode::Block];
const THRESHOLDS: [(Option<f64>, Option<f64>); 4] =
    [(Some(0.4), Some(0.8)), (Some(0.2), Some(0.4)), (Some(0.4), None), (None, None)];

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

/// A bucket that is empty soon.
pub(super) fn rate(rng: &mut Rng) -> RateCase {
    RateCase {
        tokens: 1 + rng.below(3) as u32,
        per: rng.pick(&[7, 30, 200]),
        burst: 1 + rng.below(2) as u32,
    }
}

/// A critic of one of these stages, without a name, without dependencies.
pub(super) fn generated(rng: &mut Rng, stages: &[Stage], calm: bool) -> CriticCase {
    let phases = if rng.percent(8) { Phases::of(&[rng.pick(Phase::ALL)]) } else { None };
    let mut own = CriticCase {
        name: String::new(),
        stage: rng.pick(stages),
        priority: 1 + rng.below(4) as u8,
        gate: gate(rng),
        phases: phases.unwrap_or(Phases::ALL),
        depends_on: Vec::new(),
        sees: Vec::new(),
        run_anyway: rng.percent(30),
        mode: if rng.percent(15) { Mode::Monitor } else { Mode::Enforce },
        failure: FailureMode::default(),
        thresholds: Thresholds::default(),
        attempts: 1,
        on_timeout: false,
        backoff: (0, 1.0),
        limit: None,
        adaptive: None,
        rate: None,
        shares: Vec::new(),
        breaker: None,
        timeout: millis(1),
        hedge: None,
        apart: false,
        demands: rng.weighted(&[
            (40, Demands::Nothing),
            (4, Demands::Score),
            (4, Demands::ScoreLenient),
            (1, Demands::Impossible),
        ]),
        cost: rng.pick(&[0.0, 0.25, 1.0]),
    };
    run_otherwise(&mut own, rng, calm);
    own
}

/// Everything that may change about a critic while its place in the plan stays.
pub(super) fn run_otherwise(own: &mut CriticCase, rng: &mut Rng, calm: bool) {
    let (review_at, block_at) = rng.pick(&THRESHOLDS);
    let timeouts: &[u64] = if calm { &[60, 2_000] } else { &[5, 15, 21, 60] };
    own.failure = rng.pick(&MODES);
    own.thresholds = Thresholds::new(review_at, block_at).unwrap_or_default();
    own.attempts = rng.weighted(&[(5, 1), (3, 2), (2, 3), (1, 5)]);
    own.on_timeout = rng.percent(40);
    own.backoff = (rng.pick(&[0, 1, 5, 20]), rng.pick(&[1.0, 2.0]));
    own.limit = rng.percent(30).then(|| 1 + rng.index(2));
    own.rate = rng.percent(15).then(|| rate(rng));
    own.timeout = millis(rng.pick(timeouts));
}
