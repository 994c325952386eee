//! `tribunal plan`: what a config comes to.

mod mermaid;
mod svg;
mod text;

use std::path::PathBuf;

use clap::Args;
use tribunal_production::CriticOutline;

use crate::args::{ConfigArg, PlanFormat};
use crate::exit::{Exit, Trouble};
use crate::lines::Output;
use crate::pipeline;

/// What `tribunal plan` is told.
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// How to write the plan
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub(crate) format: PlanFormat,
    /// Write to this file, which is there as a whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Writes the plan.
pub(crate) fn run(args: &PlanArgs) -> Result<Exit, Trouble> {
    let loaded = pipeline::load(&args.config)?;
    let outline = loaded.court.outline();
    let mut output = Output::open(args.output.as_deref())?;
    match args.format {
        PlanFormat::Text => output.write_painted(&text::text(&outline, &loaded.name))?,
        PlanFormat::Mermaid => output.write(mermaid::flowchart(&outline).as_bytes())?,
        PlanFormat::Svg => output.write(svg::picture(&outline).as_bytes())?,
        PlanFormat::Json => {
            let json = serde_json::to_string_pretty(&outline);
            let json = json.map_err(|error| Trouble::Output(error.into()))? + "\n";
            output.write(json.as_bytes())?;
        }
    }
    output.finish()?;
    Ok(Exit::Fine)
}

/// Whether a critic's gate looks at outcomes at all.
fn sees_outcomes(critic: &CriticOutline) -> bool {
    critic.policy != "always" && !critic.policy.starts_with("on_high_risk")
}
