//! `tribunal check`: every mistake of a config, where it stands.
//!
//! Start at [`run`]. `check/json.rs` and `check/sarif.rs` write for tools.

mod json;
mod sarif;

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use miette::{GraphicalReportHandler, GraphicalTheme};
use tribunal_config::{Level, Problem};
use tribunal_core::{FailureMode, Mode};
use tribunal_production::Outline;

use crate::args::ConfigArg;
use crate::exit::{Exit, Trouble, complain};
use crate::{ink, pipeline, safe};

pub(crate) const EXIT_STATUSES: &str = "\
Exit status:
  0  the config can be used
  1  it can be used, but has warnings, and --deny-warnings is given
  2  it has errors, or wrong usage, or a file that cannot be read";

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// How to write what is wrong
    #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
    format: CheckFormat,
    /// Fail for warnings too
    #[arg(long)]
    deny_warnings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CheckFormat {
    /// For people: on standard error
    Human,
    /// One JSON object, on standard output
    Json,
    /// SARIF 2.1.0, on standard output: for code scanning and editors
    Sarif,
}

/// Loads the config as the other commands do, and tells of all that is wrong with it.
pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Trouble> {
    let source = pipeline::source(&args.config)?;
    let (problems, outline) = match pipeline::understand(&source) {
        Ok(mut pipeline) => {
            let warnings = std::mem::take(&mut pipeline.warnings);
            (warnings, Some(pipeline.build().map_err(Trouble::Plan)?.outline()))
        }
        Err(error) => (error.problems().to_vec(), None),
    };
    let denied = args.deny_warnings && !problems.is_empty();
    let exit = match &outline {
        None => Exit::Trouble,
        Some(_) if denied => Exit::Warned,
        Some(_) => Exit::Fine,
    };
    let answer = match (args.format, &outline) {
        (CheckFormat::Json, _) => json::of(&source.name, &problems),
        (CheckFormat::Sarif, _) => sarif::of(&source.name, &problems),
        (CheckFormat::Human, outline) => {
            show(&problems, &source.text);
            match outline {
                Some(outline) if !denied => in_short(outline, problems.len()),
                Some(_) => {
                    complain("warnings are denied");
                    return Ok(exit);
                }
                None => return Ok(exit),
            }
        }
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{answer}").and_then(|()| out.flush()).map_err(Trouble::output)?;
    Ok(exit)
}

/// One line: how many there are, and how many of them count for less.
fn in_short(outline: &Outline, warnings: usize) -> String {
    let critics = || outline.stages.iter().flat_map(|stage| &stage.critics);
    let stages = ink::many(outline.stages.len() as u64, "stage");
    let mut line = format!("ok: {} in {stages}", ink::many(critics().count() as u64, "critic"));
    let watched = critics().filter(|critic| critic.mode == Mode::Monitor).count();
    let enforced = critics().filter(|critic| critic.mode == Mode::Enforce);
    let open = enforced.filter(|critic| critic.failure_mode == FailureMode::Allow).count();
    for (count, what) in [(watched, "monitored"), (open, "let pass when they fail")] {
        if count > 0 {
            line.push_str(&format!(", {count} {what}"));
        }
    }
    if warnings > 0 {
        line.push_str(&format!("; {}", ink::many(warnings as u64, "warning")));
    }
    line
}

/// How many of the problems are of a level.
fn count(problems: &[Problem], level: Level) -> usize {
    problems.iter().filter(|problem| problem.level() == level).count()
}

/// Shows mistakes on standard error: drawn on a terminal, a line for each elsewhere.
pub(crate) fn show(problems: &[Problem], source: &str) {
    let mut out = anstream::stderr();
    let choice = AutoStream::choice(&io::stderr());
    let drawn = io::stderr().is_terminal().then(|| drawn(problems, source, choice)).flatten();
    let lines = || problems.iter().map(|problem| problem.on_one_line() + "\n").collect();
    // Nobody is left to tell that standard error is closed.
    let _ = write!(out, "{}", drawn.unwrap_or_else(lines));
}

/// Each mistake with the lines around it; nothing where those lines would steer the terminal.
fn drawn(problems: &[Problem], source: &str, choice: ColorChoice) -> Option<String> {
    let harmless = |c: char| matches!(c, '\n' | '\r' | '\t') || !safe::steers(c);
    let named = |problem: &Problem| problem.file().chars().all(harmless);
    if !source.chars().all(harmless) || !problems.iter().all(named) {
        return None;
    }
    let theme = match choice {
        ColorChoice::Never => GraphicalTheme::unicode_nocolor(),
        _ => GraphicalTheme::unicode(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
    let mut text = String::new();
    for problem in problems {
        handler.render_report(&mut text, problem).ok()?;
        text.push('\n');
    }
    Some(text)
}
