//! From layers that have been merged to critics and settings that are known to make a plan.
//!
//! Start at [`load`] for one file alone, and at [`read`] for what all layers come to. `pipeline/planning.rs` holds what
//! was read against the plan that comes of it, and `pipeline/fit.rs` what critics need against what there is.
//! `pipeline/proving.rs` holds what it promises against every run that the plan may have.

mod fit;
mod planning;
mod proving;

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::de::DeTable;
use tribunal_cache::ResultCache;
use tribunal_core::{Catalogue, Critic};
use tribunal_eval::Rules;
use tribunal_production::{Builder, CriticSpec, PlanErrors, ProductionOrchestrator, RunSettings};
use tribunal_prove::Model;

use self::planning::Planning;
pub use self::proving::NamedPromise;
use crate::cache::Cache;
use crate::critic::{Around, Draft};
use crate::error::Problems;
use crate::eval::Eval;
use crate::notes::{Mistake, Notes};
use crate::promise;
use crate::read::{Table, short};
use crate::run::{Defaults, Run};
use crate::texts::Texts;
use crate::when::Expression;
use crate::{Code, ConfigError, Layers, Problem, Source};

/// What the parser says of a key that stands twice: the one mistake that leaves the rest readable.
pub(crate) const DUPLICATE: &str = "duplicate key";

/// Settings and critics, known to make a plan.
pub struct Pipeline {
    /// What holds for whole runs.
    pub settings: RunSettings,
    /// The critics that are enabled, in the order of the file.
    pub critics: Vec<(CriticSpec, Arc<dyn Critic>)>,
    /// What remembers their opinions, where the file asks for that. Keep a clone to ask for its counters.
    pub cache: Option<ResultCache>,
    /// Of which kind of the catalogue each critic is, by its name.
    pub kinds: BTreeMap<String, String>,
    /// The expression of each critic with the policy `conditional`, by its name: for those who explain it.
    pub conditions: BTreeMap<String, Arc<Expression>>,
    /// Which critics speak for which label when the pipeline is measured. No run looks at it.
    pub eval: Rules,
    /// What may be meant as it stands, and may as well be a mistake; in the order of the file. No run looks at it.
    pub warnings: Vec<Problem>,
    /// What proofs know of it; there is one for every pipeline that was loaded. No run looks at it.
    pub model: Option<Model>,
    /// What it promises, in the order of the file. No run looks at it.
    pub promises: Vec<NamedPromise>,
}

impl Pipeline {
    /// A builder that has the settings, the critics and the cache: room for hooks and observers.
    #[must_use]
    pub fn into_builder(self) -> Builder {
        let builder = ProductionOrchestrator::builder().settings(self.settings);
        let builder = self.cache.into_iter().fold(builder, Builder::hook);
        self.critics
            .into_iter()
            .fold(builder, |builder, (spec, critic)| builder.shared(spec, critic))
    }

    /// The orchestrator.
    ///
    /// # Errors
    ///
    /// [`PlanErrors`] for a pipeline that was changed after it was loaded; none that was not.
    pub fn build(self) -> Result<ProductionOrchestrator, PlanErrors> {
        self.into_builder().build()
    }
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let specs: Vec<&CriticSpec> = self.critics.iter().map(|(spec, _)| spec).collect();
        f.debug_struct("Pipeline")
            .field("settings", &self.settings)
            .field("critics", &specs)
            .field("cache", &self.cache)
            .finish()
    }
}

