//! Finds out quickly which rules can match at all.
//!
//! Most texts match no rule, so it pays to look once for many. Rules whose matches begin with a literal are
//! sieved by those literals, however many there are. The others share one automaton while they are few: that
//! of many would be so large that it is forever rebuilt while it runs. What is left over is always tried.

use aho_corasick::AhoCorasick;
use regex::{RegexSet, RegexSetBuilder};
use regex_syntax::hir::literal::Extractor;

use super::rule::Compiled;

/// Most rules that share one automaton.
const FEW: usize = 50;
/// Most memory of that automaton, and of the cache that running it fills.
const SET_BYTES: usize = 8 << 20;
/// A shorter literal is found everywhere and sieves nothing.
const SHORTEST_LITERAL: usize = 3;

#[derive(Debug)]
pub(super) struct Sieve {
    /// What is known without looking: the rules that are neither among the literals nor in the set.
    always: Vec<bool>,
    /// The literals, and the rule of each.
    literals: Option<(AhoCorasick, Vec<usize>)>,
    /// One automaton, and the rule of each of its patterns.
    set: Option<(RegexSet, Vec<usize>)>,
}

impl Sieve {
    pub(super) fn of(rules: &[Compiled]) -> Self {
        let mut sieve = Self { always: vec![true; rules.len()], literals: None, set: None };
        if rules.len() < 2 {
            // The rule itself is as quick.
            return sieve;
        }
        let (words, rule_of) = literals(rules);
        if let Ok(automaton) = AhoCorasick::new(&words)
            && !words.is_empty()
        {
            sieve.settle(&rule_of);
            sieve.literals = Some((automaton, rule_of));
        }
        let rest = rules.iter().enumerate().zip(&sieve.always).filter(|(_, always)| **always);
        let rest: Vec<(usize, &Compiled)> = rest.map(|(rule, _)| rule).collect();
        if (2..=FEW).contains(&rest.len())
            && let Some(set) = set(&rest)
        {
            let rule_of: Vec<usize> = rest.iter().map(|(index, _)| *index).collect();
            sieve.settle(&rule_of);
            sieve.set = Some((set, rule_of));
        }
        sieve
    }

    /// These need not be tried without a reason any more.
    fn settle(&mut self, rules: &[usize]) {
        for rule in rules {
            if let Some(always) = self.always.get_mut(*rule) {
                *always = false;
            }
        }
    }

    /// For each rule, whether it may match the text.
    pub(super) fn candidates(&self, text: &str) -> Vec<bool> {
        let mut candidates = self.always.clone();
        if let Some((automaton, rule_of)) = &self.literals {
            for found in automaton.find_overlapping_iter(text) {
                let rule = rule_of.get(found.pattern().as_usize());
                if let Some(likely) = rule.and_then(|rule| candidates.get_mut(*rule)) {
                    *likely = true;
                }
            }
        }
        if let Some((set, rule_of)) = &self.set {
            for index in set.matches(text) {
                let rule = rule_of.get(index);
                if let Some(likely) = rule.and_then(|rule| candidates.get_mut(*rule)) {
                    *likely = true;
                }
            }
        }
        candidates
    }
}

/// The literals that matches begin with, and the rule of each; nothing of a rule that has none of use.
fn literals(rules: &[Compiled]) -> (Vec<Vec<u8>>, Vec<usize>) {
    let mut words: Vec<Vec<u8>> = Vec::new();
    let mut rule_of = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut begins = Extractor::new().extract(&rule.syntax);
        begins.optimize_for_prefix_by_preference();
        if begins.min_literal_len().is_none_or(|shortest| shortest < SHORTEST_LITERAL) {
            continue;
        }
        for literal in begins.literals().unwrap_or_default() {
            words.push(literal.as_bytes().to_vec());
            rule_of.push(index);
        }
    }
    (words, rule_of)
}

/// One automaton; `None` when it would be too large.
fn set(rules: &[(usize, &Compiled)]) -> Option<RegexSet> {
    let patterns = rules.iter().map(|(_, rule)| {
        let flag = if rule.case_insensitive { "(?i)" } else { "" };
        format!("{flag}{}", rule.regex.as_str())
    });
    RegexSetBuilder::new(patterns).size_limit(SET_BYTES).dfa_size_limit(SET_BYTES).build().ok()
}
