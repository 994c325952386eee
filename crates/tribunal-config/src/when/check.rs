//! What an expression reads, and whether it may.

use std::collections::BTreeSet;
use std::ops::Range;

use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue};
use cel::{IdedExpr, Program};

use super::Fault;
use super::helper::{Call, Function, Given};
use super::needs::Needs;
use super::path::{Step, path};
use super::place::Places;
use crate::nearest::{listed, meant};
use crate::{Code, pattern};

/// Deepest nesting of what was parsed: evaluating recurses as deep.
const MAX_DEPTH: usize = 64;

pub(super) const SNAPSHOT: &[&str] =
    &["input_text", "model_response", "phase", "trace_id", "context", "attributes"];
pub(super) const PRIOR: &[&str] = &[
    "status",
    "success",
    "violation",
    "violations",
    "codes",
    "severity",
    "score",
    "uncertainty",
    "value",
];
/// Names of types, for `type(x) == string`.
pub(super) const TYPES: &[&str] =
    &["bool", "int", "uint", "double", "string", "bytes", "list", "map", "null_type", "type"];
pub(super) const FUNCTIONS: &[&str] = &[
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "bytes",
    "type",
    "dyn",
];
const MACROS: &[&str] = &["has", "all", "exists", "exists_one", "map", "filter"];
/// A critic whose outcome is read, and where it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PriorUse {
    pub(crate) critic: String,
    pub(crate) part: Range<usize>,
}

/// What an expression reads.
pub(super) struct Found {
    pub(super) needs: Needs,
    pub(super) prior: Vec<PriorUse>,
    pub(super) words: BTreeSet<String>,
    /// The calls of functions of the field.
    pub(super) calls: Vec<Call>,
    /// Whether the types of all that is read are known.
    pub(super) static_types: bool,
}

pub(super) fn check(text: &str, program: &Program) -> Result<Found, Vec<Fault>> {
    let mut walk = Walk {
        places: Places { text, source: program.source_info() },
        bound: Vec::new(),
        faults: Vec::new(),
        too_deep: false,
        found: Found {
            needs: Needs::default(),
            prior: Vec::new(),
            words: BTreeSet::new(),
            calls: Vec::new(),
            static_types: true,
        },
    };
    let root = program.expression();
    walk.expression(root, 0, 0);
    walk.faults.dedup();
    if walk.faults.is_empty() { Ok(walk.found) } else { Err(walk.faults) }
}

struct Walk<'p> {
    places: Places<'p>,
    /// Variables of the comprehensions around.
    bound: Vec<&'p str>,
    faults: Vec<Fault>,
    too_deep: bool,
    found: Found,
}

