//! `tribunal schema`: a config as a JSON Schema, for editors.

use std::path::PathBuf;

use clap::Args;

use crate::exit::{Exit, Trouble};
use crate::lines::Output;

const EXAMPLE: &str = "\
Beside a config whose first line is `#:schema ./tribunal.schema.json`, editors with taplo complete its keys, explain
them and mark what is wrong:

  tribunal schema --output tribunal.schema.json";

/// What `tribunal schema` is told.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct SchemaArgs {
    /// Write to this file, which is there as a whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Writes the schema of configs with the ready-made kinds of critics.
pub(crate) fn run(args: &SchemaArgs) -> Result<Exit, Trouble> {
    let schema = tribunal_config::schema(&tribunal_critics::catalogue());
    let text = serde_json::to_string_pretty(&schema);
    let text = text.map_err(|error| Trouble::Output(error.into()))? + "\n";
    let mut output = Output::open(args.output.as_deref())?;
    output.write(text.as_bytes())?;
    output.finish()?;
    Ok(Exit::Fine)
}
