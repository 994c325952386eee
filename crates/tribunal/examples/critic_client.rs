//! A critic with a client and a state of its own: `cargo run -p tribunal --example critic_client`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tribunal::{
    Answer, Critic, CriticError, CriticSpec, FailureMode, Opinion, ProductionOrchestrator, Retry,
    Review, Snapshot, Stage, Verdict, View, Violation,
};

/// A moderation service, as its client shows it. One client holds the connections of all runs.
struct Client {
    calls: AtomicU64,
}

/// What the service can answer besides a rating.
enum Refusal {
    Busy { retry_after: Duration },
    BadKey,
    TooLong,
}

impl Client {
    async fn rate(&self, text: &str) -> Result<f64, Refusal> {
        let call = self.calls.fetch_add(1, Relaxed);
        tokio::time::sleep(Duration::from_millis(10)).await;
        match text {
            _ if call == 0 => Err(Refusal::Busy { retry_after: Duration::from_millis(20) }),
            "" => Err(Refusal::BadKey),
            long if long.len() > 10_000 => Err(Refusal::TooLong),
            text => Ok(if text.contains("idiot") { 0.9 } else { 0.05 }),
        }
    }
}

/// Made once and called for every run, by several at a time: what changes is behind an atomic or a lock, and no
/// lock is held while it waits.
struct Moderation {
    client: Arc<Client>,
    rated: AtomicU64,
}

impl Critic for Moderation {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        Answer::later(async move {
            let rating = self.client.rate(view.snapshot().model_response()).await;
            // The engine repeats only what may work the next time, and not before the service said so.
            let rating = rating.map_err(|refusal| match refusal {
                Refusal::Busy { retry_after } => {
                    CriticError::transient_after("the service is busy", retry_after)
                }
                Refusal::BadKey => CriticError::permanent("the service does not know the key"),
                Refusal::TooLong => CriticError::input("the text is too long for the service"),
            })?;
            self.rated.fetch_add(1, Relaxed);
            let opinion = Opinion::clean().score(rating).cost(0.001);
            Ok(match rating > 0.5 {
                true => opinion.violation(Violation::new("moderation.abuse", "abuse", rating)),
                false => opinion,
            })
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Arc::new(Client { calls: AtomicU64::new(0) });
    let moderation = Arc::new(Moderation { client: client.clone(), rated: AtomicU64::new(0) });
    let spec = CriticSpec::new("moderation")
        .stage(Stage::DeepAnalysis)
        .timeout(Duration::from_millis(500))
        .retry(Retry::attempts(3))
        .max_in_flight(8)
        .failure_mode(FailureMode::Block);
    // An `Arc` of a critic is a critic: the one that is kept here sees what the other has counted.
    let court = ProductionOrchestrator::builder().critic(spec, moderation.clone()).build()?;
    for (answer, verdict) in [("Good morning!", Verdict::Allow), ("You idiot.", Verdict::Block)] {
        let report = court.run_all(Snapshot::builder().model_response(answer).build()).await?;
        println!("{:8} {answer}", report.verdict);
        assert_eq!(report.verdict, verdict);
    }
    println!(
        "{} texts rated in {} calls",
        moderation.rated.load(Relaxed),
        client.calls.load(Relaxed)
    );
    Ok(())
}

#[test]
fn it_runs_as_it_stands() {
    main().unwrap();
}
