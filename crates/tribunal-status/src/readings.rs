//! The document from what metrics and limits say.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use tribunal_core::{Stage, Status as Became};
use tribunal_metrics::{Family, Histogram, Readings, Sample, Value, catalogue as all};
use tribunal_production::{BreakerState, CanaryReading, CriticGauges, Room as Gauge};

use crate::status::{
    Breaker, CanaryStatus, CriticStatus, Latency, Outcomes, PlanStatus, Room, SharedTokens,
    StageStatus, Status,
};

impl Status {
    /// All that readings tell. What they do not know of the process stays at nothing.
    pub(crate) fn of(readings: &Readings) -> Self {
        let mut status = Self::default();
        let mut critics: HashMap<&str, CriticStatus> = HashMap::new();
        let mut stages: HashMap<&str, Histogram> = HashMap::new();
        let mut took = Histogram::default();
        for Family { metric, samples, .. } in readings.families() {
            for sample in samples {
                if std::ptr::eq(*metric, &all::RUN_SECONDS) {
                    took.add(histogram(sample));
                } else if std::ptr::eq(*metric, &all::STAGE_SECONDS) {
                    stages.entry(label(sample, 0)).or_default().add(histogram(sample));
                } else if metric.labels.first() == Some(&all::Label::Critic) {
                    let critic = critics.entry(label(sample, 0)).or_default();
                    critic.count(metric, sample);
                } else {
                    status.count(metric, sample);
                }
            }
        }
        status.runs.took = Latency::of(&took);
        status.canary = readings.canary().map(CanaryStatus::of);
        let mut of_stage = |stage: Stage| {
            let took = stages.remove(stage.as_str()).unwrap_or_default();
            StageStatus { stage: stage.to_string(), calls: None, took: Latency::of(&took) }
        };
        let Some(plan) = readings.plan() else {
            status.stages = Stage::ALL.iter().map(|stage| of_stage(*stage)).collect();
            status.stages.retain(|stage| stage.took.count > 0);
            status.critics = critics
                .into_iter()
                .map(|(name, critic)| CriticStatus { critic: name.to_owned(), ..critic })
                .collect();
            status.critics.sort_by(|a, b| a.critic.cmp(&b.critic));
            return status;
        };
        let gauges = &plan.gauges;
        status.plan = Some(PlanStatus {
            config_hash: plan.config_hash.to_string(),
            generation: plan.generation,
        });
        status.runs.room = Some(Room::of(gauges.runs));
        status.calls = Some(Room::of(gauges.calls));
        status.blocking = Some(Room::of(gauges.blocking));
        status.retries_left = Some(gauges.retries_left);
        status.shared_tokens = gauges
            .shared_tokens
            .iter()
            .map(|shared| SharedTokens { name: shared.name.clone(), left: shared.left })
            .collect();
        status.stages = gauges
            .stages
            .iter()
            .map(|gauge| StageStatus { calls: gauge.calls.map(Room::of), ..of_stage(gauge.stage) })
            .collect();
        status.critics = gauges
            .critics
            .iter()
            .zip(&plan.critics)
            .map(|(gauge, info)| {
                let counted = critics.remove(gauge.critic.as_str()).unwrap_or_default();
                CriticStatus { mode: info.mode.to_string(), ..counted.standing(gauge) }
            })
            .collect();
        status
    }

    fn count(&mut self, metric: &all::Metric, sample: &Sample) {
        let count = whole(&sample.value);
        let is = |other: &all::Metric| std::ptr::eq(metric, other);
        if is(&all::RUNS) {
            match label(sample, 0) {
                "allow" => self.runs.allowed += count,
                "review" => self.runs.reviewed += count,
                _ => self.runs.blocked += count,
            }
        } else if is(&all::RUNS_REFUSED) {
            match label(sample, 0) {
                "overloaded" => self.runs.overloaded += count,
                _ => self.runs.shut_down += count,
            }
        } else if is(&all::FAIL_OPEN_RUNS) {
            self.runs.failed_open += count;
        } else if is(&all::HOOK_FAILURES) {
            self.hook_failures += count;
        } else if is(&all::OBSERVER_PANICS) {
            self.observer_panics += count;
        } else if is(&all::LOG_LINES) {
            let log = self.log.get_or_insert_default();
            match label(sample, 0) {
                "written" => log.written += count,
                _ => log.lost += count,
            }
        }
    }
}

