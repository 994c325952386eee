//! Finds secrets in one text: keywords first, and a rule's regex only around them.
//!
//! The work is bounded by the text: every keyword costs at most a look at the bytes around it, and when a text
//! is nothing but keywords, the looks get shorter and the result says that it is incomplete.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;

use super::apart::apart;
use super::checks::{Verified, entropy, is_harmless_name, is_placeholder, is_stand_in};
use super::rules::{Edge, Rule, Specificity};

/// A secret that was found.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) rule: &'static Rule,
    pub(super) bytes: Range<usize>,
    pub(super) severity: f64,
    pub(super) uncertainty: f64,
}

/// The keywords of some rules, and which rule each belongs to.
pub(super) struct Scanner {
    keywords: AhoCorasick,
    rule_of: Vec<&'static Rule>,
}

/// What became of one text.
#[derive(Default)]
pub(super) struct Scan {
    pub(super) found: Vec<Found>,
    pub(super) incomplete: bool,
}

/// How many bytes may be looked at again, per byte of text.
const LOOKS: usize = 64;
/// The same for short texts, in all.
const LEAST_LOOKS: usize = 1 << 20;
/// How far a look goes once there were too many.
const SHORT_LOOK: usize = 256;

impl Scanner {
    /// `None` when the keywords of the rules are too many for an automaton, which those of the table are not.
    pub(super) fn new(rules: &[&'static Rule]) -> Option<Self> {
        let pairs = rules.iter().flat_map(|&rule| rule.keywords.iter().map(move |key| (key, rule)));
        let (keywords, rule_of): (Vec<_>, Vec<_>) = pairs.unzip();
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(keywords)
            .ok()?;
        Some(Self { keywords, rule_of })
    }

    /// Everything in the text that is a secret and that no pattern of `allow` matches; nothing overlaps.
    pub(super) fn scan(&self, text: &str, allow: &[Regex]) -> Scan {
        let mut looks = LEAST_LOOKS.saturating_add(text.len().saturating_mul(LOOKS));
        let mut scan = Scan::default();
        for hit in self.keywords.find_overlapping_iter(text) {
            let Some(&rule) = self.rule_of.get(hit.pattern().as_usize()) else { continue };
            if !counts(rule, text.as_bytes(), hit.start()..hit.end()) {
                continue;
            }
            let ahead = if looks < rule.ahead { SHORT_LOOK.min(rule.ahead) } else { rule.ahead };
            scan.incomplete |= ahead < rule.ahead;
            looks = looks.saturating_sub(ahead + rule.before);
            let found = look(rule, text, hit.start(), ahead);
            scan.found.extend(found.filter(|found| {
                let secret = text.get(found.bytes.clone()).unwrap_or_default();
                !allow.iter().any(|pattern| pattern.is_match(secret))
            }));
        }
        if scan.found.len() > 1 {
            scan.found.sort_by(Found::best_first);
            scan.found = apart(scan.found, |found| found.bytes.clone());
        }
        scan
    }
}

impl Found {
    fn best_first(&self, other: &Self) -> std::cmp::Ordering {
        other
            .rule
            .specificity
            .cmp(&self.rule.specificity)
            .then(other.severity.total_cmp(&self.severity))
            .then(self.uncertainty.total_cmp(&other.uncertainty))
            .then(other.bytes.len().cmp(&self.bytes.len()))
            .then(self.bytes.start.cmp(&other.bytes.start))
    }
}

fn look(rule: &'static Rule, text: &str, keyword: usize, ahead: usize) -> Option<Found> {
    let from = keyword.saturating_sub(rule.before);
    let to = keyword.saturating_add(ahead).min(text.len());
    let window = text.as_bytes().get(from..to)?;
    let regex = rule.regex()?;
    // Most looks find nothing, and to tell that is cheaper than to tell what stands where.
    let groups = regex.is_match(window).then(|| regex.captures(window)).flatten()?;
    let secret = groups.iter().skip(1).flatten().next()?;
    let (start, end) = (from + secret.start(), from + secret.end());
    // A longer run of the same alphabet is something else.
    let closed = rule.specificity == Specificity::Surroundings
        || !text.as_bytes().get(end).is_some_and(|&byte| word(byte))
        || !text.as_bytes().get(end - 1).is_some_and(|&byte| word(byte));
    let (severity, uncertainty) = closed.then(|| weigh(rule, secret.as_bytes())).flatten()?;
    // The classes of a regex over bytes can end inside a character.
    let bytes = text.floor_char_boundary(start)..text.ceil_char_boundary(end);
    Some(Found { rule, bytes, severity, uncertainty })
}

/// Severity and uncertainty of a secret; `None` when it is none.
fn weigh(rule: &Rule, secret: &[u8]) -> Option<(f64, f64)> {
    if entropy(secret) < rule.entropy {
        return None;
    }
    let placeholder = match rule.specificity {
        Specificity::Surroundings => is_stand_in(secret),
        Specificity::Named | Specificity::Form => is_placeholder(secret),
    };
    if placeholder {
        return None;
    }
    match rule.check.map_or(Verified::Plausible, |check| check.of(secret)) {
        Verified::Certain => Some((rule.severity, 0.0)),
        Verified::Plausible => Some((rule.severity, rule.uncertainty)),
        // Still worth a look: issuers have changed their formats before.
        Verified::Doubtful => Some((rule.severity.min(0.6), rule.uncertainty.max(0.5))),
        Verified::No => None,
    }
}

const fn word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a keyword stands where its rule looks for it.
fn counts(rule: &Rule, text: &[u8], keyword: Range<usize>) -> bool {
    match rule.edge {
        Edge::Anywhere => true,
        Edge::Word => starts_word(text, keyword.start),
        Edge::Name if rule.specificity == Specificity::Surroundings => {
            let after = text.get(keyword.end).copied().unwrap_or(b' ');
            // `keyboard`, `author`, `tokenizer` name no secret; `apikey` does.
            !(after.is_ascii_lowercase() || is_harmless_name(name_around(text, keyword)))
        }
        Edge::Name => is_word_of_name(text, keyword),
    }
}

/// Whether a token may start here: not within a word, unless that is the end of `\n` or `%20`.
fn starts_word(text: &[u8], start: usize) -> bool {
    match text.get(start.saturating_sub(3)..start) {
        None | Some([]) => true,
        Some([.., before]) if !before.is_ascii_alphanumeric() => true,
        Some([.., b'\\', b'n' | b't' | b'r']) => true,
        Some([b'%', a, b]) => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        Some(_) => false,
    }
}

/// Whether these bytes are words of a name written in camelCase, snake_case or the like.
fn is_word_of_name(text: &[u8], word: Range<usize>) -> bool {
    let at =
        |index: Option<usize>| index.and_then(|index| text.get(index)).copied().unwrap_or(b' ');
    let (before, first) = (at(word.start.checked_sub(1)), at(Some(word.start)));
    let (last, after) = (at(word.end.checked_sub(1)), at(Some(word.end)));
    let begins = !before.is_ascii_alphabetic()
        || (before.is_ascii_lowercase() && first.is_ascii_uppercase());
    // `sumOf`: the last letter of `sumo` begins the next word.
    let splits =
        first.is_ascii_lowercase() && last.is_ascii_uppercase() && after.is_ascii_lowercase();
    begins && !splits
}

/// The name that a keyword is part of, as far as it matters.
fn name_around(text: &[u8], keyword: Range<usize>) -> &[u8] {
    const REACH: usize = 32;
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_' || **byte == b'-';
    let left = text.get(keyword.start.saturating_sub(REACH)..keyword.start).unwrap_or_default();
    let right = text.get(keyword.end..).unwrap_or_default();
    let start = keyword.start - left.iter().rev().take_while(part).count();
    let end = keyword.end + right.iter().take(REACH).take_while(part).count();
    text.get(start..end).unwrap_or_default()
}
