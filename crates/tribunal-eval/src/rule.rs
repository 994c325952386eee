//! Which critics and codes speak for which label.
//!
//! Start at [`Rules`]; [`Rules::default`] has the built-in ones.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use tribunal_core::{Thresholds, Verdict};

use crate::types::Types;

/// The label of harmless rows: of those that are `benign`, or known not to be `unsafe`. Every verdict but `allow`
/// is a false alarm there.
pub const OVER_BLOCKING: &str = "over_blocking";

/// Labels of public data sets that no critic here speaks for unless a rule says so.
const UNMAPPED: &[&str] = &[
    "correct",
    "harassment",
    "hate",
    "hate_threatening",
    "schema_valid",
    "self_harm",
    "violence",
    "violence_graphic",
];

/// From where on a critic has flagged a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It has a violation, however mild; or, without one, it calls for more than `allow`.
    Violation,
    /// What it found calls for `review` or more.
    Review,
    /// What it found calls for `block`.
    Block,
}

impl Level {
    /// The words for them.
    pub const WORDS: &'static [&'static str] = &["violation", "review", "block"];

    /// The one of that name.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Violation, Self::Review, Self::Block].into_iter().find(|it| it.as_str() == word)
    }

    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Review => "review",
            Self::Block => "block",
        }
    }

    /// Whether a severity is enough; `violation` says whether there is one.
    pub(crate) fn is_reached(self, thresholds: Thresholds, severity: f64, violation: bool) -> bool {
        let verdict = thresholds.verdict(severity);
        match self {
            Self::Violation => violation || verdict > Verdict::Allow,
            Self::Review => verdict >= Verdict::Review,
            Self::Block => verdict >= Verdict::Block,
        }
    }

    /// Whether a verdict is enough.
    pub(crate) fn is_reached_by(self, verdict: Verdict) -> bool {
        match self {
            Self::Violation | Self::Review => verdict >= Verdict::Review,
            Self::Block => verdict >= Verdict::Block,
        }
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Critics, by any of these; of all critics where all of `critics`, `kinds` and `tags` are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    /// Their names.
    pub critics: Vec<String>,
    /// Their kinds in the catalogue.
    pub kinds: Vec<String>,
    /// Their tags.
    pub tags: Vec<String>,
    /// Of what they say, violations with these codes only; `pattern.override` stands for `pattern.override.en` too.
    /// Empty for all they say.
    pub codes: Vec<String>,
}

impl Selector {
    /// Whether it names critics at all.
    pub(crate) fn names_critics(&self) -> bool {
        !(self.critics.is_empty() && self.kinds.is_empty() && self.tags.is_empty())
    }
}

/// Who speaks for a label.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// Nobody.
    Nobody,
    /// The verdict of the whole pipeline.
    Verdict,
    /// What these select.
    Critics(Selector),
    /// Critics of this name, kind or tag, and besides them whoever has a violation with this code. Built-in rules.
    Words {
        /// Names, kinds and tags.
        words: &'static [&'static str],
        /// Codes.
        code: &'static str,
    },
}

/// How one label is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Who speaks for it.
    pub by: By,
    /// From where on they have flagged a row.
    pub at: Level,
    /// The value of the label that they object to: `true` for `injection`, `false` for `benign`.
    pub objects_to: bool,
}

impl Rule {
    /// Measured by these, from `review` on, where the label is true.
    #[must_use]
    pub const fn by(by: By) -> Self {
        Self { by, at: Level::Review, objects_to: true }
    }

    fn at(self, at: Level) -> Self {
        Self { by: self.by, at, objects_to: self.objects_to }
    }
}

/// Every label that is known, and how it is measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// By the name of the label.
    pub labels: BTreeMap<String, Rule>,
    /// Members of `context` that no critic sees, besides [`HIDDEN`](crate::HIDDEN); `*` for all.
    pub hide: Vec<String>,
    /// What labels of spans mean.
    pub types: Types,
}

impl Default for Rules {
    /// | label | who speaks for it | from |
    /// |---|---|---|
    /// | `injection` | name, kind or tag `injection`; code `injection` | `review` |
    /// | `jailbreak` | name, kind or tag `jailbreak`; code `jailbreak` | `review` |
    /// | `toxic` | name, kind or tag `toxicity` or `toxic`; code `toxicity` | `review` |
    /// | `secret` | name, kind or tag `secrets`; code `secret` | `violation` |
    /// | `pii` | name, kind or tag `pii`; code `pii` | `violation` |
    /// | `unsafe` | the verdict | `review` |
    /// | `benign` | the verdict, where the label is false | `review` |
    /// | `over_blocking` | the verdict | `review` |
    ///
    /// Secrets and personal data count from the first violation on, because the label says that such a thing stands
    /// there, and whoever reports it has found it, however mild.
    fn default() -> Self {
        let words = |words, code| Rule::by(By::Words { words, code });
        let rules = [
            ("injection", words(&["injection"], "injection")),
            ("jailbreak", words(&["jailbreak"], "jailbreak")),
            ("toxic", words(&["toxicity", "toxic"], "toxicity")),
            ("secret", words(&["secrets"], "secret").at(Level::Violation)),
            ("pii", words(&["pii"], "pii").at(Level::Violation)),
            ("unsafe", Rule::by(By::Verdict)),
            ("benign", Rule { objects_to: false, ..Rule::by(By::Verdict) }),
            (OVER_BLOCKING, Rule::by(By::Verdict)),
        ];
        let unmapped = UNMAPPED.iter().map(|name| (*name, Rule::by(By::Nobody)));
        let labels = rules.into_iter().chain(unmapped);
        Self {
            labels: labels.map(|(name, rule)| (name.to_owned(), rule)).collect(),
            hide: Vec::new(),
            types: Types::default(),
        }
    }
}
