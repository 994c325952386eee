//! Which critics of a pipeline a rule listens to.

use tribunal_core::{CriticInfo, Mode, Opinion, Violation};

use crate::rule::{By, Level, Rule, Selector};

/// A critic of a pipeline.
#[derive(Debug, Clone)]
pub struct Subject {
    /// As reports name it.
    pub info: CriticInfo,
    /// Its kind in the catalogue; empty where it has none.
    pub kind: String,
}

/// One critic that speaks for a label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ear {
    /// Its place in the plan.
    pub(crate) critic: usize,
    /// The codes of its violations that count; all it says where there are none.
    pub(crate) codes: Vec<String>,
    /// Whether it is meant: its failure leaves the row open. Not so for critics that only may have such a code.
    pub(crate) meant: bool,
    /// Whether its word counts.
    pub(crate) enforces: bool,
}

/// What a critic's opinion comes to for one label and one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Heard {
    pub(crate) flagged: bool,
    /// The worst of what counts, from 0 to 1.
    pub(crate) severity: f64,
    /// The score of the whole opinion, where all of it counts.
    pub(crate) score: Option<f64>,
}

impl Ear {
    /// Listens to an opinion, as far as its violations count for the row.
    pub(crate) fn hears<'o>(
        &self,
        critic: &CriticInfo,
        opinion: &'o Opinion,
        at: Level,
        counts: impl Fn(&'o Violation) -> bool,
    ) -> Heard {
        let mut severity = 0.0_f64;
        let mut violation = false;
        let mut all = self.codes.is_empty();
        for each in &opinion.violations {
            if self.listens_to(each) && counts(each) {
                violation = true;
                severity = severity.max(each.severity);
            } else {
                all = false;
            }
        }
        // The severity of the whole says something of this label only where nothing in it is about something else.
        if all {
            severity = severity.max(opinion.severity);
        }
        let score = opinion.score.filter(|_| self.codes.is_empty());
        Heard { flagged: at.is_reached(critic.thresholds, severity, violation), severity, score }
    }

    /// Whether a violation's code is one of those that count.
    pub(crate) fn listens_to(&self, violation: &Violation) -> bool {
        self.codes.is_empty() || self.codes.iter().any(|code| is_under(&violation.code, code))
    }
}

