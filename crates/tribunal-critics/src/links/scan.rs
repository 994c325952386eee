//! Finds links in a text, in one pass.
//!
//! A link stands in running text behind its scheme, or where only a link can stand: behind `](` and `]:` in
//! Markdown, in an attribute such as `href=`, in `url(`. What was taken for a link is not looked at again, so the
//! time is linear. Start at [`each_link`].

use std::ops::Range;

use super::names::is_domain;
use super::target::{Place, SCHEME_BYTES, Target, is_scheme, is_special};

/// A link in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) bytes: Range<usize>,
    pub(super) place: Place,
    /// Loaded without anyone following it.
    pub(super) image: bool,
    /// The text that is shown for it.
    pub(super) shown: Option<Range<usize>>,
}

/// Most brackets that are remembered as open.
const MOST_OPEN: usize = 32;
/// How far into a target it is decided whether it is one: a scheme, all of it in entities.
const TARGET_BEGINS: usize = 160;

/// Calls `visit` with each link. `bare` says of a name whether it is on a list; with it, names of hosts that stand
/// by themselves are links too.
pub(super) fn each_link(
    text: &str,
    bare: Option<&dyn Fn(&str) -> bool>,
    mut visit: impl FnMut(Found),
) {
    let bytes = text.as_bytes();
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1);
        let mut found = None;
        match byte {
            b'[' => {
                if open.len() >= MOST_OPEN {
                    open.remove(0);
                }
                open.push((at + 1, at > 0 && bytes.get(at - 1) == Some(&b'!')));
            }
            b']' => {
                let opened = open.pop();
                if next == Some(&b'(') {
                    let image = opened.is_some_and(|(_, image)| image);
                    // What stands for an image is not what someone sees before following a link.
                    let shown = opened.filter(|_| !image).map(|(start, _)| start..at);
                    found = target(text, at + 2, End::Markdown).map(|bytes| Found {
                        bytes,
                        place: Place::Target,
                        image,
                        shown,
                    });
                } else if next == Some(&b':') {
                    found = target(text, at + 2, End::Markdown).map(Found::target);
                }
            }
            b'=' => {
                if let Some(image) = attribute(bytes, at) {
                    found = target(text, at + 1, End::Attribute).map(Found::target);
                    found = found.map(|found| Found { image, ..found });
                }
            }
            b'(' if ends_with(bytes.get(..at), b"url") => {
                found = target(text, at + 1, End::Attribute).map(Found::target);
                found = found.map(|found| Found { image: true, ..found });
            }
            b':' => found = in_text(text, at).map(Found::text),
            _ => {}
        }
        if let Some(link) = found {
            // Within an attribute, what follows a space is looked at as text too.
            let inside = text.get(link.bytes.clone()).unwrap_or_default();
            let until = inside.find(|c: char| c.is_whitespace() || c == '<' || c == '>');
            at = (link.bytes.start + until.unwrap_or(inside.len())).max(at + 1);
            visit(link);
            continue;
        }
        if let Some(known) = bare
            && let Some(end) = name_end(text, at)
        {
            let name = bare_name(text, at..end, known);
            let link = name.map(|name| Found::text(at..text_end(text, name.end)));
            at = link.as_ref().map_or(end, |link| link.bytes.end.max(end));
            link.into_iter().for_each(&mut visit);
            continue;
        }
        at += 1;
    }
}

impl Found {
    fn text(bytes: Range<usize>) -> Self {
        Self { bytes, place: Place::Text, image: false, shown: None }
    }

    fn target(bytes: Range<usize>) -> Self {
        Self { place: Place::Target, ..Self::text(bytes) }
    }
}

/// What ends a target.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Markdown,
    Attribute,
}

/// The target that starts there, spaces and an opening quote aside; `None` when it leads nowhere.
fn target(text: &str, from: usize, end: End) -> Option<Range<usize>> {
    let rest = text.get(from..)?;
    let space = |c: char| c.is_whitespace() || c.is_control();
    // More spaces than anyone writes could be gone through again and again.
    let (window, _) = rest.split_at_checked(boundary(rest, TARGET_BEGINS))?;
    let skipped = window.len() - window.trim_start_matches(space).len();
    let mut start = from + skipped;
    let quote = text.get(start..)?.chars().next()?;
    let close = match (quote, end) {
        ('<', End::Markdown) => Some('>'),
        ('"' | '\'', End::Attribute) => Some(quote),
        _ => None,
    };
    start += close.map_or(0, |_| quote.len_utf8());
    let rest = text.get(start..)?;
    let (begin, _) = rest.split_at_checked(boundary(rest, TARGET_BEGINS))?;
    let first = begin.trim_start_matches(space).chars().next()?;
    if !(first.is_ascii_alphabetic() || "&/\\".contains(first))
        || !begin.contains([':', '/', '\\', '&'])
        || Target::of(begin, Place::Target) == Target::Nothing
    {
        return None;
    }
    let closed = match close {
        // One that is not closed must not be looked for to the end of the text, time and again.
        Some('>') => rest.find(['>', '<', '\n']),
        close => close.and_then(|close| rest.find(close)),
    };
    let length = closed.unwrap_or_else(|| {
        let mut depth = 0_usize;
        let ends = |c: char| match c {
            '(' => {
                depth += 1;
                false
            }
            ')' if depth == 0 => true,
            ')' => {
                depth -= 1;
                false
            }
            '>' | '<' => true,
            c => space(c),
        };
        rest.find(ends).unwrap_or(rest.len())
    });
    (length > 0).then_some(start..start + length)
}

