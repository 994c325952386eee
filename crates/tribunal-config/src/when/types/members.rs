//! The members of `snapshot`, of an outcome, and of what a critic gives for its value.

use std::ops::Range;
use std::rc::Rc;

use cel::IdedExpr;
use tribunal_core::{Phase, Returns, Shape, Status, nearest};

use super::{Type, Typing};
use crate::Code;
use crate::nearest::{listed, meant};
use crate::when::Fault;
use crate::when::check::{PRIOR, SNAPSHOT};

/// Texts of a known set.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// A status.
    Status,
    /// A phase.
    Phase,
    /// The codes that a critic can raise.
    Codes(Rc<str>, Returns),
}

impl Words {
    fn all(&self) -> Vec<&str> {
        match self {
            Self::Status => Status::ALL.iter().map(|status| status.as_str()).collect(),
            Self::Phase => Phase::ALL.iter().map(|phase| phase.as_str()).collect(),
            Self::Codes(_, returns) => {
                returns.known_codes().unwrap_or_default().iter().map(|code| &**code).collect()
            }
        }
    }

    /// The fault of a text that is none of them.
    pub(super) fn unknown(&self, text: &str, part: Range<usize>) -> Option<Fault> {
        let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        let problem = match self {
            Self::Codes(_, returns) if returns.may_raise(text) => return None,
            Self::Codes(critic, _) => format!("`{critic}` raises no `{shown}`"),
            _ if self.all().contains(&text) => return None,
            Self::Status => format!("there is no status `{shown}`"),
            Self::Phase => format!("there is no phase `{shown}`"),
        };
        Some(self.fault(problem, text, part))
    }

    /// The fault of a text that none of them begins with.
    pub(super) fn none_begins(&self, text: &str, part: Range<usize>) -> Option<Fault> {
        let Self::Codes(critic, returns) = self else { return None };
        if returns.may_begin(text) {
            return None;
        }
        let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        Some(self.fault(
            format!("`{critic}` raises no code that begins with `{shown}`"),
            text,
            part,
        ))
    }

    fn fault(&self, problem: String, text: &str, part: Range<usize>) -> Fault {
        let all = self.all();
        let mut fault = Fault::new(part, problem);
        fault.code = match self {
            Self::Codes(..) => Code::NeverReturned,
            Self::Status | Self::Phase => Code::UnknownWord,
        };
        let near = nearest(text, all.iter().copied());
        fault.help = match near {
            Some(near) => Some(format!("did you mean `{near}`?")),
            // Some critics have hundreds.
            None if all.len() > 12 => None,
            None => Some(format!("there are {}", listed(all, "and"))),
        };
        fault
    }
}

impl Typing<'_> {
    /// What a member is, and a fault where there is none of that name.
    pub(super) fn member(&mut self, expr: &IdedExpr, of: &Type, name: &str) -> Type {
        match of.clone().sure() {
            Type::Any | Type::Never | Type::Sum => Type::Any,
            Type::Map(value) => (*value).clone(),
            Type::Prior => Type::Outcome(name.into()),
            Type::Snapshot => match name {
                "input_text" | "model_response" | "trace_id" => Type::Text,
                "phase" => Type::Word(Rc::new(Words::Phase)),
                "context" | "attributes" => Type::Map(Rc::new(Type::Any)),
                _ => self.none(expr, name, "`snapshot`", SNAPSHOT),
            },
            Type::Outcome(critic) => self.of_outcome(expr, &critic, name),
            Type::Object(shape, whose) => match &*shape {
                Shape::Object(members) => match members.get(name) {
                    Some(member) => of_shape(member, &whose),
                    None => {
                        let names: Vec<&str> = members.keys().map(|name| &**name).collect();
                        let what = format!("the value of `{whose}`");
                        self.none(expr, name, &what, &names)
                    }
                },
                _ => Type::Any,
            },
            other => {
                let part = self.places.name_of(expr, name);
                let problem = format!("`{}` has no members, so no `{name}`", other.name());
                self.faults.push(Fault::unknown(part, problem));
                Type::Any
            }
        }
    }

    fn of_outcome(&mut self, expr: &IdedExpr, critic: &Rc<str>, name: &str) -> Type {
        let unknown = Returns::unknown();
        let returns = self.scope.and_then(|scope| scope.returns(critic)).unwrap_or(&unknown);
        match name {
            "status" => Type::Word(Rc::new(Words::Status)),
            "success" | "violation" => Type::Bool,
            "violations" => Type::Int,
            "codes" => {
                let words = Words::Codes(Rc::clone(critic), returns.clone());
                Type::List(Rc::new(Type::Word(Rc::new(words))))
            }
            "severity" | "uncertainty" => Type::Double,
            "score" if returns.score() == Some(false) => {
                let problem = format!("`{critic}` gives no score");
                let help = format!("how bad it finds a snapshot is `prior.{critic}.severity`");
                self.never(expr, name, problem, Some(help), Type::Double)
            }
            "score" => Type::Double,
            "value" if *returns.value() == Shape::Nothing => {
                let problem = format!("`{critic}` gives no value");
                self.never(expr, name, problem, None, Type::Any)
            }
            "value" => of_shape(returns.value(), critic),
            _ => self.none(expr, name, "an outcome", PRIOR),
        }
    }

    /// A member that exists and never says anything.
    fn never(
        &mut self,
        expr: &IdedExpr,
        name: &str,
        problem: String,
        help: Option<String>,
        gives: Type,
    ) -> Type {
        let part = self.places.name_of(expr, name);
        let mut fault = Fault::new(part, problem).with(Code::NeverReturned);
        fault.help = help;
        self.faults.push(fault);
        gives
    }

    fn none(&mut self, expr: &IdedExpr, name: &str, of: &str, known: &[&str]) -> Type {
        let shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
        let mut fault =
            Fault::unknown(self.places.name_of(expr, name), format!("{of} has no `{shown}`"));
        let few = known.len() <= 12;
        let list = few.then(|| format!("it has {}", listed(known.iter().copied(), "and")));
        fault.help = meant(name, known.iter().copied()).or(list);
        self.faults.push(fault);
        Type::Any
    }
}

/// A value may always be null: there may be no opinion.
fn of_shape(shape: &Shape, whose: &Rc<str>) -> Type {
    let known = match shape {
        Shape::Nothing => return Type::Null,
        Shape::Bool => Type::Bool,
        Shape::Integer => Type::Int,
        Shape::Number => Type::Number,
        Shape::Text => Type::Text,
        Shape::List(item) => Type::List(Rc::new(of_shape(item, whose).sure())),
        Shape::Object(_) => Type::Object(Rc::new(shape.clone()), Rc::clone(whose)),
        _ => return Type::Any,
    };
    Type::Or(Rc::new(known))
}
