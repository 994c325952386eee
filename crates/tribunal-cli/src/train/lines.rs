//! Labelled JSON lines. What is wrong with one is told with its file and its number, and none of its text.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use tribunal_classifier::train::Example;

use crate::exit::Trouble;

/// Longest line, in bytes.
const LONGEST: u64 = 16 << 20;

/// A labelled line, as far as training looks at it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Line {
    pub(super) input_text: String,
    #[serde(default = "nowhere")]
    pub(super) source: String,
    #[serde(default)]
    pub(super) context: Context,
    #[serde(default)]
    labels: Map<String, Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Context {
    pub(super) group: Option<String>,
    pub(super) language: Option<String>,
}

fn nowhere() -> String {
    "no source".to_owned()
}

impl Line {
    /// Whether the line has a label; `None` when it does not say.
    pub(super) fn label(&self, name: &str) -> Result<Option<bool>, String> {
        match self.labels.get(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(format!("the label `{}` must be true or false", name.escape_debug())),
        }
    }
}

/// Reads a file; empty lines are passed over.
pub(super) fn read(
    path: &Path,
    mut example: impl FnMut(Line) -> Result<Example, String>,
    examples: &mut Vec<Example>,
) -> Result<(), Trouble> {
    let failed = |error| Trouble::file("read", path)(error);
    let mut file = BufReader::new(File::open(path).map_err(failed)?);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = file.by_ref().take(LONGEST + 1).read_until(b'\n', &mut bytes).map_err(failed)?;
        if read == 0 {
            break;
        }
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let parsed = if read as u64 > LONGEST {
            Err(format!("is longer than {LONGEST} bytes"))
        } else {
            parse(&bytes).and_then(&mut example)
        };
        let wrong = |problem| Trouble::Line { path: path.to_owned(), line: number, problem };
        examples.push(parsed.map_err(wrong)?);
    }
    Ok(())
}

fn parse(bytes: &[u8]) -> Result<Line, String> {
    let line: Line = serde_json::from_slice(bytes).map_err(|error| {
        // Its own words may quote the line.
        use serde_json::error::Category;
        match error.classify() {
            Category::Data => {
                "expected an object with `input_text` (a text), and where they are there `source` (a text), \
                 `context` and `labels` (objects)"
                    .to_owned()
            }
            _ => format!("is not JSON (column {})", error.column()),
        }
    })?;
    if line.input_text.trim().is_empty() { Err("`input_text` is empty".into()) } else { Ok(line) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use tribunal_classifier::train::Truth;

    fn wrong(content: &str) -> String {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let label = |line: Line| {
            let truth = line.label("x")?.map_or(Truth::Unknown, |_| Truth::Positive);
            let Line { input_text: text, source, .. } = line;
            Ok(Example { group: text.clone(), text, source, language: None, truth: vec![truth] })
        };
        let error = read(file.path(), label, &mut Vec::new()).unwrap_err();
        error.to_string().split("line ").last().unwrap().to_owned()
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_none_of_its_text() {
        let fine = r#"{"input_text": "a"}"#;
        assert_eq!(wrong(&format!("{fine}\n\n{{private")), "3: is not JSON (column 2)");
        assert!(
            wrong(r#"{"input_text": 7}"#).starts_with("1: expected an object with `input_text`")
        );
        assert_eq!(wrong(r#"{"input_text": " "}"#), "1: `input_text` is empty");
        let odd = r#"{"input_text": "a", "labels": {"x": "private"}}"#;
        assert_eq!(wrong(&format!("{fine}\n{odd}")), "2: the label `x` must be true or false");
    }
}
