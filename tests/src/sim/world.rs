//! Runs a case from its first run to rest, and holds what is left against an orchestrator that is new.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tribunal_core::{Opinion, Report, RunEvent};
use tribunal_production::{
    Backoff, Builder, CriticSpec, Jitter, ProductionOrchestrator, Rate, Retry, RunError,
    RunSettings, Validation,
};

use super::case::{Cancel, Case, Demands, RunCase};
use super::marks::{Mark, Marks};
use super::model;
use super::quiet::{keep_quiet, scripted_panic};
use super::rng::Rng;
use super::script::{SimCritic, SimHook};
use super::watch::{End, Violation, Watch};

/// Long after every deadline of a case, and after every wait that faults leave behind.
const REST: Duration = Duration::from_secs(48 * 3600);

/// What became of a case.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) runs: u64,
    pub(crate) trace: u64,
    pub(crate) violations: Vec<Violation>,
    pub(crate) marks: Marks,
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
    let watch = Watch::new(case, false);
    let court = build(case, loaded, &watch);
    let begun = Instant::now();
    let mut all: FuturesUnordered<_> =
        (0..case.runs.len()).map(|run| drive(&court, &watch, run, begun)).collect();
    while let Some((run, end)) = all.next().await {
        if let End::Report(report) = end {
            model::check(&mut watch.lock(), case, run, &report);
        }
    }
    drop(all);
    at_rest(case, &court, &watch);

    // Faults stop. One more run goes as it would on an orchestrator that is new.
    watch.stop_faults();
    sleep(REST).await;
    let healthy = case.runs.len();
    let twin_watch = Watch::new(case, true);
    let twin = build(case, loaded, &twin_watch);
    let now = Instant::now();
    let (_, old) = drive(&court, &watch, healthy, now).await;
    let (_, new) = drive(&twin, &twin_watch, healthy, Instant::now()).await;
    at_rest(case, &court, &watch);
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
    let mut state = watch.lock();
    state.violations.extend(std::mem::take(&mut twin_watch.lock().violations));
    Done {
        runs: case.run_count(),
        trace: state.trace,
        violations: std::mem::take(&mut state.violations),
        marks: std::mem::take(&mut state.marks),
    }
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
fn at_rest(case: &Case, court: &ProductionOrchestrator, watch: &Watch) {
    let metrics = court.metrics();
    let mut state = watch.lock();
    let gauges = (metrics.in_flight, metrics.queued, state.live, state.active_runs);
    state.check("I21", gauges == (0, 0, 0, 0), || {
        format!("at rest, yet runs, queued, calls, started runs are {gauges:?}")
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
            && (counts.executions, counts.retries) == (tally.executions, tally.retries);
        let tally = tally.clone();
        state.check("I6", same, || {
            format!("{}: the metrics say {counts:?}, the events {tally:?}", own.name)
        });
    }
}

fn build(case: &Arc<Case>, loaded: Option<&Loaded>, watch: &Arc<Watch>) -> ProductionOrchestrator {
    let mut builder = ProductionOrchestrator::builder();
    builder = match loaded {
        Some(loaded) => {
            let critic = || SimCritic { watch: Arc::clone(watch), place: None };
            let specs = loaded.specs.iter().cloned();
            specs.fold(builder.settings(loaded.settings.clone()), |builder, spec| {
                builder.critic(spec, critic())
            })
        }
        None => (0..case.critics.len()).fold(builder.settings(settings(case)), |builder, place| {
            let critic = SimCritic { watch: Arc::clone(watch), place: Some(place) };
            builder.critic(spec(case, place), critic)
        }),
    };
    around(builder, case, watch).build().unwrap()
}

/// Hooks and observers.
fn around(mut builder: Builder, case: &Arc<Case>, watch: &Arc<Watch>) -> Builder {
    if case.rude_observer {
        let (watch, seed) = (Arc::clone(watch), case.seed);
        builder = builder.observer(move |_: RunEvent<'_>| {
            let trace = watch.lock().trace;
            if Rng::of(&[seed, 5, trace]).percent(30) {
                watch.observer_panicked();
                scripted_panic();
            }
        });
    }
    if case.hook_timeout.is_some() {
        builder = builder.hook(SimHook(Arc::clone(watch)));
    }
    let watch = Arc::clone(watch);
    builder.observer(move |event: RunEvent<'_>| {
        tribunal_core::Observer::on_event(&*watch, event);
    })
}

fn settings(case: &Case) -> RunSettings {
    let mut settings = RunSettings::default()
        .timeout(case.timeout)
        .max_in_flight(case.max_in_flight)
        .max_runs(case.max_runs)
        .max_queued_runs(case.max_queued)
        .max_total_retries(case.max_total_retries)
        .early_exit(case.early_exit);
    if let Some(timeout) = case.hook_timeout {
        settings = settings.hook_timeout(timeout);
    }
    for stage in tribunal_core::Stage::ALL {
        if let Some(timeout) = case.stage_timeouts[stage.index()] {
            settings = settings.stage_timeout(*stage, timeout);
        }
        if let Some(limit) = case.stage_limits[stage.index()] {
            settings = settings.stage_max_in_flight(*stage, limit);
        }
    }
    settings
}

