//! A schema that is ready to be used, and what an instance gets wrong.

use std::collections::BTreeSet;
use std::fmt;

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{PatternOptions, ValidationError, ValidationOptions, Validator};
use serde_json::Value;

use crate::expected::{expected, short};
use crate::graph::Graph;
use crate::{SchemaError, measure, work};

/// Most memory that one compiled pattern of a schema may take, and its cache.
const PATTERN_BYTES: usize = 1 << 20;

/// A JSON Schema, compiled once and used many times.
///
/// The draft is the one that `$schema` names, 2020-12 where it names none. `format` is checked where that
/// draft checks it: in draft 7 and before, not in 2019-09 and 2020-12.
pub struct Schema {
    validator: Validator,
    /// Kept for schemas that refer to themselves: their work depends on the instance.
    recursion: Option<Graph>,
    /// Names that the schema mentions, and that may therefore be repeated.
    names: BTreeSet<String>,
}

/// One thing that an instance gets wrong. Repeats nothing of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaFault {
    /// Where, as a JSON pointer into the instance. A name that the schema does not mention is written `*`.
    pub at: String,
    /// The keyword that refuses it, such as `required`; `depth` or `work` for an instance beyond the limits.
    pub keyword: String,
    /// What the schema asks for.
    pub expected: String,
}

impl fmt::Display for SchemaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() {
            return f.write_str(&self.expected);
        }
        write!(f, "at `{}`: {}", self.at, self.expected)
    }
}

impl Schema {
    /// Most bytes of a schema, written as JSON without spaces.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// Deepest nesting of a schema.
    pub const MAX_DEPTH: usize = 64;
    /// Most visits of subschemas that the schema makes on one way through it.
    pub const MAX_VISITS: u64 = 100_000;
    /// Most subschemas in a row, each leading to the next.
    pub const MAX_CHAIN: usize = 200;
    /// Deepest nesting of an instance.
    pub const MAX_INSTANCE_DEPTH: usize = 128;
    /// Most visits per value of the instance, on top of [`Schema::MAX_VISITS`], under a recursive schema.
    pub const MAX_VISITS_PER_VALUE: u64 = 32;

