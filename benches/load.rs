//! What do thousands of runs in flight take, in time and in memory, next to `join_all` and to what they ideally take?
//!
//! ```text
//! cargo bench --bench load
//! ```
//!
//! All runs of a wave start at once, each a task on a runtime of one thread; each has ten critics of 1 ms in three
//! stages, so ideally a wave takes 3 ms. Every contender runs in a process of its own, so that memory is its own,
//! and they take turns.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    reason = "a bench that cannot be set up has nothing to measure"
)]

use std::io::{Write, stdout};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;
use tribunal_benches::answer::{Answer, Kind, Plot, number, times};
use tribunal_benches::contender::{Contender, clock_of_a_service, one_thread};
use tribunal_benches::noop::{Check, Sleeper};
use tribunal_benches::ours::{Options, production_contender};
use tribunal_benches::processes::{again, cpu_time, peak_memory};
use tribunal_benches::rivals::{self, Bench};
use tribunal_benches::rounds::median;
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;

const CONTENDERS: [&str; 5] = [
    "join_all",
    "join_all, a timeout each",
    "by hand",
    "tower-resilience",
    "tribunal, everything on",
];
const OURS: &str = "tribunal, everything on";
const WAVES: [(usize, usize); 2] = [(100, 15), (10_000, 5)];
const REPEATS: usize = 3;

fn main() {
    clock_of_a_service();
    let arguments: Vec<String> = std::env::args().collect();
    let wave = arguments.iter().position(|argument| argument == "--wave");
    let told = wave.and_then(|at| arguments.get(at + 1..at + 4));
    match told {
        Some([name, runs, waves]) => one(name, number_of(runs), number_of(waves)),
        _ => all(),
    }
}

fn number_of(text: &str) -> usize {
    text.parse().expect("a number")
}

/// Everyone in turns, each in a process of its own.
fn all() {
    let mut answer = Answer::new("load");
    for (runs, waves) in WAVES {
        let mut seen: Vec<Vec<Value>> = vec![Vec::new(); CONTENDERS.len()];
        for _ in 0..REPEATS {
            for (name, seen) in CONTENDERS.iter().zip(&mut seen) {
                seen.push(again(&["--wave", name, &runs.to_string(), &waves.to_string()]));
            }
        }
        let of = |name: &str, key: &str| {
            let row =
                CONTENDERS.iter().position(|other| *other == name).and_then(|at| seen.get(at));
            let values = row.into_iter().flatten().filter_map(|seen| seen[key].as_f64());
            median(values.collect())
        };
        let ratio = |name: &str, key: &str| of(name, key) / of("join_all", key);
        let row = |name: &&str| {
            let cell =
                |key: &str| format!("{} ({})", number(of(name, key)), times(ratio(name, key)));
            vec![
                (*name).to_owned(),
                cell("wall_ms"),
                times(of(name, "wall_ms") / 3.0),
                cell("cpu_ms"),
                number(of(name, "p50_ms")),
                number(of(name, "p99_ms")),
                cell("memory_mb"),
            ]
        };
        let shown = number(runs as f64);
        answer.table(
            &format!("{shown} runs in flight, and by `join_all`"),
            &["", "wall ms", "by the ideal", "CPU ms", "p50 ms", "p99 ms", "peak MB"],
            CONTENDERS.iter().map(row).collect(),
        );
        let values = |key: &str| CONTENDERS.iter().map(|name| of(name, key)).collect::<Vec<f64>>();
        answer.plots.push(Plot {
            file: format!("load_{runs}"),
            title: format!("{shown} runs in flight of ten 1 ms critics in three stages"),
            kind: Kind::Bars,
            log: true,
            places: CONTENDERS.iter().map(ToString::to_string).collect(),
            series: vec![
                ("wall, ms".into(), values("wall_ms")),
                ("CPU, ms".into(), values("cpu_ms")),
                ("p99, ms".into(), values("p99_ms")),
                ("peak memory, MB".into(), values("memory_mb")),
            ],
        });
        for (key, of_what) in [("wall", "wall_ms"), ("cpu", "cpu_ms"), ("memory", "memory_mb")] {
            answer.figure(&format!("{key}_vs_join_all_{runs}"), ratio(OURS, of_what));
        }
        answer.figure(&format!("p99_vs_p50_{runs}"), of(OURS, "p99_ms") / of(OURS, "p50_ms"));
        answer.figure(&format!("failures_{runs}"), of(OURS, "failures"));
    }
    answer.give();
}

fn contender(name: &str) -> Contender {
    let ms = Duration::from_millis(1);
    let critic: Arc<dyn Critic> = Arc::new(Sleeper(ms));
    let bench = Bench::new(10, Shape::Staged, Arc::new(Sleeper(ms)) as Arc<dyn Check>);
    match name {
        "join_all" => rivals::join_all(&bench),
        "join_all, a timeout each" => rivals::join_all_timeout(&bench),
        "by hand" => rivals::by_hand(&bench),
        "tower-resilience" => rivals::tower_resilience(&bench),
        OURS => production_contender(10, Shape::Staged, Options::Everything, &critic),
        _ => panic!("nobody runs as `{name}`"),
    }
}

/// A few waves of one contender; the last line is what they took.
fn one(name: &str, runs: usize, waves: usize) {
    let runtime = one_thread();
    let guard = runtime.enter();
    let contender = Rc::new(contender(name));
    drop(guard);
    let wave = |runs: usize| {
        LocalSet::new().block_on(&runtime, async {
            let mut tasks = JoinSet::new();
            let start = Instant::now();
            for _ in 0..runs {
                let contender = Rc::clone(&contender);
                tasks.spawn_local(async move { (contender.one().await, start.elapsed()) });
            }
            let all = tasks.join_all().await;
            (start.elapsed(), all)
        })
    };
    wave(10);
    let before = peak_memory().unwrap_or_default();
    let (mut walls, mut busy, mut failures) = (Vec::new(), Vec::new(), 0);
    let mut quantiles = [(50, Vec::new()), (99, Vec::new())];
    for _ in 0..waves {
        let on_cpu = cpu_time().unwrap_or_default();
        let (wall, all) = wave(runs);
        busy.push(cpu_time().unwrap_or_default().saturating_sub(on_cpu).as_secs_f64() * 1e3);
        walls.push(wall.as_secs_f64() * 1e3);
        failures += all.iter().filter(|(opinions, _)| *opinions < 10).count();
        let mut times: Vec<f64> =
            all.iter().map(|(_, elapsed)| elapsed.as_secs_f64() * 1e3).collect();
        times.sort_unstable_by(f64::total_cmp);
        for (per_cent, of_waves) in &mut quantiles {
            of_waves.extend(times.get(times.len() * *per_cent / 100).copied());
        }
    }
    let [p50, p99] = quantiles.map(|(_, of_waves)| median(of_waves));
    let memory = peak_memory().unwrap_or_default().saturating_sub(before);
    let seen = json!({
        "wall_ms": median(walls), "cpu_ms": median(busy), "p50_ms": p50, "p99_ms": p99,
        "memory_mb": memory as f64 / 1e6, "failures": failures,
    });
    writeln!(stdout().lock(), "{seen}").expect("somewhere to write to");
}
