//! One pass over a text: finds runs of invisible characters, and tells those that are out of place.
//!
//! Start at [`each`]. Direction controls are collected line by line, for that is as far as they reach.

use std::ops::Range;

use super::InvisibleKind::{self, Bidi, Ignorable, Tags, Variation, ZeroWidth};
use super::script;

/// This many characters of no width in a row are no accident.
const LONG_RUN: usize = 8;
/// This many stray selectors in one text are a channel that spreads them out.
const MANY_STRAYS: usize = 8;
/// How far a direction mark may stand from right-to-left text, in bytes.
const NEAR: usize = 32;

/// A run of invisible characters that is out of place.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) kind: InvisibleKind,
    pub(super) bytes: Range<usize>,
    pub(super) text: &'a str,
    pub(super) characters: usize,
    pub(super) severity: f64,
}

/// Calls `found` with every run that is out of place.
pub(super) fn each<'a>(text: &'a str, found: &mut dyn FnMut(Found<'a>)) {
    if text.is_ascii() {
        return;
    }
    let mut line = Line::default();
    let mut strays: Vec<Range<usize>> = Vec::new();
    let mut before: Option<char> = None;
    let mut rest = text.char_indices().peekable();
    while let Some((start, c)) = rest.next() {
        let Some(kind) = script::kind_of(c) else {
            if c == '\n' {
                line.end(text, found);
            }
            line.right_to_left |= script::is_right_to_left(c);
            before = Some(c);
            continue;
        };
        let (mut end, mut characters, mut last) = (start + c.len_utf8(), 1_usize, c);
        let same = |next: char| kind != Bidi && script::kind_of(next) == Some(kind);
        while let Some((at, next)) = rest.next_if(|(_, next)| same(*next)) {
            (end, last) = (at + next.len_utf8(), next);
            characters += 1;
        }
        let bytes = start..end;
        let run = text.get(bytes.clone()).unwrap_or_default();
        let after = rest.peek().map(|(_, after)| *after);
        let severity = match kind {
            Bidi => {
                line.controls.push((start, c));
                None
            }
            Tags => (!(before == Some('\u{1f3f4}') && is_region(run))).then_some(0.9),
            Variation => match variation(before, run, characters) {
                Some(Selectors::Stray) => {
                    strays.push(bytes.clone());
                    None
                }
                Some(Selectors::Channel) => Some(0.9),
                None => None,
            },
            ZeroWidth if start == 0 && run == "\u{feff}" => None,
            ZeroWidth => zero_width(before, run, characters, after),
            Ignorable => (!(characters == 1 && script::fills(c, before))).then_some(0.4),
        };
        if let Some(severity) = severity {
            found(Found { kind, bytes, text: run, characters, severity });
        }
        before = Some(last);
    }
    line.end(text, found);
    let severity = if strays.len() >= MANY_STRAYS { 0.9 } else { 0.4 };
    for bytes in strays {
        let run = text.get(bytes.clone()).unwrap_or_default();
        found(Found { kind: Variation, bytes, text: run, characters: 1, severity });
    }
}

/// Whether the tags after a black flag spell a region: two to six letters and digits, and the end.
fn is_region(tags: &str) -> bool {
    let Some(region) = tags.strip_suffix('\u{e007f}') else { return false };
    let plain = |c: char| matches!(c, '\u{e0030}'..='\u{e0039}' | '\u{e0061}'..='\u{e007a}');
    (2..=6).contains(&region.chars().count()) && region.chars().all(plain)
}

enum Selectors {
    /// One that varies nothing.
    Stray,
    /// Several in a row, or of those that nothing but a hidden message uses there.
    Channel,
}

fn variation(before: Option<char>, run: &str, characters: usize) -> Option<Selectors> {
    let first = run.chars().next()?;
    let fits = before.is_some_and(|base| script::varies(base, first));
    match (fits, characters) {
        (true, 1) => None,
        (false, 1) if !matches!(first, '\u{e0100}'..='\u{e01ef}') => Some(Selectors::Stray),
        _ => Some(Selectors::Channel),
    }
}

