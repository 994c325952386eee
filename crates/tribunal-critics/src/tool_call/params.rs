//! [`ToolCall`] from parameters.

use std::collections::BTreeSet;

use serde_json::Value;
use tribunal_core::{CriticKind, ParamProblem, Params, Pointer};

use super::{Tool, ToolCall};
use crate::schema_param;

/// What the parameters mean, for editors.
const LINES: &[(&str, &str)] = &[
    ("pointer", "Where the call stands, a list of calls, or a text that is one of these as JSON."),
    ("required", "Whether there must be a call."),
    ("max_calls", "Most calls of one snapshot."),
    ("severity", "How bad a call is that may not be, from 0 to 1."),
    ("tools", "The tools that may be called; an empty list allows none."),
    ("tools[].name", "What the tool is called: 1 to 128 bytes, each once."),
    ("tools[].formats", "Whether `format` is checked in every draft."),
    ("tools[].additional", "Whether arguments that `properties` does not name are let pass."),
    ("tools[].arguments", "A JSON Schema for its arguments. Anything unless given."),
];

pub(crate) fn kind() -> CriticKind {
    let summary = "calls of tools that are not allowed, or not with those arguments";
    CriticKind::new("tool_call", summary, from_params).documented(LINES)
}

fn from_params(params: &Params<'_>) -> Option<ToolCall> {
    let pointer = params.required::<Pointer>("pointer");
    let required = params.or("required", true);
    let max_calls = params.whole_or("max_calls", 32, 1..=usize::MAX);
    let severity = params.number("severity", 0.8, 0.0..=1.0);
    let mut names = BTreeSet::new();
    let tools = params.tables("tools", |params| tool(params, &mut names));
    if !params.has("tools") {
        // Notes that it is missing.
        params.required::<Value>("tools");
        return None;
    }
    let critic = ToolCall::new(pointer?, tools).ok()?;
    Some(critic.required(required).max_calls(max_calls).severity(severity))
}

/// Reads one table of `tools`; what is wrong is noted at its own key.
fn tool(params: &Params<'_>, names: &mut BTreeSet<String>) -> Option<Tool> {
    let name = params.required::<String>("name");
    let formats = params.or("formats", false);
    let additional = params.or("additional", false);
    let mut tool = Tool::new("");
    params.shape("arguments", schema_param::any_table);
    if let Some(schema) = params.optional::<Value>("arguments") {
        if !schema.is_object() {
            params.fault("arguments", ParamProblem::Type("must be a table".into()));
            return None;
        }
        tool.schema = Some(schema_param::compile(params, "arguments", &schema, formats)?);
        tool.names = super::names(&schema).filter(|_| !additional);
    }
    tool.name = name?;
    if !(1..=ToolCall::NAME_BYTES).contains(&tool.name.len()) {
        params.fault("name", format!("must have 1 to {} bytes", ToolCall::NAME_BYTES));
        return None;
    }
    if !names.insert(tool.name.clone()) {
        params.fault("name", format!("is that of an earlier tool: `{}`", tool.name.escape_debug()));
        return None;
    }
    Some(tool)
}
