//! A hook of one's own that answers from a cache and supplies a fallback:
//! `cargo run -p tribunal --example cache_and_fallback`. For a cache that is ready made, see `result_cache`.
#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "an example shows what it does")]

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tribunal::{
    Answer, Before, CriticError, CriticInfo, CriticSpec, Hook, HookError, Opinion, Outcome,
    ProductionOrchestrator, Snapshot, Source, View, async_critic,
};

/// The most answers kept: a cache without a bound is a leak.
const MOST: usize = 10_000;

/// Remembers what each critic said of a text, as long as it said it itself.
#[derive(Default)]
struct Remember(Mutex<HashMap<(String, String), Opinion>>);

impl Remember {
    fn key(critic: &CriticInfo, view: View<'_>) -> (String, String) {
        (critic.name.to_string(), view.snapshot().input_text().to_owned())
    }
}

impl Hook for Remember {
    fn before<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Answer::now(Ok(known.get(&Self::key(critic, view)).cloned().into()))
    }

    fn after<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        if let (Source::Critic, Some(opinion)) = (outcome.source, &outcome.opinion) {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() < MOST {
                known.insert(Self::key(critic, view), opinion.clone());
            }
        }
        Answer::now(Ok(()))
    }

    fn on_failure<'a>(
        &'a self,
        _: &'a CriticInfo,
        _: View<'a>,
        _: &'a Outcome,
    ) -> Answer<'a, Result<Option<Opinion>, HookError>> {
        // Cautious: severe enough for `review`, and the report names it under `let_pass`.
        Answer::now(Ok(Some(Opinion::clean().severity(0.5).uncertainty(1.0))))
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let judge = async_critic(|snapshot: Snapshot| async move {
        match snapshot.input_text() {
            "down" => Err(CriticError::permanent("the model is down")),
            _ => Ok(Opinion::clean()),
        }
    });
    let court = ProductionOrchestrator::builder()
        .critic(CriticSpec::new("judge"), judge)
        .hook(Remember::default())
        .build()?;
    for text in ["hello", "hello", "down"] {
        let report = court.run_all(Snapshot::of_input(text)).await?;
        let judge = &report["judge"];
        println!(
            "{text:6} {:7} from {:8} let pass: {:?}",
            report.verdict, judge.source, report.let_pass
        );
    }
    Ok(())
}
