//! Whether critics point at the right place: spans of theirs against spans of the data.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Serialize;
use tribunal_core::{Pointer, Span, Violation};

use crate::counts::share;
use crate::interval::{Interval, wilson};
use crate::row::{LabelledSpan, Row};
use crate::types::Types;

/// Bounds the list of types, which comes from the data.
const MOST_TYPES: usize = 500;

/// What was counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpanCounts {
    rows: u64,
    failed: u64,
    labelled: u64,
    reported: u64,
    exact: Matched,
    overlapping: Matched,
    typed: Matched,
    types: BTreeMap<String, OfType>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Matched {
    /// Spans of the data that a critic's match.
    found: u64,
    /// Spans of critics that one of the data's matches.
    right: u64,
}

/// How the spans of one type fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct OfType {
    /// Spans of the data.
    pub labelled: u64,
    /// Of those: a critic's has the same bounds.
    pub exact: u64,
    /// A critic's shares a byte with it.
    pub overlapping: u64,
    /// And means the same type.
    pub typed: u64,
}

/// Precision and recall of spans.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpanScores {
    /// Rows whose spans are known.
    pub rows: u64,
    /// Rows left out because a critic failed.
    pub failed: u64,
    /// Spans of the data.
    pub labelled: u64,
    /// Spans of critics that count: of the types that were looked for, or on top of one of the data.
    pub reported: u64,
    /// The same bounds, whatever the type.
    pub exact: SpanShares,
    /// A byte in common, whatever the type: what redaction needs.
    pub overlapping: SpanShares,
    /// A byte in common, and the same type.
    pub typed: SpanShares,
    /// By the type that the data gives.
    pub types: BTreeMap<String, OfType>,
}

/// Shares of spans, from 0 to 1, with 95 % intervals of Wilson. One of nothing is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpanShares {
    /// Of the critics' spans, how many match.
    pub precision: Option<f64>,
    /// Of the data's spans, how many are matched.
    pub recall: Option<f64>,
    /// The harmonic mean of both.
    pub f1: Option<f64>,
    /// How far off they may be.
    pub intervals: SpanIntervals,
}

/// 95 % intervals of Wilson.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpanIntervals {
    /// Of the precision.
    pub precision: Option<Interval>,
    /// Of the recall.
    pub recall: Option<Interval>,
}

/// Whether a violation may be held against a row: where only some types were looked for, one of another type says
/// nothing that is known to be wrong, unless it stands on top of what is labelled.
pub(crate) fn counts(row: &Row, types: &Types, violation: &Violation) -> bool {
    if row.tested_types.is_empty() {
        return true;
    }
    let Some(span) = &violation.span else { return true };
    let tested = row.tested_types.iter().any(|kind| types.same(&span.label, kind));
    let labelled = row.spans.iter().flatten();
    tested || labelled.into_iter().any(|labelled| overlap(labelled, span))
}

fn overlap(labelled: &LabelledSpan, span: &Span) -> bool {
    let (a, b) = (&labelled.bytes, &span.bytes);
    labelled.field == span.field && a.start < b.end && b.start < a.end
}

impl SpanCounts {
    /// Whether the spans of a row are known. One that has types and no span does not say where.
    pub(crate) fn are_known(row: &Row, holds: bool) -> bool {
        row.spans.as_ref().is_some_and(|spans| !(holds && spans.is_empty()))
    }

    /// A row that a critic failed on.
    pub(crate) fn failed(&mut self) {
        self.rows += 1;
        self.failed += 1;
    }

    /// A row, and what critics reported of it; the violations that count.
    pub(crate) fn add<'a>(
        &mut self,
        row: &Row,
        types: &Types,
        violations: impl Iterator<Item = &'a Violation>,
    ) {
        let labelled = row.spans.as_deref().unwrap_or_default();
        let fields: Vec<Pointer> = labelled.iter().map(|span| span.field.clone()).collect();
        let input = Pointer::input_text();
        // The data says nothing of other texts.
        let known = |span: &&Span| span.field == input || fields.contains(&span.field);
        let mut reported: Vec<&Span> = Vec::new();
        for span in violations.filter_map(|violation| violation.span.as_ref()).filter(known) {
            let again = |other: &&Span| same_bounds(other, span) && other.label == span.label;
            // Two critics that say the same are one finding.
            if !reported.iter().any(again) {
                reported.push(span);
            }
        }
        self.rows += 1;
        self.labelled += labelled.len() as u64;
        self.reported += reported.len() as u64;
        let typed = |data: &LabelledSpan, span: &Span| {
            overlap(data, span) && types.same(&span.label, &data.kind)
        };
        for span in &reported {
            let any = |test: &dyn Fn(&LabelledSpan) -> bool| u64::from(labelled.iter().any(test));
            self.exact.right += any(&|data| exact(data, span));
            self.overlapping.right += any(&|data| overlap(data, span));
            self.typed.right += any(&|data| typed(data, span));
        }
        for data in labelled {
            let any = |test: &dyn Fn(&Span) -> bool| u64::from(reported.iter().any(|s| test(s)));
            let found = OfType {
                labelled: 1,
                exact: any(&|span| exact(data, span)),
                overlapping: any(&|span| overlap(data, span)),
                typed: any(&|span| typed(data, span)),
            };
            self.exact.found += found.exact;
            self.overlapping.found += found.overlapping;
            self.typed.found += found.typed;
            if self.types.len() < MOST_TYPES || self.types.contains_key(&data.kind) {
                let of_type = self.types.entry(data.kind.clone()).or_default();
                of_type.labelled += found.labelled;
                of_type.exact += found.exact;
                of_type.overlapping += found.overlapping;
                of_type.typed += found.typed;
            }
        }
    }

    /// `None` when no row had spans.
    pub(crate) fn scores(self) -> Option<SpanScores> {
        let shares = |Matched { found, right }: Matched| {
            let precision = share(right, self.reported);
            let recall = share(found, self.labelled);
            let f1 = precision.zip(recall).map(|(precision, recall)| {
                let sum = precision + recall;
                if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 }
            });
            let intervals = SpanIntervals {
                precision: wilson(right, self.reported),
                recall: wilson(found, self.labelled),
            };
            SpanShares { precision, recall, f1, intervals }
        };
        (self.rows > 0).then(|| SpanScores {
            rows: self.rows,
            failed: self.failed,
            labelled: self.labelled,
            reported: self.reported,
            exact: shares(self.exact),
            overlapping: shares(self.overlapping),
            typed: shares(self.typed),
            types: self.types.clone(),
        })
    }
}

