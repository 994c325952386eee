//! Identical calls made once, and answers remembered: `cargo run -p tribunal --features cache --example result_cache`
#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "an example shows what it does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tribunal::cache::ResultCache;
use tribunal::{
    CriticSpec, Opinion, Pointer, ProductionOrchestrator, Reads, Snapshot, async_critic, reading,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = calls.clone();
    let judge = async_critic(move |_: Snapshot| {
        counted.fetch_add(1, Ordering::Relaxed);
        async {
            // Here a model would be asked.
            tokio::time::sleep(Duration::from_millis(50)).await;
            Ok(Opinion::clean().cost(0.01))
        }
    });
    // Without this promise nothing would be kept: a critic may read anything.
    let judge = reading(Reads::snapshot([Pointer::input_text()]), judge);

    let cache = ResultCache::builder().time_to_live(Duration::from_secs(60)).build()?;
    let court = ProductionOrchestrator::builder()
        .critic(CriticSpec::new("judge"), judge)
        .hook(cache.clone())
        .build()?;

    let ask = |tenant: &str| {
        court.run_all(Snapshot::builder().input_text("hello").with("tenant", tenant).build())
    };
    let (one, two) = tokio::join!(ask("a"), ask("b"));
    for report in [one?, two?, ask("c").await?] {
        println!("{} from {}, cost {}", report.verdict, report["judge"].source, report.cost_spent);
    }
    println!("the judge was called {} time(s): {cache:?}", calls.load(Ordering::Relaxed));
    Ok(())
}
