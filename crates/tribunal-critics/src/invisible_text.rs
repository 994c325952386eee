//! Characters that nobody sees and a model reads.
//!
//! Start at [`InvisibleText`]. `invisible_text/scan.rs` decides what is out of place, and
//! `invisible_text/script.rs` knows which characters belong together.

mod scan;
mod script;

use std::str::FromStr;

use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticKind, ParamProblem, Params, Pointer, Reads, Returns, Review, Span, View,
    Violation,
};

use self::scan::Found;
pub(crate) use self::script::breaks_without_spaces;
use crate::fields::Fields;
use crate::findings::Findings;

/// Longest hidden text that goes into the details, in characters.
const HIDDEN_SHOWN: usize = 200;

/// Objects to characters that are not displayed where they have no business.
///
/// **Catches** text written in tag characters or variation selectors, text that is displayed in another order
/// than it is read, words split by zero-width characters, fillers.
/// **Leaves alone** what scripts and emoji need: joiners within emoji and in Arabic, Persian and Indic
/// scripts, variation selectors after emoji and CJK characters, flags of regions, direction marks beside
/// right-to-left text, a byte order mark at the start.
/// **Misses** look-alike letters, white text on white, a message in the choice of visible characters or
/// ordinary spaces, one selector at a time after an emoji.
///
/// Each run of such characters is one violation, whose span can be taken out. Hidden text that could be
/// decoded stands in `details.hidden_text` (its first 200 characters; `details.hidden_characters` has its length).
///
/// ```
/// # use tribunal_critics::{InvisibleKind, InvisibleText};
/// let all = InvisibleText::new();
/// let some = InvisibleText::of([InvisibleKind::Tags, InvisibleKind::Bidi])?;
/// # let _: [std::sync::Arc<dyn tribunal_core::Critic>; 2] = [std::sync::Arc::new(all), std::sync::Arc::new(some)];
/// # Ok::<(), tribunal_critics::InvisibleTextError>(())
/// ```
#[derive(Debug, Clone)]
pub struct InvisibleText {
    fields: Fields,
    kinds: Vec<InvisibleKind>,
    min_run: usize,
}

/// What is not displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InvisibleKind {
    /// Tag characters, U+E0000 to U+E007F: ASCII that nobody sees. Severity 0.9.
    Tags,
    /// Characters that turn the direction of text. Severity 0.6, and 0.7 where they do not pair up; 0.2 for
    /// pairs around right-to-left text and 0.3 for single marks with no such text near.
    Bidi,
    /// Spaces and joiners of no width. Severity 0.5 within a Latin word, 0.3 elsewhere, 0.8 for 8 or more
    /// in a row.
    ZeroWidth,
    /// Variation selectors with nothing to vary. Severity 0.9 where they carry bytes, 0.4 for a stray one.
    Variation,
    /// Soft hyphens, fillers, invisible operators and their like. Severity 0.4.
    Ignorable,
}

impl InvisibleKind {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Tags, Self::Bidi, Self::ZeroWidth, Self::Variation, Self::Ignorable];

    /// How it is written in parameters and codes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Bidi => "bidi",
            Self::ZeroWidth => "zero_width",
            Self::Variation => "variation",
            Self::Ignorable => "ignorable",
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Tags => "invisible.tags",
            Self::Bidi => "invisible.bidi",
            Self::ZeroWidth => "invisible.zero_width",
            Self::Variation => "invisible.variation",
            Self::Ignorable => "invisible.ignorable",
        }
    }

    const fn message(self) -> &'static str {
        match self {
            Self::Tags => "invisible tag characters, which spell text that nobody sees",
            Self::Bidi => "a control that changes the direction in which text is displayed",
            Self::ZeroWidth => "characters of no width where no script needs them",
            Self::Variation => "variation selectors with nothing to vary",
            Self::Ignorable => "characters that are not displayed",
        }
    }
}

impl FromStr for InvisibleKind {
    type Err = InvisibleTextError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = Self::ALL.iter().find(|kind| kind.as_str() == word);
        let unknown = || InvisibleTextError::Unknown(word.chars().take(80).collect());
        known.copied().ok_or_else(unknown)
    }
}

/// Why there can be no such critic.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvisibleTextError {
    /// Nothing to look for.
    #[error("needs at least one kind to look for")]
    NoKinds,
    /// No such kind.
    #[error(
        "`{}` is no kind of invisible text: expected `tags`, `bidi`, `zero_width`, `variation` or `ignorable`",
        .0.escape_debug()
    )]
    Unknown(String),
}

