//! Everything that is proved of one pipeline.

use std::time::Duration;

use serde::Serialize;
use tribunal_config::Pipeline;
use tribunal_core::{CriticName, Mode};
use tribunal_prove::{Answer, Figure, GaveUp, NeverWhy, Path, Promise, Prover};

use crate::exit::Trouble;
use crate::ink;

/// What is proved of a pipeline.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    pub(crate) critics: usize,
    pub(crate) promises: Vec<Proved>,
    pub(crate) worst_latency_ms: f64,
    pub(crate) worst_cost: f64,
    pub(crate) fail_open: Vec<FailsOpen>,
    pub(crate) never_run: Vec<NeverRuns>,
    /// Critics whose policy decides nothing.
    pub(crate) never_gated: Vec<CriticName>,
    /// How a run may end in `allow` without an opinion of each enforcing critic.
    pub(crate) allow_without: Vec<Without>,
}

/// A promise and what became of it.
#[derive(Debug, Serialize)]
pub(crate) struct Proved {
    pub(crate) name: String,
    pub(crate) holds: String,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub(crate) enum Outcome {
    Holds { vacuous: bool },
    Broken { found: Option<String>, path: Box<Path> },
}

#[derive(Debug, Serialize)]
pub(crate) struct FailsOpen {
    pub(crate) critic: CriticName,
    pub(crate) path: Path,
}

#[derive(Debug, Serialize)]
pub(crate) struct NeverRuns {
    pub(crate) critic: CriticName,
    pub(crate) why: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct Without {
    pub(crate) critic: CriticName,
    /// One for each way in which the critic may come to have no opinion, the smallest first.
    pub(crate) paths: Vec<Path>,
}

impl Findings {
    /// Proves it.
    pub(crate) fn of(pipeline: &Pipeline) -> Result<Self, Trouble> {
        let Some(model) = &pipeline.model else { return Err(Trouble::Undecided(GaveUp)) };
        let promises: Vec<Promise> =
            pipeline.promises.iter().map(|named| named.promise.clone()).collect();
        let mut prover = Prover::new(model, &promises);
        let mut proved = Vec::with_capacity(promises.len());
        for named in &pipeline.promises {
            let outcome = match prover.answer(&named.promise).map_err(Trouble::Undecided)? {
                Answer::Broken { path, figure } => {
                    Outcome::Broken { found: figure.map(told), path }
                }
                Answer::Holds { vacuous } => Outcome::Holds { vacuous },
                _ => return Err(Trouble::Undecided(GaveUp)),
            };
            let (name, holds) = (named.name.clone(), named.holds.clone());
            proved.push(Proved { name, holds, outcome });
        }
        Self::with(&mut prover, proved).map_err(Trouble::Undecided)
    }

    fn with(prover: &mut Prover<'_>, promises: Vec<Proved>) -> Result<Self, GaveUp> {
        let latency = prover.worst_latency()?;
        let worst_cost = prover.worst_cost()?;
        let fail_open = prover.fail_open()?.into_iter();
        let never = prover.never_run()?.into_iter();
        let never_gated = prover.never_gated()?;
        let critics = prover.model().critics();
        let enforced = critics.iter().filter(|critic| critic.mode == Mode::Enforce);
        let mut allow_without = Vec::new();
        for critic in enforced {
            let paths = prover.allow_without(&critic.name)?;
            allow_without.push(Without { critic: critic.name.clone(), paths });
        }
        Ok(Self {
            critics: critics.len(),
            promises,
            worst_latency_ms: latency.as_secs_f64() * 1e3,
            worst_cost,
            fail_open: fail_open.map(|(critic, path)| FailsOpen { critic, path }).collect(),
            never_run: never.map(|n| NeverRuns { why: why(&n.why), critic: n.critic }).collect(),
            never_gated,
            allow_without,
        })
    }

    pub(crate) fn keeps_its_promises(&self) -> bool {
        self.promises.iter().all(|proved| matches!(proved.outcome, Outcome::Holds { .. }))
    }

    pub(crate) fn worst_latency(&self) -> Duration {
        Duration::try_from_secs_f64(self.worst_latency_ms / 1e3).unwrap_or_default()
    }
}

/// A figure in words.
pub(crate) fn told(figure: Figure) -> String {
    match figure {
        Figure::Latency(latency) => format!("it may take {}", ink::duration(latency)),
        Figure::Cost(cost) => format!("it may cost {cost}"),
        Figure::Critics(count) => format!("{count} may run"),
        _ => String::from("it may be more"),
    }
}

fn why(why: &NeverWhy) -> &'static str {
    match why {
        NeverWhy::GateNeverOpens => "its gate opens in no run",
        NeverWhy::OverBudget => "its cost fits into the budget of no run",
        NeverWhy::Settled => "the verdict is settled before its turn",
        _ => "what it depends on gives no opinion in any run that it is for",
    }
}
