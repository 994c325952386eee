//! A model as clauses: every assignment that satisfies them is a run that the engine may have, and every run is one.
//!
//! Start at [`Encoded::new`]. What a critic's gate says is in `encode/gate.rs`, and the numbers that it asks for in
//! `encode/numbers.rs` and `encode/codes.rs`; what a run may spend in `encode/money.rs`, what an early exit leaves out in
//! `encode/early.rs`.

mod codes;
mod early;
mod gate;
mod line;
mod money;
mod numbers;

use std::collections::{BTreeMap, BTreeSet};

use batsat::Lit;
use tribunal_core::{CriticName, Mode, Phase, Status, Thresholds, Verdict};

use self::codes::Kinds;
pub(crate) use self::gate::{Asked, is_failure};
use self::line::Line;
pub(crate) use self::money::{Spent, Units};
use self::numbers::Numbers;
use crate::cnf::Cnf;
use crate::model::{Bound, Gate, Model, Quantity};

/// What may become of one critic, as literals. Of those that are about its end exactly one holds.
#[derive(Clone)]
pub(crate) struct States {
    /// Gated: another phase.
    pub(crate) other_phase: Lit,
    /// Skipped for a dependency that should have given an opinion.
    pub(crate) dependency_failed: Lit,
    /// Skipped for a dependency that was gated itself.
    pub(crate) dependency_gated: Lit,
    /// Its condition could not be evaluated.
    pub(crate) condition_failed: Lit,
    /// Gated by its policy.
    pub(crate) closed: Lit,
    /// Skipped: over budget.
    pub(crate) over_budget: Lit,
    /// Skipped: verdict settled.
    pub(crate) settled: Lit,
    /// It ran and gave no opinion.
    pub(crate) failed: Lit,
    /// It gave an opinion.
    pub(crate) spoke: Lit,

    /// It came as far as its policy.
    pub(crate) asked: Lit,
    /// Its policy lets it run.
    pub(crate) opens: Lit,
    /// It ran.
    pub(crate) runs: Lit,
    /// It may have been called: it ran, or was cancelled by an early exit.
    pub(crate) called: Lit,
    /// It should have given an opinion and did not.
    pub(crate) failure: Lit,
    /// Its failure is an opinion that cannot be believed.
    pub(crate) invalid: Lit,
    /// How it failed, where a condition may ask: timeout, rate limited; else it is an error.
    pub(crate) timeout: Lit,
    pub(crate) rate_limited: Lit,
    /// It failed before it was ever called, while it waited or by its breaker; where somebody asks for that.
    pub(crate) uncalled: Lit,
    /// It calls for `review` or more, and for `block`; whether or not that counts.
    pub(crate) review: Lit,
    pub(crate) block: Lit,
    /// Repeats of its call, first to last, and second calls beside each.
    pub(crate) repeats: Vec<Lit>,
    pub(crate) hedges: Vec<Lit>,
}

/// A model as clauses.
pub(crate) struct Encoded<'m> {
    pub(crate) model: &'m Model,
    pub(crate) cnf: Cnf,
    pub(crate) phases: Vec<(Phase, Lit)>,
    pub(crate) tiers: Vec<Lit>,
    pub(crate) risk: Line,
    pub(crate) lines: BTreeMap<(usize, Quantity), Line>,
    /// Of the critics whose violations are told apart by their codes.
    pub(crate) kinds: BTreeMap<usize, Kinds>,
    /// The critics of which somebody asks whether they were called.
    whether_called: BTreeSet<usize>,
    pub(crate) languages: BTreeMap<String, Lit>,
    pub(crate) free: BTreeMap<String, Lit>,
    /// By place in the plan.
    pub(crate) states: Vec<States>,
    /// What is spent, where there is a budget.
    pub(crate) spent: Option<Spent>,
    pub(crate) review: Lit,
    pub(crate) block: Lit,
    pub(crate) allow: Lit,
}

/// What a question asks to be told apart, besides what the model does.
#[derive(Default)]
pub(crate) struct Distinct<'p> {
    pub(crate) numbers: Vec<(&'p CriticName, Quantity, Bound)>,
    pub(crate) risks: Vec<f64>,
}

impl<'m> Encoded<'m> {
    pub(crate) fn new(model: &'m Model, distinct: &Distinct<'_>) -> Self {
        let mut cnf = Cnf::new();
        let phases: Vec<(Phase, Lit)> =
            Phase::ALL.iter().map(|phase| (*phase, cnf.fresh())).collect();
        let any: Vec<Lit> = phases.iter().map(|(_, lit)| *lit).collect();
        cnf.clause(&any);
        for (at, one) in any.iter().enumerate() {
            for other in any.iter().skip(at + 1) {
                cnf.clause(&[!*one, !*other]);
            }
        }
        let tiers: Vec<Lit> = (0..4).map(|_| cnf.fresh()).collect();
        for pair in tiers.windows(2) {
            if let [lower, higher] = pair {
                cnf.clause(&[!*higher, *lower]);
            }
        }
        let risk = Line::new(&mut cnf, numbers::risks(model, distinct));
        let Numbers { lines, kinds, whether_called } = Numbers::of(&mut cnf, model, distinct);
        let nobody = cnf.no();
        let mut encoded = Self {
            model,
            cnf,
            phases,
            tiers,
            risk,
            lines,
            kinds,
            whether_called,
            languages: BTreeMap::new(),
            free: BTreeMap::new(),
            states: Vec::new(),
            spent: None,
            review: nobody,
            block: nobody,
            allow: nobody,
        };
        encoded.states();
        encoded.verdict();
        encoded.early_exit();
        encoded
    }

