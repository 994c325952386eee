//! Counts over all runs of an orchestrator, by critic and by stage.
//!
//! A run is counted as a whole when it ends, or is dropped; one that is going on is not in them yet.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tribunal_core::{
    CriticInfo, CriticName, Outcome, Outcomes, Report, Source, Stage, Status, Verdict, seeded,
};

use crate::RunError;
use crate::orchestrator::Court;

/// What has been counted since the orchestrator was built.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Metrics {
    /// Runs that gave a report.
    pub runs: u64,
    /// Of those, with verdict `allow`.
    pub allowed: u64,
    /// With verdict `review`.
    pub reviewed: u64,
    /// With verdict `block`.
    pub blocked: u64,
    /// Runs refused because the queue was full or too slow.
    pub overloaded: u64,
    /// Runs in which a failure was let pass, by failure mode or by a fallback.
    pub let_pass: u64,
    /// Runs going on now.
    pub in_flight: usize,
    /// Runs waiting now.
    pub queued: usize,
    /// Calls of hooks that failed, panicked, took too long or gave an invalid opinion.
    pub hook_failures: u64,
    /// Calls of observers that panicked.
    pub observer_panics: u64,
    /// By critic, in plan order.
    pub critics: Vec<CriticMetrics>,
    /// By stage, in order.
    pub stages: Vec<StageMetrics>,
}

/// The counts of one critic.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CriticMetrics {
    /// Its name.
    pub critic: CriticName,
    /// Its stage.
    pub stage: Stage,
    /// Its counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The counts of all critics of one stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct StageMetrics {
    /// Which.
    pub stage: Stage,
    /// The sum over its critics.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What critics did.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Outcomes for which the critic was called at least once.
    pub executions: u64,
    /// Outcomes with an opinion, from the critic or from a hook.
    pub successes: u64,
    /// Of those, from a hook before the critic ran.
    pub cached: u64,
    /// Of those, from a hook after the critic failed.
    pub fallbacks: u64,
    /// Outcomes `error`.
    pub errors: u64,
    /// Outcomes `timeout`.
    pub timeouts: u64,
    /// Outcomes `invalid`.
    pub invalid: u64,
    /// Outcomes `gated`.
    pub gated: u64,
    /// Outcomes `skipped`.
    pub skipped: u64,
    /// Outcomes `rate_limited`.
    pub rate_limited: u64,
    /// Calls after the first, hedges apart.
    pub retries: u64,
    /// Second calls beside a slow one.
    pub hedges: u64,
    /// Waiting for tokens, permits and retries.
    pub queue_time: Duration,
    /// Being at work.
    pub execution_time: Duration,
    /// What the calls cost.
    pub cost_spent: f64,
    /// What they would have cost more, had every gate been open.
    pub cost_saved: f64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.executions += other.executions;
        self.successes += other.successes;
        self.cached += other.cached;
        self.fallbacks += other.fallbacks;
        self.errors += other.errors;
        self.timeouts += other.timeouts;
        self.invalid += other.invalid;
        self.gated += other.gated;
        self.skipped += other.skipped;
        self.rate_limited += other.rate_limited;
        self.retries += other.retries;
        self.hedges += other.hedges;
        self.queue_time = self.queue_time.saturating_add(other.queue_time);
        self.execution_time = self.execution_time.saturating_add(other.execution_time);
        self.cost_spent += other.cost_spent;
        self.cost_saved += other.cost_saved;
    }
}

/// The counters of all runs. Each run counts once, at its end, under one lock that it seldom shares.
pub(crate) struct Counters {
    shards: [Shard; SHARDS],
    overloaded: AtomicU64,
}

/// What the threads that use it have counted. Alone on its cache lines.
#[repr(align(128))]
struct Shard(Mutex<Counted>);

struct Counted {
    verdicts: [u64; Verdict::ALL.len()],
    let_pass: u64,
    critics: Box<[Counts]>,
}

/// More than that many threads share shards.
const SHARDS: usize = 8;

/// The shard of this thread.
fn shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: usize = NEXT.fetch_add(1, Relaxed) % SHARDS;
    }
    // While the thread ends it has none any more.
    OWN.try_with(|own| *own).unwrap_or_default()
}

impl Counted {
    fn outcome(&mut self, place: usize, info: &CriticInfo, outcome: &Outcome) {
        let Some(counts) = self.critics.get_mut(place) else { return };
        if outcome.status == Status::Gated {
            // Most of them, where there are gates, and there is no more to it.
            counts.gated += 1;
            counts.cost_saved += outcome.saved(info);
            return;
        }
        counts.cost_spent += outcome.cost;
        if is_plain(outcome) {
            counts.successes += 1;
            counts.executed(outcome.execution());
            return;
        }
        *counts.of_status(outcome.status) += 1;
        match outcome.source {
            Source::Critic => {}
            Source::Cache => counts.cached += 1,
            Source::Fallback => counts.fallbacks += 1,
        }
        if outcome.attempts == 0 {
            counts.cost_saved += outcome.saved(info);
        } else {
            counts.executed(outcome.execution());
        }
        if outcome.attempts > 1 {
            let retries = outcome.attempts.saturating_sub(outcome.hedges).saturating_sub(1);
            counts.retries += u64::from(retries);
            counts.hedges += u64::from(outcome.hedges);
        }
        if !outcome.queued().is_zero() {
            counts.queue_time = counts.queue_time.saturating_add(outcome.queued());
        }
    }
}

/// Whether it is what most of them are: an opinion that the critic gave when it was first called, without a wait.
#[inline]
fn is_plain(outcome: &Outcome) -> bool {
    outcome.status == Status::Success
        && outcome.source == Source::Critic
        && outcome.attempts == 1
        && outcome.queued().is_zero()
}

