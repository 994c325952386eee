//! A condition as a formula over what can be asked of a run.
//!
//! What a proof can follow is translated exactly: statuses, violations, phases, and numbers held against numbers. The
//! rest, whatever reads the snapshot's texts or context or a critic's value, becomes a free atom, under the words it
//! is written in. So a proof that holds, holds whatever those come to.

use std::fmt::Write as _;

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::{IdedExpr, Program};
use tribunal_core::{CriticName, Phase, Status};
use tribunal_prove::{Atom, Bound, Condition, Formula, Quantity};

use super::check::path;

/// The longest piece of an expression that stands for a free atom as it is, in characters.
const LONGEST: usize = 200;

/// The condition of an expression that has been checked.
pub(super) fn condition(text: &str, program: &Program, reads_outcomes: bool) -> Condition {
    let mut walk = Walk { text, may_fail: false, walks: 0 };
    let holds = walk.formula(program.expression());
    Condition { holds, may_fail: walk.may_fail, reads_outcomes }
}

struct Walk<'t> {
    text: &'t str,
    /// Whether something in it may fail: it reads what may be missing, too large or of another type.
    may_fail: bool,
    /// How many walks over lists there have been: two of them are not the same.
    walks: usize,
}

/// What stands at a path that a proof knows.
enum Known {
    Holds(Formula),
    Number(CriticName, Quantity),
    Status(CriticName),
    Codes(CriticName),
    Phase,
}

impl Walk<'_> {
    fn formula(&mut self, expr: &IdedExpr) -> Formula {
        match &expr.expr {
            Expr::Literal(LiteralValue::Boolean(holds)) => Formula::Const(*holds.inner()),
            Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
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
            },
            _ => match known(expr) {
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
        if let (Some(known), Some(literal)) = (known(left), literal(right)) {
            return compare(name, known, &literal);
        }
        if let (Some(literal), Some(known)) = (literal(left), known(right)) {
            return compare(mirrored(name)?, known, &literal);
        }
        let same = match name {
            operators::EQUALS => true,
            operators::NOT_EQUALS => false,
            _ => return None,
        };
        let (Some(Known::Holds(left)), Some(Known::Holds(right))) = (known(left), known(right))
        else {
            return None;
        };
        let alike = either(left, right.clone(), right.negated());
        Some(if same { alike } else { alike.negated() })
    }

    /// `status in [...]`, `phase in [...]`, `code in prior.x.codes`.
    fn within(&mut self, item: &IdedExpr, list: &IdedExpr) -> Option<Formula> {
        if let (Some(Literal::Text(code)), Some(Known::Codes(critic))) =
            (literal(item), known(list))
        {
            let what = format!("a violation of `{critic}` has the code {code:?}");
            let some = Atom::Reaches(critic, Quantity::Violations, Bound::from(1.0));
            let parts = [Atom::Free(what), some];
            return Some(Formula::And(parts.map(Formula::Atom).into()));
        }
        let Expr::List(list) = &list.expr else { return None };
        let parts = list
            .elements
            .iter()
            .map(|element| compare(operators::EQUALS, known(item)?, &literal(element)?));
        Some(Formula::Or(parts.collect::<Option<Vec<_>>>()?))
    }

    /// What cannot be known. Members of maps may be missing, texts too long, and types others than expected.
    fn free(&mut self, expr: &IdedExpr) -> Formula {
        self.may_fail = true;
        let mut written = String::new();
        if !write(expr, &mut written) {
            self.walks += 1;
            written = format!("a part ({}) of {}", self.walks, self.text.trim());
        }
        // Cut off, two that are not the same would look alike.
        if written.chars().count() > LONGEST {
            self.walks += 1;
            let start: String = written.chars().take(LONGEST).collect();
            written = format!("{start}… ({}, {} bytes)", self.walks, self.text.len());
        }
        Formula::Atom(Atom::Free(written))
    }
}

fn either(when: Formula, then: Formula, otherwise: Formula) -> Formula {
    let not = when.clone().negated();
    Formula::Or(vec![Formula::And(vec![when, then]), Formula::And(vec![not, otherwise])])
}

/// What a path leads to, if a proof knows it.
fn known(expr: &IdedExpr) -> Option<Known> {
    if let Expr::Select(select) = &expr.expr
        && select.test
    {
        // What every outcome has, and every snapshot, is there.
        return at_path(expr).map(|_| Known::Holds(Formula::Const(true)));
    }
    at_path(expr)
}

