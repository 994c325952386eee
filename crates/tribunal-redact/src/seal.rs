//! The map from placeholders to what they stand for, sealed with XChaCha20-Poly1305.
//!
//! The cipher is draft-irtf-cfrg-xchacha: its nonce is long enough to be drawn at random for every seal under one key.

use std::collections::BTreeMap;
use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use thiserror::Error;

use crate::Key;
use crate::key::{KeyError, random};

/// What the seal is bound to, so that nothing else sealed with the same key passes for a map.
const PURPOSE: &[u8] = b"tribunal-redact map 1";
const NONCE: usize = 24;

/// From placeholders to what they stand for.
pub(crate) type Originals = BTreeMap<String, String>;

/// A sealed map. It may be kept beside the redacted text: without the key it tells its length and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// Why nothing could be restored.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The map was sealed with another key, or was changed.
    #[error("the map was sealed with another key, or was changed since")]
    Seal,
    /// A text is no sealed map.
    #[error("a sealed map is hexadecimal digits")]
    Text,
}

impl Sealed {
    pub(crate) fn seal(originals: &Originals, key: &Key) -> Result<Self, KeyError> {
        let nonce: [u8; NONCE] = random()?;
        // Texts by texts always serialise.
        let plain = serde_json::to_vec(originals).unwrap_or_default();
        let payload = Payload { msg: &plain, aad: PURPOSE };
        let cipher = XChaCha20Poly1305::new(key.as_bytes().into());
        let mut bytes = nonce.to_vec();
        // It fails for messages beyond 256 GiB alone, which no memory holds.
        bytes.extend(cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Random)?);
        Ok(Self(bytes))
    }

    pub(crate) fn open(&self, key: &Key) -> Result<Originals, RestoreError> {
        let (nonce, message) = self.0.split_first_chunk::<NONCE>().ok_or(RestoreError::Seal)?;
        let payload = Payload { msg: message, aad: PURPOSE };
        let cipher = XChaCha20Poly1305::new(key.as_bytes().into());
        let plain =
            cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| RestoreError::Seal)?;
        serde_json::from_slice(&plain).map_err(|_| RestoreError::Seal)
    }

    /// The bytes to keep.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// A map that was kept. Whether it is one shows when it is opened.
    #[must_use]
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// A map that was kept as the text that `Display` writes.
    ///
    /// # Errors
    ///
    /// [`RestoreError::Text`] for what is no hexadecimal text.
    pub fn from_hex(text: &str) -> Result<Self, RestoreError> {
        from_hex(text.trim()).map(Self).ok_or(RestoreError::Text)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// In hexadecimal digits.
impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

pub(crate) fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let pair = |pair: &[u8]| match pair {
        [high, low] => u8::try_from(digit(high)? * 16 + digit(low)?).ok(),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
