//! What each kind of critic is told, as its catalogue has it.
//!
//! A kind says which parameters it has by reading them from an empty table. One that explains them has no others; of
//! one that does not, some may be asked for only where others are given, so its table stays open.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tribunal_core::{Catalogue, CriticKind, MayBeEmpty, ParamShape, Parameter};

use super::put;

/// A text that stands for a variable of the environment.
const REFERENCE: &str = r"\$[A-Z_][A-Z0-9_]*";

/// For a critic of that kind: what its `params` may be. One that is disabled may have any.
pub(super) fn condition(kind: &CriticKind) -> Value {
    let parameters = kind.parameters();
    let closed = !kind.lines().is_empty();
    let mut params = table(&parameters, closed);
    let mut about = format!("What `{}` is told: it objects to {}.", kind.name(), kind.summary());
    if closed {
        about.push_str(&format!(" See docs/critics.md#{}.", kind.name()));
    } else {
        about.push_str(
            " Others than these may be known where some are given: the kind does not explain its parameters.",
        );
    }
    put(&mut params, "description", about.into());
    let mut then = json!({"properties": {"params": params}});
    if parameters.iter().any(|parameter| parameter.required) {
        put(&mut then, "required", json!(["params"]));
    }
    json!({
        "if": {
            "properties": {"kind": {"const": kind.name()}, "enabled": {"const": true}},
        },
        "then": then,
    })
}

/// The parameters of all kinds with what each says of them, and nothing that would be checked: for editors that do not
/// follow conditions, and still are to complete and explain.
pub(super) fn every_parameter(catalogue: &Catalogue) -> Map<String, Value> {
    let all = catalogue.iter().map(|kind| (kind.name(), kind.parameters()));
    let all: Vec<(&str, Vec<Parameter>)> = all.collect();
    explained(all.iter().flat_map(|(kind, all)| all.iter().map(move |it| (*kind, it))).collect())
}

fn explained(parameters: Vec<(&str, &Parameter)>) -> Map<String, Value> {
    let mut lines: BTreeMap<&str, Vec<(&str, &Parameter)>> = BTreeMap::new();
    for (kind, parameter) in parameters {
        lines.entry(parameter.name).or_default().push((kind, parameter));
    }
    let property = |(name, told): (&str, Vec<(&str, &Parameter)>)| {
        // Those that say the same say it once.
        let mut kinds: Vec<(&str, Vec<&str>)> = Vec::new();
        for (kind, parameter) in &told {
            match kinds.iter_mut().find(|(about, _)| *about == parameter.about) {
                Some((_, kinds)) => kinds.push(kind),
                None => kinds.push((parameter.about, vec![kind])),
            }
        }
        let line = |(about, kinds): &(&str, Vec<&str>)| format!("{}: {about}", kinds.join(", "));
        let about: Vec<String> = kinds.iter().map(line).collect();
        let mut property = json!({"description": about.join("\n\n")});
        let inner: Vec<(&str, &Parameter)> = told
            .iter()
            .filter_map(|(kind, parameter)| match &parameter.shape {
                ParamShape::Tables(inner) => Some(inner.iter().map(move |it| (*kind, it))),
                _ => None,
            })
            .flatten()
            .collect();
        if !inner.is_empty() {
            put(&mut property, "items", json!({"properties": explained(inner)}));
        }
        (name.to_owned(), property)
    };
    lines.into_iter().map(property).collect()
}

fn table(parameters: &[Parameter], closed: bool) -> Value {
    let properties: Map<String, Value> =
        parameters.iter().map(|it| (it.name.into(), property(it, closed))).collect();
    let required: Vec<&str> =
        parameters.iter().filter(|it| it.required).map(|it| it.name).collect();
    let mut table = json!({"type": "object", "properties": properties});
    if closed {
        put(&mut table, "additionalProperties", false.into());
    }
    if !required.is_empty() {
        put(&mut table, "required", required.into());
    }
    table
}

fn property(parameter: &Parameter, closed: bool) -> Value {
    let mut property = shape(&parameter.shape, closed);
    let mut about = parameter.about.to_owned();
    if parameter.required {
        about.push_str(" Required.");
    }
    if let Some(default) = &parameter.default {
        about.push_str(&format!(" Default: {default}."));
        put(&mut property, "default", default.clone());
    }
    put(&mut property, "description", about.trim_start().into());
    property
}

fn shape(shape: &ParamShape, closed: bool) -> Value {
    match shape {
        ParamShape::Text => json!({"type": "string"}),
        ParamShape::Boolean => json!({"type": "boolean"}),
        // What a reference stands for is not known here.
        ParamShape::Word(words) => {
            json!({"anyOf": [{"type": "string", "enum": words}, {"type": "string", "pattern": format!("^{REFERENCE}$")}]})
        }
        ParamShape::Pointer => {
            json!({"type": "string", "pattern": format!("^((/([^/~]|~[01])*)*|{REFERENCE})$")})
        }
        ParamShape::Number(from, to) => {
            let mut number = json!({"type": "number"});
            for (key, end) in [("minimum", from), ("maximum", to)] {
                if end.is_finite() {
                    put(&mut number, key, (*end).into());
                }
            }
            number
        }
        ParamShape::Whole(from, to) => {
            let mut number = json!({"type": "integer", "minimum": from});
            if *to != usize::MAX {
                put(&mut number, "maximum", (*to).into());
            }
            number
        }
        ParamShape::List(of, may) => {
            let mut list = json!({"type": "array", "items": self::shape(of, closed)});
            if *may == MayBeEmpty::No {
                put(&mut list, "minItems", 1.into());
            }
            list
        }
        ParamShape::Tables(parameters) => {
            json!({"type": "array", "items": table(parameters, closed)})
        }
        ParamShape::Table(keys, of) if keys.is_empty() && **of == ParamShape::Any => {
            json!({"type": "object"})
        }
        ParamShape::Table(keys, of) if keys.is_empty() => {
            json!({"type": "object", "additionalProperties": self::shape(of, closed)})
        }
        ParamShape::Table(keys, of) => {
            let value = self::shape(of, closed);
            let properties: Map<String, Value> =
                keys.iter().map(|key| (key.clone(), value.clone())).collect();
            json!({"type": "object", "properties": properties, "additionalProperties": false})
        }
        // Whatever a later version of the core knows, and what may be anything.
        _ => json!({}),
    }
}
