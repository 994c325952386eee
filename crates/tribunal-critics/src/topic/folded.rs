//! A text in lower case with single spaces, and the way back to where everything stood.

use std::borrow::Cow;
use std::ops::Range;

/// A text in which case and spaces make no difference.
pub(super) struct Folded<'t> {
    text: Cow<'t, str>,
    /// From which byte of the folded text on everything stands where in the original: only where the
    /// distance between the two changes.
    shifts: Vec<(usize, usize)>,
    original: &'t str,
}

impl<'t> Folded<'t> {
    pub(super) fn of(original: &'t str) -> Self {
        let lower = |c: char| match c.is_ascii() {
            true => !c.is_ascii_uppercase(),
            false => c.to_lowercase().eq([c]),
        };
        let plain = |c: char| lower(c) && (c == ' ' || !c.is_whitespace());
        if !original.contains("  ") && original.chars().all(plain) {
            let text = Cow::Borrowed(original);
            return Self { text, shifts: Vec::new(), original };
        }
        let mut text = String::with_capacity(original.len());
        let mut shifts: Vec<(usize, usize)> = Vec::new();
        let mut spaces = false;
        let mut distance = 0_usize;
        let mut at = 0;
        while let Some(rest) = original.get(at..).filter(|rest| !rest.is_empty()) {
            let alike = if spaces { 0 } else { as_long(rest) };
            let Some(c) = rest.chars().next() else { break };
            if alike == 0 && c.is_whitespace() && std::mem::replace(&mut spaces, true) {
                at += c.len_utf8();
                continue;
            }
            // Wrapping: folded text can be the longer of the two.
            let now = at.wrapping_sub(text.len());
            if now != distance {
                shifts.push((text.len(), at));
                distance = now;
            }
            if let Some(alike) = rest.get(..alike).filter(|alike| !alike.is_empty()) {
                let begun = text.len();
                text.push_str(alike);
                if let Some(alike) = text.get_mut(begun..) {
                    alike.make_ascii_lowercase();
                }
                at += alike.len();
                continue;
            }
            if c.is_whitespace() {
                text.push(' ');
            } else {
                spaces = false;
                text.extend(c.to_lowercase());
            }
            at += c.len_utf8();
        }
        Self { text: Cow::Owned(text), shifts, original }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where a part of the folded text stands in the original. What folds to several characters belongs to it
    /// as a whole.
    pub(super) fn original(&self, folded: Range<usize>) -> Range<usize> {
        let whole = self.original.len();
        let mut start = self.place(folded.start).min(whole);
        while !self.original.is_char_boundary(start) {
            start -= 1;
        }
        // The end is where the next character starts.
        let mut end = if folded.end >= self.text.len() { whole } else { self.place(folded.end) };
        end = end.min(whole).max(start);
        while !self.original.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    fn place(&self, at: usize) -> usize {
        let after = self.shifts.partition_point(|(folded, _)| *folded <= at);
        match after.checked_sub(1).and_then(|index| self.shifts.get(index)) {
            Some((folded, original)) => original + (at - folded),
            None => at,
        }
    }
}

/// How many bytes of the beginning of a text only change case, one for one: what is visible in ASCII, and single spaces
/// between. That is most of most texts.
fn as_long(text: &str) -> usize {
    let bytes = text.as_bytes();
    let next = bytes.iter().skip(1).chain([&b' ']);
    let mut pairs = bytes.iter().zip(next);
    let changes = |(byte, next): (&u8, &u8)| {
        !(byte.is_ascii_graphic() || (*byte == b' ' && next.is_ascii_graphic()))
    };
    pairs.position(changes).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn case_and_spaces_make_no_difference_and_the_way_back_is_known() {
        let original = "A\n\t B İstanbul  STRASSE ẞ x";
        let folded = Folded::of(original);
        assert_eq!(folded.text(), "a b i\u{307}stanbul strasse ß x");
        let back = |word: &str| {
            let at = folded.text().find(word).unwrap();
            &original[folded.original(at..at + word.len())]
        };
        assert_eq!(back("a b"), "A\n\t B");
        assert_eq!(back("stanbul"), "stanbul");
        assert_eq!(back("strasse"), "STRASSE");
        assert_eq!(back("x"), "x");
        assert_eq!(Folded::of("plain text").original(6..10), 6..10);
    }

    /// As it says, a character at a time.
    fn plainly(text: &str) -> String {
        let mut folded = String::new();
        for c in text.chars() {
            match c.is_whitespace() {
                true if folded.ends_with(' ') => {}
                true => folded.push(' '),
                false => folded.extend(c.to_lowercase()),
            }
        }
        folded
    }

    proptest! {
        #[test]
        fn what_is_folded_in_one_go_is_folded_as_each_of_its_characters(text in "[aBz.ẞİ \n\t日]{0,40}") {
            let folded = Folded::of(&text);
            prop_assert_eq!(folded.text(), plainly(&text));
            prop_assert_eq!(folded.original(0..folded.text().len()), 0..text.len());
        }

        #[test]
        fn every_character_leads_back_to_one_that_folds_to_it(text in "[aAİẞ \n日Ω]{0,20}") {
            let folded = Folded::of(&text);
            for (at, c) in folded.text().char_indices().filter(|(_, c)| "aß日ω ".contains(*c)) {
                let back = folded.original(at..at + c.len_utf8());
                let first = text[back].chars().next().unwrap();
                let lower = first.to_lowercase().next().unwrap();
                prop_assert!(lower == c || (c == ' ' && first.is_whitespace()));
            }
        }
    }
}
