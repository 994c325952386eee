//! Who waits for whom: calls that are under way, and those that would be the same.
//!
//! The first to ask leads. It holds a [`Lead`]; when that is dropped without a word, those who follow are woken
//! and one of them leads instead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tribunal_core::{Opinion, View};

use crate::key::Key;

/// What a leader has said so far.
#[derive(Debug, Clone)]
pub(crate) enum Word {
    Nothing,
    Opinion(Arc<Opinion>),
    /// It has none: whoever follows asks for itself.
    Failed,
}

#[derive(Default)]
pub(crate) struct Flights(Mutex<Open>);

#[derive(Default)]
struct Open {
    flights: HashMap<Key, Flight>,
    next: u64,
}

struct Flight {
    number: u64,
    leader: Asker,
    word: watch::Sender<Word>,
}

/// Which run asks, told by where its snapshot lies. A flight ends no later than the run that leads it, so nothing else
/// lies there meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asker(usize);

impl Asker {
    pub(crate) fn of(view: View<'_>) -> Self {
        Self(std::ptr::from_ref(view.snapshot()).addr())
    }
}

/// A place among the flights.
pub(crate) enum Boarded {
    Leads(Lead),
    Follows(watch::Receiver<Word>),
    /// It was known by the time one could lead.
    Known(Arc<Opinion>),
    /// As many are led as may be.
    Full,
}

/// Leading a flight. Dropping it ends the flight, unless that has ended.
pub(crate) struct Lead {
    flights: Arc<Flights>,
    key: Key,
    number: u64,
}

impl Flights {
    /// Follows whoever leads, or leads. `known` is asked once nobody else can lead: whoever led until just now has
    /// kept its opinion by then.
    pub(crate) fn board(
        self: &Arc<Self>,
        key: Key,
        asker: Asker,
        most: u64,
        known: impl FnOnce() -> Option<Arc<Opinion>>,
    ) -> Boarded {
        let mut open = self.open();
        if let Some(flight) = open.flights.get(&key) {
            return Boarded::Follows(flight.word.subscribe());
        }
        if let Some(opinion) = known() {
            return Boarded::Known(opinion);
        }
        if open.flights.len() as u64 >= most {
            return Boarded::Full;
        }
        let number = open.next;
        open.next += 1;
        let word = watch::Sender::new(Word::Nothing);
        open.flights.insert(key, Flight { number, leader: asker, word });
        Boarded::Leads(Lead { flights: self.clone(), key, number })
    }

    /// Tells those who follow, and ends the flight if there is one: whoever has the opinion, it is as good as the
    /// leader's.
    pub(crate) fn land(&self, key: &Key, opinion: Arc<Opinion>) {
        self.end(key, |_| true, Some(Word::Opinion(opinion)));
    }

    /// The same without an opinion; but only the leader's own failure ends its flight.
    pub(crate) fn fail(&self, key: &Key, asker: Asker) {
        self.end(key, |flight| flight.leader == asker, Some(Word::Failed));
    }

    /// Ends the flight if it is the one that is meant.
    fn end(&self, key: &Key, meant: impl FnOnce(&Flight) -> bool, word: Option<Word>) {
        let mut open = self.open();
        let ends = open.flights.get(key).is_some_and(meant);
        let flight = if ends { open.flights.remove(key) } else { None };
        // Wakes those who follow, who will ask for the lock.
        drop(open);
        if let (Some(flight), Some(word)) = (&flight, word) {
            flight.word.send_replace(word);
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        // By its number: the same run may have failed, and another may lead by now.
        self.flights.end(&self.key, |flight| flight.number == self.number, None);
    }
}

/// What the leader says in the end. `None` when it left without a word.
pub(crate) async fn word(leader: &mut watch::Receiver<Word>) -> Option<Word> {
    let said = leader.wait_for(|word| !matches!(word, Word::Nothing)).await;
    said.ok().map(|word| word.clone())
}
