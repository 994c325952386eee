//! What the benches share: critics that do nothing, pipelines of them, their rivals, and how to time them fairly.
//!
//! Each bench answers one question, which stands at the top of its file. `docs/benchmarks.md` has the answers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot be set up has nothing to measure"
)]

pub mod contender;
pub mod critics;
pub mod ours;
pub mod rivals;
pub mod rounds;
pub mod shape;
