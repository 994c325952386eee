//! JSON Schema compiled once and bounded: for opinions, for snapshots, for anything.
//!
//! A [`Schema`] is checked before it is compiled, so that no schema and no instance can take the process
//! with it: size, nesting, how often a value is visited, how deep a check recurses. It reads no network and
//! no file, and its patterns run in linear time. A [`SchemaFault`] says what the schema asks for and
//! repeats nothing of the instance, which may be private.
//!
//! ```
//! use serde_json::json;
//! use tribunal_schema::Schema;
//!
//! let schema = Schema::compile(&json!({
//!     "type": "object",
//!     "required": ["name"],
//!     "properties": {"name": {"type": "string", "maxLength": 10}}
//! }))?;
//! assert!(schema.is_valid(&json!({"name": "Ada"})));
//!
//! let faults = schema.faults(&json!({"name": 3}), 10);
//! assert_eq!(faults[0].to_string(), "at `/name`: expected type `string`");
//! # Ok::<(), tribunal_schema::SchemaError>(())
//! ```
//!
//! Start at [`Schema::compile`]; [`SchemaCheck`] puts a schema in front of a critic's opinions.

mod check;
mod error;
mod expected;
mod graph;
mod measure;
mod schema;
mod work;

pub use check::SchemaCheck;
pub use error::SchemaError;
pub use schema::{Schema, SchemaFault};
