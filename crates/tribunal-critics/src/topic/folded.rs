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
        for (at, c) in original.char_indices() {
            if c.is_whitespace() && std::mem::replace(&mut spaces, true) {
                continue;
            }
            // Wrapping: folded text can be the longer of the two.
            let now = at.wrapping_sub(text.len());
            if now != distance {
                shifts.push((text.len(), at));
                distance = now;
            }
            if c.is_whitespace() {
                text.push(' ');
            } else {
                spaces = false;
                text.extend(c.to_lowercase());
            }
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

    proptest! {
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
