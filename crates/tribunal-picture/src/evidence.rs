//! The texts of a snapshot with what critics point at marked in them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::page::{escape_into, escaped};
use crate::run::{Outcome, Run, Span, Violation};
use crate::scale::rating;

/// How much of a snapshot's texts a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Texts {
    /// Nothing of them.
    None,
    /// All but what a critic has a replacement for, such as secrets and personal data: that is replaced. What else
    /// critics point at is marked. Where a critic failed, found more than it lists, or points beyond the text, nothing is
    /// shown: nobody knows what would have to be replaced.
    #[default]
    Redacted,
    /// All of it.
    Raw,
}

/// The longest text that is shown whole, in bytes. Of a longer one, what lies around the evidence is.
const WHOLE: usize = 4_000;
/// How much is shown around evidence in a long text, in bytes on either side.
const AROUND: usize = 240;
/// The most pieces of a long text.
const PIECES: usize = 20;

/// What a critic points at.
struct Mark<'r> {
    critic: &'r str,
    violation: &'r Violation,
    span: &'r Span,
}

/// A text that critics point into: at a field, or the name of a member of the object there, by its place.
type Place<'r> = (&'r str, Option<usize>);

/// Every text that some critic points into, with what it points at.
pub(crate) fn evidence(run: &Run, snapshot: &Value, texts: Texts) -> String {
    let mut places: BTreeMap<Place<'_>, Vec<Mark<'_>>> = BTreeMap::new();
    for outcome in &run.outcomes {
        for violation in outcome.opinion.iter().flat_map(|opinion| &opinion.violations) {
            let Some(span) = &violation.span else { continue };
            let mark = Mark { critic: &outcome.critic, violation, span };
            places.entry((&span.field, span.name)).or_default().push(mark);
        }
    }
    let mut page = String::new();
    if texts == Texts::None || places.is_empty() {
        return page;
    }
    page.push_str("<h3>Evidence</h3>\n");
    if texts == Texts::Redacted
        && let Some(why) = unredactable(run, snapshot, &places)
    {
        let _ = writeln!(page, "<p class=\"note\">Not shown: {why}.</p>");
        return page;
    }
    for (place, marks) in &places {
        let (field, name) = *place;
        let shown_field = if texts == Texts::Raw { field } else { told(field, &places) };
        let cut = if shown_field == field { "" } else { "/…" };
        let field_code = format!("<code>{}{cut}</code>", escaped(shown_field));
        match name {
            Some(place) => {
                let number = place.saturating_add(1);
                let _ = writeln!(
                    page,
                    "<p class=\"field\">the name of member {number} of {field_code}</p>"
                );
            }
            None => {
                let _ = writeln!(page, "<p class=\"field\">{field_code}</p>");
                match text_at(snapshot, field) {
                    Some(text) => shown(&mut page, text, marks, texts),
                    None => {
                        page.push_str("<p class=\"note\">There is no text at this place.</p>\n")
                    }
                }
            }
        }
        legend(&mut page, marks);
    }
    page
}

fn text_at<'s>(snapshot: &'s Value, field: &str) -> Option<&'s str> {
    snapshot.pointer(field).and_then(Value::as_str)
}

/// Why it is not known what has to be replaced. As where a snapshot itself is redacted: of a critic that failed or
/// did not list everything nobody knows what it would have pointed at, and a span has to fit its text.
fn unredactable(
    run: &Run,
    snapshot: &Value,
    places: &BTreeMap<Place<'_>, Vec<Mark<'_>>>,
) -> Option<String> {
    let code = |critic: &str| format!("<code>{}</code>", escaped(critic));
    if let Some(failed) = run.outcomes.iter().find(|outcome| outcome.is_failure()) {
        return Some(format!("{} gave no opinion", code(&failed.critic)));
    }
    let partial = |outcome: &&Outcome| outcome.opinion.as_ref().is_some_and(|o| o.partial);
    if let Some(partial) = run.outcomes.iter().find(partial) {
        return Some(format!("{} found more than it lists", code(&partial.critic)));
    }
    places.iter().filter(|((_, name), _)| name.is_none()).find_map(|((field, _), marks)| {
        let text = text_at(snapshot, field)?;
        let misfit = |mark: &&Mark<'_>| text.get(mark.span.start..mark.span.end).is_none();
        let mark = marks.iter().find(misfit)?;
        Some(format!("{} points at what is not in the text", code(mark.critic)))
    })
}

/// As much of a pointer as may be told: up to an object of which a name is to be replaced.
fn told<'f>(field: &'f str, places: &BTreeMap<Place<'_>, Vec<Mark<'_>>>) -> &'f str {
    let replaced = |marks: &[Mark<'_>]| marks.iter().any(|mark| mark.span.replacement.is_some());
    let objects = places.iter().filter(|((_, name), marks)| name.is_some() && replaced(marks));
    let below = objects.filter_map(|((object, _), _)| {
        let rest = field.strip_prefix(object)?;
        rest.starts_with('/').then(|| field.get(..object.len())).flatten()
    });
    below.min_by_key(|object| object.len()).unwrap_or(field)
}

