//! One labelled line: what is judged, and what is known about it and kept from the critics.
//!
//! Start at [`Row::split`].

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};
use thiserror::Error;
use tribunal_core::{Pointer, Snapshot};

/// Members of `context` that say something about the labels; no critic sees them.
pub const HIDDEN: &[&str] =
    &["spans", "tested_types", "label_basis", "label_scope", "group", "expected_score"];

/// Longest name of a label or a source, in bytes.
const LONGEST_NAME: usize = 200;
/// Longest excerpt that a miss may carry, in characters.
const EXCERPT: usize = 200;

/// What is known about one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Row {
    /// The line's own id; null when it has none.
    pub id: Value,
    /// The data set it comes from, where it says so.
    pub source: Option<String>,
    /// Its labels by their names. One that is absent is unknown.
    pub labels: BTreeMap<String, Truth>,
    /// Where what its labels speak of stands; `None` where that is not known.
    pub spans: Option<Vec<LabelledSpan>>,
    /// The types that were looked for; empty when all were.
    pub tested_types: Vec<String>,
    /// The start of its text.
    pub(crate) excerpt: String,
}

/// The value of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    /// `true` or `false`.
    Is(bool),
    /// A list of types: whether there are any.
    Types(bool),
}

impl Truth {
    /// Whether it holds.
    #[must_use]
    pub const fn holds(self) -> bool {
        match self {
            Self::Is(holds) | Self::Types(holds) => holds,
        }
    }
}

/// A labelled part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LabelledSpan {
    /// Which text; `/input_text` unless the span says otherwise.
    pub field: Pointer,
    /// From which byte to which, the end excluded.
    pub bytes: Range<usize>,
    /// What stands there, in the words of the data.
    pub kind: String,
}

/// Why a line is no labelled snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RowError {
    /// `labels` is something else than an object.
    #[error("`labels` must be an object")]
    Labels,
    /// A label is neither true, false nor a list.
    #[error("label `{0}` must be true, false, a list of types, or null where it is not known")]
    Value(String),
    /// The name of a label or a source is too long.
    #[error("the name of a label or source has {0} bytes, and may have {LONGEST_NAME}")]
    Name(usize),
    /// `source` is something else than a text.
    #[error("`source` must be a string")]
    Source,
    /// `context.tested_types` is something else than a list of texts.
    #[error("`context.tested_types` must be a list of strings")]
    Tested,
    /// A span has no type, or no start and end, or a `field` that is no pointer.
    #[error("`context.spans[{0}]` must have `type`, `start` and `end`")]
    Span(usize),
    /// A span lies outside its text.
    #[error("`context.spans[{at}]` ends at {end}, and its text has {characters} characters")]
    Outside {
        /// Which span.
        at: usize,
        /// Its end, in code points.
        end: usize,
        /// How many code points the text has.
        characters: usize,
    },
    /// A span starts after its end.
    #[error("`context.spans[{0}]` starts after its end")]
    Backwards(usize),
}

impl Row {
    /// Takes a line apart: what is known about it, and what critics may see of it.
    ///
    /// Critics see neither `labels` nor `source`, nor the members of `context` that are [`HIDDEN`] or named by `hide`;
    /// `*` names all.
    ///
    /// # Errors
    ///
    /// [`RowError`] when what is said about it cannot be read.
    pub fn split(snapshot: &Snapshot, hide: &[String]) -> Result<(Self, Snapshot), RowError> {
        let attributes = snapshot.attributes();
        let source = match attributes.get("source") {
            None | Some(Value::Null) => None,
            Some(Value::String(source)) => Some(named(source)?),
            Some(_) => return Err(RowError::Source),
        };
        let row = Self {
            id: plain(attributes.get("id")),
            source,
            labels: labels(attributes.get("labels"))?,
            spans: spans(snapshot)?,
            tested_types: tested_types(snapshot.context())?,
            excerpt: snapshot.input_text().chars().take(EXCERPT).collect(),
        };
        Ok((row, without_answers(snapshot, hide)))
    }
}

