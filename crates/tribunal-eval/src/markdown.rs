//! An evaluation as tables in Markdown, for docs and comments on changes.

use std::fmt::Write as _;

use crate::counts::share;
use crate::evaluation::{Evaluation, Measure};
use crate::interval::Interval;

/// The figures as tables, without misses: those are for whoever works on a critic.
#[must_use]
pub fn markdown(evaluation: &Evaluation) -> String {
    let mut text = String::new();
    labels(evaluation, &mut text);
    sources(evaluation, &mut text);
    spans(evaluation, &mut text);
    curves(evaluation, &mut text);
    critics(evaluation, &mut text);
    text
}

// Writing to a `String` cannot fail: the results below are let go.

fn labels(evaluation: &Evaluation, text: &mut String) {
    let rows = &evaluation.rows;
    let gates = if evaluation.ungated { ", every gate held open" } else { "" };
    let _ = writeln!(
        text,
        "{} rows judged by the {}{gates}.\n",
        rows.judged,
        cell(&evaluation.pipeline)
    );
    if evaluation.interrupted {
        let _ = writeln!(text, "**Interrupted: these are the rows until then.**\n");
    }
    if rows.unjudged > 0 {
        let _ = writeln!(text, "**{} lines could not be judged.**\n", rows.unjudged);
    }
    let _ = writeln!(
        text,
        "| label | n | positive | precision | recall | F1 | false-positive rate | failed | from | by |"
    );
    let _ = writeln!(text, "|---|---:|---:|---|---|---|---|---:|---|---|");
    for (name, label) in evaluation.labels.iter().filter(|(_, label)| label.measure.measured) {
        let by: Vec<String> = label.by.iter().map(|by| format!("`{}`", cell(by))).collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            cell(name),
            counted(&label.measure),
            failed(label.measure.counts.failed),
            label.at.as_str(),
            by.join(", ")
        );
    }
    let unmeasured: Vec<_> =
        evaluation.labels.iter().filter(|(_, label)| !label.measure.measured).collect();
    if !unmeasured.is_empty() {
        let _ = writeln!(text, "\nNot measured:\n");
        for (name, label) in unmeasured {
            let why = label.missing.as_deref().unwrap_or_default();
            let _ = writeln!(text, "- `{}` ({} rows): {}", cell(name), label.measure.n, prose(why));
        }
    }
}

/// `n`, positives and the four shares, as cells.
fn counted(measure: &Measure) -> String {
    let (shares, ranges) = (&measure.shares, &measure.shares.intervals);
    let cells = [
        percent(shares.precision, ranges.precision),
        percent(shares.recall, ranges.recall),
        percent(shares.f1, ranges.f1),
        percent(shares.fpr, ranges.fpr),
    ];
    format!("{} | {} | {}", measure.n, measure.positives, cells.join(" | "))
}

fn sources(evaluation: &Evaluation, text: &mut String) {
    let _ = writeln!(text, "\n## By source\n");
    let _ = writeln!(
        text,
        "| source | label | n | positive | precision | recall | F1 | false-positive rate | failed |"
    );
    let _ = writeln!(text, "|---|---|---:|---:|---|---|---|---|---:|");
    for (source, labels) in &evaluation.sources {
        for (name, measure) in labels.iter().filter(|(_, measure)| measure.measured) {
            let failed = failed(measure.counts.failed);
            let (source, name) = (cell(source), cell(name));
            let _ = writeln!(text, "| {source} | `{name}` | {} | {failed} |", counted(measure));
        }
    }
}

