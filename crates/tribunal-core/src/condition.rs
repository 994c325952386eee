//! When a `conditional` critic runs.

use thiserror::Error;

use crate::View;

/// Decides whether a critic runs, from the snapshot and the outcomes that its gate sees.
///
/// # Contract
///
/// Pure: the same view gives the same answer. Quick: it runs on the path of every run.
///
/// # Errors
///
/// [`ConditionError`] gates nothing in silence: the critic's outcome is `error`.
pub trait Condition: Send + Sync + 'static {
    /// Whether the critic is to run.
    fn holds(&self, view: View<'_>) -> Result<bool, ConditionError>;

    /// How it is shown in a plan and in the reason of a gated outcome. Never text of a snapshot.
    fn describe(&self) -> String {
        String::from("a closure")
    }

    /// Whether it looks at earlier outcomes. One that does not need not wait for them.
    fn reads_outcomes(&self) -> bool {
        true
    }

    /// Whether the outcome of this critic may decide it. Used where a plan is explained, not where it runs.
    fn reads(&self, critic: &str) -> bool {
        let _ = critic;
        self.reads_outcomes()
    }
}

impl<F> Condition for F
where
    F: Fn(View<'_>) -> bool + Send + Sync + 'static,
{
    fn holds(&self, view: View<'_>) -> Result<bool, ConditionError> {
        Ok(self(view))
    }
}

/// Why a condition could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ConditionError(pub String);
