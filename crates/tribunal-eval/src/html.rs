//! An evaluation as one page that needs nothing else: no script, no font, no image, nothing from elsewhere.
//!
//! Start at [`html`]. `html/plot.rs` draws the curves, `html/style.css` has the colours, light and dark.

mod plot;

use std::fmt::Write as _;

use tribunal_picture::page::{self, escaped};

use crate::evaluation::{Evaluation, LabelResult, Measure};
use crate::interval::Interval;
use crate::markdown::{cost, percent};
use crate::spans::SpanShares;
use crate::worst::Miss;

const STYLE: &str = include_str!("html/style.css");

/// The page.
#[must_use]
pub fn html(evaluation: &Evaluation) -> String {
    let mut page = page::begin("Tribunal: evaluation", STYLE);
    head(evaluation, &mut page);
    labels(evaluation, &mut page);
    if !evaluation.curves.is_empty() {
        page.push_str("<h2 id=\"curves\">Curves</h2>\n<p class=\"note\">What other thresholds would come to. A dot marks the highest F1. <em>Severity</em>: the worst that the critics of the label gave a row; moving <code>review_at</code> moves along it.</p>\n");
        plot::curves(&evaluation.curves, &mut page);
    }
    sources(evaluation, &mut page);
    spans(evaluation, &mut page);
    critics(evaluation, &mut page);
    misses(evaluation, &mut page);
    page::end(&mut page);
    page
}

// Writing to a `String` cannot fail: the results below are let go.

fn head(evaluation: &Evaluation, page: &mut String) {
    let rows = &evaluation.rows;
    let _ = writeln!(page, "<h1>Evaluation</h1>\n<dl>");
    let mut fact = |name: &str, value: &str| {
        let _ = writeln!(page, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(value));
    };
    fact("pipeline", &evaluation.pipeline);
    fact("config", evaluation.config_hash.get(..12).unwrap_or(&evaluation.config_hash));
    fact("rows", &rows.judged.to_string());
    fact("without a label", &rows.unlabelled.to_string());
    fact("not judged", &rows.unjudged.to_string());
    fact("gates", if evaluation.ungated { "held open" } else { "as configured" });
    let _ = writeln!(page, "</dl>");
    if evaluation.interrupted {
        let _ = writeln!(page, "<p class=\"bad\">Interrupted: these are the rows until then.</p>");
    }
}

const SHARES: &str = "<th>precision</th><th>recall</th><th>F1</th><th>false-positive rate</th>";

fn labels(evaluation: &Evaluation, page: &mut String) {
    let _ = writeln!(
        page,
        "<h2>Labels</h2>\n<p class=\"note\">Shares in percent with 95 % intervals. A dash: there was nothing to take a share of.</p>\n<div class=\"wide\"><table>\n<thead><tr><th>label</th><th class=\"n\">n</th><th class=\"n\">positive</th>{SHARES}<th class=\"n\">failed</th><th>measured by</th></tr></thead>\n<tbody>"
    );
    for (name, label) in evaluation.labels.iter().filter(|(_, it)| it.measure.measured) {
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th>{}<td>{}</td></tr>",
            escaped(name),
            measured(&label.measure),
            by(label)
        );
    }
    page.push_str("</tbody>\n</table></div>\n");
    let unmeasured: Vec<_> =
        evaluation.labels.iter().filter(|(_, label)| !label.measure.measured).collect();
    if !unmeasured.is_empty() {
        page.push_str("<h3>Not measured</h3>\n<ul>\n");
        for (name, label) in unmeasured {
            let why = with_code(label.missing.as_deref().unwrap_or_default());
            let (name, n) = (escaped(name), label.measure.n);
            let _ = writeln!(page, "<li><strong>{name}</strong> ({n} rows): {why}</li>");
        }
        page.push_str("</ul>\n");
    }
}

fn by(label: &LabelResult) -> String {
    let names: Vec<String> = label.by.iter().map(|by| escaped(by)).collect();
    let value = if label.objects_to { "" } else { ", where it is false" };
    let at = label.at.as_str();
    format!("{} <span class=\"note\">from {at} on{value}</span>", names.join(", "))
}

/// The cells from `n` to the failures.
fn measured(measure: &Measure) -> String {
    let (shares, ranges) = (&measure.shares, &measure.shares.intervals);
    let mut cells =
        format!("<td class=\"n\">{}</td><td class=\"n\">{}</td>", measure.n, measure.positives);
    for (value, range) in [
        (shares.precision, ranges.precision),
        (shares.recall, ranges.recall),
        (shares.f1, ranges.f1),
        (shares.fpr, ranges.fpr),
    ] {
        let _ = write!(cells, "<td>{}</td>", with_bar(value, range));
    }
    let failed = measure.counts.failed;
    let class = if failed > 0 { "n bad" } else { "n" };
    let _ = write!(cells, "<td class=\"{class}\">{failed}</td>");
    cells
}

/// A share, and its interval drawn beside it.
fn with_bar(value: Option<f64>, interval: Option<Interval>) -> String {
    let (Some(share), Some(range)) = (value, interval) else { return percent(value, interval) };
    format!("{}{}", percent(value, interval), plot::bar(share, range))
}

