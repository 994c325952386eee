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

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use serde_json::{Map, Value};
use tribunal_benches::answer::{Answer, Kind, Plot, number, times};
use tribunal_benches::contender::{Contender, clock_of_a_service, one_thread};
use tribunal_benches::noop::{Call, Check, Noop, PendingOnce, SyncNoop};
use tribunal_benches::ours::{Options, production_contender, v2_contender};
use tribunal_benches::rivals::{self, Bench};
use tribunal_benches::rounds::{Entrant, Rounds};
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;

fn main() {
    clock_of_a_service();
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
        production_contender(count, shape, Options::Metered, &later),
        production_contender(count, shape, Options::Traced, &later),
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
        production_contender(10, Shape::Flat, Options::Metered, &later),
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
const OURS: &str = Options::Everything.name();
const METERED: &str = Options::Metered.name();

fn ratios() {
    let runtime = one_thread();
    let entrants = {
        let _inside = runtime.enter();
        entrants()
    };
    let rounds = Rounds::run(&runtime, &entrants, EACH, TOTAL);
    drop(entrants);
    let mut answer = Answer::new("overhead");
    tables(&mut answer, &rounds);
    plots(&mut answer, &rounds);
    figures(&mut answer, &rounds);
    answer.give();
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

/// Nanoseconds of a contender in a group, and how many times `join_all` that is.
fn measured(rounds: &Rounds, group: &str, name: &str) -> Option<(f64, f64)> {
    let (key, base) = (format!("{group}/{name}"), format!("{group}/join_all"));
    rounds.has(&key).then(|| (rounds.nanoseconds(&key), rounds.ratio(&key, &base)))
}

/// A row for each contender, a column for each group.
fn tables(answer: &mut Answer, rounds: &Rounds) {
    let row = |name: &str, groups: &[String]| {
        let cells = groups.iter().map(|group| match measured(rounds, group, name) {
            Some((time, ratio)) => format!("{} ({})", number(time), times(ratio)),
            None => String::new(),
        });
        std::iter::once(name.to_owned()).chain(cells).collect::<Vec<String>>()
    };
    let groups = ["flat", "staged", "gated", "pending"].map(String::from);
    let rows = CONTENDERS.iter().map(|name| row(name, &groups)).collect();
    let heads = ["ten critics", "flat", "3 stages (2/3/5)", "2 run, 8 gated", "each pending once"];
    let title = format!("Nanoseconds a run, and by `join_all`; medians of {} rounds", rounds.len());
    answer.table(&title, &heads, rows);

    let groups = SCALES.map(|count| format!("{count} critics"));
    let names = ["one after the other", "join_all", OURS];
    let rows = names.iter().map(|name| row(name, &groups)).collect();
    answer.table(
        "Nanoseconds a run, and by `join_all`, flat",
        &["critics", "1", "10", "100", "1,000"],
        rows,
    );
}

fn plots(answer: &mut Answer, rounds: &Rounds) {
    let ratios = |group: &str| {
        let ratio = |name: &&str| measured(rounds, group, name).map_or(0.0, |(_, ratio)| ratio);
        CONTENDERS.iter().map(ratio).collect::<Vec<f64>>()
    };
    let series = [("flat", "flat"), ("3 stages", "staged"), ("2 run, 8 gated", "gated")];
    answer.plots.push(Plot {
        file: "overhead".into(),
        title: "Time of a run of ten critics that do nothing, by join_all".into(),
        kind: Kind::Bars,
        log: true,
        places: CONTENDERS.iter().map(ToString::to_string).collect(),
        series: series.map(|(name, group)| (name.into(), ratios(group))).into(),
    });
    let per_critic = |name: &str| {
        let of = |count: usize| {
            let key = format!("{count} critics/{name}");
            rounds.nanoseconds(&key) / count as f64
        };
        (name.to_owned(), SCALES.map(of).to_vec())
    };
    answer.plots.push(Plot {
        file: "scaling".into(),
        title: "Nanoseconds a critic, by how many there are".into(),
        kind: Kind::Lines,
        log: true,
        places: SCALES
            .map(|count| number(count as f64).replace(".00", "").replace(".0", ""))
            .into(),
        series: ["one after the other", "join_all", OURS].map(per_critic).into(),
    });
}

const CONTENDERS: [&str; 16] = [
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
    METERED,
    "tribunal, defaults",
    "tribunal, everything on, sync",
    "tribunal v2",
];

fn figures(answer: &mut Answer, rounds: &Rounds) {
    let ours = |group: &str| format!("{group}/{OURS}");
    for shape in Shape::ALL {
        let join_all = format!("{}/join_all", shape.name());
        let ratio = rounds.ratio(&ours(shape.name()), &join_all);
        answer.figure(&format!("{}_vs_join_all", shape.name()), ratio);
    }
    let flat = ours("flat");
    for shape in Shape::ALL {
        let metered = rounds.ratio(&format!("{}/{METERED}", shape.name()), &ours(shape.name()));
        answer.figure(&format!("{}_metrics_vs_none", shape.name()), metered);
    }
    let v2 = rounds.ratio("flat/tribunal v2", "flat/join_all, one timeout");
    answer.figure("v2_vs_join_all_timeout", v2);
    for (key, rival) in [
        ("by_hand_vs_flat", "by hand: tokio, governor"),
        ("tower_vs_flat", "tower"),
        ("tower_with_rate_limit_vs_flat", "tower, buffer and rate limit"),
        ("tower_resilience_vs_flat", "tower-resilience"),
    ] {
        answer.figure(key, rounds.ratio(&format!("flat/{rival}"), &flat));
    }
    let scale = rounds.ratio(&ours("1000 critics"), &ours("10 critics")) / 100.0;
    answer.figure("per_critic_1000_vs_10", scale);
    let sync = rounds.nanoseconds("flat/tribunal, everything on, sync");
    let calls = rounds.nanoseconds("flat/synchronous calls");
    answer.figure("sync_critic_overhead_ns", (sync - calls) / 10.0);
    answer.figures.extend(allocations());
}

/// What another process counted: counting would slow down what is timed in this one.
fn allocations() -> Map<String, Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_allocations")).output().expect("a run");
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.lines().last().expect("a line");
    serde_json::from_str(line).expect("an object")
}
