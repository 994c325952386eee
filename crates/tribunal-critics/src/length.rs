//! Texts that are too long or too short.
//!
//! One pass over each text. Start at [`Length`].

use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticKind, ParamProblem, Params, Pointer, Reads, Returns, Review, Span, View,
    Violation,
};

use crate::fields::Fields;
use crate::findings::Findings;

/// Objects to texts that are too long or too short. Each text is measured by itself.
///
/// **Catches** prompts that would overrun a context window, answers cut short, floods of lines.
/// **Misses** what a tokenizer would say: tokens are a rough estimate, good to about a third for English
/// prose and too low for code, rare scripts and random characters.
///
/// A character is a Unicode scalar value, so an emoji may be several. Lines are counted as they are ended:
/// `"a\nb"` and `"a\nb\n"` are both two. Rough tokens are the greater of 4/3 for each word and 1/4 for each
/// character, rounded up.
///
/// A text that is empty is measured only where the fields were chosen: by default a snapshot without an
/// answer is none with too short an answer. A field that is not there is not measured.
///
/// ```
/// # use tribunal_critics::{Length, LengthError};
/// let critic = Length::new().max_characters(4_000).max_lines(200).checked()?;
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), LengthError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Length {
    fields: Fields,
    empty_too: bool,
    max_characters: Option<usize>,
    min_characters: Option<usize>,
    max_lines: Option<usize>,
    max_tokens: Option<usize>,
    severity: f64,
}

/// Why limits make no sense.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum LengthError {
    /// No limit at all.
    #[error("needs at least one of `max_characters`, `min_characters`, `max_lines`, `max_tokens`")]
    NoLimit,
    /// A limit that nothing, or everything, would exceed.
    #[error("`{0}` must be at least 1")]
    Zero(&'static str),
    /// No text could do.
    #[error("`min_characters` ({min}) is more than `max_characters` ({max})")]
    Contradiction {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// Out of range.
    #[error("`severity` must lie within 0 to 1, found {0}")]
    Severity(f64),
}

impl Default for Length {
    fn default() -> Self {
        Self::new()
    }
}

impl Length {
    /// Without a limit yet: set at least one, then ask for [`Length::checked`].
    #[must_use]
    pub fn new() -> Self {
        Self {
            fields: Fields::default(),
            empty_too: false,
            max_characters: None,
            min_characters: None,
            max_lines: None,
            max_tokens: None,
            severity: 0.5,
        }
    }

    /// Which texts; the prompt and the answer unless set. Texts that are empty are measured too.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self.empty_too = true;
        self
    }

    /// Most characters, from 1.
    #[must_use]
    pub fn max_characters(mut self, limit: usize) -> Self {
        self.max_characters = Some(limit);
        self
    }

    /// Fewest characters, from 1.
    #[must_use]
    pub fn min_characters(mut self, limit: usize) -> Self {
        self.min_characters = Some(limit);
        self
    }

    /// Most lines, from 1.
    #[must_use]
    pub fn max_lines(mut self, limit: usize) -> Self {
        self.max_lines = Some(limit);
        self
    }

    /// Most rough tokens, from 1.
    #[must_use]
    pub fn max_tokens(mut self, limit: usize) -> Self {
        self.max_tokens = Some(limit);
        self
    }

    /// How bad it is, from 0 to 1; 0.5 unless set.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = severity;
        self
    }

    /// The critic, if its limits make sense.
    ///
    /// # Errors
    ///
    /// [`LengthError`] when there is no limit, one is 0, or two contradict each other.
    pub fn checked(self) -> Result<Self, LengthError> {
        let limits = [
            ("max_characters", self.max_characters),
            ("min_characters", self.min_characters),
            ("max_lines", self.max_lines),
            ("max_tokens", self.max_tokens),
        ];
        if limits.iter().all(|(_, limit)| limit.is_none()) {
            return Err(LengthError::NoLimit);
        }
        if let Some((name, _)) = limits.iter().find(|(_, limit)| *limit == Some(0)) {
            return Err(LengthError::Zero(name));
        }
        if let (Some(min), Some(max)) = (self.min_characters, self.max_characters)
            && min > max
        {
            return Err(LengthError::Contradiction { min, max });
        }
        if !(0.0..=1.0).contains(&self.severity) {
            return Err(LengthError::Severity(self.severity));
        }
        Ok(self)
    }

    fn measure(&self, at: &Pointer, text: &str, findings: &mut Findings) -> usize {
        let measured = Measured::of(text, self.max_characters, self.max_lines);
        let severity = self.severity;
        let mut object = |code: &'static str, message: String, start: usize| {
            findings.add(severity, || {
                let span = Span::new(at.clone(), start..text.len(), "length");
                Violation::new(code, message, severity).at(span)
            });
        };
        let Measured { characters, lines, tokens, .. } = measured;
        if let Some(max) = self.max_characters.filter(|max| characters > *max) {
            let message = format!("{characters} characters, at most {max} are allowed");
            object("length.too_many_characters", message, measured.character_excess);
        }
        if let Some(min) = self.min_characters.filter(|min| characters < *min) {
            let message = format!("{characters} characters, at least {min} are expected");
            object("length.too_few_characters", message, 0);
        }
        if let Some(max) = self.max_lines.filter(|max| lines > *max) {
            let message = format!("{lines} lines, at most {max} are allowed");
            object("length.too_many_lines", message, measured.line_excess);
        }
        if let Some(max) = self.max_tokens.filter(|max| tokens > *max) {
            let message = format!("about {tokens} tokens, at most {max} are allowed");
            object("length.too_many_tokens", message, 0);
        }
        tokens
    }
}

