//! What the benches share: critics that do nothing, pipelines of them, their rivals, and how to time them fairly.
//!
//! Each bench answers one question, which stands at the top of its file beside this folder; `docs/benchmarks.md` has
//! the answers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot be set up has nothing to measure"
)]
#![allow(clippy::cast_precision_loss, reason = "counts that are divided into times")]

pub mod answer;
pub mod contender;
pub mod noop;
pub mod offline;
pub mod ours;
pub mod plot;
pub mod processes;
pub mod prompts;
pub mod rivals;
pub mod rounds;
pub mod shape;
