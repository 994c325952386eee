//! A service as it is in life: it holds its orchestrator in one pointer, exchanges it, or shuts it down.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::time::{Instant, sleep_until};
use tribunal_production::{ProductionOrchestrator, Shutdown};

use super::Loaded;
use super::build::build;
use crate::sim::case::{Case, Turn};
use crate::sim::watch::Watch;

/// An orchestrator, and the eyes on it.
#[derive(Clone)]
pub(super) struct Seat {
    pub(super) court: ProductionOrchestrator,
    pub(super) watch: Arc<Watch>,
}

impl Seat {
    pub(super) fn new(case: &Arc<Case>, loaded: Option<&Loaded>, healthy: bool) -> Self {
        let watch = Watch::new(case, healthy);
        let court = build(case, loaded, &watch);
        Self { court, watch }
    }
}

/// All orchestrators that it has had. The last is the current one.
pub(super) struct Service {
    pub(super) case: Arc<Case>,
    seats: RefCell<Vec<Seat>>,
}

impl Service {
    pub(super) fn new(case: &Arc<Case>, loaded: Option<&Loaded>) -> Self {
        let seats = RefCell::new(vec![Seat::new(case, loaded, false)]);
        Self { case: Arc::clone(case), seats }
    }

    pub(super) fn current(&self) -> usize {
        self.seats.borrow().len() - 1
    }

    pub(super) fn seat(&self, at: usize) -> Seat {
        self.seats.borrow()[at].clone()
    }

    pub(super) fn seats(&self) -> Vec<Seat> {
        self.seats.borrow().clone()
    }

    /// What becomes of the orchestrator while runs are going on.
    pub(super) async fn turn(&self, begun: Instant) -> Option<Shutdown> {
        match &self.case.turn {
            Turn::Nothing => None,
            Turn::Stop { at, within } => {
                sleep_until(begun + *at).await;
                let Seat { court, watch } = self.seat(0);
                watch.lock().stop_begins(*within);
                Some(court.shutdown(*within).await)
            }
            Turn::Reload { at, to } => {
                sleep_until(begun + *at).await;
                self.seat(0).watch.lock().replace();
                let next = Seat::new(&Arc::new((**to).clone()), None, false);
                self.seats.borrow_mut().push(next);
                None
            }
        }
    }
}
