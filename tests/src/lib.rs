//! What the tests share: a panel of critics, and an engine to put it before.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

#[cfg(not(seeded_bug))]
mod panel;
pub mod sim;

#[cfg(not(seeded_bug))]
pub use panel::{Engine, Panel, Production, Seat, V2, seat};

use serde_json::Value;
use tribunal_core::Report;

/// A report as JSON without anything that was measured: what rule 7 wants to be the same each time.
#[must_use]
pub fn timeless(report: &Report) -> Value {
    let mut json = serde_json::to_value(report).unwrap();
    strip(&mut json);
    json
}

fn strip(json: &mut Value) {
    match json {
        Value::Object(members) => {
            members.retain(|name, _| {
                !matches!(
                    name.as_str(),
                    "elapsed_ms" | "queued_ms" | "execution_ms" | "begun_ms" | "calls"
                )
            });
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Runs a future to its end on a runtime of its own with a paused clock, where a test cannot be async.
pub fn paused<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}
