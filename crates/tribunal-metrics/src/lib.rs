//! What runs did and how things stand, as metrics.
//!
//! [`Meters`] is an observer that counts runs; [`Meters::read`] gives all there is, with the gauges of an orchestrator
//! and the findings of a canary; [`Readings`] is printed as the text that Prometheus reads. Nothing is started here, and
//! nothing listens: a service hands that text out where it likes. [`catalogue`] has every metric as data.
//!
//! ```
//! use tribunal_core::{Answer, Opinion, Snapshot, Violation, critic_fn};
//! use tribunal_metrics::{Meters, Sources};
//! use tribunal_production::{CriticSpec, ProductionOrchestrator, Reloadable};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let objects = critic_fn(|_| Answer::now(Ok(Opinion::objection(Violation::new("no", "never", 0.9)))));
//! let meters = Meters::new();
//! let plan = ProductionOrchestrator::builder().critic(CriticSpec::new("strict"), objects);
//! let court = Reloadable::new(plan.observer(meters.clone()).build()?);
//! court.run_all(Snapshot::of_input("hello")).await?;
//!
//! let text = meters.read(&Sources::of(&court)).to_string();
//! assert!(text.contains(r#"tribunal_runs_total{verdict="block"} 1"#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```
//!
//! # What it costs
//!
//! A run is counted once, when it is over, by plain additions in a part of the counts that its thread has to itself:
//! places of critics are found once for each plan, and nothing is allocated, looked up by name or waited for. The text
//! is made when it is asked for. Histograms are kept in buckets, so that nothing piles up between two readings.
//!
//! In the code: `meters` is the observer, `seats` finds the place of a critic, `counts` is what is counted, `shards` keeps
//! threads apart; `sources` and `carried` are what others keep, `readings` all of it, `text` how it is written.

mod carried;
pub mod catalogue;
mod counts;
mod histogram;
mod meters;
mod readings;
mod seats;
mod shards;
mod sources;
mod text;

pub use histogram::Histogram;
pub use meters::{Meters, Totals};
pub use readings::{Family, Readings, Sample, Value};
pub use sources::{Sources, Standing};
