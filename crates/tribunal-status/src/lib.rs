//! How a running process stands, told to whoever may ask: for `tribunal top`, and for scripts.
//!
//! A process offers a [`Server`], a socket that only its own user can open; who connects gets one JSON document, a
//! [`Status`], and the end of it. Nothing is read from those who ask, so that there is nothing that they could change.
//! [`ask`] is the other side.
//!
//! ```
//! # use tribunal_core::{Answer, Opinion, Snapshot, Violation, critic_fn};
//! # use tribunal_production::{CriticSpec, ProductionOrchestrator, Reloadable};
//! use std::time::Duration;
//! use tribunal_metrics::{Meters, Sources};
//! use tribunal_status::{Address, Board, Server, ask};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("status.sock");
//! # let rude = Opinion::objection(Violation::new("manners.none", "no please", 0.9));
//! # let builder = ProductionOrchestrator::builder()
//! #     .critic(CriticSpec::new("manners"), critic_fn(move |_| Answer::now(Ok(rude.clone()))));
//! let meters = Meters::new();
//! let board = Board::new("support bot", &meters);
//! let plan = builder.observer(meters.clone()).observer(board.clone());
//! let court = Reloadable::new(plan.build()?);
//!
//! let address = Address::from(path);
//! let server = Server::bind(&address).await?;
//! let serving = server.serve(&board, || Sources::of(&court)); // polled beside the service
//!
//! # let asking = async {
//! court.run_all(Snapshot::of_input("gimme")).await?;
//! let status = ask(&address, Duration::from_secs(1)).await?;
//! assert_eq!((status.runs.blocked, status.blocks.len()), (1, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # };
//! # tokio::select! { done = asking => done?, never = serving => match never {} }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What it costs a run
//!
//! Nothing that it waits for. What the document says is what [`tribunal_metrics::Meters`] has counted and what limits say
//! of themselves; it is put together when somebody asks, by the task that serves. A [`Board`] is told of whole runs,
//! and does something for those that are blocked.
//!
//! # What it says of requests
//!
//! Of a run that was blocked: its trace id, the critic, and the code of the violation (rule 20: no text, no wording).
//!
//! In the code: `status` is the document, `board` makes it, from `readings`, `rates` and `blocks`; `address` says where,
//! `unix` makes a socket safely, `server` and `client` are the two sides.

mod address;
mod blocks;
mod board;
mod client;
mod rates;
mod readings;
mod server;
mod status;
#[cfg(unix)]
mod unix;

pub use address::{Address, AddressError};
pub use board::Board;
pub use client::{AskError, ask};
pub use server::{BindError, Server};
pub use status::{
    Block, BlockCause, Breaker, CanaryStatus, CriticStatus, Latency, LogStatus, Outcomes,
    PlanStatus, Rates, Room, RunsStatus, SharedTokens, StageStatus, Status, VERSION,
};
