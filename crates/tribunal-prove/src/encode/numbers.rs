//! The numbers that somebody asks for: the model tells apart no more than these.

use std::collections::{BTreeMap, BTreeSet};

use super::codes::{Kinds, one_by_one};
use super::{Distinct, Line};
use crate::cnf::Cnf;
use crate::model::{Atom, Bound, Codes, Gate, Model, Quantity};

/// Up to so many violations are counted one by one. From there on, sums may be more or less than their parts.
pub(super) const MOST_COUNTED: u32 = 20;

/// Every number of risk that somebody asks for.
pub(super) fn risks(model: &Model, distinct: &Distinct<'_>) -> Vec<Bound> {
    let mut all: Vec<f64> = distinct.risks.clone();
    for critic in &model.critics {
        match &critic.gate {
            Gate::OnHighRisk(level) => all.push(level.score()),
            Gate::Conditional(condition) => condition.holds.atoms(&mut |atom| {
                if let Atom::Risk(level) = atom {
                    all.push(level.score());
                }
            }),
            _ => {}
        }
    }
    all.into_iter().map(Bound::from).collect()
}

/// What opinions are told apart by.
pub(super) struct Numbers {
    /// The numbers of every critic, cut at all that anybody asks for.
    pub(super) lines: BTreeMap<(usize, Quantity), Line>,
    /// The violations of the critics that somebody asks about by their codes.
    pub(super) kinds: BTreeMap<usize, Kinds>,
    /// The critics of which somebody asks whether they were called.
    pub(super) whether_called: BTreeSet<usize>,
}

#[derive(Default)]
struct Wanted {
    bounds: BTreeMap<(usize, Quantity), Vec<Bound>>,
    codes: BTreeMap<usize, Vec<Codes>>,
    called: BTreeSet<usize>,
}

impl Numbers {
    pub(super) fn of(cnf: &mut Cnf, model: &Model, distinct: &Distinct<'_>) -> Self {
        let mut wanted = Wanted::of(model, distinct);
        let mut counted = BTreeMap::new();
        for place in wanted.codes.keys() {
            // A sum of kinds is exact only where each is counted one by one.
            let counts = wanted.bounds.entry((*place, Quantity::Violations)).or_default();
            let most = counts
                .iter()
                .map(|bound| (bound.at.floor() as u32).saturating_add(1))
                .max()
                .unwrap_or(1);
            let most = most.min(MOST_COUNTED);
            counts.extend(one_by_one(most));
            counted.insert(*place, most);
        }
        let line = |(&(place, quantity), bounds): (&(usize, Quantity), &Vec<Bound>)| {
            let silent = model.critics.get(place).and_then(|critic| critic.codes.as_deref());
            let line = match quantity {
                // It declares that it has none, ever.
                Quantity::Violations if silent == Some(&[]) => Line::whole(cnf, Vec::new()),
                Quantity::Violations => Line::whole(cnf, bounds.clone()),
                _ => Line::new(cnf, bounds.clone()),
            };
            ((place, quantity), line)
        };
        let lines: BTreeMap<_, _> = wanted.bounds.iter().map(line).collect();
        let mut kinds = BTreeMap::new();
        for (place, codes) in wanted.codes {
            let declared = model.critics.get(place).and_then(|critic| critic.codes.as_deref());
            let severities = wanted.bounds.get(&(place, Quantity::Severity)).cloned();
            let severities = severities.unwrap_or_default();
            let most = counted.get(&place).copied().unwrap_or(1);
            let whole = [Quantity::Violations, Quantity::Severity];
            let [Some(count), Some(severity)] = whole.map(|of| lines.get(&(place, of))) else {
                continue;
            };
            let told = Kinds::new(cnf, &codes, declared, (most, count), (&severities, severity));
            kinds.insert(place, told);
        }
        Self { lines, kinds, whether_called: wanted.called }
    }
}

impl Wanted {
    fn of(model: &Model, distinct: &Distinct<'_>) -> Self {
        let mut wanted = Self::default();
        for (name, quantity, bound) in &distinct.numbers {
            if let Some(place) = model.places.get(*name) {
                wanted.want(*place, *quantity, [*bound]);
            }
        }
        for (place, (critic, order)) in model.critics.iter().zip(&model.orders).enumerate() {
            match &critic.gate {
                Gate::Conditional(condition) => {
                    condition.holds.atoms(&mut |atom| wanted.atom(atom, model));
                }
                Gate::OnUncertainty(at) => {
                    for &seen in &order.sees {
                        wanted.want(seen, Quantity::Uncertainty, [Bound::from(*at)]);
                    }
                }
                _ => {}
            }
            let thresholds = [critic.thresholds.review_at(), critic.thresholds.block_at()];
            let thresholds = thresholds.into_iter().flatten().map(Bound::from);
            wanted.want(place, Quantity::Severity, thresholds);
            wanted.want(place, Quantity::Violations, [Bound::from(1.0)]);
        }
        wanted
    }

    fn want(&mut self, place: usize, what: Quantity, bounds: impl IntoIterator<Item = Bound>) {
        self.bounds.entry((place, what)).or_default().extend(bounds);
    }

    fn atom(&mut self, atom: &Atom, model: &Model) {
        for place in atom.critics().filter_map(|name| model.places.get(name)) {
            let codes = match atom {
                Atom::Reaches(_, quantity, bound) => {
                    self.want(*place, *quantity, [*bound]);
                    None
                }
                Atom::Violations { codes, at_least, .. } => {
                    self.want(
                        *place,
                        Quantity::Violations,
                        one_by_one((*at_least).min(MOST_COUNTED)),
                    );
                    codes.as_ref()
                }
                Atom::CodeSeverity(_, codes, bound) => {
                    self.want(*place, Quantity::Severity, [*bound]);
                    Some(codes)
                }
                Atom::Called(_) => {
                    self.called.insert(*place);
                    None
                }
                _ => None,
            };
            if let Some(codes) = codes {
                self.codes.entry(*place).or_default().push(codes.clone());
            }
        }
    }
}
