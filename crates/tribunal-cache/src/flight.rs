//! Who waits for whom: calls that are under way, and those that would be the same.
//!
//! The first to ask leads. It holds a [`Lead`]; when that is dropped without a word, those who follow are woken
//! and one of them leads instead.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tribunal_core::Opinion;

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
    word: watch::Sender<Word>,
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
        open.flights.insert(key, Flight { number, word: watch::Sender::new(Word::Nothing) });
        Boarded::Leads(Lead { flights: self.clone(), key, number })
    }

    /// Tells those who follow, and ends the flight if there is one.
    pub(crate) fn land(&self, key: &Key, word: Word) {
        let flight = self.open().flights.remove(key);
        if let Some(flight) = flight {
            flight.word.send_replace(word);
        }
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut open = self.flights.open();
        let own = open.flights.get(&self.key).is_some_and(|flight| flight.number == self.number);
        let flight = if own { open.flights.remove(&self.key) } else { None };
        // Wakes those who follow, who will ask for the lock.
        drop(open);
        drop(flight);
    }
}

/// What the leader says in the end. `None` when it left without a word.
pub(crate) async fn word(leader: &mut watch::Receiver<Word>) -> Option<Word> {
    let said = leader.wait_for(|word| !matches!(word, Word::Nothing)).await;
    said.ok().map(|word| word.clone())
}
