//! What a regex cannot tell: checksums, encodings, and names whose value is no secret.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;
use serde::Deserialize;
use serde_json::Value;
use tribunal_classifier::base64;

use super::random::{holds, mixed, password, random};

/// A further test of a secret, named by its rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    /// The last six characters are the CRC-32 of what follows the prefix, in base 62: GitHub and npm.
    Crc32Base62,
    /// The first part is JSON with a member `alg`.
    Jwt,
    /// Base64 of `name:password`.
    Base64Login,
    /// Looks random rather than like a name or a path.
    Random,
    /// Has a digit, or capitals within a word.
    Mixed,
    /// Looks like a password rather than like a word or code.
    Password,
    /// Base64 of a web token.
    Base64Jwt,
    /// Base64 of something.
    Base64,
}

/// What a check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verified {
    /// A checksum agrees: chance is out of the question.
    Certain,
    /// Nothing speaks against it.
    Plausible,
    /// The form is right and the checksum is not: invented, mistyped, or a newer form.
    Doubtful,
    /// It is none.
    No,
}

impl Check {
    pub(super) fn of(self, secret: &[u8]) -> Verified {
        let plausible = match self {
            Self::Crc32Base62 => return crc32_base62(secret),
            Self::Jwt => return jwt(secret),
            Self::Base64Login => base64_login(secret),
            Self::Random => random(secret),
            Self::Mixed => mixed(secret),
            Self::Password => password(secret),
            Self::Base64Jwt => base64(secret).is_some_and(|text| text.starts_with(b"eyJ")),
            Self::Base64 => base64(secret).is_some(),
        };
        if plausible { Verified::Plausible } else { Verified::No }
    }
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for &byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let total = bytes.len() as f64;
    counts
        .iter()
        .filter(|&&count| count > 0)
        .map(|&count| f64::from(count) / total)
        .map(|share| -share * share.log2())
        .sum()
}

fn crc32_base62(secret: &[u8]) -> Verified {
    let parts = secret
        .iter()
        .position(|&byte| byte == b'_')
        .and_then(|at| secret.get(at + 1..))
        .and_then(<[u8]>::split_last_chunk::<6>);
    match parts {
        Some((random, sum)) if base62(crc32(random)) == *sum => Verified::Certain,
        _ => Verified::Doubtful,
    }
}

/// CRC-32 as in zip files. Bit by bit: it is asked for a few dozen bytes.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

fn base62(mut number: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for place in digits.iter_mut().rev() {
        let digit = (number % 62) as u8;
        *place = match digit {
            0..=9 => b'0' + digit,
            10..=35 => b'A' + (digit - 10),
            _ => b'a' + (digit - 36),
        };
        number /= 62;
    }
    digits
}

fn jwt(secret: &[u8]) -> Verified {
    let header = secret.split(|&byte| byte == b'.').next().and_then(base64);
    match header.and_then(|json| serde_json::from_slice::<Value>(&json).ok()) {
        Some(Value::Object(header)) if header.contains_key("alg") => Verified::Certain,
        Some(Value::Object(header)) if header.contains_key("typ") => Verified::Plausible,
        _ => Verified::No,
    }
}

fn base64_login(secret: &[u8]) -> bool {
    base64(secret).is_some_and(|text| {
        text.contains(&b':') && text.iter().all(|byte| (b' '..=b'~').contains(byte))
    })
}

/// Parts of a name whose value is no secret, though it is a name of a key or a token.
const HARMLESS: &[&[u8]] = &[
    b"public",
    b"pubkey",
    b"length",
    b"csrf",
    b"cache",
    b"primary",
    b"foreign",
    b"partition",
    b"bucket",
    b"fingerprint",
    b"monkey",
    b"vault",
    b"checksum",
    b"digest",
    b"version",
    b"hotkey",
    b"commit",
    b"revision",
    b"integrity",
    b"template",
    b"endpoint",
    b"turkey",
    b"author",
    b"authentic",
    b"xsrf",
    b"nonce",
    b"websocket",
];

