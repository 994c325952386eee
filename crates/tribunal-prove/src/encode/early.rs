//! What an early exit leaves out (rule 16).
//!
//! Within a stage critics may end in any order that their waiting allows, and the run is cut off right after the
//! outcome that settles the verdict. So for every set of outcomes there must be a last one that counts, without which
//! the verdict was not settled yet; and where it is settled, what has no outcome yet is cut off.

use batsat::Lit;
use tribunal_core::{Stage, Verdict};

use super::Encoded;
use crate::model::reaches;

impl Encoded<'_> {
    pub(super) fn early_exit(&mut self) {
        if !self.model.run.early_exit {
            return;
        }
        let places: Vec<usize> = (0..self.model.critics.len()).collect();
        let settled = self.of(&places, |c| c.settled);
        let any_cut = self.cnf.or(settled);
        let fixed = self.fixed_at_the_end();
        self.cnf.implies(&[any_cut], &[fixed]);
        for &stage in Stage::ALL {
            let (here, later): (Vec<usize>, Vec<usize>) = (self.stage(stage), self.after(stage));
            if here.is_empty() {
                continue;
            }
            let cut = self.of(&here, |c| c.settled);
            let cut_here = self.cnf.or(cut);
            for other in self.of(&later, |c| c.settled) {
                self.cnf.implies(&[cut_here], &[other]);
            }
            for &place in &here {
                self.cut_with_whom_it_waits_for(place);
            }
            let fixed_after = self.fixed_after(stage);
            for other in self.of(&later, |c| c.settled) {
                self.cnf.implies(&[fixed_after], &[other]);
            }
            self.last_one(stage, &here, cut_here, fixed_after);
        }
    }

    fn stage(&self, stage: Stage) -> Vec<usize> {
        let critics = self.model.critics.iter().enumerate();
        critics.filter(|(_, c)| c.stage == stage).map(|(place, _)| place).collect()
    }

    fn after(&self, stage: Stage) -> Vec<usize> {
        let critics = self.model.critics.iter().enumerate();
        critics.filter(|(_, c)| c.stage > stage).map(|(place, _)| place).collect()
    }

    fn cut_with_whom_it_waits_for(&mut self, place: usize) {
        let Some(order) = self.model.orders.get(place) else { return };
        let own = self.of(&[place], |c| c.settled);
        for other in self.of(&order.waits_for, |c| c.settled) {
            self.cnf.implies(&[other], &own);
        }
    }

    /// Enforcing critics among these that may call for so much.
    fn may(&self, places: &[usize], verdict: Verdict) -> Vec<usize> {
        let may = |place: &&usize| {
            let critic = self.model.critics.get(**place);
            critic.is_some_and(|c| c.is_enforced() && c.highest() >= verdict)
        };
        places.iter().filter(may).copied().collect()
    }

    /// What is cut off could not have changed the verdict.
    fn fixed_at_the_end(&mut self) -> Lit {
        let places: Vec<usize> = (0..self.model.critics.len()).collect();
        let cut = |encoded: &mut Self, verdict| {
            let may = encoded.may(&places, verdict);
            let cut = encoded.of(&may, |c| c.settled);
            encoded.cnf.or(cut)
        };
        let counts = cut(self, Verdict::Allow);
        let may_review = cut(self, Verdict::Review);
        let may_block = cut(self, Verdict::Block);
        let enforced = self.enforced();
        let called = self.of(&enforced, |c| c.review);
        let called = self.cnf.or(called);
        let review = self.cnf.and([called, !may_block, counts]);
        let allow = self.cnf.and([self.allow, !may_review, counts]);
        self.cnf.or([self.block, review, allow])
    }

    /// With all outcomes up to a stage and none after it, the verdict is settled.
    fn fixed_after(&mut self, stage: Stage) -> Lit {
        let enforced = self.enforced();
        let upto: Vec<usize> = enforced
            .iter()
            .copied()
            .filter(|place| self.model.critics.get(*place).is_some_and(|c| c.stage <= stage))
            .collect();
        let later = self.after(stage);
        let some = |encoded: &Self, verdict| !encoded.may(&later, verdict).is_empty();
        let counts = some(self, Verdict::Allow);
        let may_review = some(self, Verdict::Review);
        let may_block = some(self, Verdict::Block);
        let (block, review, heard) = (
            self.of(&upto, |c| c.block),
            self.of(&upto, |c| c.review),
            self.of(&upto, |c| c.spoke),
        );
        let (block, review, heard) = (self.cnf.or(block), self.cnf.or(review), self.cnf.or(heard));
        let by_review = if counts && !may_block { review } else { self.cnf.no() };
        let by_allow =
            if counts && !may_review { self.cnf.and([!review, heard]) } else { self.cnf.no() };
        self.cnf.or([block, by_review, by_allow])
    }

    /// Some outcome of the stage was the last that counts, and without it nothing was settled.
    fn last_one(&mut self, stage: Stage, here: &[usize], cut_here: Lit, fixed_after: Lit) {
        let candidates = self.may(here, Verdict::Allow);
        let upto: Vec<usize> = self
            .enforced()
            .into_iter()
            .filter(|place| self.model.critics.get(*place).is_some_and(|c| c.stage <= stage))
            .collect();
        let later = self.after(stage);
        let later_may = |encoded: &Self, verdict| !encoded.may(&later, verdict).is_empty();
        let (later_block, later_review) =
            (later_may(self, Verdict::Block), later_may(self, Verdict::Review));
        let cut = |encoded: &mut Self, verdict| {
            let may = encoded.may(here, verdict);
            let cut = encoded.of(&may, |c| c.settled);
            encoded.cnf.or(cut)
        };
        let (cut_block, cut_review) = (cut(self, Verdict::Block), cut(self, Verdict::Review));
        let settled_now = self.cnf.or([cut_here, fixed_after]);
        let mut lasts = Vec::new();
        for &last in &candidates {
            let Some(critic) = self.model.critics.get(last) else { continue };
            let may_block = self.cnf.known(critic.highest() >= Verdict::Block || later_block);
            let may_review = self.cnf.known(critic.highest() >= Verdict::Review || later_review);
            let is_last = self.cnf.fresh();
            lasts.push(is_last);
            let own = self.of(&[last], |c| !c.settled);
            self.cnf.implies(&[is_last], &own);
            for &other in upto.iter().filter(|other| **other != last) {
                let Some(states) = self.states.get(other) else { continue };
                let (block, review, spoke) = (states.block, states.review, states.spoke);
                self.cnf.clause(&[!is_last, !block]);
                self.cnf.clause(&[!is_last, !review, may_block, cut_block]);
                self.cnf.clause(&[!is_last, !spoke, may_review, cut_review]);
            }
            for &waiting in here.iter().filter(|other| **other != last) {
                if !reaches(waiting, last, &self.model.orders) {
                    continue;
                }
                let counts = self.model.critics.get(waiting).is_some_and(|c| c.is_enforced());
                let cut = self.of(&[waiting], |c| c.settled);
                if counts {
                    self.cnf.implies(&[is_last], &cut);
                } else {
                    self.cnf.implies(&[is_last, settled_now], &cut);
                }
            }
        }
        for ended in self.of(here, |c| !c.settled) {
            // A stage without a critic that counts settles nothing.
            if candidates.is_empty() {
                self.cnf.implies(&[ended], &[!cut_here]);
            } else {
                self.cnf.implies(&[ended], &lasts);
            }
        }
    }
}
