//! Whole runs on one orchestrator from several threads, by many schedules. Steps are taken where threads meet:
//! at the locks and counters of `tribunal-resilience`, and in the critics. Time stands still; no timer fires.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use shuttle::future::block_on;
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::{Config, Runner, thread};
use tribunal_core::{Answer, CriticError, Opinion, Snapshot, Stage, async_critic, critic_fn};
use tribunal_resilience::BreakerSettings;

use crate::{CriticSpec, ProductionOrchestrator, RunSettings};

const SCHEDULES: usize = 10_000;
/// So many interruptions are placed on purpose.
const DEPTH: usize = 3;

fn schedules(play: impl Fn() + Send + Sync + Copy + 'static) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.unwrap();
    let _time_stands_still = runtime.enter();
    let mut config = Config::default();
    config.stack_size = 1 << 19;
    Runner::new(RandomScheduler::new(SCHEDULES), config.clone()).run(play);
    Runner::new(PctScheduler::new(DEPTH, SCHEDULES), config).run(play);
}

/// How many calls are in flight, and how many may be.
struct Count {
    now: AtomicUsize,
    most: usize,
}

/// A call in flight, in each of the counts.
struct InFlight(Vec<Arc<Count>>);

impl InFlight {
    fn new(counts: &[Arc<Count>]) -> Self {
        for count in counts {
            assert!(count.now.fetch_add(1, SeqCst) < count.most, "more in flight than may be");
        }
        Self(counts.to_vec())
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        for count in &self.0 {
            count.now.fetch_sub(1, SeqCst);
        }
    }
}

/// Pending once, and woken at once.
async fn pending_once() {
    let mut pending = true;
    poll_fn(|cx| {
        if std::mem::take(&mut pending) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}

/// The limits of critic, stage and orchestrator.
#[derive(Clone, Copy)]
struct Limits {
    critic: usize,
    stage: usize,
    all: usize,
    runs: usize,
}

fn at_most(most: usize) -> Arc<Count> {
    Arc::new(Count { now: AtomicUsize::new(0), most })
}

/// Two critics that are there at once, two that are pending once, and one that fails until its breaker opens.
fn court(limits: Limits) -> ProductionOrchestrator {
    let (stage, all) = (at_most(limits.stage), at_most(limits.all));
    let counts = || [at_most(limits.critic), Arc::clone(&stage), Arc::clone(&all)];
    let spec =
        |name: &str| CriticSpec::new(name).stage(Stage::FastCritics).max_in_flight(limits.critic);
    let at_once = || {
        let counts = counts();
        critic_fn(move |_| {
            let _in_flight = InFlight::new(&counts);
            thread::yield_now();
            Answer::now(Ok(Opinion::clean()))
        })
    };
    let later = || {
        let counts = counts();
        async_critic(move |_: Snapshot| {
            let in_flight = InFlight::new(&counts);
            async move {
                pending_once().await;
                drop(in_flight);
                Ok(Opinion::clean())
            }
        })
    };
    let fails = {
        let counts = counts();
        async_critic(move |_: Snapshot| {
            let in_flight = InFlight::new(&counts);
            async move {
                pending_once().await;
                drop(in_flight);
                Err(CriticError::Permanent(String::from("as always")))
            }
        })
    };
    let breaker = BreakerSettings::new(1.0, Duration::from_secs(10), 2).unwrap();
    let settings = RunSettings::default()
        .max_runs(limits.runs)
        .max_in_flight(limits.all)
        .stage_max_in_flight(Stage::FastCritics, limits.stage);
    ProductionOrchestrator::builder()
        .critic(spec("at_once"), at_once())
        .critic(spec("at_once_too").priority(1), at_once())
        .critic(spec("later"), later())
        .critic(spec("later_too").priority(9), later())
        .critic(spec("fails").breaker(breaker), fails)
        .settings(settings)
        .build()
        .unwrap()
}

/// Rules 1 and 8: every run has an outcome for each critic, no limit is ever passed, all is free at the end.
fn several_runs(threads: usize, limits: Limits) {
    let court = court(limits);
    let runs: Vec<_> = (0..threads)
        .map(|_| {
            let court = court.clone();
            thread::spawn(move || {
                let report = block_on(court.run_all(Snapshot::of_input("a question"))).unwrap();
                assert_eq!(report.outcomes().count(), 5);
                let good = report.outcomes().filter(|(_, outcome)| outcome.opinion.is_some());
                assert_eq!(good.count(), 4, "{report:?}");
            })
        })
        .collect();
    runs.into_iter().for_each(|run| run.join().unwrap());
    let metrics = court.metrics();
    assert_eq!((metrics.in_flight, metrics.queued), (0, 0));
    let plan = &court.court.plan;
    let stages = plan.stages.iter().filter_map(|stage| stage.permits.as_ref());
    for permits in stages.chain([&plan.permits]) {
        assert_eq!((permits.free(), permits.waiting()), (permits.limit(), 0));
    }
    for door in plan.nodes.iter().filter_map(|node| node.door.as_ref()) {
        assert_eq!((door.inside(), door.waiting()), (0, 0));
    }
}

#[test]
fn three_runs_share_one_of_everything() {
    schedules(|| several_runs(3, Limits { critic: 1, stage: 1, all: 1, runs: 3 }));
}

#[test]
fn four_runs_of_which_three_go_on_share_limits_of_two_and_one() {
    schedules(|| several_runs(4, Limits { critic: 1, stage: 2, all: 2, runs: 3 }));
}

#[test]
fn three_runs_share_a_wide_stage_and_a_narrow_orchestrator() {
    schedules(|| several_runs(3, Limits { critic: 2, stage: 2, all: 1, runs: 2 }));
}
