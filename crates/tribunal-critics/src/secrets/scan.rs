//! Finds secrets in one text: keywords first, and a rule's regex only where one of its own stands.
//!
//! The work is bounded by the text: a look ends at the next white space or quote unless its rule reaches beyond
//! them, what a rule has looked at it does not look at again, and when a text is nothing but keywords, the
//! looks get shorter and the result says that it is incomplete.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;

use super::apart::apart;
use super::bare;
use super::checks::{Verified, entropy, is_harmless_name};
use super::edges::{counts, name_around, same_command, starts_word, word};
use super::known::is_known;
use super::placeholders::{is_placeholder, is_stand_in};
use super::rules::{Edge, Harmless, Rule, Specificity};
use super::value::Values;

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
    /// For each keyword the place of its rule; `None` for a word that must stand before others.
    rule_of: Vec<Option<usize>>,
    rules: Vec<&'static Rule>,
    /// The rule for tokens that stand alone.
    bare: Option<usize>,
}

/// What became of one text.
#[derive(Default)]
pub(super) struct Scan {
    /// From left to right, and nothing overlaps.
    pub(super) found: Vec<Found>,
    pub(super) incomplete: bool,
}

/// How many findings are enough in one text.
const MOST_FOUND: usize = 5_000;
/// How many bytes may be looked at again, per byte of text.
const LOOKS: usize = 12;
/// The same for short texts, in all.
const LEAST_LOOKS: usize = 1 << 20;
/// How far a look goes once there were too many.
const SHORT_LOOK: usize = 40;

impl Scanner {
    /// `None` when the keywords of the rules are too many for an automaton, which those of the table are not.
    pub(super) fn new(rules: Vec<&'static Rule>) -> Option<Self> {
        let mut keywords: Vec<&str> = Vec::new();
        let mut rule_of = Vec::new();
        for (place, rule) in rules.iter().enumerate() {
            for keyword in &rule.keywords {
                keywords.push(keyword);
                rule_of.push(Some(place));
            }
            if let Some(after) = &rule.after {
                keywords.push(after);
                rule_of.push(None);
            }
        }
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(keywords)
            .ok()?;
        let bare = rules.iter().position(|rule| rule.bare);
        Some(Self { keywords, rule_of, rules, bare })
    }

    /// Everything in the text that is a secret and that no pattern of `allow` matches.
    pub(super) fn scan(&self, text: &str, allow: &[Regex]) -> Scan {
        let mut pass = Pass::over(text, self.rules.len());
        for hit in self.keywords.find_overlapping_iter(text) {
            if pass.found.len() >= MOST_FOUND {
                pass.incomplete = true;
                break;
            }
            let keyword = hit.start()..hit.end();
            let Some(place) = self.rule_of.get(hit.pattern().as_usize()) else { continue };
            match place.and_then(|place| Some((place, *self.rules.get(place)?))) {
                None => pass.command = Some(keyword.start),
                Some((place, rule)) => pass.keyword(place, rule, keyword),
            }
        }
        if let Some((place, rule)) = self.bare.and_then(|at| Some((at, *self.rules.get(at)?))) {
            bare::each(text.as_bytes(), |token| pass.bare(place, rule, token));
        }
        let Pass { mut found, incomplete, .. } = pass;
        if !allow.is_empty() {
            found.retain(|found| {
                let secret = text.get(found.bytes.clone()).unwrap_or_default();
                !allow.iter().any(|pattern| pattern.is_match(secret))
            });
        }
        let found = apart(found, |found| found.bytes.clone(), Found::best_first);
        Scan { found, incomplete }
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

/// One text on its way through the rules.
struct Pass<'a> {
    text: &'a str,
    values: Values<'a>,
    /// How many bytes may still be looked at.
    looks: usize,
    /// The last run without white space and quotes that was walked.
    run: Range<usize>,
    /// Where the last command stands that keywords may belong to.
    command: Option<usize>,
    seen: Vec<Seen>,
    found: Vec<Found>,
    incomplete: bool,
}

/// What one rule has seen of a text.
#[derive(Clone, Default)]
struct Seen {
    /// Before this nothing is looked at again.
    until: usize,
    /// Where the next one of the literals stands that it needs, once it was looked for.
    need: Option<Need>,
}

/// From one place on, where a literal stands next.
#[derive(Clone, Copy)]
struct Need {
    from: usize,
    at: usize,
}

impl<'a> Pass<'a> {
    fn over(text: &'a str, rules: usize) -> Self {
        Self {
            text,
            values: Values::of(text.as_bytes()),
            looks: LEAST_LOOKS.saturating_add(text.len().saturating_mul(LOOKS)),
            run: 0..0,
            command: None,
            seen: vec![Seen::default(); rules],
            found: Vec::new(),
            incomplete: false,
        }
    }

