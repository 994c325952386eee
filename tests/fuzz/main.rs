//! Fuzz targets: whatever bytes come as a config, as a snapshot or as a critic's reply, what the library promises
//! of the answer holds.
//!
//! As an ordinary test each target gets its seeds (`__fuzz__/<target>/corpus`) and a bounded number of inputs made
//! up by chance; under libFuzzer it gets as many as there is time for. How is in `docs/reliability.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod config;
mod reply;
mod snapshot;

#[test]
fn any_config_is_refused_in_its_place_or_makes_the_same_plan_each_time() {
    bolero::check!().with_iterations(1_000).with_max_len(4_096).for_each(config::check);
}

#[test]
fn any_snapshot_is_refused_or_is_the_same_when_it_is_written_and_read() {
    bolero::check!().with_iterations(5_000).with_max_len(4_096).for_each(snapshot::check);
}

#[test]
fn any_reply_is_judged_by_the_rules_or_is_a_failure() {
    bolero::check!().with_iterations(2_000).with_max_len(512).for_each(reply::check);
}
