//! One thing that a critic objects to, and where it stands.

use std::borrow::Cow;
use std::ops::Range;

use serde::Serialize;

use crate::Pointer;

/// One thing a critic objects to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Violation {
    /// What kind of thing, for machines: `secret.github_token`.
    pub code: Cow<'static, str>,
    /// What is wrong, for people. Says nothing private.
    pub message: Cow<'static, str>,
    /// How bad, from 0 to 1.
    pub severity: f64,
    /// Where it stands, where that can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

impl Violation {
    /// A violation of some severity, from 0 to 1.
    #[must_use]
    pub fn new(
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
        severity: f64,
    ) -> Self {
        Self { code: code.into(), message: message.into(), severity, span: None }
    }

    /// Where it stands.
    #[must_use]
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }
}

/// A part of one text of the snapshot, or of the name of a member: what highlighting and redaction are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Span {
    /// Which text; the object, where it is the name of a member.
    pub field: Pointer,
    /// Which member's name, by its place in the object, counted from 0; `None` for a text. The name itself is not told:
    /// it may be what must not stand in a report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<usize>,
    /// From which byte to which, the end excluded; both on character boundaries.
    #[serde(flatten, serialize_with = "start_and_end")]
    pub bytes: Range<usize>,
    /// What it is: `email`, `github_token`.
    pub label: Cow<'static, str>,
    /// What may stand there instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Cow<'static, str>>,
}

fn start_and_end<S: serde::Serializer>(bytes: &Range<usize>, s: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap;
    let mut map = s.serialize_map(Some(2))?;
    map.serialize_entry("start", &bytes.start)?;
    map.serialize_entry("end", &bytes.end)?;
    map.end()
}

impl Span {
    /// Bytes of a field, and what they are.
    #[must_use]
    pub fn new(field: Pointer, bytes: Range<usize>, label: impl Into<Cow<'static, str>>) -> Self {
        Self { field, name: None, bytes, label: label.into(), replacement: None }
    }

    /// Bytes of the name of a member, which is told by its place in the object, counted from 0.
    #[must_use]
    pub fn in_name(
        object: Pointer,
        place: usize,
        bytes: Range<usize>,
        label: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { name: Some(place), ..Self::new(object, bytes, label) }
    }

    /// What may stand there instead.
    #[must_use]
    pub fn replaced_by(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.replacement = Some(text.into());
        self
    }
}
