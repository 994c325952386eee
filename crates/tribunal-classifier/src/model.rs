//! A model and its file.
//!
//! A file is `TRIBCLS1`, the length of the header (32 bits, little endian), the header in JSON, one signed byte for
//! each bucket and label, and the BLAKE3 hash of all that. The header says what the model was made from.
//!
//! Start at [`Model::read`]; what a score is made of stands in [`Classifier::classify`].

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::features::{BLOCKS, Block, Features};
use crate::normalize::normalize;
use crate::passages::passages;
use crate::{Classifier, ClassifyError, Label, Score};

const MAGIC: &[u8; 8] = b"TRIBCLS1";
const HASH: usize = blake3::OUT_LEN;
/// Longest header, in bytes.
const HEADER: usize = 256 << 10;
/// Most labels of a model.
pub const MOST_LABELS: usize = 16;
/// How texts are normalised and counted. A model fits the code that trained it; whatever changes the features
/// of some text raises this.
pub const TEXT_VERSION: u32 = 2;
/// The weight of a bucket that does not count at all: it was met in too few groups of texts to mean anything.
pub(crate) const UNCOUNTED: i8 = i8::MIN;

/// A linear model for one or more labels over the same features.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    header: Header,
    labels: Vec<Label>,
    /// For each bucket a weight of each label.
    weights: Vec<i8>,
    /// A bit for each bucket that does not count.
    uncounted: Vec<u64>,
    version: String,
}

/// What stands at the front of a model file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`TEXT_VERSION`] of the code that trained it.
    pub text_version: u32,
    /// What is counted.
    pub features: Features,
    /// One for each label.
    pub heads: Vec<Head>,
    /// What it was trained on.
    pub sources: Vec<SourceNote>,
}

/// What turns the features of a text into the probability of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The label.
    pub label: String,
    /// What a weight of 1 is worth: of a piece, of a row of words, of a concept.
    pub scales: [f32; BLOCKS],
    /// What is added to the weights of a passage.
    pub bias: f32,
    /// Of the sigmoid: the probability is `1 / (1 + exp(slope * margin + offset))`.
    pub slope: f64,
    /// The other number of the sigmoid.
    pub offset: f64,
    /// The probability from which on a text counts as having the label.
    pub threshold: f64,
    /// Texts with the label that it was trained on.
    pub positives: usize,
    /// Texts without.
    pub negatives: usize,
}

/// Where some of the texts came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceNote {
    /// The source, as its lines name it.
    pub source: String,
    /// Its licence, and whom to name.
    pub licence: String,
    /// How many texts of it were used.
    pub texts: usize,
}

/// Why bytes are no model that can be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Something else, or a file of a later format.
    #[error("is not a model file of this format (it does not start with `TRIBCLS1`)")]
    Magic,
    /// Cut short, or changed since it was written.
    #[error("is damaged: its hash is not that of its content")]
    Damaged,
    /// The header is no header.
    #[error("has a header that cannot be read")]
    Header(#[source] serde_json::Error),
    /// The header says what cannot be.
    #[error("has a header that makes no sense: {0}")]
    Nonsense(&'static str),
    /// Made for texts that are counted in another way.
    #[error(
        "was trained by a version that reads texts differently ({found}, this is {TEXT_VERSION}): train it again"
    )]
    Version {
        /// What it was made for.
        found: u32,
    },
}

impl Model {
    pub(crate) fn new(header: Header, weights: Vec<i8>) -> Result<Self, ModelError> {
        check(&header, weights.len())?;
        let labels = header.heads.iter();
        let labels =
            labels.map(|head| Label { name: head.label.clone(), threshold: head.threshold });
        let mut uncounted = vec![0_u64; header.features.buckets().div_ceil(64)];
        for (bucket, weights) in weights.chunks(header.heads.len().max(1)).enumerate() {
            if weights.contains(&UNCOUNTED)
                && let Some(word) = uncounted.get_mut(bucket / 64)
            {
                *word |= 1 << (bucket % 64);
            }
        }
        let labels = labels.collect();
        let mut model = Self { labels, header, weights, uncounted, version: String::new() };
        model.version = blake3::hash(&model.content()).to_hex().chars().take(16).collect();
        Ok(model)
    }

