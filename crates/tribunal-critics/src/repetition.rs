//! Output that goes round in circles.
//!
//! Start at [`Repetition`]; `repetition/measure.rs` does the counting. Every measure is one pass over at most [`Repetition::MOST_WORDS`] words or
//! [`Repetition::MOST_LOOPED`] bytes.

mod measure;
mod seeded;

use std::ops::Range;

use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticKind, Opinion, Params, Pointer, Reads, Returns, Review, View, Violation,
};

use self::measure::{floor, lines, longest_character_run, longest_run, looped, repeated, words};
use crate::fields::Fields;
use crate::findings::Findings;

/// Objects to texts that say the same again and again, as models do when they are stuck.
///
/// **Catches** a character, a word or a line many times in a row, a text whose end repeats itself, and a text in
/// which most runs of a few words have stood before.
/// **Misses** the same thing said in other words, and long passages that come twice.
///
/// Rules, tables and listings repeat by nature: the limits are well above what those have, and a line of
/// punctuation alone (`----`) counts for no run. In scripts that are written without spaces, a character is a word.
///
/// The share of repeated runs goes into the `score`: 0 for none, 1 for nothing else.
///
/// ```
/// # use tribunal_critics::{Repetition, RepetitionError};
/// let critic = Repetition::new().ngram(4, 0.5)?.max_line_run(5)?;
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), RepetitionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Repetition {
    fields: Fields,
    ngram: usize,
    max_share: f64,
    min_words: usize,
    max_line_run: usize,
    max_word_run: usize,
    max_character_run: usize,
    max_loops: usize,
    severity: f64,
}

/// Why a limit makes no sense.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum RepetitionError {
    /// Runs of so many words are not told apart.
    #[error("`ngram` must be 1 to 10, found {0}")]
    Ngram(usize),
    /// Out of range.
    #[error("`{0}` must lie within 0 to 1, found {1}")]
    Range(&'static str, f64),
    /// Every text would exceed it.
    #[error("`{0}` must be at least 1")]
    Zero(&'static str),
}

impl Repetition {
    /// Most words that are looked at, the last of the text.
    pub const MOST_WORDS: usize = 100_000;
    /// Most bytes that are searched for a loop, the last of the text.
    pub const MOST_LOOPED: usize = 64 * 1024;
    /// How many words a run may have.
    pub const NGRAM: std::ops::RangeInclusive<usize> = 1..=10;

    /// Half of the runs of four words repeated in a text of 50 words or more; more than 5 equal lines, 10 equal
    /// words or 200 equal characters in a row; an end that comes more than 8 times. Severity 0.5.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fields: Fields::default(),
            ngram: 4,
            max_share: 0.5,
            min_words: 50,
            max_line_run: 5,
            max_word_run: 10,
            max_character_run: 200,
            max_loops: 8,
            severity: 0.5,
        }
    }

    /// Which texts; the prompt and the answer unless set.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }

    /// How many words make up a run, and which share of the runs may have stood before.
    ///
    /// # Errors
    ///
    /// [`RepetitionError`] outside 1 to 10 words, or a share outside 0 to 1.
    pub fn ngram(mut self, words: usize, max_share: f64) -> Result<Self, RepetitionError> {
        if !Self::NGRAM.contains(&words) {
            return Err(RepetitionError::Ngram(words));
        }
        if !(0.0..=1.0).contains(&max_share) {
            return Err(RepetitionError::Range("max_share", max_share));
        }
        (self.ngram, self.max_share) = (words, max_share);
        Ok(self)
    }

    /// Fewest words for a share to mean anything.
    #[must_use]
    pub fn min_words(mut self, words: usize) -> Self {
        self.min_words = words;
        self
    }

    /// Most equal lines in a row, empty ones aside.
    ///
    /// # Errors
    ///
    /// [`RepetitionError::Zero`].
    pub fn max_line_run(mut self, lines: usize) -> Result<Self, RepetitionError> {
        self.max_line_run = at_least_one("max_line_run", lines)?;
        Ok(self)
    }

    /// Most equal words in a row.
    ///
    /// # Errors
    ///
    /// [`RepetitionError::Zero`].
    pub fn max_word_run(mut self, words: usize) -> Result<Self, RepetitionError> {
        self.max_word_run = at_least_one("max_word_run", words)?;
        Ok(self)
    }

    /// Most equal characters in a row, spaces aside.
    ///
    /// # Errors
    ///
    /// [`RepetitionError::Zero`].
    pub fn max_character_run(mut self, characters: usize) -> Result<Self, RepetitionError> {
        self.max_character_run = at_least_one("max_character_run", characters)?;
        Ok(self)
    }

    /// How often the end of a text may repeat itself, if it takes 200 bytes or more.
    ///
    /// # Errors
    ///
    /// [`RepetitionError::Zero`].
    pub fn max_loops(mut self, times: usize) -> Result<Self, RepetitionError> {
        self.max_loops = at_least_one("max_loops", times)?;
        Ok(self)
    }

    /// How bad it is, from 0 to 1; 0.5 unless set.
    ///
    /// # Errors
    ///
    /// [`RepetitionError::Range`].
    pub fn severity(mut self, severity: f64) -> Result<Self, RepetitionError> {
        if !(0.0..=1.0).contains(&severity) {
            return Err(RepetitionError::Range("severity", severity));
        }
        self.severity = severity;
        Ok(self)
    }

    /// Objects to what is too much; gives the share of repeated runs.
    fn measure(
        &self,
        text: &str,
        mut object: impl FnMut(&'static str, String, Range<usize>),
    ) -> f64 {
        if let Some((count, bytes)) = longest_character_run(text, self.max_character_run) {
            object("repetition.characters", format!("one character {count} times in a row"), bytes);
        }
        let lines = longest_run(lines(text));
        if let Some((count, bytes)) = lines.filter(|(count, _)| *count > self.max_line_run) {
            object("repetition.lines", format!("one line {count} times in a row"), bytes);
        }
        let words = words(text);
        let runs = longest_run(words.iter().map(|bytes| (bytes.clone(), text.get(bytes.clone()))));
        if let Some((count, bytes)) = runs.filter(|(count, _)| *count > self.max_word_run) {
            object("repetition.words", format!("one word {count} times in a row"), bytes);
        }
        if let Some((count, length)) = looped(text).filter(|(count, _)| *count > self.max_loops) {
            let message = format!("the end of the text comes {count} times in a row");
            object("repetition.loop", message, floor(text, text.len() - length)..text.len());
        }
        let (share, first) = repeated(text, &words, self.ngram);
        if words.len() >= self.min_words && share > self.max_share {
            let percent = (share * 100.0).round();
            let message =
                format!("{percent}% of all runs of {} words have stood before", self.ngram);
            object("repetition.share", message, first..text.len());
        }
        share
    }
}

