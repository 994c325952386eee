//! What a conversation may and may not be about, by words.
//!
//! Start at [`Topic`].

use aho_corasick::{AhoCorasick, MatchKind};
use thiserror::Error;
use tribunal_core::{
    Answer, Critic, CriticKind, Params, Pointer, Reads, Review, Span, View, Violation,
};

use crate::fields::Fields;
use crate::findings::Findings;

/// Objects to texts with a banned word, and to texts with none of the allowed ones.
///
/// Words and phrases are compared without ASCII case and as whole words. It **misses** everything that is said in other
/// words; a list of words is a fence, not a judge of meaning.
#[derive(Debug, Clone)]
pub struct Topic {
    fields: Fields,
    banned: Words,
    allowed: Words,
    min_characters: usize,
    severity: f64,
}

/// Why a [`Topic`] could not be built as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TopicError {
    /// A word is empty or only white space.
    #[error("word {0} of the list is empty")]
    Empty(usize),
    /// There are more words than can be looked for at once.
    #[error("the list is too long")]
    TooMany,
    /// Neither list has a word.
    #[error("neither a banned nor an allowed word is given")]
    Nothing,
}

#[derive(Debug, Clone, Default)]
struct Words(Option<AhoCorasick>);

impl Words {
    fn of(words: &[String]) -> Result<Self, TopicError> {
        if let Some(at) = words.iter().position(|word| word.trim().is_empty()) {
            return Err(TopicError::Empty(at));
        }
        if words.is_empty() {
            return Ok(Self(None));
        }
        let words = words.iter().map(|word| word.trim());
        let built = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(words);
        built.map(|words| Self(Some(words))).map_err(|_| TopicError::TooMany)
    }

    /// Where the words stand as whole words.
    fn each<'a>(&'a self, text: &'a str) -> impl Iterator<Item = std::ops::Range<usize>> + 'a {
        let whole = |bytes: &std::ops::Range<usize>| {
            let before = text.get(..bytes.start).and_then(|it| it.chars().next_back());
            let after = text.get(bytes.end..).and_then(|it| it.chars().next());
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        };
        let hits = self.0.iter().flat_map(move |words| words.find_overlapping_iter(text));
        hits.map(|hit| hit.start()..hit.end()).filter(whole)
    }
}

impl Topic {
    /// With these banned words, and these of which a text must have one unless there are none.
    ///
    /// # Errors
    ///
    /// [`TopicError`] for an empty word, a list that is too long, and when there is no word at all.
    pub fn new(banned: &[String], allowed: &[String]) -> Result<Self, TopicError> {
        if banned.is_empty() && allowed.is_empty() {
            return Err(TopicError::Nothing);
        }
        let (banned, allowed) = (Words::of(banned)?, Words::of(allowed)?);
        let fields = Fields::of([Pointer::input_text()]);
        Ok(Self { fields, banned, allowed, min_characters: 20, severity: 0.6 })
    }
}

impl Critic for Topic {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        self.fields.each(view.snapshot(), |at, text| {
            for bytes in self.banned.each(text) {
                findings.add(self.severity, || {
                    let span = Span::new(at.clone(), bytes, "topic");
                    Violation::new("topic.banned", "a banned word", self.severity).at(span)
                });
            }
            let judged = self.allowed.0.is_some() && text.chars().count() >= self.min_characters;
            if judged && self.allowed.each(text).next().is_none() {
                findings.add(self.severity, || {
                    let message = format!("none of the allowed words stands in `{at}`");
                    Violation::new("topic.off_topic", message, self.severity)
                });
            }
        });
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }
}

/// `fields`, `banned`, `allowed`, `min_characters`, `severity`.
pub(crate) fn kind() -> CriticKind {
    CriticKind::new("topic", "banned words, and texts without an allowed one", from_params)
}

fn from_params(params: &Params<'_>) -> Option<Topic> {
    let fields = params.has("fields").then(|| Fields::read(params));
    let banned = params.or::<Vec<String>>("banned", Vec::new());
    let allowed = params.or::<Vec<String>>("allowed", Vec::new());
    let min_characters = params.or("min_characters", 20);
    let severity = params.number("severity", 0.6, 0.0..=1.0);
    for (key, words) in [("banned", &banned), ("allowed", &allowed)] {
        match Words::of(words) {
            Err(TopicError::Empty(at)) => params.fault_at(key, at, "is empty"),
            Err(error) => params.fault(key, error.to_string()),
            Ok(_) => {}
        }
    }
    match Topic::new(&banned, &allowed) {
        Ok(mut topic) => {
            topic.fields = fields.unwrap_or(topic.fields);
            Some(Topic { min_characters, severity, ..topic })
        }
        Err(TopicError::Nothing) => {
            params.fault("banned", "names no word, and neither does `allowed`");
            None
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tribunal_core::Snapshot;

    fn codes(params: serde_json::Value, text: &str) -> Vec<String> {
        let critic = kind().build(params.as_object().unwrap()).unwrap();
        let snapshot = Snapshot::of_input(text);
        let Answer::Now(opinion) = critic.review(View::of(&snapshot)) else { panic!("late") };
        opinion.unwrap().violations.iter().map(|violation| violation.code.to_string()).collect()
    }

    #[test]
    fn banned_words_are_found_whole_and_in_any_case() {
        let params = json!({"banned": ["casino", "horse race"]});
        assert_eq!(codes(params.clone(), "The Casino and a HORSE RACE"), ["topic.banned"; 2]);
        assert!(codes(params, "casinos and a seahorse race").is_empty());
    }

    #[test]
    fn a_text_without_an_allowed_word_is_off_topic_unless_it_is_short() {
        let params = json!({"allowed": ["invoice", "payment"]});
        assert!(codes(params.clone(), "Where do I find my last invoice?").is_empty());
        assert_eq!(codes(params.clone(), "Tell me a joke about penguins"), ["topic.off_topic"]);
        assert!(codes(params, "Thanks!").is_empty());
    }

    #[test]
    fn parameters_that_are_wrong_are_named() {
        let faults = |params: serde_json::Value| -> Vec<String> {
            let built = kind().build(params.as_object().unwrap());
            built.err().unwrap().iter().map(ToString::to_string).collect()
        };
        assert_eq!(faults(json!({})), ["`banned` names no word, and neither does `allowed`"]);
        assert_eq!(faults(json!({"allowed": ["a", " "]})), ["`allowed[1]` is empty"]);
    }
}
