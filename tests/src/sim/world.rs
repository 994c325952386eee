//! Runs a case from its first run to rest, and holds what is left against an orchestrator that is new.

mod build;
mod drive;
mod service;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::Either;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep};
use tribunal_core::Report;
use tribunal_production::{CriticSpec, RunError, RunSettings, Shutdown};

use super::case::{Case, RunCase};
use super::marks::{Mark, Marks};
use super::model;
use super::quiet::keep_quiet;
use super::rng::mix;
use super::watch::{End, Violation};
use drive::{drive, put_before};
use service::{Seat, Service};

/// Long after every deadline of a case, and after every wait that faults leave behind.
const REST: Duration = Duration::from_secs(48 * 3600);

/// What became of a case.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) runs: u64,
    pub(crate) trace: u64,
    pub(crate) violations: Vec<Violation>,
    pub(crate) marks: Marks,
    /// Of the first run, whether its caller went away before it ended.
    pub(crate) first_dropped: bool,
}

/// What to build orchestrators from, where that is not the case itself.
pub(crate) struct Loaded {
    pub(crate) settings: RunSettings,
    pub(crate) specs: Vec<CriticSpec>,
}

/// Runs one case on a clock of its own.
pub(crate) fn simulate(case: &Arc<Case>, loaded: Option<&Loaded>) -> Done {
    keep_quiet();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(whole(case, loaded))
}

async fn whole(case: &Arc<Case>, loaded: Option<&Loaded>) -> Done {
    let service = Service::new(case, loaded);
    let first_dropped = with_faults(&service).await;
    for seat in service.seats() {
        let_tasks_end(&seat.watch.case).await;
        at_rest(&seat);
        seat.watch.stop_faults();
    }
    let seat = service.seat(service.current());
    let case = Arc::clone(&seat.watch.case);
    let twin = if seat.watch.lock().is_stopping() {
        stays_stopped(&seat).await;
        // The service starts anew, with nobody to compare it to.
        let seat = Seat::new(&case, loaded, true);
        put_before(&seat, case.runs.len(), RunCase::plain()).await;
        seat
    } else {
        recover(&seat).await;
        sleep(REST).await;
        let twin = Seat::new(&case, loaded, true);
        as_new(&seat, &twin).await;
        twin
    };
    gather(&service, &twin, first_dropped)
}

/// What has come to its end: a run, on one of the service's orchestrators, or what becomes of these.
enum Came {
    Run(usize, usize, End),
    Turn(Option<Shutdown>),
}

/// All runs of the case, and what becomes of the orchestrator meanwhile.
async fn with_faults(service: &Service) -> bool {
    let begun = Instant::now();
    // Among the runs, so that what happens at the same time happens in any order.
    let turn = async { Came::Turn(service.turn(begun).await) };
    let runs = (0..service.case.runs.len()).map(|run| async move {
        let (at, end) = drive(service, run, begun).await;
        Came::Run(run, at, end)
    });
    let mut all: FuturesUnordered<_> = runs.map(Either::Left).collect();
    all.push(Either::Right(turn));
    let (mut first_dropped, mut shutdown) = (false, None);
    while let Some(came) = all.next().await {
        match came {
            Came::Turn(stopped) => shutdown = stopped,
            Came::Run(run, at, end) => {
                first_dropped |= run == 0 && matches!(end, End::Dropped);
                if let End::Report(report) = end {
                    let watch = service.seat(at).watch;
                    model::check(&mut watch.lock(), &watch.case, run, &report);
                }
            }
        }
    }
    if let Some(shutdown) = shutdown {
        service.seat(0).watch.lock().stop_ended(shutdown);
    }
    first_dropped
}

/// Breakers that faults have left open close again, once they have been open for their time, with as many runs as
/// they want probes. The watch knows which must be closed by then, and that they refuse nobody.
async fn recover(seat: &Seat) {
    let Seat { watch, .. } = seat;
    let case = &watch.case;
    let broken = watch.lock().broken();
    let breakers = || broken.iter().filter_map(|place| case.critics[*place].breaker);
    let Some(open_for) = breakers().map(|breaker| breaker.open_for).max() else { return };
    let probes = breakers().map(|breaker| breaker.probes).max().unwrap_or_default();
    sleep(Duration::from_millis(open_for)).await;
    let healthy = case.runs.len();
    for _ in 0..=probes {
        watch.lock().forget(healthy);
        put_before(seat, healthy, RunCase::plain()).await;
        let_tasks_end(case).await;
    }
    at_rest(seat);
    let mut state = watch.lock();
    let still = state.broken();
    let closed = broken.iter().any(|place| !still.contains(place));
    state.marks.hit_if(closed, Mark::ClosedAfterwards);
    state.forget(healthy);
}

