//! What leads to a critic: its gate in a few words, and where the lines to it start.

use std::collections::BTreeMap;

use tribunal_core::Mode;
use tribunal_production::{CriticOutline, Outline};

use crate::plan::sees_outcomes;
use crate::safe::on_one_line;

/// Where lines to a critic start. Critics are counted over all stages, in plan order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Feeds {
    /// The gate looks at every stage before its own, as a whole.
    pub(super) all_before: bool,
    /// Critics that the gate looks at.
    pub(super) gate: Vec<usize>,
    /// Critics that must have given an opinion.
    pub(super) needs: Vec<usize>,
}

/// A gate in a few words; nothing where it is always open.
pub(super) fn words(policy: &str) -> Option<String> {
    let within = |prefix: &str| policy.strip_prefix(prefix)?.strip_suffix(')');
    Some(match policy {
        "always" => return None,
        "on_violation" => String::from("on violation"),
        _ => {
            if let Some(level) = within("on_high_risk (") {
                format!("on risk {level}")
            } else if let Some(from) = within("on_uncertainty (") {
                format!("on uncertainty from {from}")
            } else if let Some(expression) = within("conditional (") {
                format!("when {}", on_one_line(expression))
            } else {
                on_one_line(policy)
            }
        }
    })
}

/// What leads to each critic, in plan order.
pub(super) fn feeds(outline: &Outline) -> Vec<Feeds> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut critics: Vec<(usize, &CriticOutline)> = Vec::new();
    for (column, stage) in outline.stages.iter().enumerate() {
        for critic in &stage.critics {
            places.insert(critic.name.as_str(), critics.len());
            critics.push((column, critic));
        }
    }
    let of = |(column, critic): &(usize, &CriticOutline)| {
        let place = |name: &tribunal_core::CriticName| places.get(name.as_str()).copied();
        let needs: Vec<usize> = critic.depends_on.iter().filter_map(place).collect();
        if !sees_outcomes(critic) {
            return Feeds { needs, ..Feeds::default() };
        }
        let named = named(critic);
        let counts = |at: &usize| critics.get(*at).is_some_and(|(_, it)| it.mode == Mode::Enforce);
        let mut seen: Vec<usize> = critic.sees.iter().filter_map(place).filter(counts).collect();
        if let Some(named) = &named {
            seen.retain(|at| {
                critics.get(*at).is_some_and(|(_, it)| named.contains(&it.name.as_str()))
            });
        } else {
            // That it waits for them is shown already.
            seen.retain(|at| !needs.contains(at));
        }
        let earlier = |at: &usize| critics.get(*at).is_some_and(|(other, _)| other < column);
        let before = critics.iter().take_while(|(other, _)| other < column);
        let before = before.filter(|(_, it)| it.mode == Mode::Enforce).count();
        let all_before = named.is_none() && before > 1;
        let gate = seen.into_iter().filter(|at| !(all_before && earlier(at))).collect();
        Feeds { all_before, gate, needs }
    };
    critics.iter().map(of).collect()
}

/// The critics that an expression names, as `prior.name` or `prior["name"]`. `None` where there is no expression to be
/// read, and everything may count.
fn named(critic: &CriticOutline) -> Option<Vec<&str>> {
    let text = critic.policy.strip_prefix("conditional (")?;
    if text == "a closure)" {
        return None;
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let names = text.split("prior").skip(1).map(|rest| {
        let plain = rest.strip_prefix('.');
        let rest = plain.unwrap_or_else(|| rest.trim_start_matches(['[', '"', '\'', ' ']));
        // A `-` after a plain name is a sign of its own.
        let end = rest.find(|c: char| !is_name(c) || (plain.is_some() && c == '-'));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    });
    Some(names.collect())
}