impl CriticStatus {
    fn count(&mut self, metric: &all::Metric, sample: &Sample) {
        let count = whole(&sample.value);
        let is = |other: &all::Metric| std::ptr::eq(metric, other);
        if is(&all::OUTCOMES) {
            self.outcome(label(sample, 3), label(sample, 4), count);
            label(sample, 1).clone_into(&mut self.stage);
            label(sample, 2).clone_into(&mut self.mode);
        } else if is(&all::EXECUTION_SECONDS) {
            self.took = Latency::of(histogram(sample));
        } else if is(&all::QUEUE_SECONDS) {
            self.waited = Latency::of(histogram(sample));
        } else if is(&all::FAIL_OPEN) {
            self.failed_open += count;
        } else if is(&all::RETRIES) {
            self.retries += count;
        } else if is(&all::HEDGES) {
            self.hedges += count;
        } else if is(&all::CACHE_HITS) {
            self.cache_hits += count;
        } else if is(&all::FALLBACKS) {
            self.fallbacks += count;
        } else if is(&all::COST_SPENT) {
            self.cost_spent += number(&sample.value);
        } else if is(&all::COST_SAVED) {
            self.cost_saved += number(&sample.value);
        }
    }

    fn outcome(&mut self, became: &str, called_for: &str, count: u64) {
        if let Ok(status) = became.parse() {
            *self.outcomes.of(status) += count;
        }
        match called_for {
            "review" => self.called_for_review += count,
            "block" => self.called_for_block += count,
            _ => {}
        }
    }

    fn standing(self, gauge: &CriticGauges) -> Self {
        let breaker = gauge.breaker.map(|breaker| {
            let opened = BreakerState::ALL.iter().zip(breaker.entered);
            let opened = opened.filter(|(state, _)| **state == BreakerState::Open);
            Breaker {
                state: breaker.state.as_str().to_owned(),
                opened: opened.map(|(_, times)| times).sum(),
            }
        });
        Self {
            critic: gauge.critic.to_string(),
            stage: gauge.stage.to_string(),
            calls: gauge.calls.map(Room::of),
            tokens_left: gauge.tokens,
            breaker,
            ..self
        }
    }
}

impl Outcomes {
    fn of(&mut self, status: Became) -> &mut u64 {
        match status {
            Became::Success => &mut self.success,
            Became::Timeout => &mut self.timeout,
            Became::Error => &mut self.error,
            Became::Invalid => &mut self.invalid,
            Became::Skipped => &mut self.skipped,
            Became::Gated => &mut self.gated,
            Became::RateLimited => &mut self.rate_limited,
        }
    }
}

impl CanaryStatus {
    fn of(reading: &CanaryReading) -> Self {
        Self {
            ready: reading.ready,
            last: reading.last.map(|finding| finding.as_str().to_owned()),
            since_blocked_ms: reading.since_blocked.map(millis),
        }
    }
}

impl Room {
    fn of(gauge: Gauge) -> Self {
        Self {
            in_use: gauge.in_use,
            limit: gauge.limit,
            waiting: gauge.waiting,
            oldest_wait_ms: gauge.oldest_wait.map(millis),
        }
    }
}

impl Latency {
    fn of(histogram: &Histogram) -> Self {
        let count = histogram.count();
        let quantile = |share| histogram.quantile(share).map(millis);
        Self {
            count,
            mean_ms: (count > 0).then(|| millis(histogram.sum()) / count as f64),
            p50_ms: quantile(0.5),
            p95_ms: quantile(0.95),
            p99_ms: quantile(0.99),
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn label(sample: &Sample, place: usize) -> &str {
    sample.labels.get(place).map_or("", |label| label)
}

fn whole(value: &Value) -> u64 {
    match value {
        Value::Count(count) => *count,
        Value::Number(_) | Value::Histogram(_) => 0,
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => *number,
        Value::Count(_) | Value::Histogram(_) => 0.0,
    }
}

/// Nothing where it is none: series of one metric are of one kind.
fn histogram(sample: &Sample) -> &Histogram {
    static NOTHING: LazyLock<Histogram> = LazyLock::new(Histogram::default);
    match &sample.value {
        Value::Histogram(histogram) => histogram,
        Value::Count(_) | Value::Number(_) => &NOTHING,
    }
}
