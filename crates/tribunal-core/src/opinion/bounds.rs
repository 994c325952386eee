//! How large an opinion may be: what comes back from a critic is kept, written and read again, so it has an end.
//!
//! An opinion of plain numbers is not looked at; in any other the looking ends at the bound. Nothing here recurses: a
//! value may be nested deeper than the stack is.

use std::mem::size_of;

use serde_json::Value;
use thiserror::Error;

use super::Opinion;
use crate::Violation;

/// A bound that an opinion exceeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpinionBound {
    /// [`Opinion::MAX_VIOLATIONS`].
    #[error("it has more than {} violations", Opinion::MAX_VIOLATIONS)]
    Violations,
    /// [`Opinion::MAX_BYTES`].
    #[error("it is larger than {} bytes", Opinion::MAX_BYTES)]
    Bytes,
    /// [`Opinion::MAX_DEPTH`].
    #[error("its value or its details nest deeper than {} levels", Opinion::MAX_DEPTH)]
    Depth,
}

/// The most bytes of what a critic says of its failure; the rest is cut off.
pub(crate) const MAX_MESSAGE: usize = 4_096;

impl Opinion {
    /// The most violations.
    pub const MAX_VIOLATIONS: usize = 1_000;
    /// The most bytes: of all texts and names in it, and 32 for each item, member and violation.
    pub const MAX_BYTES: usize = 1 << 20;
    /// How deep lists and objects may nest in the value and in the details, each counted from 1.
    pub const MAX_DEPTH: usize = 64;

    /// Whether it has nothing that could be too much: a glance, as nearly all are.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.value, Value::Null | Value::Bool(_) | Value::Number(_))
            && self.details.is_none()
            && self.violations.is_empty()
    }

    /// Whether there is nothing to be dropped with it. A number may own its digits: that is a feature of `serde_json`.
    #[inline]
    pub(crate) fn owns_nothing(&self) -> bool {
        matches!(self.value, Value::Null | Value::Bool(_))
            && self.details.is_none()
            && self.violations.capacity() == 0
    }

    /// Which bound it exceeds, if one.
    #[inline(never)]
    pub(super) fn exceeds(&self) -> Option<OpinionBound> {
        if self.is_plain() {
            return None;
        }
        Measure::default().opinion(self).err()
    }

    /// For engines: frees one that nobody wants, however deep it is.
    pub fn discard(self) {
        let details = self.details.into_iter().flat_map(|details| details.into_values());
        let mut open: Vec<Value> = details.chain([self.value]).collect();
        let nests = |value: &Value| matches!(value, Value::Array(_) | Value::Object(_));
        while let Some(value) = open.pop() {
            match value {
                Value::Array(items) => open.extend(items.into_iter().filter(nests)),
                Value::Object(members) => open.extend(members.into_values().filter(nests)),
                _ => {}
            }
        }
    }
}

/// A message within its bound, cut between two characters.
pub(crate) fn within(mut message: String) -> String {
    if message.len() > MAX_MESSAGE {
        message.truncate(message.floor_char_boundary(MAX_MESSAGE));
        message.shrink_to_fit();
    }
    message
}

/// What is measured so far.
#[derive(Default)]
struct Measure {
    bytes: usize,
}

/// What each item counts beside its texts.
const ITEM: usize = size_of::<Value>();

impl Measure {
    fn opinion(mut self, opinion: &Opinion) -> Result<(), OpinionBound> {
        if opinion.violations.len() > Opinion::MAX_VIOLATIONS {
            return Err(OpinionBound::Violations);
        }
        opinion.violations.iter().try_for_each(|violation| self.violation(violation))?;
        let mut open = Vec::new();
        self.value(&opinion.value, 1, &mut open)?;
        if let Some(details) = &opinion.details {
            self.members(details, 1, &mut open)?;
        }
        while let Some((value, depth)) = open.pop() {
            self.value(value, depth, &mut open)?;
        }
        Ok(())
    }

    fn violation(&mut self, violation: &Violation) -> Result<(), OpinionBound> {
        self.take(ITEM)?;
        self.take(violation.code.len())?;
        self.take(violation.message.len())?;
        let Some(span) = &violation.span else { return Ok(()) };
        self.take(span.label.len())?;
        self.take(span.replacement.as_ref().map_or(0, |text| text.len()))?;
        span.field.tokens().iter().try_for_each(|token| self.take(token.len()))
    }

