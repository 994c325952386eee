//! Typed parameters of a critic, read from JSON, with every mistake named by its path.
//!
//! A factory knows no file and no TOML: it says *which* parameter is wrong and why, and whoever read the
//! file knows where that stands. Start at [`Params::read`].

use std::cell::RefCell;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};
use thiserror::Error;

use crate::Pointer;

/// One step on the way to a parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamStep {
    /// Into a table.
    Key(String),
    /// Into a list.
    Index(usize),
}

/// Where a parameter stands, from the critic's own table on: `rules[2].pattern`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParamPath(pub Vec<ParamStep>);

impl ParamPath {
    fn then(&self, step: ParamStep) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for ParamPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                ParamStep::Key(key) if index == 0 => write!(f, "{}", key.escape_debug())?,
                ParamStep::Key(key) => write!(f, ".{}", key.escape_debug())?,
                ParamStep::Index(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// One parameter that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{path}` {problem}")]
pub struct ParamFault {
    /// Which.
    pub path: ParamPath,
    /// In which way.
    pub problem: ParamProblem,
}

impl ParamFault {
    /// The same, of an item of a list.
    fn of_item(mut self, index: usize) -> Self {
        self.path.0.insert(0, ParamStep::Index(index));
        self
    }
}

/// A fault of the value itself, and not of a part of it.
impl From<ParamProblem> for ParamFault {
    fn from(problem: ParamProblem) -> Self {
        Self { path: ParamPath::default(), problem }
    }
}

/// In which way a parameter is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParamProblem {
    /// There is no such parameter.
    #[error("is not known here; known are {}", .known.join(", "))]
    Unknown {
        /// Those there are.
        known: Vec<&'static str>,
    },
    /// It must be given.
    #[error("is missing")]
    Missing,
    /// Its value is of another type than it should be; the text says of which.
    #[error("{0}")]
    Type(String),
    /// Its value is a number, or has a size, outside of a range; the text says which.
    #[error("{0}")]
    Range(String),
    /// Its value is none of the words that it may be; the text says which there are, or which may be meant.
    #[error("{0}")]
    Word(String),
    /// Its value is no JSON pointer.
    #[error("{0}")]
    Pointer(String),
    /// Its value is a regular expression, or names a file of them, that does not compile.
    #[error("{problem}")]
    Pattern {
        /// What is wrong with it.
        problem: String,
        /// From which byte to which of the value, where that can be told.
        at: Option<Range<usize>>,
    },
    /// Its value is a JSON Schema, or a part of one, that does not compile.
    #[error("{0}")]
    Schema(String),
    /// Its value names a file that cannot be read.
    #[error("{0}")]
    File(String),
    /// Its value does not do for another reason; the text says what would.
    #[error("{0}")]
    Wrong(String),
}

impl From<String> for ParamProblem {
    fn from(problem: String) -> Self {
        Self::Wrong(problem)
    }
}

impl From<&str> for ParamProblem {
    fn from(problem: &str) -> Self {
        Self::Wrong(problem.into())
    }
}

/// One table of parameters, and a place to put everything that is wrong with it.
pub struct Params<'a> {
    table: &'a Map<String, Value>,
    path: ParamPath,
    base: &'a Path,
    asked: RefCell<Vec<&'static str>>,
    faults: &'a RefCell<Vec<ParamFault>>,
}

