//! How the critics of a pipeline are arranged, for us and for every rival alike.

/// An arrangement of critics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All in one stage.
    Flat,
    /// Over three stages, as 2, 3 and 5 of ten.
    Staged,
    /// Over two stages, as 2 and 8 of ten; the second waits for a violation that does not come.
    Gated,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Flat, Self::Staged, Self::Gated];

    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Staged => "staged",
            Self::Gated => "gated",
        }
    }

    /// The stage of each of so many critics, counted from 0.
    pub fn stages(self, count: usize) -> impl Iterator<Item = usize> {
        (0..count).map(move |index| match (self, index * 10 / count) {
            (Self::Flat, _) | (Self::Staged | Self::Gated, 0 | 1) => 0,
            (Self::Staged, 2..=4) | (Self::Gated, _) => 1,
            (Self::Staged, _) => 2,
        })
    }

    /// How many of so many critics run in a request without violations.
    #[must_use]
    pub fn runs(self, count: usize) -> usize {
        match self {
            Self::Flat | Self::Staged => count,
            Self::Gated => self.stages(count).filter(|stage| *stage == 0).count(),
        }
    }

    /// So many things made by `make`, stage by stage.
    pub fn arrange<T>(self, count: usize, mut make: impl FnMut(usize) -> T) -> Vec<Vec<T>> {
        let mut stages: Vec<Vec<T>> = Vec::new();
        for stage in self.stages(count) {
            if stages.len() <= stage {
                stages.push(Vec::new());
            }
            if let Some(last) = stages.last_mut() {
                last.push(make(stage));
            }
        }
        stages
    }
}
