//! Examples as rows of buckets.

use crate::features::{BLOCKS, Block, Features};
use crate::lexicon::{self, Sense};
use crate::normalize::{Normal, normalize};
use crate::passages::passages;

use super::Example;

/// A text of so many bytes or fewer says little.
const LITTLE: usize = 20;

/// The buckets of a passage, each once, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row(pub(super) Vec<u32>);

/// What is kept of an example.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// One for each passage.
    pub(super) rows: Vec<Row>,
    /// The first passage without the words of the lexicon, for texts that name their language.
    pub(super) plain: Option<Row>,
    /// The first passage without the sentences that have a telling word, where there were any.
    pub(super) tame: Option<Row>,
}

impl Text {
    pub(super) fn of(example: &Example, features: &Features) -> Self {
        let passages = passages(&example.text);
        let mut normal =
            passages.into_iter().map(|at| normalize(example.text.get(at).unwrap_or_default()));
        let first = normal.next().unwrap_or_default();
        let plain = example.language.as_ref().map(|_| {
            let mut row = Row::of(&without_lexicon(&first), features);
            // What was left may be a word of the lexicon once more.
            let concepts = features.block(Block::Concept).start;
            row.0.retain(|bucket| (*bucket as usize) < concepts);
            row
        });
        let tame = without_telling(&first).map(|normal| Row::of(&normal, features));
        let rows = std::iter::once(first).chain(normal).map(|it| Row::of(&it, features));
        Self { rows: rows.collect(), plain, tame }
    }
}

impl Row {
    fn of(normal: &Normal, features: &Features) -> Self {
        let mut buckets = Vec::new();
        features.each(normal, |bucket| buckets.extend(u32::try_from(bucket)));
        Self::from(buckets)
    }

    /// Those of its buckets that count.
    pub(super) fn counted(&self, counts: &[bool]) -> Self {
        let counts = |bucket: &&u32| counts.get(**bucket as usize).copied().unwrap_or_default();
        Self(self.0.iter().filter(counts).copied().collect())
    }

    /// Its buckets, block by block.
    pub(super) fn blocks(&self, features: &Features) -> [&[u32]; BLOCKS] {
        Block::ALL.map(|block| {
            let range = features.block(block);
            let start = self.0.partition_point(|bucket| (*bucket as usize) < range.start);
            let end = self.0.partition_point(|bucket| (*bucket as usize) < range.end);
            self.0.get(start..end).unwrap_or_default()
        })
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
        // A word within a phrase goes with it.
        if word.start < at {
            continue;
        }
        text.push_str(normal.text.get(at..word.start).unwrap_or_default());
        text.push(' ');
        at = word.end;
    }
    text.push_str(normal.text.get(at..).unwrap_or_default());
    Normal { text, disguises: Default::default() }
}

/// What remains of an attack when the sentences go that have a word by which attacks or abuse are told; `None` when
/// nothing tells an attack, or little remains.
fn without_telling(normal: &Normal) -> Option<Normal> {
    use Sense::{
        Authority, Comply, Harm, Ignore, Insult, Marker, Personal, Refuse, Reveal, Secret, Slur,
        Swear, System, Threat, Unbound,
    };
    let attack = |sense: Sense| {
        matches!(
            sense,
            Authority
                | Comply
                | Ignore
                | Marker
                | Personal
                | Refuse
                | Reveal
                | Secret
                | System
                | Unbound
        )
    };
    let telling =
        |sense: Sense| attack(sense) || matches!(sense, Harm | Insult | Slur | Swear | Threat);
    let words: Vec<lexicon::Word> =
        lexicon::words(&normal.text).filter(|word| telling(word.sense)).collect();
    if !words.iter().any(|word| attack(word.sense)) {
        return None;
    }
    let mut text = String::new();
    let mut range = 0..0;
    for sentence in normal.text.split_inclusive(['.', '!', '?', '。', '।']) {
        range = range.end..range.end + sentence.len();
        if !words.iter().any(|word| range.contains(&word.start)) {
            text.push_str(sentence);
        }
    }
    (text.len() > LITTLE).then(|| Normal { text, disguises: Default::default() })
}
