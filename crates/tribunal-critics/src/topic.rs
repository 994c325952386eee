//! Texts about topics that are banned, or about none that is allowed.
//!
//! Start at [`Topic`]. All keywords are looked for at once, in one pass; `topic/folded.rs` makes upper and lower case
//! and all spaces the same.

mod folded;
mod params;

use std::collections::BTreeSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use thiserror::Error;
use tribunal_core::{Answer, Critic, Pointer, Reads, Returns, Review, View, Violation};

use self::folded::Folded;
use crate::fields::{Fields, Place};
use crate::findings::Findings;
use crate::invisible_text::breaks_without_spaces;

pub(crate) use self::params::kind;

/// Objects to texts by the topics that their words belong to.
///
/// **Catches** texts that use the words of a banned topic often enough, and, where topics are allowed, texts that use
/// the words of none of them.
/// **Misses** topics that are talked of in other words, in another language, or in another form of the word:
/// `refund` is not found in `refunds`.
///
/// A keyword is a word or a phrase. It is found as a whole word, whatever its case and however many spaces part
/// its words; in scripts that are written without spaces, anywhere.
///
/// ```
/// # use tribunal_critics::{Topic, TopicError, TopicWords};
/// let critic = Topic::new(
///     [TopicWords::new("billing", ["invoice", "refund", "credit note"])],
///     [TopicWords::new("medical", ["dosage", "side effects"]).at_least(2).severity(0.8)],
/// )?;
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), TopicError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Topic {
    fields: Fields,
    topics: Vec<TopicWords>,
    /// How many of them, from the start, are allowed; the others are banned.
    allowed: usize,
    keywords: AhoCorasick,
    /// The topic of each keyword, and which of its ends must be that of a word.
    entries: Vec<Entry>,
    min_words: usize,
    severity: f64,
}

/// A topic: a name, and the words that tell of it.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicWords {
    name: String,
    keywords: Vec<String>,
    at_least: usize,
    severity: f64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    topic: usize,
    starts_word: bool,
    ends_word: bool,
}

/// Why topics cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TopicError {
    /// Nothing to look for.
    #[error("needs at least one topic")]
    NoTopics,
    /// Too many keywords in all.
    #[error("at most {limit} keywords in all, found {0}", limit = Topic::MOST_KEYWORDS)]
    TooMany(usize),
    /// The name ends up in codes.
    #[error("the name of topic {0} must be 1 to 64 of a-z, 0-9, `_`, `.` and `-`")]
    Name(usize),
    /// An earlier topic has that name.
    #[error("topic {0} has the name of an earlier one")]
    NameTwice(usize),
    /// A topic without keywords.
    #[error("topic {0} has no keywords")]
    NoKeywords(usize),
    /// Empty, too long, or without a letter or a digit.
    #[error(
        "keyword {index} of topic {topic} must have 1 to {limit} bytes, a letter or a digit among them",
        limit = Topic::KEYWORD_BYTES
    )]
    Keyword {
        /// Which topic, from 0; those allowed come first.
        topic: usize,
        /// Which of its keywords, from 0.
        index: usize,
    },
    /// Out of range.
    #[error("the severity must lie within 0 to 1, found {0}")]
    Severity(f64),
    /// It would be reached by every text.
    #[error("`at_least` of topic {0} must be at least 1")]
    AtLeast(usize),
}

impl TopicWords {
    /// A topic that one keyword is enough for, of severity 0.6 where it is banned.
    ///
    /// The name ends up in the code of violations, `topic.<name>`: 1 to 64 of `a-z`, `0-9`, `_`, `.`, `-`.
    #[must_use]
    pub fn new<'a>(name: impl Into<String>, keywords: impl IntoIterator<Item = &'a str>) -> Self {
        let keywords = keywords.into_iter().map(str::to_owned).collect();
        Self { name: name.into(), keywords, at_least: 1, severity: 0.6 }
    }

    /// How many keywords, the same ones counted again, a text must have to be about it; from 1.
    #[must_use]
    pub fn at_least(mut self, count: usize) -> Self {
        self.at_least = count;
        self
    }

    /// How bad it is where the topic is banned, from 0 to 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = severity;
        self
    }
}

impl Topic {
    /// Most keywords of one critic.
    pub const MOST_KEYWORDS: usize = 10_000;
    /// Longest keyword, in bytes.
    pub const KEYWORD_BYTES: usize = 200;

    /// Topics that are allowed and topics that are banned. Without any that are allowed, all are but those banned.
    ///
    /// # Errors
    ///
    /// [`TopicError`] when there is none, too many, or one is wrong.
    pub fn new(
        allowed: impl IntoIterator<Item = TopicWords>,
        banned: impl IntoIterator<Item = TopicWords>,
    ) -> Result<Self, TopicError> {
        let mut topics: Vec<TopicWords> = allowed.into_iter().collect();
        let allowed = topics.len();
        topics.extend(banned);
        if topics.is_empty() {
            return Err(TopicError::NoTopics);
        }
        let count: usize = topics.iter().map(|topic| topic.keywords.len()).sum();
        if count > Self::MOST_KEYWORDS {
            return Err(TopicError::TooMany(count));
        }
        let mut names = BTreeSet::new();
        let mut words = Vec::with_capacity(count);
        let mut entries = Vec::with_capacity(count);
        for (index, topic) in topics.iter().enumerate() {
            check(index, topic)?;
            if !names.insert(topic.name.clone()) {
                return Err(TopicError::NameTwice(index));
            }
            let mut own = BTreeSet::new();
            for keyword in &topic.keywords {
                let folded = Folded::of(keyword.trim());
                // Written twice, or differently only in case: it counts once.
                if own.insert(folded.text().to_owned()) {
                    entries.push(Entry::of(index, folded.text()));
                    words.push(folded.text().to_owned());
                }
            }
        }
        // Of so few and so short ones there is always an automaton.
        let keywords = AhoCorasick::new(&words).map_err(|_| TopicError::TooMany(count))?;
        let fields = Fields::default();
        Ok(Self { fields, topics, allowed, keywords, entries, min_words: 5, severity: 0.5 })
    }

