//! Which critic it was, among all that ever had its name: what an answer that is kept has to be kept under.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A digest of everything that decides how a run goes, other than the snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ConfigHash(pub [u8; 16]);

impl fmt::Display for ConfigHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ConfigHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where a critic comes from: two of the same name and the same origin judge alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Origin {
    /// The configuration it runs under.
    pub config: ConfigHash,
    /// The orchestrator it is built into, unless the configuration tells all there is to tell. Code cannot be
    /// digested: two closures of the same name look the same to a config hash.
    pub build: Option<BuildId>,
}

impl Origin {
    /// A critic of which the configuration tells everything, its parameters among it.
    #[must_use]
    pub const fn told_by(config: ConfigHash) -> Self {
        Self { config, build: None }
    }

    /// A critic of which only its orchestrator tells what it is.
    #[must_use]
    pub const fn within(config: ConfigHash, build: BuildId) -> Self {
        Self { config, build: Some(build) }
    }
}

/// One orchestrator of this process: no other ever has the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BuildId(u64);

impl BuildId {
    /// For engines: one that nobody has had.
    #[must_use]
    pub fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Relaxed))
    }

    /// Its number, which means nothing outside this process.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}
