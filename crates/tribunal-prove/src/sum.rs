//! A sum of costs, in whichever form suits it.

use batsat::Lit;

use crate::cnf::Cnf;
use crate::count::{Bits, Number};
use crate::steps::Steps;

/// A sum: by its values where these are not too many, and in binary where they are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Sum {
    Steps(Steps),
    Bits(Bits),
}

impl Default for Sum {
    fn default() -> Self {
        Self::Steps(Steps::default())
    }
}

impl Sum {
    /// Adds a weight where the literal holds, up to a number that the sum is never above.
    pub(crate) fn plus_if(&self, cnf: &mut Cnf, weight: u64, lit: Lit, most: u64) -> Self {
        if let Self::Steps(steps) = self
            && let Some(sum) = steps.plus_if(cnf, weight, lit, most)
        {
            return Self::Steps(sum);
        }
        let sum = self.bits(cnf).plus_if(cnf, weight, lit);
        let over = sum.is_at_least(cnf, most.saturating_add(1));
        cnf.clause(&[!over]);
        Self::Bits(sum)
    }

    /// The two together.
    pub(crate) fn and<'s>(&'s self, other: &'s Self) -> Both<'s> {
        Both(self, other)
    }

    /// Whether it is 0 in every run.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    fn bits(&self, cnf: &mut Cnf) -> Bits {
        match self {
            Self::Bits(bits) => bits.clone(),
            Self::Steps(steps) => Bits::sum(cnf, &steps.rises()),
        }
    }
}

impl Number for Sum {
    fn is_at_least(&self, cnf: &mut Cnf, bound: u64) -> Lit {
        match self {
            Self::Steps(steps) => steps.is_at_least(cnf, bound),
            Self::Bits(bits) => bits.is_at_least(cnf, bound),
        }
    }

    fn value(&self, cnf: &Cnf) -> u64 {
        match self {
            Self::Steps(steps) => steps.value(cnf),
            Self::Bits(bits) => bits.value(cnf),
        }
    }
}

/// Two sums together.
pub(crate) struct Both<'s>(&'s Sum, &'s Sum);

impl Number for Both<'_> {
    fn is_at_least(&self, cnf: &mut Cnf, bound: u64) -> Lit {
        match (self.0, self.1) {
            (Sum::Steps(one), Sum::Steps(other)) => one.are_at_least(cnf, other, bound),
            (one, other) if other.is_nothing() => one.is_at_least(cnf, bound),
            (one, other) => {
                let (one, other) = (one.bits(cnf), other.bits(cnf));
                one.plus(cnf, &other).is_at_least(cnf, bound)
            }
        }
    }

    fn value(&self, cnf: &Cnf) -> u64 {
        self.0.value(cnf).saturating_add(self.1.value(cnf))
    }
}
