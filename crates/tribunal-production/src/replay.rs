//! A gate outside of a run: what it sees of outcomes that are all there, and what it says to them.
//!
//! For those who explain a run. The decision is that of [`crate::gate`], word for word; nothing here is on the way of
//! a run.

use tribunal_core::{CriticName, Outcome, Phases, Reason, Snapshot, View};

use crate::gate;
use crate::orchestrator::ProductionOrchestrator;
use crate::plan::{Node, Plan};
use crate::run::Summary;
use crate::spec::Policy;

/// The gate of one critic. See [`ProductionOrchestrator::gate`].
#[derive(Clone, Copy)]
pub struct Gate<'p> {
    plan: &'p Plan,
    node: &'p Node,
}

impl ProductionOrchestrator {
    /// The gate of a critic, to ask what it would say; `None` where there is no such critic.
    #[must_use]
    pub fn gate(&self, critic: &str) -> Option<Gate<'_>> {
        let plan = &self.court.plan;
        let place = plan.names.iter().position(|name| *name == critic)?;
        Some(Gate { plan, node: plan.nodes.get(place)? })
    }
}

impl<'p> Gate<'p> {
    /// When its critic runs.
    #[must_use]
    pub fn policy(&self) -> &'p Policy {
        &self.node.policy
    }

    /// The phases its critic is for.
    #[must_use]
    pub fn phases(&self) -> Phases {
        self.node.phases
    }

    /// Whether its critic runs although one that it depends on gave no opinion.
    #[must_use]
    pub fn runs_anyway(&self) -> bool {
        self.node.run_anyway
    }

    /// The critics its own depends on.
    pub fn depends_on(&self) -> impl Iterator<Item = &'p CriticName> + use<'p> {
        let plan = self.plan;
        self.node.depends_on.iter().filter_map(|&place| plan.names.get(place as usize))
    }

    /// The critics whose outcomes it sees, in plan order.
    pub fn sees(&self) -> impl Iterator<Item = &'p CriticName> + use<'p> {
        let plan = self.plan;
        self.node.sees.iter().filter_map(|&place| plan.names.get(place as usize))
    }

    /// What it sees of the outcomes of a whole run, which are in plan order.
    #[must_use]
    pub fn view<'a>(&self, snapshot: &'a Snapshot, outcomes: &'a [Outcome]) -> View<'a>
    where
        'p: 'a,
    {
        View::with_prior(snapshot, &self.plan.names, outcomes, &[], &self.node.sees)
    }

    /// What it says to the outcomes of a whole run, which are in plan order: that its critic may run, or why not.
    ///
    /// # Errors
    ///
    /// The reason that the critic's outcome had, or would have.
    pub fn decide(&self, snapshot: &Snapshot, outcomes: &[Outcome]) -> Result<(), Reason> {
        let own = self.plan.stages.iter().find(|stage| {
            let nodes = self.plan.nodes.get(stage.critics.clone()).unwrap_or_default();
            nodes.iter().any(|node| std::ptr::eq(node, self.node))
        });
        let earlier = own.map_or(0, |stage| stage.critics.start).min(outcomes.len());
        let mut summary = Summary::default();
        summary.add(&self.plan.infos, outcomes.get(..earlier).unwrap_or_default());
        gate::decide(self.plan, self.node, self.view(snapshot, outcomes), &summary)
    }
}

impl std::fmt::Debug for Gate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("policy", self.policy()).finish_non_exhaustive()
    }
}
