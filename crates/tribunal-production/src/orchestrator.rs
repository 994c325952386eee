//! The door: build an orchestrator once, call `run_all` for every request.

use std::borrow::Borrow;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use thiserror::Error;
use tribunal_core::{
    ConfigHash, Critic, CriticInfo, Hook, Observer, Refusal, Report, RunEvent, Snapshot,
    TimeoutLevel, seeded,
};
use tribunal_resilience::{Admitted, Deadline, Moment, RetryBudget};

use crate::RunSettings;
use crate::admit::Door;
use crate::gauges::Room;
use crate::hooks::Hooks;
use crate::metrics::{Counters, Metrics};
use crate::observe::Observers;
use crate::outline::Outline;
use crate::plan::{Entry, Plan, PlanError, PlanErrors};
use crate::run::{Times, Trial};
use crate::spec::CriticSpec;
use crate::stop::{Shutdown, Stop};

/// Judges snapshots by a plan that is fixed when it is built. Cloning it shares everything.
#[derive(Clone)]
pub struct ProductionOrchestrator {
    pub(crate) court: Arc<Court>,
}

/// What all runs share.
pub(crate) struct Court {
    pub(crate) plan: Plan,
    pub(crate) hooks: Hooks,
    pub(crate) observers: Observers,
    pub(crate) counters: Counters,
    pub(crate) retry_budget: Arc<RetryBudget>,
    /// Runs that had their jitter seeded.
    seeded: AtomicU64,
    pub(crate) entrance: Arc<Entrance>,
}

/// Where runs come in and are counted until they have ended; of all generations that have the same limits for runs.
pub(crate) struct Entrance {
    door: Door,
    stop: Stop,
}

impl Entrance {
    pub(crate) fn room(&self, now: Moment) -> Room {
        self.door.room(now)
    }

    pub(crate) async fn shut_down(&self, within: Duration) -> Shutdown {
        self.stop.shut_down(&self.door, within).await
    }
}

impl Court {
    /// A seed for one run, so that no two have the same.
    pub(crate) fn jitter(&self, seed: u64) -> u64 {
        let run = self.seeded.fetch_add(1, Relaxed);
        seed.wrapping_add(run.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    /// A caller gets no report.
    fn refused(&self, error: &RunError, snapshot: &Snapshot, called: Moment) {
        self.counters.refused(error);
        let why = match error {
            RunError::Overloaded { .. } => Refusal::Overloaded,
            RunError::ShutDown => Refusal::ShutDown,
        };
        self.observers.tell(RunEvent::Refused { why, after: called.elapsed(), snapshot });
    }
}

/// Why a snapshot was not judged. Not a verdict: what was not judged must not pass.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RunError {
    /// As many runs are going on, and wait, as may.
    #[error("overloaded: not admitted after {waited:?}, come back in {retry_after:?}")]
    Overloaded {
        /// How long it waited; nothing when there was no room in the queue.
        waited: Duration,
        /// How long those who are here already will take, as far as that is known.
        retry_after: Duration,
    },
    /// The orchestrator is shutting down: it admits nobody, or this run was cut off at the deadline.
    #[error("shut down: not judged to the end")]
    ShutDown,
}

impl ProductionOrchestrator {
    /// Starts without critics, at default settings.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Judges a snapshot. Failures of critics, hooks and observers are in the report, and not errors here.
    ///
    /// Needs a tokio runtime with time enabled. Dropping the future cancels the run: its critics are dropped,
    /// and its permits are free.
    ///
    /// # Errors
    ///
    /// [`RunError::Overloaded`] when there is no room in the queue, or when it is known that the run's time will not
    /// do; [`RunError::ShutDown`] after [`ProductionOrchestrator::shutdown`].
    pub async fn run_all(&self, snapshot: impl Borrow<Snapshot>) -> Result<Report, RunError> {
        let snapshot = snapshot.borrow();
        let court = &self.court;
        let called = Moment::now();
        let deadline = Deadline::after(called, court.plan.settings.timeout, TimeoutLevel::Run);
        let Entrance { door, stop } = &*court.entrance;
        let (place, admitted) = match door.try_admit(called) {
            Some(place) => (place, called),
            None => {
                let place = door.admit(called, deadline).await;
                (place.inspect_err(|error| court.refused(error, snapshot, called))?, Moment::now())
            }
        };
        let deadline = if seeded!(QueueTimeIsFree) {
            Deadline::after(admitted, court.plan.settings.timeout, TimeoutLevel::Run)
        } else {
            deadline
        };
        let place = Place { admitted: Some(place), stop };
        let mut trial = Trial::new(court, snapshot, Times { called, admitted }, deadline);
        let judged = {
            let judged = pin!(trial.judge());
            stop.unless_cut(judged).await
        };
        if !judged {
            drop(trial);
            court.refused(&RunError::ShutDown, snapshot, called);
            return Err(RunError::ShutDown);
        }
        let report = trial.close();
        place.done_at(called + report.elapsed);
        Ok(report)
    }

    /// Admits nobody any more, waits for the runs that are going on, and cuts off those that have not ended in time.
    ///
    /// Those who wait in the queue are refused at once. It cannot be undone.
    pub async fn shutdown(&self, within: Duration) -> Shutdown {
        self.court.entrance.shut_down(within).await
    }

    /// The digest of its configuration, which its reports carry.
    #[must_use]
    pub fn config_hash(&self) -> ConfigHash {
        self.court.plan.hash
    }

