//! Every critic at once, and no async anywhere: `cargo run -p tribunal --example without_a_runtime --features v2`
#![allow(clippy::print_stdout, clippy::indexing_slicing, reason = "an example shows what it does")]

use tribunal::v2::OrchestratorV2;
use tribunal::{Answer, Opinion, Snapshot, Violation, critic_fn};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let court = OrchestratorV2::builder()
        .critic(
            "no_shouting",
            critic_fn(|view| {
                let text = view.snapshot().input_text();
                let shouts = text.len() > 10 && !text.chars().any(char::is_lowercase);
                let opinion = Opinion::clean();
                Answer::now(Ok(if shouts {
                    opinion.violation(Violation::new("style.shouting", "all upper case", 0.5))
                } else {
                    opinion
                }))
            }),
        )
        .build()?;
    let report = court.run(Snapshot::of_input("WHERE IS MY ORDER"))?;
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(())
}
