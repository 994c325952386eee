//! What can be proved of a pipeline when it is loaded: that its critics can run, that its gates decide something, and
//! that it keeps its promises.

use tribunal_core::CriticName;
use tribunal_prove::{Answer, CriticModel, Figure, GaveUp, Model, NeverWhy, Path, Promise, Prover};

use super::planning::Planning;
use crate::Code;
use crate::critic::Draft;
use crate::duration;
use crate::notes::Mistake;
use crate::promise;

/// A promise of a pipeline.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamedPromise {
    /// What it is called.
    pub name: String,
    /// What holds, as it is written.
    pub holds: String,
    /// The same, read.
    pub promise: Promise,
}

impl Planning<'_> {
    /// The pipeline as proofs see it. `None` where it has mistakes that leave nothing to be proved.
    pub(super) fn model(&self) -> Option<Model> {
        let named = self.named();
        let critics = named.into_iter().map(|(draft, name)| draft.model(name)).collect();
        Model::new(critics, self.run.model())
            .map_err(|error| {
                // The engine has taken it, so that this is a mistake of ours.
                let message = format!("nothing can be proved of this pipeline: {error}");
                self.notes.add(Mistake::new(Code::ImpossiblePlan, 0..0, message));
            })
            .ok()
    }

    /// The same with critics that raise the codes they declare and no others. Promises are not held against that, as
    /// nothing is refused at run time for breaking a declaration; but who writes a gate goes by it.
    fn model_as_declared(&self, model: &Model) -> Option<Model> {
        let declared = |critic: &CriticModel| CriticModel {
            codes: self.draft_of(&critic.name).and_then(Draft::declared_codes),
            ..critic.clone()
        };
        Model::new(model.critics().iter().map(declared).collect(), model.run().clone()).ok()
    }

    /// Takes the promises that can be read, and says what is wrong with the others.
    pub(super) fn promises(&mut self) -> Vec<promise::Read> {
        let written = std::mem::take(&mut self.promises);
        let names: Vec<CriticName> =
            self.named().into_iter().map(|(_, name)| name.clone()).collect();
        let off: Vec<&str> = self.off.iter().map(|draft| draft.written_name.as_str()).collect();
        let read = written.into_iter().filter_map(|w| w.understood(&names, &off, self.notes));
        read.collect()
    }

    /// Notes what is wrong with the pipeline as a whole: critics that never run, gates that decide nothing, and where
    /// that is asked for, promises that do not hold.
    pub(super) fn prove(&self, model: &Model, promises: &[promise::Read], refuse_broken: bool) {
        let asked: Vec<Promise> =
            promises.iter().filter(|_| refuse_broken).map(|read| read.promise.clone()).collect();
        let declared = self.model_as_declared(model);
        if self.gates(&mut Prover::new(declared.as_ref().unwrap_or(model), &[])).is_err() {
            let message = "whether every critic can run takes too much work to be decided";
            self.notes.add(Mistake::new(Code::Undecided, 0..0, message));
        }
        if asked.is_empty() {
            return;
        }
        let mut prover = Prover::new(model, &asked);
        for (read, promise) in promises.iter().zip(&asked) {
            self.promise(read, prover.answer(promise));
        }
    }

    fn gates(&self, prover: &mut Prover<'_>) -> Result<(), GaveUp> {
        for never in prover.never_run()? {
            let Some(draft) = self.draft_of(&never.critic) else { continue };
            let name = &never.critic;
            let (code, key, why) = match never.why {
                NeverWhy::GateNeverOpens => {
                    (Code::GateNeverOpens, "policy", "its gate opens in no run")
                }
                // What critics cost is held against the budget in `fit.rs`, which sees why.
                NeverWhy::OverBudget => continue,
                NeverWhy::Settled => {
                    (Code::CriticNeverRuns, "stage", "the verdict is settled before its turn")
                }
                _ => (
                    Code::CriticNeverRuns,
                    "depends_on",
                    "what it depends on gives no opinion in any run that it is for",
                ),
            };
            let message = format!("`{name}` never runs: {why}");
            self.notes.add(Mistake::new(code, draft.place(key), message));
        }
        for name in prover.never_gated()? {
            let Some(draft) = self.draft_of(&name) else { continue };
            let message =
                format!("the gate of `{name}` closes in no run: its policy decides nothing");
            let mistake = Mistake::new(Code::GateNeverCloses, draft.place("policy"), message);
            self.notes.add(mistake.help("leave the policy out if it is always to run"));
        }
        Ok(())
    }

    fn promise(&self, read: &promise::Read, answer: Result<Answer, GaveUp>) {
        let name = &read.name;
        let mistake = |code, message| Mistake::new(code, read.span.clone(), message);
        match answer {
            Ok(Answer::Holds { vacuous: false }) => {}
            Ok(Answer::Holds { vacuous: true }) => self.notes.add(mistake(
                Code::VacuousPromise,
                format!("the promise \"{name}\" is about what happens in no run"),
            )),
            Ok(Answer::Broken { path, figure }) => {
                let found = figure.map(|figure| format!(": {}", told(figure))).unwrap_or_default();
                let message = format!("the promise \"{name}\" does not hold{found}");
                let help = format!("for instance: {}", story(&path));
                self.notes.add(mistake(Code::BrokenPromise, message).help(help));
            }
            Ok(_) | Err(GaveUp) => self.notes.add(mistake(
                Code::Undecided,
                format!("whether the promise \"{name}\" holds takes too much work to be decided"),
            )),
        }
    }
}

fn told(figure: Figure) -> String {
    match figure {
        Figure::Latency(latency) => format!("it may take {}", duration::write(latency)),
        Figure::Cost(cost) => format!("it may cost {cost}"),
        Figure::Critics(count) => format!("{count} may run"),
        _ => String::from("it may be more"),
    }
}

/// A path on one line.
fn story(path: &Path) -> String {
    path.lines().join("; ")
}
