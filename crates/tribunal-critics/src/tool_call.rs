//! A call that a model wants to make, against the tools that it may use and what each of them takes.
//!
//! Start at [`ToolCall`].

use std::collections::BTreeMap;

use serde_json::Value;
use tribunal_core::{Answer, Critic, CriticKind, Params, Pointer, Reads, Review, View, Violation};
use tribunal_schema::{Schema, SchemaError};

use crate::MOST_VIOLATIONS;
use crate::findings::Findings;

/// Objects to calls of tools that are not listed, and to arguments that do not match the tool's JSON Schema.
///
/// A call is an object with `name` and `arguments` (or `input`, or `parameters`), by itself, in a list, or under `function` as
/// some interfaces send it; arguments may be JSON in a text. It **misses** what a permitted call does: a tool
/// that runs commands takes any command that its schema lets through.
#[derive(Debug)]
pub struct ToolCall {
    pointer: Pointer,
    tools: BTreeMap<String, Option<Schema>>,
    required: bool,
    severity: f64,
}

impl ToolCall {
    /// Reads `/context/tool_call`; no tool may be used yet.
    #[must_use]
    pub fn new() -> Self {
        let pointer = Pointer::of(["context", "tool_call"]);
        Self { pointer, tools: BTreeMap::new(), required: false, severity: 0.8 }
    }

    /// Reads a call, or a list of calls, there.
    #[must_use]
    pub fn pointer(mut self, pointer: Pointer) -> Self {
        self.pointer = pointer;
        self
    }

    /// Permits a tool, with any arguments.
    #[must_use]
    pub fn tool(mut self, name: impl Into<String>) -> Self {
        self.tools.insert(name.into(), None);
        self
    }

    /// Permits a tool, with arguments that match the schema.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] when the schema does not compile.
    pub fn tool_with(
        mut self,
        name: impl Into<String>,
        schema: &Value,
    ) -> Result<Self, SchemaError> {
        self.tools.insert(name.into(), Some(Schema::compile(schema)?));
        Ok(self)
    }

    fn call(&self, call: &Value, findings: &mut Findings) {
        let call = call.get("function").filter(|function| function.is_object()).unwrap_or(call);
        let Some(name) = call.get("name").and_then(Value::as_str) else {
            return self.object(findings, "tool.malformed", "the call names no tool");
        };
        let Some(schema) = self.tools.get(name) else {
            return self.object(
                findings,
                "tool.not_allowed",
                "the tool is not one of those allowed",
            );
        };
        let Some(schema) = schema else { return };
        let arguments =
            ["arguments", "input", "parameters"].into_iter().find_map(|it| call.get(it));
        match arguments {
            Some(Value::String(text)) => match crate::json_schema::read(text) {
                Some(arguments) => self.arguments(schema, &arguments, findings),
                None => self.object(findings, "tool.not_json", "the arguments are not JSON"),
            },
            Some(arguments) => self.arguments(schema, arguments, findings),
            None => self.arguments(schema, &Value::Object(serde_json::Map::new()), findings),
        }
    }

    fn arguments(&self, schema: &Schema, arguments: &Value, findings: &mut Findings) {
        let (faults, more) = schema.faults_and_more(arguments, MOST_VIOLATIONS);
        findings.add_more(more);
        for fault in faults {
            findings.add(self.severity, || {
                let code = format!("tool.arguments.{}", fault.keyword);
                Violation::new(code, fault.to_string(), self.severity)
            });
        }
    }

    fn object(&self, findings: &mut Findings, code: &'static str, message: &'static str) {
        findings.add(self.severity, || Violation::new(code, message, self.severity));
    }
}

impl Default for ToolCall {
    fn default() -> Self {
        Self::new()
    }
}

impl Critic for ToolCall {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        match view.snapshot().at(&self.pointer).as_deref() {
            Some(Value::Array(calls)) => {
                calls.iter().for_each(|call| self.call(call, &mut findings));
            }
            None | Some(Value::Null) if !self.required => {}
            None | Some(Value::Null) => {
                self.object(&mut findings, "tool.missing", "there is no tool call");
            }
            Some(Value::String(text)) => match crate::json_schema::read(text) {
                Some(Value::Array(calls)) => {
                    calls.iter().for_each(|call| self.call(call, &mut findings));
                }
                Some(call) => self.call(&call, &mut findings),
                None => self.object(&mut findings, "tool.malformed", "the call is not JSON"),
            },
            Some(call) => self.call(call, &mut findings),
        }
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        Reads::snapshot([self.pointer.clone()])
    }
}