impl Counts {
    #[inline]
    fn executed(&mut self, took: Duration) {
        self.executions += 1 + u64::from(seeded!(CountedTwice));
        self.execution_time = self.execution_time.saturating_add(took);
    }

    fn of_status(&mut self, status: Status) -> &mut u64 {
        match status {
            Status::Success => &mut self.successes,
            Status::Timeout => &mut self.timeouts,
            Status::Error => &mut self.errors,
            Status::Invalid => &mut self.invalid,
            Status::Skipped => &mut self.skipped,
            Status::Gated => &mut self.gated,
            Status::RateLimited => &mut self.rate_limited,
        }
    }
}

/// The outcomes of one run as they come. Those of a run that comes to no end are counted too.
pub(crate) struct Tally<'c> {
    court: &'c Court,
    outcomes: Outcomes,
}

impl<'c> Tally<'c> {
    pub(crate) fn new(court: &'c Court) -> Self {
        Self { court, outcomes: Outcomes::missing(court.plan.infos.len()) }
    }

    /// The outcomes before a stage, and its own.
    pub(crate) fn split(&mut self, stage: &Range<usize>) -> (&[Outcome], &mut [Outcome]) {
        let upto = self.outcomes.get_mut(..stage.end).unwrap_or_default();
        match upto.split_at_mut_checked(stage.start) {
            Some((earlier, current)) => (earlier, current),
            None => Default::default(),
        }
    }

    /// The critics of a stage, and their outcomes.
    pub(crate) fn of(&self, stage: &Range<usize>) -> (&'c [CriticInfo], &[Outcome]) {
        let infos = self.court.plan.infos.get(stage.clone()).unwrap_or_default();
        (infos, self.outcomes.get(stage.clone()).unwrap_or_default())
    }

    /// All of them, for a report, which is then to be [counted](Counters::count).
    pub(crate) fn take(mut self) -> Outcomes {
        std::mem::take(&mut self.outcomes)
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        if self.outcomes.is_empty() {
            return;
        }
        let mut counted = self.court.counters.lock();
        let outcomes = self.court.plan.infos.iter().zip(&*self.outcomes).enumerate();
        for (place, (info, outcome)) in outcomes.filter(|(_, (_, outcome))| !outcome.is_missing()) {
            counted.outcome(place, info, outcome);
        }
    }
}

impl Counters {
    pub(crate) fn new(critics: usize) -> Self {
        let counted = || Counted {
            verdicts: Default::default(),
            let_pass: 0,
            critics: vec![Counts::default(); critics].into(),
        };
        let shards = std::array::from_fn(|_| Shard(Mutex::new(counted())));
        Self { shards, overloaded: AtomicU64::new(0) }
    }

    /// A run has come to its end.
    #[inline]
    pub(crate) fn count(&self, report: &Report) {
        let mut counted = self.lock();
        if let Some(count) = counted.verdicts.get_mut(report.verdict as usize) {
            *count += 1;
        }
        counted.let_pass += u64::from(!report.let_pass.is_empty());
        for (place, (info, outcome)) in report.outcomes().enumerate() {
            counted.outcome(place, info, outcome);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        let [first, ..] = &self.shards;
        let shard = self.shards.get(shard()).unwrap_or(first);
        shard.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn refused(&self, error: &RunError) {
        if matches!(error, RunError::Overloaded { .. }) {
            self.overloaded.fetch_add(1, Relaxed);
        }
    }

    /// The sum over all shards.
    fn sum(&self) -> Counted {
        let mut shards = self.shards.iter().map(|shard| {
            let counted = shard.0.lock().unwrap_or_else(PoisonError::into_inner);
            let Counted { verdicts, let_pass, critics } = &*counted;
            Counted { verdicts: *verdicts, let_pass: *let_pass, critics: critics.clone() }
        });
        let none = Counted { verdicts: Default::default(), let_pass: 0, critics: Box::new([]) };
        let Some(first) = shards.next() else { return none };
        shards.fold(first, |mut sum, shard| {
            sum.verdicts.iter_mut().zip(shard.verdicts).for_each(|(sum, more)| *sum += more);
            sum.let_pass += shard.let_pass;
            sum.critics.iter_mut().zip(&shard.critics).for_each(|(sum, more)| sum.add(more));
            sum
        })
    }

    /// Everything, with the gauges left at nothing.
    pub(crate) fn read(&self, infos: &[CriticInfo]) -> Metrics {
        let sum = self.sum();
        let critics: Vec<CriticMetrics> = infos
            .iter()
            .zip(&sum.critics)
            .map(|(info, counts)| CriticMetrics {
                critic: info.name.clone(),
                stage: info.stage,
                counts: *counts,
            })
            .collect();
        let mut stages: Vec<StageMetrics> = Vec::new();
        for critic in &critics {
            match stages.last_mut().filter(|last| last.stage == critic.stage) {
                Some(last) => last.counts.add(&critic.counts),
                None => stages.push(StageMetrics { stage: critic.stage, counts: critic.counts }),
            }
        }
        let verdict =
            |verdict: Verdict| sum.verdicts.get(verdict as usize).copied().unwrap_or_default();
        let (allowed, reviewed, blocked) =
            (verdict(Verdict::Allow), verdict(Verdict::Review), verdict(Verdict::Block));
        Metrics {
            runs: allowed + reviewed + blocked,
            allowed,
            reviewed,
            blocked,
            overloaded: self.overloaded.load(Relaxed),
            let_pass: sum.let_pass,
            in_flight: 0,
            queued: 0,
            hook_failures: 0,
            observer_panics: 0,
            critics,
            stages,
        }
    }
}
