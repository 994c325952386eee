//! What a gate asks of a run, as a formula.

use tribunal_core::{CriticName, Phase, RiskLevel, Status};

/// The condition of a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// When it holds.
    pub holds: Formula,
    /// Whether it may fail to evaluate, which makes the critic's outcome an `error`.
    pub may_fail: bool,
    /// Whether it looks at earlier outcomes.
    pub reads_outcomes: bool,
}

impl Condition {
    /// Code of which nothing is known: it may hold, or not, or panic, in any run.
    #[must_use]
    pub fn opaque(what: impl Into<String>) -> Self {
        let holds = Formula::Atom(Atom::Free(what.into()));
        Self { holds, may_fail: true, reads_outcomes: true }
    }
}

/// A formula over what can be asked of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// True or false, whatever the run.
    Const(bool),
    /// Something that holds in some runs.
    Atom(Atom),
    /// Does not hold.
    Not(Box<Formula>),
    /// All hold.
    And(Vec<Formula>),
    /// Some hold.
    Or(Vec<Formula>),
}

impl Formula {
    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Const(holds) => Self::Const(!holds),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Calls `visit` with every atom in it.
    pub fn atoms<'f>(&'f self, visit: &mut dyn FnMut(&'f Atom)) {
        match self {
            Self::Const(_) => {}
            Self::Atom(atom) => visit(atom),
            Self::Not(inner) => inner.atoms(visit),
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().for_each(|part| part.atoms(visit));
            }
        }
    }
}

/// What can be asked of a run.
#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    /// The snapshot is of this phase.
    Phase(Phase),
    /// The snapshot's risk reaches the level.
    Risk(RiskLevel),
    /// The outcome of a critic has this status.
    Status(CriticName, Status),
    /// A number of a critic's outcome lies at a bound or above it.
    Reaches(CriticName, Quantity, Bound),
    /// The violations of these critics are this many together, or more: all of them, or those with such a code. The
    /// work grows with the square of the number.
    Violations {
        /// Whose.
        of: Vec<CriticName>,
        /// Of which kind.
        codes: Option<Codes>,
        /// How many.
        at_least: u32,
    },
    /// A violation of this critic with such a code has a severity at a bound or above it. Without one, it is 0.
    CodeSeverity(CriticName, Codes, Bound),
    /// The critic should have given an opinion and did not.
    Failed(CriticName),
    /// The critic gave an opinion, or was called at least once.
    Called(CriticName),
    /// The text that is judged is in this language. It is in one at most.
    Language(String),
    /// What cannot be known from the pipeline, as it is written. The same text stands for the same answer within a
    /// run.
    Free(String),
}

/// A number of an outcome, as a condition sees it: 0 where there is no opinion, but for uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quantity {
    /// The worst severity.
    Severity,
    /// The score; 0 where an opinion has none.
    Score,
    /// The uncertainty; 1 where there should be an opinion and is none.
    Uncertainty,
    /// How many violations.
    Violations,
}

/// From where on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    /// The number.
    pub at: f64,
    /// Whether the number itself is left out: `>` instead of `>=`.
    pub above: bool,
}

impl Bound {
    /// This number or more.
    #[must_use]
    pub const fn from(at: f64) -> Self {
        Self { at, above: false }
    }

    /// More than this number.
    #[must_use]
    pub const fn above(at: f64) -> Self {
        Self { at, above: true }
    }

    /// Whether a number reaches it.
    #[must_use]
    pub fn is_reached_by(self, number: f64) -> bool {
        if self.above { number > self.at } else { number >= self.at }
    }
}

/// A kind of violations, by their codes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Codes {
    /// This code alone.
    Exactly(String),
    /// This code, and those that go on after it with a dot.
    Within(String),
}

impl Codes {
    /// Whether a code is of this kind.
    #[must_use]
    pub fn contain(&self, code: &str) -> bool {
        match self {
            Self::Exactly(only) => only == code,
            Self::Within(start) => code
                .strip_prefix(start.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
        }
    }

    /// Whether everything of another kind is of this one too.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exactly(_), Self::Within(_)) => false,
            (_, Self::Exactly(code) | Self::Within(code)) => self.contain(code),
        }
    }
}

impl Atom {
    /// The critics whose outcomes it asks about.
    pub fn critics(&self) -> impl Iterator<Item = &CriticName> {
        let (one, more) = match self {
            Self::Status(name, _)
            | Self::Reaches(name, ..)
            | Self::CodeSeverity(name, ..)
            | Self::Failed(name)
            | Self::Called(name) => (Some(name), &[][..]),
            Self::Violations { of, .. } => (None, of.as_slice()),
            Self::Phase(_) | Self::Risk(_) | Self::Language(_) | Self::Free(_) => (None, &[][..]),
        };
        one.into_iter().chain(more)
    }
}
