//! `tribunal check`: every mistake of a config, where it stands.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use miette::{GraphicalReportHandler, GraphicalTheme};
use tribunal_config::ConfigError;
use tribunal_core::{FailureMode, Mode};
use tribunal_production::Outline;

use crate::args::CheckArgs;
use crate::exit::{Exit, Trouble};
use crate::{ink, pipeline, safe};

/// Loads the config as the other commands do, and every profile of it; that they can be loaded is the whole answer.
pub(crate) fn run(args: &CheckArgs) -> Result<Exit, Trouble> {
    let courts = pipeline::read_all(&args.config)?.build().map_err(Trouble::Plan)?;
    let mut line = in_short(&courts.base().outline());
    let profiles: Vec<&str> = courts.names().collect();
    if !profiles.is_empty() {
        let many = ink::many(profiles.len() as u64, "profile");
        line.push_str(&format!("; and {many}: {}", profiles.join(", ")));
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(Trouble::output)?;
    Ok(Exit::Fine)
}

/// One line: how many there are, and how many of them count for less.
fn in_short(outline: &Outline) -> String {
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
    line
}

/// Shows mistakes on standard error: drawn on a terminal, a line for each elsewhere.
pub(crate) fn show(error: &ConfigError) {
    let mut out = anstream::stderr();
    let choice = AutoStream::choice(&io::stderr());
    let drawn = io::stderr().is_terminal().then(|| drawn(error, choice)).flatten();
    // Nobody is left to tell that standard error is closed.
    let _ = match drawn {
        Some(drawn) => write!(out, "{drawn}"),
        None => writeln!(out, "{error}"),
    };
}

/// Each mistake with the lines around it; nothing where those lines would steer the terminal.
fn drawn(error: &ConfigError, choice: ColorChoice) -> Option<String> {
    let harmless = |c: char| matches!(c, '\n' | '\r' | '\t') || !safe::steers(c);
    if !error.texts().flat_map(|(name, text)| name.chars().chain(text.chars())).all(harmless) {
        return None;
    }
    let theme = match choice {
        ColorChoice::Never => GraphicalTheme::unicode_nocolor(),
        _ => GraphicalTheme::unicode(),
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_links(false);
    let mut text = String::new();
    for problem in error.problems() {
        handler.render_report(&mut text, problem).ok()?;
        text.push('\n');
    }
    Some(text)
}
