//! `tribunal log show --html`: a logged decision as a page.

use serde_json::{Map, Value, json};
use tribunal_log::{Decision, LoggedOutcome};
use tribunal_picture::{Album, Run, Texts};

/// The decisions of one id as a page. What they say in texts is marked where the log has those as they were; of redacted
/// ones it is not known where that went.
pub(super) struct Picture {
    album: Album,
}

impl Picture {
    pub(super) fn new(title: &str) -> Self {
        Self { album: Album::new(title, Texts::Raw) }
    }

    pub(super) fn add(&mut self, decision: &Decision) {
        let Ok(Value::Object(mut json)) = serde_json::to_value(decision) else {
            return self.album.add_unjudged();
        };
        json.insert("id".into(), json!(decision.decision_id.to_string()));
        let outcomes = decision.outcomes.iter().map(|outcome| told(decision, outcome));
        json.insert("outcomes".into(), outcomes.collect());
        let raw = decision.text.as_deref() == Some("raw");
        match Run::of(Value::Object(json)) {
            Ok(run) => self.album.add(run, decision.snapshot.clone().filter(|_| raw)),
            Err(_) => self.album.add_unjudged(),
        }
    }

    pub(super) fn html(self) -> String {
        self.album.html()
    }
}

/// An outcome as a report has it: what was said together in an `opinion`.
fn told(decision: &Decision, outcome: &LoggedOutcome) -> Value {
    let Ok(Value::Object(mut json)) = serde_json::to_value(outcome) else { return Value::Null };
    let opinion = match decision.opinions.get(&outcome.critic) {
        Some(opinion) => Some(opinion.clone()),
        None => outcome.severity.map(|severity| {
            let violation = |code: &String| json!({"code": code, "severity": severity});
            let violations: Vec<Value> = outcome.codes.iter().map(violation).collect();
            let mut opinion = Map::new();
            opinion.insert("severity".into(), json!(severity));
            opinion.insert("uncertainty".into(), json!(outcome.uncertainty));
            opinion.insert("score".into(), json!(outcome.score));
            opinion.insert("violations".into(), violations.into());
            Value::Object(opinion)
        }),
    };
    // It counted what stands in the opinion now.
    json.remove("violations");
    json.extend(opinion.map(|opinion| (String::from("opinion"), opinion)));
    Value::Object(json)
}
