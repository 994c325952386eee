//! Clauses, and the solver that decides them.
//!
//! Everything else in this crate speaks of literals and of the few ways here to combine them. A literal that is
//! known is folded away, so that what a pipeline does not have costs nothing.

use std::cell::Cell;
use std::rc::Rc;

use batsat::{Callbacks, Lit, Solver, SolverInterface, clause::Kind, lbool};

/// How many clauses one question may teach the solver before it gives up. What a pipeline of a hundred critics asks
/// takes some hundreds.
const MOST_LEARNT: u64 = 20_000;

/// Counts what the solver learns, and stops it when that is too much.
#[derive(Default)]
struct Bounded {
    learnt: Rc<Cell<u64>>,
    most: Rc<Cell<u64>>,
}

impl Callbacks for Bounded {
    fn on_new_clause(&mut self, _: &[Lit], kind: Kind) {
        if kind == Kind::Learnt {
            self.learnt.set(self.learnt.get() + 1);
        }
    }

    fn stop(&self) -> bool {
        self.learnt.get() > self.most.get()
    }
}

/// The solver gave up on a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GaveUp;

/// Clauses over literals.
pub(crate) struct Cnf {
    solver: Solver<Bounded>,
    learnt: Rc<Cell<u64>>,
    most: Rc<Cell<u64>>,
    yes: Lit,
}

impl Cnf {
    pub(crate) fn new() -> Self {
        let learnt = Rc::new(Cell::new(0));
        let most = Rc::new(Cell::new(MOST_LEARNT));
        let bounded = Bounded { learnt: Rc::clone(&learnt), most: Rc::clone(&most) };
        let mut solver = Solver::new(batsat::SolverOpts::default(), bounded);
        let yes = Lit::new(solver.new_var(lbool::UNDEF, true), true);
        solver.add_clause_reuse(&mut vec![yes]);
        Self { solver, learnt, most, yes }
    }

    pub(crate) const fn yes(&self) -> Lit {
        self.yes
    }

    pub(crate) fn no(&self) -> Lit {
        !self.yes
    }

    pub(crate) fn known(&self, holds: bool) -> Lit {
        if holds { self.yes } else { !self.yes }
    }

    /// Something that may be either.
    pub(crate) fn fresh(&mut self) -> Lit {
        Lit::new(self.solver.new_var(lbool::UNDEF, true), true)
    }

    /// Something that may be either, and is tried first as it is likely to let much happen.
    pub(crate) fn likely(&mut self) -> Lit {
        Lit::new(self.solver.new_var(lbool::TRUE, true), true)
    }

    /// One of these holds.
    pub(crate) fn clause(&mut self, lits: &[Lit]) {
        if lits.contains(&self.yes) {
            return;
        }
        let no = self.no();
        let mut lits: Vec<Lit> = lits.iter().copied().filter(|lit| *lit != no).collect();
        self.solver.add_clause_reuse(&mut lits);
    }

    /// Where all of the first hold, one of the second does.
    pub(crate) fn implies(&mut self, all: &[Lit], some: &[Lit]) {
        let clause: Vec<Lit> = all.iter().map(|lit| !*lit).chain(some.iter().copied()).collect();
        self.clause(&clause);
    }

    /// Whether all hold.
    pub(crate) fn and(&mut self, lits: impl IntoIterator<Item = Lit>) -> Lit {
        let inverted: Vec<Lit> = lits.into_iter().map(|lit| !lit).collect();
        !self.or(inverted)
    }

    /// Whether one of them holds.
    pub(crate) fn or(&mut self, lits: impl IntoIterator<Item = Lit>) -> Lit {
        let mut lits: Vec<Lit> = lits.into_iter().filter(|lit| *lit != self.no()).collect();
        lits.sort_unstable();
        lits.dedup();
        // A literal and its opposite stand side by side.
        let opposed = lits.windows(2).any(|pair| matches!(pair, [a, b] if *a == !*b));
        if opposed || lits.contains(&self.yes) {
            return self.yes;
        }
        match lits.as_slice() {
            [] => self.no(),
            [only] => *only,
            _ => {
                let any = self.fresh();
                for lit in &lits {
                    self.clause(&[!*lit, any]);
                }
                lits.push(!any);
                self.clause(&lits);
                any
            }
        }
    }

    /// Whether exactly one of the two holds.
    pub(crate) fn xor(&mut self, a: Lit, b: Lit) -> Lit {
        let (yes, no) = (self.yes(), self.no());
        match (a, b) {
            (a, b) if a == no => b,
            (a, b) if b == no => a,
            (a, b) if a == yes => !b,
            (a, b) if b == yes => !a,
            (a, b) if a == b => no,
            (a, b) if a == !b => yes,
            (a, b) => {
                let odd = self.fresh();
                self.clause(&[!a, !b, !odd]);
                self.clause(&[a, b, !odd]);
                self.clause(&[a, !b, odd]);
                self.clause(&[!a, b, odd]);
                odd
            }
        }
    }

    /// Whether there is a run in which all of these hold. [`Cnf::holds`] then tells of it.
    pub(crate) fn solve(&mut self, assuming: &[Lit]) -> Result<bool, GaveUp> {
        self.solve_within(assuming, MOST_LEARNT)
    }

    /// The same, and gives up sooner.
    pub(crate) fn solve_within(&mut self, assuming: &[Lit], most: u64) -> Result<bool, GaveUp> {
        self.most.set(most);
        self.learnt.set(0);
        match self.solver.solve_limited(assuming) {
            answer if answer == lbool::TRUE => Ok(true),
            answer if answer == lbool::FALSE => Ok(false),
            _ => Err(GaveUp),
        }
    }

    /// Whether a literal holds in the run that was found.
    pub(crate) fn holds(&self, lit: Lit) -> bool {
        self.solver.value_lit(lit) == lbool::TRUE
    }
}