/// The same for words that longer ones begin with, such as names of issuers: `TYPESENSE`, `Filestack`, `pathfinder`.
const HARMLESS_WORDS: &[&[u8]] = &[
    b"size", b"file", b"path", b"name", b"store", b"sort", b"url", b"type", b"count", b"index",
    b"hash", b"image",
];

/// Whether the name of a value says that it is no secret: `publicKey`, `credentialsId`, `key_length`.
pub(super) fn is_harmless_name(name: &[u8], clients_count: bool) -> bool {
    let lower = name.to_ascii_lowercase();
    let client = [&b"client"[..], b"access", b"app"].iter().any(|word| holds(&lower, word));
    let id = lower.ends_with(b"id") && !(clients_count && client);
    let Some((parts, words)) = harmless() else { return id };
    id || parts.is_match(&lower)
        || words.find_overlapping_iter(&lower).any(|hit| ends_word(name, hit.end()))
}

/// Whether a word of a name ends here: `type`, `types`, `fileName`, `SORT_KEY`, `key1`.
fn ends_word(name: &[u8], end: usize) -> bool {
    let end = end + usize::from(matches!(name.get(end), Some(b's' | b'S')));
    match name.get(end.saturating_sub(1)..=end) {
        Some([last, next]) => {
            !next.is_ascii_alphabetic()
                || (last.is_ascii_lowercase() && next.is_ascii_uppercase())
                // `filename`: the next word is one of these as well.
                || HARMLESS_WORDS.iter().any(|word| {
                    name.get(end..end + word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word))
                })
        }
        _ => true,
    }
}

fn harmless() -> Option<&'static (AhoCorasick, AhoCorasick)> {
    static WORDS: OnceLock<Option<(AhoCorasick, AhoCorasick)>> = OnceLock::new();
    let make = || Some((AhoCorasick::new(HARMLESS).ok()?, AhoCorasick::new(HARMLESS_WORDS).ok()?));
    WORDS.get_or_init(make).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_nought_for_one_letter_and_grows_with_the_alphabet() {
        assert_eq!(entropy(b"aaaa"), 0.0);
        assert_eq!(entropy(b"abab"), 1.0);
        assert_eq!(entropy(b"abcd"), 2.0);
        assert_eq!(entropy(b""), 0.0);
    }

    #[test]
    fn names_of_what_is_public_are_harmless_and_names_that_begin_alike_are_not() {
        for name in [
            "publicKey",
            "key_type",
            "tokenTypes",
            "KEY_FILE",
            "keyFileName",
            "keyfilename",
            "key_id",
        ] {
            assert!(is_harmless_name(name.as_bytes(), false), "{name}");
        }
        for name in ["TYPESENSE_API_KEY", "filestackKey", "PATHFINDER_TOKEN", "api_key", "apiKey"] {
            assert!(!is_harmless_name(name.as_bytes(), false), "{name}");
        }
    }

    #[test]
    fn crc32_agrees_with_its_published_check_value() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(&base62(0), b"000000");
        assert_eq!(&base62(61), b"00000z");
        assert_eq!(&base62(62), b"000010");
    }

    #[test]
    fn a_checksum_that_agrees_is_certain_and_one_that_does_not_is_doubtful() {
        let body = "k3T9".repeat(7) + "Zq";
        let sum = String::from_utf8(base62(crc32(body.as_bytes())).to_vec()).unwrap();
        let good = format!("ghp_{body}{sum}");
        assert_eq!(Check::Crc32Base62.of(good.as_bytes()), Verified::Certain);
        let bad = good.replace('k', "j");
        assert_eq!(Check::Crc32Base62.of(bad.as_bytes()), Verified::Doubtful);
    }

    #[test]
    fn base64_is_read_in_both_alphabets() {
        assert_eq!(base64(b"aGk6eW91").as_deref(), Some(&b"hi:you"[..]));
        assert_eq!(base64(b"-_8="), base64(b"+/8"));
        assert_eq!(base64(b"a b"), None);
    }
}
