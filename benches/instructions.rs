//! Runs one contender many times, for `valgrind --tool=callgrind` to count.
//!
//! ```text
//! instructions CONTENDER SHAPE RUNS
//! ```
//!
//! Contenders: `everything`, `lean`, `sync`, `v2`, `join_all`, `by_hand`, `tower`, `floor`. Shapes: `flat`, `staged`,
//! `gated`. What a run costs is the difference between two counts of runs; `benches/instructions.sh` takes it.
#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::sync::Arc;

use clap::Parser;
use tribunal_benches::contender::{Contender, one_thread};
use tribunal_benches::critics::{Check, Noop, PendingOnce, SyncNoop};
use tribunal_benches::ours::{Options, production_contender, v2_contender};
use tribunal_benches::rivals::{self, Bench};
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;

/// Runs one contender many times.
#[derive(Parser)]
struct Args {
    contender: String,
    shape: String,
    runs: u32,
    #[arg(long, default_value_t = 10)]
    critics: usize,
}

fn main() {
    let args = Args::parse();
    let shape = Shape::ALL.into_iter().find(|shape| shape.name() == args.shape).expect("a shape");
    let runtime = one_thread();
    let guard = runtime.enter();
    let contender = contender(&args.contender, args.critics, shape).expect("a contender");
    drop(guard);
    assert_eq!(contender.batch(&runtime, 10), shape.runs(args.critics));
    measured(&runtime, &contender, args.runs);
}

/// What callgrind is told to look into.
#[inline(never)]
fn measured(runtime: &tokio::runtime::Runtime, contender: &Contender, runs: u32) {
    std::hint::black_box(contender.batch(runtime, runs));
}

fn contender(name: &str, count: usize, shape: Shape) -> Option<Contender> {
    let later: Arc<dyn Critic> = Arc::new(Noop);
    let now: Arc<dyn Critic> = Arc::new(SyncNoop);
    let pending: Arc<dyn Critic> = Arc::new(PendingOnce);
    let check: Arc<dyn Check> = Arc::new(Noop);
    let bench = Bench::new(count, shape, check);
    Some(match name {
        "everything" => production_contender(count, shape, Options::Everything, &later),
        "lean" => production_contender(count, shape, Options::Lean, &later),
        "sync" => production_contender(count, shape, Options::Everything, &now),
        "pending" => production_contender(count, shape, Options::Everything, &pending),
        "v2" => v2_contender(count, &later),
        "floor" => rivals::one_after_the_other(&bench),
        "join_all" => rivals::join_all(&bench),
        "by_hand" => rivals::by_hand(&bench),
        "tower" => rivals::tower(&bench),
        _ => return None,
    })
}
