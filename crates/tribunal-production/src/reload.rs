//! Going on with another plan while runs are going on.
//!
//! All that changes is one pointer: runs that have been called go to their end under the plan they began with, and the
//! next one begins under the new one. Start at [`Reloadable`].

use std::borrow::Borrow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::join_all;
use thiserror::Error;
use tokio::sync::Notify;
use tribunal_core::{ConfigHash, CriticInfo, Report, Snapshot};

use crate::gauges::Gauges;
use crate::metrics::Metrics;
use crate::orchestrator::{Builder, Entrance, ProductionOrchestrator, RunError};
use crate::outline::Outline;
use crate::plan::PlanErrors;
use crate::stop::Shutdown;

/// An orchestrator whose plan can be replaced while it judges.
///
/// Each run is judged by one generation from its first critic to its last, and its report carries that one's config
/// hash. Limits that have not changed go on as they are ([`Builder::after`]). What cannot be planned changes nothing.
///
/// ```
/// # use tribunal_core::{Answer, Opinion, Snapshot, Verdict, Violation, critic_fn};
/// # use tribunal_production::{CriticSpec, ProductionOrchestrator, Reloadable};
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let says = |opinion: Opinion| critic_fn(move |_| Answer::now(Ok(opinion.clone())));
/// let lenient = ProductionOrchestrator::builder().critic(CriticSpec::new("manners"), says(Opinion::clean()));
/// let court = Reloadable::new(lenient.build()?);
/// assert_eq!(court.run_all(Snapshot::of_input("hello")).await?.verdict, Verdict::Allow);
///
/// let rude = Opinion::objection(Violation::new("manners.none", "no please", 0.9));
/// let strict = ProductionOrchestrator::builder().critic(CriticSpec::new("manners"), says(rude));
/// assert_eq!(court.reload(strict)?.number(), 2);
/// assert_eq!(court.run_all(Snapshot::of_input("hello")).await?.verdict, Verdict::Block);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Reloadable {
    current: ArcSwap<Generation>,
    history: Mutex<History>,
    reloaded: Notify,
}

/// One plan of a [`Reloadable`].
pub struct Generation {
    number: u64,
    court: ProductionOrchestrator,
}

struct History {
    /// Those in which runs may still be going on.
    earlier: Vec<Weak<Generation>>,
    is_shut_down: bool,
}

/// Why a plan did not take the place of the one before.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReloadError {
    /// It is none. The one before goes on.
    #[error(transparent)]
    Plan(#[from] PlanErrors),
    /// Nobody is admitted any more, by whatever plan.
    #[error("shut down: there is nothing to go on with")]
    ShutDown,
}

impl Reloadable {
    /// Begins with generation 1.
    #[must_use]
    pub fn new(court: ProductionOrchestrator) -> Self {
        let first = Arc::new(Generation { number: 1, court });
        let history = History { earlier: Vec::new(), is_shut_down: false };
        Self { current: ArcSwap::new(first), history: Mutex::new(history), reloaded: Notify::new() }
    }

    fn history(&self) -> MutexGuard<'_, History> {
        // Each change of it is one step, so a poisoned one is still consistent.
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The generation that judges the next run. Who keeps it and calls it later still gets that one.
    #[must_use]
    pub fn current(&self) -> Arc<Generation> {
        self.current.load_full()
    }

    /// Judges a snapshot by the current generation: [`ProductionOrchestrator::run_all`].
    ///
    /// # Errors
    ///
    /// Those of [`ProductionOrchestrator::run_all`].
    pub async fn run_all(&self, snapshot: impl Borrow<Snapshot>) -> Result<Report, RunError> {
        self.current().run_all(snapshot).await
    }

    /// Goes on with another plan: everything is checked and built first, then one pointer changes. Gives the new
    /// generation. Whoever reloads at the same time waits for its turn.
    ///
    /// # Errors
    ///
    /// [`ReloadError`]; then nothing has changed.
    pub fn reload(&self, builder: Builder) -> Result<Arc<Generation>, ReloadError> {
        // What nobody uses any more is dropped after the lock is free, because that runs code of critics: the plan before,
        // and what a bad plan is made of.
        let (before, _parts);
        let mut history = self.history();
        if history.is_shut_down {
            return Err(ReloadError::ShutDown);
        }
        before = self.current();
        _parts = builder.parts();
        let court = builder.after(&before.court).build()?;
        let number = before.number.saturating_add(1);
        let next = Arc::new(Generation { number, court });
        self.current.store(Arc::clone(&next));
        history.earlier.retain(|earlier| earlier.strong_count() > 0);
        history.earlier.push(Arc::downgrade(&before));
        self.reloaded.notify_waiters();
        Ok(next)
    }

    /// Waits until the current generation is another one than that of this number, and gives it. Generations that came
    /// and went meanwhile are passed over.
    pub async fn changed(&self, number: u64) -> Arc<Generation> {
        loop {
            // Before the look, so that a reload in between is not missed.
            let reloaded = self.reloaded.notified();
            let current = self.current();
            if current.number != number {
                return current;
            }
            reloaded.await;
        }
    }

    /// As [`ProductionOrchestrator::shutdown`], for all generations in which runs are going on. No other plan takes their
    /// place any more.
    pub async fn shutdown(&self, within: Duration) -> Shutdown {
        let entrances = self.entrances();
        let all = entrances.iter().map(|entrance| entrance.shut_down(within));
        join_all(all).await.into_iter().fold(Shutdown { ended: 0, cut: 0 }, |sum, one| Shutdown {
            ended: sum.ended + one.ended,
            cut: sum.cut + one.cut,
        })
    }

    /// Where runs of all generations came in, each once.
    fn entrances(&self) -> Vec<Arc<Entrance>> {
        // Dropped after the lock is free: it may be the last to hold one of them.
        let generations: Vec<Arc<Generation>>;
        let mut history = self.history();
        history.is_shut_down = true;
        let earlier = history.earlier.iter().filter_map(Weak::upgrade);
        generations = earlier.chain([self.current()]).collect();
        let mut entrances: Vec<Arc<Entrance>> = Vec::new();
        for generation in &generations {
            let entrance = &generation.court.court.entrance;
            if !entrances.iter().any(|known| Arc::ptr_eq(known, entrance)) {
                entrances.push(Arc::clone(entrance));
            }
        }
        entrances
    }
}

impl Generation {
    /// Which one: 1 for the first, and one more with each reload.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// Judges a snapshot by this generation: [`ProductionOrchestrator::run_all`].
    ///
    /// # Errors
    ///
    /// Those of [`ProductionOrchestrator::run_all`].
    pub async fn run_all(&self, snapshot: impl Borrow<Snapshot>) -> Result<Report, RunError> {
        self.court.run_all(snapshot).await
    }

    /// The digest of its configuration, which its reports carry.
    #[must_use]
    pub fn config_hash(&self) -> ConfigHash {
        self.court.config_hash()
    }

    /// Its critics, in plan order.
    #[must_use]
    pub fn critics(&self) -> &[CriticInfo] {
        self.court.critics()
    }

    /// What its plan does.
    #[must_use]
    pub fn outline(&self) -> Outline {
        self.court.outline()
    }

    /// What has been counted of its runs. How many go on and wait is of all that came in where its runs do.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.court.metrics()
    }

    /// How things stand under it: [`ProductionOrchestrator::gauges`].
    #[must_use]
    pub fn gauges(&self) -> Gauges {
        self.court.gauges()
    }
}

impl std::fmt::Debug for Reloadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloadable").field("current", &self.current()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { number, court } = self;
        f.debug_struct("Generation").field("number", number).field("court", court).finish()
    }
}
