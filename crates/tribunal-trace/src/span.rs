//! A span, as any tracing system knows it, and what it may say.

use std::borrow::Cow;

use crate::ids::{SpanId, TraceId};
use crate::state::TraceState;

/// A stretch of time in a trace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Span {
    /// What it is a stretch of.
    pub kind: SpanKind,
    /// The trace it is in.
    pub trace_id: TraceId,
    /// Its own id.
    pub id: SpanId,
    /// The span it lies in; none for a run without a caller's trace.
    pub parent: Option<SpanId>,
    /// Whether that one is another process's: the caller's.
    pub parent_is_remote: bool,
    /// Of the caller.
    pub state: Option<TraceState>,
    /// Its name: that of its kind, and for stages and critics their own, as in `critic pii`.
    pub name: Cow<'static, str>,
    /// When it began, in nanoseconds since 1970.
    pub start: u64,
    /// When it ended, in nanoseconds since 1970; not before it began.
    pub end: u64,
    /// What is known of it. Each name once; no text is longer than 256 bytes, no list than 64.
    pub attributes: Vec<(&'static str, Value)>,
    /// Other spans that it has to do with.
    pub links: Vec<Link>,
    /// Whether it did what it should. Not a verdict.
    pub status: SpanStatus,
}

/// What a span is a stretch of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpanKind {
    /// A run, from the call to the report.
    Run,
    /// Its wait for admission, where it had to wait.
    Queue,
    /// A stage, from its barrier to the next.
    Stage,
    /// A critic, from its turn to its outcome.
    Critic,
    /// One call of a critic.
    Attempt,
}

/// Whether something did what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpanStatus {
    /// As far as is known. A verdict of `block` is a run as it should be.
    Unset,
    /// It failed, in this way: a word, as reports have it.
    Error(&'static str),
}

/// Another span that a span has to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Link {
    /// Which; of the same trace.
    pub to: SpanId,
    /// How: `retry_of` or `hedge_of`.
    pub how: &'static str,
}

/// What an attribute says.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Yes or no.
    Bool(bool),
    /// Texts.
    Texts(Vec<String>),
}

/// Texts of attributes are cut beyond so many bytes.
const LONGEST: usize = 256;
/// Lists of attributes are cut beyond so many items.
const MOST: usize = 64;

/// The start of it, if it is too long.
pub(crate) fn within(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST)).unwrap_or(text)
}

impl Span {
    /// What an attribute says; none where there is none of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// What an attribute says that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn say(&mut self, name: &'static str, value: impl Into<Value>) {
        self.attributes.push((name, value.into()));
    }

    /// Not, if there is none.
    pub(crate) fn list<'a>(
        &mut self,
        name: &'static str,
        items: impl IntoIterator<Item = &'a str>,
    ) {
        let items: Vec<String> =
            items.into_iter().take(MOST).map(|item| within(item).to_owned()).collect();
        if !items.is_empty() {
            self.attributes.push((name, Value::Texts(items)));
        }
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(mut text: String) -> Self {
        text.truncate(within(&text).len());
        Self::Text(Cow::Owned(text))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Int(number.into())
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Bool(yes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_letters() {
        assert_eq!(within("short"), "short");
        let long = "\u{e4}".repeat(200);
        assert_eq!(
            Value::from(format!("a{long}")),
            Value::from(format!("a{}", "\u{e4}".repeat(127)))
        );
    }
}
