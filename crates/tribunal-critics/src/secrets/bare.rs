//! Tokens that stand alone and whose issuer has no rule: a short prefix, and behind it what was drawn at random.
//!
//! Nothing announces them, so the form must: `abc_` and twenty letters and digits that no word has in this order. Small
//! letters and digits alone, and hex, are what digests and identifiers are made of: those count only behind a prefix
//! that speaks of keys. Prefixes of identifiers (`call_`, `cus_`, `thread_`) never count.

use std::ops::Range;

use super::edges::word;
use super::random::{holds, surely_random};

/// How long a token is at least, prefix and all. No more than this is skipped at once.
const LEAST: usize = 20;
/// Beyond this it is encoded data.
const MOST: usize = 200;
/// How long the part is at least that was drawn at random.
const BODY: usize = 16;
/// Parts of a prefix: `sk_live_` has two.
const PARTS: usize = 4;

/// First parts of identifiers and digests, which look drawn at random and are no secrets.
const IDENTIFIERS: &str = "acct asst batch blob build bundle cache call card cert ch chatcmpl chunk cid cmpl commit container \
    css cus customer device digest doc dpl embd etag event evt file fp ft ftjob gen hash id image img in \
    inv item jira job jss layer md5 mesg message msg node obj object order org page pi pm po pod price \
    prj prod proj project re ref req request resp response run sc seti sha sha1 sha256 sha384 sha512 si \
    span src step sub svelte task team thread tool toolu trace txn uid upload user usr uuid vid video \
    vol vs ws";

/// Parts of a prefix that speak of keys.
const KEYS: &str = "api apikey key live pat pk prod rk root secret signkey sk test testsk tok token prd access personal";

/// Calls with every such token in the text, from left to right.
pub(super) fn each(text: &[u8], mut found: impl FnMut(Range<usize>)) {
    let mut at = 0;
    // Whoever is this long has a byte in every stretch of this length, so the others need no look.
    while let Some(&byte) = text.get(at + LEAST - 1) {
        let probe = at + LEAST - 1;
        if !of_token(byte) {
            at = probe + 1;
            continue;
        }
        let before = text.get(at..probe).unwrap_or_default();
        let start = probe - before.iter().rev().take_while(|byte| of_token(**byte)).count();
        let after = text.get(probe..).unwrap_or_default();
        let end = probe + after.iter().take_while(|byte| of_token(**byte)).count();
        let long = (LEAST..=MOST).contains(&(end - start));
        if long && alone(text, start, end) && text.get(start..end).is_some_and(is_token) {
            found(start..end);
        }
        at = end + 1;
    }
}

/// Which bytes tokens consist of. A table, as every byte of a text is asked about.
#[allow(clippy::indexing_slicing, reason = "worked out when this is compiled")]
static OF_TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte as usize] = word(byte) || byte == b'-';
        byte += 1;
    }
    table
};

fn of_token(byte: u8) -> bool {
    OF_TOKEN.get(usize::from(byte)).is_some_and(|of_token| *of_token)
}

/// Whether nothing goes on before and behind it, as paths, addresses and encoded data do.
fn alone(text: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    let [next, second] = [end, end + 1].map(|at| text.get(at).copied().unwrap_or(b' '));
    let ends = match next {
        b'.' | b':' | b'?' | b'!' => second <= b' ' || b"\"'`)".contains(&second),
        next => next <= b' ' || b"\"'`)]}>,;|<&\\*".contains(&next),
    };
    let begins = before <= b' ' || b"\"'`([{<>,;|=:*".contains(&before);
    ends && begins && !(b"=:".contains(&before) && is_digest_name(text, start - 1))
}

/// Whether what ends here is the name of a digest: `sha256=...`, `etag:...`.
fn is_digest_name(text: &[u8], end: usize) -> bool {
    const DIGESTS: [&[u8]; 7] = [b"sha", b"md5", b"hash", b"digest", b"sum", b"etag", b"integrity"];
    let name = text.get(end.saturating_sub(16)..end).unwrap_or_default().to_ascii_lowercase();
    DIGESTS.iter().any(|digest| holds(&name, digest))
}

