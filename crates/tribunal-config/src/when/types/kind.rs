//! What a value can be known to be, and what goes together.

use std::rc::Rc;

use cel::common::ast::operators;

use super::members::Words;

/// What a value is known to be.
#[derive(Debug, Clone)]
pub(super) enum Type {
    /// Whatever: what a context holds, what a critic does not declare.
    Any,
    /// A sum of whatever: anything but true and false.
    Sum,
    /// No value there is: the items of a list that has none.
    Never,
    Bool,
    Int,
    Uint,
    Double,
    /// A number, of which kind is not known.
    Number,
    Text,
    /// A text of a known set.
    Word(Rc<Words>),
    Bytes,
    Null,
    /// What `type(x)` gives.
    Kind,
    List(Rc<Type>),
    Map(Rc<Type>),
    /// `prior`.
    Prior,
    /// `snapshot`.
    Snapshot,
    /// `prior.<critic>`.
    Outcome(Rc<str>),
    /// An object of known members, each of which may be missing.
    Object(Rc<tribunal_core::Shape>, Rc<str>),
    /// That, or null.
    Or(Rc<Type>),
}

impl Type {
    /// How CEL calls it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Any | Self::Never | Self::Sum => "dyn",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double | Self::Number => "double",
            Self::Text | Self::Word(_) => "string",
            Self::Bytes => "bytes",
            Self::Null => "null_type",
            Self::Kind => "type",
            Self::List(_) => "list",
            Self::Map(_) | Self::Prior | Self::Snapshot | Self::Outcome(_) | Self::Object(..) => {
                "map"
            }
            Self::Or(inner) => inner.name(),
        }
    }

    pub(super) fn is_any(&self) -> bool {
        matches!(self, Self::Any | Self::Never | Self::Sum)
    }

    pub(super) fn is_bool(&self) -> bool {
        matches!(self, Self::Any | Self::Never | Self::Bool)
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double | Self::Number)
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Word(_))
    }

    pub(super) fn is_map(&self) -> bool {
        self.name() == "map"
    }

    /// Without the chance of null.
    pub(super) fn sure(self) -> Self {
        match self {
            Self::Or(inner) => (*inner).clone(),
            other => other,
        }
    }

    /// What is either of them.
    pub(super) fn or(self, other: Self) -> Self {
        match (&self, &other) {
            (Self::Never, _) => other,
            (_, Self::Never) => self,
            (a, b) if a.is_any() || b.is_any() => Self::Any,
            (Self::Null, Self::Or(_)) => other,
            (Self::Or(_), Self::Null) => self,
            (Self::Null, kind) if !matches!(kind, Self::Null) => Self::Or(Rc::new(other)),
            (kind, Self::Null) if !matches!(kind, Self::Null) => Self::Or(Rc::new(self)),
            (Self::List(a), Self::List(b)) => Self::List(Rc::new((**a).clone().or((**b).clone()))),
            (Self::Word(a), Self::Word(b)) if a == b => self,
            (a, b) if a.is_text() && b.is_text() => Self::Text,
            (a, b) if a.is_map() && b.is_map() => Self::Map(Rc::new(Self::Any)),
            (a, b) if a.name() == b.name() => self,
            _ => Self::Any,
        }
    }

    /// Whether two of them can be equal.
    pub(super) fn may_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (a, b) if a.is_any() || b.is_any() => true,
            (Self::Or(_), Self::Null) | (Self::Null, Self::Or(_)) => true,
            (Self::Or(a), b) | (b, Self::Or(a)) => a.may_equal(b),
            (Self::List(a), Self::List(b)) => a.may_equal(b),
            (a, b) if a.is_number() && b.is_number() => true,
            (a, b) => a.name() == b.name(),
        }
    }

    /// Whether one of them can come before the other.
    pub(super) fn may_compare(&self, other: &Self) -> bool {
        let (a, b) = (self.clone().sure(), other.clone().sure());
        let ordered = |t: &Self| {
            t.is_any() || t.is_number() || t.is_text() || matches!(t, Self::Bool | Self::Bytes)
        };
        ordered(&a) && ordered(&b) && a.may_equal(&b)
    }
}

/// What the sum and its like give; `None` where there is none. Numbers of different kinds do not mix.
pub(super) fn arithmetic(operator: &str, a: &Type, b: &Type) -> Option<Type> {
    let sums = operator == operators::ADD;
    match (a, b) {
        (Type::Int, Type::Int) => Some(Type::Int),
        (Type::Uint, Type::Uint) => Some(Type::Uint),
        (Type::Double, Type::Double) => (operator != operators::MODULO).then_some(Type::Double),
        (Type::Number, number) | (number, Type::Number)
            if number.is_number() || number.is_any() =>
        {
            Some(Type::Number)
        }
        (Type::Bytes, Type::Bytes) => sums.then_some(Type::Bytes),
        (Type::List(x), Type::List(y)) => {
            sums.then(|| Type::List(Rc::new((**x).clone().or((**y).clone()))))
        }
        (a, b) if a.is_text() && b.is_text() => sums.then_some(Type::Text),
        (Type::Any | Type::Never | Type::Sum, other)
        | (other, Type::Any | Type::Never | Type::Sum) => {
            let adds =
                other.is_any() || other.is_text() || matches!(other, Type::Bytes | Type::List(_));
            match sums && adds {
                true => Some(if other.is_any() { Type::Sum } else { other.clone() }),
                false => (other.is_any() || other.is_number()).then_some(Type::Number),
            }
        }
        _ => None,
    }
}

/// What may have been meant.
pub(super) fn hint(operator: &str, a: &Type, b: &Type) -> Option<String> {
    let equality = [operators::EQUALS, operators::NOT_EQUALS].contains(&operator);
    match (a, b) {
        (a, b) if a.is_number() && b.is_number() => Some(
            "numbers of different kinds do not mix: `2.0` and `double(x)` are a `double`".into(),
        ),
        (a, b) if (a.is_text() && b.is_number()) || (a.is_number() && b.is_text()) => {
            Some("a number is written without quotes".into())
        }
        (Type::Null, other) | (other, Type::Null) if !other.is_any() => {
            Some("it is never null".into())
        }
        _ if equality => Some("these are never equal".into()),
        _ => None,
    }
}
