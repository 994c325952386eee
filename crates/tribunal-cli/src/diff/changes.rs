//! What changes in the plan, in promises, and in what is proved of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};
use tribunal_config::Pipeline;
use tribunal_production::{Outline, ProductionOrchestrator};

use crate::exit::Trouble;
use crate::prove::{Findings, Outcome};

/// What follows from other keys, or is compared elsewhere.
const DERIVED: &[&str] = &["name", "sees", "worst_latency_ms", "worst_cost"];

#[derive(Debug, Serialize)]
pub(super) struct Changes {
    /// Settings of whole runs and of stages.
    pub(super) settings: Vec<Change>,
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) changed: Vec<Changed>,
    /// The critics that both have, in the new order, where that is another one.
    pub(super) order: Option<Vec<String>>,
    pub(super) promises: Vec<PromiseChange>,
    pub(super) worst_latency_ms: Option<[f64; 2]>,
    pub(super) worst_cost: Option<[f64; 2]>,
    /// Ways in which a failure lets something pass: those that are new, and those that are gone.
    pub(super) fail_open_added: Vec<String>,
    pub(super) fail_open_removed: Vec<String>,
    pub(super) never_run_added: Vec<String>,
    pub(super) never_run_removed: Vec<String>,
}

/// A key, what it was and what it is.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    pub(super) key: String,
    pub(super) from: Value,
    pub(super) to: Value,
}

/// What changes of one critic.
#[derive(Debug, Serialize)]
pub(super) struct Changed {
    pub(super) critic: String,
    pub(super) keys: Vec<Change>,
    /// Something that has no key of its own here: parameters, validation, limits, retries.
    pub(super) more: bool,
}

