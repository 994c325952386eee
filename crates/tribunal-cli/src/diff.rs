//! `tribunal diff`: what changes from one config to another.

mod changes;
mod human;
mod verdicts;

use std::io::{self, Write as _};
use std::path::PathBuf;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use serde::Serialize;

use self::changes::Changes;
use self::verdicts::Verdicts;
use crate::args::{ConfigArg, PaceArgs};
use crate::exit::{Exit, Trouble};
use crate::{ink, pipeline, safe};

/// Shown below the options.
pub(crate) const EXIT_STATUSES: &str = "\
Exit status:
  0    nothing changes
  1    something does
  2    wrong usage or config, or an input that cannot be read
  130  interrupted";

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The pipeline as it was, in TOML
    #[arg(value_name = "A")]
    from: PathBuf,
    /// The pipeline as it would be
    #[arg(value_name = "B")]
    to: PathBuf,
    /// Judge the snapshots of this file of JSON lines with both, and say whose verdict changes; `-` is standard input
    #[arg(long, value_name = "FILE")]
    snapshots: Option<PathBuf>,
    /// Show the start of the text of the lines whose verdict changes, not their ids alone
    #[arg(long, requires = "snapshots")]
    with_text: bool,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    format: DiffFormat,
    #[command(flatten)]
    pace: PaceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    Human,
    /// For tools
    Json,
}

/// Everything that changes.
#[derive(Debug, Serialize)]
struct Difference {
    from: String,
    to: String,
    #[serde(flatten)]
    changes: Changes,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdicts: Option<Verdicts>,
}

/// Compares the two, and writes what changes to standard output.
pub(crate) fn run(args: &DiffArgs) -> Result<Exit, Trouble> {
    let both = [&args.from, &args.to].map(|path| ConfigArg::of(path.clone()));
    let [(from, old), (to, new)] = {
        let [from, to] = &both;
        [pipeline::read_unproved(from)?, pipeline::read_unproved(to)?]
    };
    let changes = Changes::between(&old, &new)?;
    let verdicts = match &args.snapshots {
        None => None,
        Some(path) => match verdicts::between(args, path, old, new)? {
            Some(verdicts) => Some(verdicts),
            None => return Ok(Exit::Interrupted),
        },
    };
    let differs = !changes.is_empty() || verdicts.as_ref().is_some_and(Verdicts::differ);
    let difference = Difference { from, to, changes, verdicts };
    let text = match args.format {
        DiffFormat::Human => {
            let painted = human::text(&difference);
            let colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
            if colours { painted } else { ink::plain(&painted) }
        }
        DiffFormat::Json => {
            let json = serde_json::to_string_pretty(&difference);
            safe::json(&json.map_err(|error| Trouble::Output(error.into()))?) + "\n"
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Trouble::output)?;
    Ok(if differs { Exit::Differs } else { Exit::Fine })
}
