//! Whole runs under faults of every kind; `docs/reliability.md` says what is simulated and how to replay it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod seeded;

use std::process::{Command, Output};

use serde_json::Value;
use tribunal_tests::sim::Fleet;

/// How many runs the ordinary test command simulates.
const RUNS: u64 = 200_000;

/// How many cases are cancelled at every point.
const SEEDS: u64 = 300;

fn simulate(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_simulate")).args(arguments).output().unwrap()
}

fn last_line(output: &Output) -> Value {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// I1 to I34, as far as they apply: see `docs/reliability.md`.
#[test]
fn no_invariant_is_violated_in_simulated_runs_and_every_mark_is_reached() {
    let summary = Fleet::generated(RUNS, 1).run();
    assert!(summary.runs >= RUNS);
    assert_eq!(summary.violations, 0, "{}", summary.story(""));
    assert_eq!(summary.marks_missed(), [""; 0]);
    assert!(summary.is_clean());
}

/// I31: a caller may go away at any point of a run, and leaves nothing behind.
#[test]
fn a_run_that_is_dropped_at_any_point_leaves_everything_at_rest() {
    let summary = Fleet::cancelled_everywhere(SEEDS, 1);
    assert!(summary.cases > 5 * SEEDS, "{} points in {SEEDS} cases", summary.cases);
    assert_eq!(summary.violations, 0, "{}", summary.story(""));
}

/// I34: the same seeds give the same trace in two processes, on however many threads.
#[test]
fn the_same_seeds_give_the_same_trace_in_two_processes() {
    let thousand = ["--runs", "5000", "--seed", "7"];
    let (one, other) = (last_line(&simulate(&thousand)), last_line(&simulate(&thousand)));
    assert!(one["cases"].as_u64().unwrap() >= 1_000, "{one}");
    assert_eq!(one["trace_hash"], other["trace_hash"]);
    let elsewhere = last_line(&simulate(&["--runs", "5000", "--seed", "8"]));
    assert_ne!(one["trace_hash"], elsewhere["trace_hash"]);
}

/// A violation can be replayed: one seed alone does what it does among others.
#[test]
fn a_seed_alone_does_what_it_does_among_others() {
    let trace = |runs, seed| Fleet::generated(runs, seed).run().trace_hash;
    let first = Fleet::generated(1, 3).run();
    assert_eq!(first.cases, 1);
    let both = trace(first.runs + 1, 3);
    assert_eq!(both, first.trace_hash.wrapping_add(trace(1, 4)));
}

/// The command's contract: its last line, and its exit code.
#[test]
fn the_command_ends_with_one_json_object() {
    let output = simulate(&["--runs", "50", "--seed", "5"]);
    assert!(output.status.success());
    let line = last_line(&output);
    for key in ["runs", "violations", "marks_missed", "runs_per_second", "seed", "trace_hash"] {
        assert!(line.get(key).is_some(), "{key}");
    }
    assert_eq!(simulate(&["--fast"]).status.code(), Some(2));
}

/// A pipeline from a file, its critics scripted, under the same faults.
#[test]
fn the_default_pipeline_holds_under_faults() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/tribunal.toml");
    let output = simulate(&["--runs", "3000", "--config", config]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(last_line(&output)["violations"], 0);
}
