//! `tribunal prove`: what a config can do at all, and whether it keeps its promises.

mod findings;
mod human;

use std::io::{self, Write as _};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};

use crate::args::ConfigArg;
use crate::exit::{Exit, Trouble};
use crate::{ink, pipeline, safe};

pub(crate) use findings::{Findings, Outcome};

/// Shown below the options.
pub(crate) const EXIT_STATUSES: &str = "\
Exit status:
  0    every promise holds
  1    some promise is broken
  2    wrong usage or config, or a question that takes too much work to be decided";

#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = ProveFormat::Human)]
    format: ProveFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProveFormat {
    /// For people
    Human,
    /// For tools
    Json,
}

/// Proves what can be proved, and writes it to standard output.
pub(crate) fn run(args: &ProveArgs) -> Result<Exit, Trouble> {
    let (name, pipeline) = pipeline::read_unproved(&args.config)?;
    let findings = Findings::of(&pipeline)?;
    let text = match args.format {
        ProveFormat::Human => {
            let painted = human::text(&findings, &name);
            let colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
            if colours { painted } else { ink::plain(&painted) }
        }
        ProveFormat::Json => {
            let json = serde_json::to_string_pretty(&findings);
            safe::json(&json.map_err(|error| Trouble::Output(error.into()))?) + "\n"
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Trouble::output)?;
    Ok(if findings.keeps_its_promises() { Exit::Fine } else { Exit::BrokenPromise })
}
