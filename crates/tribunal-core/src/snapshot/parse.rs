//! From one JSON object to a snapshot, refusing what could be read in two ways.
//!
//! A name that stands twice is refused rather than overwritten: what was judged must be what is forwarded.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use thiserror::Error;

use super::{Snapshot, SnapshotBuilder};

/// How large a snapshot may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SnapshotLimits {
    /// Most JSON values (members, items, texts, numbers) in all. Many small values take far more memory
    /// than the bytes they are written in.
    pub values: usize,
}

impl Default for SnapshotLimits {
    /// 200,000 values: about 10 MB of memory at the worst.
    fn default() -> Self {
        Self { values: 200_000 }
    }
}

/// Why some JSON is not a snapshot.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// Not JSON, a name that stands twice, or too large; the cause says where.
    #[error("not readable as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// JSON, but not an object.
    #[error("a snapshot is a JSON object, found {0}")]
    NotAnObject(&'static str),
    /// A member has the wrong type.
    #[error("`{member}` must be {expected}, found {found}")]
    Member {
        /// Which one.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The word in `phase` is none. Which one it is is not told: it may be anything.
    #[error("`phase` must be {}", crate::words::one_of(crate::Phase::WORDS))]
    Phase,
    /// An empty object: there is nothing to judge.
    #[error(
        "nothing to judge: expected `input_text`, `model_response`, `context` or other members"
    )]
    Empty,
}

pub(super) fn snapshot(json: &[u8], limits: SnapshotLimits) -> Result<Snapshot, SnapshotError> {
    let budget = Budget(Cell::new(limits.values));
    let mut source = serde_json::Deserializer::from_slice(json);
    let value = Unique(&budget)
        .deserialize(&mut source)
        .and_then(|value| source.end().map(|()| value))
        .map_err(SnapshotError::Json)?;
    let Value::Object(mut members) = value else {
        return Err(SnapshotError::NotAnObject(kind(&value)));
    };
    if members.is_empty() {
        return Err(SnapshotError::Empty);
    }

    let mut builder = SnapshotBuilder::default();
    if let Some(text) = text(&mut members, "trace_id")? {
        builder = builder.trace_id(text);
    }
    if let Some(text) = text(&mut members, "input_text")? {
        builder = builder.input_text(text);
    }
    if let Some(text) = text(&mut members, "model_response")? {
        builder = builder.model_response(text);
    }
    if let Some(word) = text(&mut members, "phase")? {
        builder = builder.phase(word.parse().map_err(|_| SnapshotError::Phase)?);
    }
    match members.remove("context") {
        None | Some(Value::Null) => {}
        Some(Value::Object(context)) => builder = builder.context(context),
        Some(other) => {
            return Err(SnapshotError::Member {
                member: "context",
                expected: "an object",
                found: kind(&other),
            });
        }
    }
    builder.0.attributes = members;
    Ok(builder.build())
}

/// The members of a snapshot whose names are those of this crate.
const OWN: [&str; 5] = ["trace_id", "input_text", "model_response", "context", "phase"];

/// A text member; `null` counts as absent.
fn text(
    members: &mut Map<String, Value>,
    member: &'static str,
) -> Result<Option<String>, SnapshotError> {
    match members.remove(member) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => {
            Err(SnapshotError::Member { member, expected: "a string", found: kind(&other) })
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

struct Budget(Cell<usize>);

impl Budget {
    fn take<E: serde::de::Error>(&self) -> Result<(), E> {
        match self.0.get().checked_sub(1) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(E::custom("more values than a snapshot may have")),
        }
    }
}

/// Builds a `Value` in which no object has a name twice, out of a bounded number of values.
#[derive(Clone, Copy)]
struct Unique<'b>(&'b Budget);

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.0.take()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self)?;
            if members.contains_key(&name) {
                // Any other may be as private as a text; the position says which it is.
                return Err(A::Error::custom(match OWN.contains(&&*name) {
                    true => format!("the name `{name}` stands twice in one object"),
                    false => String::from("a name stands twice in one object"),
                }));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Phase;

    fn error(json: &str) -> String {
        Snapshot::from_json(json.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn members_without_a_meaning_are_kept_as_attributes() {
        let snapshot = Snapshot::from_json(
            br#"{"id": 1, "trace_id": "t", "input_text": "hi", "phase": "tool_call", "x": {"y": [1.5]}}"#,
        )
        .unwrap();
        assert_eq!(snapshot.trace_id(), Some("t"));
        assert_eq!(snapshot.phase(), Phase::ToolCall);
        assert_eq!(snapshot.attributes().len(), 2);
        assert_eq!(snapshot.attributes()["x"]["y"][0], 1.5);
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth() {
        assert!(error(r#"{"input_text": "a", "input_text": "b"}"#).contains("`input_text`"));
        assert!(error(r#"{"context": {"a": [{"b": 1, "b": 2}]}}"#).contains("stands twice"));
    }

    /// Rule 20: names are text of a snapshot too.
    #[test]
    fn a_name_that_stands_twice_is_not_repeated() {
        let error = error(r#"{"context": {"xyzzy": 1, "xyzzy": 2}}"#);
        assert_eq!(
            error,
            "not readable as JSON: a name stands twice in one object at line 1 column 36"
        );
    }

    #[test]
    fn what_is_not_a_snapshot_says_so() {
        assert_eq!(error("[]"), "a snapshot is a JSON object, found an array");
        assert_eq!(error(r#"{"input_text": 3}"#), "`input_text` must be a string, found a number");
        assert_eq!(error(r#"{"context": "x"}"#), "`context` must be an object, found a string");
        assert!(error("{}").starts_with("nothing to judge"));
        // What stands there may be anything, and is not repeated.
        let phase = error(r#"{"phase": "inptu"}"#);
        assert!(phase.starts_with("`phase` must be ") && phase.contains("input"), "{phase}");
        assert!(!phase.contains("inptu"), "{phase}");
        assert!(error("{").contains("EOF"));
        assert!(error(r#"{"a": 1} x"#).contains("trailing"));
        assert!(error(r#"{"a": 1e999}"#).contains("out of range"));
        assert!(error(r#"{"a": NaN}"#).starts_with("not readable"));
        assert!(error(&format!("{}{}", "{\"a\":".repeat(200), "1")).contains("recursion"));
    }

    #[test]
    fn too_many_values_are_refused() {
        let many = format!(r#"{{"context": {{"a": [{}0]}}}}"#, "0,".repeat(300_000));
        assert!(error(&many).contains("more values than a snapshot may have"));
    }
}
