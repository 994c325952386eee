//! Expressions for the policy `conditional`, in CEL.
//!
//! Start at [`Expression::compile`], and at [`Expression::bind`] for what only its place in a plan can tell.
//! `when/bounds.rs` refuses what would be too much for the parser, `when/check.rs` finds out what an expression reads,
//! `when/types.rs` whether its types fit, and `when/values.rs` builds just what is read for each run.
//! `when/helper.rs` has the functions of the field; `when/trace.rs` evaluates step by step, for people.
//! `when/formula.rs` says what is read for proofs.

mod bounds;
mod change;
mod check;
mod formula;
mod helper;
mod needs;
mod path;
mod place;
pub(crate) mod scope;
mod trace;
mod types;
mod values;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use cel::common::ast::{EntryExpr, Expr};
use cel::objects::Value as CelValue;
use cel::{Context, Env, ExecutionError, IdedExpr, Program};
use tribunal_core::{
    Condition, ConditionError, CriticName, Languages, Opinion, Outcome, Snapshot, View, Violation,
    contain,
};

use crate::Code;

pub use change::Change;
use check::PriorUse;
pub use helper::{Among, Helper, HelperValue};
use helper::{Answers, Call};
use needs::Needs;
pub(crate) use scope::Scope;
pub use scope::Sight;
pub use trace::{Step, StepKind, Trace};

/// Longest expression, in bytes.
const MAX_BYTES: usize = 4 * 1024;
/// Stack for the parser and for whatever walks what it made.
const STACK: usize = 32 << 20;

/// One for all: building it takes longer than evaluating with it.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A part of an expression that does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// What kind of mistake it is.
    pub code: Code,
    /// From which byte of the expression to which.
    pub part: Range<usize>,
    /// What is wrong with it.
    pub problem: String,
    /// What may have been meant.
    pub help: Option<String>,
}

impl Fault {
    fn new(part: Range<usize>, problem: impl Into<String>) -> Self {
        Self { code: Code::InvalidExpression, part, problem: problem.into(), help: None }
    }

    /// A name that stands for nothing.
    fn unknown(part: Range<usize>, problem: impl Into<String>) -> Self {
        Self { code: Code::UnknownName, ..Self::new(part, problem) }
    }

    fn with(self, code: Code) -> Self {
        Self { code, ..self }
    }
}

/// An expression that has been checked, and whose functions of the field are resolved.
#[derive(Clone)]
pub struct Expression {
    text: String,
    program: Arc<Program>,
    /// What is evaluated: the program with a variable in place of each call of a function of the field.
    run: Arc<IdedExpr>,
    needs: Arc<Needs>,
    prior: Arc<[PriorUse]>,
    calls: Arc<[Call]>,
    /// What the calls mean, in the same order; empty before it is known where the expression stands.
    helpers: Arc<[Helper]>,
    languages: Option<Arc<dyn Languages>>,
    /// Whether the types of all that is read are known.
    static_types: bool,
    /// The names and texts that stand in it: these may be repeated in errors, since they are no one's secret.
    words: Arc<BTreeSet<String>>,
    /// The same for those who ask what every run may do.
    modelled: Arc<tribunal_prove::Condition>,
}

impl Expression {
    /// Parses and checks an expression, as far as that can be done without knowing where it stands.
    ///
    /// # Errors
    ///
    /// Every part that does not do; syntax errors alone where there are some.
    pub(crate) fn compile(text: &str) -> Result<Self, Vec<Fault>> {
        bounds::check(text).map_err(|fault| vec![fault])?;
        // The parser goes deep, and how much stack the caller has left nobody knows.
        on_a_deep_stack(text, || Self::compile_here(text))
    }

    fn compile_here(text: &str) -> Result<Self, Vec<Fault>> {
        let program = ENV.compile(text).map_err(|errors| bounds::syntax(text, &errors))?;
        let found = check::check(text, &program)?;
        // With a name misread, what it gives is another question.
        let faults = types::check(text, &program, &found.calls, None);
        if !faults.is_empty() {
            return Err(faults);
        }
        let run = with_variables(program.expression(), &found.calls);
        let mut expression = Self {
            modelled: Arc::new(tribunal_prove::Condition::opaque(text)),
            text: text.to_owned(),
            program: Arc::new(program),
            run: Arc::new(run),
            needs: Arc::new(found.needs),
            prior: found.prior.into(),
            calls: found.calls.into(),
            helpers: Arc::from([]),
            languages: None,
            static_types: found.static_types,
            words: Arc::new(found.words),
        };
        if expression.calls.is_empty() {
            expression.modelled = Arc::new(formula::condition(&expression, &[], ""));
            expression.rehearse()?;
        }
        Ok(expression)
    }

