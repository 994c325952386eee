//! `tribunal log show`: all that the log has of a decision.

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use comfy_table::{Cell, ColumnConstraint, Width};
use tribunal_core::Mode;
use tribunal_log::{Decision, DecisionId, LoggedOutcome};

use super::picture::Picture;
use super::{LogFormat, row, source};
use crate::exit::{Exit, Trouble};
use crate::ink;
use crate::lines::Output;
use crate::safe::{self, shown};

/// Of one trace id, so many decisions are shown.
const SHOWN: usize = 100;

/// What `tribunal log show` is told.
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// A decision id, or a trace id
    id: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    format: LogFormat,
    /// Write a page with timeline, gates and costs instead
    #[arg(long, conflicts_with = "format")]
    html: bool,
    /// Write to this file, which is there as a whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Logs; the name of one stands for its full files too
    #[arg(value_name = "LOG", required = true)]
    logs: Vec<PathBuf>,
}

pub(super) fn run(args: &ShowArgs) -> Result<Exit, Trouble> {
    let files = source::files(&args.logs)?;
    let mut output = Output::open(args.output.as_deref())?;
    let mut picture = args.html.then(|| Picture::new(&args.id));
    let width = output.width();
    let decision_id: Option<DecisionId> = args.id.parse().ok();
    let mut found = 0;
    source::decisions(&files, &mut |decision, line| {
        let is_it = decision_id == Some(decision.decision_id);
        if !is_it && decision.trace_id.as_deref() != Some(&args.id) {
            return Ok(ControlFlow::Continue(()));
        }
        found += 1;
        match (&mut picture, args.format) {
            (Some(picture), _) => picture.add(decision),
            (None, LogFormat::Human) => output.write_painted(&human(decision, width))?,
            (None, LogFormat::Json) => output.write(row::json(line).as_bytes())?,
        }
        // There is one decision of an id, and of a trace as many as it had.
        let enough = is_it || found == SHOWN;
        Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    if let Some(picture) = picture.filter(|_| found > 0) {
        output.write(picture.html().as_bytes())?;
    }
    // A file is made only for something.
    if found > 0 || args.output.is_none() {
        output.finish()?;
    }
    Ok(if found > 0 { Exit::Fine } else { Exit::NothingFound })
}

fn human(decision: &Decision, width: Option<u16>) -> String {
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let id = ink::bold(decision.decision_id);
    let _ = writeln!(text, "{id}  {}", ink::verdict(decision.verdict));
    let _ = writeln!(text, "  time      {}", shown(&decision.time));
    if let Some(trace_id) = &decision.trace_id {
        let _ = writeln!(text, "  trace     {}", shown(trace_id));
    }
    let generation =
        decision.generation.map(|number| format!(", generation {number}")).unwrap_or_default();
    let _ = writeln!(text, "  config    {}{generation}", shown(&decision.config_hash));
    for (index, cause) in decision.causes.iter().enumerate() {
        let title = if index == 0 { "because" } else { "" };
        let _ = writeln!(text, "  {title:<8}  {}", row::cause(cause));
    }
    if !decision.let_pass.is_empty() {
        let _ = writeln!(text, "  let pass  {}", shown(&decision.let_pass.join(", ")));
    }
    let _ = writeln!(
        text,
        "  took      {} ms, {} ms of it queued; cost {}, saved {} by gates",
        ink::number(decision.elapsed_ms),
        ink::number(decision.queued_ms),
        ink::number(decision.cost_spent),
        ink::number(decision.cost_saved),
    );
    let stage = |stage: &tribunal_log::LoggedStage| {
        format!("{} {} ms", stage.stage, ink::number(stage.elapsed_ms))
    };
    let stages: Vec<String> = decision.stages.iter().map(stage).collect();
    let _ = writeln!(text, "  stages    {}", stages.join(", "));
    let _ = writeln!(text, "  line      {} {}\n", decision.seq, ink::dim(decision.hash));
    let _ = writeln!(text, "{}", table(decision, width));
    if let Some(error) = &decision.text_error {
        let _ = writeln!(text, "\n  no text: {}", shown(error));
    }
    if let Some(snapshot) = &decision.snapshot {
        let kind = decision.text.as_deref().unwrap_or("text");
        let _ = writeln!(text, "\n{}", ink::bold(format!("snapshot ({})", shown(kind))));
        let pretty = serde_json::to_string_pretty(snapshot).unwrap_or_default();
        let _ = writeln!(text, "{}", safe::json(&pretty));
    }
    text
}

fn table(decision: &Decision, width: Option<u16>) -> comfy_table::Table {
    let header = [
        "critic",
        "stage",
        "status",
        "calls for",
        "severity",
        "says",
        "tries",
        "queued",
        "ms",
        "cost",
    ];
    let mut table = ink::table(&header, &[4, 6, 7, 8, 9], width);
    let mut stage = None;
    for outcome in &decision.outcomes {
        // A stage is named where it begins.
        let begins = stage.replace(outcome.stage) != Some(outcome.stage);
        let counts = outcome.mode == Mode::Enforce;
        let name = shown(&outcome.critic) + if counts { "" } else { " (monitor)" };
        let severity = outcome.severity.filter(|severity| *severity != 0.0).map(ink::number);
        let ran = outcome.attempts > 0;
        let some = |number: f64| if ran { ink::number(number) } else { String::new() };
        table.add_row([
            Cell::new(name),
            Cell::new(if begins { outcome.stage.as_str() } else { "" }),
            ink::status_cell(outcome.status),
            ink::verdict_cell(outcome.calls_for, counts),
            ink::right(severity.unwrap_or_default()),
            Cell::new(says(outcome)),
            ink::count_cell(u64::from(outcome.attempts)),
            ink::right(some(outcome.queued_ms)),
            ink::right(some(outcome.execution_ms)),
            ink::right(some(outcome.cost)),
        ]);
    }
    if width.is_some() {
        // What a critic says is the one column that may be broken over lines.
        for (index, column) in table.column_iter_mut().enumerate() {
            column.set_constraint(match index {
                5 => ColumnConstraint::LowerBoundary(Width::Fixed(16)),
                _ => ColumnConstraint::ContentWidth,
            });
        }
    }
    table
}

/// What a critic said, by its codes; and why it said nothing, or what that replaced.
fn says(outcome: &LoggedOutcome) -> String {
    let mut said: Vec<String> = outcome.codes.iter().map(|code| shown(code)).collect();
    if let Some(reason) = &outcome.reason {
        // It starts with the status, which stands in a column of its own.
        let text = reason.text.as_deref().unwrap_or(&reason.kind);
        let rest = text.strip_prefix(outcome.status.as_str());
        said.push(shown(rest.and_then(|rest| rest.strip_prefix(": ")).unwrap_or(text)));
    }
    said.join(", ")
}
