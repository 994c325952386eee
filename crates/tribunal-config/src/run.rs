//! The sections `run`, `stages` and `defaults`. `rates` is next door.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use tribunal_core::{FailureMode, Stage, Thresholds};
use tribunal_production::{Adaptation, RunSettings};
use tribunal_prove::RunModel;

use crate::Code;
use crate::adaptive::{Ceiling, adaptive};
use crate::critic::timeout;
use crate::notes::{Mistake, Notes};
use crate::rates::Rates;
use crate::read::{Item, Table, unknown};

/// A duration and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Limit {
    pub(crate) duration: Duration,
    pub(crate) span: Range<usize>,
}

/// What the sections for whole runs say.
#[derive(Debug, Default)]
pub(crate) struct Run {
    values: Values,
    /// `None` when the run's is the default.
    pub(crate) timeout: Option<Limit>,
    pub(crate) stage_timeouts: BTreeMap<Stage, Limit>,
    pub(crate) rates: Rates,
    /// Where each value stands: `run.timeout`, `stages.fast_critics.timeout`.
    pub(crate) places: BTreeMap<String, Range<usize>>,
}

#[derive(Debug, Default)]
struct Values {
    max_in_flight: Option<usize>,
    max_runs: Option<usize>,
    adaptive: Option<(usize, Adaptation)>,
    max_blocking: Option<usize>,
    max_queued_runs: Option<usize>,
    max_total_retries: Option<u32>,
    early_exit: Option<bool>,
    hook_timeout: Option<Duration>,
    max_cost: Option<f64>,
    /// The share of first calls, and so many a second.
    retry_budget: Option<(f64, u32)>,
    stage_max_in_flight: BTreeMap<Stage, usize>,
}

/// The code's defaults, which a test holds against the settings.
const MAX_RUNS: usize = 1_024;
const RUN_TIMEOUT: Duration = Duration::from_secs(10);

/// What no process holds; the plan has the same bound.
pub(crate) const MOST_IN_FLIGHT: usize = 1_000_000;

impl Run {
    pub(crate) fn read(root: &Table<'_>, notes: &Notes) -> Self {
        let mut run = Self::default();
        if let Some(table) = root.table("run") {
            let timeout = table.get("timeout");
            run.timeout = timeout.and_then(|item| limit(&item));
            let count = |key, from| table.get(key)?.integer(from..=MOST_IN_FLIGHT);
            let max_runs = count("max_runs", 1);
            run.values = Values {
                max_in_flight: count("max_in_flight", 1),
                max_runs,
                adaptive: table.get("adaptive").and_then(|item| {
                    let limit = table.get("max_runs");
                    let default = limit.is_none().then_some(MAX_RUNS);
                    let value = max_runs.or(default);
                    adaptive(&item, &Ceiling { key: "max_runs", item: limit.as_ref(), value })
                }),
                max_blocking: count("max_blocking", 1),
                max_queued_runs: count("max_queued_runs", 0),
                max_total_retries: table
                    .get("max_total_retries")
                    .and_then(|item| item.integer(0..=u32::MAX)),
                early_exit: table.get("early_exit").and_then(|item| item.boolean()),
                hook_timeout: table.get("hook_timeout").and_then(|item| item.duration()),
                max_cost: table.get("max_cost").and_then(|item| {
                    item.number_that("be 0 or more", |cost| cost.is_finite() && cost >= 0.0)
                }),
                retry_budget: table.table("retry_budget").and_then(|t| run.retry_budget(t)),
                stage_max_in_flight: BTreeMap::new(),
            };
            run.places.extend(table.close());
        }
        if let Some(stages) = root.table("stages") {
            run.stages(&stages, notes);
        }
        run.rates = Rates::read(root);
        run
    }

    fn retry_budget(&mut self, table: Table<'_>) -> Option<(f64, u32)> {
        let share = table.required("share").and_then(|item| {
            item.number_that("lie within 0 to 10", |share| (0.0..=10.0).contains(&share))
        });
        let floor = table.required("floor").and_then(|item| item.integer(0..=u32::MAX));
        self.places.extend(table.close());
        share.zip(floor)
    }