    /// The same expression where its gate sees just this, checked against what those critics return.
    ///
    /// # Errors
    ///
    /// Every part that does not do there.
    pub(crate) fn bind(&self, scope: &Scope<'_>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        for used in &*self.prior {
            if !(scope.noted)(&used.critic)
                && let Err(fault) = scope.critic(&used.critic, &used.part)
            {
                faults.push(fault);
            }
        }
        let mut helpers = Vec::with_capacity(self.calls.len());
        for call in &*self.calls {
            match call.resolve(scope) {
                Ok(helper) => helpers.push(helper),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() {
            faults = types::check(&self.text, &self.program, &self.calls, Some(scope));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let told = helpers.iter().any(|helper| matches!(helper, Helper::MatchesLanguage(_)));
        let languages = scope.languages.clone().filter(|_| told);
        let mut bound = Self { helpers: helpers.into(), languages, ..self.clone() };
        let seen: Vec<CriticName> = scope.seen.keys().cloned().collect();
        let whose = scope.whose.map_or("", CriticName::as_str);
        let modelled = on_a_deep_stack(&self.text, || {
            bound.rehearse()?;
            Ok(formula::condition(&bound, &seen, whose))
        })?;
        bound.modelled = Arc::new(modelled);
        Ok(bound)
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was parsed. A call of a function of the field stands in it as it is written; what it means is told by
    /// [`Expression::helper`].
    #[must_use]
    pub fn root(&self) -> &IdedExpr {
        self.program.expression()
    }

    /// What a node of [`Expression::root`] means, if it is a call of a function of the field.
    #[must_use]
    pub fn helper(&self, node: &IdedExpr) -> Option<&Helper> {
        let place = self.calls.iter().position(|call| call.id == node.id)?;
        self.helpers.get(place)
    }

    /// When it holds, for those who ask what every run may do. Where it calls functions of the field, anything before
    /// it is bound.
    pub(crate) fn modelled(&self) -> &tribunal_prove::Condition {
        &self.modelled
    }

    /// Evaluates it once on a quiet and once on a troubled past, to see that it gives true or false.
    fn rehearse(&self) -> Result<(), Vec<Fault>> {
        let whole = |problem: String| vec![Fault::new(0..self.text.len(), problem)];
        let snapshot = Snapshot::builder()
            .input_text("input")
            .model_response("response")
            .trace_id("trace")
            .build();
        let quiet = Outcome::success(Opinion::clean());
        let violation = Violation::new("code", "message", 1.0);
        let troubled = Outcome::success(Opinion::objection(violation).score(1.0).uncertainty(1.0));
        let names: Option<Vec<CriticName>> =
            self.needs.critics().map(|name| CriticName::new(name).ok()).collect();
        // A name that no critic can have is told later, when it is known which critics there are.
        let Some(names) = names else { return Ok(()) };
        let seen: Vec<u32> = (0..).take(names.len()).collect();
        for outcome in [quiet, troubled] {
            let prior = vec![outcome; names.len()];
            let view = View::with_prior(&snapshot, &names, &prior, &[], &seen);
            let evaluated = contain(|| self.evaluate(view));
            match evaluated {
                Ok(Ok(CelValue::Bool(_))) => {}
                Ok(Ok(other)) => return Err(whole(not_bool(&other))),
                Ok(Err(Failed::Evaluation(error))) if self.static_types && is_mistake(&error) => {
                    return Err(whole(self.describe_error(&error)));
                }
                // What it reads may well be there in a run.
                Ok(Err(_)) => {}
                Err(_panicked) => return Err(whole("cannot be evaluated".into())),
            }
        }
        Ok(())
    }

    fn evaluate(&self, view: View<'_>) -> Result<CelValue, Failed> {
        self.with_context(view, |context| CelValue::resolve(&self.run, context))?
            .map_err(Failed::Evaluation)
    }

    /// Does something with all that the expression reads.
    fn with_context<T>(
        &self,
        view: View<'_>,
        what: impl FnOnce(&Context<'_, '_>) -> T,
    ) -> Result<T, Failed> {
        let roots = values::roots(&self.needs, view).map_err(Failed::Input)?;
        if self.calls.is_empty() {
            let mut context = Context::with_env(Arc::clone(&ENV));
            for (name, value) in roots {
                context.add_variable_from_value(name, value);
            }
            return Ok(what(&context));
        }
        let answers = Answers::new(&self.helpers, self.languages.as_ref(), view);
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(&answers);
        for (name, value) in roots {
            context.add_variable_from_value(name, value);
        }
        Ok(what(&context))
    }

    /// What went wrong, without values: these may be text of the snapshot.
    fn describe_error(&self, error: &ExecutionError) -> String {
        match error {
            ExecutionError::NoSuchKey(key) if self.words.contains(key.as_str()) => {
                format!("there is no member `{key}`")
            }
            ExecutionError::NoSuchKey(_) => "there is no member of that name".into(),
            ExecutionError::NoSuchOverload(error) => {
                let types = error.argument_types();
                let function = operator(error.function());
                if types.is_empty() {
                    return format!("{function} takes arguments, found none");
                }
                format!("{function} does not take `{}`", types.join("`, `"))
            }
            ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => {
                "divides by zero".into()
            }
            ExecutionError::Overflow(..) => "a number is too large".into(),
            ExecutionError::IndexOutOfBounds(_) => "a list is not that long".into(),
            ExecutionError::FunctionError { function, .. } => {
                format!("the function `{function}` failed")
            }
            ExecutionError::InvalidArgumentCount { expected, actual } => {
                format!("a function takes {expected} arguments, found {actual}")
            }
            _ => "the types do not fit together".into(),
        }
    }
}

/// Parses, or walks what was parsed, with stack enough.
fn on_a_deep_stack<T: Send>(
    text: &str,
    what: impl FnOnce() -> Result<T, Vec<Fault>> + Send,
) -> Result<T, Vec<Fault>> {
    let done = std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, what)
            .map(std::thread::ScopedJoinHandle::join)
    });
    let gave_up = |problem: &str| vec![Fault::new(0..text.len(), problem)];
    match done {
        Ok(Ok(done)) => done,
        Ok(Err(_panic)) => Err(gave_up("the parser gave up on this expression")),
        Err(_no_thread) => Err(gave_up("there was no thread to parse this expression on")),
    }
}

