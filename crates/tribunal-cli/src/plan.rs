//! `tribunal plan`: what a config comes to.

mod mermaid;
mod text;

use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use tribunal_production::CriticOutline;

use crate::args::{PlanArgs, PlanFormat};
use crate::exit::{Exit, Trouble};
use crate::{ink, pipeline};

/// Writes the plan to standard output.
pub(crate) fn run(args: &PlanArgs) -> Result<Exit, Trouble> {
    let loaded = pipeline::load(&args.config)?;
    let outline = loaded.court.outline();
    let text = match args.format {
        PlanFormat::Text => {
            let painted = text::text(&outline, &loaded.name);
            let colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
            if colours { painted } else { ink::plain(&painted) }
        }
        PlanFormat::Mermaid => mermaid::flowchart(&outline),
        PlanFormat::Json => {
            let json = serde_json::to_string_pretty(&outline);
            json.map_err(|error| Trouble::Output(error.into()))? + "\n"
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Trouble::output)?;
    Ok(Exit::Fine)
}

/// Whether a critic's gate looks at outcomes at all.
fn sees_outcomes(critic: &CriticOutline) -> bool {
    critic.policy != "always" && !critic.policy.starts_with("on_high_risk")
}