fn spec(case: &Case, place: usize) -> CriticSpec {
    let own = &case.critics[place];
    let (first, factor) = own.backoff;
    let first = Duration::from_millis(first);
    // Without jitter: it comes from the thread's own generator, and a seed could not repeat it.
    let backoff = Backoff::new(first, factor, Duration::from_secs(1), Jitter::None).unwrap();
    let retry = Retry::attempts(own.attempts).backoff(backoff);
    let require = || Validation::new().require("/score".parse().unwrap());
    let validation = match own.demands {
        Demands::Nothing | Demands::Unknown => Validation::new(),
        Demands::Score => require(),
        Demands::ScoreLenient => require().lenient(),
        Demands::Impossible => {
            Validation::new().check(|_: &Opinion| -> Result<(), String> { scripted_panic() })
        }
    };
    let mut spec = CriticSpec::new(own.name.as_str())
        .stage(own.stage)
        .priority(own.priority)
        .policy(own.gate.policy())
        .phases(own.phases)
        .mode(own.mode)
        .failure_mode(own.failure)
        .thresholds(own.thresholds)
        .timeout(own.timeout)
        .validation(validation)
        .cost(own.cost)
        .retry(if own.on_timeout { retry.on_timeout() } else { retry });
    if own.run_anyway {
        spec = spec.run_anyway();
    }
    if let Some(limit) = own.limit {
        spec = spec.max_in_flight(limit);
    }
    if let Some((tokens, per, burst)) = own.rate {
        spec = spec.rate(Rate::new(tokens, Duration::from_millis(per), burst).unwrap());
    }
    own.depends_on
        .iter()
        .fold(spec, |spec, &other| spec.depends_on(case.critics[other].name.as_str()))
}

/// One run, from its arrival to its end.
async fn drive(
    court: &ProductionOrchestrator,
    watch: &Arc<Watch>,
    run: usize,
    begun: Instant,
) -> (usize, End) {
    let case = &*watch.case;
    let own = case.runs.get(run).copied().unwrap_or(RunCase::plain());
    if !own.arrives.is_zero() {
        sleep_until(begun + own.arrives).await;
    }
    let cancel_at = match own.cancel {
        Cancel::After(span) => Some(Box::pin(sleep(span))),
        Cancel::Never | Cancel::AfterPolls(_) => None,
    };
    let polls_left = match own.cancel {
        Cancel::AfterPolls(polls) => Some(polls),
        Cancel::Never | Cancel::After(_) => None,
    };
    let end = Driven {
        court,
        watch,
        run,
        inner: Some(Box::pin(court.run_all(own.snapshot(run)))),
        polls_left,
        cancel_at,
        watchdog: Box::pin(sleep(REST / 2)),
        fresh: true,
    }
    .await;
    watch.ended(run, &end);
    (run, end)
}

/// The future of a run: polled under the eyes of the watch, and dropped when its caller goes away.
struct Driven<'w> {
    court: &'w ProductionOrchestrator,
    watch: &'w Watch,
    run: usize,
    inner: Option<BoxFuture<'w, Result<Report, RunError>>>,
    polls_left: Option<u32>,
    cancel_at: Option<Pin<Box<Sleep>>>,
    watchdog: Pin<Box<Sleep>>,
    fresh: bool,
}

impl Driven<'_> {
    fn cancel(&mut self) -> Poll<End> {
        self.watch.enter(self.run);
        self.watch.lock().about_to_drop(&self.watch.case, self.run);
        self.inner = None;
        self.watch.leave();
        Poll::Ready(End::Dropped)
    }
}

impl Future for Driven<'_> {
    type Output = End;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<End> {
        let this = &mut *self;
        let gone = this.cancel_at.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready());
        if gone || this.polls_left == Some(0) {
            return this.cancel();
        }
        let Some(inner) = &mut this.inner else { return Poll::Ready(End::Stuck) };
        this.watch.enter(this.run);
        let polled = inner.as_mut().poll(cx);
        this.watch.leave();
        match polled {
            Poll::Ready(Ok(report)) => return Poll::Ready(End::Report(Box::new(report))),
            Poll::Ready(Err(error)) => return Poll::Ready(End::Refused(error)),
            Poll::Pending => {}
        }
        if std::mem::take(&mut this.fresh) {
            let (metrics, case) = (this.court.metrics(), &this.watch.case);
            let (running, queued) = (metrics.in_flight, metrics.queued);
            let held = running <= case.max_runs && queued <= case.max_queued;
            this.watch.check("I23", held, || {
                format!(
                    "{running} runs of {}, {queued} queued of {}",
                    case.max_runs, case.max_queued
                )
            });
        }
        if let Some(left) = &mut this.polls_left {
            *left -= 1;
            if *left == 0 {
                return this.cancel();
            }
        }
        match this.watchdog.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(End::Stuck),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests;
