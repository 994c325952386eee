//! What does a run cost, next to what one would write by hand or reach for, and next to just awaiting the critics?
//!
//! ```text
//! cargo bench --bench overhead               # criterion: all contenders, all shapes, 1 to 1,000 critics
//! cargo bench --bench overhead -- --ratios   # interleaved rounds: a table, and one line of JSON
//! ```
//!
//! Critics do nothing, so that only what is around them is measured; all contenders move the same opinions. Only
//! ratios mean anything on a machine that does other things too, and `--ratios` takes them from rounds of half a
//! millisecond in which everybody runs. `flat`, `staged` and `gated` in its JSON are our orchestrator with everything
//! switched on; a key ending in `_vs_flat` is a rival's time by ours.
#![allow(missing_docs, reason = "criterion's macros write functions without any")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::io::{Write, stdout};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use serde_json::{Map, Value, json};
use tribunal_benches::contender::{Contender, one_thread};
use tribunal_benches::critics::{Call, Check, Noop, PendingOnce, SyncNoop};
use tribunal_benches::ours::{Options, production_contender, v2_contender};
use tribunal_benches::rivals::{self, Bench};
use tribunal_benches::rounds::{Entrant, Rounds};
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;

fn main() {
    match std::env::args().any(|argument| argument == "--ratios") {
        true => ratios(),
        false => criterion(),
    }
}

/// Everyone who takes part, in the order of the tables.
fn contenders(count: usize, shape: Shape) -> Vec<Contender> {
    let later: Arc<dyn Critic> = Arc::new(Noop);
    let now: Arc<dyn Critic> = Arc::new(SyncNoop);
    let call: Arc<dyn Call> = Arc::new(SyncNoop);
    let bench = Bench::new(count, shape, Arc::new(Noop) as Arc<dyn Check>);
    let everything = Options::Everything;
    let mut all = vec![
        rivals::sync_calls(&bench, &call),
        rivals::one_after_the_other(&bench),
        rivals::join_all(&bench),
        rivals::join_all_one_timeout(&bench),
        rivals::join_all_timeout(&bench),
        rivals::futures_unordered(&bench),
        rivals::join_set(&bench),
        rivals::by_hand(&bench),
        rivals::tower(&bench),
        rivals::tower_with_rate_limit(&bench),
        rivals::tower_resilience(&bench),
        production_contender(count, shape, everything, &later),
        production_contender(count, shape, Options::Lean, &later),
        renamed(
            "tribunal, everything on, sync",
            production_contender(count, shape, everything, &now),
        ),
    ];
    if shape == Shape::Flat {
        all.push(v2_contender(count, &later));
    }
    all
}

/// The same where every critic is pending once: without those that cannot be, or differ in nothing that matters then.
fn pending() -> Vec<Contender> {
    let later: Arc<dyn Critic> = Arc::new(PendingOnce);
    let bench = Bench::new(10, Shape::Flat, Arc::new(PendingOnce) as Arc<dyn Check>);
    vec![
        rivals::one_after_the_other(&bench),
        rivals::join_all(&bench),
        rivals::join_all_one_timeout(&bench),
        rivals::join_all_timeout(&bench),
        rivals::futures_unordered(&bench),
        rivals::join_set(&bench),
        rivals::by_hand(&bench),
        rivals::tower(&bench),
        rivals::tower_with_rate_limit(&bench),
        rivals::tower_resilience(&bench),
        production_contender(10, Shape::Flat, Options::Everything, &later),
        production_contender(10, Shape::Flat, Options::Lean, &later),
        v2_contender(10, &later),
    ]
}

fn renamed(name: &'static str, mut contender: Contender) -> Contender {
    contender.name = name;
    contender
}

