//! Names of critics: short, printable anywhere, equal only when they are the same.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use thiserror::Error;

/// The name of a critic: 1 to 64 of `a-z`, `0-9`, `_` and `-`, starting with a letter.
///
/// Lower case only, so that no two names differ by case alone, and safe to print in a log, a metric
/// label or a terminal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CriticName(#[serde(serialize_with = "as_str")] Arc<str>);

fn as_str<S: serde::Serializer>(name: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name)
}

/// Why a text cannot name a critic.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{}` cannot name a critic: expected 1 to 64 of a-z, 0-9, `_` and `-`, starting with a letter",
    .0.escape_debug()
)]
pub struct NameError(String);

impl CriticName {
    /// Checks and takes a name.
    ///
    /// # Errors
    ///
    /// [`NameError`] when the text is empty, too long, or has a character outside the alphabet.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let bytes = name.as_bytes();
        let starts_well = bytes.first().is_some_and(u8::is_ascii_lowercase);
        let fits = bytes.len() <= 64
            && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'));
        if starts_well && fits {
            Ok(Self(name.into()))
        } else {
            Err(NameError(name.chars().take(80).collect()))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CriticName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for CriticName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl AsRef<str> for CriticName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for CriticName {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for CriticName {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_ascii_that_starts_with_a_letter() {
        for good in ["a", "secrets", "llm-judge_2", &"x".repeat(64)] {
            assert_eq!(CriticName::new(good).unwrap(), good);
        }
        for bad in ["", "A", "2nd", "_x", "a b", "a\u{200b}", "ä", &"x".repeat(65), "a\n"] {
            assert!(CriticName::new(bad).is_err(), "{bad:?}");
        }
    }
}
