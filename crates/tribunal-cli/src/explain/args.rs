//! What `tribunal explain` can be asked.

use clap::{Args, ValueEnum};

use crate::args::ConfigArg;

pub(crate) const AFTER_HELP: &str = "\
Examples:
  tribunal explain pii_deep                              when it runs, what it sees, who hangs on it
  tribunal explain traffic.jsonl:16                      judges line 16: why each critic ran or did not
  tribunal explain pii_deep traffic.jsonl:16             the same for one critic, with its gate step by step
  tribunal explain pii_deep traffic.jsonl                in how many lines it ran, and why not in the others
  tribunal explain pii_deep chat-16 --report reports.jsonl
  tribunal explain --condition \"max_severity('pii') > 0.5\" traffic.jsonl:3

Exit status:
  0    explained; with --condition: it holds
  1    with --condition: it does not hold, or cannot be evaluated
  2    wrong usage, config, expression or input, or no such critic, line or run";

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Evaluate this expression on a snapshot, step by step
    #[arg(long, value_name = "EXPR")]
    pub(crate) condition: Option<String>,
    /// Let the expression see what the gate of this critic sees; without it, it sees all that count
    #[arg(long, value_name = "CRITIC", requires = "condition")]
    pub(crate) at: Option<String>,
    /// Explain a run that was: a line of what `tribunal judge --format jsonl` wrote
    #[arg(long, value_name = "FILE[:LINE]")]
    pub(crate) report: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = ExplainFormat::Human)]
    pub(crate) format: ExplainFormat,
    /// A critic; files of snapshots, judged now, one line picked by :LINE; the id or trace_id of a line
    #[arg(value_name = "CRITIC|SNAPSHOTS[:LINE]|RUN")]
    pub(crate) what: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExplainFormat {
    /// For people
    Human,
    /// For tools
    Json,
}
