//! What ties lines together: each carries its number, the hash of the line before, and a hash of itself.
//!
//! A line is `{"seq":7,"prev":"<hash of line 6>",...,"hash":"<its own>"}` and a line feed. Its own hash is taken of all
//! bytes before `,"hash":"`, so a line that was changed says so itself, and one that was removed is missed by the next.
//! Start at [`Chain::close`] for writing and at [`read_link`] for reading; [`crate::verify`] follows a whole log.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use thiserror::Error;

/// Between the body of a line and its hash.
const HASH_MEMBER: &[u8] = b",\"hash\":\"";
/// What a line ends with, its line feed left out.
const END: &[u8] = b"\"}";
/// A hash in hexadecimal digits.
const HASH_DIGITS: usize = 64;

/// A BLAKE3 hash of a line; with a [`ChainKey`], a keyed one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LineHash([u8; 32]);

impl LineHash {
    /// What the first line of a log has for the line before it.
    pub const NONE: Self = Self([0; 32]);

    /// Appends its 64 digits.
    pub(crate) fn write(self, to: &mut Vec<u8>) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |half: u8| DIGITS.get(usize::from(half)).copied().unwrap_or(b'?');
        to.extend(self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    }
}

impl fmt::Display for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LineHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no hash of a line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected 64 hexadecimal digits, in lower case")]
pub struct HashError;

impl FromStr for LineHash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        hex(text).map(Self).ok_or(HashError)
    }
}

impl serde::Serialize for LineHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LineHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Lower case only: a hash has one spelling, so that no byte of a line can be changed without being seen.
fn hex(text: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let mut bytes = [0; 32];
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// 32 secret bytes. Who can write the file and does not have them cannot make up lines, nor take any out, unseen.
///
/// `Debug` does not show them.
#[derive(Clone)]
pub struct ChainKey([u8; 32]);

impl ChainKey {
    /// From bytes that are kept elsewhere than the log.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// From 64 hexadecimal digits, as a file or a variable has them; white space around them is left out.
    ///
    /// # Errors
    ///
    /// [`HashError`], which does not repeat the text.
    pub fn from_hex(text: &str) -> Result<Self, HashError> {
        hex(&text.trim().to_ascii_lowercase()).map(Self).ok_or(HashError)
    }
}

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(..)")
    }
}

/// Where a log ends: what the next line follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Head {
    /// The number of the last line.
    pub seq: u64,
    /// Its hash.
    pub hash: LineHash,
}

/// A line's place in the chain, as it says itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Link {
    /// Its number. The first line of a log has 0.
    pub seq: u64,
    /// The hash of the line before; [`LineHash::NONE`] for the first.
    pub prev: LineHash,
    /// Its own.
    pub hash: LineHash,
}

impl Link {
    /// Where a log ends that ends with it.
    #[must_use]
    pub const fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }
}

/// Takes the hashes of a log, with a key or without one.
#[derive(Clone, Debug, Default)]
pub struct Chain(Option<ChainKey>);

impl Chain {
    /// With this key, if any.
    #[must_use]
    pub const fn new(key: Option<ChainKey>) -> Self {
        Self(key)
    }

    /// Whether it has a key.
    #[must_use]
    pub const fn is_keyed(&self) -> bool {
        self.0.is_some()
    }

    /// A line's place, if it is a line and its hash is that of what it says. It comes without its line feed.
    #[must_use]
    pub fn check(&self, line: &[u8]) -> Option<Link> {
        let (link, body) = read_link(line)?;
        (self.hash(body) == link.hash).then_some(link)
    }

    /// The hash of some bytes.
    #[must_use]
    pub fn hash(&self, bytes: &[u8]) -> LineHash {
        LineHash(match &self.0 {
            None => *blake3::hash(bytes).as_bytes(),
            Some(key) => *blake3::keyed_hash(&key.0, bytes).as_bytes(),
        })
    }