    fn states(&mut self) {
        let blank = self.blank();
        self.states = vec![blank; self.model.critics.len()];
        let settled: Vec<Lit> = (0..self.model.critics.len())
            .map(|_| if self.model.run.early_exit { self.cnf.fresh() } else { self.cnf.no() })
            .collect();
        self.repeats();
        let mut purse = money::Purse::new(self);
        let sequence = &self.model.sequence;
        for &place in sequence {
            let Some(settled) = settled.get(place).copied() else { continue };
            let states = self.critic(place, settled, &mut purse);
            if let Some(own) = self.states.get_mut(place) {
                *own = states;
            }
        }
        purse.close(self);
    }

    fn blank(&self) -> States {
        let no = self.cnf.no();
        States {
            other_phase: no,
            dependency_failed: no,
            dependency_gated: no,
            condition_failed: no,
            closed: no,
            over_budget: no,
            settled: no,
            failed: no,
            spoke: no,
            asked: no,
            opens: no,
            runs: no,
            called: no,
            failure: no,
            invalid: no,
            timeout: no,
            rate_limited: no,
            uncalled: no,
            review: no,
            block: no,
            repeats: Vec::new(),
            hedges: Vec::new(),
        }
    }

    /// One critic, after all that it sees.
    fn critic(&mut self, place: usize, settled: Lit, purse: &mut money::Purse) -> States {
        let mut own = self.states.get(place).cloned().unwrap_or_else(|| self.blank());
        let model = self.model;
        let (Some(critic), Some(order)) = (model.critics.get(place), model.orders.get(place))
        else {
            return own;
        };
        let done = !settled;
        own.settled = settled;
        let here: Vec<Lit> = self
            .phases
            .iter()
            .filter(|(phase, _)| critic.phases.contains(*phase))
            .map(|(_, lit)| *lit)
            .collect();
        let in_phase =
            if here.len() == Phase::ALL.len() { self.cnf.yes() } else { self.cnf.or(here) };
        let (failed, silent) = if critic.run_anyway {
            (self.cnf.no(), self.cnf.no())
        } else {
            let failures: Vec<Lit> = self.of(&order.depends_on, |on| on.failure);
            let silences: Vec<Lit> = self.of(&order.depends_on, |on| !on.spoke);
            (self.cnf.or(failures), self.cnf.or(silences))
        };
        // Whether or not the run was cut off before it: what is cut off may have been called.
        let asked = self.cnf.and([in_phase, !silent]);
        let Asked { holds, fails } = self.gate(place, critic, &order.sees);
        let wants = self.cnf.and([asked, !fails, holds]);

        own.other_phase = self.cnf.and([done, !in_phase]);
        own.dependency_failed = self.cnf.and([done, in_phase, failed]);
        own.dependency_gated = self.cnf.and([done, in_phase, !failed, silent]);
        own.asked = self.cnf.and([done, asked]);
        own.condition_failed = self.cnf.and([own.asked, fails]);
        own.closed = self.cnf.and([own.asked, !fails, !holds]);
        own.opens = self.cnf.and([done, wants]);
        let fits = purse.fits(self, critic, order.waits_for.is_empty());
        own.over_budget = self.cnf.and([own.opens, !fits]);
        own.runs = self.cnf.and([own.opens, fits]);
        own.called = if settled == self.cnf.no() {
            own.runs
        } else {
            // Cancelled in flight: its gate had been asked, and all it waits for had ended.
            let begun = self.cnf.fresh();
            self.cnf.implies(&[begun], &[settled]);
            self.cnf.implies(&[begun], &[wants]);
            self.cnf.implies(&[begun], &[fits]);
            for other in self.of(&order.waits_for, |other| other.settled) {
                self.cnf.implies(&[begun], &[!other]);
            }
            // Its stage is the one in which that happened, which shows once all of it is there.
            purse.begun.push((place, begun));
            self.cnf.or([own.runs, begun])
        };
        let speaks = self.cnf.likely();
        own.spoke = self.cnf.and([own.runs, speaks]);
        own.failed = self.cnf.and([own.runs, !speaks]);
        own.failure =
            self.cnf.or([own.failed, own.over_budget, own.condition_failed, own.dependency_failed]);
        own.invalid = self.kind_of_failure(own.failed);
        own.timeout = self.kind_of_failure(own.failed);
        own.rate_limited =
            if critic.rate_limited { self.kind_of_failure(own.failed) } else { self.cnf.no() };
        self.cnf.clause(&[!own.invalid, !own.timeout]);
        self.cnf.clause(&[!own.invalid, !own.rate_limited]);
        self.cnf.clause(&[!own.timeout, !own.rate_limited]);
        if self.whether_called.contains(&place) {
            own.uncalled = self.kind_of_failure(own.failed);
            self.cnf.clause(&[!own.uncalled, !own.invalid]);
            if !critic.breaker {
                self.cnf.implies(&[own.uncalled], &[own.timeout, own.rate_limited]);
            }
        }
        (own.review, own.block) =
            self.calls_for(place, critic.thresholds, &own, critic.failure_mode.verdict());
        // What is not called is neither repeated nor hedged.
        if let Some(first) = own.repeats.first() {
            self.cnf.implies(&[*first], &[own.called]);
        }
        if let Some(first) = own.hedges.first() {
            self.cnf.implies(&[*first], &[own.called]);
        }
        purse.pay(self, critic, &own);
        own
    }