fn spans(evaluation: &Evaluation, text: &mut String) {
    for (name, scores) in &evaluation.spans {
        let _ = writeln!(text, "\n## Spans of `{}`\n", cell(name));
        let _ = writeln!(
            text,
            "{} spans in {} rows, {} reported.\n",
            scores.labelled, scores.rows, scores.reported
        );
        let _ = writeln!(text, "| match | precision | recall | F1 |\n|---|---|---|---|");
        for (how, shares) in [
            ("same bounds", &scores.exact),
            ("overlapping", &scores.overlapping),
            ("overlapping, same type", &scores.typed),
        ] {
            let _ = writeln!(
                text,
                "| {how} | {} | {} | {} |",
                percent(shares.precision, shares.intervals.precision),
                percent(shares.recall, shares.intervals.recall),
                percent(shares.f1, None)
            );
        }
        let _ = writeln!(
            text,
            "\n| type | spans | same bounds | overlapping | overlapping, same type |"
        );
        let _ = writeln!(text, "|---|---:|---:|---:|---:|");
        let mut types: Vec<_> = scores.types.iter().collect();
        types.sort_by(|(a, x), (b, y)| y.labelled.cmp(&x.labelled).then_with(|| a.cmp(b)));
        for (kind, found) in types {
            let of = |hits| percent(share(hits, found.labelled), None);
            let (exact, overlapping, typed) =
                (of(found.exact), of(found.overlapping), of(found.typed));
            let kind = cell(kind);
            let labelled = found.labelled;
            let _ = writeln!(text, "| `{kind}` | {labelled} | {exact} | {overlapping} | {typed} |");
        }
    }
}

fn curves(evaluation: &Evaluation, text: &mut String) {
    if evaluation.curves.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## Curves\n");
    let _ = writeln!(text, "| label | by | area under ROC | average precision | best F1 | at |");
    let _ = writeln!(text, "|---|---|---:|---:|---:|---:|");
    for named in &evaluation.curves {
        let curve = &named.curve;
        let (point, best) = &curve.best_f1;
        let _ = writeln!(
            text,
            "| `{}` | {} | {:.3} | {:.3} | {} | {:.3} |",
            cell(&named.label),
            cell(&named.by),
            curve.roc_auc,
            curve.average_precision,
            percent(Some(*best), None),
            point.threshold
        );
    }
}

fn critics(evaluation: &Evaluation, text: &mut String) {
    let _ = writeln!(text, "\n## Critics\n");
    let _ = writeln!(
        text,
        "| critic | kind | called | gated | skipped | failed | p50 ms | p99 ms | cost per call |"
    );
    let _ = writeln!(text, "|---|---|---:|---:|---:|---:|---:|---:|---:|");
    for (name, critic) in &evaluation.critics {
        let took = |millis: Option<f64>| millis.map_or_else(dash, |it| format!("{it:.3}"));
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {} | {} | {} |",
            cell(name),
            cell(&critic.kind),
            critic.called,
            critic.gated,
            critic.skipped,
            failed(critic.failed),
            took(critic.latency_ms.p50),
            took(critic.latency_ms.p99),
            critic.cost_per_call.map_or_else(dash, cost),
        );
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// A cost, without the digits that adding up has left.
pub(crate) fn cost(cost: f64) -> String {
    let text = format!("{cost:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Failures, so that they are seen.
fn failed(count: u64) -> String {
    if count == 0 { "0".to_owned() } else { format!("**{count}**") }
}

/// A share in percent with its interval; a dash for a share of nothing.
pub(crate) fn percent(share: Option<f64>, interval: Option<Interval>) -> String {
    match (share, interval) {
        (None, _) => dash(),
        (Some(share), None) => format!("{:.1} %", share * 100.0),
        (Some(share), Some([low, high])) => {
            format!("{:.1} % ({:.1}–{:.1})", share * 100.0, low * 100.0, high * 100.0)
        }
    }
}

/// A text of ours, in which what stands between backticks is code.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(index, part): (usize, &str)| match index % 2 {
        0 => cell(part),
        _ => format!("`{}`", part.replace(char::is_control, " ")),
    };
    parts.map(part).collect()
}

/// A text from the data in a cell: nothing in it ends the cell or starts markup.
fn cell(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '|' | '<' | '>' | '[' | ']' | '*' | '\\' | '`' => safe.extend(['\\', c]),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_is_a_dash_and_others_have_their_interval() {
        assert_eq!(percent(None, None), "–");
        assert_eq!(percent(Some(0.5), Some([0.25, 0.75])), "50.0 % (25.0–75.0)");
    }

    #[test]
    fn nothing_from_the_data_ends_a_cell() {
        assert_eq!(cell("a|b\n<c>"), "a\\|b \\<c\\>");
        assert_eq!(prose("add `[a.b]`, <c>"), "add `[a.b]`, \\<c\\>");
    }
}
