//! Text from outside, made safe to show: what would steer a terminal is spelled out instead.

use std::fmt::Write as _;

/// The longest text shown in a heading or a cell, in characters.
const LONGEST: usize = 120;

/// A text with control, bidirectional and invisible characters written as `\u{..}`, cut at some length.
pub(crate) fn shown(text: &str) -> String {
    spelled(text.chars(), LONGEST)
}

/// As [`shown`], on one line and not cut: for what stands in a config.
pub(crate) fn on_one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    spelled(words.join(" ").chars(), usize::MAX)
}

fn spelled(text: impl Iterator<Item = char>, longest: usize) -> String {
    let mut safe = String::new();
    for (index, c) in text.enumerate() {
        if index == longest {
            safe.push('…');
            break;
        }
        if steers(c) {
            // Writing to a `String` cannot fail.
            let _ = write!(safe, "{}", c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Lines of text, each as [`shown`] and not cut.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(|line| spelled(line.chars(), usize::MAX) + "\n").collect()
}

/// JSON over several lines, in which no character steers a terminal. To a JSON reader it is the same.
pub(crate) fn json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        // Between members there are line feeds; within a text they are escaped already.
        if c == '\n' || !steers(c) {
            safe.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a `String` cannot fail.
            let _ = write!(safe, "\\u{unit:04x}");
        }
    }
    safe
}

/// Whether a character does something to a terminal or a reader other than standing there.
pub(crate) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}'
            // Zero width, direction marks, line and paragraph separators, embeddings and overrides.
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Tags and the selectors beside them.
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_spelled_out() {
        assert_eq!(shown("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(shown("a\nb\r\tc"), "a\\u{a}b\\u{d}\\u{9}c");
        assert_eq!(shown("\u{202e}\u{2066}\u{9b}\u{7f}"), "\\u{202e}\\u{2066}\\u{9b}\\u{7f}");
        assert_eq!(shown("\u{e0041}"), "\\u{e0041}");
    }

    #[test]
    fn what_stands_in_a_config_is_shown_whole_and_on_one_line() {
        assert_eq!(on_one_line("a > 0\n   && b\u{202e}"), "a > 0 && b\\u{202e}");
        assert_eq!(on_one_line(&"x".repeat(500)).len(), 500);
    }

    #[test]
    fn ordinary_text_of_any_language_stays() {
        for text in ["plain \"quoted\" \\ text", "Größe 嵐山 हिन्दी עברית", "🦀"]
        {
            assert_eq!(shown(text), text);
        }
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(shown(&"é".repeat(500)).chars().count(), LONGEST + 1);
    }
}
