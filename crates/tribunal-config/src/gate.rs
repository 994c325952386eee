//! The policy of a critic, and the keys that belong to it.

use std::ops::Range;
use std::sync::Arc;

use tribunal_core::RiskLevel;
use tribunal_production::Policy;

use crate::Code;
use crate::literal;
use crate::nearest::listed;
use crate::notes::{Mistake, Notes};
use crate::read::{Item, Table};
use crate::when::Expression;

const POLICIES: &[&str] =
    &["always", "on_violation", "on_high_risk", "on_uncertainty", "conditional"];

/// The keys that only one policy has.
const OWN: &[(&str, &str)] = &[
    ("risk_tier", "on_high_risk"),
    ("risk", "on_high_risk"),
    ("uncertainty", "on_uncertainty"),
    ("when", "conditional"),
];

/// An expression and its place.
#[derive(Clone)]
pub(crate) struct When {
    pub(crate) expression: Arc<Expression>,
    span: Range<usize>,
    raw: String,
}

impl When {
    /// Where in the file a part of the expression stands.
    pub(crate) fn place(&self, part: &Range<usize>) -> Range<usize> {
        literal::place(&self.span, &self.raw, part)
    }
}

pub(crate) fn read(table: &Table<'_>, notes: &Notes) -> (Policy, Option<When>) {
    let policy = table.get("policy");
    let word = policy.as_ref().and_then(Item::string);
    let items: Vec<Option<Item<'_>>> = OWN.iter().map(|(key, _)| table.get(key)).collect();
    if let (Some(item), Some(word)) = (&policy, word)
        && !POLICIES.contains(&word)
    {
        item.unknown_word("policy", word, POLICIES);
        return (Policy::Always, None);
    }
    if policy.is_some() && word.is_none() {
        return (Policy::Always, None);
    }
    let chosen = word.unwrap_or("always");
    for ((key, owner), item) in OWN.iter().zip(&items) {
        if let Some(item) = item
            && *owner != chosen
        {
            let problem = format!("belongs to the policy `{owner}`, and this one is `{chosen}`");
            let message = format!("`{key}` {problem}");
            let mistake = Mistake::new(Code::ConflictingKeys, item.key.clone(), message);
            notes.add(match &policy {
                Some(policy) => mistake.other(policy.span(), "the policy"),
                None => mistake.help(format!("set `policy = \"{owner}\"`, or leave out `{key}`")),
            });
        }
    }
    let [risk_tier, risk, uncertainty, when] = items.as_slice() else {
        return (Policy::Always, None);
    };
    match chosen {
        "on_violation" => (Policy::OnViolation, None),
        "on_high_risk" => (high_risk(risk_tier.as_ref(), risk.as_ref()), None),
        "on_uncertainty" => {
            let threshold = uncertainty.as_ref().and_then(|item| {
                item.number_that("lie above 0 and up to 1", |at| at > 0.0 && at <= 1.0)
            });
            (threshold.map_or_else(Policy::on_uncertainty, Policy::OnUncertainty), None)
        }
        "conditional" => {
            let when = conditional(when.as_ref(), policy.as_ref(), notes);
            // In place of an expression that is wrong: one that sees as much.
            let policy = match &when {
                Some(when) => Policy::Conditional(when.expression.clone()),
                None => Policy::OnViolation,
            };
            (policy, when)
        }
        _ => (Policy::Always, None),
    }
}

fn high_risk(tier: Option<&Item<'_>>, score: Option<&Item<'_>>) -> Policy {
    let default = RiskLevel::default();
    let tier = tier.and_then(Item::word).unwrap_or(default.tier());
    let score = score.and_then(|item| {
        // 0 would open the gate for every snapshot that states any number at all.
        item.number_that("lie above 0 and up to 1", |at| at > 0.0 && at <= 1.0)
    });
    let level = RiskLevel::new(tier, score.unwrap_or(default.score()));
    Policy::OnHighRisk(level.unwrap_or(default))
}

fn conditional(when: Option<&Item<'_>>, policy: Option<&Item<'_>>, notes: &Notes) -> Option<When> {
    let Some(item) = when else {
        if let Some(policy) = policy {
            let message = "`when` is missing: the policy `conditional` needs an expression";
            let help =
                format!("the others are {}", listed(POLICIES.iter().copied().take(4), "and"));
            notes.add(Mistake::new(Code::MissingKey, policy.span(), message).help(help));
        }
        return None;
    };
    let text = item.string()?;
    let raw = notes.text(&item.span());
    match Expression::compile(text) {
        Ok(expression) => {
            Some(When { expression: Arc::new(expression), span: item.span(), raw: raw.to_owned() })
        }
        Err(faults) => {
            for fault in faults {
                let place = literal::place(&item.span(), raw, &fault.part);
                let mistake = Mistake::new(fault.code, place, format!("`when`: {}", fault.problem));
                notes.add(mistake.maybe_help(fault.help));
            }
            None
        }
    }
}
