//! `OrchestratorV2`: what it does beyond the contract of every engine, and a plain example of each thing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod build;
mod hooks;
mod runs;

use tribunal_core::{Report, Snapshot};
use tribunal_testkit::{Scripted, snapshot};
use tribunal_v2::{Builder, OrchestratorV2};

/// A builder with these critics.
fn with(critics: impl IntoIterator<Item = Scripted>) -> Builder {
    critics.into_iter().fold(OrchestratorV2::builder(), |builder, critic| {
        let name = critic.name.clone();
        builder.critic(&name, critic)
    })
}

/// Builds and judges a snapshot.
async fn judge(builder: Builder) -> Report {
    builder.build().unwrap().run_all(some()).await
}

fn some() -> Snapshot {
    snapshot("some text")
}
