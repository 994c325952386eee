//! Real runs to a collector, which reads them with the official types of OTLP.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test"
)]

mod delivery;
mod read;
mod runs;