    fn stages(&mut self, stages: &Table<'_>, notes: &Notes) {
        for &stage in Stage::ALL {
            let Some(table) = stages.table(stage.as_str()) else { continue };
            if let Some(limit) = table.get("timeout").and_then(|item| limit(&item)) {
                self.stage_timeouts.insert(stage, limit);
            }
            let most = table.get("max_in_flight").and_then(|item| item.integer(1..=MOST_IN_FLIGHT));
            self.values.stage_max_in_flight.extend(most.map(|most| (stage, most)));
            self.places.extend(table.close());
        }
        for (key, _) in stages.raw().iter() {
            if !Stage::WORDS.contains(&&**key.get_ref()) {
                notes.add(unknown(key, "stages.", Stage::WORDS.iter().copied()));
            }
        }
    }

    /// The settings, with the code's defaults where nothing was said.
    pub(crate) fn settings(&self) -> RunSettings {
        let Values { max_in_flight, max_runs, max_queued_runs, .. } = self.values;
        let Values { max_total_retries, early_exit, hook_timeout, retry_budget, .. } = self.values;
        let set = RunSettings::default();
        let set = with(set, self.timeout.as_ref().map(|l| l.duration), RunSettings::timeout);
        let set = with(set, max_in_flight, RunSettings::max_in_flight);
        let set = with(set, max_runs, RunSettings::max_runs);
        let moving = |set: RunSettings, (floor, how)| set.adaptive_runs(floor, how);
        let set = with(set, self.values.adaptive, moving);
        let set = with(set, self.values.max_blocking, RunSettings::max_blocking);
        let set = with(set, max_queued_runs, RunSettings::max_queued_runs);
        let set = with(set, max_total_retries, RunSettings::max_total_retries);
        let set = with(set, early_exit, RunSettings::early_exit);
        let set = with(set, hook_timeout, RunSettings::hook_timeout);
        let set = with(set, self.values.max_cost, RunSettings::max_cost);
        let budget = |set: RunSettings, (share, floor)| set.retry_budget(share, floor);
        let mut set = with(set, retry_budget, budget);
        for (name, rate) in self.rates.iter() {
            set = set.shared_rate(name, rate);
        }
        for (stage, limit) in &self.stage_timeouts {
            set = set.stage_timeout(*stage, limit.duration);
        }
        for (stage, limit) in &self.values.stage_max_in_flight {
            set = set.stage_max_in_flight(*stage, *limit);
        }
        set
    }

    /// The same as proofs see it.
    pub(crate) fn model(&self) -> RunModel {
        let code = RunModel::default();
        RunModel {
            early_exit: self.values.early_exit.unwrap_or(code.early_exit),
            max_cost: self.values.max_cost,
            timeout: self.timeout.as_ref().map_or(code.timeout, |limit| limit.duration),
            stage_timeouts: self
                .stage_timeouts
                .iter()
                .map(|(stage, limit)| (*stage, limit.duration))
                .collect(),
            max_total_retries: self.values.max_total_retries.unwrap_or(code.max_total_retries),
        }
    }

    /// How long a run may take, and where that is written. `None` where it could not be read.
    pub(crate) fn limit(&self) -> Option<(Duration, Option<Range<usize>>)> {
        match &self.timeout {
            Some(limit) => Some((limit.duration, Some(limit.span.clone()))),
            None if self.places.contains_key("run.timeout") => None,
            None => Some((RUN_TIMEOUT, None)),
        }
    }

    /// What a run may cost, where that is limited.
    pub(crate) const fn max_cost(&self) -> Option<f64> {
        self.values.max_cost
    }

    /// How many runs there may be at a time, where the file says so, and where it does.
    pub(crate) fn max_runs(&self) -> Option<(usize, Range<usize>)> {
        self.values.max_runs.zip(self.places.get("run.max_runs").cloned())
    }