/// What changes of one promise: what it says, or whether it holds.
#[derive(Debug, Serialize)]
pub(super) struct PromiseChange {
    pub(super) name: String,
    pub(super) from: Option<Kept>,
    pub(super) to: Option<Kept>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Kept {
    pub(super) says: String,
    pub(super) holds: bool,
}

/// One of the two, as far as it is compared.
struct Side {
    outline: Outline,
    critics: BTreeMap<String, Map<String, Value>>,
    order: Vec<String>,
    /// All that a spec says, parameters too, as one text that is compared and never shown.
    specs: BTreeMap<String, String>,
    settings: Map<String, Value>,
    all_settings: String,
    findings: Findings,
}

impl Changes {
    pub(super) fn between(old: &Pipeline, new: &Pipeline) -> Result<Self, Trouble> {
        let (old, new) = (Side::of(old)?, Side::of(new)?);
        let added = absent(&new.order, &old.order);
        let removed = absent(&old.order, &new.order);
        let changed = old.order.iter().filter_map(|name| old.changed(&new, name)).collect();
        let common = |one: &Side, other: &Side| -> Vec<String> {
            one.order.iter().filter(|name| other.critics.contains_key(*name)).cloned().collect()
        };
        let (before, after) = (common(&old, &new), common(&new, &old));
        let passages = |side: &Side| -> Vec<String> {
            let fail = side.findings.fail_open.iter();
            let fail = fail
                .map(|open| format!("{}: a run may end in allow although it fails", open.critic));
            let gates = side.outline.passages.iter().filter(|p| p.how.contains("gate"));
            fail.chain(gates.map(|p| format!("{}: {}", p.critic, p.how))).collect()
        };
        let never = |side: &Side| -> Vec<String> {
            side.findings.never_run.iter().map(|never| never.critic.to_string()).collect()
        };
        let mut settings = differing(&old.settings, &new.settings);
        if settings.is_empty() && old.all_settings != new.all_settings {
            let key = String::from("other settings of runs");
            settings.push(Change { key, from: Value::Null, to: Value::Null });
        }
        let pair = |from: f64, to: f64| (from.to_bits() != to.to_bits()).then_some([from, to]);
        let (was, is) = (&old.findings, &new.findings);
        Ok(Self {
            settings,
            added,
            removed,
            changed,
            order: (before != after).then_some(after),
            promises: promises(was, is),
            worst_latency_ms: pair(was.worst_latency_ms, is.worst_latency_ms),
            worst_cost: pair(was.worst_cost, is.worst_cost),
            fail_open_added: absent(&passages(&new), &passages(&old)),
            fail_open_removed: absent(&passages(&old), &passages(&new)),
            never_run_added: absent(&never(&new), &never(&old)),
            never_run_removed: absent(&never(&old), &never(&new)),
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        let lists = [
            &self.added,
            &self.removed,
            &self.fail_open_added,
            &self.fail_open_removed,
            &self.never_run_added,
            &self.never_run_removed,
        ];
        lists.iter().all(|list| list.is_empty())
            && self.settings.is_empty()
            && self.changed.is_empty()
            && self.order.is_none()
            && self.promises.is_empty()
            && self.worst_latency_ms.is_none()
            && self.worst_cost.is_none()
    }
}

impl Side {
    fn of(pipeline: &Pipeline) -> Result<Self, Trouble> {
        let findings = Findings::of(pipeline)?;
        let mut builder = ProductionOrchestrator::builder().settings(pipeline.settings.clone());
        for (spec, critic) in &pipeline.critics {
            builder = builder.shared(spec.clone(), critic.clone());
        }
        let outline = builder.build().map_err(Trouble::Plan)?.outline();
        let mut critics = BTreeMap::new();
        let mut order = Vec::new();
        let mut settings = Map::new();
        settings.insert("timeout_ms".into(), (outline.timeout.as_secs_f64() * 1e3).into());
        settings.insert("early_exit".into(), outline.early_exit.into());
        if let Some(model) = &pipeline.model {
            let run = model.run();
            settings.insert("max_cost".into(), run.max_cost.into());
            settings.insert("max_total_retries".into(), run.max_total_retries.into());
        }
        for stage in &outline.stages {
            let timeout = stage.timeout.map(|timeout| timeout.as_secs_f64() * 1e3);
            settings.insert(format!("stages.{}.timeout_ms", stage.stage), timeout.into());
            let limit = stage.max_in_flight;
            settings.insert(format!("stages.{}.max_in_flight", stage.stage), limit.into());
            for critic in &stage.critics {
                let mut keys = match serde_json::to_value(critic) {
                    Ok(Value::Object(keys)) => keys,
                    _ => Map::new(),
                };
                keys.retain(|key, _| !DERIVED.contains(&key.as_str()));
                keys.insert("stage".into(), stage.stage.as_str().into());
                let kind = pipeline.kinds.get(critic.name.as_str()).cloned();
                keys.insert("kind".into(), kind.into());
                order.push(critic.name.to_string());
                critics.insert(critic.name.to_string(), keys);
            }
        }
        let specs = pipeline.critics.iter();
        let specs = specs.map(|(spec, _)| (spec.name().to_owned(), format!("{spec:?}"))).collect();
        let all_settings = format!("{:?}", pipeline.settings);
        Ok(Self { outline, critics, order, specs, settings, all_settings, findings })
    }

    /// What changes of a critic that both have.
    fn changed(&self, new: &Self, name: &str) -> Option<Changed> {
        let keys = differing(self.critics.get(name)?, new.critics.get(name)?);
        let more = keys.is_empty() && self.specs.get(name) != new.specs.get(name);
        (more || !keys.is_empty()).then(|| Changed { critic: name.to_owned(), keys, more })
    }
}

fn differing(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<Change> {
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changes = keys.into_iter().filter_map(|key| {
        let from = old.get(key).cloned().unwrap_or_default();
        let to = new.get(key).cloned().unwrap_or_default();
        (from != to).then(|| Change { key: key.clone(), from, to })
    });
    changes.collect()
}

/// Those of the one that the other does not have.
fn absent(one: &[String], other: &[String]) -> Vec<String> {
    one.iter().filter(|item| !other.contains(item)).cloned().collect()
}

fn promises(old: &Findings, new: &Findings) -> Vec<PromiseChange> {
    let kept = |findings: &Findings| -> BTreeMap<String, Kept> {
        let kept = findings.promises.iter().map(|proved| {
            let holds = matches!(proved.outcome, Outcome::Holds { .. });
            (proved.name.clone(), Kept { says: proved.holds.clone(), holds })
        });
        kept.collect()
    };
    let (old, new) = (kept(old), kept(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changes = names.into_iter().map(|name| PromiseChange {
        name: name.clone(),
        from: old.get(name).cloned(),
        to: new.get(name).cloned(),
    });
    changes.filter(|change| change.from != change.to).collect()
}
