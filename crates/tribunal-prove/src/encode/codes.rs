//! The violations of one critic, told apart by their codes as far as somebody asks for them.
//!
//! What is asked for overlaps: `pii.email` is a `pii`. So codes fall into kinds, each with those that are asked for in
//! the same ways, and every violation is of one kind. A number among codes is that of the kinds they are made of.

use batsat::Lit;

use super::{Encoded, Line};
use crate::cnf::Cnf;
use crate::count::total;
use crate::model::{Bound, Codes, Quantity};
use crate::path::Found;

/// The kinds of violations that a critic may have.
pub(crate) struct Kinds {
    asked: Vec<Codes>,
    kinds: Vec<Kind>,
}

/// Violations that nobody tells apart.
struct Kind {
    /// A code of this kind.
    code: String,
    count: Line,
    severity: Line,
}

impl Kinds {
    /// The kinds in which these are told apart, and how they add up to all violations of an opinion: their counts to
    /// its count, and none of them is severer than the opinion is.
    pub(super) fn new(
        cnf: &mut Cnf,
        asked: &[Codes],
        declared: Option<&[String]>,
        (most, count): (u32, &Line),
        (severities, severity): (&[Bound], &Line),
    ) -> Self {
        let mut asked = asked.to_vec();
        asked.sort_unstable();
        asked.dedup();
        let some = Bound::from(1.0);
        let mut kinds = Vec::new();
        for whole in [None].into_iter().chain(asked.iter().map(Some)) {
            let Some(code) = example(whole, &asked, declared) else { continue };
            let kind = Kind {
                code,
                count: Line::whole(cnf, one_by_one(most).collect()),
                severity: Line::new(cnf, severities.to_vec()),
            };
            let there = kind.count.reaches(cnf, some);
            for bound in severities.iter().filter(|bound| !bound.is_reached_by(0.0)) {
                let (own, all) =
                    (kind.severity.reaches(cnf, *bound), severity.reaches(cnf, *bound));
                cnf.implies(&[own], &[there]);
                cnf.implies(&[own], &[all]);
            }
            kinds.push(kind);
        }
        let kinds = Self { asked, kinds };
        let mut sums = kinds.count(cnf, None, most).into_iter();
        for step in one_by_one(most) {
            let (all, sum) = (count.reaches(cnf, step), sums.next().unwrap_or(cnf.no()));
            cnf.implies(&[sum], &[all]);
            cnf.implies(&[all], &[sum]);
        }
        kinds
    }

    /// How many violations there are with such a code, as `at least 1`, `at least 2`, ... up to `most`.
    fn count(&self, cnf: &mut Cnf, codes: Option<&Codes>, most: u32) -> Vec<Lit> {
        let steps =
            |kind: &Kind| one_by_one(most).map(|step| kind.count.reaches(cnf, step)).collect();
        let numbers: Vec<Vec<Lit>> = self.among(codes).map(steps).collect();
        total(cnf, &numbers, most as usize)
    }

    fn among<'k>(&'k self, codes: Option<&'k Codes>) -> impl Iterator<Item = &'k Kind> {
        self.kinds.iter().filter(move |kind| codes.is_none_or(|codes| codes.contain(&kind.code)))
    }

    /// The numbers of each kind, from the highest bound to the lowest.
    fn steps(&self) -> impl Iterator<Item = Lit> {
        self.kinds.iter().flat_map(|kind| kind.severity.steps().chain(kind.count.steps()))
    }

    /// What the opinion says in the run that was found.
    pub(crate) fn found(&self, cnf: &Cnf) -> Vec<Found> {
        let found = self.kinds.iter().map(|kind| Found {
            code: kind.code.clone(),
            times: kind.count.value(cnf) as u32,
            severity: kind.severity.value(cnf),
        });
        found.filter(|found| found.times > 0).collect()
    }

    /// Whether a code is of a kind: it is asked for in the same ways.
    fn is_of(&self, code: &str, kind: &Kind) -> bool {
        self.asked.iter().all(|codes| codes.contain(code) == codes.contain(&kind.code))
    }

    /// That it says just this.
    pub(crate) fn told(&self, found: &[Found]) -> Vec<Lit> {
        let mut lits = Vec::new();
        for kind in &self.kinds {
            let here = || found.iter().filter(|found| self.is_of(&found.code, kind));
            let times: u32 = here().map(|found| found.times).sum();
            lits.extend(kind.count.told(f64::from(times)));
            let severity = here().map(|found| found.severity).fold(0.0, f64::max);
            lits.extend(kind.severity.told(severity));
        }
        lits
    }
}

