//! An expression in one form, whatever white space it was written with.

use std::fmt::Write as _;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};

/// Writes an expression so that two that are not the same look different. False for what has too many forms.
pub(super) fn write(expr: &IdedExpr, out: &mut String) -> bool {
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