fn at_least_one(name: &'static str, limit: usize) -> Result<usize, RepetitionError> {
    if limit == 0 { Err(RepetitionError::Zero(name)) } else { Ok(limit) }
}

impl Default for Repetition {
    fn default() -> Self {
        Self::new()
    }
}

impl Critic for Repetition {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        let mut highest = 0.0_f64;
        self.fields.each(view.snapshot(), |at, text| {
            let mut any = false;
            let share = self.measure(text, |code, message, bytes| {
                any = true;
                findings.add(self.severity, || {
                    let span = at.span(bytes, "repetition");
                    Violation::new(code, message, self.severity).at(span)
                });
            });
            highest = highest.max(share);
            any
        });
        let opinion: Opinion = findings.into_opinion();
        Answer::now(Ok(opinion.score(highest)))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        let what = ["characters", "lines", "words", "loop", "share"];
        Returns::codes(what.map(|what| format!("repetition.{what}"))).with_score()
    }
}

/// What the parameters mean, for editors.
const LINES: &[(&str, &str)] = &[
    crate::fields::LINE,
    ("ngram", "How many words make a run."),
    ("max_share", "Which share of runs may have stood before, from 0 to 1."),
    ("min_words", "Texts with fewer words have no share."),
    ("max_line_run", "Most equal lines in a row."),
    ("max_word_run", "Most equal words in a row."),
    ("max_character_run", "Most equal characters in a row, spaces aside."),
    ("max_loops", "How often the end of a text may stand there in a row."),
    ("severity", "How bad it is to go round in circles, from 0 to 1."),
];

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("repetition", "texts that go round in circles", from_params).documented(LINES)
}

fn from_params(params: &Params<'_>) -> Option<Repetition> {
    let mut critic = Repetition { fields: Fields::read(params), ..Repetition::new() };
    critic.ngram = params.whole_or("ngram", critic.ngram, Repetition::NGRAM);
    critic.max_share = params.number("max_share", critic.max_share, 0.0..=1.0);
    critic.min_words = params.or("min_words", critic.min_words);
    let limit = |key, default| params.whole_or(key, default, 1..=usize::MAX);
    critic.max_line_run = limit("max_line_run", critic.max_line_run);
    critic.max_word_run = limit("max_word_run", critic.max_word_run);
    critic.max_character_run = limit("max_character_run", critic.max_character_run);
    critic.max_loops = limit("max_loops", critic.max_loops);
    critic.severity = params.number("severity", critic.severity, 0.0..=1.0);
    Some(critic)
}

#[cfg(test)]
mod tests;
