//! An evaluation step by step, for people.
//!
//! Each step is evaluated by the same code, on the same values, as the whole is in a run. What an operator does not
//! get to look at is a step too, and says so.

use std::ops::Range;

use cel::common::ast::{Expr, operators};
use cel::objects::Value as CelValue;
use cel::{Context, IdedExpr};
use tribunal_core::{View, contain};

use super::helper::HelperValue;
use super::place::Places;
use super::{Change, Expression, Failed, change, not_bool};

/// How an expression came to its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// What it gave: the answer of the gate, or why there is none.
    pub holds: Result<bool, String>,
    /// In the order of the evaluation; the last is the whole.
    pub steps: Vec<Step>,
    /// The fewest changes that would turn the answer over, as far as the parts that are read can be changed apart
    /// from each other. Empty where no change of what is read would do.
    pub changes: Vec<Change>,
}

/// One part of an expression, and what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// How many parts are around it.
    pub depth: usize,
    /// Where it stands, in bytes of the expression.
    pub part: Range<usize>,
    /// As it is written.
    pub text: String,
    /// What it came to.
    pub kind: StepKind,
    /// What is behind the value, for calls of functions of the field.
    pub because: Option<String>,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum StepKind {
    /// A value, as JSON. May be text of the snapshot.
    Value(serde_json::Value),
    /// None, for this reason. Says nothing private.
    Failed(String),
    /// It was not looked at: what stands before it decided.
    NotReached,
}

impl Expression {
    /// Evaluates it as in a run, and tells how it came to its value.
    #[must_use]
    pub fn trace(&self, view: View<'_>) -> Trace {
        let traced = contain(|| {
            self.with_context(view, |context| {
                let mut tracing = Tracing { of: self, context, view, steps: Vec::new() };
                tracing.step(self.root(), 0);
                let whole = CelValue::resolve(&self.run, context);
                let holds = match whole {
                    Ok(CelValue::Bool(holds)) => Ok(holds),
                    Ok(other) => Err(not_bool(&other)),
                    Err(error) => Err(self.describe_error(&error)),
                };
                let wanted = holds.as_ref().map_or(true, |holds| !holds);
                let changes = change::fewest(self, self.root(), context, wanted);
                Trace { holds, steps: tracing.steps, changes: changes.unwrap_or_default() }
            })
        });
        let failed =
            |problem| Trace { holds: Err(problem), steps: Vec::new(), changes: Vec::new() };
        match traced {
            Ok(Ok(trace)) => trace,
            Ok(Err(Failed::Input(problem))) => failed(problem),
            Ok(Err(Failed::Evaluation(error))) => failed(self.describe_error(&error)),
            Err(panicked) => failed(panicked.to_string()),
        }
    }

    /// What a part of it comes to.
    pub(super) fn value(
        &self,
        context: &Context<'_, '_>,
        node: &IdedExpr,
    ) -> Result<CelValue, String> {
        let run = super::with_variables(node, &self.calls);
        CelValue::resolve(&run, context).map_err(|error| self.describe_error(&error))
    }

    pub(super) fn places(&self) -> Places<'_> {
        Places { text: &self.text, source: self.program.source_info() }
    }

    /// A part as it is written, on one line.
    pub(super) fn written(&self, part: &Range<usize>) -> String {
        let text = self.text.get(part.clone()).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

struct Tracing<'t, 'p, 'v> {
    of: &'t Expression,
    context: &'t Context<'p, 'v>,
    view: View<'t>,
    steps: Vec<Step>,
}

impl Tracing<'_, '_, '_> {
    /// What a node needs first, and then the node. Literals speak for themselves.
    fn step(&mut self, node: &IdedExpr, depth: usize) {
        let helper = self.of.helper(node);
        if depth > 0 && matches!(node.expr, Expr::Literal(_)) {
            return;
        }
        if helper.is_none() && !is_read(node) {
            self.inner(node, depth + 1);
        }
        let because = helper.map(|helper| {
            let parts = helper.because(self.view).into_iter();
            let parts: Vec<String> =
                parts.map(|(critic, part)| format!("{critic}: {}", shown(part))).collect();
            if parts.is_empty() {
                String::from("no outcome it sees has any")
            } else {
                parts.join(", ")
            }
        });
        let reads_outcomes = |helper: &super::Helper| {
            use super::Helper;
            !matches!(helper, Helper::Ran(_) | Helper::RiskAtLeast(_) | Helper::MatchesLanguage(_))
        };
        let because = because.filter(|_| helper.is_some_and(reads_outcomes));
        let kind = match self.of.value(self.context, node) {
            Ok(value) => StepKind::Value(json(&value)),
            Err(problem) => StepKind::Failed(problem),
        };
        self.push(node, depth, kind, because);
    }

    fn inner(&mut self, node: &IdedExpr, depth: usize) {
        match &node.expr {
            Expr::Call(call) => match (call.func_name.as_str(), call.args.as_slice()) {
                (operators::LOGICAL_AND, [left, right]) => self.either(left, right, false, depth),
                (operators::LOGICAL_OR, [left, right]) => self.either(left, right, true, depth),
                (operators::CONDITIONAL, [asked, yes, no]) => {
                    self.step(asked, depth);
                    for (branch, when) in [(yes, true), (no, false)] {
                        match self.of.value(self.context, asked) {
                            Ok(CelValue::Bool(answer)) if answer == when => {
                                self.step(branch, depth)
                            }
                            _ => self.push(branch, depth, StepKind::NotReached, None),
                        }
                    }
                }
                _ => {
                    let operands = call.target.as_deref().into_iter().chain(&call.args);
                    operands.for_each(|operand| self.step(operand, depth));
                }
            },
            Expr::Select(select) => self.step(&select.operand, depth),
            Expr::Comprehension(around) => self.step(&around.iter_range, depth),
            _ => {}
        }
    }

    /// Of an operator that is decided by one side.
    fn either(&mut self, left: &IdedExpr, right: &IdedExpr, decisive: bool, depth: usize) {
        self.step(left, depth);
        match self.of.value(self.context, left) {
            Ok(CelValue::Bool(answer)) if answer == decisive => {
                self.push(right, depth, StepKind::NotReached, None);
            }
            _ => self.step(right, depth),
        }
    }

    fn push(&mut self, node: &IdedExpr, depth: usize, kind: StepKind, because: Option<String>) {
        let part = self.of.places().whole(node);
        let text = self.of.written(&part);
        self.steps.push(Step { depth, part, text, kind, because });
    }
}

/// Whether a node is read as it stands: a name and the members that follow it.
pub(super) fn is_read(node: &IdedExpr) -> bool {
    super::path::path(node).is_some_and(|(_, _, steps)| !steps.is_empty())
}

pub(super) fn shown(value: HelperValue) -> String {
    match value {
        HelperValue::Bool(on) => on.to_string(),
        HelperValue::Int(count) => count.to_string(),
        HelperValue::Double(number) => number.to_string(),
    }
}

pub(super) fn json(value: &CelValue) -> serde_json::Value {
    value.json().unwrap_or_default()
}
