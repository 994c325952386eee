//! Critics from closures: `cargo run -p tribunal --example critic_closure`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::time::Duration;

use tribunal::{
    Answer, CriticSpec, Opinion, Pointer, ProductionOrchestrator, Reads, Snapshot, Stage, Verdict,
    Violation, async_critic, critic_fn, reading,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // At once, over the view. What it needs it owns.
    let most = 40;
    let brief = critic_fn(move |view| {
        let long = view.snapshot().model_response().len() > most;
        let too_long = || Violation::new("style.long", "longer than an answer here may be", 0.6);
        Answer::now(Ok(if long { Opinion::objection(too_long()) } else { Opinion::clean() }))
    });
    // The same, with a declaration of what it reads, so that a cache may answer for it.
    let brief = reading(Reads::snapshot([Pointer::model_response()]), brief);

    // Later, over the snapshot: cloning one copies a pointer.
    let asked = async_critic(|snapshot: Snapshot| async move {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let unsure = if snapshot.model_response().contains("perhaps") { 0.9 } else { 0.1 };
        Ok(Opinion::clean().uncertainty(unsure))
    });

    // A look at what others said: it sees earlier stages, and what it depends on.
    let unsure = critic_fn(|view| {
        let opinion = view.outcome("asked").and_then(|outcome| outcome.opinion.as_ref());
        let unsure = opinion.is_some_and(|opinion| opinion.uncertainty > 0.5);
        let violation = || Violation::new("style.unsure", "an answer that is not sure", 0.5);
        Answer::now(Ok(if unsure { Opinion::objection(violation()) } else { Opinion::clean() }))
    });

    let court = ProductionOrchestrator::builder()
        .critic(CriticSpec::new("brief").stage(Stage::FastCritics), brief)
        .critic(CriticSpec::new("asked").stage(Stage::CoreAnalysis), asked)
        .critic(CriticSpec::new("unsure").stage(Stage::CoreAnalysis).depends_on("asked"), unsure)
        .build()?;
    for (answer, verdict) in [
        ("It is open until six.", Verdict::Allow),
        ("It is perhaps open until six.", Verdict::Review),
    ] {
        let report = court.run_all(Snapshot::builder().model_response(answer).build()).await?;
        println!("{:8} {answer}", report.verdict);
        assert_eq!(report.verdict, verdict);
    }
    Ok(())
}

#[test]
fn it_runs_as_it_stands() {
    main().unwrap();
}