/// What one pass over a text tells.
#[derive(Debug, PartialEq)]
struct Measured {
    characters: usize,
    lines: usize,
    tokens: usize,
    /// Where the first character beyond the limit starts.
    character_excess: usize,
    /// Where the first line beyond the limit starts.
    line_excess: usize,
}

impl Measured {
    fn of(text: &str, max_characters: Option<usize>, max_lines: Option<usize>) -> Self {
        let (mut characters, mut words, mut ends) = (0_usize, 0_usize, 0_usize);
        let (mut character_excess, mut line_excess) = (text.len(), text.len());
        let mut in_word = false;
        for (index, c) in text.char_indices() {
            if Some(characters) == max_characters {
                character_excess = index;
            }
            characters += 1;
            let space = c.is_whitespace();
            words += usize::from(!space && !in_word);
            in_word = !space;
            if c == '\n' {
                ends += 1;
                if Some(ends) == max_lines {
                    line_excess = index + 1;
                }
            }
        }
        let open_line = !text.is_empty() && !text.ends_with('\n');
        let tokens = (words.saturating_mul(4).div_ceil(3)).max(characters.div_ceil(4));
        let lines = ends + usize::from(open_line);
        Self { characters, lines, tokens, character_excess, line_excess }
    }
}

impl Critic for Length {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        let mut longest = 0;
        self.fields.each_even_empty(view.snapshot(), |at, text| {
            if !text.is_empty() || self.empty_too {
                longest = longest.max(self.measure(at, text, &mut findings));
            }
        });
        let mut opinion = findings.into_opinion();
        if self.max_tokens.is_some() && !opinion.violations.is_empty() {
            opinion = opinion.detail("rough_tokens", longest);
        }
        Answer::now(Ok(opinion))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        let what = ["many_characters", "few_characters", "many_lines", "many_tokens"];
        Returns::codes(what.map(|what| format!("length.too_{what}")))
    }
}

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("length", "texts that are too long or too short", from_params)
}

fn from_params(params: &Params<'_>) -> Option<Length> {
    let mut limits = Length::new();
    limits.empty_too = params.has("fields");
    limits.fields = Fields::read(params);
    limits.max_characters = params.optional("max_characters");
    limits.min_characters = params.optional("min_characters");
    limits.max_lines = params.optional("max_lines");
    limits.max_tokens = params.optional("max_tokens");
    limits.severity = params.number("severity", 0.5, 0.0..=1.0);
    let given = ["max_characters", "min_characters", "max_lines", "max_tokens"];
    match limits.checked() {
        Ok(critic) => Some(critic),
        Err(LengthError::Zero(name)) => {
            params.fault(name, ParamProblem::Range("must be at least 1".into()));
            None
        }
        Err(LengthError::Contradiction { max, .. }) => {
            params.fault("min_characters", format!("is more than `max_characters` ({max})"));
            None
        }
        // One that was given and is of the wrong type has been noted.
        Err(_) if given.iter().any(|name| params.has(name)) => None,
        Err(_) => {
            params.required::<usize>("max_characters");
            None
        }
    }
}

#[cfg(test)]
mod tests;
