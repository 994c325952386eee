//! Counts over all runs of an orchestrator, by critic and by stage.
//!
//! Counters are plain atomics: a snapshot of them taken while runs are going on may catch a run halfway.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::RunError;
use serde::Serialize;
use tribunal_core::{CriticInfo, CriticName, Outcome, Report, Source, Stage, Status, Verdict};

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

pub(crate) struct Counters {
    verdicts: [AtomicU64; Verdict::ALL.len()],
    overloaded: AtomicU64,
    let_pass: AtomicU64,
    /// Runs that had their jitter seeded.
    seeded: AtomicU64,
    critics: Box<[CriticCounters]>,
}

#[derive(Default)]
struct CriticCounters {
    statuses: [AtomicU64; Status::ALL.len()],
    executions: AtomicU64,
    cached: AtomicU64,
    fallbacks: AtomicU64,
    retries: AtomicU64,
    hedges: AtomicU64,
    queue_nanos: AtomicU64,
    execution_nanos: AtomicU64,
    cost_spent: Sum,
    cost_saved: Sum,
}

/// A sum of floats, kept as bits.
#[derive(Default)]
struct Sum(AtomicU64);

impl Sum {
    fn add(&self, more: f64) {
        if more != 0.0 {
            let sum = |bits| Some((f64::from_bits(bits) + more).to_bits());
            let _ = self.0.fetch_update(Relaxed, Relaxed, sum);
        }
    }

    fn get(&self) -> f64 {
        f64::from_bits(self.0.load(Relaxed))
    }
}

impl Counters {
    pub(crate) fn new(critics: usize) -> Self {
        Self {
            verdicts: Default::default(),
            overloaded: AtomicU64::new(0),
            let_pass: AtomicU64::new(0),
            seeded: AtomicU64::new(0),
            critics: (0..critics).map(|_| CriticCounters::default()).collect(),
        }
    }

    /// A seed for one run, so that no two have the same.
    pub(crate) fn jitter(&self, seed: u64) -> u64 {
        let run = self.seeded.fetch_add(1, Relaxed);
        seed.wrapping_add(run.wrapping_mul(0xD1B5_4A32_D192_ED03))
    }

    pub(crate) fn refused(&self, error: &RunError) {
        if matches!(error, RunError::Overloaded { .. }) {
            self.overloaded.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn run(&self, report: &Report) {
        if let Some(count) = self.verdicts.get(report.verdict as usize) {
            count.fetch_add(1, Relaxed);
        }
        if !report.let_pass.is_empty() {
            self.let_pass.fetch_add(1, Relaxed);
        }
    }

    pub(crate) fn outcome(&self, place: usize, info: &CriticInfo, outcome: &Outcome) {
        let Some(critic) = self.critics.get(place) else { return };
        if let Some(count) = critic.statuses.get(outcome.status as usize) {
            count.fetch_add(1, Relaxed);
        }
        match outcome.source {
            Source::Critic => {}
            Source::Cache => add(&critic.cached, 1),
            Source::Fallback => add(&critic.fallbacks, 1),
        }
        add(&critic.executions, u64::from(outcome.attempts > 0));
        let retries = outcome.attempts.saturating_sub(outcome.hedges).saturating_sub(1);
        add(&critic.retries, u64::from(retries));
        add(&critic.hedges, u64::from(outcome.hedges));
        add(&critic.queue_nanos, nanos(outcome.queued));
        add(&critic.execution_nanos, nanos(outcome.execution));
        critic.cost_spent.add(outcome.cost);
        critic.cost_saved.add(outcome.saved(info));
    }

    /// The counts of one critic, by its place in the plan.
    pub(crate) fn of(&self, place: usize) -> Counts {
        let Some(critic) = self.critics.get(place) else { return Counts::default() };
        let status = |status: Status| {
            critic.statuses.get(status as usize).map_or(0, |count| count.load(Relaxed))
        };
        Counts {
            executions: critic.executions.load(Relaxed),
            successes: status(Status::Success),
            cached: critic.cached.load(Relaxed),
            fallbacks: critic.fallbacks.load(Relaxed),
            errors: status(Status::Error),
            timeouts: status(Status::Timeout),
            invalid: status(Status::Invalid),
            gated: status(Status::Gated),
            skipped: status(Status::Skipped),
            rate_limited: status(Status::RateLimited),
            retries: critic.retries.load(Relaxed),
            hedges: critic.hedges.load(Relaxed),
            queue_time: Duration::from_nanos(critic.queue_nanos.load(Relaxed)),
            execution_time: Duration::from_nanos(critic.execution_nanos.load(Relaxed)),
            cost_spent: critic.cost_spent.get(),
            cost_saved: critic.cost_saved.get(),
        }
    }

    /// Everything, with the gauges left at nothing.
    pub(crate) fn read(&self, infos: &[CriticInfo]) -> Metrics {
        let critics: Vec<CriticMetrics> = infos
            .iter()
            .enumerate()
            .map(|(place, info)| CriticMetrics {
                critic: info.name.clone(),
                stage: info.stage,
                counts: self.of(place),
            })
            .collect();
        let mut stages: Vec<StageMetrics> = Vec::new();
        for critic in &critics {
            match stages.last_mut().filter(|last| last.stage == critic.stage) {
                Some(last) => last.counts.add(&critic.counts),
                None => stages.push(StageMetrics { stage: critic.stage, counts: critic.counts }),
            }
        }
        let verdict = |verdict: Verdict| {
            self.verdicts.get(verdict as usize).map_or(0, |count| count.load(Relaxed))
        };
        let (allowed, reviewed, blocked) =
            (verdict(Verdict::Allow), verdict(Verdict::Review), verdict(Verdict::Block));
        Metrics {
            runs: allowed + reviewed + blocked,
            allowed,
            reviewed,
            blocked,
            overloaded: self.overloaded.load(Relaxed),
            let_pass: self.let_pass.load(Relaxed),
            in_flight: 0,
            queued: 0,
            hook_failures: 0,
            observer_panics: 0,
            critics,
            stages,
        }
    }
}

/// What is nothing costs no locked operation.
fn add(counter: &AtomicU64, more: u64) {
    if more != 0 {
        counter.fetch_add(more, Relaxed);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