/// Reads a configuration, builds its critics and checks that they make a plan.
///
/// `catalogue` has the kinds of critics that the file may name. `environment` says what a `$NAME` in the
/// parameters of a critic stands for; `|name| std::env::var(name).ok()` asks the process's environment. Relative
/// paths in parameters start from the folder that the source's name is in. It is the text alone: [`Layers`] has
/// included files, profiles, variables and `--set`s.
///
/// # Errors
///
/// [`ConfigError`] with every mistake in its place, and the warnings with them. Where the text is no TOML, its
/// mistakes are the only ones. With warnings alone there is a pipeline, and they are its
/// [`warnings`](Pipeline::warnings).
pub fn load(
    source: &Source,
    catalogue: &Catalogue,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Pipeline, ConfigError> {
    Layers::of(source.clone()).load(catalogue, environment)
}

/// The same, also where a promise does not hold: for those who want to know why.
///
/// # Errors
///
/// As [`load`], but for [`Code::BrokenPromise`].
pub fn load_unproved(
    source: &Source,
    catalogue: &Catalogue,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Pipeline, ConfigError> {
    Layers::of(source.clone()).unproved().load(catalogue, environment)
}

/// What was read, unless it has to be refused.
pub(crate) fn finished(
    pipeline: Option<Pipeline>,
    texts: &Texts,
    notes: Notes,
) -> Result<Pipeline, ConfigError> {
    settled(pipeline, texts, notes).map_err(|mistakes| refused(texts, mistakes))
}

/// The same, with the mistakes as they are.
pub(crate) fn settled(
    pipeline: Option<Pipeline>,
    texts: &Texts,
    notes: Notes,
) -> Result<Pipeline, Vec<Mistake>> {
    if pipeline.is_none() && notes.errors() == 0 {
        let message = "these critics and settings do not make a plan";
        notes.add(Mistake::new(Code::ImpossiblePlan, 0..0, message));
    }
    let fine = notes.errors() == 0;
    let mistakes = notes.take();
    match pipeline.filter(|_| fine) {
        Some(pipeline) => {
            let none = mistakes.is_empty();
            let warnings = if none { Vec::new() } else { Problems::of(texts, mistakes).list };
            Ok(Pipeline { warnings, ..pipeline })
        }
        None => Err(mistakes),
    }
}

/// A configuration with these mistakes.
pub(crate) fn refused(texts: &Texts, mistakes: Vec<Mistake>) -> ConfigError {
    ConfigError::new(Problems::of(texts, mistakes))
}

/// Reads what all layers come to. `None` where no plan can be made of it.
pub(crate) fn read(
    root: &DeTable<'_>,
    texts: &Texts,
    catalogue: &Catalogue,
    environment: &dyn Fn(&str) -> Option<String>,
    refuse_broken: bool,
    notes: &Notes,
) -> Option<Pipeline> {
    let root = Table::new(root, 0..0, "", notes);
    // They have been put where they belong before; a key that is misspelt may mean one of them.
    root.knows(&["include", "profile"]);
    let run = Run::read(&root, notes);
    let defaults = Defaults::read(&root, &run, notes);
    let cache = Cache::read(&root);
    let eval = Eval::read(&root, catalogue);
    let promises = promise::read(&root, notes);
    let around = Around { catalogue, environment, texts, run: &run, defaults: &defaults, notes };
    let tables = root.get("critic");
    let given = tables.is_some();
    let items = match &tables {
        Some(item) => item.list(),
        None => Some(Vec::new()),
    };
    let drafts: Option<Vec<Draft>> = items.map(|items| {
        let tables = items.iter().filter_map(|item| {
            let table = item.table()?;
            Some(Draft::read(table.unnamed(), &around))
        });
        tables.collect()
    });
    root.close();
    // Something stands there that is no list of critics: that has been noted.
    let drafts = drafts?;
    if drafts.is_empty() && notes.errors() == 0 {
        let span = tables.map_or(0..0, |item| item.span());
        let message = "there is no critic: without one, nothing is ever allowed";
        let help = if given { "the list is empty" } else { "add a `[[critic]]`" };
        notes.add(Mistake::new(Code::NoCritic, span, message).help(help));
    }
    duplicates(&drafts, notes);
    let names: Vec<&str> = drafts.iter().map(|draft| draft.written_name.as_str()).collect();
    let cache = cache.and_then(|cache| cache.build(&names));
    let eval = eval.build(&drafts);
    let (on, off): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(|draft| draft.enabled);
    if let (true, Some(first)) = (on.is_empty(), off.first()) {
        let message = "every critic is disabled: without one, nothing is ever allowed";
        notes.add(Mistake::new(Code::NoCritic, first.place("enabled"), message));
    }
    let languages = catalogue.languages().cloned();
    Planning { run, on, off, cache, eval, languages, promises, refuse_broken, notes }.plan()
}

/// Names that stand twice, or differ by case alone.
fn duplicates(drafts: &[Draft], notes: &Notes) {
    let mut names: BTreeMap<String, &Draft> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| !draft.written_name.is_empty()) {
        let folded = draft.written_name.to_lowercase();
        let Some(first) = names.get(&folded) else {
            names.insert(folded, draft);
            continue;
        };
        let message = if first.written_name == draft.written_name {
            format!("two critics are called `{}`", short(&draft.written_name))
        } else {
            format!(
                "`{}` and `{}` are the same name but for case",
                short(&first.written_name),
                short(&draft.written_name)
            )
        };
        notes.add(
            Mistake::new(Code::DuplicateCritic, draft.name_span.clone(), message)
                .other(first.name_span.clone(), "the first one"),
        );
    }
}
