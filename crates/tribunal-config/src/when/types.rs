//! The types of an expression, without running it.
//!
//! CEL finds out about types while it evaluates, and takes two values of different types for unequal without a word.
//! Start at [`check`]; what a member of an outcome is comes from what its critic declares, in `types/members.rs`.

mod kind;
mod members;

use std::rc::Rc;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, LiteralValue, operators};

use self::kind::{Type, arithmetic, hint};
use super::Fault;
use super::helper::Gives;
use super::place::Places;
use super::scope::Scope;
use super::{Call, check};
use crate::Code;

/// Everything about the types of an expression that cannot be meant; of critics that are not known to the scope,
/// as much as holds for all.
pub(super) fn check(
    text: &str,
    program: &cel::Program,
    calls: &[Call],
    scope: Option<&Scope<'_>>,
) -> Vec<Fault> {
    let places = Places { text, source: program.source_info() };
    let mut typing = Typing { places, calls, scope, bound: Vec::new(), faults: Vec::new() };
    let given = typing.of(program.expression());
    if typing.faults.is_empty() && !given.clone().is_bool() {
        let problem =
            format!("gives a value of type `{}`, and must give true or false", given.name());
        typing.faults.push(Fault::new(0..text.len(), problem));
    }
    typing.faults
}

struct Typing<'p> {
    places: Places<'p>,
    calls: &'p [Call],
    scope: Option<&'p Scope<'p>>,
    bound: Vec<(&'p str, Type)>,
    faults: Vec<Fault>,
}

impl<'p> Typing<'p> {
    fn fault(&mut self, at: &IdedExpr, problem: impl Into<String>) -> Type {
        self.faults.push(Fault::new(self.places.part(at), problem).with(Code::TypeMismatch));
        Type::Any
    }

    /// The wrong number of arguments.
    fn count(&mut self, expr: &IdedExpr, name: &str, found: usize) -> Type {
        let takes = if TWO.contains(&name) { "two" } else { "one" };
        let problem = match found {
            0 => format!("`{name}` takes {takes}, found none"),
            found => format!("`{name}` takes {takes}, found {found}"),
        };
        let part = self.places.before(expr, name);
        self.faults.push(Fault::new(part, problem).with(Code::TypeMismatch));
        Type::Any
    }

