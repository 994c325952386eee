//! `tribunal log verify`: whether a log is what was written.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tribunal_log::{Chain, LineHash, Verified, Verifier};

use super::{KeySource, LogFormat, source};
use crate::exit::{Exit, Trouble};
use crate::ink;
use crate::lines::Output;
use crate::safe::shown;

/// What `tribunal log verify` is told.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// The key of the log: a file with 64 hexadecimal digits, or `env:NAME`
    #[arg(long, value_name = "FILE|env:NAME")]
    key: Option<KeySource>,
    /// The hash of a line that has to be there, kept from earlier: nothing up to it was cut off
    #[arg(long, value_name = "HASH")]
    head: Option<LineHash>,
    /// How to say what was found
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    format: LogFormat,
    /// Files that follow each other; the name of a log stands for its full files too
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &VerifyArgs) -> Result<Exit, Trouble> {
    let files = source::files(&args.files)?;
    let key = args.key.as_ref().map(KeySource::read).transpose()?;
    let mut output = Output::open(None)?;
    let mut verifier = Verifier::new(Chain::new(key), args.head);
    for (index, file) in files.iter().enumerate() {
        if index > 0 {
            verifier.next_file();
        }
        let flow = source::lines_of(file, &mut |line| {
            Ok(if verifier.line(line) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        if flow.is_break() {
            break;
        }
    }
    let found = verifier.finish();
    match args.format {
        LogFormat::Human => output.write_painted(&human(&found, &files))?,
        LogFormat::Json => {
            let json = machine(&found, &files).to_string();
            output.write(crate::safe::json(&json).as_bytes())?;
            output.write(b"\n")?;
        }
    }
    output.finish()?;
    Ok(if found.is_intact() { Exit::Fine } else { Exit::Broken })
}

fn name(files: &[PathBuf], index: usize) -> String {
    files.get(index).map(|file| file.to_string_lossy().into_owned()).unwrap_or_default()
}

fn human(found: &Verified, files: &[PathBuf]) -> String {
    let mut parts = Vec::new();
    let lines = ink::many(found.lines, "line");
    let decisions = ink::many(found.decisions, "decision");
    match &found.broken {
        Some(broken) => {
            let file = shown(&name(files, broken.file));
            parts.push(format!(
                "{} {file}:{}: {}",
                ink::bold("broken:"),
                broken.line,
                broken.fault
            ));
            parts.push(format!("before it {lines} with {decisions} are as they were written"));
        }
        None => {
            let files = ink::many(files.len() as u64, "file");
            parts.push(format!("{} {lines} with {decisions} in {files}", ink::bold("ok:")));
        }
    }
    if let Some(first) = found.first.filter(|first| *first > 0) {
        parts.push(format!("begins at line {first}: earlier files are not among these"));
    }
    if found.torn > 0 {
        let torn = ink::many(found.torn, "torn line");
        parts.push(format!("{torn} of earlier crashes, which the log tells of"));
    }
    if found.unfinished > 0 {
        let bytes = ink::many(found.unfinished, "byte");
        parts.push(format!("ends in {bytes} of an unfinished line: a crash, or a writer at work"));
    }
    if found.lost > 0 {
        parts
            .push(format!("{} missing, which the log tells of", ink::many(found.lost, "decision")));
    }
    if let Some(head) = found.head {
        let key = if found.keyed { ", with a key" } else { "" };
        parts.push(format!("head {} at line {}{key}", head.hash, head.seq));
    }
    parts.join("\n  ") + "\n"
}

fn machine(found: &Verified, files: &[PathBuf]) -> serde_json::Value {
    let broken = found.broken.as_ref().map(|broken| {
        let mut json = serde_json::to_value(broken).unwrap_or_default();
        if let Some(map) = json.as_object_mut() {
            map.insert("file".into(), name(files, broken.file).into());
            map.insert("text".into(), broken.fault.to_string().into());
        }
        json
    });
    json!({
        "ok": found.is_intact(),
        "broken": broken,
        "files": files.len(),
        "first": found.first,
        "head": found.head,
        "lines": found.lines,
        "decisions": found.decisions,
        "lost": found.lost,
        "torn": found.torn,
        "unfinished_bytes": found.unfinished,
        "keyed": found.keyed,
    })
}
