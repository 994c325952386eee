//! `--status`: while lines are judged, whoever may ask is told how that stands.

use std::convert::Infallible;
use std::sync::Arc;

use clap::Args;
use tokio::task::JoinSet;
use tribunal_core::{Observer as _, Report, RunEvent, Snapshot};
use tribunal_log::DecisionId;
use tribunal_metrics::{Meters, Sources};
use tribunal_production::Reloadable;
use tribunal_status::{Address, Board, Server};

use super::log::JudgeLog;
use crate::exit::Trouble;

/// What `tribunal judge` is told of its status.
#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Tell `tribunal top` how things stand, at this socket, which is made, or at `tcp:127.0.0.1:PORT`
    #[arg(long, value_name = "PATH")]
    pub(super) status: Option<Address>,
}

/// What is counted so that it can be told.
#[derive(Debug, Clone)]
pub(super) struct Told {
    meters: Meters,
    board: Board,
}

impl Told {
    pub(super) fn new(name: &str) -> Self {
        let meters = Meters::new();
        Self { board: Board::new(name, &meters), meters }
    }

    /// Takes note of a run, and of its line in the decision log. Here rather than as an observer, which knows no lines.
    pub(super) fn record(
        &self,
        report: &Report,
        snapshot: &Snapshot,
        decision: Option<DecisionId>,
    ) {
        self.meters.on_event(RunEvent::RunFinished { report, snapshot });
        self.board.record(report, decision.as_ref().map(|id| id as &dyn std::fmt::Display));
    }

    /// Answers in a task of its own, from now on. Limits are those of the config without a profile.
    pub(super) async fn serve(
        &self,
        address: &Address,
        court: Arc<Reloadable>,
        log: Option<JudgeLog>,
    ) -> Result<JoinSet<Infallible>, Trouble> {
        let server = Server::bind(address).await.map_err(Trouble::Offer)?;
        let board = self.board.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let sources = || match &log {
                Some(log) => {
                    let lines = log.counters();
                    Sources::of(&court).log_lines(lines.written, lines.never_written())
                }
                None => Sources::of(&court),
            };
            server.serve(&board, sources).await
        });
        Ok(serving)
    }
}
