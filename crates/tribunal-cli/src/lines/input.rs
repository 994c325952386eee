//! From files and standard input to lines, without ever holding a line that is too long.
//!
//! A line ends with a line feed, or with the input; a carriage return before it does not count. A byte
//! order mark at the start of an input is left out. A line of white space alone has its number and no report.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::fs::File;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::mpsc;

use crate::exit::Trouble;

/// How much is asked of the system at a time.
const CHUNK: usize = 128 * 1024;

/// Where a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The input as it was named; `-` for standard input.
    pub(crate) input: Arc<str>,
    /// From 1, every line counted.
    pub(crate) line: u64,
}

/// One line that is due a report.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) place: Place,
    pub(crate) text: Text,
    /// Bytes read since the line before it.
    pub(crate) consumed: u64,
}

/// What is known of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Text {
    /// All of it, without its end.
    Whole(Vec<u8>),
    /// It is longer than a line may be and was not kept; this long in all.
    TooLong(u64),
}

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    Stdin,
    File(PathBuf),
}

impl Input {
    /// What to read, in order: standard input where nothing is named and it is no terminal.
    ///
    /// Every file is looked at now, so that nothing is judged when one is missing.
    pub(crate) fn all(named: &[PathBuf], stdin_is_terminal: bool) -> Result<Vec<Self>, Trouble> {
        if named.is_empty() {
            if stdin_is_terminal {
                return Err(Trouble::Usage(String::from(
                    "nothing to judge: name a file of JSON lines, or pipe some in\n\n  \
                     tribunal judge traffic.jsonl\n  tribunal judge < traffic.jsonl",
                )));
            }
            return Ok(vec![Self::Stdin]);
        }
        let mut inputs = Vec::new();
        for path in named {
            if path.as_os_str() != "-" {
                readable(path)?;
                inputs.push(Self::File(path.clone()));
            } else if inputs.contains(&Self::Stdin) {
                return Err(Trouble::Usage(String::from("standard input is named twice")));
            } else {
                inputs.push(Self::Stdin);
            }
        }
        Ok(inputs)
    }

    /// How much there is to read, where that can be told.
    pub(crate) fn bytes(&self) -> Option<u64> {
        match self {
            Self::Stdin => None,
            Self::File(path) => {
                std::fs::metadata(path).ok().filter(|meta| meta.is_file()).map(|meta| meta.len())
            }
        }
    }

    fn name(&self) -> Arc<str> {
        match self {
            Self::Stdin => "-".into(),
            Self::File(path) => path.to_string_lossy().into(),
        }
    }
}

fn readable(path: &Path) -> Result<(), Trouble> {
    let meta = std::fs::metadata(path).map_err(Trouble::file("read", path))?;
    if meta.is_dir() {
        let source = io::Error::from(io::ErrorKind::IsADirectory);
        return Err(Trouble::File { what: "read", path: path.to_owned(), source });
    }
    #[cfg(unix)]
    if std::os::unix::fs::FileTypeExt::is_socket(&meta.file_type()) {
        // Opening it would fail, and later than for any other input that cannot be read.
        let source = io::Error::other("is a socket");
        return Err(Trouble::File { what: "read", path: path.to_owned(), source });
    }
    // A pipe is not opened on trial: whoever writes into it would lose its reader.
    if meta.is_file() {
        std::fs::File::open(path).map_err(Trouble::file("read", path))?;
    }
    Ok(())
}

/// Reads all inputs and sends their lines, until nobody takes them any more. The channel is the brake.
pub(crate) async fn send_lines(
    inputs: Vec<Input>,
    longest: usize,
    to: mpsc::Sender<Result<Line, Trouble>>,
) {
    for input in inputs {
        let name = input.name();
        let sent = match &input {
            Input::Stdin => {
                let lines = Lines::new(tokio::io::stdin(), name, longest);
                lines.send_to(&to, |e| Trouble::file("read", Path::new("-"))(e)).await
            }
            Input::File(path) => match File::open(path).await {
                Ok(file) => {
                    let lines = Lines::new(file, name, longest);
                    lines.send_to(&to, |e| Trouble::file("read", path)(e)).await
                }
                Err(source) => Err(Trouble::file("read", path)(source)),
            },
        };
        match sent {
            Ok(true) => {}
            Ok(false) => return,
            Err(trouble) => {
                // A receiver that is gone has its own reasons to end.
                let _ = to.send(Err(trouble)).await;
                return;
            }
        }
    }
}

/// The lines of one input.
struct Lines<R> {
    from: BufReader<R>,
    input: Arc<str>,
    longest: usize,
    line: u64,
    consumed: u64,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    fn new(from: R, input: Arc<str>, longest: usize) -> Self {
        Self { from: BufReader::with_capacity(CHUNK, from), input, longest, line: 0, consumed: 0 }
    }

    /// `Ok(false)` when nobody takes them any more.
    async fn send_to(
        mut self,
        to: &mpsc::Sender<Result<Line, Trouble>>,
        trouble: impl FnOnce(io::Error) -> Trouble,
    ) -> Result<bool, Trouble> {
        loop {
            match self.next().await {
                Err(error) => return Err(trouble(error)),
                Ok(None) => return Ok(true),
                Ok(Some(line)) => {
                    if to.send(Ok(line)).await.is_err() {
                        return Ok(false);
                    }
                }
            }
        }
    }

