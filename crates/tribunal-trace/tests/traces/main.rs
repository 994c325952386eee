//! Traces of real runs: what they look like, which are kept, and what becomes of those that nobody takes.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test"
)]

mod court;
mod kept;
mod queue;
mod tree;
