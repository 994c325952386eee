//! Where a critic's work is done.

use std::str::FromStr;

use tribunal_core::UnknownWord;

/// Where a critic's work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// In the run's own task. The default, and the cheapest: nothing is allocated or sent anywhere. A critic
    /// that computes for long between its awaits holds up the other critics of its run.
    #[default]
    Run,
    /// In a task of its own: it can be polled on another thread while the rest of the run goes on. It is
    /// aborted, at its current `.await`, when its answer is no longer wanted.
    Task,
    /// On a thread that may block, of which there are [`crate::RunSettings::max_blocking`]. For what computes
    /// long or calls blocking code. A thread cannot be stopped: when time runs out the run goes on without
    /// it, and its permits stay taken until it has really ended; see [`tribunal_core::View::is_cancelled`].
    Blocking,
}

impl Isolation {
    /// How it is written in a config.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Task => "task",
            Self::Blocking => "blocking",
        }
    }
}

impl FromStr for Isolation {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let all = [Self::Run, Self::Task, Self::Blocking];
        all.into_iter().find(|isolation| isolation.as_str() == word).ok_or_else(|| UnknownWord {
            what: "isolation",
            found: word.chars().take(80).collect(),
            expected: &["run", "task", "blocking"],
        })
    }
}
