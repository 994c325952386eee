//! What the layers come to: every value, and where it came from.
//!
//! Values are shown as they are written: a `$NAME` stays one. What the code does where nothing is said is
//! `merged/defaults.rs`.

mod defaults;

use std::fmt;
use std::ops::Range;

use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::Lines;
use crate::layers::Layered;
use crate::texts::{Kind, Texts};

/// A configuration with all its layers in one.
#[derive(Debug, Clone)]
pub struct Merged {
    settings: Vec<Setting>,
    headers: Vec<Header>,
}

/// A header of TOML.
#[derive(Debug, Clone)]
struct Header {
    /// From which of the settings on it holds.
    from: usize,
    text: String,
    /// Whether it is written somewhere: an empty `[cache]` is a cache all the same.
    written: bool,
}

/// One value of a configuration.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Setting {
    /// Its path, from the root on: `["critic", "pii", "block_at"]`. A critic stands under its name.
    pub path: Vec<String>,
    /// What stands there. A list is one value. Dates and numbers that are not finite are texts.
    pub value: Value,
    /// Where it came from.
    pub origin: Origin,
    /// Its key under the header of TOML, and its value as TOML.
    line: String,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// It is written in a file.
    File {
        /// What the file is called.
        name: String,
        /// The line, from 1.
        line: usize,
        /// The column, in characters, from 1.
        column: usize,
        /// The profile it belongs to, if it stands in one.
        profile: Option<String>,
    },
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
    },
    /// A `--set`.
    Set {
        /// Which of them, from 1.
        number: usize,
    },
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { name, line, column, profile } => {
                write!(f, "{}:{line}:{column}", name.escape_debug())?;
                profile.iter().try_for_each(|profile| write!(f, " (profile {profile})"))
            }
            Self::Variable { name } => write!(f, "{}", name.escape_debug()),
            Self::Set { number } => write!(f, "--set #{number}"),
            Self::Default => f.write_str("default"),
        }
    }
}

impl Merged {
    pub(crate) fn of(layered: &Layered<'_>, texts: &Texts) -> Self {
        let base = texts.joined().len() + 1;
        let root = defaults::under(&layered.root, base);
        let mut flat = Flat {
            lines: texts.parts().iter().map(|part| Lines::of(texts.text(part))).collect(),
            texts,
            layered,
            base,
            merged: Self { settings: Vec::new(), headers: Vec::new() },
        };
        flat.root(&root);
        flat.merged
    }

    /// Every value, those of defaults too.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// The same configuration as one TOML text.
    #[must_use]
    pub fn toml(&self, show: Show) -> String {
        let mut text = String::new();
        let first = self.headers.first().map_or(self.settings.len(), |header| header.from);
        self.lines(0..first, show, &mut text);
        for (index, header) in self.headers.iter().enumerate() {
            let end = self.headers.get(index + 1).map_or(self.settings.len(), |next| next.from);
            let mut under = String::new();
            self.lines(header.from..end, show, &mut under);
            if header.written || !under.is_empty() {
                let blank = if text.is_empty() { "" } else { "\n" };
                text.extend([blank, &header.text, "\n", &under]);
            }
        }
        text
    }

    fn lines(&self, range: Range<usize>, show: Show, text: &mut String) {
        for setting in self.settings.get(range).unwrap_or_default() {
            if !show.defaults && setting.origin == Origin::Default {
                continue;
            }
            text.push_str(&setting.line);
            if show.origins {
                text.push_str(&format!("  # {}", setting.origin));
            }
            text.push('\n');
        }
    }

    /// The same as JSON: as the TOML has it, or with origins a list of objects with `key`, `value` and `origin`.
    #[must_use]
    pub fn json(&self, show: Show) -> Value {
        let shown = || {
            let all = self.settings.iter();
            all.filter(move |setting| show.defaults || setting.origin != Origin::Default)
        };
        if show.origins {
            let one = |setting: &Setting| {
                let mut map = Map::new();
                map.insert("key".into(), key(&setting.path).into());
                map.insert("value".into(), setting.value.clone());
                map.insert("origin".into(), setting.origin.json());
                Value::Object(map)
            };
            return shown().map(one).collect();
        }
        let mut root = Value::Object(Map::new());
        for setting in shown() {
            put(&mut root, &setting.path, setting.value.clone());
        }
        root
    }
}

/// What to show of a merged configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Show {
    /// Where each value came from.
    pub origins: bool,
    /// Also what nobody said, as the code has it.
    pub defaults: bool,
}

impl Origin {
    fn json(&self) -> Value {
        let mut map = Map::new();
        let mut put = |key: &str, value: Value| drop(map.insert(key.into(), value));
        match self {
            Self::File { name, line, column, profile } => {
                put("layer", if profile.is_some() { "profile" } else { "file" }.into());
                put("file", name.as_str().into());
                put("line", (*line).into());
                put("column", (*column).into());
                if let Some(profile) = profile {
                    put("profile", profile.as_str().into());
                }
            }
            Self::Variable { name } => {
                put("layer", "environment".into());
                put("variable", name.as_str().into());
            }
            Self::Set { number } => {
                put("layer", "set".into());
                put("number", (*number).into());
            }
            Self::Default => put("layer", "default".into()),
        }
        Value::Object(map)
    }
}