/// An id as it may be kept: what is no text, number or boolean may be large.
fn plain(id: Option<&Value>) -> Value {
    match id {
        Some(Value::String(text)) if text.len() > LONGEST_NAME => {
            text.chars().take(LONGEST_NAME / 4).collect::<String>().into()
        }
        Some(Value::Array(_) | Value::Object(_)) | None => Value::Null,
        Some(id) => id.clone(),
    }
}

fn named(name: &str) -> Result<String, RowError> {
    if name.len() > LONGEST_NAME {
        return Err(RowError::Name(name.len()));
    }
    Ok(name.to_owned())
}

fn labels(value: Option<&Value>) -> Result<BTreeMap<String, Truth>, RowError> {
    let given = match value {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(given)) => given,
        Some(_) => return Err(RowError::Labels),
    };
    let mut labels = BTreeMap::new();
    for (name, value) in given {
        let truth = match value {
            Value::Bool(holds) => Truth::Is(*holds),
            Value::Array(types) if types.iter().all(Value::is_string) => {
                Truth::Types(!types.is_empty())
            }
            Value::Null => continue,
            _ => return Err(RowError::Value(named(name)?)),
        };
        labels.insert(named(name)?, truth);
    }
    Ok(labels)
}

fn tested_types(context: &Map<String, Value>) -> Result<Vec<String>, RowError> {
    let types = match context.get("tested_types") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(types) => types.as_array().ok_or(RowError::Tested)?,
    };
    let text = |kind: &Value| kind.as_str().map(str::to_owned).ok_or(RowError::Tested);
    types.iter().map(text).collect()
}

/// `None` where the line has no list of spans.
fn spans(snapshot: &Snapshot) -> Result<Option<Vec<LabelledSpan>>, RowError> {
    let Some(Value::Array(given)) = snapshot.context().get("spans") else { return Ok(None) };
    let mut spans = Vec::new();
    // Nearly always all of one text.
    let mut places: Option<(Pointer, Places)> = None;
    for (at, span) in given.iter().enumerate() {
        let number = |name| span.get(name)?.as_u64().and_then(|n| usize::try_from(n).ok());
        let (Some(kind), Some(start), Some(end)) =
            (span.get("type").and_then(Value::as_str), number("start"), number("end"))
        else {
            return Err(RowError::Span(at));
        };
        let field = match span.get("field") {
            None => Pointer::input_text(),
            Some(field) => {
                let pointer = field.as_str().and_then(|field| field.parse().ok());
                pointer.ok_or(RowError::Span(at))?
            }
        };
        let places = match &places {
            Some((known, places)) if *known == field => places,
            _ => {
                let mut text = String::new();
                snapshot.each_text(&field, &mut |place, found| {
                    if *place == field {
                        found.clone_into(&mut text);
                    }
                });
                &places.insert((field.clone(), Places::of(&text))).1
            }
        };
        if start > end {
            return Err(RowError::Backwards(at));
        }
        let (Some(start), Some(end_byte)) = (places.byte(start), places.byte(end)) else {
            return Err(RowError::Outside { at, end, characters: places.characters() });
        };
        spans.push(LabelledSpan { field, bytes: start..end_byte, kind: named(kind)? });
    }
    Ok(Some(spans))
}

/// At which byte each code point of a text starts, and where the text ends.
struct Places(Vec<usize>);

