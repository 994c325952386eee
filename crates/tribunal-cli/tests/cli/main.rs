//! The `tribunal` command as it is run: what goes in, what comes out, and how it ends.
#![allow(clippy::unwrap_used, reason = "here to fail a test")]

mod check;
mod eval;
mod explain;
#[cfg(unix)]
mod files;
mod init;
mod judge;
mod layers;
mod lines;
mod log;
mod picture;
mod plan;
mod prove;
mod run;
#[cfg(unix)]
mod top;
#[cfg(feature = "otlp")]
mod trace;
mod train;
