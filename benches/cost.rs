//! Guards what a run allocates and holds, in numbers that are the same on every machine.
//!
//! The budgets are stated here. To raise one is to make every request of every user dearer: the commit that does it
//! says what is bought with it. Instructions are guarded by `benches/instructions.rs`, which needs valgrind.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use allocation_counter::measure;
use tribunal_benches::contender::{Contender, one_thread};
use tribunal_benches::noop::{Noop, Sleeper, SyncNoop};
use tribunal_benches::ours::{Options, production_contender, v2_contender};
use tribunal_benches::shape::Shape;
use tribunal_core::Critic;

/// Allocations of a run beyond its critics' own.
const FLAT: u64 = 0;
const STAGED: u64 = 0;
const GATED: u64 = 0;
const V2: u64 = 2;
/// Bytes that a run holds while it waits for ten critics: its future, what it allocated, and its critics' boxes.
const WAITING: u64 = 6_400;

/// Allocations of one run among others, once everything is warm.
fn allocations(contender: &Contender) -> u64 {
    let runtime = one_thread();
    contender.batch(&runtime, 100);
    let count = |runs| {
        measure(|| {
            contender.batch(&runtime, runs);
        })
        .count_total
    };
    (count(11) - count(1)) / 10
}

fn noop() -> Arc<dyn Critic> {
    Arc::new(Noop)
}

fn everything(count: usize, shape: Shape, critic: &Arc<dyn Critic>) -> Contender {
    production_contender(count, shape, Options::Everything, critic)
}

#[test]
fn a_run_allocates_no_more_than_its_budget() {
    for (shape, budget) in [(Shape::Flat, FLAT), (Shape::Staged, STAGED), (Shape::Gated, GATED)] {
        let own = shape.runs(10) as u64;
        let beyond = allocations(&everything(10, shape, &noop())) - own;
        assert!(beyond <= budget, "{}: {beyond} allocations, budget {budget}", shape.name());
    }
}

#[test]
fn what_is_switched_on_allocates_nothing_in_a_run() {
    let lean = production_contender(10, Shape::Flat, Options::Lean, &noop());
    assert_eq!(allocations(&everything(10, Shape::Flat, &noop())), allocations(&lean));
}

#[test]
fn a_further_critic_allocates_nothing_but_its_own_box() {
    let [ten, hundred] =
        [10, 100].map(|count| allocations(&everything(count, Shape::Flat, &noop())));
    assert_eq!(hundred - ten, 90);
}

#[test]
fn a_synchronous_critic_allocates_nothing() {
    let critic: Arc<dyn Critic> = Arc::new(SyncNoop);
    assert_eq!(allocations(&everything(10, Shape::Flat, &critic)), FLAT);
}

#[test]
fn a_run_of_v2_allocates_no_more_than_its_budget() {
    let beyond = allocations(&v2_contender(10, &noop())) - 10;
    assert!(beyond <= V2, "{beyond} allocations, budget {V2}");
}

#[test]
fn a_run_that_waits_holds_no_more_than_its_budget() {
    let runtime = one_thread();
    let _inside = runtime.enter();
    let critic: Arc<dyn Critic> = Arc::new(Sleeper(Duration::from_secs(1)));
    let contender = everything(10, Shape::Flat, &critic);
    let mut cx = Context::from_waker(Waker::noop());
    drop(contender.one());
    let mut waiting = Vec::with_capacity(100);
    let held = measure(|| {
        for _ in 0..100 {
            let mut run = contender.one();
            assert!(Pin::new(&mut run).poll(&mut cx).is_pending());
            waiting.push(run);
        }
    });
    let bytes = held.bytes_current as u64 / 100;
    assert!(bytes <= WAITING, "{bytes} bytes, budget {WAITING}");
}
