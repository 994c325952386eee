//! `tribunal config show`: what all layers of a config come to, and where each value came from.

use std::io::{self, Write as _};

use clap::{Args, Subcommand, ValueEnum};
use tribunal_config::Show;

use crate::args::ConfigArg;
use crate::exit::{Exit, Trouble};
use crate::{pipeline, safe};

#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show it with all its layers in one; whether it has mistakes, `check` tells
    Show(ShowArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Say of each value where it came from
    #[arg(long)]
    origin: bool,
    /// Show also what nobody set, as it is then
    #[arg(long)]
    defaults: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ShowFormat::Toml)]
    format: ShowFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShowFormat {
    /// A config that can be used as it is
    Toml,
    /// For tools
    Json,
}

/// Writes the merged config to standard output.
pub(crate) fn run(args: &ConfigArgs) -> Result<Exit, Trouble> {
    let ConfigCommand::Show(args) = &args.command;
    let merged = pipeline::layers(&args.config)?.merged().map_err(pipeline::refused)?;
    let show = Show { origins: args.origin, defaults: args.defaults };
    let text = match args.format {
        ShowFormat::Toml => merged.toml(show),
        ShowFormat::Json => {
            let json = serde_json::to_string_pretty(&merged.json(show));
            safe::json(&json.map_err(|error| Trouble::Output(error.into()))?) + "\n"
        }
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Trouble::output)?;
    Ok(Exit::Fine)
}