    /// Checks and compiles a schema.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] when it is no schema, refers to what is not in it, or exceeds a limit.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        Self::build(schema, jsonschema::options())
    }

    /// As [`Schema::compile`], and `format` is checked in every draft. An unknown format is let pass.
    ///
    /// # Errors
    ///
    /// As [`Schema::compile`].
    pub fn compile_with_formats(schema: &Value) -> Result<Self, SchemaError> {
        Self::build(schema, jsonschema::options().should_validate_formats(true))
    }

    fn build(schema: &Value, options: ValidationOptions<'_>) -> Result<Self, SchemaError> {
        if measure::depth_within(schema, Self::MAX_DEPTH).is_none() {
            return Err(SchemaError::TooDeep { limit: Self::MAX_DEPTH });
        }
        if !measure::fits(schema, Self::MAX_BYTES) {
            return Err(SchemaError::TooLarge { limit: Self::MAX_BYTES });
        }
        let graph = Graph::of(schema)?;
        if graph.longest > Self::MAX_CHAIN {
            return Err(SchemaError::TooLong { limit: Self::MAX_CHAIN });
        }
        if graph.visits > Self::MAX_VISITS {
            return Err(SchemaError::TooManyVisits { limit: Self::MAX_VISITS });
        }
        let patterns =
            PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES);
        // `offline` is said although nothing here could fetch: another crate may switch that feature on.
        let validator = options
            .with_pattern_options(patterns)
            .offline()
            .build(schema)
            .map_err(|error| refusal(&error))?;
        let mut names = BTreeSet::new();
        gather_names(schema, &mut names);
        Ok(Self { validator, recursion: graph.recursive.then_some(graph), names })
    }

    /// Whether the instance is as the schema asks, and within the limits.
    #[must_use]
    pub fn is_valid(&self, instance: &Value) -> bool {
        self.beyond_limits(instance).is_none() && self.validator.is_valid(instance)
    }

    /// What the instance gets wrong, at most so many; empty when it is valid.
    ///
    /// With `most` at 0 the answer is still not empty for an instance that is not valid: it has one fault.
    #[must_use]
    pub fn faults(&self, instance: &Value, most: usize) -> Vec<SchemaFault> {
        self.faults_and_more(instance, most).0
    }

    /// As [`Schema::faults`], and how many there are beyond those.
    #[must_use]
    pub fn faults_and_more(&self, instance: &Value, most: usize) -> (Vec<SchemaFault>, usize) {
        if let Some(fault) = self.beyond_limits(instance) {
            return (vec![fault], 0);
        }
        // Most instances are valid, and finding that out is much cheaper than listing what is not.
        if self.validator.is_valid(instance) {
            return (Vec::new(), 0);
        }
        let mut errors = self.validator.iter_errors(instance);
        let first = errors.by_ref().take(most.max(1));
        let mut faults: Vec<SchemaFault> = first.map(|error| self.fault(&error)).collect();
        if faults.is_empty() {
            // The two ways of asking disagree: the stricter one counts.
            faults.push(SchemaFault {
                at: String::new(),
                keyword: "schema".into(),
                expected: "a match of the schema".into(),
            });
        }
        (faults, errors.count())
    }

    fn beyond_limits(&self, instance: &Value) -> Option<SchemaFault> {
        let fault = |keyword: &str, expected: String| {
            Some(SchemaFault { at: String::new(), keyword: keyword.into(), expected })
        };
        let Some(depth) = measure::depth_within(instance, Self::MAX_INSTANCE_DEPTH) else {
            let limit = Self::MAX_INSTANCE_DEPTH;
            return fault("depth", format!("nesting of at most {limit} levels"));
        };
        let graph = self.recursion.as_ref()?;
        // Each subschema in a row is a step of recursion, and the stack holds only so many.
        if depth.saturating_add(1).saturating_mul(graph.longest_same) > MAX_STEPS {
            return fault("depth", "less nesting than the schema can follow".into());
        }
        let limit = Self::MAX_VISITS
            .saturating_add(Self::MAX_VISITS_PER_VALUE.saturating_mul(measure::values(instance)));
        if work::visits(graph, instance, limit) > limit {
            return fault("work", "an instance that takes fewer checks".into());
        }
        None
    }

    fn fault(&self, error: &ValidationError<'_>) -> SchemaFault {
        let mut at = String::new();
        for segment in error.instance_path() {
            at.push('/');
            match segment {
                LocationSegment::Index(index) => at.push_str(&index.to_string()),
                LocationSegment::Property(name) if self.names.contains(&*name) => {
                    at.push_str(&name.replace('~', "~0").replace('/', "~1"));
                }
                LocationSegment::Property(_) => at.push('*'),
            }
        }
        let kind = error.kind();
        let last = error.schema_path().as_str().rsplit('/').next().unwrap_or_default();
        let (keyword, expected) = match (kind, last) {
            // Told of the object, so that "nothing here" would say too much.
            (
                ValidationErrorKind::FalseSchema,
                "additionalProperties" | "unevaluatedProperties",
            ) => {
                (last, expected(&ValidationErrorKind::AdditionalProperties { unexpected: vec![] }))
            }
            (ValidationErrorKind::FalseSchema, _) => ("false", expected(kind)),
            _ => (kind.keyword(), expected(kind)),
        };
        SchemaFault { at, keyword: keyword.to_owned(), expected }
    }
}

/// Most subschemas in a row that a check may recurse through.
const MAX_STEPS: usize = 1_500;

/// Every name of a member that the schema writes down. Its depth has been bounded.
fn gather_names(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                names.insert(name.clone());
                gather_names(value, names);
            }
        }
        Value::Array(items) => {
            for item in items {
                if let Value::String(name) = item {
                    names.insert(name.clone());
                }
                gather_names(item, names);
            }
        }
        _ => {}
    }
}

fn refusal(error: &ValidationError<'_>) -> SchemaError {
    let at = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::Referencing(cause) => {
            SchemaError::Reference { reference: short(&cause.to_string()) }
        }
        ValidationErrorKind::Format { format } if format == "regex" => SchemaError::Invalid {
            at,
            problem: "must be a regular expression without look-around and back-references, \
                      and not too large"
                .into(),
        },
        ValidationErrorKind::Custom { .. } => {
            SchemaError::Invalid { at, problem: short(&error.to_string()) }
        }
        kind => SchemaError::Invalid { at, problem: expected(kind) },
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Schema")
            .field("recursive", &self.recursion.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
