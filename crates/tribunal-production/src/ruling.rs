//! Whether the verdict is settled while outcomes are still to come.
//!
//! The verdict is a maximum, so it is settled once nothing that is left can call for more than has been
//! called for. The verdict itself is decided in `tribunal_core`, over the complete set.

use tribunal_core::{CriticInfo, Mode, Outcome, Verdict, seeded};

use crate::plan::Plan;

pub(crate) struct Ruling {
    early_exit: bool,
    verdict: Verdict,
    heard: bool,
    /// Stays so: what is skipped for it is noted like any outcome, and must not open the question again.
    settled: bool,
    /// Enforcing critics without an outcome, by the highest verdict they can call for.
    may_block: usize,
    may_review: usize,
    may_only_allow: usize,
}

impl Ruling {
    pub(crate) fn new(plan: &Plan) -> Self {
        let [may_only_allow, may_review, may_block] = plan.highest;
        Self {
            early_exit: plan.settings.early_exit,
            verdict: Verdict::Allow,
            heard: false,
            settled: false,
            may_block,
            may_review,
            may_only_allow,
        }
    }

    fn count(&mut self, highest: Verdict) -> &mut usize {
        match highest {
            Verdict::Block => &mut self.may_block,
            Verdict::Review => &mut self.may_review,
            Verdict::Allow => &mut self.may_only_allow,
        }
    }

    /// One more outcome.
    pub(crate) fn note(&mut self, info: &CriticInfo, highest: Verdict, outcome: &Outcome) {
        if info.mode == Mode::Monitor {
            return;
        }
        let left = self.count(highest);
        *left = left.saturating_sub(1);
        self.heard |= outcome.opinion.is_some();
        self.verdict = self.verdict.max(outcome.calls_for.unwrap_or(Verdict::Allow));
        self.settled |= self.early_exit && self.is_fixed();
    }

    /// Whether early exit is on, and no outcome still to come can change the verdict.
    pub(crate) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Whether nothing can change the verdict, and there is something to save.
    fn is_fixed(&self) -> bool {
        let left = self.may_block + self.may_review + self.may_only_allow;
        match self.verdict {
            Verdict::Block => true,
            Verdict::Review => self.may_block <= usize::from(seeded!(SettledTooEarly)) && left > 0,
            // With nothing heard the verdict is `review`, and an opinion could still make it `allow`.
            Verdict::Allow => self.heard && self.may_block + self.may_review == 0 && left > 0,
        }
    }

    /// The highest that has been called for so far.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Entry;
    use crate::{CriticSpec, RunSettings};
    use std::sync::Arc;
    use tribunal_core::{
        Answer, FailureMode, Gated, Judgement, Opinion, Reason, Thresholds, TimeoutLevel,
        calls_for, critic_fn,
    };

    /// What a critic may be like: its highest verdict by threshold, its failure mode, its mode.
    const KINDS: [(Verdict, FailureMode, Mode); 6] = [
        (Verdict::Allow, FailureMode::Allow, Mode::Enforce),
        (Verdict::Review, FailureMode::Allow, Mode::Enforce),
        (Verdict::Block, FailureMode::Review, Mode::Enforce),
        (Verdict::Allow, FailureMode::Block, Mode::Enforce),
        (Verdict::Review, FailureMode::Review, Mode::Enforce),
        (Verdict::Block, FailureMode::Block, Mode::Monitor),
    ];

    fn plan(kinds: &[usize]) -> Plan {
        let entries = kinds.iter().enumerate().map(|(place, kind)| {
            let (highest, failure_mode, mode) = KINDS[*kind];
            let thresholds = match highest {
                Verdict::Allow => Thresholds::new(None, None),
                Verdict::Review => Thresholds::new(Some(0.4), None),
                Verdict::Block => Thresholds::new(Some(0.4), Some(0.8)),
            };
            let spec = CriticSpec::new(format!("c{place}"))
                .thresholds(thresholds.unwrap())
                .failure_mode(failure_mode)
                .mode(mode);
            let critic = critic_fn(|_| Answer::now(Ok(Opinion::clean())));
            Entry { spec, critic: Arc::new(critic) }
        });
        Plan::build(entries.collect(), RunSettings::default().early_exit(true), None).unwrap()
    }

