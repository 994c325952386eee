//! What the layers come to: every value, and where it came from.
//!
//! Values are shown as they are written: a `$NAME` stays one. What the code does where nothing is said is
//! `merged/defaults.rs`.

mod defaults;
mod flat;
mod write;

use std::fmt;
use std::ops::Range;

use serde_json::{Map, Value};

use self::flat::Flat;
use self::write::key;
use crate::error::Lines;
use crate::layers::Layered;
use crate::texts::Texts;

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