    /// The next line that is due a report.
    async fn next(&mut self) -> io::Result<Option<Line>> {
        while let Some(text) = self.next_text().await? {
            self.line += 1;
            if matches!(&text, Text::Whole(bytes) if bytes.trim_ascii().is_empty()) {
                continue;
            }
            let place = Place { input: Arc::clone(&self.input), line: self.line };
            let consumed = std::mem::take(&mut self.consumed);
            return Ok(Some(Line { place, text, consumed }));
        }
        Ok(None)
    }

    async fn next_text(&mut self) -> io::Result<Option<Text>> {
        let mut text = Vec::new();
        let mut length: u64 = 0;
        let mut keep = true;
        if self.line == 0 && self.consumed == 0 {
            self.skip_mark(&mut text).await?;
            length = text.len() as u64;
        }
        loop {
            let chunk = self.from.fill_buf().await?;
            if chunk.is_empty() && length == 0 {
                return Ok(None);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            length += part.len() as u64;
            // One more byte than the longest: it may be a carriage return.
            keep = keep && length <= self.longest as u64 + 1;
            if keep {
                text.extend_from_slice(part);
            } else {
                text = Vec::new();
            }
            let last = end.is_some() || chunk.is_empty();
            let used = part.len() + usize::from(end.is_some());
            self.from.consume(used);
            self.consumed += used as u64;
            if last {
                if text.last() == Some(&b'\r') {
                    text.pop();
                }
                let whole = keep && text.len() <= self.longest;
                return Ok(Some(if whole { Text::Whole(text) } else { Text::TooLong(length) }));
            }
        }
    }

    /// Leaves out a byte order mark at the start; what looks like the start of one and is none goes to `text`.
    async fn skip_mark(&mut self, text: &mut Vec<u8>) -> io::Result<()> {
        for expected in *b"\xEF\xBB\xBF" {
            if self.from.fill_buf().await?.first() != Some(&expected) {
                return Ok(());
            }
            self.from.consume(1);
            self.consumed += 1;
            text.push(expected);
        }
        text.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes a read, however much is asked for.
    struct Drip(std::collections::VecDeque<u8>, usize);

    impl AsyncRead for Drip {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            to: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            let many = self.1.min(to.remaining()).min(self.0.len());
            let part: Vec<u8> = self.0.drain(..many).collect();
            to.put_slice(&part);
            std::task::Poll::Ready(Ok(()))
        }
    }

    /// Line numbers and texts, the same whatever the size of a read.
    fn lines(input: &[u8], longest: usize) -> Vec<(u64, Result<String, u64>)> {
        let read = |step: usize| {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let drip = Drip(input.iter().copied().collect(), step);
                let mut lines = Lines::new(drip, "x".into(), longest);
                let mut all = Vec::new();
                let mut consumed = 0;
                while let Some(line) = lines.next().await.unwrap() {
                    consumed += line.consumed;
                    let text = match line.text {
                        Text::Whole(bytes) => Ok(String::from_utf8(bytes).unwrap()),
                        Text::TooLong(bytes) => Err(bytes),
                    };
                    all.push((line.place.line, text));
                }
                assert_eq!(consumed + lines.consumed, input.len() as u64);
                all
            })
        };
        let all = read(1);
        for step in [2, 3, 5, 1000] {
            assert_eq!(read(step), all, "reads of {step}");
        }
        all
    }

    fn ok(line: u64, text: &str) -> (u64, Result<String, u64>) {
        (line, Ok(text.into()))
    }

    #[test]
    fn lines_end_with_a_line_feed_or_the_input() {
        assert_eq!(lines(b"a\r\nb\nc", 10), [ok(1, "a"), ok(2, "b"), ok(3, "c")]);
        assert_eq!(lines(b"", 10), []);
        assert_eq!(lines(b"\n", 10), []);
    }

    #[test]
    fn lines_of_white_space_are_numbered_and_left_out() {
        assert_eq!(lines(b"\n  \t\r\na\n\n\nb\n", 10), [ok(3, "a"), ok(6, "b")]);
    }

    #[test]
    fn a_byte_order_mark_is_left_out_at_the_start_alone() {
        assert_eq!(lines(b"\xEF\xBB\xBFa\n\xEF\xBB\xBFb\n", 10), [ok(1, "a"), ok(2, "\u{feff}b")]);
        assert_eq!(lines(b"\xEF\xBB\xBF", 10), []);
        assert_eq!(lines("ﻀ\n".as_bytes(), 10), [ok(1, "ﻀ")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_measured_and_the_next_is_read() {
        assert_eq!(
            lines(b"123456\n12345\r\n123456\r\nx", 5),
            [(1, Err(6)), ok(2, "12345"), (3, Err(7)), ok(4, "x")]
        );
        assert_eq!(lines(b"123456", 5), [(1, Err(6))]);
    }

    #[test]
    fn standard_input_is_read_when_nothing_is_named_and_it_is_no_terminal() {
        assert_eq!(Input::all(&[], false).unwrap(), [Input::Stdin]);
        assert!(Input::all(&[], true).unwrap_err().to_string().contains("nothing to judge"));
        let twice = ["-".into(), "-".into()];
        assert!(Input::all(&twice, false).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_missing_file_or_a_directory_is_refused_at_once() {
        for path in ["/nonexistent/x.jsonl", "/"] {
            assert!(Input::all(&[path.into()], false).is_err(), "{path}");
        }
    }
}
