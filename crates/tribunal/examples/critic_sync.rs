//! A critic that answers at once: `cargo run -p tribunal --example critic_sync`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use tribunal::{
    Answer, Critic, CriticSpec, Opinion, Pointer, ProductionOrchestrator, Reads, Review, Snapshot,
    Span, Stage, Verdict, View, Violation,
};

/// Objects to exclamation marks beyond the first.
struct Calm;

impl Critic for Calm {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let text = view.snapshot().model_response();
        // No allocation where there is nothing to object to, no future, no timer.
        let mut opinion = Opinion::clean();
        for (at, found) in text.match_indices('!').skip(1) {
            let span = Span::new(Pointer::model_response(), at..at + found.len(), "loud");
            let violation = Violation::new("style.loud", "one exclamation mark is enough", 0.4);
            opinion = opinion.violation(violation.at(span.replaced_by(".")));
        }
        Answer::now(Ok(opinion))
    }

    // A promise: the same answer has the same opinion. It lets a result cache answer.
    fn reads(&self) -> Reads {
        Reads::snapshot([Pointer::model_response()])
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let court = ProductionOrchestrator::builder()
        .critic(CriticSpec::new("calm").stage(Stage::FastCritics), Calm)
        .build()?;
    let snapshot = Snapshot::builder().model_response("Great! Really! Great!").build();
    let report = court.run_all(snapshot).await?;
    assert_eq!(report.verdict, Verdict::Review);
    println!("{}", report.verdict);
    let opinion = report.outcome("calm").and_then(|outcome| outcome.opinion.as_ref());
    for violation in opinion.into_iter().flat_map(|opinion| &opinion.violations) {
        let at = violation.span.as_ref().map(|span| span.bytes.clone());
        println!("{} at {at:?}: {}", violation.code, violation.message);
    }
    Ok(())
}

#[test]
fn it_runs_as_it_stands() {
    main().unwrap();
}
