//! Paths into a snapshot, written as JSON pointers (RFC 6901).

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// A JSON pointer (RFC 6901) into a snapshot: `/input_text`, `/context/documents/0`.
///
/// The empty pointer means the whole snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pointer {
    tokens: Arc<[Box<str>]>,
}

/// Why a text is not a JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PointerError {
    /// A pointer that is not empty starts with a slash.
    #[error("a JSON pointer starts with `/`, as in `/input_text`")]
    NoSlash,
    /// `~` stands only before `0` or `1`.
    #[error("`~` in a JSON pointer is written `~0`, and `/` inside a name `~1`")]
    Escape,
    /// Deeper than any snapshot may be.
    #[error("a JSON pointer here has at most {} parts", Pointer::MAX_PARTS)]
    TooDeep,
}

impl Pointer {
    /// No snapshot nests deeper than this.
    pub const MAX_PARTS: usize = 128;

    /// `/input_text`
    #[must_use]
    pub fn input_text() -> Self {
        Self::of(["input_text"])
    }

    /// `/model_response`
    #[must_use]
    pub fn model_response() -> Self {
        Self::of(["model_response"])
    }

    /// From names that are not escaped.
    #[must_use]
    pub fn of<'a>(tokens: impl IntoIterator<Item = &'a str>) -> Self {
        Self { tokens: tokens.into_iter().map(Box::from).collect() }
    }

    /// The names along the path, not escaped.
    #[must_use]
    pub fn tokens(&self) -> &[Box<str>] {
        &self.tokens
    }

    /// This path, one name further.
    #[must_use]
    pub fn join(&self, token: &str) -> Self {
        Self { tokens: self.tokens.iter().cloned().chain([Box::from(token)]).collect() }
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Ok(Self::of([]));
        }
        let rest = text.strip_prefix('/').ok_or(PointerError::NoSlash)?;
        let tokens: Vec<Box<str>> = rest.split('/').map(unescape).collect::<Result<_, _>>()?;
        if tokens.len() > Self::MAX_PARTS {
            return Err(PointerError::TooDeep);
        }
        Ok(Self { tokens: tokens.into() })
    }
}

fn unescape(token: &str) -> Result<Box<str>, PointerError> {
    if !token.contains('~') {
        return Ok(token.into());
    }
    let mut out = String::with_capacity(token.len());
    let mut rest = token.chars();
    while let Some(c) = rest.next() {
        match (c, c == '~') {
            (_, false) => out.push(c),
            (_, true) => match rest.next() {
                Some('0') => out.push('~'),
                Some('1') => out.push('/'),
                _ => return Err(PointerError::Escape),
            },
        }
    }
    Ok(out.into())
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in self.tokens.iter() {
            write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))?;
        }
        Ok(())
    }
}

impl Serialize for Pointer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parsed_prints_as_it_was_written() {
        for text in ["", "/input_text", "/context/a~1b/m~0n/0", "/"] {
            assert_eq!(text.parse::<Pointer>().unwrap().to_string(), text);
        }
        assert_eq!(&*"/a~1b".parse::<Pointer>().unwrap().tokens()[0], "a/b");
    }

    #[test]
    fn a_wrong_pointer_says_what_is_wrong() {
        assert_eq!("input_text".parse::<Pointer>(), Err(PointerError::NoSlash));
        assert_eq!("/a~2".parse::<Pointer>(), Err(PointerError::Escape));
        assert_eq!("/a".repeat(129).parse::<Pointer>(), Err(PointerError::TooDeep));
    }
}
