//! Rates against the calls that runs make of them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use tribunal_core::{Mode, Phase};
use tribunal_production::Rate;

use super::{Fit, MOST_LABELS};
use crate::Code;
use crate::critic::Draft;
use crate::duration;
use crate::nearest::listed;
use crate::notes::Mistake;

/// A rate, where it stands, and who takes a token of it in every run of some phase.
struct Asked<'p> {
    rate: Rate,
    name: String,
    span: Range<usize>,
    phase: Phase,
    by: Vec<&'p Draft>,
}

impl Fit<'_> {
    /// Enforcing critics that run whatever happens, and that a rate must keep from it.
    pub(super) fn rates(&self) {
        for asked in self.asked().into_values() {
            self.rate(&asked);
        }
    }

    /// Every rate with the phase in which most calls are made of it.
    fn asked(&self) -> BTreeMap<String, Asked<'_>> {
        let mut most: BTreeMap<String, Asked<'_>> = BTreeMap::new();
        for &phase in Phase::ALL {
            let mut here: BTreeMap<String, Asked<'_>> = BTreeMap::new();
            for draft in self.waits.sure(phase).into_iter().filter(|d| d.mode == Mode::Enforce) {
                let own = draft.rate.map(|rate| {
                    let key = format!("critic {}", draft.written_name);
                    (key, String::from("`rate`"), rate, draft.place("rate.tokens"))
                });
                let shared = draft.shares.iter().filter_map(|name| {
                    let (rate, span) = self.run.rates.get(name)?;
                    Some((format!("rate {name}"), format!("`rates.{name}`"), rate, span))
                });
                for (key, name, rate, span) in own.into_iter().chain(shared) {
                    let by = Vec::new();
                    let asked = Asked { rate, name, span, phase, by };
                    here.entry(key).or_insert(asked).by.push(draft);
                }
            }
            for (key, asked) in here {
                if most.get(&key).is_none_or(|before| before.by.len() < asked.by.len()) {
                    most.insert(key, asked);
                }
            }
        }
        most
    }

    fn rate(&self, asked: &Asked<'_>) {
        // Who waits for a token waits as long as its stage has. All take a token each, so the longest will do.
        let has = asked.by.iter().map(|draft| Some(self.has(draft.stage)?.duration));
        let Some(limit) = has.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max())
        else {
            return;
        };
        let Asked { rate, name, phase, .. } = asked;
        let interval = rate.per() / rate.tokens();
        let brought = limit.as_nanos() / interval.as_nanos().max(1);
        let tokens = u128::from(rate.burst()).saturating_add(brought);
        let calls = asked.by.len() as u128;
        let there = if tokens == 1 { "1 token".to_owned() } else { format!("{tokens} tokens") };
        let time = duration::write(limit);
        let runs = self.run.max_runs();
        let at_once = runs.as_ref().map(|(runs, _)| calls.saturating_mul(*runs as u128));
        let (message, also) = if calls > tokens {
            let problem = format!(
                "{name} has {there} in the {time} that there are, and every run of the phase `{phase}` takes {calls}"
            );
            (problem, None)
        } else if let Some((runs, span)) = runs.filter(|_| at_once.is_some_and(|n| n > tokens)) {
            let problem = format!(
                "{name} has {there} in the {time} that there are, and {runs} runs at a time take {}",
                at_once.unwrap_or_default()
            );
            (problem, Some((span, "so many runs at a time")))
        } else if interval.saturating_mul(u32::try_from(calls).unwrap_or(u32::MAX)) > limit {
            let slowest = interval.max(Duration::from_micros(1));
            let problem = format!(
                "{name} has a token every {} and a run takes {calls} and ends within {time}: of runs that follow each other some get none",
                duration::write(slowest)
            );
            (problem, None)
        } else {
            return;
        };
        let who = listed(asked.by.iter().map(|draft| draft.written_name.as_str()), "and");
        let help = format!(
            "{who} will be `rate_limited`, which calls for the failure mode: raise the rate, or gate who takes from it"
        );
        let mut mistake =
            Mistake::new(Code::RateStarvesStage, asked.span.clone(), message).help(help);
        if let Some((span, text)) = also {
            mistake = mistake.other(span, text);
        }
        if asked.by.len() > 1 {
            for draft in asked.by.iter().take(MOST_LABELS) {
                mistake = mistake.other(draft.place("shares"), "takes a token in every run");
            }
        }
        self.notes.add(mistake);
    }
}
