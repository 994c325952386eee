//! Where the key of a log comes from. Never the command line itself, which everybody can see.

use std::path::PathBuf;
use std::str::FromStr;

use tribunal_log::ChainKey;

use crate::exit::Trouble;

/// A file, or a variable of the environment.
#[derive(Debug, Clone)]
pub(crate) enum KeySource {
    File(PathBuf),
    Variable(String),
}

impl FromStr for KeySource {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.strip_prefix("env:") {
            Some(name) => Self::Variable(name.to_owned()),
            None => Self::File(text.into()),
        })
    }
}

impl KeySource {
    /// The key that stands there.
    pub(crate) fn read(&self) -> Result<ChainKey, Trouble> {
        match self {
            Self::File(path) => {
                let text = std::fs::read_to_string(path).map_err(Trouble::file("read", path))?;
                ChainKey::from_hex(&text).map_err(|error| Trouble::Unfit {
                    path: path.clone(),
                    problem: format!("has no key: {error}"),
                })
            }
            Self::Variable(name) => {
                let text = std::env::var(name).unwrap_or_default();
                ChainKey::from_hex(&text).map_err(|error| {
                    Trouble::Usage(format!("the variable `{name}` has no key: {error}"))
                })
            }
        }
    }
}
