//! The decision log from outside: what is written, what is found again, and what gets lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod chain;
mod crash;
mod files;
mod format;
mod killed;
mod load;
mod made;
mod private;
mod sinks;
