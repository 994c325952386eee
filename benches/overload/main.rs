//! What becomes of runs when more of them come than can be judged, or when critics break.
//!
//! ```text
//! cargo run --release --bin overload -- [--seconds N]
//! ```
//!
//! In real time, on a runtime with two workers. Stub critics have a known capacity; requests come by a schedule
//! that waits for nobody. What each scenario does and what came of it is in `docs/overload.md`. The last line is
//! one JSON object.

mod client;
mod load;
mod result;
mod samples;
mod scenario;
mod stub;

use std::io::{Write, stdout};
use std::time::Duration;

use clap::Parser;
use tribunal_production::RunSettings;

use result::Results;
use scenario::{black_hole, pulse, retry_storm, steady};

/// Measures what becomes of runs when more of them come than can be judged, or when critics break.
#[derive(Parser)]
#[command(name = "overload")]
struct Args {
    /// How long all scenarios may take together, in seconds.
    #[arg(long, value_name = "N", default_value_t = 45, value_parser = clap::value_parser!(u32).range(10..=3_600))]
    seconds: u32,
}

fn main() -> std::io::Result<()> {
    let args = Args::parse();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build()?;
    // The generator is a task like the runs it starts: two threads in all.
    let mut scenarios = tokio::task::JoinSet::new();
    scenarios.spawn_on(all(Duration::from_secs(args.seconds.into()) / 45), runtime.handle());
    let results = runtime.block_on(scenarios.join_next()).transpose()?;
    let Some(results) = results else { return Ok(()) };
    write!(stdout().lock(), "{results}")
}

/// Every scenario, one after the other. A unit is one of 45 parts of the time there is.
async fn all(unit: Duration) -> Results {
    Results {
        unloaded: steady::steady(0.7, stub::fitting(), 5 * unit).await,
        at_10x: steady::steady(10.0, stub::fitting(), 5 * unit).await,
        at_10x_default: steady::steady(10.0, RunSettings::default(), 4 * unit).await,
        at_100x: steady::steady(100.0, stub::fitting(), 5 * unit).await,
        pulse: pulse::pulse(stub::fitting(), 10 * unit).await,
        black_hole: black_hole::black_hole(12 * unit).await,
        retry_storm: retry_storm::retry_storm(4 * unit).await,
    }
}
