//! A condition as a formula over what can be asked of a run.
//!
//! What a proof can follow is translated exactly: statuses, violations, phases, functions of the field, and numbers
//! held against numbers. The rest, whatever reads the snapshot's texts or context or a critic's value, becomes a free
//! atom, under the words it is written in (`formula/write.rs`). So a proof that holds, holds whatever those come to.

mod known;
mod write;

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};
use tribunal_core::{Condition as _, CriticName, Phase, Status};
use tribunal_prove::{Atom, Codes, Condition, Formula};

use self::known::{Known, one_of};
use self::write::write;
use super::Expression;
use super::helper::Call;

/// The longest piece of an expression that stands for a free atom as it is, in characters.
const LONGEST: usize = 200;

/// The condition of an expression that has been checked; where it calls functions of the field, of one that is bound
/// to what the gate of `whose` sees.
pub(super) fn condition(of: &Expression, seen: &[CriticName], whose: &str) -> Condition {
    let mut walk = Walk { of, seen, whose, may_fail: false, walks: 0 };
    let holds = walk.formula(of.root());
    Condition { holds, may_fail: walk.may_fail, reads_outcomes: of.reads_outcomes() }
}

struct Walk<'t> {
    of: &'t Expression,
    /// The critics that the gate sees.
    seen: &'t [CriticName],
    /// The critic whose gate it is.
    whose: &'t str,
    /// Whether something in it may fail: it reads what may be missing, too large or of another type.
    may_fail: bool,
    /// How many walks over lists there have been: two of them are not the same.
    walks: usize,
}

impl Walk<'_> {
    fn formula(&mut self, expr: &IdedExpr) -> Formula {
        match &expr.expr {
            Expr::Literal(LiteralValue::Boolean(holds)) => Formula::Const(*holds.inner()),
            Expr::Call(call) if self.of.helper(expr).is_none() => {
                match (call.func_name.as_str(), call.args.as_slice()) {
                    (operators::LOGICAL_AND, parts) => {
                        Formula::And(parts.iter().map(|part| self.formula(part)).collect())
                    }
                    (operators::LOGICAL_OR, parts) => {
                        Formula::Or(parts.iter().map(|part| self.formula(part)).collect())
                    }
                    (operators::LOGICAL_NOT, [inner]) => self.formula(inner).negated(),
                    (operators::CONDITIONAL, [when, then, otherwise]) => {
                        let when = self.formula(when);
                        let (then, otherwise) = (self.formula(then), self.formula(otherwise));
                        either(when, then, otherwise)
                    }
                    (name, [left, right]) => {
                        self.compared(name, left, right).unwrap_or_else(|| self.free(expr))
                    }
                    _ => self.free(expr),
                }
            }
            _ => match self.known(expr) {
                Some(Known::Holds(formula)) => formula,
                _ => self.free(expr),
            },
        }
    }

    /// A comparison of something known with something that is written out.
    fn compared(&mut self, name: &str, left: &IdedExpr, right: &IdedExpr) -> Option<Formula> {
        if name == operators::IN {
            return self.within(left, right);
        }
        if let (Some(known), Some(literal)) = (self.known(left), literal(right)) {
            return compare(name, known, &literal);
        }
        if let (Some(literal), Some(known)) = (literal(left), self.known(right)) {
            return compare(mirrored(name)?, known, &literal);
        }
        let same = match name {
            operators::EQUALS => true,
            operators::NOT_EQUALS => false,
            _ => return None,
        };
        let (Some(Known::Holds(left)), Some(Known::Holds(right))) =
            (self.known(left), self.known(right))
        else {
            return None;
        };
        let alike = either(left, right.clone(), right.negated());
        Some(if same { alike } else { alike.negated() })
    }

    /// `status in [...]`, `phase in [...]`, `code in prior.x.codes`.
    fn within(&mut self, item: &IdedExpr, list: &IdedExpr) -> Option<Formula> {
        if let (Some(Literal::Text(code)), Some(Known::Codes(critic))) =
            (literal(item), self.known(list))
        {
            return Some(one_of(vec![critic], Some(Codes::Exactly(code))));
        }
        let Expr::List(list) = &list.expr else { return None };
        let parts = list
            .elements
            .iter()
            .map(|element| compare(operators::EQUALS, self.known(item)?, &literal(element)?));
        Some(Formula::Or(parts.collect::<Option<Vec<_>>>()?))
    }

    /// What cannot be known. Members of maps may be missing, texts too long, and types others than expected.
    fn free(&mut self, expr: &IdedExpr) -> Formula {
        self.may_fail = true;
        let mut written = String::new();
        if !write(expr, &mut written) {
            self.walks += 1;
            written = format!("a part ({}) of {}", self.walks, self.of.text().trim());
        }
        // Cut off, two that are not the same would look alike.
        if written.chars().count() > LONGEST {
            let start: String = written.chars().take(LONGEST).collect();
            let mut hasher = DefaultHasher::new();
            written.hash(&mut hasher);
            written = format!("{start}… ({:016x})", hasher.finish());
        }
        // Another gate may see others, and then the same words are about something else.
        if self.depends_on_sight(expr) {
            written = format!("{written} (as `{}` sees it)", self.whose);
        }
        Formula::Atom(Atom::Free(written))
    }

    /// Whether it calls a function that looks at all that the gate sees.
    fn depends_on_sight(&self, expr: &IdedExpr) -> bool {
        let calls = self.of.calls.iter().zip(&*self.of.helpers);
        let wide = calls.filter(|(_, helper)| helper.is_about_all_seen());
        let wide: Vec<Call> = wide.map(|(call, _)| call.clone()).collect();
        !wide.is_empty() && super::with_variables(expr, &wide) != *expr
    }
}

