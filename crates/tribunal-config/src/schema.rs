//! The whole of a configuration as a JSON Schema, for editors.
//!
//! Start at [`schema`]. What keys there are stands in `schema/keys.rs`; `schema/kinds.rs` asks the catalogue what each
//! kind of critic is told. The reader is written by hand, and tests hold the two against each other: every key of one
//! is a key of the other, and what the schema refuses, the reader refuses.

mod keys;
mod kinds;
mod shape;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use tribunal_core::{Catalogue, Stage};

use self::shape::{Absent, From, Items, Key, Rule, Section, Shape};

/// Above 0, and with its unit.
const DURATION: &str = r"^(0*[1-9][0-9]*(\.[0-9]+)?|0+\.[0-9]*[1-9][0-9]*)(us|ms|s|m|h)$";

/// A JSON Schema (draft 7) of a configuration whose critics are of these kinds.
///
/// Editors complete, explain and check a TOML file by it; `config/tribunal.schema.json` is the one for the ready-made
/// kinds. It says all that can be said of a file without building it: keys, types, ranges, words, defaults, and which
/// keys go together. What hangs on other parts of the file (names, timeouts within timeouts), or takes a parser
/// (expressions, patterns), is left to [`load`](crate::load), which refuses whatever this refuses.
///
/// ```
/// let schema = tribunal_config::schema(&tribunal_core::Catalogue::new());
/// assert_eq!(schema["properties"]["run"]["properties"]["early_exit"]["type"], "boolean");
/// ```
#[must_use]
pub fn schema(catalogue: &Catalogue) -> Value {
    let mut schema = section(&keys::ROOT, catalogue);
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
        schema.insert("title".into(), "Tribunal pipeline".into());
    }
    schema
}

/// A table: its keys, no others, and what they have to do with each other.
fn section(section: &Section, catalogue: &Catalogue) -> Value {
    let properties: Map<String, Value> =
        section.keys.iter().map(|key| (key.name.into(), property(key, catalogue))).collect();
    let required: Vec<&str> = section
        .keys
        .iter()
        .filter(|key| matches!(key.absent, Absent::Required))
        .map(|key| key.name)
        .collect();
    let mut table = json!({
        "description": format!("{} See docs/config.md#{}.", section.about, section.anchor),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        put(&mut table, "required", required.into());
    }
    let mut dependencies = Map::new();
    for rule in section.rules {
        match rule {
            Rule::OneOf(one, other) => {
                put(&mut table, "if", json!({"required": [one]}));
                put(&mut table, "then", json!({"not": {"required": [other]}}));
                put(&mut table, "else", json!({"required": [other]}));
            }
            rule => depend(&mut dependencies, rule),
        }
    }
    if section.keys.iter().any(|key| matches!(key.shape, Shape::Params)) {
        let kinds: Vec<Value> = catalogue.iter().map(kinds::condition).collect();
        dependencies.insert("kind".into(), json!({"allOf": kinds}));
    }
    if !dependencies.is_empty() {
        put(&mut table, "dependencies", dependencies.into());
    }
    table
}

fn put(schema: &mut Value, key: &str, value: Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(key.into(), value);
    }
}

fn property(key: &Key, catalogue: &Catalogue) -> Value {
    let mut property = shape(&key.shape, catalogue);
    let mut about = key.about.to_owned();
    // What a table is for is told once, by the key that leads to it; where to read on, by the table.
    if let Shape::Table(section) = &key.shape {
        about.push_str(&format!(" See docs/config.md#{}.", section.anchor));
    }
    match key.absent {
        Absent::Required => about.push_str(" Required."),
        Absent::Is(written) => {
            about.push_str(&format!(" Default: {written}."));
            // A test reads all of them.
            put(&mut property, "default", serde_json::from_str(written).unwrap_or_default());
        }
        Absent::Otherwise(what) => about.push_str(&format!(" Unless given: {what}.")),
        Absent::Nothing => {}
    }
    put(&mut property, "description", about.into());
    property
}

