//! An evaluation as tables for people.

use std::fmt::Write as _;

use comfy_table::{Cell, Color};
use tribunal_core::Mode;
use tribunal_eval::{Evaluation, Interval, LabelResult, Measure, Miss, SpanShares};

use crate::ink;
use crate::safe::shown;

/// The whole text, painted.
pub(super) fn text(evaluation: &Evaluation, width: Option<u16>) -> String {
    let mut text = String::new();
    head(evaluation, &mut text);
    labels(evaluation, width, &mut text);
    sources(evaluation, width, &mut text);
    spans(evaluation, width, &mut text);
    curves(evaluation, width, &mut text);
    critics(evaluation, width, &mut text);
    misses(evaluation, &mut text);
    text
}

// Writing to a `String` cannot fail: the results below are let go.

fn head(evaluation: &Evaluation, text: &mut String) {
    let rows = &evaluation.rows;
    let judged = ink::bold(format!("{} judged", ink::many(rows.judged, "row")));
    let gates = if evaluation.ungated { ", every gate held open" } else { "" };
    let _ = writeln!(text, "{judged} by the {}{gates}", shown(&evaluation.pipeline));
    if evaluation.interrupted {
        let _ = writeln!(text, "{}", ink::bold("interrupted: these are the rows until then"));
    }
    if rows.unjudged > 0 {
        let lines = ink::many(rows.unjudged, "line");
        let _ = writeln!(text, "{}", ink::bold(format!("{lines} could not be judged")));
    }
    if rows.unlabelled > 0 {
        let _ = writeln!(text, "{} without a label", ink::many(rows.unlabelled, "row"));
    }
}

const SHARES: [&str; 7] =
    ["n", "positive", "precision", "recall", "F1", "false pos. rate", "failed"];

fn labels(evaluation: &Evaluation, width: Option<u16>, text: &mut String) {
    let header = [&["label"], &SHARES[..], &["measured by"]].concat();
    let mut table = ink::table(&header, &[1, 2, 3, 4, 5, 6, 7], width);
    let (measured, not): (Vec<_>, Vec<_>) =
        evaluation.labels.iter().partition(|(_, label)| label.measure.measured);
    for (name, label) in &measured {
        let cells = std::iter::once(Cell::new(shown(name)));
        table.add_row(cells.chain(shares(&label.measure)).chain([Cell::new(by(label))]));
    }
    if !measured.is_empty() {
        let _ = writeln!(text, "\n{table}");
        let _ = writeln!(
            text,
            "{}",
            ink::dim("in percent, with 95 % intervals; –: nothing to take a share of")
        );
    }
    if !not.is_empty() {
        let _ = writeln!(text, "\n{}", ink::bold("not measured"));
    }
    for (name, label) in not {
        let rows = ink::many(label.measure.n, "row");
        let why = shown(label.missing.as_deref().unwrap_or_default());
        let _ = writeln!(text, "  {} ({rows}): {why}", shown(name));
    }
}

fn by(label: &LabelResult) -> String {
    let value = if label.objects_to { "" } else { ", where it is false" };
    let by: Vec<String> = label.by.iter().map(|by| shown(by)).collect();
    format!("{} from {} on{value}", by.join(", "), label.at.as_str())
}

/// The cells from `n` to the failures.
fn shares(measure: &Measure) -> [Cell; 7] {
    let (shares, ranges) = (&measure.shares, &measure.shares.intervals);
    [
        ink::right(measure.n),
        ink::right(measure.positives),
        ink::right(percent(shares.precision, ranges.precision)),
        ink::right(percent(shares.recall, ranges.recall)),
        ink::right(percent(shares.f1, ranges.f1)),
        ink::right(percent(shares.fpr, ranges.fpr)),
        ink::count_cell(measure.counts.failed).fg(Color::Red),
    ]
}

fn percent(share: Option<f64>, interval: Option<Interval>) -> String {
    let number = |share: f64| format!("{:.1}", share * 100.0);
    match (share, interval) {
        (None, _) => String::from("–"),
        (Some(share), None) => number(share),
        (Some(share), Some([low, high])) => {
            format!("{} ({}–{})", number(share), number(low), number(high))
        }
    }
}

