//! Expressions for the policy `conditional`, in CEL.
//!
//! Start at [`Expression::compile`]. `when/bounds.rs` refuses what would be too much for the parser,
//! `when/check.rs` finds out what an expression reads, and `when/values.rs` builds just that for each run.
//! `when/formula.rs` says the same for proofs.

mod bounds;
mod check;
mod formula;
mod needs;
mod values;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use cel::objects::Value as CelValue;
use cel::{Context, Env, ExecutionError, Program};
use tribunal_core::{
    Condition, ConditionError, CriticName, Opinion, Outcome, Snapshot, View, Violation, contain,
};

use crate::Code;

pub(crate) use check::PriorUse;
use needs::Needs;

/// Longest expression, in bytes.
const MAX_BYTES: usize = 4 * 1024;
/// Stack for the parser and for whatever walks what it made.
const STACK: usize = 32 << 20;

/// One for all: building it takes longer than evaluating with it.
static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A part of an expression that does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// From which byte to which.
    pub(crate) code: Code,
    pub(crate) part: Range<usize>,
    pub(crate) problem: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    fn new(part: Range<usize>, problem: impl Into<String>) -> Self {
        Self { code: Code::InvalidExpression, part, problem: problem.into(), help: None }
    }

    /// A name that stands for nothing.
    fn unknown(part: Range<usize>, problem: impl Into<String>) -> Self {
        Self { code: Code::UnknownName, ..Self::new(part, problem) }
    }
}

/// An expression that has been checked.
pub(crate) struct Expression {
    text: String,
    program: Program,
    needs: Needs,
    prior: Vec<PriorUse>,
    /// The names and texts that stand in it: these may be repeated in errors, since they are no one's secret.
    words: BTreeSet<String>,
    /// The same for those who ask what every run may do.
    modelled: tribunal_prove::Condition,
}

impl Expression {
    /// Parses and checks an expression.
    ///
    /// # Errors
    ///
    /// Every part that does not do; syntax errors alone where there are some.
    pub(crate) fn compile(text: &str) -> Result<Self, Vec<Fault>> {
        bounds::check(text).map_err(|fault| vec![fault])?;
        // The parser goes deep, and how much stack the caller has left nobody knows.
        let compiled = std::thread::scope(|scope| {
            std::thread::Builder::new()
                .stack_size(STACK)
                .spawn_scoped(scope, || Self::compile_here(text))
                .map(std::thread::ScopedJoinHandle::join)
        });
        let gave_up = |problem: &str| vec![Fault::new(0..text.len(), problem)];
        match compiled {
            Ok(Ok(compiled)) => compiled,
            Ok(Err(_panic)) => Err(gave_up("the parser gave up on this expression")),
            Err(_no_thread) => Err(gave_up("there was no thread to parse this expression on")),
        }
    }

    fn compile_here(text: &str) -> Result<Self, Vec<Fault>> {
        let program = ENV.compile(text).map_err(|errors| bounds::syntax(text, &errors))?;
        let found = check::check(text, &program)?;
        let modelled = formula::condition(text, &program, !found.prior.is_empty());
        let expression = Self {
            modelled,
            text: text.to_owned(),
            program,
            needs: found.needs,
            prior: found.prior,
            words: found.words,
        };
        expression.rehearse(found.static_types)?;
        Ok(expression)
    }

    /// The critics whose outcomes it reads, and where it names them.
    pub(crate) fn prior(&self) -> &[PriorUse] {
        &self.prior
    }

    /// When it holds, for those who ask what every run may do.
    pub(crate) const fn modelled(&self) -> &tribunal_prove::Condition {
        &self.modelled
    }

    /// Evaluates it once on a quiet and once on a troubled past, to see that it gives true or false.
    fn rehearse(&self, static_types: bool) -> Result<(), Vec<Fault>> {
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
                Ok(Err(Failed::Evaluation(error))) if static_types && is_mistake(&error) => {
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
        let mut context = Context::with_env(Arc::clone(&ENV));
        for (name, value) in values::roots(&self.needs, view).map_err(Failed::Input)? {
            context.add_variable_from_value(name, value);
        }
        self.program.execute(&context).map_err(Failed::Evaluation)
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
        !self.prior.is_empty()
    }

    fn reads(&self, critic: &str) -> bool {
        self.prior.iter().any(|read| read.critic == critic)
    }
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

#[cfg(test)]
mod tests;
