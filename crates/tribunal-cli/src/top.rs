//! `tribunal top`: how a running process stands, on a screen that goes on, or once for scripts.
//!
//! [`draw`] puts a [`view::View`] into a buffer, whatever becomes of that: [`live`] shows it in a terminal, and here it
//! is printed as lines. Asking is the business of `tribunal-status`.

mod draw;
mod live;
mod table;
mod view;
mod words;

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use tribunal_status::{Address, Status, ask};

use crate::exit::{Exit, Trouble};
use crate::lines::Output;
use view::View;

pub(crate) const AFTER_HELP: &str = "\
A process tells how it stands at the socket that it was told of:
  tribunal judge --status /tmp/judge.sock --format jsonl < traffic.jsonl
  tribunal top /tmp/judge.sock

Keys: q ends it, s sorts critics by something else, p holds the picture, the arrows go through critics.

Exit status:
  0    it was told
  2    wrong usage, or there is nobody who tells it";

/// Where to ask, unless the command line says.
const VARIABLE: &str = "TRIBUNAL_STATUS";
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How wide what is printed once is, where it is for no terminal.
const WIDTH: u16 = 120;

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// The socket of the process, or `tcp:127.0.0.1:PORT`; without it, what TRIBUNAL_STATUS says
    #[arg(value_name = "PATH")]
    address: Option<Address>,
    /// Print it once, for scripts
    #[arg(long)]
    once: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = TopFormat::Human, requires = "once")]
    format: TopFormat,
    /// How many seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    interval: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TopFormat {
    /// Tables for people
    Human,
    /// The document as the process tells it
    Json,
}

/// An interval, from a tenth of a second to an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    let wrong = || String::from("expected seconds, from 0.1 to 3600");
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    let is_fit = (0.1..=3600.0).contains(&seconds);
    Duration::try_from_secs_f64(seconds).ok().filter(|_| is_fit).ok_or_else(wrong)
}

pub(crate) fn run(args: &TopArgs) -> Result<Exit, Trouble> {
    let address = address(args)?;
    if !args.once && !io::stdout().is_terminal() {
        let problem = "standard output is no terminal: print it with `--once`";
        return Err(Trouble::Usage(problem.to_owned()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Trouble::Start)?;
    let status = runtime.block_on(ask(&address, PATIENCE)).map_err(Trouble::Ask)?;
    if args.once {
        return print(args.format, status);
    }
    let colours = AutoStream::choice(&io::stdout()) != ColorChoice::Never;
    let view = View::new(status, colours);
    let done = live::run(&runtime, &address, args.interval, view);
    runtime.shutdown_background();
    done.map(|()| Exit::Fine).map_err(Trouble::output)
}

/// Whom to ask.
fn address(args: &TopArgs) -> Result<Address, Trouble> {
    if let Some(address) = &args.address {
        return Ok(address.clone());
    }
    let usage = |problem: String| Trouble::Usage(problem);
    match std::env::var(VARIABLE) {
        Ok(text) => text.parse().map_err(|error| usage(format!("{VARIABLE}: {error}"))),
        Err(_) => Err(usage(format!(
            "nobody to ask: name the socket that the process was given with `--status`, here or in {VARIABLE}"
        ))),
    }
}

fn print(format: TopFormat, status: Status) -> Result<Exit, Trouble> {
    let mut output = Output::open(None)?;
    match format {
        TopFormat::Json => {
            let text = serde_json::to_string_pretty(&status).unwrap_or_default();
            // Ids and codes in it may come from outside.
            output.write((crate::safe::json(&text) + "\n").as_bytes())?;
        }
        TopFormat::Human => {
            let view = View::new(status, false);
            let width = output.width().unwrap_or(WIDTH);
            let area = Rect::new(0, 0, width, draw::whole_height(&view));
            let mut buffer = Buffer::empty(area);
            draw::once(&view, area, &mut buffer);
            output.write(lines(&buffer).as_bytes())?;
        }
    }
    output.finish()?;
    Ok(Exit::Fine)
}

/// What stands in a buffer, as plain text.
fn lines(buffer: &Buffer) -> String {
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width).max(1)) {
        let line: String = row.iter().map(|cell| cell.symbol()).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