    fn of(&mut self, expr: &'p IdedExpr) -> Type {
        match &expr.expr {
            Expr::Unspecified | Expr::Struct(_) => Type::Any,
            Expr::Literal(literal) => literal_type(literal),
            Expr::Ident(name) => self.variable(name),
            Expr::Select(select) => {
                let operand = self.of(&select.operand);
                let member = self.member(expr, &operand, &select.field);
                if select.test { Type::Bool } else { member }
            }
            Expr::Call(call) => self.call(expr, call),
            Expr::List(list) => {
                let items = list.elements.iter().map(|item| self.of(item)).collect::<Vec<_>>();
                Type::List(Rc::new(items.into_iter().fold(Type::Never, Type::or)))
            }
            Expr::Map(map) => {
                let mut values = Type::Never;
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        let key = self.of(&entry.key);
                        let fits = key.is_any()
                            || key.is_text()
                            || matches!(key, Type::Bool | Type::Int | Type::Uint | Type::Number);
                        if !fits {
                            let problem = format!("a map does not take `{}` for a key", key.name());
                            self.fault(&entry.key, problem);
                        }
                        values = values.or(self.of(&entry.value));
                    }
                }
                Type::Map(Rc::new(values))
            }
            Expr::Comprehension(around) => self.comprehension(around),
        }
    }

    fn variable(&self, written: &str) -> Type {
        if let Some((_, found)) = self.bound.iter().rev().find(|(name, _)| *name == written) {
            return found.clone();
        }
        match written.strip_prefix('.').unwrap_or(written) {
            "snapshot" => Type::Snapshot,
            "prior" => Type::Prior,
            name if check::TYPES.contains(&name) => Type::Kind,
            _ => Type::Any,
        }
    }

    fn comprehension(&mut self, around: &'p ComprehensionExpr) -> Type {
        let range = self.of(&around.iter_range).sure();
        let item = match range {
            Type::List(item) => (*item).clone(),
            ref map if map.is_map() => Type::Text,
            Type::Any | Type::Never | Type::Sum => Type::Any,
            other => {
                let problem = format!("a walk over items does not take `{}`", other.name());
                self.fault(&around.iter_range, problem)
            }
        };
        let before = self.bound.len();
        let accumulated = self.of(&around.accu_init);
        self.bound.push((&around.accu_var, accumulated.clone()));
        self.bound.push((&around.iter_var, item));
        if let Some(second) = &around.iter_var2 {
            self.bound.push((second, Type::Any));
        }
        self.of(&around.loop_cond);
        let step = self.of(&around.loop_step);
        self.bound.push((&around.accu_var, accumulated.or(step)));
        let result = self.of(&around.result);
        self.bound.truncate(before);
        result
    }

    fn call(&mut self, expr: &'p IdedExpr, call: &'p CallExpr) -> Type {
        if let Some(helper) = self.calls.iter().find(|helper| helper.id == expr.id) {
            return match helper.function.gives() {
                Gives::Bool => Type::Bool,
                Gives::Int => Type::Int,
                Gives::Double => Type::Double,
            };
        }
        let operands: Vec<&'p IdedExpr> =
            call.target.as_deref().into_iter().chain(&call.args).collect();
        let types: Vec<Type> = operands.iter().map(|operand| self.of(operand)).collect();
        match (operands.as_slice(), types.as_slice()) {
            ([one], [a]) => self.unary(expr, call, one, a),
            ([left, right], [a, b]) => self.binary(expr, call, [left, right], [a, b]),
            ([asked, ..], [a, b, c]) if call.func_name == operators::CONDITIONAL => {
                if !a.is_bool() {
                    let problem = format!("`?:` does not take `{}` for its question", a.name());
                    self.fault(asked, problem);
                }
                b.clone().or(c.clone())
            }
            _ => {
                let (name, count) = (&call.func_name, operands.len());
                if check::FUNCTIONS.contains(&name.as_str()) {
                    return self.count(expr, name, count);
                }
                Type::Any
            }
        }
    }

    fn unary(&mut self, expr: &IdedExpr, call: &CallExpr, at: &IdedExpr, found: &Type) -> Type {
        let a = found.clone().sure();
        let name = call.func_name.as_str();
        let (fits, gives) = match name {
            operators::LOGICAL_NOT => (a.is_bool(), Type::Bool),
            operators::NEGATE => {
                let fits = a.is_any() || matches!(a, Type::Int | Type::Double | Type::Number);
                (fits, if fits { a.clone() } else { Type::Any })
            }
            operators::NOT_STRICTLY_FALSE => return Type::Bool,
            "size" => {
                let sized = matches!(a, Type::Bytes | Type::List(_)) || a.is_text() || a.is_map();
                (a.is_any() || sized, Type::Int)
            }
            "string" => {
                let fits = a.is_any() || a.is_number() || a.is_text();
                (fits || matches!(a, Type::Bool | Type::Bytes), Type::Text)
            }
            "int" => (a.is_any() || a.is_number() || a.is_text(), Type::Int),
            "uint" => (a.is_any() || a.is_number() || a.is_text(), Type::Uint),
            "double" => (a.is_any() || a.is_number() || a.is_text(), Type::Double),
            "bool" => (a.is_bool() || a.is_text(), Type::Bool),
            "bytes" => (a.is_any() || a.is_text() || matches!(a, Type::Bytes), Type::Bytes),
            "type" => return Type::Kind,
            "dyn" => return Type::Any,
            _ if TWO.contains(&name) => {
                return self.count(expr, name, 1);
            }
            _ => return Type::Any,
        };
        if !fits {
            let problem = format!("{} does not take `{}`", super::operator(name), a.name());
            self.fault(if name.starts_with(['!', '-']) { expr } else { at }, problem);
        }
        gives
    }

    fn binary(
        &mut self,
        expr: &IdedExpr,
        call: &CallExpr,
        [left, right]: [&'p IdedExpr; 2],
        [a, b]: [&Type; 2],
    ) -> Type {
        let name = call.func_name.as_str();
        let (x, y) = (a.clone().sure(), b.clone().sure());
        let (fits, gives) = match name {
            operators::LOGICAL_AND | operators::LOGICAL_OR => {
                for (at, found) in [(left, &x), (right, &y)] {
                    if !found.is_bool() {
                        let name = super::operator(name);
                        self.fault(at, format!("{name} does not take `{}`", found.name()));
                    }
                }
                return Type::Bool;
            }
            operators::EQUALS | operators::NOT_EQUALS => {
                self.words([left, right], [&x, &y]);
                (a.may_equal(b), Type::Bool)
            }
            operators::LESS
            | operators::LESS_EQUALS
            | operators::GREATER
            | operators::GREATER_EQUALS => (x.may_compare(&y), Type::Bool),
            operators::ADD
            | operators::SUBSTRACT
            | operators::MULTIPLY
            | operators::DIVIDE
            | operators::MODULO => match arithmetic(name, &x, &y) {
                Some(gives) => (true, gives),
                None => (false, Type::Any),
            },
            operators::IN => {
                let fits = match &y {
                    Type::List(item) => {
                        self.words([left, right], [&x, item]);
                        self.list_words(right, &x);
                        a.may_equal(item)
                    }
                    map => map.is_any() || (map.is_map() && a.may_equal(&Type::Text)),
                };
                (fits, Type::Bool)
            }
            operators::INDEX => return self.index(expr, right, &x, &y),
            "contains" | "startsWith" | "endsWith" | "matches" => {
                if let (Type::Word(words), Some(text), "startsWith") = (&x, written(right), name)
                    && let Some(fault) = words.none_begins(text, self.places.part(right))
                {
                    self.faults.push(fault);
                }
                let text = |t: &Type| t.is_any() || t.is_text();
                (text(&x) && text(&y), Type::Bool)
            }
            _ if check::FUNCTIONS.contains(&name) => {
                return self.count(expr, name, 2);
            }
            _ => return Type::Any,
        };
        if !fits {
            let operator = super::operator(name);
            let problem = format!("{operator} does not take `{}`, `{}`", x.name(), y.name());
            let mut fault = Fault::new(self.places.part(expr), problem).with(Code::TypeMismatch);
            fault.help = hint(name, &x, &y);
            self.faults.push(fault);
        }
        gives
    }

    fn index(&mut self, expr: &IdedExpr, at: &IdedExpr, of: &Type, by: &Type) -> Type {
        match (of, written(at)) {
            (Type::List(item), _) if by.is_any() || by.is_number() => (**item).clone(),
            (Type::Map(value), _) if by.is_any() || by.is_text() || by.is_number() => {
                (**value).clone()
            }
            (known, Some(name)) if known.is_map() => self.member(expr, known, name),
            (known, None) if known.is_map() && (by.is_any() || by.is_text()) => Type::Any,
            (known, _) if known.is_any() => Type::Any,
            _ => {
                let problem = format!("`[]` does not take `{}`, `{}`", of.name(), by.name());
                self.fault(expr, problem)
            }
        }
    }

    /// A text that is written out and compared with one of a known set must be one of them.
    fn words(&mut self, at: [&IdedExpr; 2], types: [&Type; 2]) {
        for (text, other) in [(at[0], types[1]), (at[1], types[0])] {
            if let (Some(found), Type::Word(words)) = (written(text), other)
                && let Some(fault) = words.unknown(found, self.places.part(text))
            {
                self.faults.push(fault);
            }
        }
    }

    /// The same for a list of texts.
    fn list_words(&mut self, list: &IdedExpr, item: &Type) {
        if let (Expr::List(list), Type::Word(words)) = (&list.expr, item) {
            for text in &list.elements {
                if let Some(found) = written(text)
                    && let Some(fault) = words.unknown(found, self.places.part(text))
                {
                    self.faults.push(fault);
                }
            }
        }
    }
}

/// The functions that take two.
const TWO: &[&str] = &["contains", "startsWith", "endsWith", "matches"];

/// The text that is written out there.
fn written(expr: &IdedExpr) -> Option<&str> {
    match &expr.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}

fn literal_type(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Bool,
        LiteralValue::Bytes(_) => Type::Bytes,
        LiteralValue::Double(_) => Type::Double,
        LiteralValue::Int(_) => Type::Int,
        LiteralValue::Null => Type::Null,
        LiteralValue::String(_) => Type::Text,
        LiteralValue::UInt(_) => Type::Uint,
    }
}
