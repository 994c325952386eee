//! Parts of a snapshot that do not match a JSON Schema.
//!
//! Start at [`JsonSchema`].

use serde_json::Value;
use tribunal_core::{
    Answer, Critic, CriticKind, ParamProblem, Params, Pointer, Reads, Returns, Review, Span, View,
    Violation,
};
use tribunal_schema::{Schema, SchemaError};

use crate::findings::{Findings, MOST_VIOLATIONS};
use crate::{schema_param, strict_json};

/// Objects to a part of the snapshot that does not match a JSON Schema: an answer that was to be JSON, the
/// arguments of a tool call, any part that a JSON pointer leads to.
///
/// **Catches** answers that are not JSON, missing and surplus members, wrong types and values.
/// **Misses** JSON inside other text: an answer in a code fence is not JSON, and is told so. A name that
/// stands twice in one object counts as not JSON, as readers differ in which one they take.
///
/// Messages name what the schema asks for and nothing of what was found.
///
/// ```
/// # use serde_json::json;
/// # use tribunal_critics::JsonSchema;
/// let critic = JsonSchema::new("/model_response".parse()?, &json!({"required": ["answer"]}))?;
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct JsonSchema {
    pointer: Pointer,
    schema: Schema,
    parse: bool,
    required: bool,
    severity: f64,
}

impl JsonSchema {
    /// Checks what the pointer leads to. A text is read as JSON first, and a part that is not there is
    /// objected to; severity 0.6.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] when the schema is none, or exceeds its limits.
    pub fn new(pointer: Pointer, schema: &Value) -> Result<Self, SchemaError> {
        Ok(Self::of(pointer, Schema::compile(schema)?))
    }

    /// As [`JsonSchema::new`], with a schema that is compiled already.
    #[must_use]
    pub fn of(pointer: Pointer, schema: Schema) -> Self {
        Self { pointer, schema, parse: true, required: true, severity: 0.6 }
    }

    /// Whether a text is read as JSON (the default), or checked as the string it is.
    #[must_use]
    pub fn parse(mut self, parse: bool) -> Self {
        self.parse = parse;
        self
    }

    /// Whether the part must be there (the default). A prompt or an answer that is empty is not there.
    #[must_use]
    pub fn required(mut self, required: bool) -> Self {
        self.required = required;
        self
    }

    /// How bad a mismatch is; 0.6 unless set. What lies outside 0 to 1 becomes 1.
    #[must_use]
    pub fn severity(mut self, severity: f64) -> Self {
        self.severity = if (0.0..=1.0).contains(&severity) { severity } else { 1.0 };
        self
    }

    fn check(&self, instance: &Value, span: Option<&Span>, findings: &mut Findings) {
        let (faults, more) = self.schema.faults_and_more(instance, MOST_VIOLATIONS);
        findings.add_more(more);
        for fault in faults {
            findings.add(self.severity, || {
                let message = fault.to_string();
                self.violation(format!("schema.{}", fault.keyword), message, span)
            });
        }
    }

    fn violation(
        &self,
        code: impl Into<std::borrow::Cow<'static, str>>,
        message: impl Into<std::borrow::Cow<'static, str>>,
        span: Option<&Span>,
    ) -> Violation {
        let violation = Violation::new(code, message, self.severity);
        match span {
            Some(span) => violation.at(span.clone()),
            None => violation,
        }
    }
}

impl Critic for JsonSchema {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        let found = view.snapshot().at(&self.pointer);
        // The members with a name of their own are texts even where nothing was given.
        let found = found.filter(|part| part.as_str() != Some(""));
        match found.as_deref() {
            None if !self.required => {}
            None => findings.add(self.severity, || {
                let message = format!("there is nothing at `{}`", self.pointer);
                self.violation("schema.missing", message, None)
            }),
            Some(Value::String(text)) => {
                let span = Span::new(self.pointer.clone(), 0..text.len(), "json");
                match self.parse.then(|| strict_json::read(text)) {
                    None => self.check(&Value::from(text.as_str()), Some(&span), &mut findings),
                    Some(Ok(instance)) => self.check(&instance, Some(&span), &mut findings),
                    Some(Err(_)) => findings.add(self.severity, || {
                        self.violation("schema.not_json", "the text is not JSON", Some(&span))
                    }),
                }
            }
            Some(part) => self.check(part, None, &mut findings),
        }
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        Reads::snapshot([self.pointer.clone()])
    }

    fn returns(&self) -> Returns {
        // Besides two of its own, one for each keyword of a schema.
        Returns::codes(["schema.*"])
    }
}

pub(crate) fn kind() -> CriticKind {
    CriticKind::new("json_schema", "parts that do not match a JSON Schema", from_params)
}