/// Whether it is a prefix with a random text behind it.
fn is_token(token: &[u8]) -> bool {
    let mut parts = token.split(|byte| !word(*byte) || *byte == b'_');
    let mut rest = token;
    let mut keys = false;
    for place in 0..PARTS {
        let Some(part) = parts.next() else { return false };
        let lower = part.to_ascii_lowercase();
        // `hf`, `CG`, `v2`; both cases at once are random already.
        let lower_only = !part.iter().any(u8::is_ascii_uppercase);
        let upper_only = place == 0 && part.iter().all(u8::is_ascii_uppercase);
        let begins = part.first().is_some_and(u8::is_ascii_alphabetic);
        if part.len() > 12 || !begins || !(lower_only || upper_only) {
            // What comes now is the random part; there must have been another one.
            return place > 0 && is_body(rest, keys);
        }
        keys |= lists(KEYS, &lower);
        if place == 0 && (part.len() < 2 || lists(IDENTIFIERS, &lower)) {
            return false;
        }
        rest = rest.get(part.len() + 1..).unwrap_or_default();
    }
    is_body(rest, keys)
}

fn lists(words: &str, part: &[u8]) -> bool {
    words.split(' ').any(|word| word.as_bytes() == part)
}

fn is_body(body: &[u8], keys: bool) -> bool {
    let longest = body.split(|byte| b"_-".contains(byte)).max_by_key(|part| part.len());
    let longest = longest.unwrap_or_default();
    if longest.len() < BODY || body.len() < LEAST {
        return false;
    }
    let hex = longest.len() >= 32 && longest.iter().all(|byte| b"0123456789abcdef".contains(byte));
    surely_random(longest) || (keys && hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        each(text.as_bytes(), |bytes| all.push(&text[bytes]));
        all
    }

    #[test]
    fn a_prefix_and_a_random_text_are_a_token_wherever_they_stand_alone() {
        let body = "k9Zt2LmP0vRx7KcWq8Yn4Hd";
        for prefix in ["acme_", "ac-", "acme_live_", "ab1_v2_eu_", "nk-"] {
            let token = format!("{prefix}{body}");
            for (before, after) in
                [("", ""), ("use ", "."), ("(\"", "\")"), ("a=", "&b=1"), ("`", "`")]
            {
                assert_eq!(tokens(&format!("{before}{token}{after}")), [&*token], "{prefix}");
            }
            for (before, after) in [("/", ""), ("x.", ""), ("", "/y"), ("@", ""), ("", ".png")] {
                let text = format!("{before}{token}{after}");
                assert!(tokens(&text).is_empty(), "{text}");
            }
        }
    }

    #[test]
    fn identifiers_digests_and_names_are_no_tokens() {
        let body = "k9Zt2LmP0vRx7KcWq8Yn4Hd";
        for prefix in ["call_", "toolu_", "cus_", "sha256-", "", "_", "css-", "thread_"] {
            assert!(tokens(&format!("{prefix}{body}")).is_empty(), "{prefix}");
        }
        for text in [
            "METADATA,sha256=ab-k9Zt2LmP0vRx7KcWq8Yn4Hd",
            "ABk9_k9Zt2LmP0vRx7KcWq8Yn4Hd",
            "main-9f86d081884c7d659a2feaa0c55ad015",
            "web-frontend-7d9f8b6c5d-x2k4z",
            "test_that_an_expired_access_token_is_refreshed_only_once_v2",
            "PROJ-1234-add-OAuth2-PKCE-support-for-iOS17",
            "a1b2c3d4-77aa-4a7b-9c1d-0f3e5b6a7c8d",
            "eslint-plugin-react-hooks-configuration-standard",
        ] {
            assert!(tokens(text).is_empty(), "{text}");
        }
        assert_eq!(tokens("cal_live_9f86d081884c7d659a2feaa0c55ad015").len(), 1);
    }

    #[test]
    fn every_token_of_a_long_text_is_seen() {
        let token = "acme_k9Zt2LmP0vRx7KcWq8Yn4Hd";
        for gap in 1..60 {
            let text = format!("{}{token}{}", "a ".repeat(gap), " b".repeat(gap)).repeat(3);
            assert_eq!(tokens(&text.replace("ba", "b a")).len(), 3, "{gap}");
        }
    }
}
