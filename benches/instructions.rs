//! How many instructions does a run take, and is that within its budget?
//!
//! ```text
//! cargo run --release --bin instructions -- check
//! ```
//!
//! Counts under `valgrind --tool=callgrind`, where a run takes the same number every time, and fails when one takes
//! more than [`BUDGETS`] say. Where valgrind is missing it says so, and counts nothing. To see where they go, let
//! callgrind look into one contender, built with names:
//!
//! ```text
//! cargo build --profile profiling --bin instructions
//! valgrind --tool=callgrind --toggle-collect='*measured*' target/profiling/instructions run everything flat 1000
//! ```
//!
//! Contenders: `everything`, `metered`, `traced`, `traced_all`, `lean`, `sync`, `pending`, `v2`, `floor`, `join_all`, `by_hand`,
//! `tower`. Shapes: `flat`, `staged`, `gated`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::io::{Write, stdout};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use clap::{Parser, Subcommand};
use serde_json::{Map, json};
use tokio::runtime::Runtime;
use tribunal_benches::answer::number;
use tribunal_benches::contender::{Contender, one_thread};
use tribunal_benches::noop::{Check, Noop, PendingOnce, SyncNoop};
use tribunal_benches::ours::{Options, production_contender, v2_contender};
use tribunal_benches::rivals::{self, Bench};
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;
use tribunal_resilience::Moment;

/// The most instructions that a run of ten critics may take. To raise one is to make every request of every user
/// dearer: the commit that does it says what is bought with it.
///
/// They lie a tenth above what was counted, since another compiler, C library or processor counts a little more.
const BUDGETS: [(&str, Shape, u64); 8] = [
    ("everything", Shape::Flat, 12_800),
    ("everything", Shape::Staged, 13_900),
    ("everything", Shape::Gated, 5_800),
    ("lean", Shape::Flat, 11_100),
    ("lean", Shape::Staged, 12_100),
    ("sync", Shape::Flat, 10_900),
    ("pending", Shape::Flat, 25_300),
    ("v2", Shape::Flat, 9_800),
];

/// Beside them, without a budget.
const OTHERS: [(&str, Shape); 9] = [
    ("metered", Shape::Flat),
    ("metered", Shape::Staged),
    ("metered", Shape::Gated),
    ("traced", Shape::Flat),
    ("traced_all", Shape::Flat),
    ("floor", Shape::Flat),
    ("join_all", Shape::Flat),
    ("by_hand", Shape::Flat),
    ("tower", Shape::Flat),
];

/// Counts instructions.
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Counts, and fails when a budget is exceeded.
    Check,
    /// Runs one contender many times, to be looked into.
    Run {
        /// Who.
        contender: String,
        /// How its critics are arranged.
        shape: String,
        /// How often.
        runs: u32,
        /// How many critics.
        #[arg(long, default_value_t = 10)]
        critics: usize,
        /// With the clock that a service has: how often that reads the system's depends on how fast the machine is, so
        /// nothing is counted with it.
        #[arg(long)]
        as_in_a_service: bool,
    },
}

fn main() -> ExitCode {
    match Args::parse().command {
        Task::Check => check(),
        Task::Run { contender, shape, runs, critics, as_in_a_service } => {
            Moment::use_counter(as_in_a_service);
            let shape = Shape::ALL.into_iter().find(|one| one.name() == shape).expect("a shape");
            run(&contender, shape, runs, critics);
            ExitCode::SUCCESS
        }
    }
}

fn run(name: &str, shape: Shape, runs: u32, critics: usize) {
    let runtime = one_thread();
    let guard = runtime.enter();
    let contender = contender(name, critics, shape).expect("a contender");
    drop(guard);
    assert_eq!(contender.batch(&runtime, 10), shape.runs(critics));
    measured(&runtime, &contender, runs);
}

/// What callgrind is told to look into.
#[inline(never)]
fn measured(runtime: &Runtime, contender: &Contender, runs: u32) {
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
        "metered" => production_contender(count, shape, Options::Metered, &later),
        "traced" => production_contender(count, shape, Options::Traced, &later),
        "traced_all" => production_contender(count, shape, Options::TracedAll, &later),
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

fn check() -> ExitCode {
    let mut out = stdout().lock();
    let mut say = |line: String| writeln!(out, "{line}").expect("somewhere to write to");
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|seen| seen.status.success()) {
        say("NOT CHECKED: valgrind is not on this machine, so no instructions were counted.".into());
        return ExitCode::SUCCESS;
    }
    let mut figures = Map::new();
    let mut exceeded = false;
    let budgets = BUDGETS.map(|(name, shape, budget)| (name, shape, Some(budget)));
    let others = OTHERS.map(|(name, shape)| (name, shape, None));
    for (name, shape, budget) in budgets.into_iter().chain(others) {
        let count = instructions(name, shape);
        figures.insert(format!("{name}_{}", shape.name()), json!(count));
        let over = budget.is_some_and(|budget| count > budget);
        exceeded |= over;
        let of = budget.map_or(String::new(), |budget| format!(" of {}", grouped(budget)));
        let verdict = if over { "  OVER ITS BUDGET" } else { "" };
        say(format!("{name:>12} {:8}{:>9}{of}{verdict}", shape.name(), grouped(count)));
    }
    say(serde_json::Value::Object(figures).to_string());
    if exceeded { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

#[allow(clippy::cast_precision_loss, reason = "for show")]
fn grouped(count: u64) -> String {
    number(count as f64).replace(".00", "")
}

/// Of one run: the difference that a hundred more of them make.
fn instructions(name: &str, shape: Shape) -> u64 {
    let own = std::env::current_exe().expect("a program");
    let counted = |runs: u64| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(&own)
            .args(["run", name, shape.name(), &runs.to_string()])
            .output()
            .expect("valgrind");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let count = text.lines().find_map(|line| line.split_once("Collected : "));
        let count = count.and_then(|(_, count)| count.trim().parse::<u64>().ok());
        count.unwrap_or_else(|| panic!("valgrind counted nothing: {text}"))
    };
    (counted(150) - counted(50)) / 100
}
