//! What a proof knows of an expression's parts: members of outcomes, the phase, and functions of the field.

use cel::IdedExpr;
use cel::common::ast::Expr;
use tribunal_core::{CriticName, Status};
use tribunal_prove::{Atom, Bound, Codes, Formula, Quantity};

use super::Walk;
use crate::when::path::path;
use crate::when::{Among, Helper};

/// What a part of an expression is to a proof.
pub(super) enum Known {
    Holds(Formula),
    Number(Number),
    Status(CriticName),
    Codes(CriticName),
    Phase,
}

/// A number that can be held against another.
pub(super) enum Number {
    /// The highest of these critics'; 0 where there are none.
    Highest(Vec<CriticName>, Quantity),
    /// The highest severity of these critics' violations with such a code.
    Among(Vec<CriticName>, Codes),
    /// How many violations these critics have together.
    Count(Vec<CriticName>, Option<Codes>),
}

impl Number {
    /// Whether it is at least that.
    pub(super) fn from(&self, at: f64) -> Formula {
        self.reaches(Bound::from(at))
    }

    /// Whether it is more.
    pub(super) fn above(&self, at: f64) -> Formula {
        self.reaches(Bound::above(at))
    }

    fn reaches(&self, bound: Bound) -> Formula {
        if bound.is_reached_by(0.0) {
            return Formula::Const(true);
        }
        let any = |of: &[CriticName], atom: &dyn Fn(CriticName) -> Atom| {
            Formula::Or(of.iter().map(|name| Formula::Atom(atom(name.clone()))).collect())
        };
        match self {
            Self::Highest(of, quantity) => any(of, &|name| Atom::Reaches(name, *quantity, bound)),
            Self::Among(of, codes) => {
                any(of, &|name| Atom::CodeSeverity(name, codes.clone(), bound))
            }
            Self::Count(of, codes) => {
                let least = if bound.above { bound.at.floor() + 1.0 } else { bound.at.ceil() };
                // What does not fit is cut to the most that there is.
                counts(of.clone(), codes.clone(), least as u32)
            }
        }
    }
}

/// Whether one of these critics has a violation.
pub(super) fn one_of(of: Vec<CriticName>, codes: Option<Codes>) -> Formula {
    counts(of, codes, 1)
}

fn counts(mut of: Vec<CriticName>, codes: Option<Codes>, at_least: u32) -> Formula {
    if of.len() == 1
        && codes.is_none()
        && let Some(only) = of.pop()
    {
        let bound = Bound::from(f64::from(at_least));
        return Formula::Atom(Atom::Reaches(only, Quantity::Violations, bound));
    }
    Formula::Atom(Atom::Violations { of, codes, at_least })
}

impl Walk<'_> {
    /// What a part of the expression is, if a proof knows it.
    pub(super) fn known(&self, expr: &IdedExpr) -> Option<Known> {
        if let Some(helper) = self.of.helper(expr) {
            return Some(self.called(helper));
        }
        if let Expr::Select(select) = &expr.expr
            && select.test
        {
            // What every outcome has, and every snapshot, is there.
            return at_path(expr).map(|_| Known::Holds(Formula::Const(true)));
        }
        at_path(expr)
    }

    /// What a call of a function of the field means.
    fn called(&self, helper: &Helper) -> Known {
        let atom = |atom| Known::Holds(Formula::Atom(atom));
        match helper {
            Helper::AnyViolation(among) => {
                let (of, codes) = self.among(among);
                Known::Holds(one_of(of, codes))
            }
            Helper::CountViolations(among) => {
                let (of, codes) = self.among(among);
                Known::Number(Number::Count(of, codes))
            }
            Helper::MaxSeverity(among) => Known::Number(match self.among(among) {
                (of, None) => Number::Highest(of, Quantity::Severity),
                (of, Some(codes)) => Number::Among(of, codes),
            }),
            Helper::MaxUncertainty(among) => {
                Known::Number(Number::Highest(self.among(among).0, Quantity::Uncertainty))
            }
            Helper::Failed(among) => {
                let of = self.among(among).0.into_iter();
                Known::Holds(Formula::Or(of.map(|n| Formula::Atom(Atom::Failed(n))).collect()))
            }
            Helper::Ran(name) => atom(Atom::Called(name.clone())),
            Helper::RiskAtLeast(level) => atom(Atom::Risk(*level)),
            Helper::MatchesLanguage(code) => atom(Atom::Language((*code).to_owned())),
        }
    }

    /// Whose outcomes, and which of their violations.
    fn among(&self, among: &Among) -> (Vec<CriticName>, Option<Codes>) {
        match among {
            Among::All => (self.seen.to_vec(), None),
            Among::Critic(name) => (vec![name.clone()], None),
            // What a critic declares is no promise: whoever raises the code is heard.
            Among::Codes { code, .. } => (self.seen.to_vec(), Some(Codes::Within(code.clone()))),
        }
    }
}

fn at_path(expr: &IdedExpr) -> Option<Known> {
    let (root, _, steps) = path(expr)?;
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    match (root.strip_prefix('.').unwrap_or(root), names.as_slice()) {
        ("snapshot", ["phase"]) => Some(Known::Phase),
        ("prior", [critic, member]) => {
            let critic = CriticName::new(critic).ok()?;
            let number = |quantity| Known::Number(Number::Highest(vec![critic.clone()], quantity));
            Some(match *member {
                "success" => Known::Holds(Formula::Atom(Atom::Status(critic, Status::Success))),
                "violation" => Known::Holds(one_of(vec![critic], None)),
                "violations" => Known::Number(Number::Count(vec![critic], None)),
                "severity" => number(Quantity::Severity),
                "score" => number(Quantity::Score),
                "uncertainty" => number(Quantity::Uncertainty),
                "status" => Known::Status(critic),
                "codes" => Known::Codes(critic),
                _ => return None,
            })
        }
        _ => None,
    }
}