fn from_params(params: &Params<'_>) -> Option<JsonSchema> {
    let pointer = params.required::<Pointer>("pointer");
    let formats = params.or("formats", false);
    let schema = params.required::<Value>("schema").and_then(|schema| {
        if !schema.is_object() {
            params.fault("schema", ParamProblem::Type("must be a table".into()));
            return None;
        }
        schema_param::compile(params, "schema", &schema, formats)
    });
    let parse = params.or("parse", true);
    let required = params.or("required", true);
    let severity = params.number("severity", 0.6, 0.0..=1.0);
    Some(JsonSchema { pointer: pointer?, schema: schema?, parse, required, severity })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tribunal_core::{Opinion, Snapshot};

    fn answer_schema() -> Value {
        json!({
            "type": "object",
            "required": ["answer"],
            "properties": {"answer": {"type": "string", "maxLength": 5}},
            "additionalProperties": false
        })
    }

    fn review(critic: &JsonSchema, snapshot: &Snapshot) -> Opinion {
        match critic.review(View::of(snapshot)) {
            Answer::Now(opinion) => opinion.unwrap(),
            Answer::Later(_) => panic!("answers at once"),
        }
    }

    fn codes(response: &str) -> Vec<String> {
        let critic = JsonSchema::new(Pointer::model_response(), &answer_schema()).unwrap();
        let snapshot = Snapshot::builder().model_response(response).build();
        let opinion = review(&critic, &snapshot);
        opinion.violations.iter().map(|found| found.code.to_string()).collect()
    }

    #[test]
    fn an_answer_is_read_as_json_and_checked() {
        assert!(codes(r#" {"answer": "42"} "#).is_empty());
        assert_eq!(codes(r#"{"answer": "123456"}"#), ["schema.maxLength"]);
        assert_eq!(codes("{}"), ["schema.required"]);
        assert_eq!(codes(r#"{"answer": "a", "extra": 1}"#), ["schema.additionalProperties"]);
        assert_eq!(codes("3"), ["schema.type"]);
        assert_eq!(codes(""), ["schema.missing"]);
    }

    #[test]
    fn what_is_not_exactly_one_json_value_is_not_json() {
        for text in [
            "sure! {\"answer\": \"42\"}",
            r#"{"answer": "a", "answer": "b"}"#,
            r#"{"answer": "a"}, "phase": "input""#,
            r#"{"answer": "a"}} "#,
            "{\"answer\": 1e999}",
            "\u{feff}{}",
            "NaN",
            " ",
        ] {
            assert_eq!(codes(text), ["schema.not_json"], "{text}");
        }
        assert_eq!(codes(&("[".repeat(100_000) + &"]".repeat(100_000))), ["schema.not_json"]);
    }

    #[test]
    fn messages_have_nothing_of_the_text_and_the_span_is_all_of_it() {
        let critic = JsonSchema::new(Pointer::model_response(), &answer_schema()).unwrap();
        let response = r#"{"hunter2": "hunter2", "answer": ["hunter2"]}"#;
        let opinion = review(&critic, &Snapshot::builder().model_response(response).build());
        assert_eq!(opinion.violations.len(), 2);
        for violation in &opinion.violations {
            assert!(!violation.message.contains("hunter2"), "{}", violation.message);
            assert_eq!(violation.span.as_ref().unwrap().bytes, 0..response.len());
        }
    }

    #[test]
    fn any_part_can_be_checked_and_a_missing_one_is_objected_to_unless_it_may_be() {
        let schema = json!({"items": {"type": "integer"}});
        let critic = JsonSchema::new("/context/ids".parse().unwrap(), &schema).unwrap();
        let with = |ids: Value| Snapshot::builder().with("ids", ids).build();
        assert!(review(&critic, &with(json!([1, 2]))).violations.is_empty());
        let opinion = review(&critic, &with(json!([1, "2"])));
        assert_eq!(opinion.violations[0].message, "at `/1`: expected type `integer`");
        assert_eq!(opinion.violations[0].span, None);

        let nothing = Snapshot::of_input("hi");
        assert_eq!(review(&critic, &nothing).violations[0].code, "schema.missing");
        assert!(review(&critic.required(false), &nothing).violations.is_empty());
    }

    #[test]
    fn without_parsing_a_text_is_checked_as_a_string() {
        let critic = JsonSchema::new(Pointer::input_text(), &json!({"maxLength": 3})).unwrap();
        let critic = critic.parse(false);
        assert!(review(&critic, &Snapshot::of_input("abc")).violations.is_empty());
        let opinion = review(&critic, &Snapshot::of_input("abcd"));
        assert_eq!(opinion.violations[0].code, "schema.maxLength");
    }

    #[test]
    fn a_flood_of_mismatches_is_bounded() {
        let schema = json!({"items": {"type": "string"}});
        let critic = JsonSchema::new(Pointer::input_text(), &schema).unwrap();
        let numbers = format!("[{}1]", "1,".repeat(50_000));
        let opinion = review(&critic, &Snapshot::of_input(numbers));
        assert_eq!(opinion.violations.len(), MOST_VIOLATIONS);
        assert_eq!(opinion.details.unwrap()["more"], 50_001 - 100);
    }

    #[test]
    fn parameters_that_are_wrong_are_named() {
        let faults = |params: Value| -> Vec<String> {
            let built = kind().build(params.as_object().unwrap());
            built.err().unwrap().iter().map(ToString::to_string).collect()
        };
        assert_eq!(faults(json!({})), ["`pointer` is missing", "`schema` is missing"]);
        let wrong = json!({"pointer": "x", "schema": {"properties": {"a": {"type": "strin"}}}});
        let lines = faults(wrong);
        assert!(lines[0].starts_with("`pointer` does not do"), "{lines:?}");
        assert!(lines[1].starts_with("`schema.properties.a.type` does not do: "), "{lines:?}");
        let remote = json!({"pointer": "", "schema": {"$ref": "http://localhost/x"}});
        assert!(faults(remote)[0].contains("cannot resolve"));
    }
}
