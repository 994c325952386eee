//! Takes what violations point at out of a snapshot.
//!
//! Start at [`Report::redacted`]; [`redact_with`] is for those who write something of their own in its place.
//! Nothing is guessed: a span that does not fit its text, or a critic that lists fewer spans than it found, is
//! an error, for a text that is passed on as redacted must be.

use std::collections::BTreeMap;
use std::ops::Range;

use thiserror::Error;

use crate::snapshot::Renamed;
use crate::{CriticInfo, CriticName, Pointer, Report, Snapshot, Span, Violation};

/// Why a snapshot could not be redacted. No text of the snapshot is in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RedactError {
    /// A span's field leads to no text, or to no object with such a member.
    #[error("there is no text, or no such name, at `{0}`")]
    NoText(Pointer),
    /// A span reaches beyond its text, ends before it starts, or cuts a character in two.
    #[error("the text at `{field}` has no bytes {start} to {end} that are whole characters")]
    Misfit {
        /// The span's field.
        field: Pointer,
        /// Its first byte.
        start: usize,
        /// The byte after its last.
        end: usize,
    },
    /// A critic found more than it lists, or did not look at everything.
    #[error("critic `{0}` found more than it lists, or did not look at all of the text")]
    Incomplete(CriticName),
    /// A critic that should have looked at the snapshot failed, so that nobody knows what it would have found.
    #[error("critic `{0}` gave no opinion")]
    NoOpinion(CriticName),
    /// Whoever puts something in place of the spans could not.
    #[error("{0}")]
    Replacement(String),
}

/// A part of a text that goes: one span, or several that overlap.
#[derive(Debug)]
#[non_exhaustive]
pub struct Cut<'a> {
    /// The field; of the name of a member, the object.
    pub field: &'a Pointer,
    /// Which member's name, by its place in the object; `None` for a text.
    pub name: Option<usize>,
    /// What stands there, whole characters.
    pub original: &'a str,
    /// The span that covers most of it; of equals the first.
    pub span: &'a Span,
}

impl Cut<'_> {
    /// The span's own replacement, or its label in capitals and brackets: `[EMAIL]`.
    #[must_use]
    pub fn replacement(&self) -> String {
        match &self.span.replacement {
            Some(text) => text.clone().into_owned(),
            None => format!("[{}]", self.span.label.to_uppercase()),
        }
    }
}

/// The snapshot without the bytes of these spans, and with what `replace` gives in their place.
///
/// Spans that overlap or lie within each other go as one. `replace` is called for each cut, field by field in
/// the order of their pointers and from left to right. A name that others of its object have by then gets a number
/// (`[EMAIL]#2`), so that no member is lost.
///
/// # Errors
///
/// [`RedactError`], and nothing has been redacted.
pub fn redact_with<'a>(
    snapshot: &Snapshot,
    spans: impl IntoIterator<Item = &'a Span>,
    replace: &mut dyn FnMut(&Cut<'_>) -> Result<String, RedactError>,
) -> Result<Snapshot, RedactError> {
    let mut by_field: BTreeMap<(&Pointer, Option<usize>), Vec<&Span>> = BTreeMap::new();
    for span in spans {
        by_field.entry((&span.field, span.name)).or_default().push(span);
    }
    let mut texts = BTreeMap::new();
    let mut names: BTreeMap<Pointer, Renamed> = BTreeMap::new();
    for ((field, name), spans) in by_field {
        let text = match name {
            None => snapshot.text_at(field),
            Some(place) => snapshot.name_at(field, place),
        };
        let text = text.ok_or_else(|| RedactError::NoText(field.clone()))?;
        let redacted = without((field, name), text, spans, replace)?;
        match name {
            None => drop(texts.insert(field.clone(), redacted)),
            Some(place) => drop(names.entry(field.clone()).or_default().insert(place, redacted)),
        }
    }
    Ok(snapshot.with_texts(&texts, &names))
}

