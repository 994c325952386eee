//! One run as an answer: what becomes of each critic, and how it ends.

use std::fmt;

use serde::Serialize;
use tribunal_core::{CriticName, Phase, RiskTier, Status, Verdict};

/// A run that the engine may have.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Path {
    /// The phase of the snapshot.
    pub phase: Phase,
    /// Whether it is like that in this phase alone, or in some others at most.
    pub phase_matters: bool,
    /// The tier of risk that the snapshot states, if it has to.
    pub risk_tier: Option<RiskTier>,
    /// The number of risk that the snapshot states, if it has to.
    pub risk: Option<f64>,
    /// Every critic, in plan order.
    pub steps: Vec<Step>,
    /// How it ends.
    pub verdict: Verdict,
    /// What the answer rests on and cannot be known from the pipeline.
    pub assuming: Vec<Assumed>,
}

/// Something that cannot be known from a pipeline, and what it is taken to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Assumed {
    /// What it is, as it is written.
    pub what: String,
    /// Whether it holds.
    pub holds: bool,
}

/// What becomes of one critic.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Which.
    pub critic: CriticName,
    /// What becomes of it.
    #[serde(flatten)]
    pub state: State,
    /// How often its call is repeated.
    pub repeats: u32,
    /// How many of its calls get a second one beside them.
    pub hedges: u32,
    /// Whether it has to do with the answer. The others are quiet, or might as well be something else.
    pub matters: bool,
}

/// What becomes of a critic.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// Gated: it is for other phases.
    OtherPhase,
    /// Gated by its policy.
    Closed,
    /// Skipped: one it depends on should have given an opinion and did not.
    DependencyFailed {
        /// Which one.
        on: CriticName,
    },
    /// Skipped: one it depends on was gated, and so nothing failed.
    DependencyGated {
        /// Which one.
        on: CriticName,
    },
    /// An error: its condition cannot be evaluated.
    ConditionFailed,
    /// Skipped: its cost does not fit any more.
    OverBudget,
    /// Skipped: the verdict is settled.
    Settled,
    /// It runs and gives no opinion.
    Failed {
        /// How.
        status: Status,
        /// The severity of what it said and cannot be believed, where that counts.
        objected: Option<f64>,
        /// Whether it may have been called before that. False where it matters that it was not.
        called: bool,
    },
    /// It gives an opinion.
    Spoke(Said),
}

/// An opinion, as far as it matters.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Said {
    /// How many violations.
    pub violations: u32,
    /// The worst severity.
    pub severity: f64,
    /// The score, where one is asked for.
    pub score: f64,
    /// The uncertainty.
    pub uncertainty: f64,
    /// What the violations are, where codes are asked for: a code for each kind that there is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Found>,
}

/// Violations of an opinion that are alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Found {
    /// The code, or one that would do as well.
    pub code: String,
    /// How many.
    pub times: u32,
    /// The worst severity among them, where it is asked for.
    pub severity: f64,
}

impl Said {
    /// Nothing to object to, and sure of it.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.violations == 0 && self.severity <= 0.0 && self.score <= 0.0 && self.uncertainty <= 0.0
    }
}

impl State {
    /// Whether it runs.
    #[must_use]
    pub const fn runs(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Spoke(_))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherPhase => f.write_str("gated, it is for other phases"),
            Self::Closed => f.write_str("gated by its policy"),
            Self::DependencyFailed { on } => write!(f, "skipped, `{on}` gave no opinion"),
            Self::DependencyGated { on } => write!(f, "skipped, `{on}` did not run"),
            Self::ConditionFailed => f.write_str("error, its condition cannot be evaluated"),
            Self::OverBudget => f.write_str("skipped, over budget"),
            Self::Settled => f.write_str("skipped, the verdict is settled"),
            Self::Failed { status, called: false, .. } => {
                write!(f, "fails ({status}, before it is called)")
            }
            Self::Failed { status: Status::Error, objected: None, .. } => f.write_str("fails"),
            Self::Failed { status, objected: None, .. } => write!(f, "fails ({status})"),
            Self::Failed { status, objected: Some(severity), .. } => {
                write!(f, "fails ({status}, though it objects with severity {severity})")
            }
            Self::Spoke(said) => said.fmt(f),
        }
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            return f.write_str("has nothing to object to");
        }
        let mut parts = Vec::new();
        match self.violations {
            0 => {}
            1 => parts.push(String::from("objects")),
            many => parts.push(format!("objects {many} times")),
        }
        if let (Some(what), false) = (parts.last_mut(), self.found.is_empty()) {
            let found: Vec<String> = self.found.iter().map(Found::to_string).collect();
            what.push_str(&format!(" ({})", found.join(", ")));
        }
        for (what, number) in
            [("severity", self.severity), ("score", self.score), ("uncertainty", self.uncertainty)]
        {
            if number > 0.0 {
                parts.push(format!("{what} {number}"));
            }
        }
        f.write_str(&parts.join(", "))
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        if self.times > 1 {
            write!(f, " {} times", self.times)?;
        }
        if self.severity > 0.0 {
            write!(f, " of severity {}", self.severity)?;
        }
        Ok(())
    }
}

impl fmt::Display for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let not = if self.holds { "" } else { "not: " };
        write!(f, "{not}{}", self.what)
    }
}

impl Path {
    /// A run that somebody has seen, to be asked about with [`Prover::is_possible`](crate::Prover::is_possible).
    #[must_use]
    pub fn seen(
        phase: Phase,
        risk_tier: Option<RiskTier>,
        critics: Vec<(CriticName, State)>,
        verdict: Verdict,
    ) -> Self {
        let step = |(critic, state)| Step { critic, state, repeats: 0, hedges: 0, matters: true };
        Self {
            phase,
            phase_matters: true,
            risk_tier,
            risk: None,
            steps: critics.into_iter().map(step).collect(),
            verdict,
            assuming: Vec::new(),
        }
    }

    /// The story in lines, of what matters alone: the snapshot where something is asked of it, critics in plan order,
    /// the verdict, and what is assumed.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut snapshot = Vec::new();
        if self.phase_matters {
            snapshot.push(format!("phase {}", self.phase));
        }
        snapshot.extend(self.risk_tier.map(|tier| format!("risk tier {tier}")));
        snapshot.extend(self.risk.map(|risk| format!("risk {risk}")));
        if !snapshot.is_empty() {
            lines.push(format!("snapshot: {}", snapshot.join(", ")));
        }
        for step in self.steps.iter().filter(|step| step.matters) {
            let mut line = format!("{}: {}", step.critic, step.state);
            for (count, what) in [(step.repeats, "repeated"), (step.hedges, "hedged")] {
                match count {
                    0 => {}
                    1 => line.push_str(&format!(", {what} once")),
                    many => line.push_str(&format!(", {what} {many} times")),
                }
            }
            lines.push(line);
        }
        lines.push(format!("verdict: {}", self.verdict));
        lines.extend(self.assuming.iter().map(|assumed| format!("assuming {assumed}")));
        lines
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}
