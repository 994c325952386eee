//! Why a schema is refused.

use thiserror::Error;

/// Why a schema could not be compiled. Quotes the schema at most, never an instance.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// Written as JSON it takes more bytes than [`Schema::MAX_BYTES`](crate::Schema::MAX_BYTES).
    #[error("the schema takes more than {limit} bytes")]
    TooLarge {
        /// The most it may take.
        limit: usize,
    },
    /// It nests deeper than [`Schema::MAX_DEPTH`](crate::Schema::MAX_DEPTH).
    #[error("the schema nests deeper than {limit} levels")]
    TooDeep {
        /// The most it may nest.
        limit: usize,
    },
    /// One value would be checked too often: subschemas that each apply the next one twice, say.
    #[error("the schema would visit subschemas more than {limit} times for a single value")]
    TooManyVisits {
        /// The most visits.
        limit: u64,
    },
    /// Subschemas refer to each other in too long a chain.
    #[error("the schema leads through more than {limit} subschemas in a row")]
    TooLong {
        /// The most in a row.
        limit: usize,
    },
    /// References lead back to where they started without entering the value: no check would end.
    #[error("at `{at}`: the references lead back here without going deeper into the value")]
    Endless {
        /// JSON pointer into the schema.
        at: String,
    },
    /// A reference leads out of the document, and nothing is fetched from anywhere.
    #[error("cannot resolve {reference}: only what stands in the schema itself can be referred to")]
    Reference {
        /// What it refers to, in the words of the resolver.
        reference: String,
    },
    /// It is not a schema: a keyword has a value that it cannot have.
    #[error("at `{at}`: {problem}")]
    Invalid {
        /// JSON pointer into the schema.
        at: String,
        /// What is wrong there.
        problem: String,
    },
}

impl SchemaError {
    /// Where in the schema, as a JSON pointer, where that can be told.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        match self {
            Self::Endless { at } | Self::Invalid { at, .. } => Some(at),
            _ => None,
        }
    }
}
