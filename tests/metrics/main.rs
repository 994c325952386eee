//! What operators see: metrics, their page, the dashboard and the alerts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod alerts;
mod canary;
mod counted;
mod dashboard;
mod expressions;
mod lines;
mod page;
mod standing;
