//! What is read besides what was counted.

use tribunal_core::{ConfigHash, CriticInfo};
use tribunal_production::{
    Canary, CanaryReading, Gauges, Metrics, ProductionOrchestrator, Reloadable,
};

/// What says of itself how it stands, at the moment when it is read.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sources<'a> {
    court: Option<Court<'a>>,
    canary: Option<&'a Canary>,
    log_lines: Option<(u64, u64)>,
}

#[derive(Debug, Clone, Copy)]
enum Court<'a> {
    Fixed(&'a ProductionOrchestrator),
    Reloadable(&'a Reloadable),
}

impl<'a> Sources<'a> {
    /// An orchestrator whose plan can be replaced.
    #[must_use]
    pub fn of(court: &'a Reloadable) -> Self {
        Self { court: Some(Court::Reloadable(court)), ..Self::default() }
    }

    /// An orchestrator that has one plan for good: generation 1.
    #[must_use]
    pub fn fixed(court: &'a ProductionOrchestrator) -> Self {
        Self { court: Some(Court::Fixed(court)), ..Self::default() }
    }

    /// And a canary.
    #[must_use]
    pub const fn canary(mut self, canary: &'a Canary) -> Self {
        self.canary = Some(canary);
        self
    }

    /// And how many lines of a decision log were written, and lost, since the process began.
    #[must_use]
    pub const fn log_lines(mut self, written: u64, lost: u64) -> Self {
        self.log_lines = Some((written, lost));
        self
    }

    pub(crate) fn taken(&self) -> Taken {
        let court = self.court.map(|court| match court {
            Court::Fixed(court) => {
                let plan = Standing {
                    generation: 1,
                    config_hash: court.config_hash(),
                    critics: court.critics().into(),
                    gauges: court.gauges(),
                };
                (plan, court.metrics())
            }
            Court::Reloadable(court) => {
                // All of one generation.
                let now = court.current();
                let plan = Standing {
                    generation: now.number(),
                    config_hash: now.config_hash(),
                    critics: now.critics().into(),
                    gauges: now.gauges(),
                };
                (plan, now.metrics())
            }
        });
        let canary = self.canary.map(Canary::reading);
        Taken { court, canary, log_lines: self.log_lines }
    }
}

/// The plan that judges at the moment, and how its limits stand.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Standing {
    /// Which generation it is: 1 for the first, and one more with each reload.
    pub generation: u64,
    /// The digest that its reports carry.
    pub config_hash: ConfigHash,
    /// Its critics, in plan order.
    pub critics: Box<[CriticInfo]>,
    /// How full each limit is.
    pub gauges: Gauges,
}

/// What the sources said.
pub(crate) struct Taken {
    pub(crate) court: Option<(Standing, Metrics)>,
    pub(crate) canary: Option<CanaryReading>,
    pub(crate) log_lines: Option<(u64, u64)>,
}
