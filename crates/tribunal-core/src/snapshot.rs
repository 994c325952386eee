//! What is judged: one immutable snapshot of a request, shared by reference.
//!
//! Start at [`Snapshot::builder`] in code, or at [`Snapshot::from_json`] for a line of JSON.

mod names;
mod parse;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

pub(crate) use names::Renamed;
pub use parse::{SnapshotError, SnapshotLimits};

use crate::{Phase, Pointer, Risk};

/// The input of a run. Cloning it copies a pointer; nothing in it ever changes.
///
/// `Debug` shows sizes and no text: a snapshot is private.
#[derive(Clone)]
pub struct Snapshot(Arc<Parts>);

#[derive(Default)]
struct Parts {
    trace_id: Option<Arc<str>>,
    input_text: String,
    model_response: String,
    context: Map<String, Value>,
    attributes: Map<String, Value>,
    phase: Option<Phase>,
    risk: Option<Risk>,
}

impl Snapshot {
    /// A snapshot of a prompt alone.
    #[must_use]
    pub fn of_input(input_text: impl Into<String>) -> Self {
        Self::builder().input_text(input_text).build()
    }

    /// Starts an empty one.
    #[must_use]
    pub fn builder() -> SnapshotBuilder {
        SnapshotBuilder::default()
    }

    /// Reads a JSON object: `trace_id`, `input_text`, `model_response`, `context`, `phase`; every other
    /// member is kept among the attributes.
    ///
    /// # Errors
    ///
    /// [`SnapshotError`] when it is not such an object, has a name twice, or exceeds [`SnapshotLimits`].
    pub fn from_json(json: &[u8]) -> Result<Self, SnapshotError> {
        Self::from_json_within(json, SnapshotLimits::default())
    }

    /// As [`Snapshot::from_json`], within limits of one's own.
    ///
    /// # Errors
    ///
    /// As [`Snapshot::from_json`].
    pub fn from_json_within(json: &[u8], limits: SnapshotLimits) -> Result<Self, SnapshotError> {
        parse::snapshot(json, limits)
    }

    /// Names the request across services. Up to the caller; no meaning here.
    #[must_use]
    pub fn trace_id(&self) -> Option<&str> {
        self.0.trace_id.as_deref()
    }

    /// The same, to be kept beyond the snapshot.
    #[must_use]
    pub fn shared_trace_id(&self) -> Option<Arc<str>> {
        self.0.trace_id.clone()
    }

    /// What was asked. Empty when there is nothing.
    #[must_use]
    pub fn input_text(&self) -> &str {
        &self.0.input_text
    }

    /// What the model answered. Empty when there is nothing.
    #[must_use]
    pub fn model_response(&self) -> &str {
        &self.0.model_response
    }

    /// What is known around it: risk, tenant, documents, tool calls.
    #[must_use]
    pub fn context(&self) -> &Map<String, Value> {
        &self.0.context
    }

    /// Members of the JSON that have no meaning here, such as `id`.
    #[must_use]
    pub fn attributes(&self) -> &Map<String, Value> {
        &self.0.attributes
    }

