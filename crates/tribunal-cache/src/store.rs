//! What is kept: opinions, each until its time is over, within so many entries and bytes.

use std::mem::size_of;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use serde_json::Value;
use tokio::time::Instant;
use tribunal_core::{Opinion, Violation};

use crate::Builder;
use crate::key::Key;

pub(crate) struct Store {
    kept: Cache<Key, Kept>,
    max_bytes: u32,
    time_to_live: Duration,
}

#[derive(Clone)]
struct Kept {
    opinion: Arc<Opinion>,
    since: Instant,
    bytes: u32,
}

/// What an entry costs beside its opinion: the key and the books that are kept about it. Estimated.
const OVERHEAD: usize = 256;

impl Store {
    pub(crate) fn new(bounds: &Builder) -> Self {
        let max_bytes = u32::try_from(bounds.max_bytes).unwrap_or(u32::MAX);
        // One bound serves for both: an entry weighs at least what leaves room for so many and no more.
        let least = u64::from(max_bytes).div_ceil(bounds.max_entries.max(1));
        let least = u32::try_from(least).unwrap_or(u32::MAX);
        let kept = Cache::builder()
            .max_capacity(u64::from(max_bytes))
            .weigher(move |_: &Key, kept: &Kept| kept.bytes.max(least))
            // By its own clock: this frees what nobody asks for. Whether an answer is still good, we say.
            .time_to_live(bounds.time_to_live)
            .build();
        Self { kept, max_bytes, time_to_live: bounds.time_to_live }
    }

    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Opinion>> {
        let kept = self.kept.get(key)?;
        (kept.since.elapsed() < self.time_to_live).then_some(kept.opinion)
    }

    pub(crate) fn keep(&self, key: Key, opinion: Arc<Opinion>) {
        let bytes = u32::try_from(weight(&opinion)).unwrap_or(u32::MAX);
        if bytes <= self.max_bytes {
            self.kept.insert(key, Kept { opinion, since: Instant::now(), bytes });
        }
    }

    pub(crate) fn entries(&self) -> u64 {
        self.kept.run_pending_tasks();
        self.kept.entry_count()
    }
}

/// About how many bytes an opinion takes.
fn weight(opinion: &Opinion) -> usize {
    let details = opinion.details.iter().flat_map(|details| details.iter());
    let details: usize = details.map(|(name, value)| name.len() + value_weight(value)).sum();
    let violations: usize = opinion.violations.iter().map(violation_weight).sum();
    let own = OVERHEAD + size_of::<Opinion>() + value_weight(&opinion.value);
    own.saturating_add(details).saturating_add(violations)
}

fn violation_weight(violation: &Violation) -> usize {
    let span = violation.span.as_ref().map_or(0, |span| {
        let path: usize = span.field.tokens().iter().map(|token| token.len() + 16).sum();
        path + span.label.len() + span.replacement.as_ref().map_or(0, |text| text.len())
    });
    size_of::<Violation>() + violation.code.len() + violation.message.len() + span
}

/// Without recursion: a value may be nested deeper than the stack is.
fn value_weight(value: &Value) -> usize {
    let mut open = vec![value];
    let mut weight = 0_usize;
    while let Some(value) = open.pop() {
        weight = weight.saturating_add(size_of::<Value>());
        match value {
            Value::String(text) => weight = weight.saturating_add(text.len()),
            Value::Array(items) => open.extend(items),
            Value::Object(members) => {
                for (name, member) in members {
                    // A place in a tree of the map, beside the name itself.
                    weight = weight.saturating_add(name.len() + 48);
                    open.push(member);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    weight
}
