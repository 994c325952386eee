//! Colours. Text is painted always; where it must be plain, [`plain`] takes the paint off again.

use std::fmt::Display;
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};
use tribunal_core::{Status, Verdict};

/// Bold.
pub(crate) fn bold(text: impl Display) -> String {
    format!("\u{1b}[1m{text}\u{1b}[0m")
}

/// Set back.
pub(crate) fn dim(text: impl Display) -> String {
    format!("\u{1b}[2m{text}\u{1b}[0m")
}

/// In green.
pub(crate) fn good(text: impl Display) -> String {
    format!("\u{1b}[32m{text}\u{1b}[0m")
}

/// In red.
pub(crate) fn bad(text: impl Display) -> String {
    format!("\u{1b}[31m{text}\u{1b}[0m")
}

/// A verdict in its colour.
pub(crate) fn verdict(verdict: Verdict) -> String {
    let code = match verdict {
        Verdict::Allow => 32,
        Verdict::Review => 33,
        Verdict::Block => 31,
    };
    format!("\u{1b}[1;{code}m{verdict}\u{1b}[0m")
}

/// A verdict in a cell; what only would have been called for is set in brackets and not coloured.
pub(crate) fn verdict_cell(verdict: Option<Verdict>, counts: bool) -> Cell {
    match verdict {
        None => Cell::new(""),
        Some(verdict) if !counts => Cell::new(format!("({verdict})")),
        Some(Verdict::Allow) => Cell::new("allow").fg(Color::Green),
        Some(Verdict::Review) => Cell::new("review").fg(Color::Yellow),
        Some(Verdict::Block) => Cell::new("block").fg(Color::Red),
    }
}

/// A status in a cell.
pub(crate) fn status_cell(status: Status) -> Cell {
    let cell = Cell::new(status);
    match status {
        Status::Success => cell,
        Status::Gated | Status::Skipped => cell.fg(Color::DarkGrey),
        Status::Timeout | Status::Error | Status::Invalid | Status::RateLimited => {
            cell.fg(Color::Red)
        }
    }
}

/// A number in a cell; nothing for 0, so that what happened stands out.
pub(crate) fn count_cell(count: u64) -> Cell {
    let text = if count == 0 { String::new() } else { count.to_string() };
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Text in a cell, to the right.
pub(crate) fn right(text: impl Display) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// A table with a line under its header and no other, as wide as it may be.
///
/// `numbers` are the columns whose names stand to the right, as what is below them.
pub(crate) fn table(header: &[&str], numbers: &[usize], width: Option<u16>) -> Table {
    let mut table = Table::new();
    let under = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(under));
    table.enforce_styling();
    table.set_header(header.iter().enumerate().map(|(column, name)| {
        let cell = if numbers.contains(&column) { right(name) } else { Cell::new(name) };
        cell.fg(Color::DarkGrey)
    }));
    if let Some(width) = width {
        table.set_width(width).set_content_arrangement(ContentArrangement::Dynamic);
    }
    table
}

/// Without the paint, and without blanks at the end of lines.
pub(crate) fn plain(text: &str) -> String {
    let text = anstream::adapter::strip_str(text).to_string();
    let mut plain = String::with_capacity(text.len());
    for line in text.lines() {
        plain.push_str(line.trim_end());
        plain.push('\n');
    }
    plain
}

/// A duration with its unit, as a config writes it; below a millisecond with decimals.
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        format!("{}ms", number(seconds * 1e3))
    } else {
        format!("{}s", number(seconds))
    }
}

/// As plural as the count asks for.
pub(crate) fn many(count: u64, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// A sum of costs, or milliseconds: at most three decimals, none that say nothing.
pub(crate) fn number(number: f64) -> String {
    let text = format!("{number:.3}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { String::from("0") } else { short.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_decimals_that_say_nothing() {
        for (value, text) in
            [(0.0, "0"), (10.0, "10"), (0.5, "0.5"), (1.0 / 3.0, "0.333"), (-0.0, "0")]
        {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn durations_have_their_unit() {
        for (micros, text) in
            [(0, "0ms"), (1_500, "1.5ms"), (200_000, "200ms"), (1_500_000, "1.5s")]
        {
            assert_eq!(duration(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn plain_text_has_no_paint() {
        assert_eq!(
            plain(&format!("{} x  \n{}", bold("a"), verdict(Verdict::Block))),
            "a x\nblock\n"
        );
    }
}