impl<'p> Walk<'p> {
    fn expression(&mut self, expr: &'p IdedExpr, depth: usize, loops: usize) {
        if depth > MAX_DEPTH {
            // Once is enough: what it nests in is the same for all.
            if !self.too_deep {
                self.too_deep = true;
                let problem = format!("nests deeper than {MAX_DEPTH} levels");
                self.faults.push(Fault::new(self.places.part(expr), problem));
            }
            return;
        }
        if let Some((root, ident, steps)) = path(expr)
            && self.root(root, ident, &steps)
        {
            return;
        }
        let deeper = depth + 1;
        match &expr.expr {
            Expr::Unspecified | Expr::Ident(_) => {}
            Expr::Literal(LiteralValue::String(text)) => {
                self.found.words.insert(text.inner().to_owned());
            }
            Expr::Literal(_) => {}
            Expr::Select(select) => {
                self.found.words.insert(select.field.clone());
                self.expression(&select.operand, deeper, loops);
            }
            Expr::Call(call) => {
                if let Some(function) = Function::named(&call.func_name) {
                    return self.helper(expr, call, function);
                }
                self.function(expr, call);
                let operands = call.target.as_deref().into_iter().chain(&call.args);
                operands.for_each(|operand| self.expression(operand, deeper, loops));
            }
            Expr::List(list) => {
                list.elements.iter().for_each(|item| self.expression(item, deeper, loops));
            }
            Expr::Map(map) => {
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        self.expression(&entry.key, deeper, loops);
                        self.expression(&entry.value, deeper, loops);
                    }
                }
            }
            Expr::Struct(made) => {
                let part = self.places.before(expr, &made.type_name);
                let problem = format!("there is no type `{}` to make one of", made.type_name);
                self.faults.push(Fault::unknown(part, problem));
            }
            Expr::Comprehension(around) => {
                self.expression(&around.iter_range, deeper, loops);
                if loops > 0 {
                    let problem = "walks over a list within a walk over a list: too much work";
                    self.faults.push(Fault::new(self.places.part(expr), problem));
                    return;
                }
                let before = self.bound.len();
                let variables = [Some(&around.iter_var), around.iter_var2.as_ref()];
                for name in variables.into_iter().flatten() {
                    if ["snapshot", "prior"].contains(&name.as_str()) {
                        let problem = format!("`{name}` has a meaning of its own here");
                        self.faults.push(Fault::new(self.places.part(expr), problem));
                    }
                    self.bound.push(name);
                }
                self.bound.push(&around.accu_var);
                for inner in
                    [&around.accu_init, &around.loop_cond, &around.loop_step, &around.result]
                {
                    self.expression(inner, deeper, loops + 1);
                }
                self.bound.truncate(before);
            }
        }
    }

    /// Takes note of what is read from a root. False where the steps are still to be looked at.
    fn root(&mut self, written: &'p str, ident: &'p IdedExpr, steps: &[Step<'p>]) -> bool {
        // A leading dot asks for the outermost variable of that name.
        let name = written.strip_prefix('.').unwrap_or(written);
        if self.bound.contains(&written) {
            return false;
        }
        let members = match name {
            "snapshot" => SNAPSHOT,
            "prior" => PRIOR,
            _ if TYPES.contains(&name) => return false,
            _ => {
                let known = ["snapshot", "prior"];
                let help = meant(name, known).unwrap_or_else(|| {
                    "known are `snapshot` and `prior`; a name with `-` is written `prior[\"a-b\"]`"
                        .into()
                });
                let problem = format!("there is nothing called `{name}`");
                let mut fault = Fault::unknown(self.places.part(ident), problem);
                fault.help = Some(help);
                self.faults.push(fault);
                return true;
            }
        };
        self.found.words.extend(steps.iter().map(|step| step.name.to_owned()));
        let Some((first, rest)) = steps.split_first() else {
            let what = if name == "prior" { "the name of a critic" } else { "a member" };
            let problem = format!("`{name}` must be followed by {what}");
            let mut fault = Fault::new(self.places.part(ident), problem);
            fault.help = Some(if name == "prior" {
                "as in `prior.secrets.violation`".into()
            } else {
                format!("it has {}", listed(SNAPSHOT.iter().copied(), "and"))
            });
            self.faults.push(fault);
            return true;
        };
        let member = if name == "prior" {
            let part = self.places.name_of(first.taken, first.name);
            self.found.prior.push(PriorUse { critic: first.name.to_owned(), part });
            rest.first()
        } else {
            Some(first)
        };
        if let Some(member) = member
            && !members.contains(&member.name)
        {
            let of = if name == "prior" { "an outcome" } else { "`snapshot`" };
            let problem = format!("{of} has no `{}`", member.name.escape_debug());
            let part = self.places.name_of(member.taken, member.name);
            let mut fault = Fault::unknown(part, problem);
            let list = || format!("it has {}", listed(members.iter().copied(), "and"));
            fault.help = Some(meant(member.name, members.iter().copied()).unwrap_or_else(list));
            self.faults.push(fault);
        }
        let dynamic = ["context", "attributes", "value"];
        if member.is_none_or(|member| dynamic.contains(&member.name)) {
            self.found.static_types = false;
        }
        self.found.needs.add([name].into_iter().chain(steps.iter().map(|step| step.name)));
        true
    }

    /// A function of the field. What it is given is written out, so that what it means is known beforehand.
    fn helper(&mut self, expr: &IdedExpr, call: &CallExpr, function: Function) {
        let name = self.places.before(expr, &call.func_name);
        let given = match (&call.target, call.args.as_slice()) {
            (None, []) => Some(Given::Nothing),
            (None, [argument]) => match &argument.expr {
                Expr::Literal(LiteralValue::String(text)) => {
                    Some(Given::Text(text.inner().to_owned()))
                }
                Expr::Literal(LiteralValue::Double(number)) => Some(Given::Number(*number.inner())),
                #[allow(clippy::cast_precision_loss, reason = "only 1 is let in")]
                Expr::Literal(LiteralValue::Int(number)) => {
                    Some(Given::Number(*number.inner() as f64))
                }
                _ => None,
            },
            _ => None,
        };
        let argument = call.args.first().map_or(name.clone(), |given| self.places.part(given));
        match Call::check(expr.id, function, given, [name, argument]) {
            Ok(call) => self.found.calls.push(call),
            Err(fault) => self.faults.push(fault),
        }
    }

    fn function(&mut self, expr: &IdedExpr, call: &CallExpr) {
        let name = call.func_name.as_str();
        if let ("matches", Some(last)) = (name, call.args.last()) {
            self.pattern(last);
        }
        let operator = name.contains(['_', '@', '?']) && !name.starts_with(char::is_alphabetic);
        if operator || FUNCTIONS.contains(&name) {
            return;
        }
        let part = self.places.before(expr, name);
        let mut fault = if MACROS.contains(&name) {
            Fault::new(part, format!("`{name}` is not used in this way"))
        } else {
            Fault::unknown(part, format!("there is no function `{name}`"))
        };
        let helpers = || Function::ALL.iter().map(|(name, _)| *name);
        let known = || helpers().chain(FUNCTIONS.iter().chain(MACROS).copied());
        fault.help = meant(name, known())
            .filter(|_| !MACROS.contains(&name))
            .or_else(|| Some(format!("there are {}", listed(known(), "and"))));
        self.faults.push(fault);
    }

    /// A pattern that is written out must compile: evaluated, it would fail in every run.
    fn pattern(&mut self, expr: &IdedExpr) {
        let Expr::Literal(LiteralValue::String(text)) = &expr.expr else { return };
        let Some((problem, at)) = pattern::fault(text.inner()) else { return };
        let mut part = self.places.part(expr);
        // With escapes in it, or more quotes, its places are not those of what it means.
        let plain = self.places.text.get(part.start + 1..part.end.saturating_sub(1));
        if plain == Some(text.inner()) {
            part = part.start + 1 + at.start..part.start + 1 + at.end;
        }
        let problem = format!("`matches` takes a regular expression: {problem}");
        self.faults.push(Fault { code: Code::InvalidPattern, ..Fault::new(part, problem) });
    }
}