/// I21: once faults have stopped, one more run goes as it would on an orchestrator that is new.
async fn as_new(seat: &Seat, twin: &Seat) {
    let (watch, case) = (&seat.watch, &seat.watch.case);
    let healthy = case.runs.len();
    let old = put_before(seat, healthy, RunCase::plain()).await;
    let new = put_before(twin, healthy, RunCase::plain()).await;
    let_tasks_end(case).await;
    at_rest(seat);
    match (old, new) {
        (End::Report(old), End::Report(new)) => {
            let mut state = watch.lock();
            model::check(&mut state, case, healthy, &old);
            state.check("I21", alike(&old, &new), || {
                format!("a healthy run afterwards: {old:?}\non a new orchestrator: {new:?}")
            });
            state.marks.hit(Mark::AlikeAfterwards);
        }
        _ => watch.check("I21", false, || "a healthy run afterwards gives no report".into()),
    }
}

/// A task that is cut off is woken once more, to be dropped. The clock does not move before all of them are.
async fn let_tasks_end(case: &Case) {
    if case.has_tasks() {
        sleep(Duration::from_millis(1)).await;
    }
}

/// What has been shut down stays so.
async fn stays_stopped(seat: &Seat) {
    let again = seat.court.shutdown(REST).await;
    let refused = seat.court.run_all(RunCase::plain().snapshot(0)).await;
    let stopped = matches!(refused, Err(RunError::ShutDown));
    seat.watch.check("shutdown", stopped && (again.ended, again.cut) == (0, 0), || {
        format!("it is shut down twice: {again:?}, and then {refused:?}")
    });
}

fn alike(one: &Report, other: &Report) -> bool {
    let outcomes = || one.outcomes().zip(other.outcomes());
    one.verdict == other.verdict
        && one.causes == other.causes
        && one.let_pass == other.let_pass
        && one.elapsed == other.elapsed
        && one.stages == other.stages
        && outcomes().all(|((_, one), (_, other))| one == other)
}

/// I21: nothing at work, nothing held, and counted what happened.
fn at_rest(seat: &Seat) {
    let metrics = seat.court.metrics();
    let case = &seat.watch.case;
    let mut state = seat.watch.lock();
    let gauges = (metrics.in_flight, metrics.queued, state.live, state.active_runs);
    state.check("I21", gauges == (0, 0, 0, 0), || {
        format!("at rest, yet runs, queued, calls, started runs are {gauges:?}")
    });
    let overloaded = state.overloaded;
    state.check("I6", metrics.overloaded == overloaded, || {
        format!("{} runs counted as refused, {overloaded} seen", metrics.overloaded)
    });
    for (place, own) in case.critics.iter().enumerate() {
        let Some(critic) = metrics.critics.get(place) else { continue };
        let counts = critic.counts;
        let tally = &state.tallies[place];
        let counted = [
            counts.successes,
            counts.timeouts,
            counts.errors,
            counts.invalid,
            counts.skipped,
            counts.gated,
            counts.rate_limited,
        ];
        let same = counted == tally.statuses
            && (counts.executions, counts.retries, counts.hedges)
                == (tally.executions, tally.retries, tally.hedges);
        let tally = tally.clone();
        state.check("I6", same, || {
            format!("{}: the metrics say {counts:?}, the events {tally:?}", own.name)
        });
    }
}

/// What all watches have seen.
fn gather(service: &Service, twin: &Seat, first_dropped: bool) -> Done {
    let mut done = Done {
        runs: service.case.run_count(),
        trace: 0,
        violations: std::mem::take(&mut twin.watch.lock().violations),
        marks: Marks::default(),
        first_dropped,
    };
    let mut hashes = Vec::new();
    for seat in service.seats() {
        let mut state = seat.watch.lock();
        let hash = state.config_hash;
        let own = hash.is_none() || !hashes.contains(&hash);
        state.check("I36", own, || format!("{hash:?} stands for two configs"));
        hashes.push(hash);
        done.trace = mix(done.trace ^ state.trace);
        done.violations.append(&mut state.violations);
        done.marks.add(&state.marks);
    }
    done
}

#[cfg(test)]
mod tests;
