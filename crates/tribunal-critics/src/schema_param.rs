//! A parameter that is a JSON Schema.

use std::fmt::Display;

use serde_json::Value;
use tribunal_core::{ParamProblem, Params, Pointer};
use tribunal_schema::{Schema, SchemaError};

/// Compiles it; what is wrong is noted where it stands in the schema.
pub(crate) fn compile(
    params: &Params<'_>,
    key: &'static str,
    schema: &Value,
    formats: bool,
) -> Option<Schema> {
    let compile = if formats { Schema::compile_with_formats } else { Schema::compile };
    let said = |problem: &dyn Display| ParamProblem::Schema(format!("does not do: {problem}"));
    let note = |error: SchemaError| match &error {
        SchemaError::Invalid { at, problem } => match at.parse::<Pointer>() {
            Ok(at) => params.fault_within(key, &at, said(problem)),
            Err(_) => params.fault(key, said(&error)),
        },
        _ => params.fault(key, said(&error)),
    };
    compile(schema).map_err(note).ok()
}