/// The same nodes, with a variable in place of each call of a function of the field.
fn with_variables(expr: &IdedExpr, calls: &[Call]) -> IdedExpr {
    if let Some(place) = calls.iter().position(|call| call.id == expr.id) {
        return IdedExpr { id: expr.id, expr: Expr::Ident(helper::variable(place)) };
    }
    let mut expr = expr.clone();
    let replace = |inner: &mut IdedExpr| *inner = with_variables(inner, calls);
    match &mut expr.expr {
        Expr::Call(call) => {
            call.target.as_deref_mut().into_iter().chain(&mut call.args).for_each(replace);
        }
        Expr::Comprehension(around) => [
            &mut around.iter_range,
            &mut around.accu_init,
            &mut around.loop_cond,
            &mut around.loop_step,
            &mut around.result,
        ]
        .into_iter()
        .for_each(replace),
        Expr::List(list) => list.elements.iter_mut().for_each(replace),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    replace(&mut entry.key);
                    replace(&mut entry.value);
                }
            }
        }
        Expr::Select(select) => replace(&mut select.operand),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Struct(_) => {}
    }
    expr
}

/// Why there was no value.
enum Failed {
    /// What it reads is too large.
    Input(String),
    Evaluation(ExecutionError),
}

/// Whether an error has to do with the expression alone, where all types in it are known.
fn is_mistake(error: &ExecutionError) -> bool {
    !matches!(error, ExecutionError::NoSuchKey(_) | ExecutionError::IndexOutOfBounds(_))
}

fn not_bool(value: &CelValue) -> String {
    format!("gives a value of type `{}`, and must give true or false", value.type_of())
}

fn operator(function: &str) -> String {
    let inner = function.trim_matches('_');
    match function {
        "@in" => "`in`".into(),
        "_[_]" => "`[]`".into(),
        "_?_:_" => "`?:`".into(),
        _ => format!("`{inner}`"),
    }
}

impl Condition for Expression {
    fn holds(&self, view: View<'_>) -> Result<bool, ConditionError> {
        match contain(|| self.evaluate(view)) {
            Ok(Ok(CelValue::Bool(holds))) => Ok(holds),
            Ok(Ok(other)) => Err(ConditionError(not_bool(&other))),
            Ok(Err(Failed::Input(problem))) => Err(ConditionError(problem)),
            Ok(Err(Failed::Evaluation(error))) => Err(ConditionError(self.describe_error(&error))),
            Err(panicked) => Err(ConditionError(panicked.to_string())),
        }
    }

    fn describe(&self) -> String {
        self.text.clone()
    }

    fn reads_outcomes(&self) -> bool {
        !self.prior.is_empty() || self.calls.iter().any(Call::reads_outcomes)
    }

    fn reads(&self, critic: &str) -> bool {
        let unresolved = self.helpers.is_empty() && self.calls.iter().any(Call::reads_outcomes);
        unresolved
            || self.prior.iter().any(|read| read.critic == critic)
            || self.helpers.iter().any(|helper| helper.reads(critic))
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests;
