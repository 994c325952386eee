//! What a critic, a gate or a hook gets to see: the snapshot, and the outcomes that the plan lets it see.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::{CriticName, Outcome, Snapshot};

/// The snapshot and the earlier outcomes that are visible from one place of the plan.
///
/// Which outcomes those are is fixed before any run; all of them are final. Copying it is free.
#[derive(Clone, Copy)]
pub struct View<'a> {
    snapshot: &'a Snapshot,
    prior: Prior<'a>,
    cancelled: Option<&'a AtomicBool>,
}

#[derive(Clone, Copy, Default)]
struct Prior<'a> {
    names: &'a [CriticName],
    earlier: &'a [Outcome],
    current: &'a [OnceLock<Outcome>],
    seen: &'a [u32],
}

impl<'a> Prior<'a> {
    fn at(&self, index: usize) -> Option<&'a Outcome> {
        match index.checked_sub(self.earlier.len()) {
            None => self.earlier.get(index),
            Some(index) => self.current.get(index)?.get(),
        }
    }
}

impl<'a> View<'a> {
    /// The snapshot alone, with no outcome before it.
    #[must_use]
    pub fn of(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, prior: Prior::default(), cancelled: None }
    }

    /// For engines: the snapshot, and those of the outcomes whose indexes are listed. Indexes count through the
    /// names, the outcomes that are there already, and then those of the current stage. One that is still to come
    /// is invisible.
    #[must_use]
    pub const fn with_prior(
        snapshot: &'a Snapshot,
        names: &'a [CriticName],
        earlier: &'a [Outcome],
        current: &'a [OnceLock<Outcome>],
        seen: &'a [u32],
    ) -> Self {
        Self { snapshot, prior: Prior { names, earlier, current, seen }, cancelled: None }
    }

    /// For engines: says by this flag, once it is set, that the answer is no longer wanted.
    #[must_use]
    pub const fn cancelled_by(mut self, flag: &'a AtomicBool) -> Self {
        self.cancelled = Some(flag);
        self
    }

    /// Whether nobody waits for the answer any more: time ran out, or the run was dropped.
    ///
    /// For critics that keep a thread busy, which nothing can interrupt: asked now and then, it lets them stop
    /// early and free their thread and their permits.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.is_some_and(|flag| flag.load(Relaxed))
    }

    /// What is judged.
    #[must_use]
    pub const fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// The outcomes it may see, in plan order.
    pub fn prior(&self) -> impl Iterator<Item = (&'a CriticName, &'a Outcome)> + use<'a> {
        let prior = self.prior;
        prior.seen.iter().filter_map(move |&index| {
            let index = index as usize;
            Some((prior.names.get(index)?, prior.at(index)?))
        })
    }

    /// For engines: the outcome with an index, whether it is listed or not.
    #[must_use]
    pub fn at(&self, index: u32) -> Option<&'a Outcome> {
        self.prior.at(index as usize)
    }

    /// The outcome of one critic, if it may be seen.
    #[must_use]
    pub fn outcome(&self, critic: &str) -> Option<&'a Outcome> {
        self.prior().find(|(name, _)| *name == critic).map(|(_, outcome)| outcome)
    }
}

impl std::fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.prior().map(|(name, _)| name).collect();
        f.debug_struct("View").field("snapshot", &self.snapshot).field("prior", &names).finish()
    }
}
