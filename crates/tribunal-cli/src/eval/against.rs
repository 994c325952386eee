//! What became of a baseline, on standard error: it is why the command fails, whatever it writes elsewhere.

use std::fmt::Write as _;
use std::io::Write as _;

use tribunal_eval::{Change, Comparison, Limits};

use crate::ink;
use crate::safe::shown;

/// Says what got worse, or that nothing did.
pub(super) fn tell(comparison: &Comparison, limits: Limits) {
    // Nobody is left to tell that standard error is closed.
    let _ = anstream::stderr().write_all(text(comparison, limits).as_bytes());
}

fn text(comparison: &Comparison, limits: Limits) -> String {
    let mut text = String::new();
    for note in &comparison.notes {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "note: {}", shown(note));
    }
    for (label, why) in &comparison.lost {
        let (label, why) = (shown(label), shown(why));
        let _ = writeln!(text, "{} `{label}` is not measured any more: {why}", worse());
    }
    let (regressed, fine): (Vec<&Change>, Vec<&Change>) =
        comparison.changes.iter().partition(|change| change.regressed);
    for change in regressed {
        let _ = writeln!(text, "{} {}", worse(), one(change));
    }
    // A loss that is let pass is told all the same.
    for change in fine.iter().filter(|change| change.loss > limits.tolerance + 1e-9) {
        let _ = writeln!(text, "maybe worse: {}; chance may explain it", one(change));
    }
    if !comparison.regressed() {
        let compared = ink::many(comparison.changes.len() as u64, "figure");
        let tolerance = ink::number(limits.tolerance * 100.0);
        let _ = writeln!(text, "nothing is worse by more than {tolerance} points ({compared})");
    }
    text
}

fn worse() -> String {
    String::from("\u{1b}[1;31mworse:\u{1b}[0m")
}

fn one(change: &Change) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let [low, high] = change.interval;
    format!(
        "{} of `{}` was {} and is {}: {:.1} points worse ({:.1} to {:.1})",
        change.figure,
        shown(&change.label),
        percent(change.before),
        percent(change.after),
        change.loss * 100.0,
        low * 100.0,
        high * 100.0
    )
}