    /// Begins a line: its number and what it follows.
    pub(crate) fn open(line: &mut Vec<u8>, after: Option<Head>) -> u64 {
        let (seq, prev) = match after {
            None => (0, LineHash::NONE),
            Some(head) => (head.seq.saturating_add(1), head.hash),
        };
        line.extend_from_slice(b"{\"seq\":");
        crate::json::whole(line, seq);
        line.extend_from_slice(b",\"prev\":\"");
        prev.write(line);
        line.push(b'"');
        seq
    }

    /// Ends the line that begins at `start` with its hash and a line feed.
    pub(crate) fn close(&self, lines: &mut Vec<u8>, start: usize, seq: u64) -> Head {
        let hash = self.hash(lines.get(start..).unwrap_or_default());
        lines.extend_from_slice(HASH_MEMBER);
        hash.write(lines);
        lines.extend_from_slice(END);
        lines.push(b'\n');
        Head { seq, hash }
    }
}

/// What a line says of its place, and the bytes that its hash is taken of; `None` when it is no line of a log.
///
/// The line comes without its line feed.
pub(crate) fn read_link(line: &[u8]) -> Option<(Link, &[u8])> {
    #[derive(Deserialize)]
    struct Place {
        seq: u64,
        prev: LineHash,
    }
    let body = line.strip_suffix(END)?;
    let (body, digits) = body.split_at_checked(body.len().checked_sub(HASH_DIGITS)?)?;
    let hash = std::str::from_utf8(digits).ok()?.parse().ok()?;
    let body = body.strip_suffix(HASH_MEMBER)?;
    let Place { seq, prev } = serde_json::from_slice(line).ok()?;
    Some((Link { seq, prev, hash }, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(chain: &Chain, after: Option<Head>, rest: &str) -> (Vec<u8>, Head) {
        let mut line = Vec::new();
        let seq = Chain::open(&mut line, after);
        line.extend_from_slice(rest.as_bytes());
        let head = chain.close(&mut line, 0, seq);
        assert_eq!(line.pop(), Some(b'\n'));
        (line, head)
    }

    #[test]
    fn a_line_says_its_place_and_its_hash_is_of_all_before_it() {
        let chain = Chain::default();
        let (first, head) = line(&chain, None, ",\"a\":1");
        let (link, body) = read_link(&first).unwrap();
        assert_eq!((link.seq, link.prev, link.head()), (0, LineHash::NONE, head));
        assert_eq!(chain.hash(body), link.hash);
        let (second, _) = line(&chain, Some(head), "");
        let (next, _) = read_link(&second).unwrap();
        assert_eq!((next.seq, next.prev), (1, head.hash));
    }

    #[test]
    fn what_is_no_line_has_no_place() {
        let (good, _) = line(&Chain::default(), None, ",\"a\":1");
        let text = String::from_utf8(good).unwrap();
        for bad in [
            String::new(),
            "{}".into(),
            text.replacen("\"seq\":0,", "", 1),
            text.replacen("\"seq\":0,", "\"seq\":0,\"seq\":0,", 1),
            text.replace("\"}", "\" }"),
            text.to_uppercase(),
            format!("{text} "),
        ] {
            assert!(read_link(bad.as_bytes()).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_key_changes_every_hash_and_is_not_shown() {
        let key = ChainKey::from_hex(&format!(" {}\n", "0A".repeat(32))).unwrap();
        assert_eq!(format!("{key:?}"), "ChainKey(..)");
        assert!(ChainKey::from_hex("0a").is_err());
        let keyed = Chain::new(Some(key));
        assert_ne!(keyed.hash(b"x"), Chain::default().hash(b"x"));
    }

    #[test]
    fn a_hash_reads_back_as_written_and_has_one_spelling() {
        let hash = Chain::default().hash(b"x");
        let mut digits = Vec::new();
        hash.write(&mut digits);
        assert_eq!(String::from_utf8(digits).unwrap(), hash.to_string());
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(hash.to_string().to_uppercase().parse::<LineHash>(), Err(HashError));
    }
}