fn at_path(expr: &IdedExpr) -> Option<Known> {
    let (root, _, steps) = path(expr)?;
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    match (root.strip_prefix('.').unwrap_or(root), names.as_slice()) {
        ("snapshot", ["phase"]) => Some(Known::Phase),
        ("prior", [critic, member]) => {
            let critic = CriticName::new(critic).ok()?;
            Some(match *member {
                "success" => Known::Holds(Formula::Atom(Atom::Status(critic, Status::Success))),
                "violation" => {
                    let some = Atom::Reaches(critic, Quantity::Violations, Bound::from(1.0));
                    Known::Holds(Formula::Atom(some))
                }
                "violations" => Known::Number(critic, Quantity::Violations),
                "severity" => Known::Number(critic, Quantity::Severity),
                "score" => Known::Number(critic, Quantity::Score),
                "uncertainty" => Known::Number(critic, Quantity::Uncertainty),
                "status" => Known::Status(critic),
                "codes" => Known::Codes(critic),
                _ => return None,
            })
        }
        _ => None,
    }
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
        (Known::Number(critic, quantity), Literal::Number(at)) => {
            let reaches = |bound| Formula::Atom(Atom::Reaches(critic.clone(), quantity, bound));
            let (from, above) = (reaches(Bound::from(*at)), reaches(Bound::above(*at)));
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

/// Writes an expression so that two that are not the same look different. False for what has too many forms.
fn write(expr: &IdedExpr, out: &mut String) -> bool {
    match &expr.expr {
        Expr::Ident(name) => out.push_str(name),
        Expr::Literal(literal) => return write_literal(literal, out),
        Expr::Select(select) => {
            if select.test {
                out.push_str("has(");
            }
            if !write(&select.operand, out) {
                return false;
            }
            out.push('.');
            out.push_str(&select.field);
            if select.test {
                out.push(')');
            }
        }
        Expr::Call(call) => return write_call(call, out),
        Expr::List(list) => {
            if !list.optional_indices.is_empty() {
                return false;
            }
            out.push('[');
            if !write_all(&list.elements, out) {
                return false;
            }
            out.push(']');
        }
        _ => return false,
    }
    true
}

fn write_literal(literal: &LiteralValue, out: &mut String) -> bool {
    // Writing to a `String` cannot fail.
    let _ = match literal {
        LiteralValue::Boolean(holds) => write!(out, "{}", holds.inner()),
        LiteralValue::Double(number) => write!(out, "{:?}", number.inner()),
        LiteralValue::Int(number) => write!(out, "{}", number.inner()),
        LiteralValue::UInt(number) => write!(out, "{}u", number.inner()),
        LiteralValue::String(text) => write!(out, "{:?}", text.inner()),
        LiteralValue::Null => write!(out, "null"),
        LiteralValue::Bytes(_) => return false,
    };
    true
}

fn write_all(all: &[IdedExpr], out: &mut String) -> bool {
    for (at, item) in all.iter().enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        if !write(item, out) {
            return false;
        }
    }
    true
}

fn write_call(call: &CallExpr, out: &mut String) -> bool {
    let name = call.func_name.as_str();
    match (call.args.as_slice(), infix(name)) {
        ([left, right], Some(sign)) if call.target.is_none() => {
            let grouped = |item: &IdedExpr, out: &mut String| {
                let inner = matches!(&item.expr, Expr::Call(c) if infix(&c.func_name).is_some());
                if inner {
                    out.push('(');
                }
                let written = write(item, out);
                if inner {
                    out.push(')');
                }
                written
            };
            if !grouped(left, out) {
                return false;
            }
            let _ = write!(out, " {sign} ");
            return grouped(right, out);
        }
        ([list, index], None) if name == operators::INDEX => {
            if !write(list, out) {
                return false;
            }
            out.push('[');
            let written = write(index, out);
            out.push(']');
            return written;
        }
        _ => {}
    }
    if let Some(target) = &call.target {
        if !write(target, out) {
            return false;
        }
        out.push('.');
    }
    out.push_str(name);
    out.push('(');
    let written = write_all(&call.args, out);
    out.push(')');
    written
}

fn infix(name: &str) -> Option<&'static str> {
    Some(match name {
        operators::LOGICAL_AND => "&&",
        operators::LOGICAL_OR => "||",
        operators::EQUALS => "==",
        operators::NOT_EQUALS => "!=",
        operators::GREATER => ">",
        operators::GREATER_EQUALS => ">=",
        operators::LESS => "<",
        operators::LESS_EQUALS => "<=",
        operators::ADD => "+",
        operators::SUBSTRACT => "-",
        operators::MULTIPLY => "*",
        operators::DIVIDE => "/",
        operators::MODULO => "%",
        operators::IN => "in",
        _ => return None,
    })
}