    /// Where in the request it was taken. Where it does not say: `output` when there is an answer, else `input`.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.phase.unwrap_or(if self.0.model_response.is_empty() {
            Phase::Input
        } else {
            Phase::Output
        })
    }

    /// The risk that the context states, read once.
    #[must_use]
    pub fn risk(&self) -> Risk {
        self.0.risk.unwrap_or_else(|| Risk::of_context(&self.0.context))
    }

    /// What the pointer leads to; `None` where there is nothing. The empty pointer gives the whole.
    #[must_use]
    pub fn at(&self, pointer: &Pointer) -> Option<Cow<'_, Value>> {
        let Some((first, rest)) = pointer.tokens().split_first() else {
            return Some(Cow::Owned(self.to_json()));
        };
        let member = match &**first {
            "input_text" => return leaf(&self.0.input_text, rest),
            "model_response" => return leaf(&self.0.model_response, rest),
            "trace_id" => return leaf(self.trace_id()?, rest),
            "phase" => return leaf(self.phase().as_str(), rest),
            "context" => return descend_map(&self.0.context, rest),
            other => self.0.attributes.get(other)?,
        };
        descend(member, rest).map(Cow::Borrowed)
    }

    /// Calls `visit` with every text at or below the pointer and with where it stands, in the order of the JSON.
    ///
    /// Nothing is copied, and what lies deeper than [`Pointer::MAX_PARTS`] is left out.
    pub fn each_text<'a>(&'a self, pointer: &Pointer, visit: &mut dyn FnMut(&Pointer, &'a str)) {
        let Some((first, rest)) = pointer.tokens().split_first() else {
            for member in ["input_text", "model_response", "context"] {
                self.each_text(&Pointer::of([member]), visit);
            }
            for (name, value) in &self.0.attributes {
                each_text_of(value, &Pointer::of([name.as_str()]), visit);
            }
            return;
        };
        match (&**first, rest) {
            ("input_text", []) => visit(pointer, &self.0.input_text),
            ("model_response", []) => visit(pointer, &self.0.model_response),
            ("context", []) => {
                for (name, value) in &self.0.context {
                    each_text_of(value, &pointer.join(name), visit);
                }
            }
            ("context", [name, rest @ ..]) => {
                let found = self.0.context.get(&**name).and_then(|value| descend(value, rest));
                found.into_iter().for_each(|value| each_text_of(value, pointer, visit));
            }
            (name, rest) => {
                let found = self.0.attributes.get(name).and_then(|value| descend(value, rest));
                found.into_iter().for_each(|value| each_text_of(value, pointer, visit));
            }
        }
    }

    /// The text that the pointer leads to; `None` where there is none.
    pub(crate) fn text_at(&self, pointer: &Pointer) -> Option<&str> {
        let (first, rest) = pointer.tokens().split_first()?;
        match (&**first, rest) {
            ("input_text", []) => Some(&self.0.input_text),
            ("model_response", []) => Some(&self.0.model_response),
            ("input_text" | "model_response", _) => None,
            ("context", [name, rest @ ..]) => descend(self.0.context.get(&**name)?, rest)?.as_str(),
            (name, rest) => descend(self.0.attributes.get(name)?, rest)?.as_str(),
        }
    }

    /// The same with other texts in some places, and other names for members of some objects. A place that holds no
    /// text stays as it is.
    pub(crate) fn with_texts(
        &self,
        texts: &BTreeMap<Pointer, String>,
        names: &BTreeMap<Pointer, Renamed>,
    ) -> Self {
        let mut parts = Parts {
            trace_id: self.0.trace_id.clone(),
            input_text: self.0.input_text.clone(),
            model_response: self.0.model_response.clone(),
            context: self.0.context.clone(),
            attributes: self.0.attributes.clone(),
            phase: self.0.phase,
            risk: self.0.risk,
        };
        for (pointer, text) in texts {
            let Some((first, rest)) = pointer.tokens().split_first() else { continue };
            let value = match (&**first, rest) {
                ("input_text", []) => {
                    parts.input_text.clone_from(text);
                    continue;
                }
                ("model_response", []) => {
                    parts.model_response.clone_from(text);
                    continue;
                }
                ("context", [name, rest @ ..]) => {
                    parts.context.get_mut(&**name).and_then(|value| descend_mut(value, rest))
                }
                (name, rest) => {
                    parts.attributes.get_mut(name).and_then(|value| descend_mut(value, rest))
                }
            };
            if let Some(Value::String(place)) = value {
                place.clone_from(text);
            }
        }
        // Last: the pointers to the texts lead through the old names.
        parts.rename(names);
        Self(Arc::new(parts))
    }

    /// The whole as JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut all = self.0.attributes.clone();
        if let Some(trace_id) = self.trace_id() {
            all.insert("trace_id".into(), trace_id.into());
        }
        all.insert("input_text".into(), self.0.input_text.clone().into());
        all.insert("model_response".into(), self.0.model_response.clone().into());
        all.insert("context".into(), Value::Object(self.0.context.clone()));
        all.insert("phase".into(), self.phase().as_str().into());
        Value::Object(all)
    }
}

fn leaf<'a>(text: &str, rest: &[Box<str>]) -> Option<Cow<'a, Value>> {
    rest.is_empty().then(|| Cow::Owned(Value::from(text)))
}

fn descend_map<'a>(map: &'a Map<String, Value>, path: &[Box<str>]) -> Option<Cow<'a, Value>> {
    match path.split_first() {
        None => Some(Cow::Owned(Value::Object(map.clone()))),
        Some((name, rest)) => descend(map.get(&**name)?, rest).map(Cow::Borrowed),
    }
}

fn descend_mut<'a>(value: &'a mut Value, path: &[Box<str>]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, token| match value {
        Value::Object(map) => map.get_mut(&**token),
        Value::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
        _ => None,
    })
}

