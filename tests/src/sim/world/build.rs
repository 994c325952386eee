//! Orchestrators built from a case.

use std::sync::Arc;
use std::time::Duration;

use tribunal_core::{Opinion, RunEvent};
use tribunal_production::{
    Backoff, Builder, CriticSpec, Hedge, Isolation, ProductionOrchestrator, Retry, RunSettings,
    Validation,
};

use super::Loaded;
use crate::sim::case::{Case, CriticCase, Demands, HedgeCase};
use crate::sim::quiet::scripted_panic;
use crate::sim::rng::Rng;
use crate::sim::script::{SimCritic, SimHook};
use crate::sim::watch::Watch;

pub(super) fn build(
    case: &Arc<Case>,
    loaded: Option<&Loaded>,
    watch: &Arc<Watch>,
) -> ProductionOrchestrator {
    let mut builder = ProductionOrchestrator::builder();
    builder = match loaded {
        Some(loaded) => {
            // In an order of their own.
            let place = |spec: &CriticSpec| case.place(spec.name()).unwrap();
            let critic = |place| SimCritic { watch: Arc::clone(watch), place };
            loaded.specs.iter().fold(builder.settings(loaded.settings.clone()), |builder, spec| {
                builder.critic(spec.clone(), critic(place(spec)))
            })
        }
        None => (0..case.critics.len()).fold(builder.settings(settings(case)), |builder, place| {
            let critic = SimCritic { watch: Arc::clone(watch), place };
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

fn shared_name(shared: usize) -> String {
    format!("shared{shared}")
}

pub(super) fn settings(case: &Case) -> RunSettings {
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
    if let Some(budget) = case.retry_share {
        settings = settings.retry_budget(budget.share(), budget.floor);
    }
    if let Some(most) = case.max_cost {
        settings = settings.max_cost(most);
    }
    for (shared, rate) in case.rates.iter().enumerate() {
        settings = settings.shared_rate(shared_name(shared), rate.rate());
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

pub(super) fn spec(case: &Case, place: usize) -> CriticSpec {
    let own = &case.critics[place];
    let (first, factor) = own.backoff;
    let first = Duration::from_millis(first);
    let backoff = Backoff::new(first, factor, CriticCase::LONGEST_BACKOFF, own.jitter()).unwrap();
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
    if let Some(how) = own.adaptive {
        spec = spec.adaptive(1, how);
    }
    if let Some(hedge) = own.hedge {
        spec = spec.hedge(match hedge {
            HedgeCase::After(delay) => Hedge::after(delay),
            HedgeCase::Percentile(percent) => Hedge::percentile(percent),
        });
    }
    if own.apart {
        spec = spec.isolation(Isolation::Task);
    }
    if let Some(rate) = own.rate {
        spec = spec.rate(rate.rate());
    }
    if let Some(breaker) = own.breaker {
        spec = spec.breaker(breaker.settings());
    }
    spec = own.shares.iter().fold(spec, |spec, &shared| spec.shares(shared_name(shared)));
    own.depends_on
        .iter()
        .fold(spec, |spec, &other| spec.depends_on(case.critics[other].name.as_str()))
}
