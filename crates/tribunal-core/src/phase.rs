//! Where in a request a snapshot was taken.

use crate::words::word_enum;

word_enum! {
    /// Where in a request the snapshot was taken. Not to be confused with a stage, the order within a run.
    pub enum Phase ("phase") {
        /// What a user sends to the model.
        Input = "input",
        /// What a search brought in.
        Retrieval = "retrieval",
        /// What the model wants to do.
        ToolCall = "tool_call",
        /// What a tool answered.
        ToolResult = "tool_result",
        /// What the model answers.
        Output = "output",
    }
}

/// A set of phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phases(u8);

impl Phases {
    /// Every phase: the default of a critic.
    pub const ALL: Self = Self(0b1_1111);

    /// `None` for an empty list: a critic of no phase could never run.
    #[must_use]
    pub fn of(phases: &[Phase]) -> Option<Self> {
        let bits = phases.iter().fold(0, |bits, phase| bits | 1 << *phase as u8);
        (bits != 0).then_some(Self(bits))
    }

    /// Whether the phase is among them.
    #[must_use]
    pub const fn contains(self, phase: Phase) -> bool {
        self.0 & (1 << phase as u8) != 0
    }

    /// Those among them, in order.
    pub fn iter(self) -> impl Iterator<Item = Phase> {
        Phase::ALL.iter().copied().filter(move |phase| self.contains(*phase))
    }
}

impl Default for Phases {
    fn default() -> Self {
        Self::ALL
    }
}
