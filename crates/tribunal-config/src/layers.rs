//! A configuration in layers: files, a profile, the environment, the command line.
//!
//! From the lowest to the highest: what the code does where nothing is said, included files, the file itself, the
//! chosen profile, environment variables, `--set`s. `docs/layers.md` has the rules; `layers/tree.rs` is where one
//! layer is put over another.
//!
//! Start at [`Layers`]. Whatever is wrong is shown where it was written, in whichever layer that is.

mod gather;
mod mandatory;
mod profile;
mod setting;
mod stack;
pub(crate) mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::de::DeTable;
use tribunal_core::Catalogue;

pub(crate) use self::gather::{Gathered, gather};
pub(crate) use self::stack::Layered;
use self::stack::Stack;
use self::tree::shifted;
use crate::notes::{Mistake, Notes};
use crate::pipeline::{self, DUPLICATE};
use crate::{Code, ConfigError, Merged, Pipeline, Profiles, ReadError, Source};

/// Reads an included file; the path is the one written, from the folder of the file that it is written in.
type FileReader = Arc<dyn Fn(&Path) -> Result<Source, ReadError> + Send + Sync>;

/// A configuration and the layers over it.
///
/// ```
/// use tribunal_config::{Layers, Source};
/// # use tribunal_core::{Answer, Catalogue, CriticKind, Opinion, critic_fn};
/// # let kind = CriticKind::new("quiet", "says nothing", |_| {
/// #     Some(critic_fn(|_| Answer::now(Ok(Opinion::clean()))))
/// # });
/// # let kinds = Catalogue::new().with(kind);
///
/// let file = Source::new("pipeline.toml", r#"
///     [[critic]]
///     name = "secrets"
///     kind = "quiet"
///     mandatory = true
///
///     [profile.strict.run]
///     timeout = "2s"
/// "#);
/// let layers = Layers::of(file).profile("strict").set("critic.secrets.block_at=0.7");
/// let court = layers.load(&kinds, &|_| None)?.build()?;
/// assert_eq!(court.critics().len(), 1);
///
/// // No layer loosens a critic that one below it made mandatory.
/// let error = layers.set("critic.secrets.enabled=false").load(&kinds, &|_| None).unwrap_err();
/// assert_eq!(error.problems()[0].file(), "--set #2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Layers {
    pub(crate) file: Source,
    /// Where the file is read from; `None` for one that was given as a text.
    path: Option<PathBuf>,
    reader: Option<FileReader>,
    profile: Option<String>,
    variables: Vec<(String, String)>,
    sets: Vec<String>,
    unproved: bool,
}

impl Layers {
    /// What the names of environment variables start with that set a key: `TRIBUNAL__RUN__TIMEOUT=5s`.
    pub const PREFIX: &'static str = "TRIBUNAL__";
    /// How many files may be included, all in all.
    pub const MOST_FILES: usize = 32;
    /// How deep files may include files.
    pub const DEEPEST: usize = 8;
    /// How many profiles there may be.
    pub const MOST_PROFILES: usize = 256;
    /// How many variables may set a key, and how many `--set`s there may be.
    pub const MOST_SETTINGS: usize = 256;

    /// The file alone. It cannot include others until [`Layers::files`] says how those are read.
    #[must_use]
    pub fn of(file: Source) -> Self {
        Self {
            file,
            path: None,
            reader: None,
            profile: None,
            variables: Vec::new(),
            sets: Vec::new(),
            unproved: false,
        }
    }

    /// Takes promises that do not hold as they are: for those who want to know why.
    #[must_use]
    pub fn unproved(mut self) -> Self {
        self.unproved = true;
        self
    }

