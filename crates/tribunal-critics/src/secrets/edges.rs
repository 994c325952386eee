//! Where a keyword has to stand to count: at the start of a token, as a word of a name, after a command.

use std::ops::Range;

use super::rules::{Edge, Rule};

pub(super) const fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a keyword stands where its rule looks for it.
pub(super) fn counts(rule: &Rule, text: &[u8], keyword: Range<usize>) -> bool {
    match rule.edge {
        Edge::Anywhere => true,
        Edge::Word => starts_word(text, keyword.start),
        Edge::Name => {
            let after = text.get(keyword.end).copied().unwrap_or(b' ');
            // `keyboard`, `author`, `tokenizer` name no secret; `apikey` does.
            !after.is_ascii_lowercase()
        }
        Edge::Whole => {
            let after = text.get(keyword.end).copied().unwrap_or(b' ');
            !after.is_ascii_lowercase() && is_word_of_name(text, keyword)
        }
        Edge::Issuer => is_word_of_name(text, keyword),
    }
}

/// Whether a token may start here: not within a word, unless that is the end of `\n` or `%20`.
pub(super) fn starts_word(text: &[u8], start: usize) -> bool {
    match text.get(start.saturating_sub(3)..start) {
        None | Some([]) => true,
        Some([.., before]) if !before.is_ascii_alphanumeric() => true,
        Some([.., b'\\', b'n' | b't' | b'r']) => true,
        Some([b'%', a, b]) => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        Some(_) => false,
    }
}

/// Whether these bytes are words of a name written in camelCase, snake_case or the like.
fn is_word_of_name(text: &[u8], word: Range<usize>) -> bool {
    let at =
        |index: Option<usize>| index.and_then(|index| text.get(index)).copied().unwrap_or(b' ');
    let (before, first) = (at(word.start.checked_sub(1)), at(Some(word.start)));
    let (last, after) = (at(word.end.checked_sub(1)), at(Some(word.end)));
    let begins = !before.is_ascii_alphabetic()
        || (before.is_ascii_lowercase() && first.is_ascii_uppercase());
    // `sumOf`: the last letter of `sumo` begins the next word.
    let splits =
        first.is_ascii_lowercase() && last.is_ascii_uppercase() && after.is_ascii_lowercase();
    begins && !splits
}

/// The name that a keyword is part of, as far as it matters.
pub(super) fn name_around(text: &[u8], keyword: Range<usize>) -> &[u8] {
    const REACH: usize = 32;
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let left = text.get(keyword.start.saturating_sub(REACH)..keyword.start).unwrap_or_default();
    let right = text.get(keyword.end..).unwrap_or_default();
    let start = keyword.start - left.iter().rev().take_while(part).count();
    let end = keyword.end + right.iter().take(REACH).take_while(part).count();
    text.get(start..end).unwrap_or_default()
}

/// Whether this command stands before this place with nothing between the two that ends it.
pub(super) fn same_command(text: &[u8], word: &str, command: Option<usize>, at: usize) -> bool {
    const REACH: usize = 600;
    let between = command.and_then(|command| text.get(command..at)).unwrap_or_default();
    let named =
        between.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()));
    // A backslash continues a line, and examples often forget it before an option.
    let ended = |pair: &[u8]| matches!(pair, [before, b'\n'] if !b"\\/,\r".contains(before));
    named && between.len() <= REACH && !between.windows(2).any(ended)
}
