//! What is counted of runs, in plain numbers: one run is added in one go.

use tribunal_core::{CriticInfo, Mode, Outcome, Refusal, Report, Source, Stage, Status, Verdict};

use crate::histogram::Histogram;

const VERDICTS: usize = Verdict::ALL.len();
/// A verdict that is called for, or none, which comes first.
pub(crate) const CALLS: usize = VERDICTS + 1;

/// What is counted of all runs.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    pub(crate) runs: [Histogram; VERDICTS],
    pub(crate) refused: [u64; Refusal::ALL.len()],
    pub(crate) queued: Histogram,
    pub(crate) stages: [Histogram; Stage::ALL.len()],
    pub(crate) fail_open: [u64; VERDICTS],
    /// By seat; those beyond its end have counted nothing.
    pub(crate) critics: Vec<CriticCounts>,
}

/// What is counted of one critic.
#[derive(Clone, Default)]
pub(crate) struct CriticCounts {
    pub(crate) outcomes: [[u64; CALLS]; Status::ALL.len()],
    pub(crate) execution: Histogram,
    pub(crate) queued: Histogram,
    /// By failure mode, and by a fallback.
    pub(crate) fail_open: [u64; 2],
    pub(crate) would_have: [u64; VERDICTS],
    pub(crate) retries: u64,
    pub(crate) hedges: u64,
    pub(crate) cache_hits: u64,
    pub(crate) fallbacks: u64,
    pub(crate) cost_spent: f64,
    pub(crate) cost_saved: f64,
}

fn bump(counts: &mut [u64], place: usize) {
    if let Some(count) = counts.get_mut(place) {
        *count += 1;
    }
}

impl Counts {
    /// Adds a run. `seats` has a place for each of its critics, and `last` the highest of them.
    pub(crate) fn run(&mut self, report: &Report, seats: &[u32], last: usize) {
        if self.critics.len() <= last {
            // Once for each plan and thread.
            self.critics.resize_with(last + 1, CriticCounts::default);
        }
        if let Some(runs) = self.runs.get_mut(report.verdict as usize) {
            runs.record(report.elapsed);
        }
        self.queued.record(report.queued);
        for timing in report.stages.iter() {
            if let Some(stage) = self.stages.get_mut(timing.stage.index()) {
                stage.record(timing.elapsed);
            }
        }
        let opened = !report.let_pass.is_empty();
        if opened {
            bump(&mut self.fail_open, report.verdict as usize);
        }
        for ((critic, outcome), seat) in report.outcomes().zip(seats) {
            let Some(counts) = self.critics.get_mut(*seat as usize) else { continue };
            counts.outcome(critic, outcome);
            if opened && critic.mode == Mode::Enforce {
                counts.let_pass(outcome);
            }
            if critic.mode == Mode::Monitor
                && let Some(called_for) = outcome.calls_for
                && called_for > report.verdict
            {
                bump(&mut counts.would_have, called_for as usize);
            }
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.runs.iter_mut().zip(&other.runs).for_each(|(sum, more)| sum.add(more));
        self.queued.add(&other.queued);
        self.stages.iter_mut().zip(&other.stages).for_each(|(sum, more)| sum.add(more));
        add_all(&mut self.refused, &other.refused);
        add_all(&mut self.fail_open, &other.fail_open);
        if self.critics.len() < other.critics.len() {
            self.critics.resize_with(other.critics.len(), CriticCounts::default);
        }
        self.critics.iter_mut().zip(&other.critics).for_each(|(sum, more)| sum.add(more));
    }
}

fn add_all(sums: &mut [u64], more: &[u64]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

impl CriticCounts {
    #[inline]
    fn outcome(&mut self, critic: &CriticInfo, outcome: &Outcome) {
        let called_for = outcome.calls_for.map_or(0, |verdict| verdict as usize + 1);
        if let Some(of_status) = self.outcomes.get_mut(outcome.status as usize) {
            bump(of_status, called_for);
        }
        if outcome.status == Status::Gated {
            // Most of them, where there are gates, and there is no more to it: all of its cost is saved.
            self.cost_saved += critic.cost;
            return;
        }
        if outcome.attempts > 0 {
            self.execution.record(outcome.execution());
            self.queued.record(outcome.queued());
        } else {
            self.cost_saved += outcome.saved(critic);
            if !outcome.queued().is_zero() {
                self.queued.record(outcome.queued());
            }
        }
        self.cost_spent += outcome.cost;
        if outcome.attempts > 1 {
            let retries = outcome.attempts.saturating_sub(outcome.hedges).saturating_sub(1);
            self.retries += u64::from(retries);
            self.hedges += u64::from(outcome.hedges);
        }
        match outcome.source {
            Source::Critic => {}
            Source::Cache => self.cache_hits += 1,
            Source::Fallback => self.fallbacks += 1,
        }
    }

    /// As [`tribunal_core::Judgement::let_pass`] has it.
    fn let_pass(&mut self, outcome: &Outcome) {
        let [by_mode, by_fallback] = &mut self.fail_open;
        if outcome.source == Source::Fallback {
            *by_fallback += 1;
        } else if outcome.is_failure() && outcome.calls_for == Some(Verdict::Allow) {
            *by_mode += 1;
        }
    }

    fn add(&mut self, other: &Self) {
        self.outcomes.iter_mut().zip(&other.outcomes).for_each(|(sum, more)| add_all(sum, more));
        self.execution.add(&other.execution);
        self.queued.add(&other.queued);
        add_all(&mut self.fail_open, &other.fail_open);
        add_all(&mut self.would_have, &other.would_have);
        self.retries += other.retries;
        self.hedges += other.hedges;
        self.cache_hits += other.cache_hits;
        self.fallbacks += other.fallbacks;
        self.cost_spent += other.cost_spent;
        self.cost_saved += other.cost_saved;
    }
}
