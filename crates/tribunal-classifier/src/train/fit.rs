//! One head: what it is fitted to beside the examples themselves, and what comes of it.

use std::collections::{BTreeMap, BTreeSet};

use super::calibrate::{Margin, Sigmoid, platt, threshold};
use super::random::Random;
use super::rows::{Row, Text};
use super::solver::{self, Task};
use super::{Example, Settings, Truth, truth};
use crate::features::{BLOCKS, Block, Features};
use crate::model::{self, UNCOUNTED, probability};

/// A label and all there is to learn it from.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) label: usize,
    /// See [`Settings::max_fpr`].
    pub(super) max_fpr: f64,
    pub(super) examples: &'a [Example],
    pub(super) texts: &'a [Text],
    pub(super) settings: &'a Settings,
}

/// A head: weights as they go into a model, and later a sigmoid and a threshold.
#[derive(Debug, Clone)]
pub(super) struct Fitted {
    pub(super) weights: Vec<i8>,
    pub(super) scales: [f32; BLOCKS],
    pub(super) bias: f32,
    pub(super) sigmoid: Sigmoid,
    pub(super) threshold: f64,
}

/// A bucket is common to a language when it is met in this many groups.
const COMMON: usize = 2;
/// How easily a concept gets a weight; a bucket met in one of three thousand rows has the same.
const CONCEPT: f32 = 8.0;
/// What the rest of an attack counts as a harmless text.
const TAME: f64 = 0.03;
/// How many texts are joined in one row, in turn.
const JOINED: &[usize] = &[2, 3, 5];

impl Job<'_> {
    pub(super) fn truth(&self, index: usize) -> Truth {
        self.examples.get(index).map_or(Truth::Unknown, |example| truth(example, self.label))
    }

    pub(super) fn is_known(&self, index: usize) -> bool {
        self.truth(index).known().is_some()
    }

    pub(super) fn has_both(&self, indices: &[usize]) -> bool {
        let any = |wanted| indices.iter().any(|at| self.truth(*at).known() == Some(wanted));
        any(true) && any(false)
    }

    /// What a head says of some examples.
    pub(super) fn margins(&self, fitted: &Fitted, indices: &[usize]) -> Vec<Margin> {
        let margin = |index: &usize| {
            let rows = self.texts.get(*index).map_or(&[][..], |text| &text.rows);
            let margins = rows.iter().map(|row| fitted.margin(row, &self.settings.features));
            let truth = self.truth(*index);
            Margin {
                margin: margins.fold(f64::MIN, f64::max),
                passages: rows.len(),
                positive: truth.known() == Some(true),
                named: truth == (Truth::Negative { named: true }),
            }
        };
        indices.iter().map(margin).collect()
    }
}

impl Fitted {
    /// As a model would have it.
    fn margin(&self, row: &Row, features: &Features) -> f64 {
        let (mut sums, mut met) = ([0; BLOCKS], [0; BLOCKS]);
        for ((buckets, sum), met) in row.blocks(features).into_iter().zip(&mut sums).zip(&mut met) {
            let weight = |bucket: &u32| self.weights.get(*bucket as usize).copied();
            for weight in buckets.iter().filter_map(weight).filter(|weight| *weight != UNCOUNTED) {
                *sum += i32::from(weight);
                *met += 1;
            }
        }
        model::margin(sums, met, self.scales, self.bias)
    }

    /// Takes a sigmoid and a threshold from margins of examples that it was not fitted to.
    pub(super) fn calibrate(&mut self, margins: &[Margin], max_fpr: f64) {
        self.sigmoid = platt(margins);
        self.threshold = threshold(&self.sigmoid, margins, max_fpr);
    }

    pub(super) fn objects(&self, margin: &Margin) -> bool {
        let Sigmoid { slope, offset } = self.sigmoid;
        probability(slope, offset, margin.margin, margin.passages) >= self.threshold
    }
}