/// Whether a code is another, or a part of it: `pattern.override.en` of `pattern.override`.
fn is_under(code: &str, above: &str) -> bool {
    code.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The critics that speak for a label, in plan order, each once.
pub(crate) fn ears(rule: &Rule, subjects: &[Subject]) -> Vec<Ear> {
    let ear = |critic: usize, subject: &Subject, codes: &[String], meant| Ear {
        critic,
        codes: codes.to_vec(),
        meant,
        enforces: subject.info.mode == Mode::Enforce,
    };
    let each = subjects.iter().enumerate();
    match &rule.by {
        By::Nobody | By::Verdict => Vec::new(),
        By::Critics(selector) => each
            .filter(|(_, subject)| selects(selector, subject))
            .map(|(critic, subject)| ear(critic, subject, &selector.codes, true))
            .collect(),
        By::Words { words, code } => each
            .map(|(critic, subject)| {
                if words.iter().any(|word| goes_by(subject, word)) {
                    ear(critic, subject, &[], true)
                } else {
                    ear(critic, subject, &[(*code).to_owned()], false)
                }
            })
            .collect(),
    }
}

fn selects(selector: &Selector, subject: &Subject) -> bool {
    let has = |words: &[String], word: &str| words.iter().any(|other| other == word);
    !selector.names_critics()
        || has(&selector.critics, subject.info.name.as_str())
        || has(&selector.kinds, &subject.kind)
        || subject.info.tags.iter().any(|tag| has(&selector.tags, tag))
}

fn goes_by(subject: &Subject, word: &str) -> bool {
    subject.info.name == word
        || subject.kind == word
        || subject.info.tags.iter().any(|tag| tag == word)
}

/// Why nobody speaks for a label.
pub(crate) fn missing(name: &str, rule: &Rule, ears: &[Ear], subjects: &[Subject]) -> String {
    let quoted = |words: &mut dyn Iterator<Item = &str>| {
        words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
    };
    let watched = ears.iter().filter(|ear| ear.meant).filter_map(|ear| subjects.get(ear.critic));
    let watched = quoted(&mut watched.map(|subject| subject.info.name.as_str()));
    if !watched.is_empty() {
        return format!("only monitored critics speak for it ({watched}); see `critics`");
    }
    match &rule.by {
        By::Verdict => String::from("the verdict speaks for it, and with open gates there is none"),
        By::Nobody => {
            format!("no critic is mapped to it: add `[eval.labels.{name}]`")
        }
        By::Words { words, code } => format!(
            "the pipeline has no critic of the kind, name or tag {}, and none gave a violation `{code}`",
            quoted(&mut words.iter().copied())
        ),
        By::Critics(selector) => {
            let named = [&selector.critics, &selector.kinds, &selector.tags];
            let named = quoted(&mut named.into_iter().flatten().map(String::as_str));
            format!("the pipeline runs no critic of the name, kind or tag {named}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tribunal_core::CriticName;

    fn subject(name: &str, kind: &str, tags: &[&str]) -> Subject {
        let mut info = CriticInfo::new(CriticName::new(name).unwrap());
        info.tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Subject { info, kind: kind.to_owned() }
    }

    fn heard(codes: &[&str], opinion: &Opinion, at: Level) -> Heard {
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        let ear = Ear { critic: 0, codes, meant: true, enforces: true };
        ear.hears(&subject("a", "", &[]).info, opinion, at, |_| true)
    }

    #[test]
    fn a_code_stands_for_those_below_it() {
        for (code, above, under) in [
            ("pii", "pii", true),
            ("pii.email", "pii", true),
            ("pii_list", "pii", false),
            ("pii", "pii.email", false),
        ] {
            assert_eq!(is_under(code, above), under, "{code} under {above}");
        }
    }

    #[test]
    fn critics_are_chosen_by_name_kind_or_tag_and_others_by_their_codes() {
        let subjects = [
            subject("injection", "", &[]),
            subject("phrases", "pattern", &["injection"]),
            subject("model", "injection", &[]),
            subject("other", "pattern", &[]),
        ];
        let rule = Rule::by(By::Words { words: &["injection"], code: "injection" });
        let meant: Vec<bool> = ears(&rule, &subjects).iter().map(|ear| ear.meant).collect();
        assert_eq!(meant, [true, true, true, false]);

        let selector = Selector { kinds: vec!["pattern".into()], ..Selector::default() };
        let of = |selector: Selector| {
            let ears = ears(&Rule::by(By::Critics(selector)), &subjects);
            ears.iter().map(|ear| ear.critic).collect::<Vec<_>>()
        };
        assert_eq!(of(selector), [1, 3]);
        let codes = Selector { codes: vec!["x".into()], ..Selector::default() };
        assert_eq!(of(codes), [0, 1, 2, 3]);
    }

    #[test]
    fn from_where_on_it_counts_is_up_to_the_level() {
        let mild = Opinion::objection(Violation::new("x", "x", 0.2));
        let middle = Opinion::objection(Violation::new("x", "x", 0.5));
        let bare = Opinion::clean().severity(0.5).score(0.7);
        for (opinion, at, flagged) in [
            (&mild, Level::Violation, true),
            (&mild, Level::Review, false),
            (&middle, Level::Review, true),
            (&middle, Level::Block, false),
            (&bare, Level::Violation, true),
            (&bare, Level::Review, true),
            (&Opinion::clean(), Level::Violation, false),
        ] {
            assert_eq!(heard(&[], opinion, at).flagged, flagged, "{opinion:?} at {at:?}");
        }
        assert_eq!(heard(&[], &bare, Level::Review).score, Some(0.7));
    }

    #[test]
    fn with_codes_only_what_has_them_counts() {
        let opinion = Opinion::objection(Violation::new("hate.speech", "x", 0.5))
            .violation(Violation::new("spam", "x", 0.9))
            .score(0.9);
        let hate = heard(&["hate"], &opinion, Level::Review);
        assert_eq!(hate, Heard { flagged: true, severity: 0.5, score: None });
        let none = heard(&["violence"], &opinion, Level::Violation);
        assert_eq!((none.flagged, none.severity), (false, 0.0));
    }
}