    /// The critics, in plan order.
    #[must_use]
    pub fn critics(&self) -> &[CriticInfo] {
        &self.court.plan.infos
    }

    /// How many runs may go on at a time. More than that wait, and the waiting counts towards their timeout.
    #[must_use]
    pub fn max_runs(&self) -> usize {
        self.court.plan.settings.max_runs
    }

    /// What the plan does: order, gates, worst cases, and where a failure lets something pass.
    #[must_use]
    pub fn outline(&self) -> Outline {
        Outline::of(&self.court.plan)
    }

    /// What has been counted since it was built.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let court = &self.court;
        let mut metrics = court.counters.read(&court.plan.infos);
        metrics.in_flight = court.entrance.door.in_flight();
        metrics.queued = court.entrance.door.queued();
        metrics.hook_failures = court.hooks.failures();
        metrics.observer_panics = court.observers.panics();
        metrics
    }
}

impl std::fmt::Debug for ProductionOrchestrator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.critics().iter().map(|critic| &critic.name).collect();
        f.debug_struct("ProductionOrchestrator").field("critics", &names).finish_non_exhaustive()
    }
}

/// The place of one run; given back before it is said that the run has ended.
struct Place<'c> {
    admitted: Option<Admitted<'c>>,
    stop: &'c Stop,
}

impl Place<'_> {
    /// The run has ended by itself, then, and its time counts.
    fn done_at(mut self, now: Moment) {
        self.admitted.take().into_iter().for_each(|admitted| admitted.done_at(now));
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if seeded!(RunPlaceLeaked) {
            std::mem::forget(self.admitted.take());
        }
        drop(self.admitted.take());
        self.stop.run_ended();
    }
}

/// Gathers critics, settings, hooks and observers.
#[derive(Default)]
pub struct Builder {
    entries: Vec<Entry>,
    settings: RunSettings,
    hooks: Vec<Arc<dyn Hook>>,
    observers: Observers,
    before: Option<Arc<Court>>,
}

impl Builder {
    /// Its critics and hooks, for who must not let them be dropped here.
    pub(crate) fn parts(&self) -> impl Sized + use<> {
        let critics = self.entries.iter().map(|entry| Arc::clone(&entry.critic));
        (critics.collect::<Vec<_>>(), self.hooks.clone())
    }

    /// Adds a critic.
    #[must_use]
    pub fn critic(self, spec: CriticSpec, critic: impl Critic) -> Self {
        self.shared(spec, Arc::new(critic))
    }

    /// Adds a critic that others hold too.
    #[must_use]
    pub fn shared(mut self, spec: CriticSpec, critic: Arc<dyn Critic>) -> Self {
        self.entries.push(Entry { spec, critic });
        self
    }

    /// What holds for whole runs.
    #[must_use]
    pub fn settings(mut self, settings: RunSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Adds a hook, called after those before it.
    #[must_use]
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Adds an observer.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.add(Arc::new(observer));
        self
    }

    /// Takes over the limits of another orchestrator, as they are at that moment, where nothing about them changes:
    /// tokens that are used up stay used up, a breaker that is open stays open, and calls and runs that are going on there
    /// count here.
    ///
    /// A limit of a critic is the same when the critic has the same name and is made of the same
    /// ([`CriticSpec::fingerprint`]; without one, it has to be the very same [`Arc`]) and the settings of that
    /// limit are the same. A limit of runs, of stages or of all critics is the same when its settings are. What was changed
    /// begins anew, so that while runs of the other one end, its old limits and the new ones hold side by side.
    /// Where runs come in by the same door, shutting down one orchestrator shuts down the other.
    #[must_use]
    pub fn after(mut self, other: &ProductionOrchestrator) -> Self {
        self.before = Some(Arc::clone(&other.court));
        self
    }

    /// Checks everything and makes the plan.
    ///
    /// # Errors
    ///
    /// [`PlanErrors`]: everything that is wrong, in one go.
    pub fn build(self) -> Result<ProductionOrchestrator, PlanErrors> {
        let before = self.before.as_deref();
        let plan = Plan::build(self.entries, self.settings, before.map(|court| &court.plan))?;
        let budget = plan.settings.budget().map_err(wrong("run.retry_budget.share"))?;
        let same = |same: fn(&RunSettings, &RunSettings) -> bool| {
            before.filter(|court| same(&court.plan.settings, &plan.settings))
        };
        let retry_budget = match same(RunSettings::has_same_retry_budget) {
            Some(court) => Arc::clone(&court.retry_budget),
            None => Arc::new(budget),
        };
        let entrance = match same(RunSettings::has_same_entrance) {
            Some(court) => Arc::clone(&court.entrance),
            None => {
                let door = Door::new(&plan.settings).map_err(wrong("run.adaptive"))?;
                Arc::new(Entrance { door, stop: Stop::default() })
            }
        };
        let court = Court {
            hooks: Hooks::new(self.hooks, plan.settings.hook_timeout),
            observers: self.observers,
            counters: Counters::new(plan.nodes.len()),
            retry_budget,
            seeded: AtomicU64::new(0),
            entrance,
            plan,
        };
        Ok(ProductionOrchestrator { court: Arc::new(court) })
    }
}

/// A setting that its owner refuses although the plan let it pass.
fn wrong<E: std::error::Error>(key: &str) -> impl FnOnce(E) -> PlanErrors {
    move |error| {
        let key = String::from(key);
        PlanErrors(vec![PlanError::Settings { key, problem: error.to_string() }])
    }
}
