//! `tribunal report`: a page of runs that were judged before, from the JSON lines that `tribunal judge` wrote.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use tribunal_picture::{Album, Plan, ReadError, Run, Texts};

use crate::args::ConfigArg;
use crate::exit::{Exit, Trouble};
use crate::lines::Output;
use crate::pipeline;

/// Longest line, in bytes.
const LONGEST: u64 = 64 << 20;

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    config: ConfigArg,
    /// Keep to the runs with this id or trace id; may be given again
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Write to this file, which is there as a whole or not at all, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Files of JSON lines as `tribunal judge --format jsonl` writes them; `-` is standard input
    #[arg(value_name = "REPORTS")]
    inputs: Vec<PathBuf>,
}

/// Reads all of it and writes the page. No text is in a report, so none is on the page.
pub(crate) fn run(args: &ReportArgs) -> Result<Exit, Trouble> {
    let inputs = match &*args.inputs {
        [] if io::stdin().is_terminal() => {
            return Err(Trouble::Usage("nothing to read: name a file of reports".to_owned()));
        }
        [] => vec![PathBuf::from("-")],
        named => named.to_vec(),
    };
    let mut output = Output::open(args.output.as_deref())?;
    let names: Vec<String> =
        inputs.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let mut album = Album::new(&names.join(", "), Texts::None);
    if args.config.is_given() {
        let outline = pipeline::load(&args.config)?.court.outline();
        album = album.plan(Plan::of(serde_json::to_value(outline).unwrap_or_default()));
    }
    let mut found = false;
    for path in &inputs {
        read(path, &mut |run| {
            let Some(run) = run else { return album.add_unjudged() };
            let is = |id: &String| *id == run.name() || Some(id) == run.trace_id.as_ref();
            if args.ids.is_empty() || args.ids.iter().any(is) {
                found = true;
                album.add(run, None);
            }
        })?;
    }
    if !found {
        let what = if args.ids.is_empty() { "no report in it" } else { "no report of that id" };
        return Err(Trouble::Nothing(format!("{}: {what}", names.join(", "))));
    }
    output.write(album.html().as_bytes())?;
    output.finish()?;
    Ok(Exit::Fine)
}

/// Hands on each report; nothing for a line of a snapshot that was not judged.
fn read(path: &Path, take: &mut dyn FnMut(Option<Run>)) -> Result<(), Trouble> {
    let failed = |error| Trouble::file("read", path)(error);
    let mut lines: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(path).map_err(failed)?))
    };
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        let read =
            lines.as_mut().take(LONGEST + 1).read_until(b'\n', &mut bytes).map_err(failed)?;
        if read == 0 {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |problem| Trouble::Line { path: path.to_owned(), line, problem };
        if read as u64 > LONGEST {
            return Err(wrong(format!("is longer than {LONGEST} bytes")));
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong("is not UTF-8".to_owned()))?;
        match Run::read(text) {
            Ok(run) if run.verdict.is_empty() => {
                return Err(wrong("is no report: it has no `verdict`".to_owned()));
            }
            Ok(run) => take(Some(run)),
            Err(ReadError::NotJudged(_)) => take(None),
            // Its own words may quote the line.
            Err(_) => {
                return Err(wrong("is no report of `tribunal judge --format jsonl`".to_owned()));
            }
        }
    }
    Ok(())
}