impl Encoded<'_> {
    /// The numbers of a critic's opinion, each from the highest bound to the lowest.
    pub(crate) fn steps(&self, place: usize) -> Vec<Lit> {
        let lines =
            [Quantity::Severity, Quantity::Violations, Quantity::Uncertainty, Quantity::Score];
        let lines = lines.iter().filter_map(|quantity| self.lines.get(&(place, *quantity)));
        let kinds = self.kinds.get(&place).into_iter().flat_map(Kinds::steps);
        lines.flat_map(Line::steps).chain(kinds).collect()
    }

    /// How many violations the opinion of a critic has, or how many with such a code: as `at least 1`, `at least 2`, ...
    pub(super) fn violations_among(
        &mut self,
        place: usize,
        codes: Option<&Codes>,
        most: u32,
    ) -> Vec<Lit> {
        match (codes, self.kinds.get(&place)) {
            (None, _) => {
                one_by_one(most).map(|step| self.line(place, Quantity::Violations, step)).collect()
            }
            (Some(_), Some(kinds)) => kinds.count(&mut self.cnf, codes, most),
            (Some(_), None) => Vec::new(),
        }
    }

    /// Whether a violation with such a code in the opinion of a critic has a severity that reaches a bound above 0.
    pub(super) fn severity_among(&mut self, place: usize, codes: &Codes, bound: Bound) -> Lit {
        let Some(kinds) = self.kinds.get(&place) else { return self.cnf.no() };
        let reached: Vec<Lit> =
            kinds.among(Some(codes)).map(|kind| kind.severity.reaches(&self.cnf, bound)).collect();
        self.cnf.or(reached)
    }
}

/// A code of the whole that is of no smaller kind which is asked for, and that a critic may raise. `None` where there
/// is none.
fn example(whole: Option<&Codes>, asked: &[Codes], declared: Option<&[String]>) -> Option<String> {
    let inner =
        |codes: &&Codes| whole.is_none_or(|whole| whole.cover(codes)) && whole != Some(*codes);
    let inner: Vec<&Codes> = asked.iter().filter(inner).collect();
    let fits = |code: &String| {
        whole.is_none_or(|whole| whole.contain(code))
            && !inner.iter().any(|codes| codes.contain(code))
            && declared.is_none_or(|declared| declared.iter().any(|one| is_of_family(code, one)))
    };
    let mut starts: Vec<String> = Vec::new();
    match whole {
        None => starts.push(String::new()),
        Some(Codes::Exactly(code)) => return Some(code.clone()).filter(fits),
        Some(Codes::Within(code)) => {
            if fits(code) {
                return Some(code.clone());
            }
            starts.push(format!("{code}."));
        }
    }
    let declared_codes = declared.unwrap_or_default();
    if let Some(known) = declared_codes.iter().filter(|code| !code.ends_with('*')).find(|c| fits(c))
    {
        return Some(known.clone());
    }
    starts
        .extend(declared_codes.iter().filter_map(|code| Some(code.strip_suffix('*')?.to_owned())));
    // Each smaller kind takes away all that begin so, or one ending at most: with one more than there are kinds,
    // something is left if there is anything.
    let endings =
        (0..=inner.len()).map(|at| if at == 0 { "other".into() } else { format!("other{at}") });
    let all = endings.flat_map(|ending| starts.iter().map(move |start| format!("{start}{ending}")));
    { all }.find(|code| fits(code))
}

/// Whether a code is that which is declared, or of the family where that ends in `*`.
fn is_of_family(code: &str, declared: &str) -> bool {
    match declared.strip_suffix('*') {
        Some(family) => code.starts_with(family),
        None => code == declared,
    }
}

/// From 1 to a number.
pub(super) fn one_by_one(most: u32) -> impl Iterator<Item = Bound> {
    (1..=most).map(|count| Bound::from(f64::from(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_of_a_kind_is_of_it_and_of_nothing_smaller() {
        let within = |code: &str| Codes::Within(code.into());
        let exactly = |code: &str| Codes::Exactly(code.into());
        let asked = [within("pii"), within("pii.email"), exactly("pii.email"), exactly("other")];
        let any = |whole: Option<&Codes>| example(whole, &asked, None);
        assert_eq!(any(None).as_deref(), Some("other1"));
        assert_eq!(any(Some(&asked[0])).as_deref(), Some("pii"));
        assert_eq!(any(Some(&asked[1])).as_deref(), Some("pii.email.other"));
        assert_eq!(any(Some(&asked[2])).as_deref(), Some("pii.email"));

        let declared = ["pii.email".to_owned(), "pii.x*".to_owned()];
        let some = |whole: Option<&Codes>| example(whole, &asked, Some(&declared));
        assert_eq!(some(None), None);
        assert_eq!(some(Some(&asked[0])).as_deref(), Some("pii.xother"));
        assert_eq!(some(Some(&asked[1])), None);
        assert_eq!(some(Some(&asked[2])).as_deref(), Some("pii.email"));
    }
}
