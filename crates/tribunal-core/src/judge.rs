//! From outcomes to a verdict: the one place where that is decided.
//!
//! Both engines judge here, so that no path through the code can judge differently. Start at [`Judgement::of`].

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::{CriticInfo, CriticName, Mode, Outcome, Reason, Source, Status, Verdict};

/// What one outcome calls for under its critic's rules; `None` when it calls for nothing.
///
/// An opinion calls for what its severity reaches; a failure for the failure mode, and one that objected and could
/// not be believed in all for no less than what it objected to, whatever a fallback says in its place. What was gated, or skipped because the verdict was
/// settled, calls for nothing.
#[inline]
#[must_use]
pub fn calls_for(critic: &CriticInfo, outcome: &Outcome) -> Option<Verdict> {
    match (&outcome.opinion, &outcome.reason) {
        (Some(opinion), None) => Some(critic.thresholds.verdict(opinion.worst_severity())),
        _ => calls_for_in_all(critic, outcome),
    }
}

/// The same, where there is more to it than an opinion.
fn calls_for_in_all(critic: &CriticInfo, outcome: &Outcome) -> Option<Verdict> {
    let heard = || {
        let objected = outcome.reason.as_ref().and_then(Reason::objected);
        objected.map_or(Verdict::Allow, |severity| critic.thresholds.verdict(severity))
    };
    match &outcome.opinion {
        // A fallback takes the place of a failure, but not of what that objected to.
        Some(opinion) => Some(critic.thresholds.verdict(opinion.worst_severity()).max(heard())),
        None if outcome.is_failure() && seeded!(FailureCallsForNothing) => None,
        None if outcome.is_failure() => Some(critic.failure_mode.verdict().max(heard())),
        None => None,
    }
}

/// The verdict over a complete set of outcomes, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Judgement {
    /// The highest that any enforcing critic calls for; at least `review` when none gave an opinion.
    pub verdict: Verdict,
    /// Who called for the verdict and why, in plan order; empty for `allow`.
    pub causes: Vec<Cause>,
    /// Enforcing critics whose failure was let pass: by failure mode `allow`, or by a fallback opinion.
    pub let_pass: Vec<CriticName>,
}

impl Judgement {
    /// Judges. Each outcome's own `calls_for` must have been filled in by [`calls_for`].
    #[must_use]
    pub fn of<'a>(outcomes: impl Iterator<Item = (&'a CriticInfo, &'a Outcome)> + Clone) -> Self {
        let mut hearing = Hearing::new();
        for (critic, outcome) in outcomes.clone() {
            hearing.hear(critic, outcome);
        }
        hearing.judge(outcomes)
    }
}

/// What is noted of one outcome after the other, before it is judged.
pub(crate) struct Hearing {
    heard: bool,
    verdict: Verdict,
    let_pass: Vec<CriticName>,
}

impl Hearing {
    pub(crate) const fn new() -> Self {
        Self { heard: false, verdict: Verdict::Allow, let_pass: Vec::new() }
    }

    #[inline]
    pub(crate) fn hear(&mut self, critic: &CriticInfo, outcome: &Outcome) {
        if !is_enforced(critic) {
            return;
        }
        self.heard |= outcome.opinion.is_some();
        self.verdict = self.verdict.max(outcome.calls_for.unwrap_or(Verdict::Allow));
        let opened = outcome.is_failure() && outcome.calls_for == Some(Verdict::Allow);
        if opened || outcome.source == Source::Fallback {
            self.let_pass.push(critic.name.clone());
        }
    }

    /// All have been heard; these are they.
    pub(crate) fn judge<'a>(
        self,
        outcomes: impl Iterator<Item = (&'a CriticInfo, &'a Outcome)>,
    ) -> Judgement {
        let Self { heard, mut verdict, let_pass } = self;
        let mut causes = Vec::new();
        if verdict > Verdict::Allow {
            let called = outcomes.filter(|(critic, outcome)| {
                is_enforced(critic) && outcome.calls_for == Some(verdict)
            });
            causes.extend(called.map(|(critic, outcome)| Cause::of(critic, outcome)));
        }
        if !heard && verdict < Verdict::Review && !seeded!(NothingHeardAllows) {
            verdict = Verdict::Review;
            causes.push(Cause::NoOpinion);
        }
        Judgement { verdict, causes, let_pass }
    }
}

