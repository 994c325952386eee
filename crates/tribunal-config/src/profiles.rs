//! Several profiles of one configuration, built at once: for tenants, or for kinds of requests.
//!
//! Which tenant or request gets which is for the caller to say. A name that is not there is an error: whoever
//! asked for a stricter profile must not get a weaker one.

use std::collections::BTreeMap;

use thiserror::Error;
use tribunal_core::nearest;
use tribunal_production::{PlanErrors, ProductionOrchestrator};

use crate::Pipeline;
use crate::read::short;

/// What each profile comes to, and what holds where none is named.
///
/// Each profile has limits, rates and breakers of its own.
#[derive(Debug, Clone)]
pub struct Profiles<T> {
    base: T,
    base_name: Option<String>,
    named: BTreeMap<String, T>,
}

/// There is no profile of that name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there is no profile called `{}`{}", short(.name), hint(.nearest.as_deref()))]
pub struct UnknownProfile {
    /// The name that was asked for.
    pub name: String,
    /// The one that may have been meant.
    pub nearest: Option<String>,
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

impl<T> Profiles<T> {
    pub(crate) fn new(base: T, base_name: Option<String>, named: BTreeMap<String, T>) -> Self {
        Self { base, base_name, named }
    }

    /// A configuration without profiles.
    #[must_use]
    pub const fn only(base: T) -> Self {
        Self { base, base_name: None, named: BTreeMap::new() }
    }

    /// What holds where no profile is named: the chosen profile, or the configuration without any.
    pub const fn base(&self) -> &T {
        &self.base
    }

    /// The base alone.
    pub fn into_base(self) -> T {
        self.base
    }

    /// Which profile the base is; `None` for the configuration without any.
    pub fn base_name(&self) -> Option<&str> {
        self.base_name.as_deref()
    }

    /// A profile by its name.
    ///
    /// # Errors
    ///
    /// [`UnknownProfile`], and never the base in its place.
    pub fn get(&self, name: &str) -> Result<&T, UnknownProfile> {
        self.named.get(name).ok_or_else(|| {
            let meant = nearest(&name.to_lowercase(), self.names());
            let nearest = meant.filter(|_| !name.is_empty()).map(str::to_owned);
            UnknownProfile { name: name.to_owned(), nearest }
        })
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.keys().map(String::as_str)
    }

    /// Every profile by its name, in order, without the base.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.named.iter().map(|(name, built)| (name.as_str(), built))
    }

    /// Keeps only these profiles, beside the base.
    ///
    /// # Errors
    ///
    /// [`UnknownProfile`] for a name that is not there.
    pub fn keep(mut self, names: &[impl AsRef<str>]) -> Result<Self, UnknownProfile> {
        for name in names {
            self.get(name.as_ref())?;
        }
        self.named.retain(|name, _| names.iter().any(|kept| kept.as_ref() == name));
        Ok(self)
    }

    /// Makes something else of each of them, the base first, which has no name here.
    ///
    /// # Errors
    ///
    /// The first that `make` gives.
    pub fn try_map<U, E>(
        self,
        mut make: impl FnMut(Option<&str>, T) -> Result<U, E>,
    ) -> Result<Profiles<U>, E> {
        let base = make(None, self.base)?;
        let named = self.named.into_iter().map(|(name, built)| {
            let made = make(Some(&name), built)?;
            Ok((name, made))
        });
        Ok(Profiles { base, base_name: self.base_name, named: named.collect::<Result<_, E>>()? })
    }
}

impl Profiles<Pipeline> {
    /// The orchestrator of each.
    ///
    /// # Errors
    ///
    /// [`PlanErrors`] for a pipeline that was changed after it was loaded; none that was not.
    pub fn build(self) -> Result<Profiles<ProductionOrchestrator>, PlanErrors> {
        self.try_map(|_, pipeline| pipeline.build())
    }
}
