//! TOML values as the JSON that critics and schemas take, with `$NAME` references put in.
//!
//! What a reference stands for goes to the critic and nowhere else: not into the fingerprint, and not into
//! what is said about mistakes.

mod path;

use std::ops::Range;
use std::path::Path;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::DeValue;
use tribunal_core::{CriticKind, ParamFault, ParamPath, ParamProblem, ParamStep};

use crate::nearest::{listed, meant};
use crate::notes::{Mistake, Notes};
use crate::read::{finite, kind as kind_of};
use crate::{Code, literal};

use path::{find, key_span};
pub(crate) use path::{in_pattern, locate, steps};

/// Where references lead.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The parameters of one critic.
#[derive(Default)]
pub(crate) struct Params {
    /// What the critic gets.
    pub(crate) values: Map<String, Value>,
    /// The same as it was written, references and all.
    pub(crate) written: Value,
    secrets: Vec<Secret>,
}

/// One reference that was put in.
struct Secret {
    path: Vec<ParamStep>,
    name: String,
    value: String,
}

/// Reads a value without references, such as a schema, that has this name in messages.
pub(crate) fn json(name: &str, value: &Spanned<DeValue<'_>>, notes: &Notes) -> Option<Value> {
    let mut reader = Reader::new(name, notes, None);
    let before = notes.errors();
    let read = reader.value(value);
    (notes.errors() == before).then_some(read)
}

/// Reads parameters. `None` when something in them is wrong, which is noted.
pub(crate) fn params(
    value: &Spanned<DeValue<'_>>,
    environment: Environment<'_>,
    notes: &Notes,
) -> Option<Params> {
    let before = notes.errors();
    let environment = Some(environment);
    let mut reader = Reader::new("params", notes, environment);
    let Value::Object(values) = reader.value(value) else {
        let found = kind_of(value.get_ref());
        let message = format!("`params` must be a table, found {found}");
        notes.add(Mistake::new(Code::WrongType, value.span(), message));
        return None;
    };
    let secrets = reader.secrets;
    let quiet = Notes::default();
    let mut reader = Reader::new("params", &quiet, None);
    let written = reader.value(value);
    (notes.errors() == before).then_some(Params { values, written, secrets })
}

struct Reader<'r> {
    /// What stands before each path in messages.
    name: &'r str,
    notes: &'r Notes,
    environment: Option<Environment<'r>>,
    secrets: Vec<Secret>,
    path: Vec<ParamStep>,
}

impl<'r> Reader<'r> {
    const fn new(name: &'r str, notes: &'r Notes, environment: Option<Environment<'r>>) -> Self {
        Self { name, notes, environment, secrets: Vec::new(), path: Vec::new() }
    }

    /// What stands here, in messages.
    fn here(&self) -> String {
        match self.path.is_empty() {
            true => self.name.to_owned(),
            false => format!("{}.{}", self.name, ParamPath(self.path.clone())),
        }
    }

    /// The value; null in place of what is wrong, which is noted. The parser has bounded the depth.
    fn value(&mut self, value: &Spanned<DeValue<'_>>) -> Value {
        match value.get_ref() {
            DeValue::String(text) => self.text(text, &value.span()),
            DeValue::Boolean(on) => Value::Bool(*on),
            DeValue::Integer(written) => {
                let number = i128::from_str_radix(written.as_str(), written.radix()).ok();
                let number = number.and_then(Number::from_i128);
                let wrong = || self.wrong(Code::OutOfRange, value, "is too large a number");
                number.map_or_else(wrong, Value::Number)
            }
            DeValue::Float(_) => match finite(value.get_ref()) {
                Some(Ok(number)) => Number::from_f64(number).map_or(Value::Null, Value::Number),
                Some(Err(problem)) => self.wrong(Code::OutOfRange, value, problem),
                None => Value::Null,
            },
            DeValue::Datetime(_) => {
                let problem = "is a date or time, which JSON does not have: write it in quotes";
                self.wrong(Code::WrongType, value, problem)
            }
            DeValue::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    list.push(self.step(ParamStep::Index(index), item));
                }
                Value::Array(list)
            }
            DeValue::Table(table) => {
                let mut map = Map::new();
                for (key, item) in table.iter() {
                    let value = self.step(ParamStep::Key(key.get_ref().to_string()), item);
                    map.insert(key.get_ref().to_string(), value);
                }
                Value::Object(map)
            }
        }
    }

    fn step(&mut self, step: ParamStep, value: &Spanned<DeValue<'_>>) -> Value {
        self.path.push(step);
        let read = self.value(value);
        self.path.pop();
        read
    }

    fn wrong(&self, code: Code, value: &Spanned<DeValue<'_>>, problem: &str) -> Value {
        let message = format!("`{}` {problem}", self.here());
        self.notes.add(Mistake::new(code, value.span(), message));
        Value::Null
    }

    fn text(&mut self, text: &str, span: &Range<usize>) -> Value {
        let Some(environment) = self.environment else { return text.into() };
        let Some(rest) = text.strip_prefix('$') else { return text.into() };
        if rest.starts_with('$') || !is_name(rest) {
            return if rest.starts_with('$') { rest.into() } else { text.into() };
        }
        let Some(value) = environment(rest) else {
            let path = self.here();
            let message = format!("`{path}` refers to `${rest}`, and there is no such variable");
            let help = format!("set `{rest}`, or write `$${rest}` for the text itself");
            self.notes.add(Mistake::new(Code::MissingVariable, span.clone(), message).help(help));
            return Value::Null;
        };
        self.secrets.push(Secret {
            path: self.path.clone(),
            name: rest.to_owned(),
            value: value.clone(),
        });
        value.into()
    }
}

