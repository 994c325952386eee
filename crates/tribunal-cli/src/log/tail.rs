//! `tribunal log tail`: the last decisions, and those that come.
//!
//! A log that goes on in another file is followed there.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tribunal_log::{Entry, files_of};

use super::{LogFormat, row, source};
use crate::exit::{Exit, Trouble};
use crate::ink;
use crate::lines::Output;

/// How often to look for more.
const EVERY: Duration = Duration::from_millis(200);
/// The longest line that is waited for to be whole.
const LONGEST: usize = 64 << 20;

/// What `tribunal log tail` is told.
#[derive(Debug, Args)]
pub(super) struct TailArgs {
    /// Go on with those that come, until interrupted
    #[arg(short, long)]
    follow: bool,
    /// How many of the last to begin with
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    lines: usize,
    /// How to show them
    #[arg(long, value_enum, default_value_t = LogFormat::Human)]
    format: LogFormat,
    /// The log
    #[arg(value_name = "LOG")]
    log: PathBuf,
}

pub(super) fn run(args: &TailArgs) -> Result<Exit, Trouble> {
    let mut output = Output::open(None)?;
    // Opened first, so that what comes while the rest is read is not missed.
    let mut followed = match args.follow {
        true => Some(Followed::open(&args.log)?),
        false => None,
    };
    let mut last: VecDeque<Vec<u8>> = VecDeque::new();
    // The newest file first, and older ones only as far as needed.
    for file in files_of(&args.log).map_err(Trouble::file("read", &args.log))?.iter().rev() {
        let mut of_file: VecDeque<Vec<u8>> = VecDeque::new();
        let wanted = args.lines.saturating_sub(last.len());
        let until = followed.as_ref().filter(|_| *file == args.log).map(|followed| followed.at);
        let mut read = 0;
        // Whether it was read to its end makes no difference.
        let _ = source::lines_of(file, &mut |line| {
            read += line.bytes.len() as u64 + 1;
            if !line.is_ended || until.is_some_and(|until| read > until) {
                return Ok(ControlFlow::Break(()));
            }
            if is_decision(line.bytes) && wanted > 0 {
                if of_file.len() == wanted {
                    of_file.pop_front();
                }
                of_file.push_back(line.bytes.to_vec());
            }
            Ok(ControlFlow::Continue(()))
        })?;
        of_file.into_iter().rev().for_each(|line| last.push_front(line));
        if last.len() >= args.lines {
            break;
        }
    }
    for line in &last {
        show(&mut output, args.format, line)?;
    }
    let Some(followed) = &mut followed else {
        output.finish()?;
        return Ok(Exit::Fine);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(Trouble::Start)?;
    runtime.block_on(async {
        loop {
            output.flush()?;
            tokio::time::sleep(EVERY).await;
            followed.read(&args.log, &mut |line| show(&mut output, args.format, line))?;
        }
    })
}

/// Without reading all of it: other lines are rare.
fn is_decision(line: &[u8]) -> bool {
    matches!(Entry::parse(line), Ok(Entry::Decision(_)))
}

fn show(output: &mut Output, format: LogFormat, line: &[u8]) -> Result<(), Trouble> {
    match (Entry::parse(line), format) {
        (Ok(Entry::Decision(decision)), LogFormat::Human) => {
            output.write_painted(&row::human(&decision))
        }
        (Ok(Entry::Decision(_)), LogFormat::Json) => output.write(row::json(line).as_bytes()),
        (Ok(Entry::Note(note)), LogFormat::Human) if note.lost.is_some() => {
            let lost = ink::many(note.lost.unwrap_or(0), "decision");
            output.write_painted(&format!("{}\n", ink::bold(format!("{lost} lost here"))))
        }
        _ => Ok(()),
    }
}

/// A file that is being written.
struct Followed {
    file: File,
    /// Up to where it has been read.
    at: u64,
    part: Vec<u8>,
}

impl Followed {
    /// From its end on, as far as it has whole lines.
    fn open(path: &Path) -> Result<Self, Trouble> {
        let open = || -> io::Result<Self> {
            let mut file = File::open(path)?;
            let mut at = file.seek(SeekFrom::End(0))?;
            // Back to where its last line begins, if that is not whole.
            let mut byte = [0];
            while at > 0 {
                file.seek(SeekFrom::Start(at - 1))?;
                file.read_exact(&mut byte)?;
                if byte == *b"\n" {
                    break;
                }
                at -= 1;
            }
            file.seek(SeekFrom::Start(at))?;
            Ok(Self { file, at, part: Vec::new() })
        };
        open().map_err(Trouble::file("read", path))
    }

    /// What has come since, line by line; then on to the file that has taken its place, if one has.
    fn read(
        &mut self,
        path: &Path,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        // Asked before: what was written to a file that is full by now is all there.
        let next = next_file(&self.file, path);
        let mut buffer = vec![0; 64 << 10];
        loop {
            let read = self.file.read(&mut buffer).map_err(Trouble::file("read", path))?;
            let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                if self.part.len() + piece.len() <= LONGEST {
                    self.part.extend_from_slice(piece);
                }
                if let Some(line) = self.part.strip_suffix(b"\n") {
                    visit(line)?;
                    self.part.clear();
                }
            }
        }
        if let Some(file) = next {
            *self = Self { file, at: 0, part: Vec::new() };
            return self.read(path, visit);
        }
        Ok(())
    }
}

/// The file that has the name now, if it is another one.
#[cfg(unix)]
fn next_file(file: &File, path: &Path) -> Option<File> {
    use std::os::unix::fs::MetadataExt as _;
    let next = File::open(path).ok()?;
    let (ours, theirs) = (file.metadata().ok()?, next.metadata().ok()?);
    ((ours.dev(), ours.ino()) != (theirs.dev(), theirs.ino())).then_some(next)
}

#[cfg(not(unix))]
fn next_file(file: &File, path: &Path) -> Option<File> {
    let next = File::open(path).ok()?;
    (next.metadata().ok()?.len() < file.metadata().ok()?.len()).then_some(next)
}
