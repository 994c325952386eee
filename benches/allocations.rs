//! How often does a run allocate, and how much memory does it hold while it waits?
//!
//! ```text
//! cargo run --release --bin allocations
//! ```
//!
//! Counted by an allocator that counts, on one thread, once everything is warm. Subtracted is what the critics
//! allocate when they are awaited one after the other: one box each. The last line is one JSON object; `flat` in it
//! is our orchestrator with everything switched on.
#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::io::{Write, stdout};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use allocation_counter::measure;
use futures_util::future::LocalBoxFuture;
use serde_json::json;
use tribunal_benches::contender::{Contender, one_thread};
use tribunal_benches::noop::{Check, Noop, Sleeper};
use tribunal_benches::ours::{Options, production_contender, v2_contender};
use tribunal_benches::rivals::{self, Bench};
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;

fn main() -> std::io::Result<()> {
    let mut out = stdout().lock();
    let later: Arc<dyn Critic> = Arc::new(Noop);
    let contenders = |shape: Shape| {
        let bench = Bench::new(10, shape, Arc::new(Noop) as Arc<dyn Check>);
        let everything = production_contender(10, shape, Options::Everything, &later);
        let lean = production_contender(10, shape, Options::Lean, &later);
        [
            rivals::join_all(&bench),
            rivals::join_all_timeout(&bench),
            rivals::futures_unordered(&bench),
            rivals::join_set(&bench),
            rivals::by_hand(&bench),
            rivals::tower(&bench),
            rivals::tower_with_rate_limit(&bench),
            rivals::tower_resilience(&bench),
            everything,
            lean,
            v2_contender(10, &later),
        ]
    };
    writeln!(out, "allocations a run: flat, staged, gated")?;
    let runtime = one_thread();
    let by_shape = {
        let _inside = runtime.enter();
        Shape::ALL.map(contenders)
    };
    let counted =
        by_shape.each_ref().map(|row| row.each_ref().map(|one| allocations(&runtime, one)));
    let ([names, ..], [flat, staged, gated]) = (&by_shape, &counted);
    for (((contender, flat), staged), gated) in names.iter().zip(flat).zip(staged).zip(gated) {
        writeln!(out, "{:32}{flat:>8}{staged:>8}{gated:>8}", contender.name)?;
    }

    let bench = Bench::new(10, Shape::Flat, Arc::new(Noop) as Arc<dyn Check>);
    let own = allocations(&runtime, &rivals::one_after_the_other(&bench)) - 1; // one for the answers
    let flat = production_contender(10, Shape::Flat, Options::Everything, &later);
    let absolute = allocations(&runtime, &flat);

    let sleeper = Duration::from_secs(1);
    let bench = Bench::new(10, Shape::Flat, Arc::new(Sleeper(sleeper)) as Arc<dyn Check>);
    let critic: Arc<dyn Critic> = Arc::new(Sleeper(sleeper));
    let critics = own_bytes(&bench);
    let mut memory = |contender: &(dyn Fn() -> Contender + Sync)| {
        // On a thread of its own, which keeps nothing of runs before.
        let thread = || in_flight(&one_thread(), contender);
        let (name, bytes) = std::thread::scope(|scope| scope.spawn(thread).join())
            .map_err(|_| std::io::Error::other("the thread panicked"))?;
        writeln!(out, "{name:32}{bytes:>8} bytes in flight, critics {critics}")?;
        Ok::<u64, std::io::Error>(bytes)
    };
    memory(&|| rivals::join_all(&bench))?;
    memory(&|| rivals::join_all_timeout(&bench))?;
    memory(&|| rivals::by_hand(&bench))?;
    memory(&|| v2_contender(10, &critic))?;
    memory(&|| production_contender(10, Shape::Flat, Options::Lean, &critic))?;
    let held = memory(&|| production_contender(10, Shape::Flat, Options::Everything, &critic))?;

    let object = json!({
        "allocations_per_run": absolute.saturating_sub(own),
        "allocations_absolute": absolute,
        "memory_per_run_bytes": held.saturating_sub(critics),
    });
    writeln!(out, "{object}")
}

/// Allocations of one run among others. The runtime's own are not in it.
fn allocations(runtime: &tokio::runtime::Runtime, contender: &Contender) -> u64 {
    let count = |runs| {
        measure(|| {
            contender.batch(runtime, runs);
        })
        .count_total
    };
    contender.batch(runtime, 10);
    (count(11) - count(1)) / 10
}

/// Bytes held by ten critics that wait, each in its box.
fn own_bytes(bench: &Bench) -> u64 {
    let mut waiting = Vec::with_capacity(10);
    let held = measure(|| waiting.extend((0..10).map(|_| bench.check.check(&bench.snapshot))));
    u64::try_from(held.bytes_current).unwrap_or_default()
}

/// Bytes held by a run that waits for all of its critics, its own future with it.
fn in_flight(
    runtime: &tokio::runtime::Runtime,
    contender: impl Fn() -> Contender,
) -> (&'static str, u64) {
    let _inside = runtime.enter();
    let contender = contender();
    const RUNS: i64 = 100;
    let mut waiting: Vec<LocalBoxFuture<'_, usize>> = Vec::with_capacity(100);
    let mut cx = Context::from_waker(Waker::noop());
    let held = measure(|| {
        for _ in 0..RUNS {
            let mut run = contender.one();
            assert!(Pin::new(&mut run).poll(&mut cx).is_pending(), "{}", contender.name);
            waiting.push(run);
        }
    });
    (contender.name, u64::try_from(held.bytes_current / RUNS).unwrap_or_default())
}