fn is_name(text: &str) -> bool {
    let starts = text.bytes().next().is_some_and(|b| b.is_ascii_uppercase() || b == b'_');
    starts && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

impl Params {
    /// Builds the critic, whose paths start from `base`; what it says is wrong becomes mistakes in their places. `within` is the table of the
    /// parameters, or that of the critic where there is none.
    pub(crate) fn build(
        &self,
        kind: &CriticKind,
        base: &Path,
        table: Option<&Spanned<DeValue<'_>>>,
        within: &Range<usize>,
        notes: &Notes,
    ) -> Option<std::sync::Arc<dyn tribunal_core::Critic>> {
        match kind.build_from(&self.values, base) {
            Ok(critic) => Some(critic),
            Err(faults) => {
                let mistake = |fault| self.mistake(fault, table, within, notes);
                faults.iter().for_each(|fault| notes.add(mistake(fault)));
                None
            }
        }
    }

    fn mistake(
        &self,
        fault: &ParamFault,
        table: Option<&Spanned<DeValue<'_>>>,
        within: &Range<usize>,
        notes: &Notes,
    ) -> Mistake {
        let ParamFault { path, problem } = fault;
        let name = match path.0.first() {
            None => String::from("params"),
            Some(_) => format!("params.{path}"),
        };
        let span = table.map_or_else(|| within.clone(), |table| locate(table, &path.0));
        match problem {
            ParamProblem::Unknown { known } => {
                let key = table.and_then(|table| key_span(table, &path.0)).unwrap_or(span);
                let found = match path.0.last() {
                    Some(ParamStep::Key(key)) => key.as_str(),
                    _ => "",
                };
                let list = || format!("known are {}", listed(known.iter().copied(), "and"));
                let help = meant(found, known.iter().copied()).unwrap_or_else(list);
                let message = format!("`{name}` is not known here");
                Mistake::new(Code::UnknownKey, key, message).help(help)
            }
            ParamProblem::Missing => {
                Mistake::new(Code::MissingKey, span, format!("`{name}` is missing"))
            }
            ParamProblem::Schema(_) if self.secret_near(path).is_none() => {
                let broken = table.and_then(|table| in_pattern(table, &path.0, &name, notes));
                broken.unwrap_or_else(|| {
                    let message = format!("`{name}` {}", self.discreet(path, problem));
                    Mistake::new(Code::InvalidSchema, span, message)
                })
            }
            other => {
                let message = format!("`{name}` {}", self.discreet(path, other));
                let part = self.part(path, other, table, notes);
                Mistake::new(code(other), part.unwrap_or(span), message)
            }
        }
    }

    /// Where the part of a text stands that does not do, if the text stands in the file.
    fn part(
        &self,
        path: &ParamPath,
        problem: &ParamProblem,
        table: Option<&Spanned<DeValue<'_>>>,
        notes: &Notes,
    ) -> Option<Range<usize>> {
        let ParamProblem::Pattern { at: Some(at), .. } = problem else { return None };
        if self.secret_near(path).is_some() {
            return None;
        }
        let value = find(table?, &path.0)?;
        value.get_ref().as_str()?;
        Some(literal::place(&value.span(), notes.text(&value.span()), at))
    }

    fn secret_near(&self, path: &ParamPath) -> Option<&Secret> {
        let near =
            |secret: &&Secret| secret.path.starts_with(&path.0) || path.0.starts_with(&secret.path);
        self.secrets.iter().find(near)
    }

    /// What is wrong, without what came in by a reference.
    fn discreet(&self, path: &ParamPath, problem: &ParamProblem) -> String {
        if let Some(secret) = self.secret_near(path) {
            // What a critic says of a value may repeat it in any form.
            return format!(
                "does not do; why is not shown, as its value comes from `${}`",
                secret.name
            );
        }
        let mut text = problem.to_string();
        for secret in self.secrets.iter().filter(|secret| !secret.value.is_empty()) {
            let escaped = secret.value.escape_debug().to_string();
            let start: String = secret.value.chars().take(80).collect();
            for form in [&secret.value, &escaped, &start] {
                text = text.replace(form.as_str(), &format!("${}", secret.name));
            }
        }
        text
    }
}

/// What kind of mistake a critic sees in a parameter.
fn code(problem: &ParamProblem) -> Code {
    match problem {
        ParamProblem::Unknown { .. } => Code::UnknownKey,
        ParamProblem::Missing => Code::MissingKey,
        ParamProblem::Type(_) => Code::WrongType,
        ParamProblem::Range(_) => Code::OutOfRange,
        ParamProblem::Word(_) => Code::UnknownWord,
        ParamProblem::Pointer(_) => Code::InvalidPointer,
        ParamProblem::Pattern { .. } => Code::InvalidPattern,
        ParamProblem::Schema(_) => Code::InvalidSchema,
        ParamProblem::File(_) => Code::UnreadableFile,
        _ => Code::InvalidParameter,
    }
}

/// JSON with its members in order, so that the same parameters always read the same.
pub(crate) fn canonical(value: &Value) -> String {
    fn write(value: &Value, out: &mut String) {
        match value {
            Value::Array(items) => {
                out.push('[');
                for item in items {
                    write(item, out);
                    out.push(',');
                }
                out.push(']');
            }
            Value::Object(map) => {
                let mut members: Vec<(&String, &Value)> = map.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                out.push('{');
                for (name, value) in members {
                    out.push_str(&Value::from(name.as_str()).to_string());
                    out.push(':');
                    write(value, out);
                    out.push(',');
                }
                out.push('}');
            }
            plain => out.push_str(&plain.to_string()),
        }
    }
    let mut out = String::new();
    write(value, &mut out);
    out
}
