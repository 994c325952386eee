//! A critic that waits for something: `cargo run -p tribunal --example critic_async`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use tribunal::{
    Answer, Critic, CriticError, CriticSpec, Opinion, ProductionOrchestrator, Retry, Review,
    Snapshot, Stage, Verdict, View, Violation,
};

/// Asks whether the order that an answer speaks of exists.
struct KnownOrder;

impl Critic for KnownOrder {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        // What needs no waiting is answered at once: most texts name no order.
        let Some(order) = order(view.snapshot().model_response()) else {
            return Answer::now(Ok(Opinion::clean()));
        };
        Answer::later(async move {
            // At its deadline the future is dropped right here: hold nothing that must be put back.
            let exists = look_up(order).await.map_err(CriticError::transient)?;
            Ok(if exists {
                Opinion::clean()
            } else {
                Opinion::objection(Violation::new("order.unknown", "there is no such order", 0.8))
            })
        })
    }
}

fn order(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("order ")?;
    after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Stands for a query to a database.
async fn look_up(order: u32) -> Result<bool, std::io::Error> {
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok(order < 1_000)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Deadline and retries are the engine's business; the critic does not watch the clock.
    let spec = CriticSpec::new("known_order").stage(Stage::CoreAnalysis);
    let spec = spec.timeout(Duration::from_millis(300)).retry(Retry::attempts(2));
    let court = ProductionOrchestrator::builder().critic(spec, KnownOrder).build()?;
    for (answer, verdict) in [
        ("Your order 12 is on its way.", Verdict::Allow),
        ("Your order 5000 is on its way.", Verdict::Block),
        ("Hello!", Verdict::Allow),
    ] {
        let snapshot = Snapshot::builder().model_response(answer).build();
        let report = court.run_all(snapshot).await?;
        println!("{:8} {answer}", report.verdict);
        assert_eq!(report.verdict, verdict);
    }
    Ok(())
}

#[test]
fn it_runs_as_it_stands() {
    main().unwrap();
}
