//! Says what a schema asks for, in words that repeat nothing of the instance.
//!
//! The words come from the schema alone. What the instance has instead (its values, and the names of
//! members that the schema does not mention) is left out: it may be private.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use serde_json::Value;

/// Longest text taken from a schema, in characters.
const LONGEST: usize = 120;

pub(crate) fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Type { kind: TypeKind::Single(one) } => format!("expected type `{one}`"),
        Kind::Type { kind: TypeKind::Multiple(many) } => {
            let names: Vec<String> = many.iter().map(|one| format!("`{one}`")).collect();
            format!("expected one of the types {}", names.join(", "))
        }
        Kind::Required { property: Value::String(name) } => format!("required `{}`", short(name)),
        Kind::Required { property } => format!("required {}", shown(property)),
        Kind::AdditionalProperties { .. } | Kind::UnevaluatedProperties { .. } => {
            "no members other than those the schema names".into()
        }
        Kind::AdditionalItems { limit } => format!("at most {limit} items"),
        Kind::UnevaluatedItems { .. } => "no items other than those the schema describes".into(),
        Kind::MaxItems { limit } => format!("at most {limit} items"),
        Kind::MinItems { limit } => format!("at least {limit} items"),
        Kind::MaxLength { limit } => format!("at most {limit} characters"),
        Kind::MinLength { limit } => format!("at least {limit} characters"),
        Kind::MaxProperties { limit } => format!("at most {limit} members"),
        Kind::MinProperties { limit } => format!("at least {limit} members"),
        Kind::Maximum { limit } => format!("at most {}", shown(limit)),
        Kind::Minimum { limit } => format!("at least {}", shown(limit)),
        Kind::ExclusiveMaximum { limit } => format!("less than {}", shown(limit)),
        Kind::ExclusiveMinimum { limit } => format!("more than {}", shown(limit)),
        Kind::MultipleOf { multiple_of } => format!("a multiple of {multiple_of}"),
        Kind::Pattern { pattern } => format!("a match of the pattern `{}`", short(pattern)),
        Kind::Format { format } => format!("format `{}`", short(format)),
        Kind::Constant { expected_value } => format!("exactly {}", shown(expected_value)),
        Kind::Enum { options } => format!("one of {}", shown(options)),
        Kind::UniqueItems => "no item twice".into(),
        Kind::Contains => "items of which the right number match `contains`".into(),
        Kind::FalseSchema => "nothing at all here".into(),
        Kind::Not { .. } => "no match of the schema under `not`".into(),
        Kind::AnyOf { .. } => "a match of at least one schema of `anyOf`".into(),
        Kind::OneOfNotValid { .. } => "a match of one schema of `oneOf`, found none".into(),
        Kind::OneOfMultipleValid { .. } => "a match of one schema of `oneOf`, found several".into(),
        Kind::PropertyNames { error } => {
            format!("member names as `propertyNames` asks: {}", expected(error.kind()))
        }
        Kind::ContentEncoding { content_encoding } => {
            format!("content encoded as `{}`", short(content_encoding))
        }
        Kind::ContentMediaType { content_media_type } => {
            format!("content of the type `{}`", short(content_media_type))
        }
        Kind::FromUtf8 { .. } => "encoded content that is UTF-8".into(),
        Kind::BacktrackLimitExceeded { .. } | Kind::RegexEngineFailure { .. } => {
            "a match of a pattern that could not be decided".into()
        }
        Kind::Custom { keyword, .. } => format!("what `{}` asks for", short(keyword)),
        Kind::Referencing(_) => "a reference that can be resolved".into(),
    }
}

/// A text of the schema on one line, bounded.
pub(crate) fn short(text: &str) -> String {
    let mut rest = text.chars();
    let mut out = String::new();
    for c in rest.by_ref().take(LONGEST) {
        match c {
            // Harmless, and patterns are full of them.
            '"' | '\'' | '\\' => out.push(c),
            other => out.extend(other.escape_debug()),
        }
    }
    if rest.next().is_some() {
        out.push('…');
    }
    out
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Array(items) if items.len() > 1 => {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            items.join(", ")
        }
        other => other.to_string(),
    };
    short(&text)
}
