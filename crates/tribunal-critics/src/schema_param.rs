//! A parameter that is a JSON Schema.

use serde_json::Value;
use tribunal_core::{Params, Pointer};
use tribunal_schema::{Schema, SchemaError};

/// Compiles it; what is wrong is noted where it stands in the schema.
pub(crate) fn compile(
    params: &Params<'_>,
    key: &'static str,
    schema: &Value,
    formats: bool,
) -> Option<Schema> {
    let compile = if formats { Schema::compile_with_formats } else { Schema::compile };
    let note = |error: SchemaError| match &error {
        SchemaError::Invalid { at, problem } => match at.parse::<Pointer>() {
            Ok(at) => params.fault_within(key, &at, format!("does not do: {problem}")),
            Err(_) => params.fault(key, format!("does not do: {error}")),
        },
        _ => params.fault(key, format!("does not do: {error}")),
    };
    compile(schema).map_err(note).ok()
}
