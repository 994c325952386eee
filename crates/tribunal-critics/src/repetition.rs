//! Output that loops: the same words or signs over and over.
//!
//! Start at [`Repetition`].

use tribunal_core::{
    Answer, Critic, CriticKind, Params, Pointer, Reads, Review, Span, View, Violation,
};

use crate::fields::Fields;
use crate::findings::Findings;

/// The longest loop that is looked for, in words, and within one word in bytes.
const LONGEST: usize = 64;
/// A word longer than this is looked at byte by byte.
const LONG_WORD: usize = 64;

/// Objects to texts in which up to 64 words follow each other again and again, as a model does that has lost its way.
///
/// Loops are exact, upper and lower case aside. It **misses** loops in which something changes, such as a
/// number that counts up, and a text that was said twice.
#[derive(Debug, Clone)]
pub struct Repetition {
    fields: Fields,
    min_repeats: usize,
    min_bytes: usize,
    severity: f64,
}

impl Default for Repetition {
    /// Four times and eighty bytes: verses repeat a line three times, and rulers are short.
    fn default() -> Self {
        let fields = Fields::of([Pointer::model_response()]);
        Self { fields, min_repeats: 4, min_bytes: 80, severity: 0.5 }
    }
}

impl Repetition {
    /// Over `model_response`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How often something stands there at least, 2 or more.
    #[must_use]
    pub fn min_repeats(mut self, times: usize) -> Self {
        self.min_repeats = times.max(2);
        self
    }

    /// How long a loop is at least, all its repeats together.
    #[must_use]
    pub fn min_bytes(mut self, bytes: usize) -> Self {
        self.min_bytes = bytes;
        self
    }

    /// The first and longest loop of a text: where it stands, and how often it repeats.
    fn longest(&self, text: &str) -> Option<(std::ops::Range<usize>, usize)> {
        let words: Vec<(usize, &str)> = words(text).collect();
        let same = |a: &(usize, &str), b: &(usize, &str)| a.1.eq_ignore_ascii_case(b.1);
        let place = |first: usize, last: usize| {
            let start = words.get(first).map_or(0, |word| word.0);
            words.get(last).map_or(start..start, |word| start..word.0 + word.1.len())
        };
        let by_words =
            loops(&words, same).filter_map(|it| self.worth(place(it.first, it.last), it.times));
        let long = words.iter().filter(|word| word.1.len() > LONG_WORD);
        let by_bytes = long.flat_map(|(at, word)| {
            loops(word.as_bytes(), |a, b| a == b)
                .map(move |it| (at + it.first..at + it.last + 1, it.times))
        });
        let by_bytes = by_bytes.filter_map(|(bytes, times)| {
            let bytes = text.ceil_char_boundary(bytes.start)..text.floor_char_boundary(bytes.end);
            self.worth(bytes, times)
        });
        by_words
            .chain(by_bytes)
            .max_by_key(|(bytes, _)| (bytes.len(), std::cmp::Reverse(bytes.start)))
    }

    fn worth(
        &self,
        bytes: std::ops::Range<usize>,
        times: usize,
    ) -> Option<(std::ops::Range<usize>, usize)> {
        (times >= self.min_repeats && bytes.len() >= self.min_bytes).then_some((bytes, times))
    }
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// A stretch in which each item is like the one `period` before it.
struct Loop {
    first: usize,
    last: usize,
    times: usize,
}

/// The longest stretch for each period.
fn loops<T>(items: &[T], same: impl Fn(&T, &T) -> bool) -> impl Iterator<Item = Loop> {
    (1..=LONGEST.min(items.len() / 2)).filter_map(move |period| {
        let (mut run, mut best, mut end) = (0, 0, 0);
        for (at, (a, b)) in items.iter().zip(items.iter().skip(period)).enumerate() {
            run = if same(a, b) { run + 1 } else { 0 };
            if run > best {
                (best, end) = (run, at + period);
            }
        }
        let first = (end + 1).checked_sub(best + period)?;
        (best >= period).then_some(Loop { first, last: end, times: (best + period) / period })
    })
}

impl Critic for Repetition {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        self.fields.each(view.snapshot(), |at, text| {
            if let Some((bytes, times)) = self.longest(text) {
                findings.add(self.severity, || {
                    let span = Span::new(at.clone(), bytes, "repetition");
                    let message = format!("the same again and again, {times} times");
                    Violation::new("repetition.loop", message, self.severity).at(span)
                });
            }
        });
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }
}

/// `fields`, `min_repeats`, `min_bytes`, `severity`.
pub(crate) fn kind() -> CriticKind {
    CriticKind::new("repetition", "output that loops", from_params)
}

fn from_params(params: &Params<'_>) -> Option<Repetition> {
    let mut critic = Repetition::new();
    if params.has("fields") {
        critic.fields = Fields::read(params);
    }
    let min_repeats = params.or("min_repeats", critic.min_repeats);
    if min_repeats < 2 {
        params.fault("min_repeats", "must be at least 2");
    }
    let min_bytes = params.or("min_bytes", critic.min_bytes);
    critic.severity = params.number("severity", critic.severity, 0.0..=1.0);
    Some(critic.min_repeats(min_repeats).min_bytes(min_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(text: &str) -> Option<(&str, usize)> {
        Repetition::new().longest(text).map(|(bytes, times)| (&text[bytes], times))
    }

    #[test]
    fn words_and_signs_that_loop_are_found_where_they_do() {
        let looped = "I am sorry, I cannot. ".repeat(6);
        let text = format!("Here it is: {looped}The end.");
        assert_eq!(found(&text), Some((looped.trim_end(), 6)));
        let line = "=-".repeat(50);
        assert_eq!(found(&format!("a {line} b")).unwrap().0, line);
        assert_eq!(found(&"\u{4e2d}\u{6587}".repeat(40)).unwrap().0, "\u{4e2d}\u{6587}".repeat(40));
    }

    #[test]
    fn ordinary_texts_do_not_loop() {
        for text in [
            "She sells sea shells by the sea shore. She sells sea shells by the sea shore.",
            "no no no no, not that",
            "----------------------------------------",
            "",
            "a",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn parameters_are_checked() {
        let build = |params: serde_json::Value| kind().build(params.as_object().unwrap());
        assert!(build(json!({"min_repeats": 3, "min_bytes": 10})).is_ok());
        let faults = build(json!({"min_repeats": 1})).err().unwrap();
        assert_eq!(faults[0].to_string(), "`min_repeats` must be at least 2");
    }
}
