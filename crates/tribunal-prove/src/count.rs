//! Counting literals, and adding up what they weigh.
//!
//! A count is unary and exact up to a bound: cheap for the few events of a counterexample. A sum is binary: money
//! and time.

use batsat::Lit;

use crate::cnf::Cnf;

/// A number that a run has.
pub(crate) trait Number {
    /// Whether it is this number or more.
    fn is_at_least(&self, cnf: &mut Cnf, bound: u64) -> Lit;

    /// The number in the run that was found.
    fn value(&self, cnf: &Cnf) -> u64;
}

/// As `at least 1`, `at least 2`, ...
impl Number for Vec<Lit> {
    fn is_at_least(&self, cnf: &mut Cnf, bound: u64) -> Lit {
        let Some(at) = bound.checked_sub(1) else { return cnf.yes() };
        let lit = usize::try_from(at).ok().and_then(|at| self.get(at));
        lit.copied().unwrap_or(cnf.no())
    }

    fn value(&self, cnf: &Cnf) -> u64 {
        self.iter().take_while(|lit| cnf.holds(**lit)).count() as u64
    }
}

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

/// The sum of numbers that are written as `at least 1`, `at least 2`, ... up to `most`. Exact in both directions.
pub(crate) fn total(cnf: &mut Cnf, numbers: &[Vec<Lit>], most: usize) -> Vec<Lit> {
    match numbers {
        [] => Vec::new(),
        [only] => only.iter().copied().take(most).collect(),
        _ => {
            let (left, right) = numbers.split_at(numbers.len() / 2);
            let (left, right) = (total(cnf, left, most), total(cnf, right, most));
            let merged = merge(cnf, &left, &right, most);
            // Where neither reaches its next step, the sum does not reach the one after theirs.
            for at_left in 0..=left.len() {
                for at_right in 0..=right.len() {
                    let Some(out) = merged.get(at_left + at_right) else { continue };
                    let next = [left.get(at_left), right.get(at_right)];
                    let next: Vec<Lit> = next.into_iter().flatten().copied().collect();
                    cnf.implies(&[*out], &next);
                }
            }
            merged
        }
    }
}

/// A number in binary, lowest bit first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Bits {
    lits: Vec<Lit>,
    /// The number is never more than this: it has as many bits as that needs.
    most: u64,
}

fn width(most: u64) -> usize {
    (u64::BITS - most.leading_zeros()) as usize
}

impl Bits {
    /// This number if the literal holds, 0 if not.
    fn weighed(cnf: &Cnf, weight: u64, lit: Lit) -> Self {
        let bit = |at| if weight >> at & 1 == 1 { lit } else { cnf.no() };
        Self { lits: (0..width(weight)).map(bit).collect(), most: weight }
    }

    fn bit(&self, cnf: &Cnf, at: usize) -> Lit {
        self.lits.get(at).copied().unwrap_or(cnf.no())
    }

    /// The sum of two numbers.
    pub(crate) fn plus(&self, cnf: &mut Cnf, other: &Self) -> Self {
        let most = self.most.saturating_add(other.most);
        let mut carry = cnf.no();
        let mut lits = Vec::with_capacity(width(most));
        for at in 0..width(most) {
            let (a, b) = (self.bit(cnf, at), other.bit(cnf, at));
            let odd = cnf.xor(a, b);
            lits.push(cnf.xor(odd, carry));
            let both = cnf.and([a, b]);
            let carried = cnf.and([odd, carry]);
            carry = cnf.or([both, carried]);
        }
        Self { lits, most }
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

    /// The number, or the bound where that is less.
    pub(crate) fn capped(&self, cnf: &mut Cnf, bound: u64) -> Self {
        if bound >= self.most {
            return self.clone();
        }
        let over = self.is_at_least(cnf, bound);
        let mut lits = Vec::with_capacity(width(bound));
        for at in 0..width(bound) {
            let below = cnf.and([self.bit(cnf, at), !over]);
            lits.push(if bound >> at & 1 == 1 { cnf.or([below, over]) } else { below });
        }
        Self { lits, most: bound }
    }
}

impl Number for Bits {
    fn is_at_least(&self, cnf: &mut Cnf, bound: u64) -> Lit {
        if bound > self.most {
            return cnf.no();
        }
        // From the lowest bit up: the highest in which the two differ decides.
        let mut reaches = cnf.yes();
        for at in 0..self.lits.len() {
            let own = self.bit(cnf, at);
            reaches =
                if bound >> at & 1 == 1 { cnf.and([own, reaches]) } else { cnf.or([own, reaches]) };
        }
        reaches
    }

