//! Nothing but futures: the floor, and what the standard ways to wait for several of them cost.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future;
use futures_util::stream::FuturesUnordered;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tribunal_core::CriticError;

use super::Bench;
use crate::contender::Contender;
use crate::noop::{Call, Said};

const TIMEOUT: Duration = Duration::from_secs(2);

/// No future: trait calls in a row.
#[must_use]
pub fn sync_calls(bench: &Bench, call: &Arc<dyn Call>) -> Contender {
    let (bench, stages) = (bench.clone(), bench.calls(call));
    Contender::new("synchronous calls", async move || {
        let mut said: Vec<Said> = Vec::with_capacity(bench.count);
        for (index, stage) in stages.iter().enumerate() {
            if Bench::goes_on(bench.shape, index, &said) {
                said.extend(stage.iter().map(|critic| critic.call(&bench.snapshot)));
            }
        }
        said
    })
}

/// The floor of what is asynchronous: no concurrency at all.
#[must_use]
pub fn one_after_the_other(bench: &Bench) -> Contender {
    let (bench, stages) = (bench.clone(), bench.checks());
    Contender::new("one after the other", async move || {
        let mut said: Vec<Said> = Vec::with_capacity(bench.count);
        for (index, stage) in stages.iter().enumerate() {
            if Bench::goes_on(bench.shape, index, &said) {
                for critic in stage {
                    said.push(critic.check(&bench.snapshot).await);
                }
            }
        }
        said
    })
}

/// `join_all`, stage by stage.
#[must_use]
pub fn join_all(bench: &Bench) -> Contender {
    let (bench, stages) = (bench.clone(), bench.checks());
    Contender::new("join_all", async move || {
        let mut said: Vec<Said> = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            if Bench::goes_on(bench.shape, index, &said) {
                let all = stage.iter().map(|critic| critic.check(&bench.snapshot));
                gather(&mut said, future::join_all(all).await);
            }
        }
        said
    })
}

/// The answers of one more stage; those of the first are not moved.
pub(super) fn gather(said: &mut Vec<Said>, stage: Vec<Said>) {
    match said.is_empty() {
        true => *said = stage,
        false => said.extend(stage),
    }
}

/// `join_all` with a timeout for every critic.
#[must_use]
pub fn join_all_timeout(bench: &Bench) -> Contender {
    let (bench, stages) = (bench.clone(), bench.checks());
    Contender::new("join_all, a timeout each", async move || {
        let mut said: Vec<Said> = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            if Bench::goes_on(bench.shape, index, &said) {
                let all = stage.iter().map(|critic| async {
                    let checked = timeout(TIMEOUT, critic.check(&bench.snapshot)).await;
                    checked.unwrap_or_else(|_| Err(CriticError::transient("timeout")))
                });
                gather(&mut said, future::join_all(all).await);
            }
        }
        said
    })
}

/// `join_all` with one timeout around it.
#[must_use]
pub fn join_all_one_timeout(bench: &Bench) -> Contender {
    let (bench, stages) = (bench.clone(), bench.checks());
    Contender::new("join_all, one timeout", async move || {
        timeout(TIMEOUT, async {
            let mut said: Vec<Said> = Vec::new();
            for (index, stage) in stages.iter().enumerate() {
                if Bench::goes_on(bench.shape, index, &said) {
                    let all = stage.iter().map(|critic| critic.check(&bench.snapshot));
                    gather(&mut said, future::join_all(all).await);
                }
            }
            said
        })
        .await
    })
}

/// `FuturesUnordered`: answers as they come.
#[must_use]
pub fn futures_unordered(bench: &Bench) -> Contender {
    let (bench, stages) = (bench.clone(), bench.checks());
    Contender::new("FuturesUnordered", async move || {
        let mut said: Vec<Said> = Vec::with_capacity(bench.count);
        for (index, stage) in stages.iter().enumerate() {
            if Bench::goes_on(bench.shape, index, &said) {
                let mut all: FuturesUnordered<_> =
                    stage.iter().map(|critic| critic.check(&bench.snapshot)).collect();
                while let Some(answer) = all.next().await {
                    said.push(answer);
                }
            }
        }
        said
    })
}

/// A task for every critic.
#[must_use]
pub fn join_set(bench: &Bench) -> Contender {
    let (bench, stages) = (bench.clone(), bench.checks());
    Contender::new("JoinSet", async move || {
        let mut said: Vec<Said> = Vec::with_capacity(bench.count);
        for (index, stage) in stages.iter().enumerate() {
            if Bench::goes_on(bench.shape, index, &said) {
                let mut tasks = JoinSet::new();
                for critic in stage {
                    let (critic, snapshot) = (Arc::clone(critic), bench.snapshot.clone());
                    tasks.spawn(async move { critic.check(&snapshot).await });
                }
                while let Some(answer) = tasks.join_next().await {
                    said.push(answer.unwrap_or_else(|_| Err(CriticError::permanent("panicked"))));
                }
            }
        }
        said
    })
}
