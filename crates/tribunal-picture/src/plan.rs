//! What a page wants to know of the plan that a run went by: the JSON of an outline, as `tribunal plan --format json` writes it.

use serde::Deserialize;
use serde_json::Value;

/// A plan, as far as a page tells it. Whatever is not there is not told.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Plan {
    pub(crate) timeout_ms: Option<f64>,
    pub(crate) stages: Vec<StagePlan>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct StagePlan {
    pub(crate) stage: String,
    pub(crate) timeout_ms: Option<f64>,
    pub(crate) critics: Vec<CriticPlan>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct CriticPlan {
    pub(crate) name: String,
    pub(crate) policy: String,
    pub(crate) sees: Vec<String>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) timeout_ms: Option<f64>,
    pub(crate) failure_mode: String,
}

impl Plan {
    /// Reads the JSON of an outline. What cannot be read is as if there were none.
    #[must_use]
    pub fn of(outline: Value) -> Self {
        serde_json::from_value(outline).unwrap_or_default()
    }

    pub(crate) fn critic(&self, name: &str) -> Option<&CriticPlan> {
        self.stages.iter().flat_map(|stage| &stage.critics).find(|critic| critic.name == name)
    }

    pub(crate) fn stage(&self, name: &str) -> Option<&StagePlan> {
        self.stages.iter().find(|stage| stage.stage == name)
    }
}