fn descend<'a>(value: &'a Value, path: &[Box<str>]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, token| match value {
        Value::Object(map) => map.get(&**token),
        Value::Array(items) => {
            // RFC 6901: an index has no leading zero and no sign.
            let plain = token.len() == 1 || !token.starts_with(['0', '+']);
            items.get(token.parse::<usize>().ok().filter(|_| plain)?)
        }
        _ => None,
    })
}

fn each_text_of<'a>(value: &'a Value, at: &Pointer, visit: &mut dyn FnMut(&Pointer, &'a str)) {
    if at.tokens().len() > Pointer::MAX_PARTS {
        return;
    }
    match value {
        Value::String(text) => visit(at, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if matches!(item, Value::String(_) | Value::Array(_) | Value::Object(_)) {
                    each_text_of(item, &at.join(&index.to_string()), visit);
                }
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                if matches!(item, Value::String(_) | Value::Array(_) | Value::Object(_)) {
                    each_text_of(item, &at.join(name), visit);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot")
            .field("phase", &self.phase())
            .field("input_text_bytes", &self.0.input_text.len())
            .field("model_response_bytes", &self.0.model_response.len())
            .field("context_members", &self.0.context.len())
            .field("attributes", &self.0.attributes.len())
            .finish_non_exhaustive()
    }
}

/// Gathers the parts of a [`Snapshot`].
#[derive(Default)]
pub struct SnapshotBuilder(Parts);

impl SnapshotBuilder {
    /// Names the request across services.
    #[must_use]
    pub fn trace_id(mut self, trace_id: impl Into<Arc<str>>) -> Self {
        self.0.trace_id = Some(trace_id.into());
        self
    }

    /// What was asked.
    #[must_use]
    pub fn input_text(mut self, text: impl Into<String>) -> Self {
        self.0.input_text = text.into();
        self
    }

    /// What the model answered.
    #[must_use]
    pub fn model_response(mut self, text: impl Into<String>) -> Self {
        self.0.model_response = text.into();
        self
    }

    /// Replaces the whole context.
    #[must_use]
    pub fn context(mut self, context: Map<String, Value>) -> Self {
        self.0.context = context;
        self
    }

    /// Sets one member of the context.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.context.insert(name.into(), value.into());
        self
    }

    /// Sets an attribute.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.attributes.insert(name.into(), value.into());
        self
    }

    /// Where in the request it is taken.
    #[must_use]
    pub fn phase(mut self, phase: Phase) -> Self {
        self.0.phase = Some(phase);
        self
    }

    /// Done: from here on nothing changes.
    #[must_use]
    pub fn build(mut self) -> Snapshot {
        self.0.risk = Some(Risk::of_context(&self.0.context));
        Snapshot(Arc::new(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn example() -> Snapshot {
        Snapshot::builder()
            .input_text("question")
            .model_response("answer")
            .with("documents", json!([{"text": "one"}, {"text": "two", "page": 3}]))
            .attribute("id", "7")
            .build()
    }

    #[test]
    fn a_pointer_leads_to_every_part() {
        let at = |path: &str| example().at(&path.parse().unwrap()).map(Cow::into_owned);
        assert_eq!(at("/input_text"), Some(json!("question")));
        assert_eq!(at("/context/documents/1/page"), Some(json!(3)));
        assert_eq!(at("/id"), Some(json!("7")));
        assert_eq!(at("/phase"), Some(json!("output")));
        assert_eq!(at("").unwrap()["context"]["documents"][0]["text"], "one");
        for nowhere in
            ["/nothing", "/input_text/0", "/context/documents/01", "/context/documents/2"]
        {
            assert_eq!(at(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn each_text_is_visited_with_its_place() {
        let snapshot = example();
        let mut seen = Vec::new();
        snapshot.each_text(&"".parse().unwrap(), &mut |at, text| {
            seen.push((at.to_string(), text.to_owned()));
        });
        let places: Vec<&str> = seen.iter().map(|(at, _)| at.as_str()).collect();
        assert_eq!(
            places,
            [
                "/input_text",
                "/model_response",
                "/context/documents/0/text",
                "/context/documents/1/text",
                "/id"
            ]
        );
    }

    #[test]
    fn debug_output_has_no_text_of_the_snapshot() {
        assert!(!format!("{:?}", example()).contains("question"));
    }
}
