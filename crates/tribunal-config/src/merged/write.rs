//! Keys and values as TOML and as JSON.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys of a table, those first that say what it is.
pub(super) fn sorted<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t str, &'t Spanned<DeValue<'a>>)> {
    const FIRST: [&str; 7] = ["run", "stages", "defaults", "rates", "name", "kind", "stage"];
    let mut entries: Vec<_> = table.iter().map(|(key, value)| (&**key.get_ref(), value)).collect();
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    entries.sort_by_key(|(key, _)| (rank(key), *key));
    entries
}

pub(super) fn is_tables(list: &[Spanned<DeValue<'_>>]) -> bool {
    !list.is_empty() && list.iter().all(|item| item.get_ref().is_table())
}

/// A path as TOML writes it.
pub(super) fn key(path: &[String]) -> String {
    let step = |step: &String| {
        let bare = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !step.is_empty() && step.bytes().all(bare) { step.clone() } else { quoted(step) }
    };
    path.iter().map(step).collect::<Vec<String>>().join(".")
}

/// A text in quotes, on one line, with nothing in it that does more than stand there.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if crate::error::steers(c) => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A value as TOML, on one line.
pub(super) fn write(value: &DeValue<'_>, out: &mut String) {
    match value {
        DeValue::String(text) => out.push_str(&quoted(text)),
        DeValue::Boolean(on) => out.push_str(&on.to_string()),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => {
            out.push_str(&plain(value))
        }
        DeValue::Array(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write(item.get_ref(), out);
            }
            out.push(']');
        }
        DeValue::Table(table) if table.is_empty() => out.push_str("{}"),
        DeValue::Table(table) => {
            out.push_str("{ ");
            for (index, (name, value)) in sorted(table).into_iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                out.push_str(&key(&[name.to_owned()]));
                out.push_str(" = ");
                write(value.get_ref(), out);
            }
            out.push_str(" }");
        }
    }
}

/// A number or a date as it is written.
fn plain(value: &DeValue<'_>) -> String {
    match value {
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        _ => String::new(),
    }
}

pub(super) fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => Value::from(&**text),
        DeValue::Boolean(on) => Value::Bool(*on),
        DeValue::Integer(number) => {
            let read = i128::from_str_radix(number.as_str(), number.radix()).ok();
            let number = read.and_then(serde_json::Number::from_i128);
            number.map_or_else(|| plain(value).into(), Value::Number)
        }
        DeValue::Float(number) => {
            let read = number.as_str().parse().ok().and_then(serde_json::Number::from_f64);
            read.map_or_else(|| plain(value).into(), Value::Number)
        }
        DeValue::Datetime(_) => plain(value).into(),
        DeValue::Array(list) => list.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(table) => {
            let members = table.iter();
            let members =
                members.map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
            Value::Object(members.collect())
        }
    }
}
