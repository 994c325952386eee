//! Says when the files of a configuration have changed, and loads them anew.
//!
//! Files are looked at, not waited for: that works on every system and every mount, and does not care whether an
//! editor writes a file or puts another in its place. A look reads them all, so nothing rests on their times. A
//! change counts once two looks in a row have seen the same, so that a file that is being written is not taken
//! for a short one.
//!
//! Start at [`Watch::start`]. Nothing here waits: [`Watch::look`] is one step, and [`Watch::next`] asks the caller
//! to wait. What to do with the new pipeline is the caller's: a run that has started keeps the one that it has.

use std::fmt;
use std::path::{Path, PathBuf};

use tribunal_core::Catalogue;

use crate::layers::{Gathered, gather};
use crate::notes::Mistake;
use crate::pipeline::refused;
use crate::texts::{Kind, Texts};
use crate::{Code, ConfigError, Layers, Pipeline, Profiles, Source};

/// What stands for `$NAME` in parameters.
type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// Watches the files of a configuration.
#[derive(Debug)]
pub struct Watch {
    layers: Layers,
    files: Vec<PathBuf>,
    seen: Seen,
}

/// A configuration that has been read anew, found without mistakes, and built.
#[derive(Debug)]
#[non_exhaustive]
pub struct Reloaded {
    /// What it comes to: the base, and every profile.
    pub profiles: Profiles<Pipeline>,
    /// Which texts it was made of.
    pub sources: SourcesHash,
}

/// Tells the texts of one configuration from those of another: files, variables and `--set`s, with their names.
///
/// Two configurations that say the same in other words differ here; the config hash of a report does not.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourcesHash([u8; 16]);

/// Why to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Some time has passed.
    Tick,
    /// Someone wants it read now, changed or not: by SIGHUP, as a rule.
    Now,
}

impl Watch {
    /// Loads a configuration and watches its files from then on.
    ///
    /// The files are those of [`Layers::read`] or [`Layers::open`], and what they include. Of a text alone nothing
    /// ever changes.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] as from [`Layers::load_profiles`]: there is nothing to start from.
    pub fn start(
        layers: Layers,
        catalogue: &Catalogue,
        environment: Environment<'_>,
    ) -> Result<(Self, Reloaded), ConfigError> {
        let taken = Taken::of(&layers);
        let seen = Seen { known: taken.hash, pending: None };
        let files = taken.files();
        let loaded = taken.load(catalogue, environment)?;
        Ok((Self { layers, files, seen }, loaded))
    }

    /// Every file that is part of the configuration, or would be if it could be read; as of the last look. Files
    /// that parameters name are not among them.
    #[must_use]
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Looks at the files once: `None` while nothing has changed, or something has just now.
    ///
    /// This reads files and, after a change, builds critics: tens of milliseconds in which a thread does nothing
    /// else.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with what is wrong; the next look that sees the same gives `None`. Whatever runs goes on.
    pub fn look(
        &mut self,
        catalogue: &Catalogue,
        environment: Environment<'_>,
    ) -> Option<Result<Reloaded, ConfigError>> {
        let taken = Taken::of(&self.layers);
        self.files = taken.files();
        self.seen.see(taken.hash).then(|| taken.load(catalogue, environment))
    }

    /// Reads the files now, whether or not something has changed: references and the files that parameters name
    /// are read anew too.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with what is wrong. Whatever runs goes on.
    pub fn now(
        &mut self,
        catalogue: &Catalogue,
        environment: Environment<'_>,
    ) -> Result<Reloaded, ConfigError> {
        let taken = Taken::of(&self.layers);
        self.files = taken.files();
        self.seen = Seen { known: taken.hash, pending: None };
        taken.load(catalogue, environment)
    }

    /// Looks whenever `wait` is over, until there is something to tell.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with what is wrong. Whatever runs goes on, and so may this.
    pub async fn next(
        &mut self,
        catalogue: &Catalogue,
        environment: Environment<'_>,
        mut wait: impl AsyncFnMut() -> Wake,
    ) -> Result<Reloaded, ConfigError> {
        loop {
            match wait().await {
                Wake::Now => return self.now(catalogue, environment),
                Wake::Tick => {
                    if let Some(changed) = self.look(catalogue, environment) {
                        return changed;
                    }
                }
            }
        }
    }
}

/// What has been seen so far.
#[derive(Debug)]
struct Seen {
    /// What was acted upon last, taken or refused.
    known: SourcesHash,
    /// What the last look saw, where that is something else.
    pending: Option<SourcesHash>,
}

impl Seen {
    /// Whether to act on what a look sees: a change that was there at the last look too.
    fn see(&mut self, hash: SourcesHash) -> bool {
        if hash == self.known {
            self.pending = None;
            return false;
        }
        if self.pending != Some(hash) {
            self.pending = Some(hash);
            return false;
        }
        *self = Self { known: hash, pending: None };
        true
    }
}

/// All texts as they were at one time, or the file that could not be read and why.
struct Taken {
    read: Result<(Layers, Gathered), (PathBuf, String)>,
    hash: SourcesHash,
}

impl Taken {
    fn of(layers: &Layers) -> Self {
        let read = layers.fresh().map(|layers| {
            let gathered = gather(&layers);
            (layers, gathered)
        });
        let mut hasher = blake3::Hasher::new();
        let mut add = |text: &str| {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        match &read {
            Ok((_, gathered)) => {
                for part in gathered.texts.parts() {
                    add(&part.name);
                    add(gathered.texts.text(part));
                }
                // A file that cannot be read is a text of its own.
                gathered.mistakes.iter().for_each(|mistake| add(&mistake.message));
            }
            Err((_, problem)) => add(problem),
        }
        let mut short = [0; 16];
        hasher.finalize_xof().fill(&mut short);
        Self { read, hash: SourcesHash(short) }
    }

    fn files(&self) -> Vec<PathBuf> {
        match &self.read {
            Ok((_, gathered)) => gathered.files.clone(),
            Err((path, _)) => vec![path.clone()],
        }
    }

    fn load(
        &self,
        catalogue: &Catalogue,
        environment: Environment<'_>,
    ) -> Result<Reloaded, ConfigError> {
        let (layers, gathered) =
            self.read.as_ref().map_err(|(path, problem)| unreadable(path, problem))?;
        let profiles = layers.load_gathered_profiles(gathered, catalogue, environment)?;
        Ok(Reloaded { profiles, sources: self.hash })
    }
}

fn unreadable(path: &Path, problem: &str) -> ConfigError {
    let name = path.display().to_string();
    let texts = Texts::of([(Source::new(name, ""), Kind::File)]);
    refused(&texts, vec![Mistake::new(Code::UnreadableConfig, 0..0, problem)])
}

impl fmt::Display for SourcesHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SourcesHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_when_it_was_there_at_the_last_look() {
        let [a, b, c] = [1, 2, 3].map(|byte| SourcesHash([byte; 16]));
        let mut seen = Seen { known: a, pending: None };
        for (hash, acts) in [
            (a, false),
            (b, false), // perhaps half written
            (c, false), // it was
            (c, true),
            (c, false),
            (a, false),
            (c, false), // gone again before it counted
            (a, false),
            (a, true),
        ] {
            assert_eq!(seen.see(hash), acts);
        }
    }
}