/// Whether the `=` belongs to an attribute that holds a link, and then whether it loads by itself.
fn attribute(bytes: &[u8], equals: usize) -> Option<bool> {
    const ATTRIBUTES: [(&[u8], bool); 8] = [
        (b"href", false),
        (b"src", true),
        (b"srcset", true),
        (b"action", false),
        (b"poster", true),
        (b"background", true),
        (b"ping", true),
        (b"cite", false),
    ];
    let before = bytes.get(equals.saturating_sub(20)..equals)?.trim_ascii_end();
    ATTRIBUTES.iter().find(|(name, _)| ends_with(Some(before), name)).map(|(_, image)| *image)
}

fn ends_with(bytes: Option<&[u8]>, end: &[u8]) -> bool {
    let tail = bytes.and_then(|bytes| bytes.get(bytes.len().checked_sub(end.len())?..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// The link in running text whose scheme ends at that colon.
fn in_text(text: &str, colon: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let before = bytes.get(colon.saturating_sub(SCHEME_BYTES)..colon)?;
    let part = |b: &u8| b.is_ascii_alphanumeric() || b"+.-".contains(b);
    let length = before.iter().rev().take_while(|b| part(b)).count();
    let mut start = colon - length;
    let word = text.get(start..colon)?.to_ascii_lowercase();
    let after = text.get(colon + 1..)?;
    // The longest that the word ends with: in `seehttps` it is `https`.
    let known = ["https", "http", "ftp", "wss", "ws", "javascript", "vbscript", "data"];
    let scheme = known.into_iter().find(|known| {
        let own = word.strip_suffix(known);
        let apart = |rest: &str| !rest.ends_with(|c: char| c.is_ascii_alphanumeric());
        own.is_some_and(|rest| apart(rest) || known.starts_with("http"))
    });
    let is_link = match scheme {
        Some("javascript" | "vbscript") => {
            after.starts_with(|c: char| c.is_ascii_alphanumeric() || "/%_$(![{~+-".contains(c))
        }
        Some("data") => is_data(after),
        Some(scheme) if is_special(scheme) => after.starts_with(['/', '\\']),
        _ => length > 1 && is_scheme(&word) && after.starts_with("//"),
    };
    if !is_link {
        return None;
    }
    if let Some(scheme) = scheme {
        start = colon - scheme.len();
    }
    let end = text_end(text, colon + 1);
    (end > colon + 1).then_some(start..end)
}

/// Whether what follows `data:` is a media type and its data, and no sentence.
fn is_data(after: &str) -> bool {
    let (head, _) = after.split_at_checked(boundary(after, 100)).unwrap_or_default();
    let Some((kind, _)) = head.split_once(',') else { return false };
    let part = |b: u8| b.is_ascii_alphanumeric() || b"/;=+.-_".contains(&b);
    kind.bytes().all(part) && (kind.contains('/') || kind.ends_with(";base64"))
}

/// Where a link in running text ends: at a space, a quote, a bracket that it did not open, and before
/// punctuation that belongs to the sentence.
fn text_end(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let (mut round, mut square) = (0_usize, 0_usize);
    let mut end = 0;
    for (index, c) in rest.char_indices() {
        match c {
            '(' => round += 1,
            '[' => square += 1,
            ')' if round == 0 => break,
            ']' if square == 0 => break,
            ')' => round -= 1,
            ']' => square -= 1,
            '<' | '>' | '"' | '`' | '|' | '{' | '}' | '\u{201c}'..='\u{201f}' => break,
            '\u{3001}' | '\u{3002}' | '\u{ff0c}' | '\u{ff01}' | '\u{ff1f}' | '\u{ff1b}' => break,
            '\u{3008}'..='\u{3011}' | '\u{ff08}' | '\u{ff09}' => break,
            c if c.is_whitespace() || c.is_control() => break,
            _ => {}
        }
        // Sentences go on behind these.
        if !matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~') {
            end = index + c.len_utf8();
        }
    }
    from + end
}

/// Where the name of a host that starts there would end; `None` in the middle of a word.
fn name_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let first = rest.chars().next()?;
    if !first.is_alphanumeric() {
        return None;
    }
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let end = rest.find(|c: char| !inside(c)).unwrap_or(rest.len());
    Some(at + end)
}

/// The name of a host, if that run of letters is one.
fn bare_name(text: &str, run: Range<usize>, known: &dyn Fn(&str) -> bool) -> Option<Range<usize>> {
    let before = text.get(..run.start)?.chars().next_back();
    let after = text.get(run.end..)?.chars().next();
    if matches!(before, Some('@' | '/' | '\\' | '.' | '-' | '_')) || after == Some('@') {
        return None;
    }
    let name = text.get(run.clone())?.trim_end_matches(['.', '-', '_']);
    if !name.contains('.') || name.len() > 2_000 {
        return None;
    }
    let path = after == Some('/') && name.len() == run.len();
    let is_name = is_domain(name, path) || known(name);
    is_name.then_some(run.start..run.start + name.len())
}

/// The last place to cut a text within so many bytes.
pub(super) fn boundary(text: &str, most: usize) -> usize {
    let mut at = most.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