/// The text in pieces, each either marked or not.
fn shown(page: &mut String, text: &str, marks: &[Mark<'_>], texts: Texts) {
    let mut edges: Vec<usize> = marks
        .iter()
        .flat_map(|mark| [mark.span.start, mark.span.end])
        .filter(|at| text.is_char_boundary(*at))
        .chain([0, text.len()])
        .collect();
    edges.sort_unstable();
    edges.dedup();
    let long = text.len() > WHOLE;
    // One that is about the whole text would hide what the others point at.
    let parts = |mark: &&Mark<'_>| mark.span.start > 0 || mark.span.end < text.len();
    let some = marks.iter().any(|mark| parts(&mark));
    let marks: Vec<&Mark<'_>> = marks
        .iter()
        .filter(|mark| !some || parts(mark) || mark.span.replacement.is_some())
        .collect();
    page.push_str("<pre class=\"text\">");
    let mut pieces = 0;
    for pair in edges.windows(2) {
        let &[start, end] = pair else { continue };
        let Some(piece) = text.get(start..end) else { continue };
        let over: Vec<&Mark<'_>> = covering(&marks, start, end);
        if over.is_empty() {
            plain(page, piece, long, start == 0, end == text.len());
            continue;
        }
        pieces += 1;
        if pieces > PIECES && long {
            page.push_str("<span class=\"cut\"> … and more</span>");
            break;
        }
        marked(page, piece, start, &over, texts);
    }
    page.push_str("</pre>\n");
}

/// Those that point at all of a piece.
fn covering<'m, 'r>(marks: &[&'m Mark<'r>], start: usize, end: usize) -> Vec<&'m Mark<'r>> {
    let covers = |mark: &&&Mark<'_>| mark.span.start <= start && end <= mark.span.end;
    marks.iter().filter(covers).copied().collect()
}

/// A piece that nobody points at; of a long text only what is near the evidence.
fn plain(page: &mut String, piece: &str, long: bool, first: bool, last: bool) {
    if !long || piece.len() <= 2 * AROUND {
        return escape_into(page, piece);
    }
    let head = piece.floor_char_boundary(if first { 0 } else { AROUND });
    let tail = piece.ceil_char_boundary(piece.len() - if last { 0 } else { AROUND });
    escape_into(page, piece.get(..head).unwrap_or_default());
    let left = tail.saturating_sub(head);
    let _ = write!(page, "<span class=\"cut\"> … {left} bytes … </span>");
    escape_into(page, piece.get(tail..).unwrap_or_default());
}

/// A piece that somebody points at.
fn marked(page: &mut String, piece: &str, start: usize, over: &[&Mark<'_>], texts: Texts) {
    let worst = over.iter().map(|mark| mark.violation.severity).fold(0.0, f64::max);
    let class = if worst >= 0.8 { "hot" } else { "warm" };
    let mut title = String::new();
    for mark in over {
        let line = format!(
            "{}: {} ({})",
            mark.critic,
            mark.violation.code,
            rating(mark.violation.severity)
        );
        let _ = write!(title, "{}{line}", if title.is_empty() { "" } else { "\n" });
    }
    let _ = write!(page, "<mark class=\"{class}\" title=\"{}\">", escaped(&title));
    let replaced = over.iter().find(|mark| mark.span.replacement.is_some());
    match (texts, replaced) {
        (Texts::Redacted | Texts::None, Some(mark)) => {
            // What overlaps goes as one: it is named where it begins.
            if mark.span.start == start {
                escape_into(page, mark.span.replacement.as_deref().unwrap_or_default());
            } else {
                page.push('…');
            }
        }
        _ => escape_into(page, piece),
    }
    page.push_str("</mark>");
}

fn legend(page: &mut String, marks: &[Mark<'_>]) {
    page.push_str("<ul class=\"legend\">\n");
    for mark in marks.iter().take(PIECES) {
        let Mark { critic, violation, span } = mark;
        let _ = writeln!(
            page,
            "<li><code>{}</code> <strong>{}</strong> {} <span class=\"note\">severity {}, bytes {} to {}</span></li>",
            escaped(critic),
            escaped(&violation.code),
            escaped(&violation.message),
            rating(violation.severity),
            span.start,
            span.end
        );
    }
    if let Some(more) = marks.len().checked_sub(PIECES).filter(|more| *more > 0) {
        let _ = writeln!(page, "<li class=\"note\">and {more} more</li>");
    }
    page.push_str("</ul>\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(violations: Value, status: &str) -> Run {
        let outcome =
            json!({"critic": "c", "status": "success", "opinion": {"violations": violations}});
        let other = json!({"critic": "other", "status": status});
        Run::of(json!({"verdict": "block", "outcomes": [outcome, other]})).unwrap()
    }

    fn span(start: usize, end: usize, replacement: Option<&str>) -> Value {
        json!({"code": "x.y", "severity": 0.9, "span":
            {"field": "/input_text", "start": start, "end": end, "label": "l", "replacement": replacement}})
    }

    #[test]
    fn what_has_a_replacement_is_replaced_and_the_rest_is_marked() {
        let run = run(json!([span(3, 9, Some("[key]")), span(10, 16, None)]), "success");
        let snapshot = json!({"input_text": "my s3cret <ignore>"});
        let shown = evidence(&run, &snapshot, Texts::Redacted);
        assert!(!shown.contains("s3cret"), "{shown}");
        assert!(shown.contains("[key]</mark>") && shown.contains("&lt;ignor</mark>"), "{shown}");
        assert!(evidence(&run, &snapshot, Texts::Raw).contains("s3cret</mark>"));
        assert_eq!(evidence(&run, &snapshot, Texts::None), "");
    }

    /// Of two that overlap, nothing that either replaces is shown.
    #[test]
    fn where_spans_overlap_nothing_that_one_of_them_replaces_is_shown() {
        let run =
            run(json!([span(2, 8, Some("[a]")), span(5, 12, None), span(0, 3, None)]), "success");
        let shown = evidence(&run, &json!({"input_text": "0123456789ab"}), Texts::Redacted);
        let text =
            shown.split("<pre class=\"text\">").nth(1).unwrap().split("</pre>").next().unwrap();
        let bare: String = text.split('<').map(|part| part.rsplit('>').next().unwrap()).collect();
        assert_eq!(bare, "01[a]……89ab");
    }

    #[test]
    fn where_a_critic_failed_nothing_is_shown_as_redacted() {
        let run = run(json!([span(0, 2, None)]), "timeout");
        let shown = evidence(&run, &json!({"input_text": "private"}), Texts::Redacted);
        assert!(shown.contains("Not shown") && !shown.contains("private"), "{shown}");
        assert!(evidence(&run, &json!({"input_text": "private"}), Texts::Raw).contains("ivate"));
    }

    #[test]
    fn spans_that_do_not_fit_break_nothing() {
        let odd = json!([
            span(1, 2, None),
            span(9, 900, None),
            span(5, 3, None),
            span(usize::MAX, 0, Some("x"))
        ]);
        let run = run(odd, "success");
        for text in ["äöü", "", "a"] {
            evidence(&run, &json!({"input_text": text}), Texts::Redacted);
        }
        assert!(evidence(&run, &json!({"input_text": 7}), Texts::Raw).contains("no text"));
    }

    /// What a span that does not fit its text was to take out is not known, nor what a critic did not list.
    #[test]
    fn where_not_all_can_be_redacted_nothing_is_shown_as_redacted() {
        let private = json!({"input_text": "käy private"});
        let shown = |run: &Run| evidence(run, &private, Texts::Redacted);
        for (start, end) in [(2, 11), (5, 900), (9, 3)] {
            let shown = shown(&run(json!([span(start, end, Some("[key]"))]), "success"));
            assert!(
                shown.contains("Not shown") && !shown.contains("vate"),
                "{start}..{end} {shown}"
            );
        }
        for part in ["more", "incomplete"] {
            let opinion = json!({"violations": [span(0, 1, None)], "details": {part: true}});
            let outcome = json!({"critic": "c", "status": "success", "opinion": opinion});
            let run = Run::of(json!({"verdict": "block", "outcomes": [outcome]})).unwrap();
            assert!(
                shown(&run).contains("Not shown") && !shown(&run).contains("private"),
                "{part}"
            );
            assert!(evidence(&run, &private, Texts::Raw).contains("private"));
        }
        let mut watched = run(json!([span(0, 1, None)]), "rate_limited");
        watched.outcomes[1].mode = Some("monitor".into());
        assert!(shown(&watched).contains("Not shown"));
    }

    /// A span may lie in the name of a member, which is told by its place and shown in no text and no heading.
    #[test]
    fn a_name_that_is_evidence_is_not_taken_for_the_text_of_its_object() {
        let mut name = span(0, 7, Some("[email]"));
        name["span"]["name"] = json!(0);
        name["span"]["field"] = json!("/context/people");
        let mut below = span(0, 2, None);
        below["span"]["field"] = json!("/context/people/jo@x.io");
        let snapshot = json!({"context": {"people": {"jo@x.io": "a note"}}});
        let run = run(json!([name, below]), "success");
        let shown = evidence(&run, &snapshot, Texts::Redacted);
        assert!(!shown.contains("jo@x.io") && shown.contains("</mark>note</pre>"), "{shown}");
        assert!(shown.contains("the name of member 1 of <code>/context/people</code>"), "{shown}");
        assert!(!shown.contains("There is no text"), "{shown}");
    }

    #[test]
    fn of_a_long_text_what_lies_around_the_evidence_is_shown() {
        let text = format!("{}NEEDLE{}", "ä".repeat(100_000), "ö".repeat(100_000));
        let run = run(json!([span(200_000, 200_006, None)]), "success");
        let shown = evidence(&run, &json!({"input_text": text}), Texts::Raw);
        assert!(shown.contains("NEEDLE</mark>") && shown.len() < 5_000, "{} bytes", shown.len());
    }
}
