//! All metrics as they stand, series by series. Rendering them is [`crate::text`]'s.

use std::borrow::Cow;
use std::sync::atomic::Ordering::Relaxed;

use tribunal_core::{Mode, Refusal, Stage, Status, Verdict};
use tribunal_production::{BreakerState, CanaryReading, Finding, Gauges, Metrics, Room};

use crate::carried::Carried;
use crate::catalogue::{self as all, Metric};
use crate::counts::{Counts, CriticCounts};
use crate::histogram::Histogram;
use crate::meters::Inner;
use crate::seats::Seat;
use crate::sources::{Sources, Standing};

/// All metrics as they stand.
#[derive(Debug, Clone)]
pub struct Readings {
    families: Vec<Family>,
    plan: Option<Standing>,
    canary: Option<CanaryReading>,
}

/// All series of one metric.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Family {
    /// Which.
    pub metric: &'static Metric,
    /// Its series.
    pub samples: Vec<Sample>,
}

/// One series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// Values, in the order of [`Metric::labels`].
    pub labels: Vec<Cow<'static, str>>,
    /// What it stands at.
    pub value: Value,
}

/// What a series stands at.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Count(u64),
    /// Any number.
    Number(f64),
    /// How many took how long.
    Histogram(Box<Histogram>),
}

/// As many series of one metric has a critic at most, where its name tells them apart.
const NEAR: usize = 4;

