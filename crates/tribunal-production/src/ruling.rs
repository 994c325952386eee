//! Whether the verdict is settled while outcomes are still to come.
//!
//! The verdict is a maximum, so it is settled once nothing that is left can call for more than has been
//! called for. The verdict itself is decided in `tribunal_core`, over the complete set.

use tribunal_core::{CriticInfo, Mode, Outcome, Verdict};

use crate::plan::Plan;

pub(crate) struct Ruling {
    early_exit: bool,
    verdict: Verdict,
    heard: bool,
    /// Enforcing critics without an outcome, by the highest verdict they can call for.
    may_block: usize,
    may_review: usize,
    may_only_allow: usize,
}

impl Ruling {
    pub(crate) fn new(plan: &Plan) -> Self {
        let mut ruling = Self {
            early_exit: plan.settings.early_exit,
            verdict: Verdict::Allow,
            heard: false,
            may_block: 0,
            may_review: 0,
            may_only_allow: 0,
        };
        for (node, info) in plan.nodes.iter().zip(plan.infos.iter()) {
            if info.mode == Mode::Enforce {
                *ruling.count(node.highest) += 1;
            }
        }
        ruling
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
    }

    /// Whether early exit is on, and no outcome still to come can change the verdict.
    pub(crate) fn is_settled(&self) -> bool {
        if !self.early_exit {
            return false;
        }
        let left = self.may_block + self.may_review + self.may_only_allow;
        match self.verdict {
            Verdict::Block => true,
            Verdict::Review => self.may_block == 0 && left > 0,
            // With nothing heard the verdict is `review`, and an opinion could still make it `allow`.
            Verdict::Allow => self.heard && self.may_block + self.may_review == 0 && left > 0,
        }
    }

    /// The highest that has been called for so far.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }
}
