//! How far it is, on standard error.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

use super::input::Input;

/// A bar over all inputs; nothing where standard error is no terminal.
pub(crate) fn progress(inputs: &[Input]) -> ProgressBar {
    let (bar, template) = match inputs.iter().map(Input::bytes).sum::<Option<u64>>() {
        Some(bytes) => (
            ProgressBar::new(bytes),
            "{bar:30} {percent:>3}% of {total_bytes}, {msg} judged, {eta} left",
        ),
        None => (ProgressBar::no_length(), "{spinner} {bytes} read, {msg} judged, {elapsed}"),
    };
    // Taken away also when it all ends early.
    let bar = bar.with_finish(ProgressFinish::AndClear);
    if !bar.is_hidden() {
        // Also while the next line is waited for.
        bar.enable_steady_tick(Duration::from_millis(200));
    }
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
