//! A number, cut where somebody asks for it.

use batsat::Lit;

use crate::cnf::Cnf;
use crate::model::Bound;

/// A number between 0 and its most, as far as its bounds tell it apart: each higher one implies those below it, so
/// that `> 0.8` and not `> 0.3` is never both.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// From the lowest bound to the highest.
    bounds: Vec<(Bound, Lit)>,
    whole: bool,
}

impl Line {
    /// A number from 0 to 1.
    pub(crate) fn new(cnf: &mut Cnf, bounds: Vec<Bound>) -> Self {
        let inside = bounds.into_iter().filter(|bound| lies_within(*bound, 1.0)).collect();
        Self::cut(cnf, inside, false)
    }

    /// A whole number from 0 on.
    pub(crate) fn whole(cnf: &mut Cnf, bounds: Vec<Bound>) -> Self {
        let inside = bounds.into_iter().map(to_whole).filter(|bound| bound.at > 0.0).collect();
        Self::cut(cnf, inside, true)
    }

    fn cut(cnf: &mut Cnf, mut bounds: Vec<Bound>, whole: bool) -> Self {
        bounds.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.above.cmp(&b.above)));
        bounds.dedup();
        let bounds: Vec<(Bound, Lit)> = bounds.into_iter().map(|b| (b, cnf.likely())).collect();
        for pair in bounds.windows(2) {
            if let [(low, below), (high, above)] = pair {
                cnf.clause(&[!*above, *below]);
                // There may be no number between the two.
                if number_between(*low, Some(*high), whole).is_none() {
                    cnf.clause(&[!*below, *above]);
                }
            }
        }
        Self { bounds, whole }
    }

    /// Whether it reaches a bound that it was cut at, or that it reaches always or never.
    pub(crate) fn reaches(&self, cnf: &Cnf, bound: Bound) -> Lit {
        let bound = if self.whole { to_whole(bound) } else { bound };
        if bound.is_reached_by(0.0) {
            return cnf.yes();
        }
        let found = self.bounds.iter().find(|(other, _)| *other == bound);
        found.map_or(cnf.no(), |(_, lit)| *lit)
    }

    /// Whether it is more than what it is when nothing is said: it reaches its lowest bound.
    pub(crate) fn lowest(&self) -> Option<Lit> {
        self.bounds.first().map(|(_, lit)| *lit)
    }

    /// Its bounds, from the highest to the lowest.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Lit> {
        self.bounds.iter().rev().map(|(_, lit)| *lit)
    }

    /// That it is this number, as far as it is told apart.
    pub(crate) fn told(&self, number: f64) -> Vec<Lit> {
        let told = |(bound, lit): &(Bound, Lit)| {
            if bound.is_reached_by(number) { *lit } else { !*lit }
        };
        self.bounds.iter().map(told).collect()
    }

    /// A number that it may be in the run that was found.
    pub(crate) fn value(&self, cnf: &Cnf) -> f64 {
        let reached = self.bounds.iter().take_while(|(_, lit)| cnf.holds(*lit)).count();
        let next = self.bounds.get(reached).map(|(bound, _)| *bound);
        match reached.checked_sub(1).and_then(|at| self.bounds.get(at)) {
            None => 0.0,
            Some((bound, _)) => number_between(*bound, next, self.whole).unwrap_or(bound.at),
        }
    }
}

fn lies_within(bound: Bound, most: f64) -> bool {
    !bound.is_reached_by(0.0) && bound.is_reached_by(most)
}

/// The same bound for whole numbers: `> 1.5` and `>= 2` are one.
fn to_whole(bound: Bound) -> Bound {
    let at = if bound.above { bound.at.floor() + 1.0 } else { bound.at.ceil() };
    Bound::from(at)
}

/// A number that reaches the one and not the other.
fn number_between(low: Bound, high: Option<Bound>, whole: bool) -> Option<f64> {
    if !low.above {
        return high.is_none_or(|high| !high.is_reached_by(low.at)).then_some(low.at);
    }
    if whole {
        return None;
    }
    let end = high.map_or(1.0, |high| high.at);
    let middle = low.at + (end - low.at) / 2.0;
    let candidates = [middle, end];
    let fits = |number: &f64| {
        low.is_reached_by(*number) && high.is_none_or(|high| !high.is_reached_by(*number))
    };
    candidates.into_iter().find(fits)
}