fn exact(data: &LabelledSpan, span: &Span) -> bool {
    data.field == span.field && data.bytes == span.bytes
}

fn same_bounds(a: &Span, b: &Span) -> bool {
    let bytes = |range: &Range<usize>| (range.start, range.end);
    a.field == b.field && bytes(&a.bytes) == bytes(&b.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use tribunal_core::Snapshot;

    const TEXT: &str = "Zoë: zoe@mail.example, +44 20 7946 0018";

    fn row(spans: &Value, tested: &Value) -> Row {
        let line = json!({"input_text": TEXT, "context": {"spans": spans, "tested_types": tested}});
        let snapshot = Snapshot::from_json(line.to_string().as_bytes()).unwrap();
        Row::split(&snapshot, &[]).unwrap().0
    }

    fn found(part: &str, label: &'static str) -> Violation {
        let start = TEXT.find(part).unwrap();
        let span = Span::new(Pointer::input_text(), start..start + part.len(), label);
        Violation::new(format!("pii.{label}"), "found", 0.5).at(span)
    }

    #[test]
    fn bounds_overlaps_and_types_are_three_questions() {
        // The address in code points: one less than in bytes, for the letter before it.
        let spans = json!([
            {"type": "PERSON", "start": 0, "end": 3},
            {"type": "EMAIL_ADDRESS", "start": 5, "end": 21},
            {"type": "PHONE_NUMBER", "start": 23, "end": 39},
        ]);
        let row = row(&spans, &json!([]));
        let mut counts = SpanCounts::default();
        let violations = [
            found("zoe@mail.example", "email"),
            found("zoe@mail.example", "email"),
            found("20 7946 0018", "us_bank"),
            found(", ", "phone"),
        ];
        counts.add(&row, &Types::default(), violations.iter());
        let scores = counts.scores().unwrap();
        assert_eq!((scores.rows, scores.labelled, scores.reported), (1, 3, 3));
        assert_eq!(
            (scores.exact.precision, scores.exact.recall),
            (Some(1.0 / 3.0), Some(1.0 / 3.0))
        );
        let overlapping = scores.overlapping;
        assert_eq!((overlapping.precision, overlapping.recall), (Some(2.0 / 3.0), Some(2.0 / 3.0)));
        assert_eq!((scores.typed.precision, scores.typed.f1), (Some(1.0 / 3.0), Some(1.0 / 3.0)));
        let phone = OfType { labelled: 1, exact: 0, overlapping: 1, typed: 0 };
        assert_eq!(scores.types["PHONE_NUMBER"], phone);
    }

    #[test]
    fn where_only_some_types_were_looked_for_others_do_not_count_unless_on_top_of_a_label() {
        let types = Types::default();
        let spans = json!([{"type": "PHONE_NUMBER", "start": 23, "end": 39}]);
        let tested = row(&spans, &json!(["PHONE_NUMBER"]));
        assert!(!counts(&tested, &types, &found("zoe@mail.example", "email")));
        assert!(counts(&tested, &types, &found("20 7946 0018", "us_bank")));
        assert!(counts(&tested, &types, &found(", ", "phone")));
        assert!(counts(&tested, &types, &Violation::new("pii.list", "no place", 0.5)));
        let all = row(&spans, &json!([]));
        assert!(counts(&all, &types, &found("zoe@mail.example", "email")));
    }

    #[test]
    fn types_without_a_place_are_not_known_and_none_at_all_are() {
        assert!(!SpanCounts::are_known(&row(&json!([]), &json!([])), true));
        assert!(SpanCounts::are_known(&row(&json!([]), &json!([])), false));
        assert!(!SpanCounts::are_known(&row(&Value::Null, &json!([])), false));
    }
}
