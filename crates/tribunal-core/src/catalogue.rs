//! The kinds of critics that a configuration can name, and how each is built.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::{Critic, Languages, ParamFault, Params};

type Build = dyn Fn(&Params<'_>) -> Option<Arc<dyn Critic>> + Send + Sync;

/// A kind of critic: a name, what it does, and how one is built from its parameters.
#[derive(Clone)]
pub struct CriticKind {
    name: &'static str,
    summary: &'static str,
    build: Arc<Build>,
}

impl CriticKind {
    /// A kind whose critics `build` makes. It reads its parameters, notes what is wrong with them on the
    /// [`Params`], and gives `None` when it cannot go on.
    pub fn new<C: Critic>(
        name: &'static str,
        summary: &'static str,
        build: impl Fn(&Params<'_>) -> Option<C> + Send + Sync + 'static,
    ) -> Self {
        let build = move |params: &Params<'_>| -> Option<Arc<dyn Critic>> {
            build(params).map(|critic| Arc::new(critic) as Arc<dyn Critic>)
        };
        Self { name, summary, build: Arc::new(build) }
    }

    /// What a configuration calls it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it does, in one line.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// Builds a critic.
    ///
    /// # Errors
    ///
    /// Every parameter that is wrong, unknown or missing.
    pub fn build(&self, params: &Map<String, Value>) -> Result<Arc<dyn Critic>, Vec<ParamFault>> {
        self.build_from(params, Path::new(""))
    }

    /// As [`CriticKind::build`], for parameters that stand in a file of that folder.
    ///
    /// # Errors
    ///
    /// As [`CriticKind::build`].
    pub fn build_from(
        &self,
        params: &Map<String, Value>,
        base: &Path,
    ) -> Result<Arc<dyn Critic>, Vec<ParamFault>> {
        Params::read_from(params, base, |params| (self.build)(params))
    }
}

impl fmt::Debug for CriticKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CriticKind").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All the kinds of critics that a configuration can name.
#[derive(Clone, Default)]
pub struct Catalogue {
    kinds: BTreeMap<&'static str, CriticKind>,
    languages: Option<Arc<dyn Languages>>,
}

impl Catalogue {
    /// None at all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more kind; one of the same name is replaced.
    #[must_use]
    pub fn with(mut self, kind: CriticKind) -> Self {
        self.kinds.insert(kind.name, kind);
        self
    }

    /// The kind of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&CriticKind> {
        self.kinds.get(name)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &CriticKind> {
        self.kinds.values()
    }

    /// With someone who tells languages, for conditions that ask for one.
    #[must_use]
    pub fn telling_languages(mut self, languages: impl Languages) -> Self {
        self.languages = Some(Arc::new(languages));
        self
    }

    /// Who tells languages, if anyone.
    #[must_use]
    pub fn languages(&self) -> Option<&Arc<dyn Languages>> {
        self.languages.as_ref()
    }
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.kinds.keys()).finish()
    }
}
