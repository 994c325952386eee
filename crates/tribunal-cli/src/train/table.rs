//! The figures of a training run, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use tribunal_classifier::train::{Counts, Figures, Trained};

use crate::safe::shown;

/// All figures of all labels.
pub(super) fn show(trained: &Trained, folds: usize) -> String {
    let mut text = String::new();
    for figures in &trained.figures {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{}: {folds} folds that split no group; threshold {:.3}",
            shown(&figures.label),
            figures.threshold
        );
        label(&mut text, figures);
        text.push('\n');
    }
    text
}

fn label(text: &mut String, figures: &Figures) {
    let heads = ["precision", "recall", "F1", "false pos.", "texts with", "without"];
    let _ = write!(text, "  {:48}", "");
    for head in heads {
        let _ = write!(text, " {head:>11}");
    }
    text.push('\n');
    row(text, "all", &figures.all);
    row(text, "--negative", &figures.named);
    rows(text, &figures.by_source);
    if !figures.left_out.is_empty() {
        text.push_str("  trained without the source:\n");
        rows(text, &figures.left_out);
    }
}

fn rows(text: &mut String, by_source: &BTreeMap<String, Counts>) {
    for (source, counts) in by_source {
        row(text, &shown(source), counts);
    }
}

fn row(text: &mut String, name: &str, counts: &Counts) {
    let positives = counts.hits + counts.misses;
    let negatives = counts.false_alarms + counts.passes;
    let _ = write!(text, "  {name:48}");
    // Of a source of one kind, precision would say how many there are of each, and nothing of the label.
    let precision = counts.precision().filter(|_| positives > 0 && negatives > 0);
    for figure in [precision, counts.recall(), counts.f1(), counts.false_positive_rate()] {
        let _ = match figure {
            Some(figure) => write!(text, " {figure:>11.3}"),
            None => write!(text, " {:>11}", "-"),
        };
    }
    let _ = writeln!(text, " {positives:>11} {negatives:>11}");
}