fn zero_width(
    before: Option<char>,
    run: &str,
    characters: usize,
    after: Option<char>,
) -> Option<f64> {
    if characters >= LONG_RUN {
        return Some(0.8);
    }
    let is = |c: Option<char>, what: fn(char) -> bool| c.is_some_and(what);
    let joiners = run.chars().all(|c| matches!(c, '\u{200c}' | '\u{200d}'));
    let needs_joiners = is(before, script::uses_joiners)
        || (is(after, script::uses_joiners) && !is(before, script::is_latin));
    if joiners && characters <= 2 && needs_joiners {
        return None;
    }
    // The selector or the skin tone before it belongs to the emoji.
    let emoji_before =
        is(before, |c| script::joins_as_emoji(c) || matches!(c, '\u{fe0f}' | '\u{e007f}'));
    if run == "\u{200d}" && emoji_before && is(after, script::joins_as_emoji) {
        return None;
    }
    let breaks = matches!(run, "\u{200b}" | "\u{2060}" | "\u{200c}");
    let around = [before, after];
    if breaks && around.iter().any(|c| is(*c, script::breaks_without_spaces)) {
        return None;
    }
    let in_a_word = around.iter().all(|c| is(*c, script::is_latin));
    Some(if in_a_word { 0.5 } else { 0.3 })
}

/// The direction controls of one line.
#[derive(Default)]
struct Line {
    controls: Vec<(usize, char)>,
    right_to_left: bool,
}

impl Line {
    /// Judges the controls together, and starts the next line.
    fn end<'a>(&mut self, text: &'a str, found: &mut dyn FnMut(Found<'a>)) {
        let Self { controls, right_to_left } = std::mem::take(self);
        let paired = paired(&controls);
        for ((start, c), paired) in controls.into_iter().zip(paired) {
            let bytes = start..start + c.len_utf8();
            let mark = matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}');
            let isolates = matches!(c, '\u{2066}'..='\u{2069}');
            let severity = match (mark, paired) {
                (true, _) if near_right_to_left(text, &bytes) => continue,
                (true, _) => 0.3,
                (false, false) => 0.7,
                // How right-to-left names are put into other text, and the other way round.
                (false, true) if isolates && right_to_left => 0.2,
                (false, true) => 0.6,
            };
            let run = text.get(bytes.clone()).unwrap_or_default();
            found(Found { kind: Bidi, bytes, text: run, characters: 1, severity });
        }
    }
}

/// For each control, whether it has its counterpart on the line; marks need none.
fn paired(controls: &[(usize, char)]) -> Vec<bool> {
    let mut paired = vec![false; controls.len()];
    let mut open: Vec<(usize, bool)> = Vec::new();
    for (index, (_, c)) in controls.iter().enumerate() {
        match c {
            '\u{202a}' | '\u{202b}' | '\u{202d}' | '\u{202e}' => open.push((index, false)),
            '\u{2066}'..='\u{2068}' => open.push((index, true)),
            '\u{202c}' | '\u{2069}' => {
                let isolate = *c == '\u{2069}';
                // One of the other sort in between leaves both without their counterpart.
                if let Some((opened, _)) = open.pop_if(|(_, sort)| *sort == isolate) {
                    for both in [opened, index] {
                        if let Some(paired) = paired.get_mut(both) {
                            *paired = true;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    paired
}

fn near_right_to_left(text: &str, bytes: &Range<usize>) -> bool {
    let start = text.floor_char_boundary(bytes.start.saturating_sub(NEAR));
    let end = text.ceil_char_boundary(bytes.end.saturating_add(NEAR).min(text.len()));
    let near = text.get(start..end).unwrap_or_default();
    near.chars().any(script::is_right_to_left)
}