    fn keyword(&mut self, place: usize, rule: &'static Rule, keyword: Range<usize>) {
        let bytes = self.text.as_bytes();
        if !counts(rule, bytes, keyword.clone()) || !self.needed(place, rule, keyword.start) {
            return;
        }
        let after = rule.after.as_deref();
        if after.is_some_and(|word| !same_command(bytes, word, self.command, keyword.start)) {
            return;
        }
        if rule.assigned {
            for value in self.values.of_name(&keyword).into_iter().flatten() {
                if value.firm || rule.edge == Edge::Issuer {
                    self.value(place, rule, &keyword, value);
                }
            }
            return;
        }
        for &back in &rule.backs {
            let Some(start) = keyword.start.checked_sub(back) else { continue };
            if back == 0 || starts_word(bytes, start) {
                let secret = self.look(place, rule, start, |window, regex| {
                    // Most looks find nothing, and to tell that is cheaper than to tell what stands where.
                    let groups =
                        regex.is_match(window).then(|| regex.captures(window)).flatten()?;
                    groups.iter().skip(1).flatten().next().map(|secret| secret.range())
                });
                self.judge(place, rule, &keyword, secret);
            }
        }
    }

    fn bare(&mut self, place: usize, rule: &'static Rule, token: Range<usize>) {
        if self.found.len() >= MOST_FOUND {
            self.incomplete = true;
            return;
        }
        self.judge(place, rule, &token, Some(token.clone()));
    }

    fn value(
        &mut self,
        place: usize,
        rule: &'static Rule,
        keyword: &Range<usize>,
        value: super::value::Value,
    ) {
        let quoted = rule.quoted.zip(value.quote).map(|(least, quote)| {
            let rest = self.text.as_bytes().get(value.start..).unwrap_or_default();
            let length = rest.iter().take(101).position(|byte| *byte == quote || *byte == b'\n');
            let length = length.filter(|at| *at >= least && rest.get(*at) == Some(&quote));
            length.map(|length| value.start..value.start + length)
        });
        let secret = match quoted {
            Some(quoted) => quoted.filter(|it| self.fresh(place, it.start)),
            None => self.look(place, rule, value.start, |window, regex| {
                regex.find(window).map(|secret| secret.range())
            }),
        };
        self.judge(place, rule, keyword, secret);
    }

    /// Whether the rule has not seen this place.
    fn fresh(&mut self, place: usize, start: usize) -> bool {
        let seen = self.seen.get_mut(place).filter(|seen| start >= seen.until);
        seen.map(|seen| seen.until = start + 1).is_some()
    }

    fn look(
        &mut self,
        place: usize,
        rule: &'static Rule,
        start: usize,
        find: impl Fn(&[u8], &regex::bytes::Regex) -> Option<Range<usize>>,
    ) -> Option<Range<usize>> {
        if !self.fresh(place, start) {
            return None;
        }
        let far = start.saturating_add(rule.ahead).min(self.text.len());
        let mut end = if rule.spans { far } else { far.min(self.run_end(start)) };
        if end.saturating_sub(start) < rule.least {
            return None;
        }
        if end - start > self.looks.max(SHORT_LOOK) {
            end = start + SHORT_LOOK;
            self.incomplete = true;
            if rule.least > SHORT_LOOK {
                return None;
            }
        }
        self.looks = self.looks.saturating_sub(end - start);
        let window = self.text.as_bytes().get(start..end)?;
        let found = find(window, rule.regex()?)?;
        Some(start + found.start..start + found.end)
    }

