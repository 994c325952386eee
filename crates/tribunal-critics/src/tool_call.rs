//! Calls of tools that are not allowed, or not with those arguments.
//!
//! Start at [`ToolCall`]; `tool_call/calls.rs` knows the forms in which models write calls.

mod calls;
mod params;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use thiserror::Error;
use tribunal_core::{Answer, Critic, Pointer, Reads, Returns, Review, Span, View, Violation};
use tribunal_schema::{Schema, SchemaError};

use self::calls::Call;
use crate::findings::{Findings, MOST_VIOLATIONS};
use crate::strict_json::{self, NotRead};

pub(crate) use self::params::kind;

/// Objects to calls of tools that are not on a list, and to arguments that do not match the tool's JSON Schema.
///
/// A call is an object with `name` and `arguments` (or `input`, or `args`), or one with a `function` that has
/// them, as OpenAI writes it; arguments may be a text of JSON. A list of calls is a call each.
///
/// **Catches** unknown tools, arguments that are not JSON, names that stand twice, arguments that the schema
/// does not have, and everything that the schema refuses.
/// **Misses** what a schema cannot say: whether this user may call that tool, or with that value.
///
/// Messages name what is allowed and nothing of what was found.
///
/// ```
/// # use serde_json::json;
/// # use tribunal_critics::{Tool, ToolCall, ToolCallError};
/// let search = Tool::new("search").arguments(&json!({
///     "required": ["query"], "properties": {"query": {"type": "string", "maxLength": 200}}
/// }))?;
/// let critic = ToolCall::new("/context/call".parse().unwrap(), [search, Tool::new("today")])?;
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), ToolCallError>(())
/// ```
#[derive(Debug)]
pub struct ToolCall {
    pointer: Pointer,
    tools: BTreeMap<String, Tool>,
    required: bool,
    max_calls: usize,
    severity: f64,
}

/// A tool that may be called.
#[derive(Debug)]
pub struct Tool {
    name: String,
    schema: Option<Schema>,
    /// The only names that arguments may have, where the schema leaves that open.
    names: Option<BTreeSet<String>>,
}

/// Why there can be no such critic.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ToolCallError {
    /// A name that no tool has.
    #[error("the name of a tool has 1 to {limit} bytes, found {0}", limit = ToolCall::NAME_BYTES)]
    Name(usize),
    /// Two tools have the same name.
    #[error("two tools have the name `{}`", .0.escape_debug())]
    NameTwice(String),
    /// The schema is none.
    #[error("the schema of the arguments of `{}` does not do", .0.escape_debug())]
    Schema(String, #[source] SchemaError),
}

/// Keywords with which a schema says by itself which names there may be.
const OPEN: [&str; 13] = [
    "additionalProperties",
    "unevaluatedProperties",
    "patternProperties",
    "propertyNames",
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "dependentSchemas",
    "dependencies",
];

impl Tool {
    /// A tool that takes any arguments.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), schema: None, names: None }
    }

    /// What its arguments must be: a JSON Schema of the object that they make up.
    ///
    /// Arguments that are not among its `properties` are refused, as a tool may make something of them that
    /// nobody checked; unless the schema itself says which names there may be, with `additionalProperties` say.
    ///
    /// # Errors
    ///
    /// [`ToolCallError::Schema`] when it is no schema.
    pub fn arguments(mut self, schema: &Value) -> Result<Self, ToolCallError> {
        let refused = |error| ToolCallError::Schema(self.name.clone(), error);
        self.schema = Some(Schema::compile(schema).map_err(refused)?);
        self.names = names(schema);
        Ok(self)
    }
}

/// The names of the properties, where nothing else in the schema says which there may be.
fn names(schema: &Value) -> Option<BTreeSet<String>> {
    let members = schema.as_object()?;
    if OPEN.iter().any(|keyword| members.contains_key(*keyword)) {
        return None;
    }
    Some(members.get("properties")?.as_object()?.keys().cloned().collect())
}

impl ToolCall {
    /// Longest name of a tool, in bytes.
    pub const NAME_BYTES: usize = 128;

    /// Checks the call, or the calls, that the pointer leads to; severity 0.8, at most 32 calls, and there must
    /// be one. Without tools every call is refused.
    ///
    /// # Errors
    ///
    /// [`ToolCallError`] when a name does not do, or two are the same.
    pub fn new(
        pointer: Pointer,
        tools: impl IntoIterator<Item = Tool>,
    ) -> Result<Self, ToolCallError> {
        let mut by_name = BTreeMap::new();
        for tool in tools {
            if !(1..=Self::NAME_BYTES).contains(&tool.name.len()) {
                return Err(ToolCallError::Name(tool.name.len()));
            }
            if let Some(twice) = by_name.insert(tool.name.clone(), tool) {
                return Err(ToolCallError::NameTwice(twice.name));
            }
        }
        Ok(Self { pointer, tools: by_name, required: true, max_calls: 32, severity: 0.8 })
    }

    /// Whether there must be a call (the default), so that a wrong pointer is noticed.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// Most calls at once; 32 unless set.
    #[must_use]
    pub fn max_calls(mut self, most: usize) -> Self {
        self.max_calls = most;
        self
    }

