//! A schema in front of a critic's opinions.

use std::sync::Arc;

use tribunal_core::{Opinion, OpinionCheck, OpinionFault};

use crate::Schema;

/// Checks opinions, written as JSON, against a schema: `value`, `score`, `severity`, `violations` and so on.
///
/// Members that an opinion leaves out, such as an empty `violations`, are not there to be checked.
#[derive(Debug, Clone)]
pub struct SchemaCheck {
    schema: Arc<Schema>,
}

impl SchemaCheck {
    /// Most faults that are reported of one opinion.
    pub const MOST: usize = 10;

    /// Checks against this schema.
    #[must_use]
    pub fn new(schema: impl Into<Arc<Schema>>) -> Self {
        Self { schema: schema.into() }
    }
}

impl OpinionCheck for SchemaCheck {
    fn faults(&self, opinion: &Opinion) -> Vec<OpinionFault> {
        let Ok(instance) = serde_json::to_value(opinion) else {
            let expected = "an opinion that can be written as JSON".into();
            return vec![OpinionFault::Schema { at: String::new(), expected }];
        };
        let faults = self.schema.faults(&instance, Self::MOST);
        let convert = |fault: crate::SchemaFault| OpinionFault::Schema {
            at: fault.at,
            expected: fault.expected,
        };
        faults.into_iter().map(convert).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Rule 15: an opinion that does not match its schema is told so before anyone may see it.
    #[test]
    fn an_opinion_is_checked_as_the_json_it_is_written_as() {
        let schema = Schema::compile(&json!({
            "required": ["score"],
            "properties": {"value": {"enum": ["safe", "unsafe"]}, "severity": {"maximum": 0.5}}
        }))
        .unwrap();
        let check = SchemaCheck::new(schema);
        let good = Opinion::clean().value("safe").score(0.1).severity(0.5);
        assert!(check.faults(&good).is_empty());

        let bad = Opinion::clean().value("a private remark").severity(0.6);
        let lines: Vec<String> = check.faults(&bad).iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().any(|line| line.contains("required `score`")), "{lines:?}");
        assert!(!lines.concat().contains("private"), "{lines:?}");
    }
}