/// Puts a value where its path leads. In JSON critics stand under their names, as in a path.
fn put(root: &mut Value, path: &[String], value: Value) {
    let Some((last, before)) = path.split_last() else { return };
    let mut here = root;
    for step in before {
        let Value::Object(map) = here else { return };
        here = map.entry(step.as_str()).or_insert_with(|| Value::Object(Map::new()));
    }
    if let Value::Object(map) = here {
        map.insert(last.clone(), value);
    }
}

struct Flat<'f, 'a> {
    texts: &'f Texts,
    lines: Vec<Lines<'f>>,
    layered: &'f Layered<'a>,
    /// Where the offsets of defaults start.
    base: usize,
    merged: Merged,
}

impl Flat<'_, '_> {
    fn root(&mut self, root: &DeTable<'_>) {
        let is_section = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::Table(_) => true,
            DeValue::Array(list) => is_tables(list),
            _ => false,
        };
        // What has no header must come before the first one.
        for (name, value) in sorted(root).into_iter().filter(|(_, value)| !is_section(value)) {
            self.value(&[name.to_owned()], 0, value);
        }
        for (name, value) in sorted(root).into_iter().filter(|(_, value)| is_section(value)) {
            let path = [name.to_owned()];
            match value.get_ref() {
                DeValue::Table(table) => {
                    self.header(format!("[{}]", key(&path)), value);
                    self.table(&path, 1, table);
                }
                DeValue::Array(list) => {
                    for (index, item) in list.iter().enumerate() {
                        let Some(table) = item.get_ref().as_table() else { continue };
                        let name = super::layers::tree::name_of(item.get_ref());
                        let name = name.map_or_else(|| index.to_string(), str::to_owned);
                        self.header(format!("[[{}]]", key(&path)), item);
                        self.table(&[path[0].clone(), name], 2, table);
                    }
                }
                _ => {}
            }
        }
    }

    fn header(&mut self, text: String, value: &Spanned<DeValue<'_>>) {
        let (from, written) = (self.merged.settings.len(), value.span().start < self.base);
        self.merged.headers.push(Header { from, text, written });
    }

    /// `under` says how many steps of the path the header has.
    fn table(&mut self, path: &[String], under: usize, table: &DeTable<'_>) {
        for (name, value) in sorted(table) {
            let mut path = path.to_vec();
            path.push(name.to_owned());
            match value.get_ref() {
                DeValue::Table(inner) if !inner.is_empty() => self.table(&path, under, inner),
                _ => self.value(&path, under, value),
            }
        }
    }

    fn value(&mut self, path: &[String], under: usize, value: &Spanned<DeValue<'_>>) {
        let mut line = key(path.get(under..).unwrap_or_default());
        line.push_str(" = ");
        write(value.get_ref(), &mut line);
        let origin = self.origin(value.span().start);
        let value = json(value.get_ref());
        self.merged.settings.push(Setting { path: path.to_vec(), value, origin, line });
    }

    fn origin(&self, offset: usize) -> Origin {
        let index = self.texts.index(offset);
        let found = self.texts.parts().get(index).zip(self.lines.get(index));
        let Some((part, lines)) = found.filter(|_| offset < self.base) else {
            return Origin::Default;
        };
        match part.kind {
            Kind::File => {
                let (line, column) = lines.position(offset - part.range.start);
                let profile = self.layered.of_profile.get(&offset).cloned();
                Origin::File { name: part.name.clone(), line, column, profile }
            }
            Kind::Variable => {
                let name = self.texts.text(part).split('=').next().unwrap_or_default();
                Origin::Variable { name: name.to_owned() }
            }
            Kind::Set => {
                let first = self.texts.parts().iter().position(|part| part.kind == Kind::Set);
                Origin::Set { number: index - first.unwrap_or(index) + 1 }
            }
        }
    }
}

/// The keys of a table, those first that say what it is.
fn sorted<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t str, &'t Spanned<DeValue<'a>>)> {
    const FIRST: [&str; 7] = ["run", "stages", "defaults", "rates", "name", "kind", "stage"];
    let mut entries: Vec<_> = table.iter().map(|(key, value)| (&**key.get_ref(), value)).collect();
    let rank = |key: &str| FIRST.iter().position(|first| *first == key).unwrap_or(FIRST.len());
    entries.sort_by_key(|(key, _)| (rank(key), *key));
    entries
}

fn is_tables(list: &[Spanned<DeValue<'_>>]) -> bool {
    !list.is_empty() && list.iter().all(|item| item.get_ref().is_table())
}

/// A path as TOML writes it.
fn key(path: &[String]) -> String {
    let step = |step: &String| {
        let bare = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !step.is_empty() && step.bytes().all(bare) { step.clone() } else { quoted(step) }
    };
    path.iter().map(step).collect::<Vec<String>>().join(".")
}

/// A text in quotes, on one line, with nothing in it that does more than stand there.
fn quoted(text: &str) -> String {
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
fn write(value: &DeValue<'_>, out: &mut String) {
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

fn json(value: &DeValue<'_>) -> Value {
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
