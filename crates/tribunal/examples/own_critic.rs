//! A critic of one's own, with a gate, a limit and a retry: `cargo run -p tribunal --example own_critic`
#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "an example shows what it does")]

use std::time::Duration;

use tribunal::{
    Answer, Critic, CriticError, CriticSpec, FailureMode, Opinion, Pointer, Policy,
    ProductionOrchestrator, Retry, Review, Snapshot, Span, Stage, View, Violation, async_critic,
};

/// Objects to words that a house style forbids. Synchronous: it costs no allocation and no timer.
struct HouseStyle {
    forbidden: Vec<String>,
}

impl Critic for HouseStyle {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let text = view.snapshot().model_response();
        let mut opinion = Opinion::clean();
        for word in &self.forbidden {
            for (start, found) in text.match_indices(word.as_str()) {
                let bytes = start..start + found.len();
                let span = Span::new(Pointer::model_response(), bytes, "forbidden_word");
                let violation = Violation::new("style.forbidden_word", "a word we do not use", 0.3);
                opinion = opinion.violation(violation.at(span));
            }
        }
        Answer::now(Ok(opinion))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Stands for a model that is asked over the network, and costs money each time.
    let judge = async_critic(|snapshot: Snapshot| async move {
        tokio::time::sleep(Duration::from_millis(30)).await;
        if snapshot.model_response().is_empty() {
            return Err(CriticError::input("no answer to judge"));
        }
        Ok(Opinion::clean().score(0.2).severity(0.2).uncertainty(0.1))
    });

    let court = ProductionOrchestrator::builder()
        .critic(
            CriticSpec::new("house_style").stage(Stage::FastCritics),
            HouseStyle { forbidden: vec!["synergy".into(), "leverage".into()] },
        )
        .critic(
            CriticSpec::new("judge")
                .stage(Stage::DeepAnalysis)
                .policy(Policy::OnViolation)
                .timeout(Duration::from_millis(500))
                .retry(Retry::attempts(3).on_timeout())
                .max_in_flight(8)
                .failure_mode(FailureMode::Block)
                .cost(0.002),
            judge,
        )
        .build()?;

    for answer in ["We leverage synergy.", "We work together."] {
        let snapshot = Snapshot::builder().input_text("How?").model_response(answer).build();
        let report = court.run_all(snapshot).await?;
        println!("{answer:24} {} in {:.1?}", report.verdict, report.elapsed);
        for (critic, outcome) in report.outcomes() {
            let why = outcome.reason.as_ref().map(ToString::to_string).unwrap_or_default();
            println!("  {:12} {:8} {why}", critic.name, outcome.status);
        }
    }
    println!("saved by the gate: {}", court.metrics().critics[1].counts.cost_saved);
    Ok(())
}

#[test]
fn it_runs_as_it_stands() {
    main().unwrap();
}