/// Fits a head to some of the examples. Those of which nobody knows whether they have the label tell what is common.
pub(super) fn fit(job: &Job<'_>, indices: &[usize]) -> Fitted {
    let features = &job.settings.features;
    let counts = counted(job, indices);
    let mut tasks: Vec<Task> = Vec::new();
    for index in indices {
        let (Some(positive), Some(text)) = (job.truth(*index).known(), job.texts.get(*index))
        else {
            continue;
        };
        // The passages of a text count as one text.
        let cost = 1.0 / text.rows.len().max(1) as f64;
        let rows = text.rows.iter().map(|row| row.counted(&counts));
        tasks.extend(rows.map(|row| Task { row, positive, cost }));
    }
    let extra = Extra::of(job, indices).rows.into_iter();
    let extra =
        extra.map(|(row, positive, cost)| Task { row: row.counted(&counts), positive, cost });
    tasks.extend(extra);
    // Both sides weigh the same, however many there are of each.
    let side = |wanted: bool| -> f64 {
        tasks.iter().filter(|task| task.positive == wanted).map(|task| task.cost).sum()
    };
    let (positives, negatives) = (side(true).max(1e-9), side(false).max(1e-9));
    let half = (positives + negatives) / 2.0 * job.settings.cost;
    for task in &mut tasks {
        task.cost *= half / if task.positive { positives } else { negatives };
    }
    let (weights, bias) = solver::fit(&tasks, features, &ease(&tasks, features), job.settings.seed);
    let mut quantised = vec![UNCOUNTED; weights.len()];
    let scales = Block::ALL.map(|block| {
        let range = features.block(block);
        let exact = weights.get(range.clone()).unwrap_or_default();
        let largest = exact.iter().fold(0_f32, |most, weight| most.max(weight.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        for (index, weight) in range.zip(exact) {
            if let (Some(quantised), Some(true)) = (quantised.get_mut(index), counts.get(index)) {
                *quantised = (weight / scale).round() as i8;
            }
        }
        scale
    });
    let sigmoid = Sigmoid { slope: -1.0, offset: 0.0 };
    Fitted { weights: quantised, scales, bias, sigmoid, threshold: 0.5 }
}

/// Which buckets count: those met in several groups. What is met in one or two is a name, a turn of phrase, a template.
/// Concepts count always.
fn counted(job: &Job<'_>, indices: &[usize]) -> Vec<bool> {
    let features = &job.settings.features;
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    // Of each bucket: the last group that was seen to have it, and how many have it. Groups stand together once sorted.
    let mut sorted: Vec<(u32, usize)> = Vec::with_capacity(indices.len());
    for index in indices {
        let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let group = job.examples.get(*index).map_or("", |example| example.group.as_str());
        sorted.push((*numbers.entry(group).or_insert(next), *index));
    }
    sorted.sort_unstable();
    let mut met = vec![(u32::MAX, 0_u32); features.buckets()];
    for (group, index) in sorted {
        let rows = job.texts.get(index).map_or(&[][..], |text| &text.rows);
        for bucket in rows.iter().flat_map(|row| &row.0) {
            if let Some((last, groups)) = met.get_mut(*bucket as usize)
                && *last != group
            {
                (*last, *groups) = (group, *groups + 1);
            }
        }
    }
    let concepts = features.block(Block::Concept);
    let counts = |(bucket, (_, groups)): (usize, &(u32, u32))| {
        *groups >= job.settings.least_groups || concepts.contains(&bucket)
    };
    met.iter().enumerate().map(counts).collect()
}

/// How easily each bucket gets a weight: for being rare by its inverse document frequency, and a concept always.
///
/// It scales the features only while the weights are looked for, so that a common bucket needs more evidence for
/// the same weight; the model has nothing of it. Concepts are common and mean the same wherever they stand, which
/// pieces of words do not.
fn ease(tasks: &[Task], features: &Features) -> Vec<f32> {
    let mut met = vec![0_u32; features.buckets()];
    for bucket in tasks.iter().flat_map(|task| &task.row.0) {
        if let Some(met) = met.get_mut(*bucket as usize) {
            *met += 1;
        }
    }
    let all = tasks.len() as f32;
    let rarity = |met: &u32| ((all + 1.0) / (*met as f32 + 1.0)).ln().max(0.05);
    let mut ease: Vec<f32> = met.iter().map(rarity).collect();
    if let Some(concepts) = ease.get_mut(features.block(Block::Concept)) {
        concepts.fill(CONCEPT);
    }
    ease
}

/// Rows that no example has: what they are, which side they are on, what they weigh.
struct Extra {
    rows: Vec<(Row, bool, f64)>,
}

impl Extra {
    fn of(job: &Job<'_>, indices: &[usize]) -> Self {
        let mut extra = Self { rows: Vec::new() };
        if job.settings.counterweights {
            extra.counterweights(job, indices);
            extra.tame(job, indices);
        }
        extra.joined(job, indices);
        extra
    }

    /// What is common to a language, without the words of the lexicon, is no sign of anything. It is dealt into two rows:
    /// benign texts are short.
    fn counterweights(&mut self, job: &Job<'_>, indices: &[usize]) {
        let mut languages: BTreeMap<&str, Vec<(&Row, &str)>> = BTreeMap::new();
        for index in indices.iter().filter(|at| job.truth(**at) == Truth::Positive) {
            if let (Some(example), Some(text)) = (job.examples.get(*index), job.texts.get(*index))
                && let (Some(language), Some(row)) = (&example.language, &text.plain)
            {
                languages.entry(language).or_default().push((row, &example.group));
            }
        }
        for texts in languages.values() {
            let mut groups: BTreeMap<u32, BTreeSet<&str>> = BTreeMap::new();
            for (row, group) in texts {
                for bucket in &row.0 {
                    groups.entry(*bucket).or_default().insert(group);
                }
            }
            let common = |bucket: &&u32| groups.get(bucket).is_some_and(|all| all.len() >= COMMON);
            for (row, _) in texts {
                let mut halves = [Vec::new(), Vec::new()];
                for bucket in row.0.iter().filter(common) {
                    let [one, other] = &mut halves;
                    let half =
                        if bucket.wrapping_mul(0x9e37_79b1) >> 31 == 0 { one } else { other };
                    half.push(*bucket);
                }
                let halves = halves.into_iter().filter(|half| half.len() > 3);
                self.rows.extend(halves.map(|half| (Row(half), false, 0.5)));
            }
        }
    }

    /// What an attack has beside its telling sentences is no sign of anything, or little.
    fn tame(&mut self, job: &Job<'_>, indices: &[usize]) {
        let positives = indices.iter().filter(|at| job.truth(**at) == Truth::Positive);
        let rows = positives.filter_map(|at| job.texts.get(*at)?.tame.as_ref());
        self.rows.extend(rows.map(|row| (row.clone(), false, TAME)));
    }

    /// Harmless texts that stand together are harmless, and an attack among harmless texts is one.
    fn joined(&mut self, job: &Job<'_>, indices: &[usize]) {
        let rows = |wanted: bool| {
            let known = indices.iter().filter(move |at| job.truth(**at).known() == Some(wanted));
            known.filter_map(|at| job.texts.get(*at)?.rows.first()).collect::<Vec<&Row>>()
        };
        let mut negatives = rows(false);
        Random::new(job.settings.seed ^ 0x6a6f_696e).shuffle(&mut negatives);
        let mut rest = &negatives[..];
        for many in JOINED.iter().cycle() {
            let Some((together, left)) = rest.split_at_checked(*many) else { break };
            self.rows.push((Row::joined(together.iter().copied()), false, 1.0));
            rest = left;
        }
        let mut filler = negatives.iter().copied().cycle();
        for (row, many) in rows(true).into_iter().step_by(2).zip([1, 2].iter().cycle()) {
            let around: Vec<&Row> = filler.by_ref().take(*many).collect();
            self.rows.push((Row::joined(around.into_iter().chain([row])), true, 0.5));
        }
    }
}
