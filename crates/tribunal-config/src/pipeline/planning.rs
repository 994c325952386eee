//! What was read against the plan that comes of it: what the plan refuses is shown where it was written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use tribunal_cache::ResultCache;
use tribunal_core::{CriticName, Languages, Mode, Returns};
use tribunal_eval::Rules;
use tribunal_production::{Outline, PlanError, PlanErrors, ProductionOrchestrator};

use super::Pipeline;
use super::fit::Fit;
use super::proving::NamedPromise;
use crate::Code;
use crate::critic::Draft;
use crate::nearest::meant;
use crate::notes::{Mistake, Notes};
use crate::promise::{self, Written};
use crate::read::short;
use crate::run::Run;
use crate::when::{Expression, Scope};

/// Asks for a plan, shows what it refuses in its place, takes that out and asks again: one kind of mistake
/// hides the next.
pub(super) struct Planning<'n> {
    pub(super) run: Run,
    pub(super) on: Vec<Draft>,
    pub(super) off: Vec<Draft>,
    pub(super) cache: Option<ResultCache>,
    pub(super) eval: Rules,
    pub(super) promises: Vec<Written>,
    /// Whether a promise that does not hold is a mistake.
    pub(super) refuse_broken: bool,
    pub(super) languages: Option<Arc<dyn Languages>>,
    pub(super) notes: &'n Notes,
}

