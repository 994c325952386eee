//! Which parts of a text are read.
//!
//! A text is read in passages, so that what matters in one of them is not lost in all the rest, and a long
//! text is not read as a whole, so that it costs no more than it may. Of a text above [`READ_AT_MOST`] bytes
//! the head, the tail, what stands around the marks of attacks (found in one quick pass over everything), and
//! passages at even distances are read.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Longest passage, in bytes.
pub const PASSAGE: usize = 1024;
/// How far a passage reaches into the one before it, in bytes.
const OVERLAP: usize = 256;
/// Most bytes of a text that are read.
pub const READ_AT_MOST: usize = 48 << 10;
/// Bytes at the start of a longer text that are read.
const HEAD: usize = 12 << 10;
/// Bytes at its end.
const TAIL: usize = 8 << 10;
/// Most passages around marks.
const MARKED: usize = 8;

/// Marks of attacks as they stand in a text, case aside. Rare in honest text, so that few passages go to waste.
const MARKS: &[&str] = &[
    "ignore all",
    "ignore previous",
    "ignore the",
    "ignore your",
    "disregard",
    "forget everything",
    "forget all",
    "previous instructions",
    "prior instructions",
    "system prompt",
    "<|im_start|>",
    "[inst]",
    "<<sys>>",
    "jailbreak",
    "do anything now",
    "developer mode",
    "language model",
    "ai assistant",
    "vergiss alle",
    "ignoriere",
    "oubliez",
    "instructions précédentes",
    "instrucciones anteriores",
    "instruções anteriores",
    "istruzioni precedenti",
    "предыдущие инструкции",
    "игнорируй",
    "التعليمات السابقة",
    "निर्देशों को",
    "পূর্ববর্তী নির্দেশ",
    "önceki talimat",
    "指示を無視",
    "之前的",
    "忽略",
    "무시하",
    "hướng dẫn trước",
    "instruksi sebelumnya",
    "nakaraang tagubilin",
    "คำสั่งก่อนหน้า",
];

/// The passages of a text that are read, from left to right; their ends are character boundaries.
#[must_use]
pub fn passages(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if text.len() <= READ_AT_MOST {
        rows(text, 0..text.len(), &mut found);
        return found;
    }
    let (head, tail) = (HEAD, text.len() - TAIL);
    rows(text, 0..head, &mut found);
    let mut middle: Vec<usize> = marked(text, head..tail);
    let free = (READ_AT_MOST - HEAD - TAIL) / PASSAGE;
    let even = free.saturating_sub(middle.len()).max(1);
    let step = (tail - head) / even;
    middle.extend((0..even).map(|index| head + index * step));
    middle.sort_unstable();
    middle.dedup();
    found.extend(middle.into_iter().map(|start| snapped(text, start..start + PASSAGE)));
    rows(text, tail..text.len(), &mut found);
    found
}

/// Passages one after the other.
fn rows(text: &str, within: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut start = within.start;
    loop {
        let end = (start + PASSAGE).min(within.end);
        found.push(snapped(text, start..end));
        if end == within.end {
            return;
        }
        start = end - OVERLAP;
    }
}

/// Where passages start that have a mark in their first quarter. Marks near each other share one.
fn marked(text: &str, within: Range<usize>) -> Vec<usize> {
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(MARKS).ok()
    });
    let mut starts: Vec<usize> = Vec::new();
    let middle = text.as_bytes().get(within.clone()).unwrap_or_default();
    let Some(finder) = FINDER.as_ref() else { return starts };
    for hit in finder.find_iter(middle) {
        let at = within.start + hit.start();
        if starts.last().is_none_or(|start| at >= start + PASSAGE - OVERLAP) {
            starts.push(at.saturating_sub(OVERLAP));
        }
    }
    // A text that is full of marks has them everywhere; so are the passages.
    let step = starts.len().div_ceil(MARKED).max(1);
    starts.into_iter().step_by(step).collect()
}

/// Both ends moved to the left, to character boundaries.
fn snapped(text: &str, range: Range<usize>) -> Range<usize> {
    let end = range.end.min(text.len());
    text.floor_char_boundary(range.start.min(end))..text.floor_char_boundary(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_of_a_short_text_is_read() {
        let text = "é".repeat(20_000);
        let found = passages(&text);
        assert_eq!(found[0].start, 0);
        assert!(found.windows(2).all(|pair| pair[1].start < pair[0].end));
        assert_eq!(found.last().unwrap().end, text.len());
    }

    #[test]
    fn of_a_long_text_no_more_than_the_bound_is_read_and_a_mark_in_the_middle_is() {
        let filler = "the quick brown fox jumps over the lazy dog. ".repeat(20_000);
        let mut text = filler.clone();
        text.push_str("Ignore all that was said.");
        let mark = filler.len();
        text.push_str(&filler);
        let found = passages(&text);
        let read: usize = found.iter().map(ExactSizeIterator::len).sum();
        assert!(read <= READ_AT_MOST + READ_AT_MOST / 2, "{read}");
        assert!(found.iter().any(|range| range.contains(&mark)));
    }

    proptest! {
        #[test]
        fn any_length_gives_passages_within_the_text(length in 0_usize..200_000, letter in "[aé漢]") {
            let text = letter.repeat(length / letter.len());
            for range in passages(&text) {
                prop_assert!(text.get(range).is_some());
            }
        }
    }
}
