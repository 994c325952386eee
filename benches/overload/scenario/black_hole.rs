//! One critic of twelve takes every call and answers none: what do the others notice?

use std::time::Duration;

use tokio::time::Instant;
use tribunal_production::{BreakerSettings, CriticSpec, ProductionOrchestrator, RunSettings};

use crate::client::Client;
use crate::load::{Phase, arrivals, drive};
use crate::samples::Samples;
use crate::stub::{Hangs, Slow, built};

/// How long a healthy critic takes.
const SERVICE: Duration = Duration::from_millis(20);
/// How many calls of each critic may be in flight: room for twice the load.
const LIMIT: usize = 8;
const PER_SECOND: f64 = 200.0;
const TIMEOUT: Duration = Duration::from_millis(100);
const DEADLINE: Duration = Duration::from_millis(500);
const SICK: &str = "critic_5";

/// What one way to set it up came to.
pub(crate) struct Arm {
    /// Queueing and execution of the eleven other critics.
    pub(crate) others: Samples,
    /// Outcomes of the eleven that were no opinion.
    pub(crate) lost: u64,
    /// Whole runs, from the intended arrival.
    pub(crate) runs: Samples,
    /// Runs that were refused.
    pub(crate) shed: u64,
}

pub(crate) struct BlackHole {
    /// All critics are well.
    pub(crate) well: Arm,
    /// One hangs.
    pub(crate) sick: Arm,
    /// One hangs, and has a breaker.
    pub(crate) broken: Arm,
}

#[derive(Clone, Copy, PartialEq)]
enum Sick {
    No,
    Hangs,
    HangsBehindBreaker,
}

/// All by turns, so that what else the machine does falls on all alike.
pub(crate) async fn black_hole(lasts: Duration) -> BlackHole {
    let new = || Arm { others: Samples::new(), lost: 0, runs: Samples::new(), shed: 0 };
    let mut result = BlackHole { well: new(), sick: new(), broken: new() };
    for _ in 0..2 {
        turn(Sick::No, lasts / 6, &mut result.well).await;
        turn(Sick::Hangs, lasts / 6, &mut result.sick).await;
        turn(Sick::HangsBehindBreaker, lasts / 6, &mut result.broken).await;
    }
    result
}

async fn turn(sick: Sick, lasts: Duration, arm: &mut Arm) {
    let client = Client::new(twelve(sick), DEADLINE);
    let start = Instant::now();
    let from = start + DEADLINE;
    let schedule = arrivals(&[Phase { per_second: PER_SECOND, lasts }]);
    drive(
        schedule,
        start,
        |intended| client.clone().ask(intended),
        |done| {
            if done.intended < from {
                return;
            }
            let Ok(report) = &done.answer else {
                arm.shed += 1;
                return;
            };
            arm.runs.add(done.latency());
            let healthy = report.outcomes().filter(|(critic, _)| critic.name.as_str() != SICK);
            for (_, outcome) in healthy {
                arm.lost += u64::from(outcome.opinion.is_none());
                arm.others.add(outcome.queued() + outcome.execution());
            }
        },
    )
    .await;
}

#[allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]
fn twelve(sick: Sick) -> ProductionOrchestrator {
    let mut builder =
        ProductionOrchestrator::builder().settings(RunSettings::default().timeout(DEADLINE));
    for index in 0..12 {
        let name = format!("critic_{index}");
        let is_sick = sick != Sick::No && name == SICK;
        let mut spec = CriticSpec::new(name).timeout(TIMEOUT).max_in_flight(LIMIT);
        if is_sick && sick == Sick::HangsBehindBreaker {
            let breaker = BreakerSettings::new(0.5, Duration::from_secs(1), 5);
            spec = spec.breaker(breaker.expect("settings of a breaker"));
        }
        builder =
            if is_sick { builder.critic(spec, Hangs) } else { builder.critic(spec, Slow(SERVICE)) };
    }
    built(builder)
}