    /// How bad it is; 0.8 unless set. What lies outside 0 to 1 becomes 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = if (0.0..=1.0).contains(&severity) { severity } else { 1.0 };
        self
    }

    fn check_all(&self, found: &Value, note: &mut Notes<'_>) {
        let read;
        let found = match found {
            Value::String(text) => {
                note.span = Some(Span::new(self.pointer.clone(), 0..text.len(), "tool_call"));
                match strict_json::read(text) {
                    Ok(value) => {
                        read = value;
                        &read
                    }
                    Err(why) => return note.unread("the calls", why),
                }
            }
            found => found,
        };
        let calls = match found {
            Value::Array(calls) => calls.as_slice(),
            one => std::slice::from_ref(one),
        };
        if calls.len() > self.max_calls {
            let message = format!("more than {} calls at once", self.max_calls);
            note.add("tool_call.too_many", message);
        }
        if calls.is_empty() && self.required {
            note.add("tool_call.missing", format!("there is no call at `{}`", self.pointer));
        }
        let listed = found.is_array();
        for (index, call) in calls.iter().enumerate().take(self.max_calls) {
            let at = match listed {
                true => self.pointer.join(&index.to_string()),
                false => self.pointer.clone(),
            };
            match Call::of(call) {
                Some(call) => self.check(index + 1, &call, &at, note),
                None => {
                    note.add("tool_call.malformed", format!("call {}: {}", index + 1, calls::FORM))
                }
            }
        }
    }

    fn check(&self, number: usize, call: &Call<'_>, at: &Pointer, note: &mut Notes<'_>) {
        let Some(tool) = self.tools.get(call.name) else {
            let message = format!("call {number}: a tool that is not allowed");
            return note.add("tool_call.unknown_tool", message);
        };
        let read;
        let arguments = match call.arguments {
            Some(Value::String(text)) => {
                // Within a text that was read before, there is no place to point at but all of it.
                if note.span.is_none() {
                    let place = call.path.iter().fold(at.clone(), |at, step| at.join(step));
                    note.local = Some(Span::new(place, 0..text.len(), "arguments"));
                }
                // Some models write nothing where there are no arguments.
                match if text.trim().is_empty() { Ok(empty()) } else { strict_json::read(text) } {
                    Ok(value) => {
                        read = value;
                        &read
                    }
                    Err(why) => {
                        let what = format!("call {number} to `{}`: the arguments", tool.name);
                        note.unread(&what, why);
                        note.local = None;
                        return;
                    }
                }
            }
            Some(Value::Null) | None => {
                read = empty();
                &read
            }
            Some(value) => value,
        };
        self.check_arguments(number, tool, arguments, note);
        note.local = None;
    }

    fn check_arguments(&self, number: usize, tool: &Tool, arguments: &Value, note: &mut Notes<'_>) {
        let Value::Object(members) = arguments else {
            let message = format!("call {number} to `{}`: arguments that are no object", tool.name);
            return note.add("tool_call.not_an_object", message);
        };
        if let Some(names) = &tool.names {
            let more = members.keys().filter(|name| !names.contains(*name)).count();
            if more > 0 {
                let message = format!(
                    "call {number} to `{}`: {more} arguments that it does not have",
                    tool.name
                );
                note.add("tool_call.additional_argument", message);
            }
        }
        let Some(schema) = &tool.schema else { return };
        let (faults, more) = schema.faults_and_more(arguments, MOST_VIOLATIONS);
        note.findings.add_more(more);
        for fault in faults {
            let message = format!("call {number} to `{}`: {fault}", tool.name);
            match &*fault.keyword {
                "additionalProperties" | "unevaluatedProperties" => {
                    note.add("tool_call.additional_argument", message);
                }
                keyword => note.add(format!("tool_call.arguments.{keyword}"), message),
            }
        }
    }
}

fn empty() -> Value {
    Value::Object(serde_json::Map::new())
}

/// What was found so far, and where we are.
struct Notes<'f> {
    findings: &'f mut Findings,
    severity: f64,
    /// Where all the calls stand in one text.
    span: Option<Span>,
    /// Where the arguments of this call stand in a text of their own.
    local: Option<Span>,
}

impl Notes<'_> {
    fn add(&mut self, code: impl Into<std::borrow::Cow<'static, str>>, message: String) {
        let span = self.local.as_ref().or(self.span.as_ref());
        self.findings.add(self.severity, || {
            let violation = Violation::new(code, message, self.severity);
            match span {
                Some(span) => violation.at(span.clone()),
                None => violation,
            }
        });
    }

    fn unread(&mut self, what: &str, why: NotRead) {
        let (code, problem) = match why {
            NotRead::NotJson => ("tool_call.not_json", "are not JSON"),
            NotRead::NameTwice => ("tool_call.duplicate_key", "have a name twice in one object"),
            NotRead::TooMany => ("tool_call.too_many_values", "have too many values"),
        };
        self.add(code, format!("{what} {problem}"));
    }
}

impl Critic for ToolCall {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        let severity = self.severity;
        let mut note = Notes { findings: &mut findings, severity, span: None, local: None };
        let found = view.snapshot().at(&self.pointer);
        match found.as_deref() {
            None | Some(Value::Null) if !self.required => {}
            Some(Value::String(text)) if !self.required && text.trim().is_empty() => {}
            None | Some(Value::Null) => {
                note.add("tool_call.missing", format!("there is no call at `{}`", self.pointer));
            }
            Some(Value::String(text)) if text.trim().is_empty() => {
                note.add("tool_call.missing", format!("there is no call at `{}`", self.pointer));
            }
            Some(found) => self.check_all(found, &mut note),
        }
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        Reads::snapshot([self.pointer.clone()])
    }

    fn returns(&self) -> Returns {
        let what = [
            "too_many",
            "missing",
            "malformed",
            "unknown_tool",
            "not_an_object",
            "additional_argument",
            "not_json",
            "duplicate_key",
            "too_many_values",
            "arguments.*",
        ];
        Returns::codes(what.map(|what| format!("tool_call.{what}")))
    }
}

#[cfg(test)]
mod tests;
