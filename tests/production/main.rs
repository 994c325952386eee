//! What `ProductionOrchestrator` promises beyond the contract of every engine, a subject a file.
//!
//! Tests name the rule they guard. Start at [`court`], the builder all of them use. Gate and verdict have a model in
//! `tests/reference`, whole runs under faults a simulator in `tests/src/sim`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod adaptive;
mod breaker;
mod budget;
mod court;
mod deadlines;
mod dropped;
mod early_exit;
mod events;
mod failures;
mod gates;
mod hedging;
mod hooks;
mod isolation;
mod limits;
mod metrics;
mod monitor;
mod order;
mod outline;
mod overload;
mod private;
mod rates;
mod refused;
mod reload;
mod replay;
mod retries;
mod shutdown;
mod timings;
mod validation;
mod waiting;