fn sources(evaluation: &Evaluation, page: &mut String) {
    let _ = writeln!(
        page,
        "<h2>By source</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>source</th><th>label</th><th class=\"n\">n</th><th class=\"n\">positive</th>{SHARES}<th class=\"n\">failed</th></tr></thead>\n<tbody>"
    );
    for (source, labels) in &evaluation.sources {
        for (name, measure) in labels.iter().filter(|(_, measure)| measure.measured) {
            let (source, name) = (escaped(source), escaped(name));
            let cells = measured(measure);
            let _ = writeln!(page, "<tr><td>{source}</td><td>{name}</td>{cells}</tr>");
        }
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn spans(evaluation: &Evaluation, page: &mut String) {
    for (name, scores) in &evaluation.spans {
        let _ = writeln!(
            page,
            "<h2>Spans of {}</h2>\n<p class=\"note\">{} spans in {} rows; {} reported.</p>\n<div class=\"wide\"><table>\n<thead><tr><th>match</th><th>precision</th><th>recall</th><th>F1</th></tr></thead>\n<tbody>",
            escaped(name),
            scores.labelled,
            scores.rows,
            scores.reported
        );
        let mut row = |how: &str, shares: &SpanShares| {
            let precision = with_bar(shares.precision, shares.intervals.precision);
            let recall = with_bar(shares.recall, shares.intervals.recall);
            let f1 = percent(shares.f1, None);
            let _ = writeln!(
                page,
                "<tr><th scope=\"row\">{how}</th><td>{precision}</td><td>{recall}</td><td>{f1}</td></tr>"
            );
        };
        row("same bounds", &scores.exact);
        row("overlapping", &scores.overlapping);
        row("overlapping, same type", &scores.typed);
        page.push_str("</tbody>\n</table></div>\n<details><summary>By type</summary>\n<div class=\"wide\"><table>\n<thead><tr><th>type</th><th class=\"n\">spans</th><th class=\"n\">same bounds</th><th class=\"n\">overlapping</th><th class=\"n\">same type</th></tr></thead>\n<tbody>\n");
        for (kind, found) in &scores.types {
            let (labelled, exact) = (found.labelled, found.exact);
            let (overlapping, typed) = (found.overlapping, found.typed);
            let _ = writeln!(
                page,
                "<tr><td>{}</td><td class=\"n\">{labelled}</td><td class=\"n\">{exact}</td><td class=\"n\">{overlapping}</td><td class=\"n\">{typed}</td></tr>",
                escaped(kind)
            );
        }
        page.push_str("</tbody>\n</table></div>\n</details>\n");
    }
}

fn critics(evaluation: &Evaluation, page: &mut String) {
    page.push_str("<h2>Critics</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>critic</th><th>kind</th><th class=\"n\">called</th><th class=\"n\">gated</th><th class=\"n\">skipped</th><th class=\"n\">failed</th><th class=\"n\">p50 ms</th><th class=\"n\">p99 ms</th><th class=\"n\">cost a call</th><th>alone: precision and recall</th></tr></thead>\n<tbody>\n");
    for (name, critic) in &evaluation.critics {
        let took =
            |millis: Option<f64>| millis.map_or_else(|| "–".to_owned(), |it| format!("{it:.3}"));
        let failed = if critic.failed > 0 { "n bad" } else { "n" };
        let mode = if critic.mode == tribunal_core::Mode::Monitor { " (monitor)" } else { "" };
        let alone = critic.labels.iter().map(|(label, measure)| {
            let shares = &measure.shares;
            let (precision, recall) =
                (percent(shares.precision, None), percent(shares.recall, None));
            format!("{}: {precision}, {recall}", escaped(label))
        });
        let alone = alone.collect::<Vec<_>>().join("<br>");
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}{mode}</th><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"{failed}\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{alone}</td></tr>",
            escaped(name),
            escaped(&critic.kind),
            critic.called,
            critic.gated,
            critic.skipped,
            critic.failed,
            took(critic.latency_ms.p50),
            took(critic.latency_ms.p99),
            critic.cost_per_call.map_or_else(|| "–".to_owned(), cost),
        );
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn misses(evaluation: &Evaluation, page: &mut String) {
    page.push_str("<h2>Worst misses</h2>\n");
    for (name, label) in &evaluation.labels {
        for (what, misses, all) in [
            ("missed", &label.missed, label.measure.counts.fn_),
            ("false alarms", &label.false_alarms, label.measure.counts.fp),
        ] {
            if misses.is_empty() {
                continue;
            }
            let name = escaped(name);
            let _ = writeln!(
                page,
                "<details><summary>{name}: {what} <span class=\"note\">the worst {} of {all}</span></summary>\n<div class=\"wide\"><table>\n<thead><tr><th>id</th><th>source</th><th class=\"n\">score</th></tr></thead>\n<tbody>",
                misses.len()
            );
            misses.iter().for_each(|it| miss(it, page));
            page.push_str("</tbody>\n</table></div>\n</details>\n");
        }
    }
}

fn miss(miss: &Miss, page: &mut String) {
    let id = miss.id.as_str().map_or_else(|| miss.id.to_string(), str::to_owned);
    let text = miss.text.as_deref().map(|text| format!("<br><span>{}</span>", escaped(text)));
    let _ = writeln!(
        page,
        "<tr><td><code>{}</code>{}</td><td class=\"broad\">{}</td><td class=\"n\">{:.3}</td></tr>",
        escaped(&id),
        text.unwrap_or_default(),
        escaped(&miss.source),
        miss.score
    );
}

/// A text in which what stands between backticks is code.
fn with_code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(index, part): (usize, &str)| match index % 2 {
        0 => escaped(part),
        _ => format!("<code>{}</code>", escaped(part)),
    };
    parts.map(part).collect()
}
