//! Which parameters a kind of critic has, for those who write them down: schemas, editors, docs.
//!
//! A kind says so by reading: it is built once from an empty table, and what it asks for is noted. What it asks for
//! only when something else is there is missed; [`Params::shape`](crate::Params::shape) can tell it, and more than a
//! type does. Start at [`CriticKind::parameters`](crate::CriticKind::parameters).

use std::cell::RefCell;

use serde_json::Value;

/// One parameter of a kind of critic.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Parameter {
    /// What it is called.
    pub name: &'static str,
    /// What it means, in a line; empty where its kind does not say.
    pub about: &'static str,
    /// What may stand there.
    pub shape: ParamShape,
    /// Whether it must be given, whatever the others say.
    pub required: bool,
    /// What holds where it is left out, as far as that is one value.
    pub default: Option<Value>,
}

/// What may stand at a parameter.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ParamShape {
    /// Anything.
    Any,
    /// A text.
    Text,
    /// One of these words.
    Word(Vec<String>),
    /// A JSON pointer into the snapshot.
    Pointer,
    /// True or false.
    Boolean,
    /// A number within a range, both ends included; infinite where there is none.
    Number(f64, f64),
    /// A whole number within a range, both ends included.
    Whole(usize, usize),
    /// A list of these, and whether it may be empty.
    List(Box<ParamShape>, MayBeEmpty),
    /// A list of tables with these parameters.
    Tables(Vec<Parameter>),
    /// A table with these keys, or any where there is none, and such values.
    Table(Vec<String>, Box<ParamShape>),
}

/// Whether a list may be empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayBeEmpty {
    /// It may.
    Yes,
    /// It has at least one item.
    No,
}

impl ParamShape {
    /// A list of at least one of these words.
    pub fn some_of<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::List(Box::new(Self::word(words)), MayBeEmpty::No)
    }

    /// One of these words.
    pub fn word<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        Self::Word(words.into_iter().map(str::to_owned).collect())
    }

    /// How much it says. Of two answers to one question the one that says more counts.
    fn says(&self) -> u8 {
        match self {
            Self::Any => 0,
            Self::List(of, MayBeEmpty::Yes) if **of == Self::Any => 1,
            Self::Text | Self::Boolean => 2,
            Self::Number(from, to) if from.is_infinite() && to.is_infinite() => 2,
            Self::Whole(0, usize::MAX) => 2,
            Self::List(of, may) => 3 + u8::from(*may == MayBeEmpty::No) + of.says().min(4),
            Self::Table(..) => 3,
            Self::Word(_) | Self::Pointer | Self::Number(..) | Self::Whole(..) => 4,
            Self::Tables(_) => 9,
        }
    }
}

/// What was asked for while a kind was built.
#[derive(Debug, Default)]
pub(crate) struct Record(RefCell<Vec<Parameter>>);

impl Record {
    pub(crate) fn note(
        &self,
        name: &'static str,
        shape: ParamShape,
        required: bool,
        default: Option<Value>,
    ) {
        let mut noted = self.0.borrow_mut();
        let Some(known) = noted.iter_mut().find(|known| known.name == name) else {
            noted.push(Parameter { name, about: "", shape, required, default });
            return;
        };
        if shape.says() > known.shape.says() {
            known.shape = shape;
        }
        known.required |= required;
        known.default = known.default.take().or(default);
    }

    pub(crate) fn take(self) -> Vec<Parameter> {
        self.0.into_inner()
    }
}

/// Puts the lines of a kind to its parameters; those of tables are called `rules[].name`.
pub(crate) fn explained(
    mut parameters: Vec<Parameter>,
    lines: &[(&'static str, &'static str)],
    within: &str,
) -> Vec<Parameter> {
    for parameter in &mut parameters {
        let path = format!("{within}{}", parameter.name);
        let line = lines.iter().find(|(name, _)| *name == path);
        parameter.about = line.map_or("", |(_, about)| about);
        if let ParamShape::Tables(inner) = &mut parameter.shape {
            *inner = explained(std::mem::take(inner), lines, &format!("{path}[]."));
        }
    }
    parameters
}