/// `pointer`, `tools`, `required`, `severity`.
pub(crate) fn kind() -> CriticKind {
    CriticKind::new(
        "tool_call",
        "calls of tools that are not allowed, or with wrong arguments",
        from_params,
    )
}

fn from_params(params: &Params<'_>) -> Option<ToolCall> {
    let mut critic = ToolCall::new();
    if let Some(pointer) = params.optional("pointer") {
        critic.pointer = pointer;
    }
    critic.required = params.or("required", false);
    critic.severity = params.number("severity", critic.severity, 0.0..=1.0);
    let tools = params.tables("tools", |tool| {
        let name = tool.required::<String>("name");
        let schema = tool.optional::<Value>("schema").map(|schema| {
            let compiled = Schema::compile(&schema);
            compiled.map_err(|error| tool.fault("schema", format!("does not do: {error}"))).ok()
        });
        // A schema that does not compile is a fault, so nothing is built without it.
        Some((name?, schema.flatten()))
    });
    if tools.is_empty() && !params.has("tools") {
        params.required::<Value>("tools");
    }
    critic.tools = tools.into_iter().collect();
    Some(critic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tribunal_core::Snapshot;

    fn codes(call: Value) -> Vec<String> {
        let params = json!({"tools": [
            {"name": "search"},
            {"name": "send", "schema": {
                "type": "object",
                "required": ["to"],
                "properties": {"to": {"type": "string", "pattern": "@ours\\.example$"}},
                "additionalProperties": false
            }},
        ]});
        let critic = kind().build(params.as_object().unwrap()).unwrap();
        let snapshot = Snapshot::builder().with("tool_call", call).build();
        let Answer::Now(opinion) = critic.review(View::of(&snapshot)) else { panic!("late") };
        opinion.unwrap().violations.iter().map(|violation| violation.code.to_string()).collect()
    }

    #[test]
    fn listed_tools_with_fitting_arguments_pass_however_they_are_sent() {
        let to = json!({"to": "jo@ours.example"});
        for call in [
            json!({"name": "search", "arguments": {"any": 1}}),
            json!({"name": "send", "arguments": to}),
            json!({"name": "send", "input": to}),
            json!({"type": "function", "function": {"name": "send", "arguments": to.to_string()}}),
            json!([{"name": "search"}, {"name": "send", "parameters": to}]),
            json!(json!({"name": "send", "arguments": to}).to_string()),
            json!(null),
        ] {
            assert!(codes(call.clone()).is_empty(), "{call}");
        }
    }

    #[test]
    fn everything_else_is_objected_to() {
        let cases = [
            (json!({"name": "delete"}), "tool.not_allowed"),
            (json!({"name": "Search"}), "tool.not_allowed"),
            (json!({"name": "send"}), "tool.arguments.required"),
            (
                json!({"name": "send", "arguments": {"to": "x@evil.example"}}),
                "tool.arguments.pattern",
            ),
            (json!({"name": "send", "arguments": "{"}), "tool.not_json"),
            (json!({"tool": "send"}), "tool.malformed"),
            (json!("run this"), "tool.malformed"),
            (json!(7), "tool.malformed"),
        ];
        for (call, code) in cases {
            assert_eq!(codes(call.clone()), [code], "{call}");
        }
    }

    #[test]
    fn parameters_that_are_wrong_are_named() {
        let faults = |params: Value| -> Vec<String> {
            let built = kind().build(params.as_object().unwrap());
            built.err().unwrap().iter().map(ToString::to_string).collect()
        };
        assert_eq!(faults(json!({})), ["`tools` is missing"]);
        let wrong = faults(json!({"tools": [{"schema": {"type": "strin"}}]}));
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong.iter().any(|line| line == "`tools[0].name` is missing"), "{wrong:?}");
    }
}