    /// Which texts; the prompt and the answer unless set.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }

    /// Fewest words of a text that must be about an allowed topic; 5 unless set, so that "thanks" may be said.
    #[must_use]
    pub fn min_words(mut self, words: usize) -> Self {
        self.min_words = words;
        self
    }

    /// How bad a text is that is about no allowed topic; 0.5 unless set. What lies outside 0 to 1 becomes 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = if (0.0..=1.0).contains(&severity) { severity } else { 1.0 };
        self
    }

    fn judge(&self, at: &Place<'_>, text: &str, findings: &mut Findings) {
        let folded = Folded::of(text);
        let mut counts = vec![0_usize; self.topics.len()];
        self.each_keyword(&folded, |topic, _| {
            if let Some(count) = counts.get_mut(topic) {
                *count += 1;
            }
        });
        let reached = |index: usize| {
            let enough = self.topics.get(index).map(|topic| topic.at_least);
            enough.is_some_and(|enough| counts.get(index).is_some_and(|count| *count >= enough))
        };
        if self.allowed > 0 && !(0..self.allowed).any(reached) && self.is_long(text) {
            findings.add(self.severity, || {
                let span = at.span(0..text.len(), "off_topic");
                let message = "about none of the topics that are allowed";
                Violation::new("topic.off_topic", message, self.severity).at(span)
            });
        }
        if !(self.allowed..self.topics.len()).any(reached) {
            return;
        }
        self.each_keyword(&folded, |index, bytes| {
            let Some(topic) =
                self.topics.get(index).filter(|_| index >= self.allowed && reached(index))
            else {
                return;
            };
            findings.add(topic.severity, || {
                let span = at.span(folded.original(bytes), topic.name.clone());
                let message = format!("a word of the banned topic `{}`", topic.name);
                Violation::new(format!("topic.{}", topic.name), message, topic.severity).at(span)
            });
        });
    }

    /// Calls `visit` with the topic of each keyword and where it stands in the folded text.
    fn each_keyword(&self, folded: &Folded<'_>, mut visit: impl FnMut(usize, Range<usize>)) {
        let text = folded.text();
        for found in self.keywords.find_overlapping_iter(text) {
            let Some(entry) = self.entries.get(found.pattern().as_usize()) else { continue };
            let before = text.get(..found.start()).and_then(|before| before.chars().next_back());
            let after = text.get(found.end()..).and_then(|after| after.chars().next());
            if (entry.starts_word && before.is_some_and(in_word))
                || (entry.ends_word && after.is_some_and(in_word))
            {
                continue;
            }
            visit(entry.topic, found.range());
        }
    }

    fn is_long(&self, text: &str) -> bool {
        let spaced = text.split_whitespace().take(self.min_words).count();
        let unspaced =
            text.chars().filter(|c| breaks_without_spaces(*c)).take(self.min_words).count();
        spaced.max(unspaced) >= self.min_words
    }
}

/// Whether a word goes on with that.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || matches!(c, '\u{300}'..='\u{36f}')
}

fn check(index: usize, topic: &TopicWords) -> Result<(), TopicError> {
    let fits = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-');
    if !(1..=64).contains(&topic.name.len()) || !topic.name.bytes().all(fits) {
        return Err(TopicError::Name(index));
    }
    if topic.keywords.is_empty() {
        return Err(TopicError::NoKeywords(index));
    }
    if topic.at_least == 0 {
        return Err(TopicError::AtLeast(index));
    }
    if !(0.0..=1.0).contains(&topic.severity) {
        return Err(TopicError::Severity(topic.severity));
    }
    let does = |keyword: &String| {
        keyword.len() <= Topic::KEYWORD_BYTES && keyword.chars().any(char::is_alphanumeric)
    };
    match topic.keywords.iter().position(|keyword| !does(keyword)) {
        Some(wrong) => Err(TopicError::Keyword { topic: index, index: wrong }),
        None => Ok(()),
    }
}

impl Entry {
    fn of(topic: usize, keyword: &str) -> Self {
        let word = |c: Option<char>| c.is_some_and(|c| in_word(c) && !breaks_without_spaces(c));
        let (first, last) = (keyword.chars().next(), keyword.chars().next_back());
        Self { topic, starts_word: word(first), ends_word: word(last) }
    }
}

impl Critic for Topic {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        self.fields.each(view.snapshot(), |at, text| {
            let before = findings.len();
            self.judge(at, text, &mut findings);
            findings.len() > before
        });
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        let topics = self.topics.iter().map(|topic| &*topic.name).chain(["off_topic"]);
        Returns::codes(topics.map(|name| format!("topic.{name}")))
    }
}

#[cfg(test)]
mod tests;