    /// Reads the bytes of a model file.
    ///
    /// # Errors
    ///
    /// [`ModelError`] when they are no model, were changed, or belong to another version.
    pub fn read(bytes: &[u8]) -> Result<Self, ModelError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(ModelError::Magic)?;
        let end = bytes.len().checked_sub(HASH).ok_or(ModelError::Damaged)?;
        let (content, hash) = bytes.split_at(end);
        if blake3::hash(content).as_bytes() != hash {
            return Err(ModelError::Damaged);
        }
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(ModelError::Damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        let header = rest.get(..length.min(HEADER)).ok_or(ModelError::Damaged)?;
        let header: Header = serde_json::from_slice(header).map_err(ModelError::Header)?;
        let weights = rest.get(length..).and_then(|rest| rest.get(..rest.len().checked_sub(HASH)?));
        let weights = weights.ok_or(ModelError::Damaged)?;
        Self::new(header, weights.iter().map(|byte| byte.cast_signed()).collect())
    }

    /// The bytes of its file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.content();
        let hash = blake3::hash(&bytes);
        bytes.extend(hash.as_bytes());
        bytes
    }

    fn content(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        // Nothing in a header fails to be written as JSON.
        let header = serde_json::to_vec(&self.header).unwrap_or_default();
        bytes.extend(u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(header);
        bytes.extend(self.weights.iter().map(|weight| weight.cast_unsigned()));
        bytes
    }

    /// What it was made from, and how.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The first 16 hexadecimal digits of the hash of its file: tells two models apart.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The weights of one passage, added up by block for each label, and how many buckets of each block were met.
    fn sums(&self, passage: &str, seen: &mut [u64], sums: &mut [[i32; BLOCKS]]) -> [u32; BLOCKS] {
        let heads = self.header.heads.len();
        let features = &self.header.features;
        let mut met = [0; BLOCKS];
        features.each(&normalize(passage), |bucket| {
            let Some(word) = seen.get_mut(bucket / 64) else { return };
            let bit = 1 << (bucket % 64);
            if *word & bit == 0 {
                *word |= bit;
                let block = features.block_of(bucket) as usize;
                if let Some(met) = met.get_mut(block) {
                    *met += 1;
                }
                let weights = self.weights.get(bucket * heads..(bucket + 1) * heads);
                for (sums, weight) in sums.iter_mut().zip(weights.unwrap_or_default()) {
                    if let Some(sum) = sums.get_mut(block) {
                        *sum += i32::from(*weight);
                    }
                }
            }
        });
        met
    }
}

fn check(header: &Header, weights: usize) -> Result<(), ModelError> {
    if header.text_version != TEXT_VERSION {
        return Err(ModelError::Version { found: header.text_version });
    }
    if !header.features.is_sound() {
        return Err(ModelError::Nonsense("its features are out of range"));
    }
    if header.heads.is_empty() || header.heads.len() > MOST_LABELS {
        return Err(ModelError::Nonsense("it has no labels or too many"));
    }
    if weights != header.features.buckets() * header.heads.len() {
        return Err(ModelError::Nonsense("it has more or fewer weights than it says"));
    }
    let sound = |head: &Head| {
        let [piece, row, concept] = head.scales.map(f64::from);
        let numbers = [piece, row, concept, f64::from(head.bias), head.slope, head.offset];
        numbers.iter().all(|number| number.is_finite())
            && head.threshold > 0.0
            && head.threshold < 1.0
    };
    if !header.heads.iter().all(sound) {
        return Err(ModelError::Nonsense("some of its numbers are out of range"));
    }
    Ok(())
}

impl Classifier for Model {
    fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// The likeliest passage counts. A long text has many, and one of many is likely by chance: its odds are
    /// divided by how many there are.
    fn classify(&self, text: &str) -> Result<Vec<Score>, ClassifyError> {
        let heads = &self.header.heads;
        let mut best = vec![(f64::MIN, 0..0); heads.len()];
        let mut seen = self.uncounted.clone();
        let mut sums = vec![[0_i32; BLOCKS]; heads.len()];
        let passages = passages(text);
        for (index, range) in passages.iter().enumerate() {
            if index > 0 {
                seen.copy_from_slice(&self.uncounted);
                sums.fill([0; BLOCKS]);
            }
            let met = self.sums(text.get(range.clone()).unwrap_or_default(), &mut seen, &mut sums);
            for ((head, sums), best) in heads.iter().zip(&sums).zip(&mut best) {
                let margin = head.margin(*sums, met);
                if margin > best.0 {
                    *best = (margin, range.clone());
                }
            }
        }
        let score = |(head, (margin, bytes)): (&Head, _)| Score {
            probability: probability(head.slope, head.offset, margin, passages.len()),
            bytes,
        };
        Ok(heads.iter().zip(best).map(score).collect())
    }
}

