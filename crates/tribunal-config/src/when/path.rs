//! Names one after the other, as in `prior.pii.severity` and `prior["pii"].severity`.

use cel::IdedExpr;
use cel::common::ast::{Expr, LiteralValue, operators};

/// A root and the names that follow it, as far as they are written out.
pub(super) fn path(expr: &IdedExpr) -> Option<(&str, &IdedExpr, Vec<Step<'_>>)> {
    let mut here = expr;
    let mut steps = Vec::new();
    loop {
        match &here.expr {
            Expr::Ident(name) => {
                steps.reverse();
                return Some((name, here, steps));
            }
            Expr::Select(select) => {
                steps.push(Step { name: &select.field, taken: here });
                here = &select.operand;
            }
            Expr::Call(call) if call.func_name == operators::INDEX => {
                let [operand, index] = call.args.as_slice() else { return None };
                let Expr::Literal(LiteralValue::String(name)) = &index.expr else { return None };
                steps.push(Step { name: name.inner(), taken: here });
                here = operand;
            }
            _ => return None,
        }
    }
}

/// One step from a root: the name, and the expression that takes it.
pub(super) struct Step<'p> {
    pub(super) name: &'p str,
    pub(super) taken: &'p IdedExpr,
}
