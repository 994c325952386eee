//! Nothing private where it does not belong.

use tribunal_core::{Snapshot, View};
use tribunal_production::Policy;
use tribunal_testkit::*;

use crate::court::{Seat, Seated, court, named, tries};

fn private() -> Snapshot {
    Snapshot::builder()
        .input_text("xyzzy-input")
        .model_response("xyzzy-answer")
        .with("risk_tier", "xyzzy-risk")
        .with("note", "xyzzy-context")
        .attribute("id", "xyzzy-attribute")
        .build()
}

/// Fails with the private text in its message, as a careless critic does.
fn careless() -> Seated {
    named(
        "careless",
        tribunal_core::critic_fn(|view| {
            let text = view.snapshot().input_text();
            tribunal_core::Answer::now(Err(tribunal_core::CriticError::permanent(text)))
        }),
    )
}

/// Rule 20: neither in the debug form of a report, nor of the orchestrator, nor in its metrics.
#[tokio::test(start_paused = true)]
async fn debug_output_holds_no_text_of_the_snapshot() {
    let court = court()
        .critics([
            careless(),
            fails("fails").seated(),
            panics("panics").retry(tries(2)),
            hangs("hangs").timeout(secs(1)),
            lies("lies").seated(),
            allows("risk").policy(Policy::on_high_risk()),
            allows("gated").when(|view: View<'_>| view.snapshot().input_text().is_empty()),
            allows("panicked")
                .when(|view: View<'_>| panic!("{}", view.snapshot().trace_id().is_some())),
        ])
        .hook(HookScript::new().after(HookStep::panics()))
        .build();
    let report = court.run_all(private()).await.unwrap();
    let shown = format!("{report:?} {court:?} {:?} {:?}", court.metrics(), court.outline());
    assert!(!shown.contains("xyzzy"), "{shown}");
}

/// Rule 20: what nobody but the engine said is free of it, in the written report too.
#[tokio::test(start_paused = true)]
async fn reasons_of_the_engine_hold_no_text_of_the_snapshot() {
    let report = court()
        .critics([
            panics("panics").seated(),
            hangs("hangs").timeout(secs(1)),
            lies("lies").seated(),
            allows("skipped").depends_on("lies"),
            allows("gated").when(|_: View<'_>| false),
        ])
        .snapshot(private())
        .run()
        .await;
    let written = serde_json::to_string(&report).unwrap();
    assert!(!written.contains("xyzzy"), "{written}");
}

/// Rule 20: nor in the error of a run that was refused.
#[tokio::test(start_paused = true)]
async fn a_refusal_holds_no_text_of_the_snapshot() {
    let court = court()
        .settings(|settings| settings.max_runs(1).max_queued_runs(0))
        .critic(takes("slow", secs(1)))
        .build();
    let (_, refused) = tokio::join!(court.run_all(private()), court.run_all(private()));
    let error = refused.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("xyzzy"));
}
