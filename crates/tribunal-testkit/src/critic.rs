//! Critics that do what their script says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tribunal_core::{Answer, Critic, Opinion, Reads, Review, View};

use crate::probe::Flight;
use crate::{Journal, Probe, Step};

/// A critic that takes one step of its script for each call; the last one repeats. Without a script it
/// allows.
#[derive(Clone)]
pub struct Scripted {
    /// What it is to be called in the plan.
    pub name: String,
    steps: Vec<Step>,
    next: Arc<AtomicUsize>,
    probe: Probe,
    also: Vec<Probe>,
    journals: Vec<Journal>,
    reads: Reads,
}

/// A critic with an empty script.
#[must_use]
pub fn critic(name: &str) -> Scripted {
    Scripted {
        name: name.to_owned(),
        steps: Vec::new(),
        next: Arc::default(),
        probe: Probe::default(),
        also: Vec::new(),
        journals: Vec::new(),
        reads: Reads::Unknown,
    }
}

/// Has nothing to object to.
#[must_use]
pub fn allows(name: &str) -> Scripted {
    critic(name).then(Step::allows())
}

/// Objects with this severity.
#[must_use]
pub fn objects(name: &str, severity: f64) -> Scripted {
    critic(name).then(Step::objects(severity))
}

/// Fails for good.
#[must_use]
pub fn fails(name: &str) -> Scripted {
    critic(name).then(Step::permanent())
}

/// Fails each time, each time promising that a second try may help.
#[must_use]
pub fn fails_transiently(name: &str) -> Scripted {
    critic(name).then(Step::transient())
}

/// Never answers.
#[must_use]
pub fn hangs(name: &str) -> Scripted {
    critic(name).then(Step::hangs())
}

/// Panics in the call itself.
#[must_use]
pub fn panics(name: &str) -> Scripted {
    critic(name).then(Step::panics())
}

/// Panics in its second poll.
#[must_use]
pub fn panics_later(name: &str) -> Scripted {
    critic(name).then(Step::panics().pends(1))
}

/// Never answers, and panics when it is dropped.
#[must_use]
pub fn panics_when_dropped(name: &str) -> Scripted {
    critic(name).then(Step::panics_when_dropped())
}

/// Gives an opinion with a severity that is not a number.
#[must_use]
pub fn lies(name: &str) -> Scripted {
    critic(name).then(Step::lies())
}

/// Allows after this much virtual time.
#[must_use]
pub fn takes(name: &str, time: Duration) -> Scripted {
    critic(name).then(Step::allows().after(time))
}

/// Blocks its thread for this much virtual time and then allows: whoever has a shorter deadline is late.
#[must_use]
pub fn late(name: &str, time: Duration) -> Scripted {
    critic(name).then(Step::allows().blocks(time))
}

impl Scripted {
    /// Adds a step to the script.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Gives this opinion next.
    #[must_use]
    pub fn says(self, opinion: Opinion) -> Self {
        self.then(Step::says(opinion))
    }

    /// Lets the last step take this much virtual time.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        self.last(|step| step.after(delay))
    }

    /// Lets the last step block its thread for this much virtual time.
    #[must_use]
    pub fn blocks(self, time: Duration) -> Self {
        self.last(|step| step.blocks(time))
    }

    /// Lets the last step be pending at its first poll.
    #[must_use]
    pub fn pends_once(self) -> Self {
        self.last(|step| step.pends(1))
    }

    /// Counts its calls with this probe too: one probe on several critics sees how they overlap.
    #[must_use]
    pub fn probed_by(mut self, probe: &Probe) -> Self {
        self.also.push(probe.clone());
        self
    }

    /// Notes what it does in this journal.
    #[must_use]
    pub fn noted_in(mut self, journal: &Journal) -> Self {
        self.journals.push(journal.clone());
        self
    }

    /// Declares that it reads these parts of a snapshot and nothing else.
    #[must_use]
    pub fn reading(mut self, reads: Reads) -> Self {
        self.reads = reads;
        self
    }

    /// Its own probe: keep it, the critic itself goes into the engine.
    #[must_use]
    pub fn probe(&self) -> Probe {
        self.probe.clone()
    }

    fn last(mut self, change: impl FnOnce(Step) -> Step) -> Self {
        let step = self.steps.pop().unwrap_or_else(Step::allows);
        self.steps.push(change(step));
        self
    }
}

