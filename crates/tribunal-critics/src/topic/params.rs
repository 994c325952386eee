//! [`Topic`] from parameters.

use std::collections::BTreeSet;

use tribunal_core::{CriticKind, MayBeEmpty, ParamShape, Params};

use super::{Topic, TopicError, TopicWords, check};
use crate::fields::Fields;

/// What the parameters mean, for editors.
const LINES: &[(&str, &str)] = &[
    crate::fields::LINE,
    ("allow", "The only topics there may be. This or `ban` or both."),
    (
        "allow[].name",
        "What the topic is called: 1 to 64 of `a-z`, `0-9`, `_`, `.`, `-`, each once.",
    ),
    (
        "allow[].keywords",
        "Words and phrases, whatever their case: 1 to 200 bytes each, 10,000 in all.",
    ),
    ("allow[].at_least", "How many keywords make a text be about it, repeated ones counted again."),
    ("allow[].severity", "Has a meaning in `ban` only."),
    ("ban", "Topics there may not be. This or `allow` or both."),
    ("ban[].name", "What the topic is called: 1 to 64 of `a-z`, `0-9`, `_`, `.`, `-`, each once."),
    (
        "ban[].keywords",
        "Words and phrases, whatever their case: 1 to 200 bytes each, 10,000 in all.",
    ),
    ("ban[].at_least", "How many keywords make a text be about it, repeated ones counted again."),
    ("ban[].severity", "How bad it is to be about it, from 0 to 1."),
    ("min_words", "Texts with fewer words need not be about an allowed topic."),
    ("severity", "How bad it is to be about no allowed topic, from 0 to 1."),
];

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("topic", "topics that are banned, or none that is allowed", from_params)
        .documented(LINES)
}

fn from_params(params: &Params<'_>) -> Option<Topic> {
    let fields = Fields::read(params);
    let names = std::cell::RefCell::new(BTreeSet::new());
    let allowed = params.tables("allow", |topic| self::topic(topic, &mut names.borrow_mut()));
    let banned = params.tables("ban", |topic| self::topic(topic, &mut names.borrow_mut()));
    let min_words = params.or("min_words", 5);
    let severity = params.number("severity", 0.5, 0.0..=1.0);
    match Topic::new(allowed, banned) {
        Ok(critic) => Some(Topic { fields, min_words, severity, ..critic }),
        // Topics that are wrong have been left out and noted.
        Err(TopicError::NoTopics) => {
            let none = |key| match params.optional::<serde_json::Value>(key) {
                Some(given) => given.as_array().is_some_and(Vec::is_empty),
                None => true,
            };
            if none("allow") && none("ban") {
                params.fault("ban", "or `allow` must have at least one topic");
            }
            None
        }
        Err(error) => {
            params.fault("ban", format!("does not do: {error}"));
            None
        }
    }
}

/// Reads one table of topics; what is wrong is noted at its own key.
fn topic(params: &Params<'_>, names: &mut BTreeSet<String>) -> Option<TopicWords> {
    let name = params.required::<String>("name");
    let words = || ParamShape::List(Box::new(ParamShape::Text), MayBeEmpty::No);
    params.shape("keywords", words);
    let keywords = params.required::<Vec<String>>("keywords");
    let at_least = params.whole_or("at_least", 1, 1..=usize::MAX);
    let severity = params.number("severity", 0.6, 0.0..=1.0);
    let topic = TopicWords { name: name?, keywords: keywords?, at_least, severity };
    match check(0, &topic) {
        Ok(()) => {}
        Err(TopicError::Name(_)) => {
            params.fault("name", "must be 1 to 64 of a-z, 0-9, `_`, `.` and `-`");
            return None;
        }
        Err(TopicError::NoKeywords(_)) => {
            params.fault("keywords", "must have at least one keyword");
            return None;
        }
        Err(TopicError::Keyword { index, .. }) => {
            let limit = Topic::KEYWORD_BYTES;
            let problem = format!("must have 1 to {limit} bytes, a letter or a digit among them");
            params.fault_at("keywords", index, problem);
            return None;
        }
        Err(error) => {
            params.fault("name", format!("does not do: {error}"));
            return None;
        }
    }
    if !names.insert(topic.name.clone()) {
        params.fault("name", format!("is that of an earlier topic: `{}`", topic.name));
        return None;
    }
    Some(topic)
}