impl Places {
    fn of(text: &str) -> Self {
        Self(text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
    }

    fn byte(&self, character: usize) -> Option<usize> {
        self.0.get(character).copied()
    }

    fn characters(&self) -> usize {
        self.0.len().saturating_sub(1)
    }
}

fn without_answers(snapshot: &Snapshot, hide: &[String]) -> Snapshot {
    let named = |name: &str| hide.iter().any(|other| other == name || other == "*");
    let hidden = |name: &str| HIDDEN.contains(&name) || named(name);
    let context = snapshot.context().iter().filter(|(name, _)| !hidden(name));
    let mut seen = Snapshot::builder()
        .input_text(snapshot.input_text())
        .model_response(snapshot.model_response())
        .context(context.map(|(name, value)| (name.clone(), value.clone())).collect())
        .phase(snapshot.phase());
    if let Some(trace_id) = snapshot.shared_trace_id() {
        seen = seen.trace_id(trace_id);
    }
    for (name, value) in snapshot.attributes() {
        if !matches!(name.as_str(), "labels" | "source") {
            seen = seen.attribute(name, value.clone());
        }
    }
    seen.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn split(line: &Value) -> Result<(Row, Snapshot), RowError> {
        let snapshot = Snapshot::from_json(line.to_string().as_bytes()).unwrap();
        Row::split(&snapshot, &["note".into()])
    }

    #[test]
    fn critics_see_nothing_of_the_answers() {
        let line = json!({
            "id": "a", "source": "mine", "input_text": "hello", "phase": "retrieval", "trace_id": "t",
            "labels": {"spam": true},
            "context": {"spans": [], "tested_types": ["X"], "group": "g", "note": "it is spam", "tenant": "bank"},
        });
        let (row, seen) = split(&line).unwrap();
        assert_eq!(
            seen.to_json(),
            json!({"id": "a", "input_text": "hello", "model_response": "", "phase": "retrieval",
                   "trace_id": "t", "context": {"tenant": "bank"}})
        );
        assert_eq!((row.id, row.source), (json!("a"), Some("mine".into())));
        let snapshot = Snapshot::from_json(line.to_string().as_bytes()).unwrap();
        assert!(Row::split(&snapshot, &["*".into()]).unwrap().1.context().is_empty());
        assert_eq!(row.tested_types, ["X"]);
    }

    #[test]
    fn an_absent_label_is_unknown_and_a_list_is_true_when_it_has_something() {
        let line = json!({"labels": {"a": true, "b": false, "c": null, "d": [], "e": ["X"]}});
        let labels: Vec<_> = split(&line).unwrap().0.labels.into_iter().collect();
        let expected = [
            ("a", Truth::Is(true)),
            ("b", Truth::Is(false)),
            ("d", Truth::Types(false)),
            ("e", Truth::Types(true)),
        ];
        assert_eq!(labels, expected.map(|(name, truth)| (name.to_owned(), truth)));
        assert!(split(&json!({"input_text": "x"})).unwrap().0.labels.is_empty());
    }

    #[test]
    fn spans_count_code_points_and_become_bytes() {
        let line = json!({
            "input_text": "Grüße 🦀 an Zoë!",
            "context": {"spans": [
                {"type": "A", "start": 0, "end": 5},
                {"type": "B", "start": 6, "end": 7},
                {"type": "C", "start": 11, "end": 14},
                {"type": "D", "start": 15, "end": 15},
                {"type": "E", "start": 1, "end": 2, "field": "/context/more/0"},
            ], "more": ["éa"]},
        });
        let (row, _) = split(&line).unwrap();
        let texts = ["Grüße 🦀 an Zoë!", "éa"];
        let spans = row.spans.unwrap();
        let found: Vec<&str> = spans
            .iter()
            .map(|span| {
                let text = texts[usize::from(span.field != Pointer::input_text())];
                text.get(span.bytes.clone()).unwrap()
            })
            .collect();
        assert_eq!(found, ["Grüße", "🦀", "Zoë", "", "a"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let spans = |spans: Value| json!({"input_text": "äb", "context": {"spans": spans}});
        for (line, error) in [
            (json!({"labels": [1]}), "`labels` must be an object"),
            (
                json!({"labels": {"x": "yes"}}),
                "label `x` must be true, false, a list of types, or null where it is not known",
            ),
            (
                json!({"labels": {"pii": ["EMAIL", 3]}}),
                "label `pii` must be true, false, a list of types, or null where it is not known",
            ),
            (json!({"source": 3}), "`source` must be a string"),
            (
                json!({"context": {"tested_types": "X"}}),
                "`context.tested_types` must be a list of strings",
            ),
            (
                spans(json!([{"type": "X", "start": 0}])),
                "`context.spans[0]` must have `type`, `start` and `end`",
            ),
            (
                spans(json!([{"type": "X", "start": 0, "end": 3}])),
                "`context.spans[0]` ends at 3, and its text has 2 characters",
            ),
            (
                spans(json!([{"type": "X", "start": 2, "end": 1}])),
                "`context.spans[0]` starts after its end",
            ),
        ] {
            assert_eq!(split(&line).unwrap_err().to_string(), error, "{line}");
        }
    }
}
