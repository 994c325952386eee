//! Whether a text only stands where a secret would be: `<your key>`, `EXAMPLE`, `${TOKEN}`, `xxxx`.

use std::sync::OnceLock;

use aho_corasick::AhoCorasick;

use super::random::surely_random;

/// Words that stand in for a secret and are too long to turn up in a random one.
const PLACEHOLDERS: &[&[u8]] =
    &[b"example", b"placeholder", b"changeme", b"replaceme", b"redacted", b"your-api", b"your_api"];

/// Words that speak against a secret which is known by its surroundings alone, wherever they stand in it.
const STAND_INS: &[&[u8]] = &[
    b"example",
    b"sample",
    b"dummy",
    b"placeholder",
    b"change",
    b"replace",
    b"redacted",
    b"your",
    b"insert",
    b"xxxx",
    b"todo",
    b"foobar",
    b"undefined",
    b"****",
    b"....",
    b"env.",
    b"getenv",
    b"config",
    b"_here",
    b"-here",
];

/// Words that stand in for a key, and prefixes of keys too: they speak against what is not random behind them.
const KEY_NAMES: &[&[u8]] = &[b"apikey", b"api_key", b"api-key", b"_key", b"-key"];

/// Words that a stand-in consists of. `Secret-Garden-42` is a password, `secret_token_1` is none.
const FILLERS: &[&[u8]] = &[
    b"passwords",
    b"password",
    b"passwort",
    b"passwd",
    b"passphrase",
    b"pass",
    b"pwd",
    b"secret",
    b"token",
    b"test",
    b"testing",
    b"default",
    b"public",
    b"private",
    b"access",
    b"users",
    b"username",
    b"user",
    b"fake",
    b"name",
    b"value",
    b"admin",
    b"root",
    b"none",
    b"null",
    b"true",
    b"false",
    b"string",
    b"client",
    b"auth",
    b"login",
    b"some",
    b"demo",
    b"the",
    b"new",
    b"old",
    b"key",
    b"id",
    b"my",
    b"db",
];

/// Whether a text of a known format is there only to show the format.
pub(super) fn is_placeholder(secret: &[u8]) -> bool {
    let lower = secret.to_ascii_lowercase();
    let same = longest(&lower, |a, b| a == b && a != b'a');
    words(&PLACES, PLACEHOLDERS, &lower)
        // Part of a long random text may look like this; most of it may not.
        || (same >= 8 && same * 4 >= lower.len())
        || longest(&lower, |a, b| a.checked_add(1) == Some(b)) >= 16
}

/// Whether a text that only its surroundings make a secret is probably none.
pub(super) fn is_stand_in(secret: &[u8]) -> bool {
    let lower = secret.to_ascii_lowercase();
    let wrapped = match lower.first() {
        Some(b'<' | b'[' | b'*') => true,
        // `%NAME%`, `%s`.
        Some(b'%') => lower.len() < 4 || lower.ends_with(b"%"),
        Some(b'$' | b'{' | b'@') => variable(&lower),
        _ => false,
    };
    wrapped
        || is_placeholder(secret)
        || words(&STANDS, STAND_INS, &lower)
        || (words(&NAMES, KEY_NAMES, &lower) && !secret.rsplit(part_ends).any(surely_random))
        || longest(&lower, |a, b| a == b) >= 5
        || longest(&lower, |a, b| a.checked_add(1) == Some(b)) >= 6
        || repeats(&lower)
        || only_fillers(&lower)
}

static PLACES: OnceLock<Option<AhoCorasick>> = OnceLock::new();
static STANDS: OnceLock<Option<AhoCorasick>> = OnceLock::new();
static NAMES: OnceLock<Option<AhoCorasick>> = OnceLock::new();

const fn part_ends(byte: &u8) -> bool {
    matches!(*byte, b'_' | b'-' | b'.')
}

fn words(cell: &OnceLock<Option<AhoCorasick>>, words: &[&[u8]], text: &[u8]) -> bool {
    let automaton = cell.get_or_init(|| AhoCorasick::new(words).ok());
    automaton.as_ref().is_some_and(|automaton| automaton.is_match(text))
}

/// `$NAME`, `${name}`, `$(command)`, `{{name}}`, `{name}`, `@name@`, and no password that happens to start that way.
fn variable(text: &[u8]) -> bool {
    match text.get(1..) {
        Some([b'{' | b'(', ..]) => true,
        Some(rest) => rest.iter().all(|byte| byte.is_ascii_alphabetic() || b"_.}@".contains(byte)),
        None => false,
    }
}

/// Whether a group of three or more bytes stands there three times in a row: `1234-1234-1234`.
fn repeats(text: &[u8]) -> bool {
    (3..=(text.len() + 1) / 3).take(14).any(|period| {
        let same = |pair: (&u8, &u8)| pair.0 == pair.1;
        let pairs = text.iter().zip(text.iter().skip(period));
        let mut run = 0;
        pairs.map(same).any(|same| {
            run = if same { run + 1 } else { 0 };
            run + 1 >= 2 * period
        })
    })
}

/// Whether nothing but words of a stand-in, digits and separators is left. A sign with a digit makes a password.
fn only_fillers(text: &[u8]) -> bool {
    let signs = text.iter().any(|byte| b"!@#$%^&*?+~".contains(byte));
    let digits = text.iter().any(u8::is_ascii_digit);
    let (mut rest, mut found) = (text, false);
    while !rest.is_empty() {
        let word = FILLERS.iter().find(|word| rest.starts_with(word));
        let skip = match word {
            Some(word) => {
                found = true;
                word.len()
            }
            None if rest.first().is_some_and(u8::is_ascii_alphabetic) => return false,
            None => 1,
        };
        rest = rest.get(skip..).unwrap_or_default();
    }
    found && !(signs && digits)
}

/// The longest run in which neighbours belong together.
fn longest(text: &[u8], together: impl Fn(u8, u8) -> bool) -> usize {
    let (mut run, mut longest) = (1, 0);
    for pair in text.windows(2) {
        run = if matches!(pair, [a, b] if together(*a, *b)) { run + 1 } else { 1 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_random_text() {
        for text in
            [&b"AKIAIOSFODNN7EXAMPLE"[..], b"ghp_xxxxxxxxxxxxxxxxxxxx", b"abcdefghijklmnopq"]
        {
            assert!(is_placeholder(text));
        }
        assert!(!is_placeholder(b"q8Zt2LmP0vRx7KcW"));
        assert!(!is_placeholder(b"q8Zt2LmP0vRx7KcW-300000000-q8Zt2LmP0vRx7KcWq8Zt2LmP0vRx7KcW"));
        for text in [
            &b"<your key>"[..],
            b"${TOKEN}",
            b"{token}",
            b"$TOKEN",
            b"my-secret-value",
            b"test_user_1",
            b"password123",
            b"123456789",
            b"ab12-ab12-ab12",
            b"@token@",
            b"%TOKEN%",
            b"acme_api_key_of_the_test_account",
        ] {
            assert!(is_stand_in(text), "{}", String::from_utf8_lossy(text));
        }
        for text in [
            &b"$ummer-Rain-42"[..],
            b"SuperSecret123!",
            b"P@ssw0rd-77",
            b"Pass!2word",
            b"%m7-Tulip-9x",
            b"acme_key_q8Zt2LmP0vRx7KcWb3Hd",
        ] {
            assert!(!is_stand_in(text), "{}", String::from_utf8_lossy(text));
        }
    }
}
