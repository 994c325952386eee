//! What can be set, and what is refused before anything runs.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tribunal_core::{
    BuildId, Critic, CriticInfo, CriticName, FailureMode, Hook, NameError, Observer, Origin, Stage,
    Thresholds, contain,
};

use crate::OrchestratorV2;
use crate::digest::digest;
use crate::orchestrator::Seat;

/// Gathers the parts of an [`OrchestratorV2`]. Mistakes are kept until [`Builder::build`].
#[must_use]
pub struct Builder {
    critics: Vec<(Named, Arc<dyn Critic>)>,
    hooks: Vec<Arc<dyn Hook>>,
    observers: Vec<Arc<dyn Observer>>,
    timeout: Duration,
    failure_mode: FailureMode,
    thresholds: Thresholds,
}

/// How a critic was added.
enum Named {
    /// By name: it takes the settings for all.
    Only(String),
    /// With settings of its own.
    Fully(CriticInfo),
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            critics: Vec::new(),
            hooks: Vec::new(),
            observers: Vec::new(),
            timeout: Duration::from_secs(2),
            failure_mode: FailureMode::default(),
            thresholds: Thresholds::default(),
        }
    }

    /// Adds a critic. The report lists critics in the order they were added.
    pub fn critic(self, name: &str, critic: impl Critic) -> Self {
        self.shared(name, Arc::new(critic))
    }

    /// Adds a critic that others hold too.
    pub fn shared(mut self, name: &str, critic: Arc<dyn Critic>) -> Self {
        self.critics.push((Named::Only(name.to_owned()), critic));
        self
    }

    /// Adds a critic with its own failure mode, thresholds, mode, cost and tags.
    ///
    /// There is one stage here, and all go at once: `stage` is set to `core_analysis`, and `priority`
    /// has no effect. `reads` and `origin` are filled in.
    pub fn critic_with(mut self, info: CriticInfo, critic: impl Critic) -> Self {
        self.critics.push((Named::Fully(info), Arc::new(critic)));
        self
    }

    /// How long a run may take, for all its critics and hooks together: 2 seconds unless set; above zero
    /// and up to [`OrchestratorV2::MAX_TIMEOUT`].
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Adds a hook. Hooks are called in the order they were added.
    pub fn hook(mut self, hook: impl Hook) -> Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Adds an observer.
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// What a failure calls for, for every critic added by name: `review` unless set.
    pub const fn failure_mode(mut self, failure_mode: FailureMode) -> Self {
        self.failure_mode = failure_mode;
        self
    }

    /// What an opinion calls for, for every critic added by name: `review` from 0.4 and `block` from 0.8
    /// on unless set.
    pub const fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Checks everything. No critic at all is allowed: every run is then `review`, as nothing was judged.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for the first mistake, critics in the order they were added.
    pub fn build(self) -> Result<OrchestratorV2, BuildError> {
        if self.timeout.is_zero() || self.timeout > OrchestratorV2::MAX_TIMEOUT {
            return Err(BuildError::Timeout(self.timeout));
        }
        let mut seats: Vec<Seat> = Vec::with_capacity(self.critics.len());
        for (named, critic) in self.critics {
            let mut info = match named {
                Named::Fully(info) => info,
                Named::Only(name) => {
                    let mut info = CriticInfo::new(CriticName::new(&name)?);
                    info.failure_mode = self.failure_mode;
                    info.thresholds = self.thresholds;
                    info
                }
            };
            info.stage = Stage::CoreAnalysis;
            if !info.cost.is_finite() || info.cost < 0.0 {
                return Err(BuildError::Cost { name: info.name, cost: info.cost });
            }
            seats.push(Seat { info, critic });
        }
        let mut names: Vec<&CriticName> = seats.iter().map(|seat| &seat.info.name).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find_map(|pair| match pair {
            [one, other] if one == other => Some((*one).clone()),
            _ => None,
        }) {
            return Err(BuildError::Duplicate(twice));
        }
        let infos = seats.iter().map(|seat| &seat.info);
        let config_hash = digest(infos, self.timeout, self.hooks.len());
        let build = BuildId::next();
        for Seat { info, critic } in &mut seats {
            // Code of someone else; of one that panics here nothing is known.
            info.reads = contain(|| critic.reads()).unwrap_or_default();
            info.origin = Origin::within(config_hash, build);
        }
        let infos: Arc<[CriticInfo]> = seats.iter().map(|seat| seat.info.clone()).collect();
        let (hooks, observers, timeout) = (self.hooks, self.observers, self.timeout);
        Ok(OrchestratorV2::new(infos, seats, hooks, observers, timeout, config_hash))
    }
}

/// Why the parts make no orchestrator.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A critic cannot be called that.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Two critics have the same name.
    #[error("two critics are called `{0}`")]
    Duplicate(CriticName),
    /// No time, or more than anyone waits for.
    #[error("timeout `{0:?}` must be above zero and at most one day")]
    Timeout(Duration),
    /// A cost that cannot be added up.
    #[error("cost of critic `{name}` must be finite and not negative, found {cost}")]
    Cost {
        /// Whose.
        name: CriticName,
        /// What was given.
        cost: f64,
    },
}
