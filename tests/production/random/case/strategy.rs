//! How random pipelines are made up: often enough of what is rare in life, seldom of what is slow.

use proptest::prelude::*;
use proptest::sample::Index;
use tribunal_testkit::millis;

use super::{Case, CriticCase, DOUBT, Gate, MODES, STAGES, Says, StepCase, THRESHOLDS};

fn steps() -> impl Strategy<Value = StepCase> {
    let severity = prop_oneof![Just(0.0), Just(0.2), Just(0.4), Just(0.8), 0.0..=1.0f64];
    let doubt = prop_oneof![2 => Just(0.0), 1 => Just(DOUBT), 1 => 0.0..=1.0f64];
    let opinion = (severity, any::<bool>(), doubt)
        .prop_map(|(severity, violation, doubt)| Says::Opinion { severity, violation, doubt });
    let says = prop_oneof![
        12 => opinion,
        1 => Just(Says::Lies),
        2 => Just(Says::Permanent),
        4 => Just(Says::Transient),
        1 => (0u64..40).prop_map(Says::TransientAfter),
        1 => Just(Says::Panics),
        2 => Just(Says::Hangs),
        1 => (0u64..60).prop_map(Says::Blocks),
    ];
    let pends = prop_oneof![3 => Just(0u32), 1 => 1u32..3];
    (says, 0u64..4, pends).prop_map(|(says, delay, pends)| StepCase { says, delay, pends })
}

fn critics() -> impl Strategy<Value = CriticCase> {
    let gate = prop_oneof![
        5 => Just(Gate::Always),
        2 => Just(Gate::Violation),
        1 => Just(Gate::Risk),
        2 => Just(Gate::Doubt),
        2 => Just(Gate::Condition),
        1 => Just(Gate::Panics),
    ];
    let wanted = prop::collection::vec(any::<Index>(), 0..3);
    let place = (0usize..STAGES.len(), 1u8..=4, gate, wanted, any::<bool>());
    let word = (prop::bool::weighted(0.2), 0..MODES.len(), 0..THRESHOLDS.len());
    let timeout = prop_oneof![Just(15u64), Just(21), Just(60)].prop_map(millis);
    let steps = prop::collection::vec(steps(), 1..3);
    let work = (1u32..=3, any::<bool>(), prop::option::of(1usize..=2), timeout, steps);
    (place, word, work).prop_map(|(place, word, work)| {
        let (stage, priority, gate, wanted, run_anyway) = place;
        let (monitored, failure, thresholds) = word;
        let (attempts, on_timeout, limit, timeout, steps) = work;
        let depends_on = Vec::new();
        CriticCase {
            stage,
            priority,
            gate,
            depends_on,
            run_anyway,
            monitored,
            failure,
            thresholds,
            attempts,
            limit,
            on_timeout,
            timeout,
            steps,
            wanted,
        }
    })
}

/// Pipelines of one to a dozen critics.
pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let limit = || prop::option::of(1usize..=3);
    let room = (prop_oneof![Just(1usize), 2usize..5, Just(1_024)], [limit(), limit(), limit()]);
    let timeout = prop_oneof![Just(30u64), Just(100), Just(10_000)].prop_map(millis);
    let stage_timeout =
        prop::option::weighted(0.3, prop_oneof![Just(20u64), Just(50)].prop_map(millis));
    let retries = prop_oneof![Just(0u32), Just(2), Just(1_000)];
    let switches = (any::<bool>(), prop::bool::weighted(0.3), prop::bool::weighted(0.25));
    let critics = prop::collection::vec(critics(), 1..=12);
    (critics, 1usize..=3, timeout, stage_timeout, room, retries, switches).prop_map(
        |(critics, runs, timeout, stage_timeout, room, max_total_retries, switches)| {
            let (max_in_flight, stage_limits) = room;
            let (risky, early_exit, hooked) = switches;
            let case = Case {
                critics,
                risky,
                runs,
                timeout,
                stage_timeout,
                max_in_flight,
                stage_limits,
                max_total_retries,
                early_exit,
                hooked,
            };
            case.arranged()
        },
    )
}
