//! A sum as the values that it can have: for each of them, whether it is reached.
//!
//! Longer than binary, and much easier on the solver: that a value is reached or not is one literal, and what follows
//! for the sums before and after it follows at once. Costs have few different sums as a rule.

use batsat::Lit;

use crate::cnf::Cnf;

/// The most values that a sum may have; from there on it is a binary number.
const MOST_VALUES: usize = 1_500;

/// A number that is 0 or one of some values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Steps {
    /// From the lowest to the highest value; whoever reaches one has reached those before it.
    values: Vec<(u64, Lit)>,
}

impl Steps {
    /// Adds a weight where the literal holds, up to a number that the sum is never above. `None` where that has too
    /// many values.
    pub(crate) fn plus_if(&self, cnf: &mut Cnf, weight: u64, lit: Lit, most: u64) -> Option<Self> {
        if weight == 0 || lit == cnf.no() {
            return Some(self.clone());
        }
        let known = [0].into_iter().chain(self.values.iter().map(|(value, _)| *value));
        let mut sums: Vec<u64> = known.clone().skip(1).collect();
        sums.extend(known.map(|value| value.saturating_add(weight)));
        sums.sort_unstable();
        sums.dedup();
        sums.retain(|sum| *sum <= most);
        if sums.len() > MOST_VALUES {
            return None;
        }
        // Never more than the most: with so much there already, this one is not added.
        let full = self.is_at_least(cnf, (most + 1).saturating_sub(weight));
        cnf.clause(&[!lit, !full]);
        let mut values = Vec::with_capacity(sums.len());
        for sum in sums {
            let without = self.is_at_least(cnf, sum);
            let before = self.is_at_least(cnf, sum.saturating_sub(weight));
            let with = cnf.and([lit, before]);
            values.push((sum, cnf.or([without, with])));
        }
        Some(Self { values })
    }

    /// Whether it is this number or more.
    pub(crate) fn is_at_least(&self, cnf: &Cnf, bound: u64) -> Lit {
        if bound == 0 {
            return cnf.yes();
        }
        let at = self.values.partition_point(|(value, _)| *value < bound);
        self.values.get(at).map_or(cnf.no(), |(_, lit)| *lit)
    }

    /// Whether two of them are this number or more together.
    pub(crate) fn are_at_least(&self, cnf: &mut Cnf, other: &Self, bound: u64) -> Lit {
        if other.values.is_empty() {
            return self.is_at_least(cnf, bound);
        }
        let mut ways = vec![other.is_at_least(cnf, bound)];
        for (value, lit) in &self.values {
            let rest = other.is_at_least(cnf, bound.saturating_sub(*value));
            ways.push(cnf.and([*lit, rest]));
        }
        cnf.or(ways)
    }

    /// How much more each value is than the one before it.
    pub(crate) fn rises(&self) -> Vec<(u64, Lit)> {
        let before = [0].into_iter().chain(self.values.iter().map(|(value, _)| *value));
        self.values
            .iter()
            .zip(before)
            .map(|((value, lit), before)| (value - before, *lit))
            .collect()
    }

    /// The number in the run that was found.
    pub(crate) fn value(&self, cnf: &Cnf) -> u64 {
        let reached = self.values.iter().take_while(|(_, lit)| cnf.holds(*lit)).last();
        reached.map_or(0, |(value, _)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_arithmetic_and_never_above_the_most() {
        let weights = [3_u64, 5, 3, 11];
        for most in [4, 8, 14, 100] {
            for chosen in 0..1_u32 << weights.len() {
                let mut cnf = Cnf::new();
                let lits = weights.map(|_| cnf.fresh());
                let told = lits.iter().enumerate();
                let told: Vec<Lit> = told
                    .map(|(at, lit)| if chosen >> at & 1 == 1 { *lit } else { !*lit })
                    .collect();
                let sum: u64 = (0..weights.len())
                    .filter(|at| chosen >> at & 1 == 1)
                    .map(|at| weights[at])
                    .sum();
                let mut both = [Steps::default(), Steps::default()];
                for (at, lit) in lits.iter().enumerate() {
                    let own = &mut both[at % 2];
                    *own = own.plus_if(&mut cnf, weights[at], *lit, most).unwrap();
                }
                let [left, right] = both;
                let bounds = [0, 1, 3, 6, 7, 8, 14, 17, 22, 23];
                let reached = bounds.map(|bound| left.are_at_least(&mut cnf, &right, bound));
                let of = |half: usize| -> u64 {
                    (half..4)
                        .step_by(2)
                        .filter(|at| chosen >> at & 1 == 1)
                        .map(|at| weights[at])
                        .sum()
                };
                let fits = of(0) <= most && of(1) <= most;
                assert_eq!(cnf.solve(&told), Ok(fits));
                if fits {
                    assert_eq!((left.value(&cnf), right.value(&cnf)), (of(0), of(1)));
                    for (bound, lit) in bounds.iter().zip(reached) {
                        assert_eq!(cnf.holds(lit), sum >= *bound, "{sum} {bound}");
                    }
                }
            }
        }
    }
}