    /// Where the run ends that this byte is in.
    fn run_end(&mut self, start: usize) -> usize {
        if !self.run.contains(&start) {
            let stop = |byte: &u8| *byte <= b' ' || b"\"'`".contains(byte);
            let rest = self.text.as_bytes().get(start..).unwrap_or_default();
            let end = rest.iter().position(stop).map_or(self.text.len(), |at| start + at);
            self.run = start..end;
        }
        self.run.end
    }

    /// Whether a literal that the rule needs follows the keyword near enough.
    fn needed(&mut self, place: usize, rule: &Rule, from: usize) -> bool {
        let Some(needs) = &rule.needs else { return true };
        let Some(seen) = self.seen.get_mut(place) else { return false };
        let at = match seen.need {
            Some(need) if need.from <= from && from <= need.at => need.at,
            _ => {
                let rest = self.text.as_bytes().get(from..).unwrap_or_default();
                let at = needs.find(rest).map_or(usize::MAX, |need| from + need.start());
                seen.need = Some(Need { from, at });
                at
            }
        };
        at.saturating_sub(from) < rule.ahead
    }

    /// Keeps what a look came to if it is a secret.
    fn judge(
        &mut self,
        place: usize,
        rule: &'static Rule,
        keyword: &Range<usize>,
        secret: Option<Range<usize>>,
    ) {
        let text = self.text.as_bytes();
        let Some(range) = secret else { return };
        let Some(secret) = text.get(range.clone()) else { return };
        let harmless = || {
            let clients = rule.harmless == Harmless::NamesButClients;
            rule.harmless != Harmless::Never
                && is_harmless_name(name_around(text, keyword.clone()), clients)
        };
        if !closed(rule, text, range.end) {
            return;
        }
        let Some((severity, uncertainty)) = weigh(rule, secret).filter(|_| !harmless()) else {
            return;
        };
        if let Some(seen) = self.seen.get_mut(place) {
            seen.until = range.end;
        }
        // The classes of a regex over bytes can end inside a character.
        let bytes =
            self.text.floor_char_boundary(range.start)..self.text.ceil_char_boundary(range.end);
        self.found.push(Found { rule, bytes, severity, uncertainty });
    }
}

/// A longer run of the same alphabet is something else.
fn closed(rule: &Rule, text: &[u8], end: usize) -> bool {
    let last = end.checked_sub(1).and_then(|last| text.get(last)).copied().unwrap_or(b' ');
    let goes_on = text.get(end).is_some_and(|&byte| word(byte));
    rule.specificity == Specificity::Surroundings
        || !goes_on
        || !(word(last) || b"-~.".contains(&last))
}

/// Severity and uncertainty of a secret; `None` when it is none.
fn weigh(rule: &Rule, secret: &[u8]) -> Option<(f64, f64)> {
    let verified = rule.check.map_or(Verified::Plausible, |check| check.of(secret));
    if verified == Verified::No || entropy(secret) < rule.entropy {
        return None;
    }
    let placeholder = match rule.specificity {
        Specificity::Surroundings => is_stand_in(secret),
        Specificity::Named | Specificity::Form => is_placeholder(secret),
    };
    if placeholder || is_known(secret) {
        return None;
    }
    match verified {
        Verified::Certain => Some((rule.severity, 0.0)),
        Verified::Plausible => Some((rule.severity, rule.uncertainty)),
        // Still worth a look: issuers have changed their formats before.
        Verified::Doubtful => Some((rule.severity.min(0.6), rule.uncertainty.max(0.5))),
        Verified::No => None,
    }
}