impl Critic for Scripted {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let call = self.next.fetch_add(1, Ordering::SeqCst);
        let step = self.steps.get(call).or(self.steps.last()).cloned();
        let step = step.unwrap_or_else(Step::allows);
        let probes = std::iter::once(&self.probe).chain(&self.also).cloned().collect();
        let flight = Flight::start(&self.name, probes, self.journals.clone(), view);
        if step.is_immediate() {
            let said = step.end();
            flight.land(said.is_ok());
            return Answer::now(said);
        }
        Answer::later(async move {
            step.wait().await;
            let said = step.end();
            flight.land(said.is_ok());
            said
        })
    }

    fn reads(&self) -> Reads {
        self.reads.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{What, millis, secs, snapshot};
    use tribunal_core::contain;

    #[tokio::test(start_paused = true)]
    async fn the_last_step_of_a_script_repeats() {
        let critic = critic("a").then(Step::transient()).then(Step::objects(0.5));
        let snapshot = snapshot("x");
        let mut severities = Vec::new();
        for _ in 0..3 {
            let said = critic.review(View::of(&snapshot)).get().await;
            severities.push(said.map(|opinion| opinion.worst_severity()).ok());
        }
        assert_eq!(severities, [None, Some(0.5), Some(0.5)]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_journal_tells_how_each_call_ended_and_when() {
        let journal = Journal::new();
        let snapshot = snapshot("x");
        let view = View::of(&snapshot);
        let note = |critic: Scripted| critic.noted_in(&journal);
        assert!(note(takes("a", secs(1))).review(view).get().await.is_ok());
        assert!(note(fails("b")).review(view).get().await.is_err());
        drop(note(hangs("c")).review(view));
        assert!(contain(|| drop(note(panics("d")).review(view))).is_err());
        let ends: Vec<_> = journal.entries().into_iter().map(|entry| entry.what).collect();
        let of = |end| [What::Started, end];
        let all = [What::Answered, What::Failed, What::Cancelled, What::Panicked];
        assert_eq!(ends, all.map(of).concat());
        assert_eq!(journal.started(), ["a", "b", "c", "d"]);
        assert_eq!(
            (journal.started_at("a"), journal.ended_at("a")),
            (vec![secs(0)], vec![secs(1)])
        );
        assert!(journal.ended_before("a", "b") && !journal.ended_before("b", "a"));
        assert!(!journal.ended_before("a", "nobody"));
    }

    #[tokio::test(start_paused = true)]
    async fn blocking_moves_the_clock_within_one_poll() {
        let begun = tokio::time::Instant::now();
        let snapshot = snapshot("x");
        let critic = late("a", millis(30));
        let answer = critic.review(View::of(&snapshot));
        assert!(matches!(answer, Answer::Now(Ok(_))));
        assert_eq!(begun.elapsed(), millis(30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_counts_what_is_under_way() {
        let all = Probe::new();
        let (one, two) = (hangs("a").probed_by(&all), allows("b").probed_by(&all));
        let snapshot = snapshot("x");
        let under_way = one.review(View::of(&snapshot));
        assert_eq!((all.calls(), all.in_flight()), (1, 1));
        drop(two.review(View::of(&snapshot)));
        assert_eq!((all.calls(), all.in_flight(), all.max_in_flight()), (2, 1, 2));
        drop(under_way);
        assert_eq!((all.in_flight(), all.cancelled(), all.answered()), (0, 1, 1));
        assert_eq!(one.probe().calls(), 1);
    }
}