fn without(
    (field, name): (&Pointer, Option<usize>),
    text: &str,
    mut spans: Vec<&Span>,
    replace: &mut dyn FnMut(&Cut<'_>) -> Result<String, RedactError>,
) -> Result<String, RedactError> {
    let misfit = |bytes: &Range<usize>| RedactError::Misfit {
        field: field.clone(),
        start: bytes.start,
        end: bytes.end,
    };
    for span in &spans {
        text.get(span.bytes.clone()).ok_or_else(|| misfit(&span.bytes))?;
    }
    // An empty span takes nothing out.
    spans.retain(|span| !span.bytes.is_empty());
    spans.sort_by_key(|span| (span.bytes.start, std::cmp::Reverse(span.bytes.end)));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut spans = spans.into_iter().peekable();
    while let Some(first) = spans.next() {
        let (mut bytes, mut span) = (first.bytes.clone(), first);
        while let Some(next) = spans.next_if(|next| next.bytes.start < bytes.end) {
            bytes.end = bytes.end.max(next.bytes.end);
            if next.bytes.len() > span.bytes.len() {
                span = next;
            }
        }
        let original = text.get(bytes.clone()).ok_or_else(|| misfit(&bytes))?;
        out.push_str(text.get(at..bytes.start).ok_or_else(|| misfit(&bytes))?);
        out.push_str(&replace(&Cut { field, name, original, span })?);
        at = bytes.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Ok(out)
}

impl Report {
    /// Every violation that points at a part of the snapshot, in plan order.
    pub fn spans(&self) -> impl Iterator<Item = (&CriticInfo, &Violation, &Span)> {
        self.outcomes().flat_map(|(critic, outcome)| {
            let violations = outcome.opinion.iter().flat_map(|opinion| &opinion.violations);
            violations.filter_map(move |it| it.span.as_ref().map(|span| (critic, it, span)))
        })
    }

    /// The snapshot with every span of every violation replaced, by the violation's own replacement or by its label
    /// in brackets: `[EMAIL]`. Nothing is taken out but what critics found.
    ///
    /// # Errors
    ///
    /// [`RedactError`] when the snapshot is another than the one that was judged and a span does not fit, when a
    /// critic failed, and when one says (`details.more`, `details.incomplete`) that it found more than it lists.
    pub fn redacted(&self, snapshot: &Snapshot) -> Result<Snapshot, RedactError> {
        self.redacted_by(snapshot, |_| true)
    }

    /// As [`Report::redacted`], but only what these critics point at.
    ///
    /// # Errors
    ///
    /// As [`Report::redacted`], of these critics alone.
    pub fn redacted_by(
        &self,
        snapshot: &Snapshot,
        wanted: impl Fn(&CriticInfo) -> bool,
    ) -> Result<Snapshot, RedactError> {
        self.lists_all(&wanted)?;
        let spans = self.spans().filter(|(critic, ..)| wanted(critic)).map(|(_, _, span)| span);
        redact_with(snapshot, spans, &mut |cut| Ok(cut.replacement()))
    }

    /// Whether these critics list everything that there was to find.
    ///
    /// # Errors
    ///
    /// [`RedactError::NoOpinion`] or [`RedactError::Incomplete`] for the first that does not.
    pub fn lists_all(&self, wanted: impl Fn(&CriticInfo) -> bool) -> Result<(), RedactError> {
        let part = |details: &serde_json::Map<String, serde_json::Value>| {
            details.contains_key("more") || details.contains_key("incomplete")
        };
        for (critic, outcome) in self.outcomes().filter(|(critic, _)| wanted(critic)) {
            if outcome.is_failure() {
                return Err(RedactError::NoOpinion(critic.name.clone()));
            }
            let details = outcome.opinion.as_ref().and_then(|opinion| opinion.details.as_deref());
            if details.is_some_and(part) {
                return Err(RedactError::Incomplete(critic.name.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointer(text: &str) -> Pointer {
        text.parse().unwrap()
    }

    fn redacted(snapshot: &Snapshot, spans: &[Span]) -> Result<Snapshot, RedactError> {
        redact_with(snapshot, spans, &mut |cut| Ok(cut.replacement()))
    }

    fn span(bytes: Range<usize>, label: &'static str) -> Span {
        Span::new(Pointer::input_text(), bytes, label)
    }

    #[test]
    fn spans_are_replaced_by_their_own_words_or_their_label() {
        let snapshot = Snapshot::of_input("mail jo@x.io or call 12345");
        let spans = [span(5..12, "email"), span(21..26, "phone").replaced_by("(a number)")];
        assert_eq!(
            redacted(&snapshot, &spans).unwrap().input_text(),
            "mail [EMAIL] or call (a number)"
        );
    }

    #[test]
    fn overlapping_and_nested_spans_go_as_one_named_for_the_longest() {
        let snapshot = Snapshot::of_input("0123456789");
        let spans = [span(2..5, "a"), span(4..9, "b"), span(6..7, "c"), span(9..10, "d")];
        assert_eq!(redacted(&snapshot, &spans).unwrap().input_text(), "01[B][D]");
    }

    #[test]
    fn any_text_of_the_snapshot_can_be_cut() {
        let context = json!({"a": [{"b/c": "secret"}], "n": 1});
        let snapshot = Snapshot::builder()
            .input_text("in")
            .model_response("out")
            .context(context.as_object().unwrap().clone())
            .attribute("id", "secret-7")
            .build();
        let at = |field: &str, bytes| Span::new(pointer(field), bytes, "x");
        let spans = [at("/context/a/0/b~1c", 0..6), at("/id", 0..6), at("/model_response", 0..3)];
        let cut = redacted(&snapshot, &spans).unwrap();
        assert_eq!(cut.context().get("a"), Some(&json!([{"b/c": "[X]"}])));
        assert_eq!(cut.attributes().get("id"), Some(&json!("[X]-7")));
        assert_eq!((cut.input_text(), cut.model_response()), ("in", "[X]"));
    }

    #[test]
    fn names_of_members_are_cut_too_with_what_stands_below_them() {
        let people = json!({"jo@x.io": {"note": "secret"}, "li@x.io": 2, "plain": 3});
        let snapshot = Snapshot::builder().with("people", people).build();
        let at = |place| Span::in_name(pointer("/context/people"), place, 0..7, "email");
        let below = Span::new(pointer("/context/people/jo@x.io/note"), 0..6, "x");
        let cut = redacted(&snapshot, &[at(0), below, at(1)]).unwrap();
        let expected = json!({"[EMAIL]": {"note": "[X]"}, "[EMAIL]#2": 2, "plain": 3});
        assert_eq!(cut.context().get("people"), Some(&expected));
        for (place, bytes) in [(0, 0..8), (3, 0..1)] {
            let wrong = Span::in_name(pointer("/context/people"), place, bytes, "x");
            assert!(redacted(&snapshot, &[wrong]).is_err());
        }
    }

    #[test]
    fn a_span_that_does_not_fit_is_an_error_and_nothing_is_passed_on() {
        let snapshot = Snapshot::of_input("\u{e9}a");
        for bytes in [0..1, 1..2, 0..9, 9..9, Range { start: 2, end: 0 }] {
            let error = redacted(&snapshot, &[span(bytes.clone(), "x")]).unwrap_err();
            assert!(matches!(error, RedactError::Misfit { .. }), "{bytes:?}");
        }
        for field in ["/context", "/context/no", "/n", "", "/context/a/0"] {
            let wrong = Span::new(pointer(field), 0..0, "x");
            assert!(
                matches!(redacted(&snapshot, &[wrong]), Err(RedactError::NoText(_))),
                "{field}"
            );
        }
    }
}