fn is_enforced(critic: &CriticInfo) -> bool {
    critic.mode == Mode::Enforce || seeded!(MonitoredCounts)
}

/// Why a verdict is not `allow`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// An opinion reached a threshold.
    Opinion {
        /// Whose.
        critic: CriticName,
        /// How bad.
        severity: f64,
        /// The codes of its violations, worst first, each once.
        codes: Vec<String>,
    },
    /// A critic gave no opinion, and this is what its failure mode calls for.
    Failure {
        /// Which one.
        critic: CriticName,
        /// What became of it.
        status: Status,
        /// Why, in short.
        kind: &'static str,
    },
    /// No enforcing critic gave an opinion: nothing was judged.
    NoOpinion,
}

impl Cause {
    fn of(critic: &CriticInfo, outcome: &Outcome) -> Self {
        let name = critic.name.clone();
        let Some(opinion) = &outcome.opinion else {
            let kind = outcome.reason.as_ref().map_or("unknown", |reason| reason.kind());
            return Self::Failure { critic: name, status: outcome.status, kind };
        };
        let mut worst_first: Vec<_> = opinion.violations.iter().collect();
        worst_first.sort_by(|a, b| b.severity.total_cmp(&a.severity));
        let mut codes: Vec<String> = Vec::new();
        for violation in worst_first {
            if !codes.iter().any(|code| *code == violation.code) {
                codes.push(violation.code.to_string());
            }
        }
        Self::Opinion { critic: name, severity: opinion.worst_severity(), codes }
    }

    /// The critic, unless it was the absence of any.
    #[must_use]
    pub const fn critic(&self) -> Option<&CriticName> {
        match self {
            Self::Opinion { critic, .. } | Self::Failure { critic, .. } => Some(critic),
            Self::NoOpinion => None,
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Opinion { critic, severity, codes } if codes.is_empty() => {
                write!(f, "{critic}: severity {severity}")
            }
            Self::Opinion { critic, severity, codes } => {
                write!(f, "{critic}: severity {severity}, {}", codes.join(", "))
            }
            Self::Failure { critic, status, kind } => write!(f, "{critic}: {status} ({kind})"),
            Self::NoOpinion => f.write_str("no enforcing critic gave an opinion"),
        }
    }
}