fn shape(shape: &Shape, catalogue: &Catalogue) -> Value {
    match shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Form(pattern) => json!({"type": "string", "pattern": pattern}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Duration => json!({
            "type": "string", "pattern": DURATION, "examples": ["250ms", "1.5s", "2m"],
        }),
        Shape::Whole(from, u64::MAX) => json!({"type": "integer", "minimum": from}),
        Shape::Whole(from, to) => json!({"type": "integer", "minimum": from, "maximum": to}),
        Shape::Number(from, to) => number(*from, *to),
        Shape::Word(words, lines) => {
            explained(json!({"type": "string", "enum": words}), lines.iter().copied())
        }
        Shape::Threshold => {
            json!({"anyOf": [number(From::Above(0.0), Some(1.0)), {"const": "never"}]})
        }
        Shape::List(of, items) => list(self::shape(of, catalogue), *items),
        Shape::Table(section) => self::section(section, catalogue),
        Shape::Tables(section) => {
            json!({"type": "array", "items": self::section(section, catalogue)})
        }
        Shape::Named("", of) => {
            json!({"type": "object", "additionalProperties": self::shape(of, catalogue)})
        }
        Shape::Named(form, of) => json!({
            "type": "object",
            "propertyNames": {"pattern": form},
            "additionalProperties": self::shape(of, catalogue),
        }),
        Shape::Stages(section) => {
            let stage = |stage: &&str| ((*stage).to_owned(), self::section(section, catalogue));
            let stages: Map<String, Value> = Stage::WORDS.iter().map(stage).collect();
            json!({"type": "object", "properties": stages, "additionalProperties": false})
        }
        Shape::Kind => {
            let names: Vec<&str> = catalogue.iter().map(tribunal_core::CriticKind::name).collect();
            let lines = catalogue.iter().map(tribunal_core::CriticKind::summary);
            explained(json!({"type": "string", "enum": names}), lines)
        }
        Shape::Params => {
            json!({"type": "object", "properties": kinds::every_parameter(catalogue)})
        }
        Shape::JsonSchema => json!({"type": ["object", "boolean"]}),
        Shape::Line(most) => json!({"type": "string", "minLength": 1, "maxLength": most}),
        Shape::Claim => json!({"type": "string", "minLength": 1}),
        Shape::Files => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Profiles => json!({
            "type": "object",
            "propertyNames": {"pattern": "^[a-z0-9_-]{1,64}$"},
            "additionalProperties": {
                "type": "object",
                "properties": {"extends": {"type": "string"}, "include": false, "profile": false},
            },
        }),
    }
}

fn number(from: From, to: Option<f64>) -> Value {
    let mut number = match from {
        From::At(from) => json!({"type": "number", "minimum": from}),
        From::Above(from) => json!({"type": "number", "exclusiveMinimum": from}),
    };
    if let Some(to) = to {
        put(&mut number, "maximum", to.into());
    }
    number
}

fn list(of: Value, items: Items) -> Value {
    let mut list = json!({"type": "array", "items": of});
    if items.some {
        put(&mut list, "minItems", 1.into());
    }
    if items.once {
        put(&mut list, "uniqueItems", true.into());
    }
    list
}

/// With a line for each of its words, as taplo shows them.
fn explained<'l>(mut words: Value, lines: impl Iterator<Item = &'l str>) -> Value {
    let lines: Vec<&str> = lines.collect();
    if !lines.is_empty() {
        put(&mut words, "x-taplo", json!({"docs": {"enumValues": lines}}));
    }
    words
}

/// What has to hold where a key is there. Under `dependencies` rather than `allOf`: editors that complete keys take the
/// parts of an `allOf` for tables of their own.
fn depend(dependencies: &mut Map<String, Value>, rule: &Rule) {
    let value = |written: &str| serde_json::from_str::<Value>(written).unwrap_or_default();
    let (key, holds) = match rule {
        Rule::Needs(key, other) => (key, json!({"required": [other]})),
        Rule::OnlyWith(key, other, written) => {
            let other_is = json!({*other: {"const": value(written)}});
            (key, json!({"required": [other], "properties": other_is}))
        }
        Rule::Asks(key, written, other) => {
            let key_is = json!({"properties": {*key: {"const": value(written)}}});
            (key, json!({"if": key_is, "then": {"required": [other]}}))
        }
        Rule::OneOf(..) => return,
    };
    let before = dependencies.insert((*key).into(), holds.clone());
    if let Some(before) = before {
        dependencies.insert((*key).into(), json!({"allOf": [before, holds]}));
    }
}