    /// Everything that may become of a critic.
    fn possible(info: &CriticInfo) -> Vec<Outcome> {
        let said = |severity| Outcome::success(Opinion::clean().severity(severity));
        let mut all = vec![
            said(0.0),
            said(0.4),
            said(0.8),
            Outcome::without(Reason::Timeout(TimeoutLevel::Run)),
            Outcome::without(Reason::Gated(Gated::NoViolation)),
        ];
        all.iter_mut().for_each(|outcome| outcome.calls_for = calls_for(info, outcome));
        all
    }

    /// All ways in which what is left may end, as verdicts.
    fn ends(plan: &Plan, known: &[Outcome]) -> Vec<Verdict> {
        let Some(info) = plan.infos.get(known.len()) else {
            return vec![Judgement::of(plan.infos.iter().zip(known)).verdict];
        };
        let more = possible(info).into_iter().map(|outcome| [known, &[outcome]].concat());
        more.flat_map(|known| ends(plan, &known)).collect()
    }

    fn each_state(plan: &Plan, known: &[Outcome], visit: &mut dyn FnMut(&[Outcome])) {
        visit(known);
        if let Some(info) = plan.infos.get(known.len()) {
            for outcome in possible(info) {
                each_state(plan, &[known, &[outcome]].concat(), visit);
            }
        }
    }

    /// Rule 16, for all that three critics may be and say: settled exactly when nothing can change the
    /// verdict any more and there is something to save.
    #[test]
    fn the_verdict_is_settled_exactly_when_nothing_to_come_can_change_it() {
        let mut settled = 0;
        for code in 0..KINDS.len().pow(3) {
            let kinds = [code % 6, code / 6 % 6, code / 36];
            let plan = plan(&kinds);
            each_state(&plan, &[], &mut |known| {
                let mut ruling = Ruling::new(&plan);
                let mut was_settled = false;
                for ((info, node), outcome) in plan.infos.iter().zip(&plan.nodes).zip(known) {
                    was_settled = ruling.is_settled();
                    ruling.note(info, node.highest, outcome);
                }
                let ends = ends(&plan, known);
                let fixed = ends.iter().all(|end| *end == ends[0]);
                let left = &plan.infos[known.len()..];
                let votes_left = left.iter().any(|info| info.mode == Mode::Enforce);
                let blocked = ruling.verdict() == Verdict::Block;
                // Nothing has been called for while nobody has been heard, though `review` may be certain.
                let heard =
                    plan.infos.iter().zip(known).any(|(info, outcome)| {
                        info.mode == Mode::Enforce && outcome.opinion.is_some()
                    });
                let unheard = ruling.verdict() == Verdict::Allow && !heard;
                let expected = was_settled || (fixed && (votes_left || blocked) && !unheard);
                assert_eq!(ruling.is_settled(), expected, "{kinds:?} {known:?}");
                if ruling.is_settled() {
                    assert_eq!(ruling.verdict(), ends[0]);
                    settled += 1;
                }
            });
        }
        assert!(settled > 1_000, "{settled}");
    }

    /// Rule 16: off means off.
    #[test]
    fn without_early_exit_nothing_settles() {
        let mut plan = plan(&[2]);
        plan.settings.early_exit = false;
        let mut ruling = Ruling::new(&plan);
        let mut outcome = Outcome::success(Opinion::clean().severity(1.0));
        outcome.calls_for = Some(Verdict::Block);
        ruling.note(&plan.infos[0], plan.nodes[0].highest, &outcome);
        assert!(!ruling.is_settled());
    }
}