impl Head {
    /// From the weights of a passage and how many buckets were met, both by block.
    pub(crate) fn margin(&self, sums: [i32; BLOCKS], met: [u32; BLOCKS]) -> f64 {
        margin(sums, met, self.scales, self.bias)
    }
}

pub(crate) fn margin(
    sums: [i32; BLOCKS],
    met: [u32; BLOCKS],
    scales: [f32; BLOCKS],
    bias: f32,
) -> f64 {
    let parts = Block::ALL.iter().zip(sums).zip(met).zip(scales);
    let parts = parts.map(|(((block, sum), met), scale)| {
        f64::from(sum) * f64::from(scale) * f64::from(block.value(met))
    });
    parts.sum::<f64>() + f64::from(bias)
}

/// From the margin of the likeliest of some passages.
pub(crate) fn probability(slope: f64, offset: f64, margin: f64, passages: usize) -> f64 {
    let against = slope * margin + offset + (passages.max(1) as f64).ln();
    1.0 / (1.0 + against.exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text_version: u32) -> Header {
        let features = Features { bits: 8, ..Features::default() };
        let head = Head {
            label: "odd".into(),
            scales: [0.1; BLOCKS],
            bias: 0.0,
            slope: -1.0,
            offset: 0.0,
            threshold: 0.5,
            positives: 1,
            negatives: 1,
        };
        Header { text_version, features, heads: vec![head], sources: Vec::new() }
    }

    fn model() -> Model {
        Model::new(header(TEXT_VERSION), vec![3; 256 + 4096]).unwrap()
    }

    #[test]
    fn a_model_is_read_as_it_was_written() {
        let model = model();
        let again = Model::read(&model.to_bytes()).unwrap();
        assert_eq!(again, model);
        assert_eq!(again.version().len(), 16);
    }

    #[test]
    fn a_byte_that_was_changed_is_noticed_wherever_it_stands() {
        let bytes = model().to_bytes();
        for index in (0..bytes.len()).step_by(7) {
            let mut bytes = bytes.clone();
            bytes[index] ^= 1;
            assert!(Model::read(&bytes).is_err(), "byte {index}");
        }
        for length in [0, 5, 8, 20, bytes.len() - 1] {
            assert!(Model::read(&bytes[..length]).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn a_model_for_other_texts_is_refused() {
        let error = Model::new(header(TEXT_VERSION + 1), vec![3; 256 + 4096]).unwrap_err();
        assert!(matches!(error, ModelError::Version { .. }));
        let error = Model::new(header(TEXT_VERSION), vec![3; 255 + 4096]).unwrap_err();
        assert!(matches!(error, ModelError::Nonsense(_)));
    }

    #[test]
    fn a_bucket_that_does_not_count_changes_nothing() {
        let features = header(TEXT_VERSION).features;
        let mut met = Vec::new();
        features.each(&normalize("some words"), |bucket| met.push(bucket));
        let score = |without: &[usize], weight: i8| {
            let mut weights = vec![3; 256 + 4096];
            without.iter().for_each(|bucket| weights[*bucket] = weight);
            let model = Model::new(header(TEXT_VERSION), weights).unwrap();
            model.classify("some words").unwrap()[0].probability
        };
        // No weight at all, and half the mean: what weighs nothing still dilutes the rest.
        assert!((score(&met, UNCOUNTED) - 0.5).abs() < 1e-9);
        let one: Vec<usize> = met.iter().copied().step_by(2).collect();
        assert!(score(&one, UNCOUNTED) > score(&one, 0));
    }

    #[test]
    fn the_same_margin_counts_for_less_among_many_passages() {
        let one = probability(-5.0, 0.0, 0.5, 1);
        let of_forty = probability(-5.0, 0.0, 0.5, 40);
        assert!(one > 0.9 && of_forty < 0.3, "{one} {of_forty}");
    }

    #[test]
    fn every_text_has_a_score_within_bounds() {
        for text in ["", " ", "a", "\u{200b}", &"long text ".repeat(100_000)] {
            let scores = model().classify(text).unwrap();
            assert!((0.0..=1.0).contains(&scores[0].probability));
            assert!(text.get(scores[0].bytes.clone()).is_some());
        }
    }
}