fn sources(evaluation: &Evaluation, width: Option<u16>, text: &mut String) {
    if evaluation.sources.len() < 2 {
        return;
    }
    let header = [&["source", "label"], &SHARES[..]].concat();
    let mut table = ink::table(&header, &[2, 3, 4, 5, 6, 7, 8], width);
    for (source, labels) in &evaluation.sources {
        for (name, measure) in labels.iter().filter(|(_, measure)| measure.measured) {
            let names = [Cell::new(shown(source)), Cell::new(shown(name))];
            table.add_row(names.into_iter().chain(shares(measure)));
        }
    }
    let _ = writeln!(text, "\n{}\n{table}", ink::bold("by source"));
}

fn spans(evaluation: &Evaluation, width: Option<u16>, text: &mut String) {
    for (name, scores) in &evaluation.spans {
        let header = ["match", "precision", "recall", "F1"];
        let mut table = ink::table(&header, &[1, 2, 3], width);
        let mut row = |how: &str, shares: &SpanShares| {
            table.add_row([
                Cell::new(how),
                ink::right(percent(shares.precision, shares.intervals.precision)),
                ink::right(percent(shares.recall, shares.intervals.recall)),
                ink::right(percent(shares.f1, None)),
            ]);
        };
        row("same bounds", &scores.exact);
        row("overlapping", &scores.overlapping);
        row("overlapping, same type", &scores.typed);
        let title = ink::bold(format!("spans of {}", shown(name)));
        let (labelled, rows) = (scores.labelled, ink::many(scores.rows, "row"));
        let _ = writeln!(
            text,
            "\n{title}  {labelled} in {rows}, {} reported\n{table}",
            scores.reported
        );
    }
}

fn curves(evaluation: &Evaluation, width: Option<u16>, text: &mut String) {
    if evaluation.curves.is_empty() {
        return;
    }
    let header = ["label", "by", "area under ROC", "average precision", "best F1", "at"];
    let mut table = ink::table(&header, &[2, 3, 4, 5], width);
    for named in &evaluation.curves {
        let curve = &named.curve;
        table.add_row([
            Cell::new(shown(&named.label)),
            Cell::new(shown(&named.by)),
            ink::right(format!("{:.3}", curve.roc_auc)),
            ink::right(format!("{:.3}", curve.average_precision)),
            ink::right(percent(Some(curve.best_f1.1), None)),
            ink::right(format!("{:.3}", curve.best_f1.0.threshold)),
        ]);
    }
    let _ = writeln!(text, "\n{}\n{table}", ink::bold("curves"));
}

fn critics(evaluation: &Evaluation, width: Option<u16>, text: &mut String) {
    let header = ["critic", "called", "gated", "skipped", "failed", "p50 ms", "p99 ms", "cost"];
    let mut table = ink::table(&header, &[1, 2, 3, 4, 5, 6, 7], width);
    for (name, critic) in &evaluation.critics {
        let took = |millis: Option<f64>| {
            ink::right(millis.map(|millis| format!("{millis:.3}")).unwrap_or_default())
        };
        let mode = if critic.mode == Mode::Monitor { " (monitor)" } else { "" };
        table.add_row([
            Cell::new(format!("{name}{mode}")),
            ink::count_cell(critic.called),
            ink::count_cell(critic.gated),
            ink::count_cell(critic.skipped),
            ink::count_cell(critic.failed).fg(Color::Red),
            took(critic.latency_ms.p50),
            took(critic.latency_ms.p99),
            ink::right(ink::number(critic.cost)),
        ]);
    }
    let _ = writeln!(text, "\n{}\n{table}", ink::bold("critics"));
}

fn misses(evaluation: &Evaluation, text: &mut String) {
    for (name, label) in &evaluation.labels {
        let counts = &label.measure.counts;
        let kinds = [
            ("missed", &label.missed, counts.fn_),
            ("false alarms", &label.false_alarms, counts.fp),
        ];
        for (what, misses, all) in kinds.into_iter().filter(|(_, misses, _)| !misses.is_empty()) {
            let title = ink::bold(format!("{}: {what}", shown(name)));
            let _ = writeln!(text, "\n{title}  the worst {} of {all}", misses.len());
            misses.iter().for_each(|it| miss(it, text));
        }
    }
}

fn miss(miss: &Miss, text: &mut String) {
    let id = miss.id.as_str().map_or_else(|| miss.id.to_string(), str::to_owned);
    let _ = writeln!(text, "  {:.3}  {}", miss.score, shown(&id));
    if let Some(start) = &miss.text {
        let _ = writeln!(text, "         {}", ink::dim(shown(start)));
    }
}