impl Default for InvisibleText {
    fn default() -> Self {
        Self::new()
    }
}

impl InvisibleText {
    /// Looks for every kind in the prompt and the answer.
    #[must_use]
    pub fn new() -> Self {
        Self { fields: Fields::default(), kinds: InvisibleKind::ALL.to_vec(), min_run: 1 }
    }

    /// Looks for some kinds.
    ///
    /// # Errors
    ///
    /// [`InvisibleTextError::NoKinds`] when there is none.
    pub fn of(kinds: impl IntoIterator<Item = InvisibleKind>) -> Result<Self, InvisibleTextError> {
        let kinds: Vec<InvisibleKind> = kinds.into_iter().collect();
        if kinds.is_empty() {
            return Err(InvisibleTextError::NoKinds);
        }
        Ok(Self { kinds, ..Self::new() })
    }

    /// Which texts; the prompt and the answer unless set.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }

    /// The shortest run of characters of no width that counts, from 1; 1 unless set.
    #[must_use]
    pub fn min_run(mut self, characters: usize) -> Self {
        self.min_run = characters.max(1);
        self
    }
}

impl Critic for InvisibleText {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        let mut hidden = Hidden::default();
        self.fields.each(view.snapshot(), |at, text| {
            scan::each(text, &mut |found: Found<'_>| {
                let kind = found.kind;
                let short = kind == InvisibleKind::ZeroWidth && found.characters < self.min_run;
                if short || !self.kinds.contains(&kind) {
                    return;
                }
                hidden.take(kind, found.text);
                findings.add(found.severity, || {
                    let span = Span::new(at.clone(), found.bytes.clone(), kind.as_str());
                    Violation::new(kind.code(), kind.message(), found.severity)
                        .at(span.replaced_by(""))
                });
            });
            hidden.end();
        });
        let mut opinion = findings.into_opinion();
        if hidden.characters > 0 {
            opinion = opinion
                .detail("hidden_text", hidden.shown)
                .detail("hidden_characters", hidden.characters);
        }
        Answer::now(Ok(opinion))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        Returns::codes(self.kinds.iter().map(|kind| kind.code()))
    }
}

/// What was spelled by characters that nobody sees.
#[derive(Default)]
struct Hidden {
    shown: String,
    characters: usize,
    /// Bytes spelled by variation selectors, until something else comes.
    bytes: Vec<u8>,
}

impl Hidden {
    fn take(&mut self, kind: InvisibleKind, run: &str) {
        match kind {
            InvisibleKind::Tags => {
                self.end();
                run.chars().filter_map(script::ascii_of_tag).for_each(|c| self.push(c));
            }
            InvisibleKind::Variation => {
                self.bytes.extend(run.chars().filter_map(script::byte_of_selector));
            }
            InvisibleKind::Bidi | InvisibleKind::ZeroWidth | InvisibleKind::Ignorable => {}
        }
    }

    /// Reads the bytes that have come together as UTF-8. A single one is a stray selector and no message.
    fn end(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.len() > 1 {
            String::from_utf8_lossy(&bytes).chars().for_each(|c| self.push(c));
        }
    }

    fn push(&mut self, c: char) {
        if self.characters < HIDDEN_SHOWN {
            let plain = c == '\n' || !(c.is_control() || script::is_invisible(c));
            self.shown.push(if plain { c } else { char::REPLACEMENT_CHARACTER });
        }
        self.characters += 1;
    }
}

pub(crate) fn kind() -> CriticKind {
    let summary = "characters that nobody sees and a model reads";
    CriticKind::new("invisible_text", summary, from_params)
}

fn from_params(params: &Params<'_>) -> Option<InvisibleText> {
    let fields = Fields::read(params);
    let mut kinds = Vec::new();
    match params.optional::<Vec<String>>("kinds") {
        None => kinds.extend(InvisibleKind::ALL),
        Some(words) if words.is_empty() => params.fault("kinds", "must name at least one kind"),
        Some(words) => {
            for (index, word) in words.iter().enumerate() {
                match word.parse() {
                    Ok(kind) => kinds.push(kind),
                    Err(error) => {
                        let problem = format!("does not do: {error}");
                        params.fault_at("kinds", index, ParamProblem::Word(problem));
                    }
                }
            }
        }
    }
    let min_run = params.or("min_run", 1_usize);
    if !(1..=1_000).contains(&min_run) {
        let problem = format!("must lie within 1 to 1000, found {min_run}");
        params.fault("min_run", ParamProblem::Range(problem));
    }
    Some(InvisibleText { fields, kinds, min_run })
}

#[cfg(test)]
mod tests;
