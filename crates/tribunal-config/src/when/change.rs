//! What would have to change for an expression to come out the other way.
//!
//! Parts that are read are taken to change apart from each other, which is true of most and assumed of all.

use std::ops::Range;

use cel::common::ast::{Expr, LiteralValue, operators};
use cel::objects::Value as CelValue;
use cel::{Context, IdedExpr};

use super::Expression;
use super::trace::json;

/// One part of an expression that would have to come out the other way.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where it stands, in bytes of the expression.
    pub part: Range<usize>,
    /// As it is written.
    pub text: String,
    /// What it would have to be.
    pub wanted: bool,
    /// What is compared with something fixed, and its value now, as JSON. May be text of the snapshot.
    pub now: Option<(String, serde_json::Value)>,
    /// Why it has no value now.
    pub failed: Option<String>,
}

/// The fewest parts that would have to change; `None` where none would do.
pub(super) fn fewest(
    of: &Expression,
    node: &IdedExpr,
    context: &Context<'_, '_>,
    wanted: bool,
) -> Option<Vec<Change>> {
    let now = of.value(context, node);
    if matches!(now, Ok(CelValue::Bool(answer)) if answer == wanted) {
        return Some(Vec::new());
    }
    let ask = |node: &IdedExpr, wanted: bool| fewest(of, node, context, wanted);
    let both = |a: Option<Vec<Change>>, b: Option<Vec<Change>>| {
        let (mut all, more) = (a?, b?);
        all.extend(more);
        Some(all)
    };
    let either = |a: Option<Vec<Change>>, b: Option<Vec<Change>>| match (a, b) {
        (Some(a), Some(b)) => Some(if b.len() < a.len() { b } else { a }),
        (a, b) => a.or(b),
    };
    if let Expr::Call(call) = &node.expr {
        match (call.func_name.as_str(), call.args.as_slice()) {
            (operators::LOGICAL_NOT, [inner]) => return ask(inner, !wanted),
            (operators::LOGICAL_AND, [left, right]) | (operators::LOGICAL_OR, [left, right]) => {
                // What must hold of both for the one answer must hold of either for the other.
                let needs_both = (call.func_name == operators::LOGICAL_AND) == wanted;
                let (left, right) = (ask(left, wanted), ask(right, wanted));
                return if needs_both { both(left, right) } else { either(left, right) };
            }
            (operators::CONDITIONAL, [asked, yes, no]) => {
                let through = |answer: bool, branch| both(ask(asked, answer), ask(branch, wanted));
                return either(through(true, yes), through(false, no));
            }
            _ => {}
        }
    }
    if !reads(of, node) {
        return None;
    }
    let part = of.places().whole(node);
    let change = Change {
        text: of.written(&part),
        part,
        wanted,
        now: compared(node).and_then(|side| {
            let value = of.value(context, side).ok()?;
            Some((of.written(&of.places().whole(side)), json(&value)))
        }),
        failed: now.err(),
    };
    Some(vec![change])
}

/// The side of a comparison that is not written out.
fn compared(node: &IdedExpr) -> Option<&IdedExpr> {
    const COMPARISONS: [&str; 7] = [
        operators::EQUALS,
        operators::NOT_EQUALS,
        operators::LESS,
        operators::LESS_EQUALS,
        operators::GREATER,
        operators::GREATER_EQUALS,
        operators::IN,
    ];
    let Expr::Call(call) = &node.expr else { return None };
    if !COMPARISONS.contains(&call.func_name.as_str()) {
        return None;
    }
    let is_fixed = |side: &&IdedExpr| matches!(side.expr, Expr::Literal(_) | Expr::List(_));
    let mut open = call.args.iter().filter(|side| !is_fixed(side));
    open.next().filter(|_| open.next().is_none())
}

/// Whether it looks at anything at all.
fn reads(of: &Expression, node: &IdedExpr) -> bool {
    if of.helper(node).is_some() {
        return true;
    }
    match &node.expr {
        Expr::Ident(name) => matches!(name.trim_start_matches('.'), "snapshot" | "prior"),
        Expr::Select(select) => reads(of, &select.operand),
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).any(|inner| reads(of, inner))
        }
        Expr::List(list) => list.elements.iter().any(|item| reads(of, item)),
        Expr::Comprehension(around) => {
            [&around.iter_range, &around.loop_step].into_iter().any(|inner| reads(of, inner))
        }
        Expr::Literal(LiteralValue::Boolean(_)) => false,
        _ => false,
    }
}
