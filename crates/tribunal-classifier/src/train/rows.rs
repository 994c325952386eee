//! Examples as rows of buckets.

use crate::features::Features;
use crate::lexicon;
use crate::normalize::{Normal, normalize};
use crate::passages::passages;

use super::Example;

/// The buckets of a passage, each once, in order. Each that is there has the same value, and a row has length 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row(pub(super) Vec<u32>);

/// What is kept of an example.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// One for each passage.
    pub(super) rows: Vec<Row>,
    /// The first passage without the words of the lexicon, for texts that name their language.
    pub(super) plain: Option<Row>,
}

impl Text {
    pub(super) fn of(example: &Example, features: &Features) -> Self {
        let passages = passages(&example.text);
        let normal = |range| normalize(example.text.get(range).unwrap_or_default());
        let plain = example.language.as_ref().and(passages.first().cloned());
        let plain = plain.map(|range| Row::of(&without_lexicon(&normal(range)), features));
        let rows = passages.into_iter().map(|range| Row::of(&normal(range), features));
        Self { rows: rows.collect(), plain }
    }
}

impl Row {
    fn of(normal: &Normal, features: &Features) -> Self {
        let mut buckets = Vec::new();
        features.each(normal, |bucket| buckets.extend(u32::try_from(bucket)));
        Self::from(buckets)
    }

    /// What each bucket of the row is worth.
    pub(super) fn value(&self) -> f32 {
        1.0 / (self.0.len().max(1) as f32).sqrt()
    }

    /// What it would be if the texts of some rows stood in one passage.
    pub(super) fn joined<'a>(rows: impl Iterator<Item = &'a Self>) -> Self {
        Self::from(rows.flat_map(|row| row.0.iter().copied()).collect::<Vec<u32>>())
    }
}

impl From<Vec<u32>> for Row {
    fn from(mut buckets: Vec<u32>) -> Self {
        buckets.sort_unstable();
        buckets.dedup();
        Self(buckets)
    }
}

fn without_lexicon(normal: &Normal) -> Normal {
    let mut text = String::with_capacity(normal.text.len());
    let mut at = 0;
    for word in lexicon::words(&normal.text) {
        text.push_str(normal.text.get(at..word.start).unwrap_or_default());
        text.push(' ');
        at = word.end;
    }
    text.push_str(normal.text.get(at..).unwrap_or_default());
    Normal { text, disguises: Default::default() }
}
