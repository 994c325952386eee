//! The hook itself: asks what is known, leads or follows, and keeps what the critic said.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::watch;
use tribunal_core::{
    Answer, Before, CriticInfo, Hook, HookError, Lease, Opinion, Outcome, Source, Status, View,
    Waited,
};

use crate::Builder;
use crate::flight::{Asker, Boarded, Flights, Word, word};
use crate::key::Key;
use crate::store::Store;

/// Answers for critics with what they said before, and has identical calls made once. Cloning it shares
/// everything: give one to the orchestrator and keep one to ask for its counters.
///
/// An opinion is kept under the critic's name, its origin (configuration and orchestrator) and a digest of what the
/// critic declares to read. What is kept is a valid opinion of the critic itself: never a failure, never one with
/// faults that lenient validation let pass, never a fallback, never what came from a cache.
///
/// An answer from here has the source `cache`, costs nothing and is judged like any other. When whoever is waited
/// for fails, those who wait call the critic themselves; when it is cancelled, one of them takes its place.
#[derive(Clone)]
pub struct ResultCache(Arc<Inner>);

struct Inner {
    bounds: Builder,
    store: Store,
    flights: Arc<Flights>,
    hits: AtomicU64,
    misses: AtomicU64,
    waits: AtomicU64,
}

impl ResultCache {
    /// The most opinions that a cache can be set to hold.
    pub const MOST_ENTRIES: u64 = 100_000_000;
    /// The most bytes that a cache can be set to hold: 4 GiB, less one.
    pub const MOST_BYTES: u64 = u32::MAX as u64;
    /// The longest that an opinion can be kept: 30 days.
    pub const LONGEST_TIME_TO_LIVE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

    /// Starts with 10,000 entries, 64 MiB and 5 minutes.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(bounds: Builder) -> Self {
        let (hits, misses, waits) = Default::default();
        let (store, flights) = (Store::new(&bounds), Arc::default());
        Self(Arc::new(Inner { bounds, store, flights, hits, misses, waits }))
    }

    /// How often an opinion was there.
    #[must_use]
    pub fn hits(&self) -> u64 {
        self.0.hits.load(Relaxed)
    }

    /// How often a critic had to be called that might have been answered for.
    #[must_use]
    pub fn misses(&self) -> u64 {
        self.0.misses.load(Relaxed)
    }

    /// How often an opinion came of waiting for someone else's call.
    #[must_use]
    pub fn waits(&self) -> u64 {
        self.0.waits.load(Relaxed)
    }

    /// How many opinions are kept. Does pending upkeep first, so it is not for every request.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.0.store.entries()
    }
}

impl fmt::Debug for ResultCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultCache")
            .field("bounds", &self.0.bounds)
            .field("hits", &self.hits())
            .field("misses", &self.misses())
            .field("waits", &self.waits())
            .finish_non_exhaustive()
    }
}

impl Hook for ResultCache {
    fn before<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
    ) -> Answer<'a, Result<Before<'a>, HookError>> {
        let inner = &*self.0;
        let Some(key) = inner.key(critic, view) else { return Answer::now(Ok(Before::Proceed)) };
        if let Some(opinion) = inner.store.get(&key) {
            return Answer::now(Ok(Before::Answer(inner.known(&opinion))));
        }
        let asker = Asker::of(view);
        Answer::now(Ok(match inner.board(key, asker) {
            Ok(waited) => waited.into(),
            Err(leader) => Before::Wait(Box::pin(inner.follow(key, asker, leader))),
        }))
    }

    fn after<'a>(
        &'a self,
        critic: &'a CriticInfo,
        view: View<'a>,
        outcome: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        let inner = &*self.0;
        // What came from a cache says nothing of the call that others may wait for.
        if outcome.source != Source::Cache
            && let Some(key) = inner.key(critic, view)
        {
            match kept(outcome).map(|opinion| Arc::new(opinion.clone())) {
                None => inner.flights.fail(&key, Asker::of(view)),
                Some(opinion) => {
                    // In this order: whoever finds no flight any more has to find the opinion.
                    inner.store.keep(key, opinion.clone());
                    inner.flights.land(&key, opinion);
                }
            }
        }
        Answer::now(Ok(()))
    }
}

/// The opinion of an outcome that may be given again.
fn kept(outcome: &Outcome) -> Option<&Opinion> {
    let sound = outcome.status == Status::Success && outcome.source == Source::Critic;
    // A reason beside an opinion names what was let pass in it.
    outcome.opinion.as_ref().filter(|_| sound && outcome.reason.is_none())
}

impl Inner {
    fn key(&self, critic: &CriticInfo, view: View<'_>) -> Option<Key> {
        let only = self.bounds.only.as_ref();
        let meant = only.is_none_or(|names| names.contains(critic.name.as_str()));
        if meant { Key::of(critic, view.snapshot()) } else { None }
    }

    fn known(&self, opinion: &Opinion) -> Opinion {
        self.hits.fetch_add(1, Relaxed);
        opinion.clone()
    }

    /// What to do now; `Err` is whom to wait for.
    fn board(&self, key: Key, asker: Asker) -> Result<Waited, watch::Receiver<Word>> {
        let known = || self.store.get(&key);
        let waited = match self.flights.board(key, asker, self.bounds.max_entries, known) {
            Boarded::Follows(leader) => return Err(leader),
            Boarded::Known(opinion) => return Ok(Waited::Answer(self.known(&opinion))),
            Boarded::Leads(lead) => Waited::Hold(Lease::new(lead)),
            Boarded::Full => Waited::Proceed,
        };
        self.misses.fetch_add(1, Relaxed);
        Ok(waited)
    }

    async fn follow(
        &self,
        key: Key,
        asker: Asker,
        mut leader: watch::Receiver<Word>,
    ) -> Result<Waited, HookError> {
        loop {
            match word(&mut leader).await {
                Some(Word::Opinion(opinion)) => {
                    self.waits.fetch_add(1, Relaxed);
                    return Ok(Waited::Answer((*opinion).clone()));
                }
                // Each for itself: one after the other, the last would wait for the failures of all.
                Some(Word::Failed | Word::Nothing) => {
                    self.misses.fetch_add(1, Relaxed);
                    return Ok(Waited::Proceed);
                }
                // Cancelled, and with it the one call there was: somebody makes it now, and the rest waits on.
                None => match self.board(key, asker) {
                    Ok(waited) => return Ok(waited),
                    Err(next) => leader = next,
                },
            }
        }
    }
}