impl Value {
    fn add(&mut self, other: Self) {
        match (self, other) {
            (Self::Count(sum), Self::Count(more)) => *sum = sum.saturating_add(more),
            (Self::Number(sum), Self::Number(more)) => *sum += more,
            (Self::Histogram(sum), Self::Histogram(more)) => sum.add(&more),
            _ => debug_assert!(false, "series of one metric are of one kind"),
        }
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<usize> for Value {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<bool> for Value {
    fn from(holds: bool) -> Self {
        Self::Count(u64::from(holds))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Histogram> for Value {
    fn from(histogram: Histogram) -> Self {
        Self::Histogram(Box::new(histogram))
    }
}

impl Readings {
    pub(crate) fn of(inner: &Inner, sources: &Sources<'_>, carried: &mut Carried) -> Self {
        let taken = sources.taken();
        if let Some((plan, _)) = &taken.court {
            inner.seats.expect(&plan.critics);
        }
        let mut readings = Self {
            families: all::ALL
                .iter()
                .map(|metric| Family { metric, samples: Vec::new() })
                .collect(),
            plan: None,
            canary: None,
        };
        let counts = inner.shards.sum();
        readings.runs(&counts);
        let nothing = CriticCounts::default();
        for (seat, place) in inner.seats.all() {
            let counts = counts.critics.get(place).unwrap_or(&nothing);
            readings.critic(seat.as_ref(), counts);
        }
        if let Some((plan, metrics)) = taken.court {
            readings.limits(&plan.gauges);
            readings.breakers(&plan.gauges, carried);
            readings.service(plan.generation, &metrics, carried);
            readings.plan = Some(plan);
        }
        let [ok, failed] = &inner.reloads;
        for (word, count) in [("ok", ok), ("failed", failed)] {
            readings.add(&all::CONFIG_RELOADS, [word], count.load(Relaxed));
        }
        if let Some(canary) = taken.canary {
            readings.told_by(&canary);
            readings.canary = Some(canary);
        }
        if let Some((written, lost)) = taken.log_lines {
            readings.add(&all::LOG_LINES, ["written"], written);
            readings.add(&all::LOG_LINES, ["lost"], lost);
        }
        readings
    }

    /// Each metric that has series, in the order of the catalogue.
    pub fn families(&self) -> impl Iterator<Item = &Family> {
        self.families.iter().filter(|family| !family.samples.is_empty())
    }

    /// The plan that judged when it was read, and the gauges of its limits; of an orchestrator among the sources.
    #[must_use]
    pub const fn plan(&self) -> Option<&Standing> {
        self.plan.as_ref()
    }

    /// What the canary among the sources said.
    #[must_use]
    pub const fn canary(&self) -> Option<&CanaryReading> {
        self.canary.as_ref()
    }

    /// One series; its labels in the order of [`Metric::labels`].
    #[must_use]
    pub fn value(&self, metric: &Metric, labels: &[&str]) -> Option<&Value> {
        let family = self.families.iter().find(|family| std::ptr::eq(family.metric, metric))?;
        let sample = family.samples.iter().find(|sample| sample.labels == labels)?;
        Some(&sample.value)
    }

    fn add<const N: usize, L: Into<Cow<'static, str>>>(
        &mut self,
        metric: &'static Metric,
        labels: [L; N],
        value: impl Into<Value>,
    ) {
        debug_assert_eq!(metric.labels.len(), N, "{}", metric.name);
        let family = self.families.iter_mut().find(|family| std::ptr::eq(family.metric, metric));
        let Some(family) = family else { return };
        let labels: Vec<_> = labels.into_iter().map(Into::into).collect();
        let value = value.into();
        // Seats of a critic that changed its stage or mode come one after the other, and may be told apart no further.
        let mut latest = family.samples.iter_mut().rev().take(NEAR);
        match latest.find(|sample| sample.labels == labels) {
            Some(same) => same.value.add(value),
            None => family.samples.push(Sample { labels, value }),
        }
    }

    fn alone(&mut self, metric: &'static Metric, value: impl Into<Value>) {
        self.add::<0, &str>(metric, [], value);
    }

    // A counter that is alarmed on is there from the start, at nothing: a rate cannot see the first of a series.

    fn runs(&mut self, counts: &Counts) {
        let verdicts = Verdict::ALL.iter().zip(&counts.runs).zip(counts.fail_open);
        for ((verdict, runs), fail_open) in verdicts {
            let word = verdict.as_str();
            self.add(&all::RUNS, [word], runs.count());
            self.add(&all::RUN_SECONDS, [word], *runs);
            self.add(&all::FAIL_OPEN_RUNS, [word], fail_open);
        }
        for (why, count) in Refusal::ALL.iter().zip(counts.refused) {
            self.add(&all::RUNS_REFUSED, [why.as_str()], count);
        }
        self.alone(&all::RUN_QUEUE_SECONDS, counts.queued);
        for (stage, histogram) in Stage::ALL.iter().zip(&counts.stages) {
            if histogram.count() > 0 {
                self.add(&all::STAGE_SECONDS, [stage.as_str()], *histogram);
            }
        }
    }

    fn critic(&mut self, seat: Option<&Seat>, counts: &CriticCounts) {
        let known = seat.map(|seat| (seat.critic.to_string(), seat.stage.as_str(), seat.mode));
        let ran = counts.outcomes.iter().flatten().any(|count| *count > 0);
        if known.is_none() && !ran {
            return;
        }
        let (critic, stage, mode) =
            known.unwrap_or_else(|| ("_other".into(), "_other", Mode::Enforce));
        let named = |other: &'static str| [Cow::from(critic.clone()), other.into()];
        let alone = || [critic.clone()];

        for (status, by_call) in Status::ALL.iter().zip(&counts.outcomes) {
            let calls = Verdict::WORDS.iter();
            for (called_for, count) in ["none"].iter().chain(calls).zip(by_call) {
                if *count > 0 {
                    let words = [stage, mode.as_str(), status.as_str(), called_for];
                    let [stage, mode, status, called_for] = words.map(Cow::from);
                    let labels = [critic.clone().into(), stage, mode, status, called_for];
                    self.add(&all::OUTCOMES, labels, *count);
                }
            }
        }
        for (metric, histogram) in
            [(&all::EXECUTION_SECONDS, counts.execution), (&all::QUEUE_SECONDS, counts.queued)]
        {
            if histogram.count() > 0 {
                self.add(metric, named(stage), histogram);
            }
        }
        match mode {
            Mode::Enforce => {
                for (how, count) in ["failure_mode", "fallback"].into_iter().zip(counts.fail_open) {
                    self.add(&all::FAIL_OPEN, named(how), count);
                }
            }
            Mode::Monitor => {
                for (verdict, count) in Verdict::ALL.iter().zip(counts.would_have).skip(1) {
                    self.add(&all::WOULD_HAVE, named(verdict.as_str()), count);
                }
            }
        }
        self.add(&all::RETRIES, alone(), counts.retries);
        self.add(&all::HEDGES, alone(), counts.hedges);
        self.add(&all::CACHE_HITS, alone(), counts.cache_hits);
        self.add(&all::FALLBACKS, alone(), counts.fallbacks);
        self.add(&all::COST_SPENT, alone(), counts.cost_spent);
        self.add(&all::COST_SAVED, alone(), counts.cost_saved);
    }

    fn limits(&mut self, gauges: &Gauges) {
        self.room("run", "all", gauges.runs);
        self.room("calls", "all", gauges.calls);
        self.room("blocking", "all", gauges.blocking);
        for stage in &gauges.stages {
            if let Some(room) = stage.calls {
                self.room("stage", stage.stage.as_str(), room);
            }
        }
        for critic in &gauges.critics {
            if let Some(room) = critic.calls {
                self.room("critic", critic.critic.as_ref(), room);
            }
            if let Some(left) = critic.tokens {
                let labels = ["critic".into(), critic.critic.to_string()];
                self.add(&all::TOKENS_LEFT, labels, left);
            }
        }
        for shared in &gauges.shared_tokens {
            self.add(&all::TOKENS_LEFT, ["shared".into(), shared.name.clone()], shared.left);
        }
        self.alone(&all::RETRIES_LEFT, gauges.retries_left);
    }

    fn room(&mut self, level: &'static str, name: &str, room: Room) {
        let labels = || [Cow::from(level), Cow::from(name.to_owned())];
        self.add(&all::IN_USE, labels(), room.in_use);
        self.add(&all::LIMIT, labels(), room.limit);
        self.add(&all::WAITING, labels(), room.waiting);
        if let Some(wait) = room.oldest_wait {
            self.add(&all::OLDEST_WAIT_SECONDS, labels(), wait.as_secs_f64());
        }
    }

    fn breakers(&mut self, gauges: &Gauges, carried: &mut Carried) {
        for critic in &gauges.critics {
            let Some(breaker) = critic.breaker else { continue };
            let labels =
                |state: BreakerState| [Cow::from(critic.critic.to_string()), state.as_str().into()];
            let entered = carried.breaker(&critic.critic, breaker.entered);
            for (state, entered) in BreakerState::ALL.into_iter().zip(entered) {
                self.add(&all::BREAKER_STATE, labels(state), state == breaker.state);
                self.add(&all::BREAKER_TRANSITIONS, labels(state), entered);
            }
        }
        let has_one = |name: &_| {
            gauges.critics.iter().any(|one| one.critic == *name && one.breaker.is_some())
        };
        carried.keep_breakers(has_one);
    }

    fn service(&mut self, generation: u64, metrics: &Metrics, carried: &mut Carried) {
        self.alone(&all::CONFIG_GENERATION, generation);
        let (hooks, observers) =
            carried.failures(generation, metrics.hook_failures, metrics.observer_panics);
        self.alone(&all::HOOK_FAILURES, hooks);
        self.alone(&all::OBSERVER_PANICS, observers);
    }

    fn told_by(&mut self, canary: &CanaryReading) {
        self.alone(&all::CANARY_READY, canary.ready);
        for (finding, count) in Finding::ALL.into_iter().zip(canary.found) {
            self.add(&all::CANARY_CHECKS, [finding.as_str()], count);
        }
        if let Some(since) = canary.since_blocked {
            self.alone(&all::CANARY_SINCE_BLOCKED_SECONDS, since.as_secs_f64());
        }
    }
}