    fn kind_of_failure(&mut self, failed: Lit) -> Lit {
        let kind = self.cnf.fresh();
        self.cnf.implies(&[kind], &[failed]);
        kind
    }

    /// What an opinion calls for, or a failure; an opinion that cannot be believed for both.
    fn calls_for(
        &mut self,
        place: usize,
        thresholds: Thresholds,
        own: &States,
        failure: Verdict,
    ) -> (Lit, Lit) {
        let heard = self.cnf.or([own.spoke, own.invalid]);
        let reaches = |encoded: &mut Self, at: Option<f64>| match at {
            None => encoded.cnf.no(),
            Some(at) => {
                let line = encoded.line(place, Quantity::Severity, Bound::from(at));
                encoded.cnf.and([heard, line])
            }
        };
        let at_review = reaches(self, thresholds.review_at());
        let at_block = reaches(self, thresholds.block_at());
        let failed = |encoded: &Self, verdict| {
            if failure >= verdict { own.failure } else { encoded.cnf.no() }
        };
        let (review, block) = (failed(self, Verdict::Review), failed(self, Verdict::Block));
        (self.cnf.or([at_review, at_block, review]), self.cnf.or([at_block, block]))
    }

    fn verdict(&mut self) {
        let enforced = self.enforced();
        let (review, block) = (self.of(&enforced, |c| c.review), self.of(&enforced, |c| c.block));
        let heard = self.of(&enforced, |c| c.spoke);
        let called = self.cnf.or(review);
        let heard = self.cnf.or(heard);
        self.block = self.cnf.or(block);
        self.allow = self.cnf.and([!called, heard]);
        self.review = !self.allow;
    }

    /// The places of the critics that count.
    pub(crate) fn enforced(&self) -> Vec<usize> {
        let critics = self.model.critics.iter().enumerate();
        critics.filter(|(_, c)| c.mode == Mode::Enforce).map(|(place, _)| place).collect()
    }

    /// The places of the critics of the same stage, its own among them.
    pub(crate) fn stage_mates(&self, place: usize) -> Vec<usize> {
        let stage = self.model.critics.get(place).map(|critic| critic.stage);
        let critics = self.model.critics.iter().enumerate();
        critics.filter(|(_, c)| Some(c.stage) == stage).map(|(place, _)| place).collect()
    }

    /// One literal of each of these critics.
    pub(crate) fn of(&self, places: &[usize], which: impl Fn(&States) -> Lit) -> Vec<Lit> {
        places.iter().filter_map(|&place| self.states.get(place)).map(which).collect()
    }

    /// Whether the outcome of a critic has a status. What is settled is seen by no gate.
    pub(crate) fn status(&mut self, place: usize, status: Status) -> Lit {
        let Some(own) = self.states.get(place).cloned() else { return self.cnf.no() };
        match status {
            Status::Success => own.spoke,
            Status::Timeout => own.timeout,
            Status::Invalid => own.invalid,
            Status::RateLimited => own.rate_limited,
            Status::Gated => self.cnf.or([own.other_phase, own.closed]),
            Status::Skipped => self.cnf.or([
                own.dependency_failed,
                own.dependency_gated,
                own.over_budget,
                own.settled,
            ]),
            Status::Error => {
                let other =
                    self.cnf.and([own.failed, !own.timeout, !own.invalid, !own.rate_limited]);
                self.cnf.or([other, own.condition_failed])
            }
        }
    }

    pub(crate) fn place(&self, name: &CriticName) -> Option<usize> {
        self.model.places.get(name).copied()
    }

    pub(crate) fn phase(&self, phase: Phase) -> Lit {
        let found = self.phases.iter().find(|(other, _)| *other == phase);
        found.map_or(self.cnf.no(), |(_, lit)| *lit)
    }

    /// The gate of a critic, as a word.
    pub(crate) fn gate_of(&self, place: usize) -> Option<&'m Gate> {
        self.model.critics.get(place).map(|critic| &critic.gate)
    }
}