    fn value(&self, cnf: &Cnf) -> u64 {
        let bits = self.lits.iter().enumerate().filter(|(_, lit)| cnf.holds(**lit));
        bits.map(|(at, _)| 1_u64 << at).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Weights of which some hold, as the solver is told.
    fn setting(cnf: &mut Cnf, weights: &[u64], chosen: usize) -> (Vec<(u64, Lit)>, Vec<Lit>, u64) {
        let lits: Vec<(u64, Lit)> = weights.iter().map(|weight| (*weight, cnf.fresh())).collect();
        let holds = |at: usize| chosen >> at & 1 == 1;
        let told = lits.iter().enumerate();
        let told = told.map(|(at, (_, lit))| if holds(at) { *lit } else { !*lit }).collect();
        let sum = weights.iter().enumerate().filter(|(at, _)| holds(*at)).map(|(_, w)| w).sum();
        (lits, told, sum)
    }

    #[test]
    fn sums_and_bounds_are_those_of_arithmetic() {
        for weights in [&[1, 1, 1, 1, 1][..], &[3, 5, 7, 11], &[4_000_000_000_000, 1, 999]] {
            for chosen in 0..1 << weights.len() {
                let mut cnf = Cnf::new();
                let (lits, told, sum) = setting(&mut cnf, weights, chosen);
                let bits = Bits::sum(&mut cnf, &lits);
                // One by one as well: many small sums must not make long numbers.
                let mut slow = Bits::default();
                for (weight, lit) in &lits {
                    slow = slow.plus_if(&mut cnf, *weight, *lit);
                }
                let capped = bits.capped(&mut cnf, 6);
                let bounds = [0, 1, 2, 3, 5, 6, 8, 11, 16, 26, 4_000_000_000_000, u64::MAX];
                let at_least = bounds.map(|bound| bits.is_at_least(&mut cnf, bound));
                assert_eq!(cnf.solve(&told), Ok(true));
                assert_eq!((bits.value(&cnf), slow.value(&cnf)), (sum, sum));
                assert_eq!(capped.value(&cnf), sum.min(6));
                for (bound, lit) in bounds.iter().zip(at_least) {
                    assert_eq!(cnf.holds(lit), sum >= *bound, "{sum} {bound}");
                }
            }
        }
    }

    #[test]
    fn a_hundred_sums_make_no_long_number() {
        let mut cnf = Cnf::new();
        let mut sum = Bits::default();
        for _ in 0..100 {
            let lit = cnf.fresh();
            sum = sum.plus_if(&mut cnf, 1, lit);
        }
        assert_eq!(sum.lits.len(), 7);
    }

    #[test]
    fn a_total_of_steps_is_exact_in_both_directions() {
        for chosen in 0..1 << 6_usize {
            let mut cnf = Cnf::new();
            let (lits, mut told, _) = setting(&mut cnf, &[1; 6], chosen);
            let steps: Vec<Vec<Lit>> =
                lits.chunks(2).map(|pair| pair.iter().map(|(_, lit)| *lit).collect()).collect();
            // The second step of a number is not taken before its first.
            for pair in &steps {
                cnf.implies(&[pair[1]], &[pair[0]]);
            }
            let totals = total(&mut cnf, &steps, 5);
            if !cnf.solve(&told).unwrap() {
                continue;
            }
            let sum = chosen.count_ones() as usize;
            for (at, lit) in totals.iter().enumerate() {
                let reached = sum > at;
                told.push(if reached { !*lit } else { *lit });
                assert_eq!(cnf.solve(&told), Ok(false), "{chosen:b} {at}");
                told.pop();
            }
            assert_eq!(totals.len(), 5);
        }
    }

    #[test]
    fn a_count_is_exact_up_to_its_bound() {
        for chosen in 0..1 << 5_usize {
            let mut cnf = Cnf::new();
            let (lits, told, sum) = setting(&mut cnf, &[1; 5], chosen);
            let lits: Vec<Lit> = lits.into_iter().map(|(_, lit)| lit).collect();
            let counts = count(&mut cnf, &lits, 3);
            for (at, over) in counts.iter().enumerate() {
                let mut bounded = told.clone();
                bounded.push(!*over);
                assert_eq!(cnf.solve(&bounded), Ok(sum <= at as u64), "{sum} {at}");
            }
        }
    }
}
