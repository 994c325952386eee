//! The decision log: one JSON line a run, chained by hashes, written off the run's path.
//!
//! A [`DecisionLog`] is an observer. What a run pays for it is a small copy of its report and a place in a bounded queue;
//! a thread of the log's own makes lines and hands them to a [`Sink`]: a [`FileSink`], SQLite (`tribunal-log-sqlite`), or
//! an [`AsyncSink`] of one's own. Lines that had no room are counted, and the log says so in their place. No text of a
//! snapshot, and nothing that a critic put into words, is written unless that is turned on.
//!
//! Lines are read back with [`Lines`] and [`Entry`], and [`verify`](verify()) says whether they are what was written.
//! The format and the guarantees stand in `docs/decision-log.md`.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//! use tribunal_core::{Answer, Opinion, Snapshot, Violation, critic_fn};
//! use tribunal_log::{Chain, DecisionLog, Entry, FileSink, Lines, Verifier, files_of, verify};
//! use tribunal_production::{CriticSpec, ProductionOrchestrator};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("decisions.jsonl");
//! let log = DecisionLog::builder().start(FileSink::new(&path))?;
//! let rude = Opinion::objection(Violation::new("manners.none", "no please", 0.9));
//! let court = ProductionOrchestrator::builder()
//!     .critic(CriticSpec::new("manners"), critic_fn(move |_| Answer::now(Ok(rude.clone()))))
//!     .observer(log.clone())
//!     .build()?;
//! court.run_all(Snapshot::of_input("gimme")).await?;
//!
//! assert!(log.close(Duration::from_secs(5)).in_time);
//! let files = files_of(&path)?;
//! assert!(verify(&files, Verifier::new(Chain::default(), None))?.is_intact());
//! let mut lines = Lines::of(&path)?;
//! lines.next()?; // says that the log was opened
//! let Some(Entry::Decision(decision)) = lines.next()?.map(|line| line.entry()).transpose()? else {
//!     panic!("a decision")
//! };
//! assert_eq!(decision.causes[0].codes.as_deref(), Some(&["manners.none".to_owned()][..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod chain;
mod decision;
mod encode;
mod file;
mod json;
mod log;
mod read;
mod record;
mod remote;
mod sink;
mod stats;
mod time;
mod verify;
mod writer;

pub use chain::{Chain, ChainKey, HashError, Head, LineHash, Link};
pub use decision::{
    Decision, Entry, EntryError, LoggedCall, LoggedCause, LoggedOutcome, LoggedReason, LoggedStage,
    Note, Opened,
};
pub use encode::{FORMAT, Torn};
pub use file::{FileError, FileSink, Sync, files_of};
pub use log::{DecisionLog, LogBuilder, LogClosed, LogCounters, StartError};
pub use read::{Lines, RawLine};
pub use remote::{AsyncSink, RemoteError, RemoteSink};
pub use sink::{Batch, Resume, Sink, SinkError};
pub use stats::{CriticStats, Latencies, Stats};
pub use time::{DecisionId, IdError};
pub use verify::{Broken, Fault, Verified, Verifier, VerifyError, verify};
