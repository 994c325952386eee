//! What the code does where a configuration says nothing, as TOML: to be shown, never to be read.
//!
//! A test loads what is shown and holds it against the same configuration without it.

use toml::de::{DeTable, DeValue};

use crate::layers::tree::{merge, merge_tables, shifted};

const SECTIONS: &str = r#"
[run]
timeout = "10s"
max_in_flight = 1024
max_runs = 1024
max_blocking = 16
max_queued_runs = 1024
max_total_retries = 10
retry_budget = { share = 0.1, floor = 10 }
early_exit = false
hook_timeout = "100ms"

[defaults]
failure_mode = "review"
review_at = 0.4
block_at = 0.8
timeout = "2s"
"#;

const CRITIC: &str = r#"
enabled = true
mandatory = false
stage = "core_analysis"
priority = 5
phases = ["input", "retrieval", "tool_call", "tool_result", "output"]
policy = "always"
depends_on = []
run_anyway = false
isolation = "run"
shares = []
mode = "enforce"
cost = 0
tags = []
"#;

/// What holds within a table only where that table is there.
///
/// Left out are `retry.max_delay` and `rate.burst`, whose defaults depend on the keys beside them.
const WITHIN: [(&str, &str); 6] = [
    ("cache", "max_entries = 10_000\nmax_bytes = 67_108_864\ntime_to_live = \"5m\""),
    ("retry", "first_delay = \"50ms\"\nfactor = 2\njitter = true\non_timeout = false"),
    ("breaker", "open_for = \"5s\"\nprobes = 1\nhalf_open_for = \"30s\""),
    ("adaptive", "floor = 1"),
    ("hedge", "share = 0.05"),
    ("validation", "required = []\nlenient = false"),
];

/// What belongs to one policy.
const OF_POLICY: [(&str, &str); 2] =
    [("on_high_risk", "risk_tier = \"high\"\nrisk = 0.7"), ("on_uncertainty", "uncertainty = 0.7")];

/// The configuration over the defaults, whose offsets start from `base`.
pub(super) fn under<'a>(root: &DeTable<'a>, base: usize) -> DeTable<'a> {
    let mut all = defaults(SECTIONS, base);
    let mut root = root.clone();
    // Critics are a list, and each has its defaults.
    let critics = root.remove_entry("critic");
    merge(&mut all, root);
    within(&mut all, base);
    if let Some(DeValue::Table(run)) = all.get_mut("run").map(toml::Spanned::get_mut) {
        within(run, base);
    }
    let shared = all.get("defaults").and_then(|value| value.get_ref().as_table()).cloned();
    if let Some((key, mut list)) = critics {
        if let DeValue::Array(items) = list.get_mut() {
            for item in items.iter_mut() {
                if let DeValue::Table(critic) = item.get_mut() {
                    *critic = one(critic, shared.as_ref(), base);
                }
            }
        }
        all.insert(key, list);
    }
    all
}

fn one<'a>(critic: &DeTable<'a>, shared: Option<&DeTable<'a>>, base: usize) -> DeTable<'a> {
    let mut all = defaults(CRITIC, base);
    for (key, value) in shared.into_iter().flat_map(DeTable::iter) {
        all.insert(key.clone(), value.clone());
    }
    merge_tables(&mut all, critic.clone(), "critic");
    let policy = all.get("policy").and_then(|policy| policy.get_ref().as_str()).unwrap_or_default();
    if let Some((_, text)) = OF_POLICY.iter().find(|(name, _)| *name == policy) {
        put_under(&mut all, text, base);
    }
    within(&mut all, base);
    all
}

fn within(table: &mut DeTable<'_>, base: usize) {
    for (name, text) in WITHIN {
        if let Some(DeValue::Table(inner)) = table.get_mut(name).map(toml::Spanned::get_mut) {
            put_under(inner, text, base);
        }
    }
}

fn put_under(table: &mut DeTable<'_>, text: &'static str, base: usize) {
    for (key, value) in defaults(text, base) {
        if !table.contains_key(&**key.get_ref()) {
            table.insert(key, value);
        }
    }
}

fn defaults(text: &'static str, base: usize) -> DeTable<'static> {
    let (table, _) = DeTable::parse_recoverable(text);
    shifted(table.into_inner(), base)
}
