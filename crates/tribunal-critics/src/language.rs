//! Texts in a language that is banned, or in none that is allowed.
//!
//! Start at [`Language`]. Which language a text is in is the guess of the crate `whatlang`, by the trigrams and the
//! letters of the text.

mod codes;

use std::collections::BTreeSet;
use std::ops::Range;

use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticKind, Languages, MayBeEmpty, ParamProblem, ParamShape, Params, Pointer,
    Reads, Returns, Review, View, Violation,
};
use whatlang::Lang;

use self::codes::{languages, no_language, two_letters};
use crate::fields::Fields;
use crate::findings::Findings;

/// Objects to texts by their language.
///
/// **Catches** running text in one of 70 languages. A long text is judged in parts, so that a change of language is
/// noticed where it takes up most of a part.
/// **Misses** a few foreign words, texts that are shorter than is asked for, transliterations, and languages that it
/// does not know: those pass for one that is written alike.
///
/// Languages that are close to each other (Danish, Norwegian; Croatian, Serbian) are taken for one another. Where
/// one of them is allowed, allow its neighbours too.
///
/// The uncertainty is 1 where nothing was long or clear enough to be judged, else one minus the confidence of
/// the least sure part that was.
///
/// ```
/// # use tribunal_critics::{Language, LanguageError};
/// let critic = Language::allow(["eng", "deu"])?.min_characters(60);
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), LanguageError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Language {
    fields: Fields,
    allow: Option<Vec<Lang>>,
    ban: Vec<Lang>,
    min_confidence: f64,
    min_characters: usize,
    severity: f64,
}

/// Why there can be no such critic.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LanguageError {
    /// Neither allowed nor banned.
    #[error("needs at least one language")]
    NoLanguages,
    /// Not the ISO 639-3 code of a language that it knows.
    #[error("language {index} {}", no_language(.found))]
    Unknown {
        /// Which, from 0.
        index: usize,
        /// What stood there.
        found: String,
    },
}

/// Longest part that is judged at once, in bytes. Its guess needs no more.
const PART_BYTES: usize = 4 * 1024;
/// How sure a guess must be unless set.
const MIN_CONFIDENCE: f64 = 0.8;
/// Shortest text that is judged unless set, in letters.
const MIN_CHARACTERS: usize = 40;
/// Most parts of a text that are judged, spread evenly over it.
const MOST_PARTS: usize = 16;

impl Language {
    fn new(allow: Option<Vec<Lang>>, ban: Vec<Lang>) -> Self {
        Self {
            fields: Fields::default(),
            allow,
            ban,
            min_confidence: MIN_CONFIDENCE,
            min_characters: MIN_CHARACTERS,
            severity: 0.5,
        }
    }

    /// Objects to all languages but these (ISO 639-3: `eng`, `deu`); severity 0.5.
    ///
    /// # Errors
    ///
    /// [`LanguageError`] when there is none, or one is not known.
    pub fn allow<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<Self, LanguageError> {
        Ok(Self::new(Some(languages(codes)?), Vec::new()))
    }

    /// Objects to these languages (ISO 639-3) and no others; severity 0.5.
    ///
    /// # Errors
    ///
    /// As [`Language::allow`].
    pub fn ban<'a>(codes: impl IntoIterator<Item = &'a str>) -> Result<Self, LanguageError> {
        Ok(Self::new(None, languages(codes)?))
    }

    /// Which texts; the prompt and the answer unless set.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }

    /// How sure the guess must be, from 0 to 1; 0.8 unless set. What lies outside becomes 1.
    #[must_use]
    pub fn min_confidence(mut self, confidence: f64) -> Self {
        self.min_confidence = if (0.0..=1.0).contains(&confidence) { confidence } else { 1.0 };
        self
    }

    /// Shortest text that is judged, in letters; 40 unless set.
    #[must_use]
    pub fn min_characters(mut self, characters: usize) -> Self {
        self.min_characters = characters;
        self
    }

    /// How bad it is; 0.5 unless set. What lies outside 0 to 1 becomes 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = if (0.0..=1.0).contains(&severity) { severity } else { 1.0 };
        self
    }

    /// The language of a part and how sure that is; `None` where it cannot be told.
    fn guess(&self, part: &str) -> Option<(Lang, f64)> {
        guess(part, self.min_characters, self.min_confidence)
    }
}

/// As [`Language::guess`], for so many letters and so much confidence.
fn guess(part: &str, min_characters: usize, min_confidence: f64) -> Option<(Lang, f64)> {
    let letters = part.chars().filter(|c| c.is_alphabetic()).take(min_characters).count();
    if letters < min_characters {
        return None;
    }
    let info = whatlang::detect(part)?;
    // Not a number when two guesses are equally bad.
    let confidence = if info.confidence().is_finite() { info.confidence() } else { 0.0 };
    (confidence >= min_confidence).then(|| (info.lang(), confidence.clamp(0.0, 1.0)))
}

