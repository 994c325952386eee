//! The key that opens what was sealed.

use std::fmt;

use rand::TryRngCore as _;
use thiserror::Error;

/// 256 bits that the caller keeps. `Debug` shows nothing of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

/// Why there is no key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The system gave no random bytes.
    #[error("the system has no random bytes to give")]
    Random,
    /// A text is no key.
    #[error("a key is 64 hexadecimal digits")]
    Text,
}

impl Key {
    /// A new one, from the system's random bytes.
    ///
    /// # Errors
    ///
    /// [`KeyError::Random`] when the system has none to give.
    pub fn generate() -> Result<Self, KeyError> {
        random().map(Self)
    }

    /// A key that was kept. It must have come from a source of random bytes, not from a password.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key that was kept as 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`KeyError::Text`] for any other text.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        let bytes = crate::seal::from_hex(text.trim()).ok_or(KeyError::Text)?;
        bytes.try_into().map(Self).map_err(|_| KeyError::Text)
    }

    /// The bytes to keep.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    rand::rngs::OsRng.try_fill_bytes(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}
