//! What does a run cost, next to awaiting the same critics by hand?
//!
//! Critics do nothing, so that only the engine is measured. Only ratios to `join_all` mean anything: all
//! contenders run in the same process, one after the other.
#![allow(missing_docs, reason = "criterion's macros write functions without any")]
#![allow(clippy::expect_used, reason = "a bench that cannot be set up has nothing to measure")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use futures_util::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tribunal_benches::{Noop, Shape, SyncNoop, production, v2};
use tribunal_core::{Critic, Snapshot, View};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().expect("a runtime")
}

fn overhead(criterion: &mut Criterion) {
    let runtime = runtime();
    let snapshot = Snapshot::of_input("hello");
    let mut group = criterion.benchmark_group("overhead");
    for count in [10, 100, 1_000] {
        let critics: Vec<Arc<dyn Critic>> = (0..count).map(|_| Arc::new(Noop) as _).collect();
        group.bench_function(BenchmarkId::new("one_after_the_other", count), |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    for critic in &critics {
                        let _ = black_box(critic.review(View::of(&snapshot)).get().await);
                    }
                });
            });
        });
        group.bench_function(BenchmarkId::new("join_all", count), |bencher| {
            bencher.iter(|| {
                let all = critics.iter().map(|critic| critic.review(View::of(&snapshot)).get());
                runtime.block_on(async { black_box(join_all(all).await) })
            });
        });
        group.bench_function(BenchmarkId::new("join_all_timeout", count), |bencher| {
            bencher.iter(|| {
                runtime.block_on(async {
                    let all = critics.iter().map(|critic| {
                        let review = critic.review(View::of(&snapshot)).get();
                        tokio::time::timeout(Duration::from_secs(2), review)
                    });
                    black_box(join_all(all).await)
                })
            });
        });
        let court = v2(count, Arc::new(Noop));
        group.bench_function(BenchmarkId::new("v2", count), |bencher| {
            bencher.iter(|| runtime.block_on(court.run_all(snapshot.clone())));
        });
        for (name, shape) in
            [("flat", Shape::Flat), ("staged", Shape::Staged), ("gated", Shape::Gated)]
        {
            let court = production(count, shape, Arc::new(Noop));
            group.bench_function(
                BenchmarkId::new(format!("production_{name}"), count),
                |bencher| {
                    bencher.iter(|| runtime.block_on(court.run_all(&snapshot)));
                },
            );
        }
        let court = production(count, Shape::Flat, Arc::new(SyncNoop));
        group.bench_function(BenchmarkId::new("production_flat_sync", count), |bencher| {
            bencher.iter(|| runtime.block_on(court.run_all(&snapshot)));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300));
    targets = overhead
}
criterion_main!(benches);