impl Planning<'_> {
    pub(super) fn plan(mut self) -> Option<Pipeline> {
        // Every round takes something out, so it ends; the bound is for a plan that refuses the same twice.
        let rounds: usize =
            8 + self.on.iter().map(|draft| draft.depends_on.len() + 8).sum::<usize>();
        for _ in 0..rounds {
            match self.build() {
                Ok(court) => {
                    let outline = court.outline();
                    self.conditions(&outline);
                    let drafts = self.named().into_iter().map(|(draft, _)| draft).collect();
                    let cached = self.cache.is_some();
                    Fit::new(&self.run, drafts, &outline, cached, self.notes).check();
                    return Some(self.proved());
                }
                Err(PlanErrors(errors)) => {
                    for error in errors {
                        if !self.explain(&error) {
                            return None;
                        }
                    }
                }
            }
        }
        None
    }

    /// The pipeline, with what can be proved of it where nothing is wrong with it so far.
    fn proved(mut self) -> Pipeline {
        let promises = self.promises();
        let model = if self.notes.errors() == 0 { self.model() } else { None };
        if let Some(model) = &model {
            self.prove(model, &promises, self.refuse_broken);
        }
        let named = |read: promise::Read| NamedPromise {
            name: read.name,
            holds: read.holds,
            promise: read.promise,
        };
        let promises = promises.into_iter().map(named).collect();
        Pipeline { model, promises, ..self.pipeline() }
    }

    /// Those with a name, each name once: what is wrong with the others has been noted.
    pub(super) fn named(&self) -> Vec<(&Draft, &CriticName)> {
        let mut seen = BTreeSet::new();
        let named = self.on.iter().filter_map(|draft| Some((draft, draft.name.as_ref()?)));
        named.filter(|(_, name)| seen.insert(*name)).collect()
    }

    fn pipeline(&self) -> Pipeline {
        let named = self.named();
        let kind = |(draft, name): &(&Draft, &CriticName)| (name.to_string(), draft.kind.clone());
        let kinds = named.iter().map(kind).collect();
        let condition = |(draft, name): &(&Draft, &CriticName)| {
            Some((name.to_string(), Arc::clone(&draft.when.as_ref()?.expression)))
        };
        let conditions = named.iter().filter_map(condition).collect();
        let critics = named.into_iter().map(|(d, name)| (d.spec(name), Arc::clone(&d.critic)));
        Pipeline {
            settings: self.run.settings(),
            critics: critics.collect(),
            cache: self.cache.clone(),
            kinds,
            conditions,
            eval: self.eval.clone(),
            warnings: Vec::new(),
            model: None,
            promises: Vec::new(),
        }
    }

    fn build(&self) -> Result<ProductionOrchestrator, PlanErrors> {
        self.pipeline().build()
    }

    /// Shows an error of the plan and takes its cause out. False where there is nothing to take out.
    fn explain(&mut self, error: &PlanError) -> bool {
        match error {
            PlanError::Spec { critic, key, problem } => {
                let Some(draft) = self.draft(critic) else { return false };
                let message = format!("`{key}` {problem}");
                let mistake = Mistake::new(code_of(key), draft.place(key), message);
                draft.forget(key);
                self.notes.add(mistake);
                true
            }
            PlanError::Settings { key, problem } => {
                let span = self.run.places.get(key).cloned().unwrap_or_default();
                let code = match key.split('.').next_back() {
                    Some("timeout") if key.starts_with("stages.") => Code::TimeoutCutShort,
                    _ => code_of(key),
                };
                let mut mistake = Mistake::new(code, span, format!("`{key}` {problem}"));
                if let (true, Some(run)) = (key.starts_with("stages."), &self.run.timeout) {
                    mistake = mistake.other(run.span.clone(), "the run's timeout");
                }
                self.notes.add(mistake);
                self.run.forget(key)
            }
            PlanError::UnknownDependency { critic, dependency, .. } => {
                let Some(span) = self.drop_dependency(critic, dependency) else { return false };
                if self.is_noted(dependency) {
                    return true;
                }
                let name = short(dependency);
                let message = format!("there is no critic called `{name}` to depend on");
                let off = self.off.iter().any(|draft| draft.written_name == *dependency);
                let help = if off {
                    Some(format!("`{name}` is disabled"))
                } else {
                    let named = self.named().into_iter().map(|(_, name)| name);
                    meant(dependency, named.filter(|name| *name != critic).map(CriticName::as_str))
                };
                let mistake = Mistake::new(Code::UnknownDependency, span, message);
                self.notes.add(mistake.maybe_help(help));
                true
            }
            PlanError::LaterStage { critic, stage, dependency, later } => {
                let message = format!(
                    "`{critic}` of stage `{stage}` depends on `{dependency}` of the later stage `{later}`"
                );
                self.refuse_dependency(Code::LaterDependency, critic, dependency, message)
            }
            PlanError::DependsOnMonitored { critic, dependency } => {
                let message = format!(
                    "`{critic}` depends on `{dependency}`, which is only monitored and so may change nothing"
                );
                self.refuse_dependency(Code::MonitoredDependency, critic, dependency, message)
            }
            PlanError::Cycle(path) => {
                let message = format!("critics wait for each other: {path}");
                let pairs = path.0.iter().zip(path.0.iter().skip(1));
                let edges: Vec<(CriticName, CriticName)> =
                    pairs.map(|(from, to)| (from.clone(), to.clone())).collect();
                let spans = edges.iter().filter_map(|(from, to)| {
                    let draft = self.on.iter().find(|draft| draft.name.as_ref() == Some(from))?;
                    let (_, span) =
                        draft.depends_on.iter().find(|(name, _)| to == name.as_str())?;
                    Some((from, to, span.clone()))
                });
                // Not every step is written as a dependency: a gate waits for smaller priority numbers.
                let mut spans: Vec<_> = spans.collect();
                spans.sort_by_key(|(_, _, span)| span.start);
                let Some((from, to, span)) = spans.first() else { return false };
                let mut mistake = Mistake::new(Code::DependencyCycle, span.clone(), message);
                for (from, to, other) in spans.iter().skip(1) {
                    mistake = mistake.other(other.clone(), format!("`{from}` waits for `{to}`"));
                }
                if spans.len() < edges.len() {
                    mistake = mistake.help(
                        "a critic whose gate looks at outcomes waits for all of its stage with a smaller priority number",
                    );
                }
                let (from, to) = ((*from).clone(), (*to).clone());
                self.notes.add(mistake);
                self.drop_dependency(&from, to.as_str()).is_some()
            }
            // Noted where it was read, with a better place.
            PlanError::NoCritics => {
                if self.notes.errors() == 0 {
                    self.notes.add(Mistake::new(Code::NoCritic, 0..0, error.to_string()));
                }
                false
            }
            other => {
                self.notes.add(Mistake::new(Code::ImpossiblePlan, 0..0, other.to_string()));
                false
            }
        }
    }

    pub(super) fn draft_of(&self, name: &CriticName) -> Option<&Draft> {
        self.on.iter().find(|draft| draft.name.as_ref() == Some(name))
    }

    fn draft(&mut self, name: &CriticName) -> Option<&mut Draft> {
        self.on.iter_mut().find(|draft| draft.name.as_ref() == Some(name))
    }

    fn refuse_dependency(
        &mut self,
        code: Code,
        critic: &CriticName,
        on: &CriticName,
        message: String,
    ) -> bool {
        let Some(span) = self.drop_dependency(critic, on.as_str()) else { return false };
        let mut mistake = Mistake::new(code, span, message);
        if let Some(other) = self.draft(on) {
            mistake = mistake.other(other.name_span.clone(), "this one");
        }
        self.notes.add(mistake);
        true
    }

    fn drop_dependency(&mut self, critic: &CriticName, on: &str) -> Option<Range<usize>> {
        let draft = self.draft(critic)?;
        let at = draft.depends_on.iter().position(|(name, _)| name == on)?;
        Some(draft.depends_on.remove(at).1)
    }

    /// Whether a critic is written under that name, and something about its name has been noted.
    fn is_noted(&self, name: &str) -> bool {
        self.on.iter().any(|draft| draft.name.is_none() && draft.written_name == name)
    }

    /// What a condition says of critics must fit those that its gate sees.
    fn conditions(&mut self, outline: &Outline) {
        let outlined: BTreeMap<&str, &[CriticName]> = outline
            .stages
            .iter()
            .flat_map(|stage| &stage.critics)
            .map(|critic| (critic.name.as_str(), critic.sees.as_slice()))
            .collect();
        let mut bound: Vec<(CriticName, Arc<Expression>)> = Vec::new();
        for (draft, name) in self.named() {
            let Some(when) = &draft.when else { continue };
            let sees = outlined.get(name.as_str()).copied().unwrap_or_default();
            let unseen = |wanted: &str| self.unseen(draft, name, wanted);
            let noted = |wanted: &str| self.is_noted(wanted);
            let scope = Scope {
                whose: Some(name),
                seen: self.returns(sees),
                unseen: &unseen,
                noted: &noted,
                languages: self.languages.clone(),
            };
            match when.expression.bind(&scope) {
                Ok(expression) => bound.push((name.clone(), Arc::new(expression))),
                Err(faults) => {
                    for fault in faults {
                        let place = when.place(&fault.part);
                        let message = format!("`when`: {}", fault.problem);
                        let mistake = Mistake::new(fault.code, place, message);
                        self.notes.add(mistake.maybe_help(fault.help));
                    }
                }
            }
        }
        for (name, expression) in bound {
            self.draft(&name).into_iter().for_each(|draft| draft.bind(Arc::clone(&expression)));
        }
    }

    /// What these critics declare to return.
    fn returns(&self, names: &[CriticName]) -> BTreeMap<CriticName, Returns> {
        let named = self.named().into_iter().filter(|(_, name)| names.contains(name));
        named.map(|(draft, name)| (name.clone(), draft.returns())).collect()
    }

    /// Why a critic cannot be seen from another.
    fn unseen(
        &self,
        from: &Draft,
        name: &CriticName,
        wanted: &str,
    ) -> Option<(Code, String, Option<String>)> {
        let shown = short(wanted);
        let other = self.named().into_iter().find(|(_, name)| **name == wanted);
        let Some((other, _)) = other else {
            let off = self.off.iter().any(|draft| draft.written_name == wanted);
            return off.then(|| (Code::UnknownCritic, format!("`{shown}` is disabled"), None));
        };
        Some(Self::out_of_sight(from, name, other, wanted))
    }

    /// Why a critic that there is cannot be seen from another.
    fn out_of_sight(
        from: &Draft,
        name: &CriticName,
        other: &Draft,
        wanted: &str,
    ) -> (Code, String, Option<String>) {
        let shown = short(wanted);
        if *name == wanted {
            let message = format!("`{shown}` cannot look at its own outcome");
            return (Code::UnseenCritic, message, None);
        }
        if other.stage > from.stage {
            let message = format!(
                "`{shown}` belongs to the stage `{}`, later than `{}`",
                other.stage, from.stage
            );
            return (Code::UnseenCritic, message, None);
        }
        if other.mode == Mode::Monitor {
            let message =
                format!("`{shown}` is only monitored, and no gate sees what is monitored");
            return (Code::UnseenCritic, message, None);
        }
        let message = format!(
            "the gate does not see `{shown}`: same stage, and its priority number {} is not smaller than {}",
            other.priority, from.priority
        );
        let help = format!("give `{shown}` a smaller priority number, or depend on it");
        (Code::UnseenCritic, message, Some(help))
    }
}

/// What kind of mistake the plan sees in a value.
fn code_of(key: &str) -> Code {
    match key {
        "validation.required" => Code::InvalidPointer,
        "when" => Code::InvalidExpression,
        "shares" => Code::UnknownRate,
        "adaptive" | "run.adaptive" => Code::CrossedBounds,
        "hedge.after" => Code::DelayNeverReached,
        _ => Code::OutOfRange,
    }
}