impl Serialize for Cause {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Opinion { critic, severity, codes } => {
                map.serialize_entry("critic", critic)?;
                map.serialize_entry("severity", severity)?;
                map.serialize_entry("codes", codes)?;
            }
            Self::Failure { critic, status, kind } => {
                map.serialize_entry("critic", critic)?;
                map.serialize_entry("status", status)?;
                map.serialize_entry("kind", kind)?;
            }
            Self::NoOpinion => map.serialize_entry("kind", "no_opinion")?,
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Failure, FailureKind, FailureMode, Gated, Opinion, Reason, Violation};

    fn critic(name: &str) -> CriticInfo {
        CriticInfo::new(CriticName::new(name).unwrap())
    }

    fn judge(cases: Vec<(CriticInfo, Outcome)>) -> Judgement {
        let mut cases = cases;
        for (critic, outcome) in &mut cases {
            outcome.calls_for = calls_for(critic, outcome);
        }
        Judgement::of(cases.iter().map(|(critic, outcome)| (critic, outcome)))
    }

    fn failed() -> Outcome {
        Outcome::without(Reason::Failed(Failure::new(FailureKind::Permanent, "down")))
    }

    fn says(severity: f64) -> Outcome {
        Outcome::success(Opinion::objection(Violation::new("x.y", "x", severity)))
    }

    /// Rule 14: a failed critic calls for its failure mode.
    #[test]
    fn a_failure_calls_for_its_failure_mode() {
        for (mode, verdict) in [
            (FailureMode::Allow, Verdict::Allow),
            (FailureMode::Review, Verdict::Review),
            (FailureMode::Block, Verdict::Block),
        ] {
            let mut broken = critic("broken");
            broken.failure_mode = mode;
            let judgement = judge(vec![(critic("fine"), says(0.0)), (broken, failed())]);
            assert_eq!(judgement.verdict, verdict);
            assert_eq!(judgement.let_pass.len(), usize::from(mode == FailureMode::Allow));
        }
    }

    /// Rule 14: nothing heard is never `allow`.
    #[test]
    fn a_run_without_any_opinion_is_review() {
        let gated = || Outcome::without(Reason::Gated(Gated::NoViolation));
        assert_eq!(judge(vec![]).verdict, Verdict::Review);
        let judgement = judge(vec![(critic("a"), gated()), (critic("b"), gated())]);
        assert_eq!(judgement.verdict, Verdict::Review);
        assert_eq!(judgement.causes, [Cause::NoOpinion]);

        let mut open = critic("open");
        open.failure_mode = FailureMode::Allow;
        assert_eq!(judge(vec![(open, failed())]).verdict, Verdict::Review);
    }

    /// Rule 19: a monitored critic changes no verdict.
    #[test]
    fn a_monitored_block_is_kept_out() {
        let mut monitored = critic("watch");
        monitored.mode = Mode::Monitor;
        let judgement = judge(vec![(critic("a"), says(0.1)), (monitored.clone(), says(1.0))]);
        assert_eq!(judgement.verdict, Verdict::Allow);
        assert_eq!(judge(vec![(monitored, says(0.0))]).verdict, Verdict::Review);
    }

    /// Rule 16: the verdict is a maximum, and names those who called for it.
    #[test]
    fn the_highest_call_wins_and_is_named() {
        let judgement = judge(vec![
            (critic("a"), says(0.5)),
            (critic("b"), says(0.9)),
            (critic("c"), failed()),
            (critic("d"), says(0.8)),
        ]);
        assert_eq!(judgement.verdict, Verdict::Block);
        let named: Vec<_> = judgement.causes.iter().filter_map(Cause::critic).collect();
        assert_eq!(named, ["b", "d"]);
    }

    /// An `allow` has no causes, and a failure that calls for `review` is the cause, not that nobody was heard.
    #[test]
    fn causes_are_what_called_for_the_verdict_and_nothing_else() {
        assert_eq!(judge(vec![(critic("a"), says(0.0))]).causes, []);
        let judgement = judge(vec![(critic("a"), failed())]);
        let cause = Cause::Failure {
            critic: CriticName::new("a").unwrap(),
            status: Status::Error,
            kind: "permanent",
        };
        assert_eq!(judgement.causes, [cause]);
    }

    #[test]
    fn the_codes_of_a_cause_stand_worst_first_and_each_once() {
        let opinion = [("mild", 0.5), ("bad", 0.9), ("mild", 0.7), ("worst", 1.0), ("bad", 0.9)]
            .into_iter()
            .fold(Opinion::clean(), |opinion, (code, severity)| {
                opinion.violation(Violation::new(code, "x", severity))
            });
        let judgement = judge(vec![(critic("a"), Outcome::success(opinion))]);
        assert_eq!(judgement.causes[0].to_string(), "a: severity 1, worst, bad, mild");
    }

    #[test]
    fn a_cause_in_words_says_who_and_why() {
        let told = |outcome| judge(vec![(critic("a"), outcome)]).causes[0].to_string();
        assert_eq!(told(Outcome::success(Opinion::clean().severity(0.8))), "a: severity 0.8");
        assert_eq!(told(says(0.8)), "a: severity 0.8, x.y");
        assert_eq!(told(failed()), "a: error (permanent)");
        assert_eq!(judge(vec![]).causes[0].to_string(), "no enforcing critic gave an opinion");
    }
}
