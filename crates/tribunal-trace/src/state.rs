//! `tracestate`: what tracing systems on the way have to say to themselves. Carried on, never looked into.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use thiserror::Error;

/// The content of a `tracestate` header, as [Trace Context](https://www.w3.org/TR/trace-context/#tracestate-header) has
/// it: at most 32 members and 512 bytes, each key once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceState(Arc<str>);

/// Why a text is no `tracestate`. Says nothing of what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraceStateError {
    /// More than is carried on.
    #[error("expected at most 512 bytes of tracestate, found {0}")]
    TooLong(usize),
    /// More members than there may be.
    #[error("expected at most 32 members of tracestate")]
    TooMany,
    /// A member without a `=`, or with a key or a value that is none.
    #[error("expected `key=value` for member {0} of tracestate")]
    Member(usize),
    /// A key that is there before.
    #[error("member {0} of tracestate has a key that is there before")]
    Twice(usize),
}

/// What is carried on at most; more need not be.
const LONGEST: usize = 512;
const MOST: usize = 32;

impl TraceState {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TraceState {
    type Err = TraceStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() > LONGEST {
            return Err(TraceStateError::TooLong(text.len()));
        }
        let mut keys: Vec<&str> = Vec::new();
        for (place, member) in text.split(',').enumerate() {
            let member = member.trim_matches([' ', '\t']);
            // A list may have empty places.
            if member.is_empty() {
                continue;
            }
            let pair = member.split_once('=').filter(|(key, value)| is_key(key) && is_value(value));
            let (key, _) = pair.ok_or(TraceStateError::Member(place + 1))?;
            if keys.contains(&key) {
                return Err(TraceStateError::Twice(place + 1));
            }
            if keys.len() == MOST {
                return Err(TraceStateError::TooMany);
            }
            keys.push(key);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_key(key: &str) -> bool {
    let fits = |part: &str, most: usize, begins: fn(&u8) -> bool| {
        let rest = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/".contains(&byte)
        };
        part.len() <= most && part.as_bytes().first().is_some_and(begins) && part.bytes().all(rest)
    };
    match key.split_once('@') {
        None => fits(key, 256, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()),
        Some((tenant, system)) => {
            fits(tenant, 241, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
                && fits(system, 14, u8::is_ascii_lowercase)
        }
    }
}

fn is_value(value: &str) -> bool {
    let printable = |byte: u8| matches!(byte, 0x20..=0x7e) && !matches!(byte, b',' | b'=');
    (1..=256).contains(&value.len()) && value.bytes().all(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_recommendation_shows_is_read() {
        let long = format!("k={}", "v".repeat(256));
        let many = (0..32).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        for text in [
            "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
            "fw529a3039@dt=a b",
            "a=1 , b=2,,",
            "",
            &long,
            &many,
        ] {
            assert_eq!(text.parse::<TraceState>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn anything_else_is_refused_with_its_place() {
        use TraceStateError::{Member, TooLong, TooMany, Twice};
        let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        for (text, error) in [
            ("a", Member(1)),
            ("a=1,B=2", Member(2)),
            ("a=", Member(1)),
            ("a=b=c", Member(1)),
            ("a=\u{e9}", Member(1)),
            ("a@1b=c", Member(1)),
            ("a@bbbbbbbbbbbbbbb=c", Member(1)),
            ("=1", Member(1)),
            ("a=1,b=2,a=3", Twice(3)),
            (&many, TooMany),
            (&"a=1,".repeat(129), TooLong(516)),
        ] {
            assert_eq!(text.parse::<TraceState>(), Err(error), "{text}");
        }
    }
}
