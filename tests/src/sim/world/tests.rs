//! The checks can fail: an engine that was told something else than the simulation believes is found out.

use tribunal_core::FailureMode;

use super::build::{settings, spec};
use super::*;
use crate::sim::case::{BreakerCase, CriticCase, HedgeCase, RateCase, RetryShare, Turn};

type Lie = fn(&mut Case);

/// The invariants that are violated when the simulation believes something else than the engine was told, up to the
/// one that is looked for.
fn found(lie: Lie, wanted: &str) -> Vec<&'static str> {
    let mut found = Vec::new();
    // Only long cases have hedges.
    let fits =
        |case: &Case| wanted != "hedges" || case.critics.iter().any(|own| own.hedge.is_some());
    for truth in (0..).map(Case::generated).filter(fits).take(500) {
        let specs = (0..truth.critics.len()).map(|place| spec(&truth, place)).collect();
        let loaded = Loaded { settings: settings(&truth), specs };
        let mut believed = truth;
        lie(&mut believed);
        // Another orchestrator would be built from what is believed.
        if let Turn::Reload { .. } = believed.turn {
            believed.turn = Turn::Nothing;
        }
        let done = simulate(&Arc::new(believed), Some(&loaded));
        found.extend(done.violations.iter().map(|violation| violation.invariant));
        if found.contains(&wanted) {
            break;
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn each(case: &mut Case, change: fn(&mut CriticCase)) {
    case.critics.iter_mut().for_each(change);
}

fn each_breaker(case: &mut Case, change: fn(&mut BreakerCase)) {
    case.critics.iter_mut().filter_map(|critic| critic.breaker.as_mut()).for_each(change);
}

fn each_hedge(case: &mut Case, hedge: HedgeCase) {
    case.critics.iter_mut().filter_map(|critic| critic.hedge.as_mut()).for_each(|own| *own = hedge);
}

#[test]
fn what_the_engine_does_otherwise_than_believed_is_found() {
    let lies: [(&str, Lie); 26] = [
        ("I20", |case| case.max_in_flight = (case.max_in_flight - 1).clamp(1, 2)),
        ("I20", |case| case.stage_limits = [Some(1); 6]),
        ("I20", |case| each(case, |critic| critic.limit = critic.limit.and(Some(1)))),
        ("I20", |case| case.max_runs = 1),
        ("I23", |case| case.max_queued = 0),
        ("I25", |case| each(case, |critic| critic.attempts = critic.attempts.min(2))),
        ("I25", |case| case.max_total_retries = 0),
        ("I25", |case| each(case, |critic| critic.on_timeout = false)),
        ("I15", |case| case.timeout /= 2),
        ("I16", |case| case.stage_timeouts = [Some(Duration::from_millis(5)); 6]),
        ("I17", |case| each(case, |critic| critic.timeout /= 2)),
        ("I7", |case| each(case, |critic| critic.failure = FailureMode::Block)),
        ("I3", |case| each(case, |critic| critic.run_anyway = false)),
        ("I27", |case| {
            case.retry_share = case.retry_share.map(|budget| RetryShare { floor: 0, ..budget });
        }),
        ("I25", |case| {
            case.retry_share = case.retry_share.map(|budget| RetryShare { floor: 50, ..budget });
        }),
        ("I28", |case| each(case, |critic| critic.breaker = None)),
        ("I28", |case| each_breaker(case, |breaker| breaker.open_for *= 2)),
        ("I28", |case| each_breaker(case, |breaker| breaker.min_calls += 1)),
        ("rule 17", |case| case.max_cost = case.max_cost.map(|most| most / 2.0)),
        ("rule 17", |case| case.max_cost = case.max_cost.map(|most| most * 2.0)),
        ("I32", |case| each(case, |critic| critic.apart = false)),
        ("I32", |case| each(case, |critic| critic.apart = true)),
        ("hedges", |case| each_hedge(case, HedgeCase::After(Duration::from_millis(3)))),
        ("hedges", |case| each_hedge(case, HedgeCase::Percentile(90.0))),
        ("I30", |case| {
            let slow = |rate: &mut RateCase| *rate = RateCase { per: rate.per * 20, ..*rate };
            case.rates.iter_mut().for_each(slow);
        }),
        ("I30", |case| {
            each(case, |critic| {
                if let Some(rate) = &mut critic.rate {
                    *rate = RateCase { tokens: 1, per: rate.per * 20, burst: 1 };
                }
            });
        }),
    ];
    for (at, (invariant, lie)) in lies.into_iter().enumerate() {
        let found = found(lie, invariant);
        assert!(found.contains(&invariant), "lie {at}: {invariant} is not among {found:?}");
    }
}

#[test]
fn an_honest_case_violates_nothing() {
    assert_eq!(found(|_| {}, ""), [""; 0]);
}
