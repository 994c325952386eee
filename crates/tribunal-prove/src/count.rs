//! Counting literals, and adding up what they weigh.
//!
//! A count is unary and exact up to a bound: cheap for the few events of a counterexample. A sum is binary: money
//! and time.

use batsat::Lit;

use crate::cnf::Cnf;

/// How many of the literals hold, as `at least 1`, `at least 2`, ... up to `most`.
pub(crate) fn count(cnf: &mut Cnf, lits: &[Lit], most: usize) -> Vec<Lit> {
    match lits {
        [] => Vec::new(),
        [only] => vec![*only],
        _ => {
            let (left, right) = lits.split_at(lits.len() / 2);
            let (left, right) = (count(cnf, left, most), count(cnf, right, most));
            merge(cnf, &left, &right, most)
        }
    }
}

fn merge(cnf: &mut Cnf, left: &[Lit], right: &[Lit], most: usize) -> Vec<Lit> {
    let length = (left.len() + right.len()).min(most);
    let merged: Vec<Lit> = (0..length).map(|_| cnf.fresh()).collect();
    for at_left in 0..=left.len() {
        for at_right in 0..=right.len() {
            let sum = (at_left + at_right).min(most);
            let mut needs = Vec::with_capacity(2);
            needs.extend(at_left.checked_sub(1).and_then(|at| left.get(at)).copied());
            needs.extend(at_right.checked_sub(1).and_then(|at| right.get(at)).copied());
            if let Some(out) = sum.checked_sub(1).and_then(|at| merged.get(at)) {
                // Only upwards: a bound on the count is all that is ever asked for.
                cnf.implies(&needs, &[*out]);
            }
        }
    }
    merged
}

/// A number in binary, lowest bit first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bits(Vec<Lit>);

impl Bits {
    /// This number if the literal holds, 0 if not.
    fn weighed(cnf: &Cnf, weight: u64, lit: Lit) -> Self {
        let width = 64 - weight.leading_zeros();
        let bit = |at| if weight >> at & 1 == 1 { lit } else { cnf.no() };
        Self((0..width).map(bit).collect())
    }

    fn bit(&self, cnf: &Cnf, at: usize) -> Lit {
        self.0.get(at).copied().unwrap_or(cnf.no())
    }

    /// The sum of two numbers.
    pub(crate) fn plus(&self, cnf: &mut Cnf, other: &Self) -> Self {
        let mut carry = cnf.no();
        let mut sum = Vec::new();
        for at in 0..self.0.len().max(other.0.len()) {
            let (a, b) = (self.bit(cnf, at), other.bit(cnf, at));
            let odd = cnf.xor(a, b);
            sum.push(cnf.xor(odd, carry));
            let both = cnf.and([a, b]);
            let carried = cnf.and([odd, carry]);
            carry = cnf.or([both, carried]);
        }
        if carry != cnf.no() {
            sum.push(carry);
        }
        Self(sum)
    }

    /// Adds a weight where the literal holds.
    pub(crate) fn plus_if(&self, cnf: &mut Cnf, weight: u64, lit: Lit) -> Self {
        let weighed = Self::weighed(cnf, weight, lit);
        self.plus(cnf, &weighed)
    }

    /// The sum of what the literals weigh that hold; in a tree, so that numbers stay short.
    pub(crate) fn sum(cnf: &mut Cnf, weights: &[(u64, Lit)]) -> Self {
        match weights {
            [] => Self::default(),
            [(weight, lit)] => Self::weighed(cnf, *weight, *lit),
            _ => {
                let (left, right) = weights.split_at(weights.len() / 2);
                let (left, right) = (Self::sum(cnf, left), Self::sum(cnf, right));
                left.plus(cnf, &right)
            }
        }
    }

    /// Whether it is this number or more.
    pub(crate) fn is_at_least(&self, cnf: &mut Cnf, bound: u64) -> Lit {
        let width = self.0.len().max((64 - bound.leading_zeros()) as usize);
        // From the lowest bit up: the highest in which the two differ decides.
        let mut reaches = cnf.yes();
        for at in 0..width {
            let own = self.bit(cnf, at);
            reaches = if bound >> at & 1 == 1 {
                cnf.and([own, reaches])
            } else {
                cnf.or([own, reaches])
            };
        }
        reaches
    }

    /// The number, or the bound where that is less.
    pub(crate) fn capped(&self, cnf: &mut Cnf, bound: u64) -> Self {
        let over = self.is_at_least(cnf, bound);
        let width = self.0.len();
        let mut capped = Vec::with_capacity(width);
        for at in 0..width {
            let below = cnf.and([self.bit(cnf, at), !over]);
            capped.push(if at < 64 && bound >> at & 1 == 1 { cnf.or([below, over]) } else { below });
        }
        Self(capped)
    }

    /// The number in the run that was found.
    pub(crate) fn value(&self, cnf: &Cnf) -> u64 {
        let bits = self.0.iter().enumerate().filter(|(at, lit)| *at < 64 && cnf.holds(**lit));
        bits.map(|(at, _)| 1_u64 << at).sum()
    }
}