fn criterion() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .measurement_time(Duration::from_secs(1))
        .warm_up_time(Duration::from_millis(300))
        .configure_from_args();
    let runtime = one_thread();
    let _inside = runtime.enter();
    for shape in Shape::ALL {
        let mut group = criterion.benchmark_group(shape.name());
        let counts = if shape == Shape::Flat { &[1, 10, 100, 1_000][..] } else { &[10][..] };
        for count in counts {
            for contender in contenders(*count, shape) {
                group.bench_function(BenchmarkId::new(contender.name, count), |bencher| {
                    bencher.iter_custom(|runs| {
                        let runs = u32::try_from(runs).unwrap_or(u32::MAX);
                        let start = tokio::time::Instant::now();
                        contender.batch(&runtime, runs);
                        start.elapsed()
                    });
                });
            }
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("pending once");
    for contender in pending() {
        group.bench_function(BenchmarkId::new(contender.name, 10), |bencher| {
            bencher.iter_custom(|runs| {
                let start = tokio::time::Instant::now();
                contender.batch(&runtime, u32::try_from(runs).unwrap_or(u32::MAX));
                start.elapsed()
            });
        });
    }
    group.finish();
    criterion.final_summary();
}

/// How long a contender is timed in each round.
const EACH: Duration = Duration::from_micros(400);
const TOTAL: Duration = Duration::from_secs(36);
const SCALES: [usize; 4] = [1, 10, 100, 1_000];
const OURS: &str = "tribunal, everything on";

fn ratios() {
    let runtime = one_thread();
    let entrants = {
        let _inside = runtime.enter();
        entrants()
    };
    let rounds = Rounds::run(&runtime, &entrants, EACH, TOTAL);
    drop(entrants);
    let mut out = stdout().lock();
    let written = write!(out, "{}", table(&rounds)).and_then(|()| {
        let figures = figures(&rounds);
        writeln!(out, "{}", Value::Object(figures))
    });
    written.expect("somewhere to write to");
}

fn entrants() -> Vec<Entrant> {
    let entrant = |group: &str, opinions: usize, contender: Contender| {
        let key = format!("{group}/{}", contender.name);
        Entrant { key, contender, opinions }
    };
    let mut all = Vec::new();
    for shape in Shape::ALL {
        let of_shape = contenders(10, shape).into_iter();
        all.extend(of_shape.map(|contender| entrant(shape.name(), shape.runs(10), contender)));
    }
    all.extend(pending().into_iter().map(|contender| entrant("pending", 10, contender)));
    let later: Arc<dyn Critic> = Arc::new(Noop);
    for count in SCALES {
        let bench = Bench::new(count, Shape::Flat, Arc::new(Noop) as Arc<dyn Check>);
        let group = format!("{count} critics");
        let ours = production_contender(count, Shape::Flat, Options::Everything, &later);
        all.push(entrant(&group, count, rivals::one_after_the_other(&bench)));
        all.push(entrant(&group, count, rivals::join_all(&bench)));
        all.push(entrant(&group, count, ours));
    }
    all
}

/// A row for each contender: nanoseconds, and in brackets the ratio to `join_all`.
fn table(rounds: &Rounds) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let cell = |group: &str, name: &str| {
        let (key, base) = (format!("{group}/{name}"), format!("{group}/join_all"));
        rounds.has(&key).then(|| (rounds.nanoseconds(&key), rounds.ratio(&key, &base)))
    };
    let mut row = |name: &str, groups: &[&str]| {
        let _ = write!(text, "{name:32}");
        for group in groups {
            let _ = match cell(group, name) {
                Some((time, ratio)) => write!(text, "{time:>10.0} ({ratio:>5.2})"),
                None => write!(text, "{:>18}", ""),
            };
        }
        text.push('\n');
    };
    let groups = ["flat", "staged", "gated", "pending"];
    for contender in contenders_by_name() {
        row(contender, &groups);
    }
    let groups = SCALES.map(|count| format!("{count} critics"));
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    for name in ["one after the other", "join_all", OURS] {
        row(name, &groups);
    }
    let heads = "flat, staged, gated, every critic pending once; then 1, 10, 100 and 1,000 critics";
    format!(
        "nanoseconds a run, and in brackets by `join_all`: {heads}\n{text}{} rounds\n",
        rounds.len()
    )
}

const fn contenders_by_name() -> [&'static str; 15] {
    [
        "synchronous calls",
        "one after the other",
        "join_all",
        "join_all, one timeout",
        "join_all, a timeout each",
        "FuturesUnordered",
        "JoinSet",
        "by hand: tokio, governor",
        "tower",
        "tower, buffer and rate limit",
        "tower-resilience",
        OURS,
        "tribunal, defaults",
        "tribunal, everything on, sync",
        "tribunal v2",
    ]
}

fn figures(rounds: &Rounds) -> Map<String, Value> {
    let mut figures = Map::new();
    let mut put = |key: &str, figure: f64| {
        figures.insert(key.into(), json!((figure * 1_000.0).round() / 1_000.0));
    };
    let ours = |group: &str| format!("{group}/{OURS}");
    for shape in Shape::ALL {
        let join_all = format!("{}/join_all", shape.name());
        put(&format!("{}_vs_join_all", shape.name()), rounds.ratio(&ours(shape.name()), &join_all));
    }
    let flat = ours("flat");
    put("v2_vs_join_all_timeout", rounds.ratio("flat/tribunal v2", "flat/join_all, one timeout"));
    for (key, rival) in [
        ("by_hand_vs_flat", "by hand: tokio, governor"),
        ("tower_vs_flat", "tower"),
        ("tower_with_rate_limit_vs_flat", "tower, buffer and rate limit"),
        ("tower_resilience_vs_flat", "tower-resilience"),
    ] {
        put(key, rounds.ratio(&format!("flat/{rival}"), &flat));
    }
    put("per_critic_1000_vs_10", rounds.ratio(&ours("1000 critics"), &ours("10 critics")) / 100.0);
    let sync = rounds.nanoseconds("flat/tribunal, everything on, sync");
    put("sync_critic_overhead_ns", (sync - rounds.nanoseconds("flat/synchronous calls")) / 10.0);
    figures.extend(allocations());
    figures
}

/// What another process counted: counting would slow down what is timed in this one.
fn allocations() -> Map<String, Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_allocations")).output().expect("a run");
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.lines().last().expect("a line");
    serde_json::from_str(line).expect("an object")
}