/// Tells languages for conditions, as the critic with its defaults does, by the first part of a text.
pub(crate) struct Guesses;

impl Languages for Guesses {
    fn code(&self, asked: &str) -> Result<&'static str, String> {
        let known = Lang::all().iter().map(Lang::code);
        let found =
            known.into_iter().find(|code| *code == asked || two_letters(code) == Some(asked));
        found.ok_or_else(|| no_language(asked))
    }

    fn of(&self, text: &str) -> Option<&'static str> {
        let first = text.get(..text.floor_char_boundary(PART_BYTES))?;
        guess(first, MIN_CHARACTERS, MIN_CONFIDENCE).map(|(lang, _)| lang.code())
    }
}

/// The parts of a text that are judged, spread evenly over it.
fn parts(text: &str) -> impl Iterator<Item = Range<usize>> {
    let count = text.len().div_ceil(PART_BYTES).clamp(1, MOST_PARTS);
    let length = text.len().div_ceil(count);
    let boundary = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    (0..count).map(move |index| {
        let start = boundary((index * length).min(text.len()));
        let end = (index + 1).saturating_mul(length).min(start + PART_BYTES).min(text.len());
        start..boundary(end).max(start)
    })
}

impl Critic for Language {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        let mut spoken: BTreeSet<&'static str> = BTreeSet::new();
        let mut sure: Option<f64> = None;
        let mut texts = false;
        self.fields.each(view.snapshot(), |at, text| {
            // A name that is no prose has no language.
            if at.is_name() && !text.contains(char::is_whitespace) {
                return false;
            }
            texts = true;
            let before = findings.len();
            for bytes in parts(text) {
                let part = text.get(bytes.clone()).unwrap_or_default();
                let Some((lang, confidence)) = self.guess(part) else { continue };
                spoken.insert(lang.code());
                sure = Some(sure.map_or(confidence, |least| least.min(confidence)));
                let (code, message) = if self.ban.contains(&lang) {
                    ("language.banned", "in a language that is banned")
                } else if self.allow.as_ref().is_some_and(|allow| !allow.contains(&lang)) {
                    ("language.not_allowed", "in a language that is not allowed")
                } else {
                    continue;
                };
                findings.add(self.severity, || {
                    let span = at.span(bytes, lang.code());
                    Violation::new(code, message, self.severity).at(span)
                });
            }
            findings.len() > before
        });
        let uncertainty = if texts { sure.map_or(1.0, |confidence| 1.0 - confidence) } else { 0.0 };
        let mut opinion = findings.into_opinion().uncertainty(uncertainty);
        if !spoken.is_empty() {
            let codes: Vec<serde_json::Value> = spoken.into_iter().map(Into::into).collect();
            opinion = opinion.detail("languages", codes);
        }
        Answer::now(Ok(opinion))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        Returns::codes(["language.banned", "language.not_allowed"])
    }
}

/// What the parameters mean, for editors.
const LINES: &[(&str, &str)] = &[
    crate::fields::LINE,
    (
        "allow",
        "The only languages there may be, by their ISO 639-3 codes: `eng`, `deu`. This or `ban` or both.",
    ),
    ("ban", "Languages there may not be, by their ISO 639-3 codes. This or `allow` or both."),
    ("min_confidence", "Guesses less sure than this, from 0 to 1, are not judged."),
    ("min_characters", "Texts shorter than this, counted in letters, are not judged."),
    ("severity", "How bad another language is, from 0 to 1."),
];

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("language", "texts in a language that is not wanted", from_params)
        .documented(LINES)
}

fn from_params(params: &Params<'_>) -> Option<Language> {
    let fields = Fields::read(params);
    let list = |key| {
        let code = Box::new(ParamShape::word(Lang::all().iter().map(Lang::code)));
        params.shape(key, || ParamShape::List(code, MayBeEmpty::No));
        let codes = params.optional::<Vec<String>>(key)?;
        if codes.is_empty() {
            params.fault(key, "must have at least one language");
        }
        for (index, code) in codes.iter().enumerate() {
            if languages([code.as_str()]).is_err() {
                params.fault_at(key, index, ParamProblem::Word(no_language(code)));
            }
        }
        languages(codes.iter().map(String::as_str)).ok()
    };
    let given = params.has("allow") || params.has("ban");
    let (allow, ban) = (list("allow"), list("ban"));
    if !given {
        params.fault("allow", "or `ban` must name at least one language");
    }
    let min_confidence = params.number("min_confidence", MIN_CONFIDENCE, 0.0..=1.0);
    let min_characters = params.or("min_characters", MIN_CHARACTERS);
    let severity = params.number("severity", 0.5, 0.0..=1.0);
    let critic = Language::new(allow, ban.unwrap_or_default());
    given.then_some(Language { fields, min_confidence, min_characters, severity, ..critic })
}

#[cfg(test)]
mod tests;
