//! What is refused before the parser sees it, and what the parser refuses.

use cel::ParseErrors;

use super::{Fault, MAX_BYTES};

/// Deepest nesting of brackets.
const MAX_BRACKETS: usize = 32;

pub(super) fn check(text: &str) -> Result<(), Fault> {
    if text.len() > MAX_BYTES {
        let problem = format!("is longer than {MAX_BYTES} bytes");
        return Err(Fault::new(0..text.len(), problem));
    }
    if text.trim().is_empty() {
        return Err(Fault::new(0..text.len(), "is empty"));
    }
    let mut depth = 0_usize;
    for (at, c) in brackets(text) {
        match c {
            '(' | '[' | '{' => depth += 1,
            _ => depth = depth.saturating_sub(1),
        }
        if depth > MAX_BRACKETS {
            let problem = format!("brackets nest deeper than {MAX_BRACKETS}");
            return Err(Fault::new(at..at + 1, problem));
        }
    }
    Ok(())
}

/// The brackets outside of texts and comments. Where quotes do not pair up, the parser says so.
pub(super) fn brackets(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut open: Option<char> = None;
    let mut escaped = false;
    let mut comment = false;
    let mut before = ' ';
    text.char_indices().filter(move |(_, c)| {
        let c = *c;
        let slash = std::mem::replace(&mut before, c) == '/';
        if comment {
            comment = c != '\n';
            return false;
        }
        if let Some(quote) = open {
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == quote {
                open = None;
            }
            return false;
        }
        match c {
            '"' | '\'' => open = Some(c),
            '/' if slash => comment = true,
            _ => {}
        }
        matches!(c, '(' | '[' | '{' | ')' | ']' | '}')
    })
}

/// The parser's errors, each at its place.
pub(super) fn syntax(text: &str, errors: &ParseErrors) -> Vec<Fault> {
    let fault = |error: &cel::ParseError| {
        let (line, column) = error.pos;
        let at = byte_at(text, line, column);
        let message = error.msg.trim_start_matches("Syntax error: ");
        // What it expects is a list of all there is.
        let message = message.split(" expecting ").next().unwrap_or(message);
        let message = message.replace("'<EOF>'", "the end");
        let shown = message.chars().take(120).flat_map(char::escape_debug).collect::<String>();
        let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Fault::new(at..at + width, format!("is no expression: {}", shown.replace("\\'", "'")))
    };
    // One slip makes a parser stumble several times.
    match errors.errors.first() {
        Some(first) => vec![fault(first)],
        None => vec![Fault::new(0..text.len(), "is no expression")],
    }
}

/// The byte at a line and a column, both from 1, the column in characters.
fn byte_at(text: &str, line: isize, column: isize) -> usize {
    let lines = usize::try_from(line).unwrap_or(1).saturating_sub(1);
    let columns = usize::try_from(column).unwrap_or(1).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    start + rest.char_indices().nth(columns).map_or(rest.len(), |(at, _)| at)
}