impl<'a> Params<'a> {
    /// Reads a table: `build` asks for what it knows, and afterwards what it did not ask for is an unknown key.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, not just the first.
    pub fn read<T>(
        table: &Map<String, Value>,
        build: impl FnOnce(&Params<'_>) -> Option<T>,
    ) -> Result<T, Vec<ParamFault>> {
        Self::read_from(table, Path::new(""), build)
    }

    /// As [`Params::read`], for a table that stands in a file of that folder: paths in it start from there.
    ///
    /// # Errors
    ///
    /// As [`Params::read`].
    pub fn read_from<T>(
        table: &Map<String, Value>,
        base: &Path,
        build: impl FnOnce(&Params<'_>) -> Option<T>,
    ) -> Result<T, Vec<ParamFault>> {
        let faults = RefCell::new(Vec::new());
        let params = Params::at(table, ParamPath::default(), base, &faults);
        let built = build(&params);
        params.close();
        let mut faults = faults.into_inner();
        match built {
            Some(built) if faults.is_empty() => Ok(built),
            _ => {
                if faults.is_empty() {
                    let problem = ParamProblem::Wrong("cannot be built from these".into());
                    faults.push(ParamFault { path: ParamPath::default(), problem });
                }
                Err(faults)
            }
        }
    }

    fn at(
        table: &'a Map<String, Value>,
        path: ParamPath,
        base: &'a Path,
        faults: &'a RefCell<Vec<ParamFault>>,
    ) -> Self {
        Self { table, path, base, asked: RefCell::default(), faults }
    }

    fn value(&self, key: &'static str) -> Option<&'a Value> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.get(key)
    }

    fn push(&self, path: ParamPath, problem: ParamProblem) {
        self.faults.borrow_mut().push(ParamFault { path, problem });
    }

    /// Says that the value of a key does not do; `problem` continues the sentence "`key` ...".
    pub fn fault(&self, key: &'static str, problem: impl Into<ParamProblem>) {
        let path = self.path.then(ParamStep::Key(key.into()));
        self.push(path, problem.into());
    }

    /// Says that one item of a list does not do.
    pub fn fault_at(&self, key: &'static str, index: usize, problem: impl Into<ParamProblem>) {
        let path = self.path.then(ParamStep::Key(key.into())).then(ParamStep::Index(index));
        self.push(path, problem.into());
    }

    /// Says that something inside a value does not do: `at` leads to it from that value on.
    pub fn fault_within(&self, key: &'static str, at: &Pointer, problem: impl Into<ParamProblem>) {
        let mut path = self.path.then(ParamStep::Key(key.into()));
        let mut here = self.value(key);
        for token in at.tokens() {
            let list = here.and_then(Value::as_array);
            let index = list.and_then(|items| Some((items, token.parse::<usize>().ok()?)));
            let step;
            (step, here) = match index {
                Some((items, index)) => (ParamStep::Index(index), items.get(index)),
                None => (ParamStep::Key(token.to_string()), here.and_then(|v| v.get(&**token))),
            };
            path.0.push(step);
        }
        self.push(path, problem.into());
    }

    /// A parameter that may be left out. `None` also when it is wrong; that is noted.
    pub fn optional<T: FromParam>(&self, key: &'static str) -> Option<T> {
        let value = self.value(key)?;
        match T::from_param(value) {
            Ok(read) => Some(read),
            Err(ParamFault { path, problem }) => {
                let mut whole = self.path.then(ParamStep::Key(key.into()));
                whole.0.extend(path.0);
                self.push(whole, problem);
                None
            }
        }
    }

    /// A parameter with a default.
    pub fn or<T: FromParam>(&self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// A parameter that must be given.
    pub fn required<T: FromParam>(&self, key: &'static str) -> Option<T> {
        if self.value(key).is_none() {
            self.push(self.path.then(ParamStep::Key(key.into())), ParamProblem::Missing);
            return None;
        }
        self.optional(key)
    }

    /// A number with a default, within a range.
    pub fn number(&self, key: &'static str, default: f64, range: RangeInclusive<f64>) -> f64 {
        let number = self.or(key, default);
        if range.contains(&number) {
            return number;
        }
        let (from, to) = (range.start(), range.end());
        let problem = format!("must lie within {from} to {to}, found {number}");
        self.fault(key, ParamProblem::Range(problem));
        default
    }

    /// A word that an enum reads, with a default.
    pub fn word<T>(&self, key: &'static str, default: T) -> T
    where
        T: std::str::FromStr<Err = crate::UnknownWord>,
    {
        match self.optional::<String>(key).map(|word| word.parse()) {
            None => default,
            Some(Ok(value)) => value,
            Some(Err(unknown)) => {
                self.fault(key, ParamProblem::Word(format!("does not do: {unknown}")));
                default
            }
        }
    }

    /// A list of tables, each read like a table of its own. Those that are wrong are left out, and noted.
    pub fn tables<T>(
        &self,
        key: &'static str,
        mut build: impl FnMut(&Params<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Value::Array(items) = value else {
            self.fault(key, ParamProblem::Type("must be a list of tables".into()));
            return Vec::new();
        };
        let mut built = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let Value::Object(table) = item else {
                self.fault_at(key, index, ParamProblem::Type("must be a table".into()));
                continue;
            };
            let path = self.path.then(ParamStep::Key(key.into())).then(ParamStep::Index(index));
            let params = Params::at(table, path, self.base, self.faults);
            built.extend(build(&params));
            params.close();
        }
        built
    }

    /// A path as it is meant: one that is relative starts from the folder of the file that the parameters stand in,
    /// or from the working directory where that is not known.
    #[must_use]
    pub fn resolve(&self, path: impl AsRef<Path>) -> PathBuf {
        self.base.join(path)
    }

    /// Which of the known keys are there.
    #[must_use]
    pub fn has(&self, key: &'static str) -> bool {
        self.value(key).is_some()
    }

    fn close(&self) {
        let known = self.asked.borrow();
        for key in self.table.keys() {
            if !known.contains(&key.as_str()) {
                let mut known = known.clone();
                known.sort_unstable();
                let path = self.path.then(ParamStep::Key(key.clone()));
                self.push(path, ParamProblem::Unknown { known });
            }
        }
    }
}

fn expected(what: &str) -> ParamFault {
    ParamProblem::Type(format!("must be {what}")).into()
}

/// A type that a parameter can have.
pub trait FromParam: Sized {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// What was expected, as in "must be a string", and of which part of the value.
    fn from_param(value: &Value) -> Result<Self, ParamFault>;
}

impl FromParam for String {
    fn from_param(value: &Value) -> Result<Self, ParamFault> {
        value.as_str().map(Self::from).ok_or_else(|| expected("a string"))
    }
}

impl FromParam for bool {
    fn from_param(value: &Value) -> Result<Self, ParamFault> {
        value.as_bool().ok_or_else(|| expected("true or false"))
    }
}

impl FromParam for f64 {
    fn from_param(value: &Value) -> Result<Self, ParamFault> {
        value.as_f64().ok_or_else(|| expected("a number"))
    }
}

impl FromParam for usize {
    fn from_param(value: &Value) -> Result<Self, ParamFault> {
        let number = value.as_u64().and_then(|number| Self::try_from(number).ok());
        let problem = "must be a whole number, 0 or more";
        let problem = || match value.is_i64() || value.is_u64() {
            true => ParamProblem::Range(problem.into()),
            false => ParamProblem::Type(problem.into()),
        };
        number.ok_or_else(|| problem().into())
    }
}

impl FromParam for Value {
    fn from_param(value: &Value) -> Result<Self, ParamFault> {
        Ok(value.clone())
    }
}

impl FromParam for Pointer {
    fn from_param(value: &Value) -> Result<Self, ParamFault> {
        let text = value.as_str();
        let text = text.ok_or_else(|| expected("a JSON pointer such as \"/input_text\""))?;
        let parsed = text.parse();
        parsed.map_err(|error| ParamProblem::Pointer(format!("does not do: {error}")).into())
    }
}

impl<T: FromParam> FromParam for Vec<T> {
    fn from_param(value: &Value) -> Result<Self, ParamFault> {
        let items = value.as_array().ok_or_else(|| expected("a list"))?;
        let read = |(index, item)| T::from_param(item).map_err(|fault| fault.of_item(index));
        items.iter().enumerate().map(read).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_mistake_is_named_by_its_path() {
        let table = json!({
            "limit": "many", "ratio": 1.5, "typo": 1,
            "rules": [{"name": "a"}, {"nmae": "b"}, 3], "deep": {"a/b": [1, {"0": 2}]},
        });
        let faults = Params::read(table.as_object().unwrap(), |params| {
            params.optional::<usize>("limit");
            params.number("ratio", 0.5, 0.0..=1.0);
            params.tables("rules", |rule| rule.required::<String>("name"));
            params.fault_within("deep", &"/a~1b/1/0".parse().unwrap(), "is too deep");
            params.fault_within("deep", &"/none/1".parse().unwrap(), "is nowhere");
            params.required::<bool>("strict")
        })
        .unwrap_err();
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "`limit` must be a whole number, 0 or more",
                "`ratio` must lie within 0 to 1, found 1.5",
                "`rules[1].name` is missing",
                "`rules[1].nmae` is not known here; known are name",
                "`rules[2]` must be a table",
                "`deep.a/b[1].0` is too deep",
                "`deep.none.1` is nowhere",
                "`strict` is missing",
                "`typo` is not known here; known are deep, limit, ratio, rules, strict",
            ]
        );
    }
}