    /// Reads a file from the file system, and what it includes from there too.
    ///
    /// # Errors
    ///
    /// [`ReadError`] when the file itself cannot be read. What it includes is read by [`Layers::load`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        Self::open(path, |path| Source::read(path))
    }

    /// Reads a file, and later what it includes, in a way of your own.
    ///
    /// # Errors
    ///
    /// That of `read` for the file itself.
    pub fn open(
        path: impl AsRef<Path>,
        read: impl Fn(&Path) -> Result<Source, ReadError> + Send + Sync + 'static,
    ) -> Result<Self, ReadError> {
        let path = path.as_ref();
        Ok(Self { path: Some(path.to_owned()), ..Self::of(read(path)?).files(read) })
    }

    /// The same with the file read anew; where that fails, which file and why.
    pub(crate) fn fresh(&self) -> Result<Self, (PathBuf, String)> {
        let Some((path, read)) = self.path.as_ref().zip(self.reader.as_ref()) else {
            return Ok(self.clone());
        };
        let file = read(path).map_err(|error| (path.clone(), in_full(&error)))?;
        Ok(Self { file, ..self.clone() })
    }

    /// What the file is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.file.name
    }

    /// How included files are read.
    #[must_use]
    pub fn files(
        mut self,
        read: impl Fn(&Path) -> Result<Source, ReadError> + Send + Sync + 'static,
    ) -> Self {
        self.reader = Some(Arc::new(read));
        self
    }

    /// Puts a profile over the files.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Puts environment variables over the profile: those whose names start with [`Layers::PREFIX`]. All others
    /// are left alone. Among themselves they count in the order of their names.
    #[must_use]
    pub fn variables(mut self, all: impl IntoIterator<Item = (String, String)>) -> Self {
        self.variables.extend(all.into_iter().filter(|(name, _)| name.starts_with(Self::PREFIX)));
        self.variables.sort();
        self
    }

    /// Puts `key=value` over all layers so far: `run.timeout=5s`, `critic.pii.block_at=0.9`.
    #[must_use]
    pub fn set(mut self, setting: impl Into<String>) -> Self {
        self.sets.push(setting.into());
        self
    }

    /// Reads all layers, merges them, builds the critics and checks that they make a plan. Profiles that were not
    /// chosen are not tried: [`Layers::load_profiles`] tries all.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every mistake in its place. Where some text is no TOML, or an included file is not
    /// there, such mistakes are the only ones.
    pub fn load(
        &self,
        catalogue: &Catalogue,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Pipeline, ConfigError> {
        let gathered = gather(self);
        let notes = Notes::of(gathered.texts.joined());
        let pipeline = Stack::of(&gathered, &notes).and_then(|stack| {
            self.read_with(&stack, self.profile.as_deref(), catalogue, environment, &notes)
        });
        pipeline::finished(pipeline, &gathered.texts, notes)
    }

    /// The pipeline that the layers come to with a profile.
    fn read_with(
        &self,
        stack: &Stack<'_>,
        profile: Option<&str>,
        catalogue: &Catalogue,
        environment: &dyn Fn(&str) -> Option<String>,
        notes: &Notes,
    ) -> Option<Pipeline> {
        let root = stack.with(profile, notes)?.root;
        pipeline::read(&root, stack.texts, catalogue, environment, !self.unproved, notes)
    }

    /// Builds the chosen profile, or the files alone where none is chosen, and every profile that there is.
    /// Variables and `--set`s are over each of them.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every mistake of every profile.
    pub fn load_profiles(
        &self,
        catalogue: &Catalogue,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Profiles<Pipeline>, ConfigError> {
        self.load_gathered_profiles(&gather(self), catalogue, environment)
    }

    pub(crate) fn load_gathered_profiles(
        &self,
        gathered: &Gathered,
        catalogue: &Catalogue,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Profiles<Pipeline>, ConfigError> {
        let notes = Notes::of(gathered.texts.joined());
        let Some(stack) = Stack::of(gathered, &notes) else {
            return Err(pipeline::refused(&gathered.texts, notes.take()));
        };
        let mut mistakes = notes.take();
        let mut one = |profile: Option<&str>| {
            let notes = Notes::of(gathered.texts.joined());
            let read = self.read_with(&stack, profile, catalogue, environment, &notes);
            let finished = pipeline::settled(read, &gathered.texts, notes);
            finished.map_err(|found| mistakes.extend(found)).ok()
        };
        let base = one(self.profile.as_deref());
        let named: Vec<(String, Option<Pipeline>)> =
            stack.profiles.names().map(|name| (name.to_owned(), one(Some(name)))).collect();
        match (base, mistakes.iter().any(Mistake::is_error)) {
            (Some(base), false) => {
                let named = named.into_iter().filter_map(|(name, built)| Some((name, built?)));
                Ok(Profiles::new(base, self.profile.clone(), named.collect()))
            }
            _ => Err(pipeline::refused(&gathered.texts, mistakes)),
        }
    }

    /// What the layers come to, each value with its origin. Keys and values are not looked at: a key that nobody
    /// knows is shown like any other.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] where the layers cannot be put over each other: some text is no TOML, a file or profile is
    /// not there, or a layer loosens a mandatory critic.
    pub fn merged(&self) -> Result<Merged, ConfigError> {
        let gathered = gather(self);
        let notes = Notes::of(gathered.texts.joined());
        let layered = Stack::of(&gathered, &notes)
            .and_then(|stack| stack.with(self.profile.as_deref(), &notes));
        let mistakes = notes.take();
        match layered {
            Some(layered) if !mistakes.iter().any(Mistake::is_error) => {
                Ok(Merged::of(&layered, &gathered.texts))
            }
            _ => Err(pipeline::refused(&gathered.texts, mistakes)),
        }
    }
}

/// The layers' sizes and names; a configuration may hold what is private.
impl std::fmt::Debug for Layers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let variables: Vec<&str> = self.variables.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Layers")
            .field("file", &self.file)
            .field("profile", &self.profile)
            .field("variables", &variables)
            .field("sets", &self.sets.len())
            .finish_non_exhaustive()
    }
}

/// What went wrong with a file, and what is behind it.
pub(crate) fn in_full(error: &ReadError) -> String {
    let cause = std::error::Error::source(error);
    format!("{error}{}", cause.map(|cause| format!(": {cause}")).unwrap_or_default())
}

/// Parses a text whose offsets start from `base`. `None` where it is no TOML, which is noted.
pub(crate) fn parsed<'a>(text: &'a str, base: usize, notes: &Notes) -> Option<DeTable<'a>> {
    if text.len() > Source::MAX_BYTES {
        let message = format!("the file is longer than {} bytes", Source::MAX_BYTES);
        notes.add(Mistake::new(Code::TooLarge, base..base, message));
        return None;
    }
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let span = error.span().unwrap_or_default();
        let message: String =
            error.message().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let code = if message == DUPLICATE { Code::DuplicateKey } else { Code::Syntax };
        notes.add(Mistake::new(code, base + span.start..base + span.end, message));
    }
    let readable = errors.iter().all(|error| error.message() == DUPLICATE);
    readable.then(|| shifted(document.into_inner(), base))
}