    /// Takes a value, and leaves for later what is in it.
    fn value<'a>(
        &mut self,
        value: &'a Value,
        depth: usize,
        open: &mut Vec<(&'a Value, usize)>,
    ) -> Result<(), OpinionBound> {
        match value {
            Value::String(text) => self.take(text.len()),
            Value::Array(items) => {
                within_depth(depth)?;
                // Before they are put aside: what is put aside has its bound as well.
                self.take(items.len().saturating_mul(ITEM))?;
                open.extend(items.iter().map(|item| (item, depth + 1)));
                Ok(())
            }
            Value::Object(members) => self.members(members, depth, open),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn members<'a>(
        &mut self,
        members: &'a serde_json::Map<String, Value>,
        depth: usize,
        open: &mut Vec<(&'a Value, usize)>,
    ) -> Result<(), OpinionBound> {
        within_depth(depth)?;
        self.take(members.len().saturating_mul(ITEM))?;
        for (name, member) in members {
            self.take(name.len())?;
            open.push((member, depth + 1));
        }
        Ok(())
    }

    fn take(&mut self, bytes: usize) -> Result<(), OpinionBound> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > Opinion::MAX_BYTES { Err(OpinionBound::Bytes) } else { Ok(()) }
    }
}

const fn within_depth(depth: usize) -> Result<(), OpinionBound> {
    if depth > Opinion::MAX_DEPTH { Err(OpinionBound::Depth) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pointer, Span};
    use serde_json::{Map, json};

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Null, |inner, level| {
            if level % 2 == 0 { Value::Array(vec![inner]) } else { json_object("a", inner) }
        })
    }

    /// Not by the macro: that would copy the value by recursion.
    fn json_object(name: &str, member: Value) -> Value {
        Value::Object(Map::from_iter([(name.to_owned(), member)]))
    }

    fn text(len: usize) -> String {
        "x".repeat(len)
    }

    fn spanned(field: usize, label: usize, replacement: usize) -> Opinion {
        let span = Span::new(Pointer::of([text(field).as_str()]), 0..1, text(label));
        Opinion::objection(Violation::new("", "", 0.1).at(span.replaced_by(text(replacement))))
    }

    fn exceeded(opinion: Opinion) -> Option<OpinionBound> {
        let bound = opinion.exceeds();
        opinion.discard();
        bound
    }

    #[test]
    fn what_is_as_large_as_may_be_is_fine_and_one_more_of_anything_is_not() {
        let (bytes, depth) = (Some(OpinionBound::Bytes), Some(OpinionBound::Depth));
        let most = Opinion::MAX_BYTES;
        type Of = (&'static str, usize, Option<OpinionBound>, fn(usize) -> Opinion);
        let cases: [Of; 13] = [
            ("value", most, bytes, |n| Opinion::clean().value(text(n))),
            ("items", most / 32, bytes, |n| Opinion::clean().value(vec![1; n])),
            ("item", most - 32, bytes, |n| Opinion::clean().value([text(n)])),
            ("name", most - 32, bytes, |n| {
                Opinion::clean().value(json_object(&text(n), Value::Null))
            }),
            ("detail", most - 33, bytes, |n| Opinion::clean().detail("a", text(n))),
            ("its name", most - 32, bytes, |n| Opinion::clean().detail(text(n), 1)),
            ("code", most - 32, bytes, |n| Opinion::objection(Violation::new(text(n), "", 0.1))),
            ("message", most - 32, bytes, |n| Opinion::objection(Violation::new("", text(n), 0.1))),
            ("field", most - 32, bytes, |n| spanned(n, 0, 0)),
            ("label", most - 32, bytes, |n| spanned(0, n, 0)),
            ("replacement", most - 32, bytes, |n| spanned(0, 0, n)),
            ("depth", Opinion::MAX_DEPTH, depth, |n| Opinion::clean().value(nested(n))),
            ("depth of details", Opinion::MAX_DEPTH - 1, depth, |n| {
                Opinion::clean().detail("a", nested(n))
            }),
        ];
        for (what, most, bound, of) in cases {
            assert_eq!(exceeded(of(most)), None, "{what}");
            assert_eq!(exceeded(of(most + 1)), bound, "{what}");
        }
        let many = |number: usize| {
            (0..number).fold(Opinion::clean(), |o, _| o.violation(Violation::new("x", "x", 0.1)))
        };
        assert_eq!(exceeded(many(Opinion::MAX_VIOLATIONS)), None);
        assert_eq!(exceeded(many(Opinion::MAX_VIOLATIONS + 1)), Some(OpinionBound::Violations));
    }

    #[test]
    fn parts_that_are_each_within_the_bound_are_not_within_it_together() {
        let half = "x".repeat(Opinion::MAX_BYTES / 2);
        let detailed = Opinion::clean().detail("a", half.as_str());
        assert_eq!(detailed.exceeds(), None);
        assert_eq!(detailed.value(half.as_str()).exceeds(), Some(OpinionBound::Bytes));
        let two = Opinion::objection(Violation::new("x", half.clone(), 0.1))
            .violation(Violation::new("x", half, 0.1));
        assert_eq!(two.exceeds(), Some(OpinionBound::Bytes));
    }

    /// Nor is a thread's stack needed to look at it, or to be rid of it.
    #[test]
    fn however_deep_it_is_nothing_overflows() {
        assert_eq!(exceeded(Opinion::clean().value(nested(300_000))), Some(OpinionBound::Depth));
        let detail = Opinion::clean().detail("a", nested(300_000));
        assert_eq!(exceeded(detail), Some(OpinionBound::Depth));
    }

    #[test]
    fn a_message_is_cut_between_two_characters() {
        assert_eq!(within("short".into()), "short");
        assert_eq!(within("x".repeat(MAX_MESSAGE)).len(), MAX_MESSAGE);
        assert_eq!(within("x".repeat(MAX_MESSAGE + 1)).len(), MAX_MESSAGE);
        let cut = within(format!("x{}", "\u{e9}".repeat(MAX_MESSAGE)));
        assert_eq!((cut.len(), cut.chars().count()), (MAX_MESSAGE - 1, MAX_MESSAGE / 2));
        assert_eq!(Opinion::clean().value(json!([[]])).exceeds(), None);
    }
}