fn either(when: Formula, then: Formula, otherwise: Formula) -> Formula {
    let not = when.clone().negated();
    Formula::Or(vec![Formula::And(vec![when, then]), Formula::And(vec![not, otherwise])])
}

enum Literal {
    Bool(bool),
    Number(f64),
    Text(String),
}

fn literal(expr: &IdedExpr) -> Option<Literal> {
    match &expr.expr {
        Expr::Literal(LiteralValue::Boolean(holds)) => Some(Literal::Bool(*holds.inner())),
        Expr::Literal(LiteralValue::Double(number)) => Some(Literal::Number(*number.inner())),
        Expr::Literal(LiteralValue::Int(number)) => Some(Literal::Number(exact(*number.inner())?)),
        Expr::Literal(LiteralValue::UInt(number)) => {
            Some(Literal::Number(exact(i64::try_from(*number.inner()).ok()?)?))
        }
        Expr::Literal(LiteralValue::String(text)) => Some(Literal::Text(text.inner().to_owned())),
        Expr::Call(call) if call.func_name == operators::NEGATE => match call.args.as_slice() {
            [inner] => match literal(inner)? {
                Literal::Number(number) => Some(Literal::Number(-number)),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// A whole number as a float, where that is the same number.
fn exact(number: i64) -> Option<f64> {
    i32::try_from(number).ok().map(f64::from)
}

fn mirrored(name: &str) -> Option<&str> {
    Some(match name {
        operators::LESS => operators::GREATER,
        operators::LESS_EQUALS => operators::GREATER_EQUALS,
        operators::GREATER => operators::LESS,
        operators::GREATER_EQUALS => operators::LESS_EQUALS,
        operators::EQUALS | operators::NOT_EQUALS => name,
        _ => return None,
    })
}

fn compare(name: &str, known: Known, literal: &Literal) -> Option<Formula> {
    let equal = match (known, literal) {
        (Known::Number(number), Literal::Number(at)) => {
            let (from, above) = (number.from(*at), number.above(*at));
            match name {
                operators::GREATER_EQUALS => return Some(from),
                operators::GREATER => return Some(above),
                operators::LESS => return Some(from.negated()),
                operators::LESS_EQUALS => return Some(above.negated()),
                _ => Formula::And(vec![from, above.negated()]),
            }
        }
        (Known::Holds(formula), Literal::Bool(true)) => formula,
        (Known::Holds(formula), Literal::Bool(false)) => formula.negated(),
        (Known::Status(critic), Literal::Text(text)) => {
            let status = Status::ALL.iter().find(|status| status.as_str() == text);
            status.map_or(Formula::Const(false), |status| {
                Formula::Atom(Atom::Status(critic, *status))
            })
        }
        (Known::Phase, Literal::Text(text)) => {
            let phase = Phase::ALL.iter().find(|phase| phase.as_str() == text);
            phase.map_or(Formula::Const(false), |phase| Formula::Atom(Atom::Phase(*phase)))
        }
        _ => return None,
    };
    match name {
        operators::EQUALS => Some(equal),
        operators::NOT_EQUALS => Some(equal.negated()),
        _ => None,
    }
}