    /// Forgets a value that the plan refuses, so that the rest can still be checked. False if there is none.
    pub(crate) fn forget(&mut self, key: &str) -> bool {
        let forgotten = self.places.remove(key).is_some();
        let mut parts = key.split('.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("run"), Some("timeout"), None) => self.timeout = None,
            (Some("run"), Some("hook_timeout"), None) => self.values.hook_timeout = None,
            (Some("run"), Some("max_cost"), None) => self.values.max_cost = None,
            (Some("run"), Some("max_in_flight"), None) => self.values.max_in_flight = None,
            (Some("run"), Some("max_runs"), None) => self.values.max_runs = None,
            (Some("run"), Some("adaptive"), None) => self.values.adaptive = None,
            (Some("run"), Some("max_blocking"), None) => self.values.max_blocking = None,
            (Some("run"), Some("max_queued_runs"), None) => self.values.max_queued_runs = None,
            (Some("run"), Some("retry_budget"), Some(_)) => self.values.retry_budget = None,
            (Some("stages"), Some(stage), Some(key)) => {
                let Ok(stage) = stage.parse::<Stage>() else { return false };
                match key {
                    "timeout" => drop(self.stage_timeouts.remove(&stage)),
                    _ => drop(self.values.stage_max_in_flight.remove(&stage)),
                }
            }
            _ => return false,
        }
        forgotten
    }
}

pub(crate) fn with<B, V>(built: B, value: Option<V>, set: impl FnOnce(B, V) -> B) -> B {
    match value {
        Some(value) => set(built, value),
        None => built,
    }
}

fn limit(item: &Item<'_>) -> Option<Limit> {
    item.duration().map(|duration| Limit { duration, span: item.span() })
}

/// What holds for critics that do not say otherwise.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    pub(crate) failure_mode: Option<FailureMode>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) marks: Marks,
}

impl Defaults {
    pub(crate) fn read(root: &Table<'_>, run: &Run, notes: &Notes) -> Self {
        let Some(table) = root.table("defaults") else { return Self::default() };
        let read = Self {
            failure_mode: table.get("failure_mode").and_then(|item| item.word()),
            timeout: table.get("timeout").and_then(|item| timeout(&item, None, run)),
            marks: Marks::read(&table),
        };
        read.marks.thresholds(&Marks::default(), notes);
        table.close();
        read
    }
}

/// `review_at` and `block_at`, as they are written.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    review_at: Option<Mark>,
    block_at: Option<Mark>,
}

/// A threshold; `None` stands for `"never"`.
#[derive(Debug, Clone)]
struct Mark {
    at: Option<f64>,
    span: Range<usize>,
}

impl Marks {
    pub(crate) fn read(table: &Table<'_>) -> Self {
        Self {
            review_at: table.get("review_at").and_then(|item| mark(&item)),
            block_at: table.get("block_at").and_then(|item| mark(&item)),
        }
    }

    /// Both thresholds: its own, else those of `defaults`, else the code's.
    pub(crate) fn thresholds(&self, defaults: &Self, notes: &Notes) -> Thresholds {
        let code = Thresholds::default();
        let review = self.review_at.as_ref().or(defaults.review_at.as_ref());
        let block = self.block_at.as_ref().or(defaults.block_at.as_ref());
        let review_at = review.map_or(code.review_at(), |mark| mark.at);
        let block_at = block.map_or(code.block_at(), |mark| mark.at);
        if let Some(thresholds) = Thresholds::new(review_at, block_at) {
            return thresholds;
        }
        // Each lies within its range, so they contradict each other. The code's defaults do not.
        let own = self.review_at.as_ref().or(self.block_at.as_ref());
        if let Some(own) = own {
            let shown = |at: Option<f64>| at.unwrap_or_default();
            let message = format!(
                "`review_at` ({}) is above `block_at` ({}), so nothing would ever be reviewed",
                shown(review_at),
                shown(block_at)
            );
            let other = if self.review_at.is_some() { block } else { review };
            let mistake = Mistake::new(Code::CrossedBounds, own.span.clone(), message);
            let other = other.filter(|other| other.span != own.span);
            notes.add(match other {
                Some(other) => mistake.other(other.span.clone(), "the other threshold"),
                None => mistake.help("the other threshold has its default: set both"),
            });
        }
        code
    }
}

fn mark(item: &Item<'_>) -> Option<Mark> {
    if item.value.get_ref().as_str() == Some("never") {
        return Some(Mark { at: None, span: item.span() });
    }
    if item.value.get_ref().is_str() {
        item.note(Code::UnknownWord, "must be a number above 0 and up to 1, or \"never\"");
        return None;
    }
    let at = item.number_that("lie above 0 and up to 1", |at| at > 0.0 && at <= 1.0)?;
    Some(Mark { at: Some(at), span: item.span() })
}
