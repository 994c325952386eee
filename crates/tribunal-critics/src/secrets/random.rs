//! Whether a text looks drawn at random: from its digits and letters, and from pairs of letters that no language writes.

use tribunal_classifier::base64;

/// For each letter those that follow it in words. These pairs make up 97.5 % of the pairs in the distinct words of the
/// Linux manual pages (English, German, French, Spanish); of pairs drawn at random they are 52 %.
const FOLLOWS: [&[u8]; 26] = [
    b"bcdfghiklmnpqrstuvxy",
    b"abcdefghijlmnoprstuy",
    b"acehikloprstuy",
    b"abdegilmnorsu",
    b"abcdefghiklmnopqrstuvwxyz",
    b"aefilorstu",
    b"aeghilmnorstu",
    b"aeilmnorstu",
    b"abcdefgiklmnopqrstuvxz",
    b"eo",
    b"aeilostu",
    b"adefgiklopstuvy",
    b"abeimopstuy",
    b"acdefghiklmnoprstuvz",
    b"abcdfgiklmnoprstuvwy",
    b"acefghiloprstu",
    b"u",
    b"abcdefghiklmnoprstuvwyz",
    b"acdefghiklmnopqrstuwyz",
    b"acdefghilmnoprstuwyz",
    b"abcdefgilmnoprstvx",
    b"aeio",
    b"aehinors",
    b"aceipt",
    b"eimnpst",
    b"aeitu",
];

/// What a text consists of.
#[derive(Debug, Default)]
struct Makeup {
    digits: usize,
    upper: usize,
    lower: usize,
    /// Places where a letter or digit of one class follows one of another.
    changes: usize,
    /// Pairs of letters within a word, as far as capitals tell where one begins.
    pairs: usize,
    /// Those of them that hardly any word has.
    rare: usize,
}

impl Makeup {
    fn of(text: &[u8]) -> Self {
        let mut makeup = Self::default();
        for byte in text {
            makeup.digits += usize::from(byte.is_ascii_digit());
            makeup.upper += usize::from(byte.is_ascii_uppercase());
            makeup.lower += usize::from(byte.is_ascii_lowercase());
        }
        for pair in text.windows(2) {
            let [a, b] = *pair else { continue };
            makeup.changes += usize::from(class(a) != class(b));
            let begins_word = a.is_ascii_lowercase() && b.is_ascii_uppercase();
            if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() && !begins_word {
                makeup.pairs += 1;
                makeup.rare += usize::from(is_rare(a, b));
            }
        }
        makeup
    }

    /// No word and no name has so many pairs of letters that words do not have.
    const fn unspeakable(&self) -> bool {
        self.pairs >= 8 && self.rare * 4 >= self.pairs
    }
}

fn is_rare(a: u8, b: u8) -> bool {
    let follows = FOLLOWS.get(usize::from(a.to_ascii_lowercase().wrapping_sub(b'a')));
    follows.is_some_and(|letters| !letters.contains(&b.to_ascii_lowercase()))
}

/// Random text mixes digits and letters all along, or has letters in an order that nobody can say; names, paths and
/// versions hold digits in few blocks. For what its surroundings already announce.
pub(super) fn random(secret: &[u8]) -> bool {
    let makeup = Makeup::of(secret);
    if mixed_hex(secret) {
        return false;
    }
    if scrambled(secret, 16) {
        return true;
    }
    if makeup.digits < 2 || makeup.upper + makeup.lower < 2 {
        return false;
    }
    // `/usr/lib/v2`, `com.vendor.Thing2`: between the separators stand words.
    let parts = secret.split(|byte| b"/._-~+".contains(byte));
    let words = parts.filter(|part| {
        let letters = part.iter().all(u8::is_ascii_alphabetic);
        // `ServerProxy` changes case at the start of its words, random letters at every second place.
        let scrambled = part.len() >= 10 && Makeup::of(part).changes * 2 >= part.len();
        part.len() > 4 && part.len() < secret.len() && letters && !scrambled
    });
    let wordy = words.map(<[u8]>::len).sum::<usize>() * 4 >= secret.len();
    // A random base62 text changes class at two places of three, random hex at every second.
    !wordy && makeup.changes * 5 >= secret.len()
}

/// The same for a text that nothing announces: letters and digits alone, long enough that chance and names are out.
pub(super) fn surely_random(text: &[u8]) -> bool {
    let Makeup { digits, upper, lower, changes, pairs, rare } = Makeup::of(text);
    // Hex in mixed case was typed, with a slip or two.
    let hex = text.iter().filter(|byte| byte.is_ascii_hexdigit()).count() * 10 >= text.len() * 9;
    if text.len() < 16 || digits + upper + lower < text.len() || hex || is_encoded_text(text) {
        return false;
    }
    if digits == 0 {
        let mixed = upper >= 5 && lower >= 5 && changes * 3 >= text.len();
        return mixed && pairs >= 10 && rare * 10 >= pairs * 3;
    }
    let cases = usize::from(upper > 1) + usize::from(lower > 1);
    // Small letters alone are what identifiers are made of.
    digits > 1 && cases == 2 && changes * 8 >= text.len() * 3 && (pairs < 6 || rare * 5 >= pairs)
}

/// Base64 of something written. Of random text of this length one in a hundred thousand decodes to that.
fn is_encoded_text(text: &[u8]) -> bool {
    base64(text).is_some_and(|text| text.iter().all(|byte| (b' '..=b'~').contains(byte)))
}

/// Whether its longest part has letters in an order that no word has. Abbreviations (`evp_pkey_dhx`) are hard to say as
/// well, and short.
fn scrambled(text: &[u8], least: usize) -> bool {
    let longest = text.split(|byte| b"/._-~+=".contains(byte)).max_by_key(|part| part.len());
    longest.is_some_and(|part| part.len() >= least && Makeup::of(part).unspeakable())
}

/// Long hex in mixed case comes from no generator: it was typed to look like a key.
fn mixed_hex(text: &[u8]) -> bool {
    text.len() >= 32
        && text.iter().all(u8::is_ascii_hexdigit)
        && text.iter().any(u8::is_ascii_lowercase)
        && text.iter().any(u8::is_ascii_uppercase)
}

/// A digit, or capitals within a word.
pub(super) fn mixed(secret: &[u8]) -> bool {
    let capital =
        |pair: &[u8]| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase());
    secret.iter().any(u8::is_ascii_digit)
        || secret.windows(2).filter(|pair| capital(pair)).count() > 1
}

/// Looks like a password rather than like a word or code.
pub(super) fn password(secret: &[u8]) -> bool {
    let digit = secret.iter().any(u8::is_ascii_digit);
    let letter = secret.iter().any(u8::is_ascii_alphabetic);
    let sign = secret.iter().any(|byte| b"!@#$%^&*?+~".contains(byte));
    // Letters alone are a name, unless they stand in no order that words have.
    let capitals = secret.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let changes =
        secret.windows(2).filter(|pair| matches!(pair, [a, b] if class(*a) != class(*b))).count();
    let capitals = capitals * 4 >= secret.len() && changes * 2 >= secret.len();
    let scrambled = (secret.len() >= 12 && capitals) || scrambled(secret, 12);
    let code = [&b"("[..], b"::", b"->", b"${", b"{{", b"://", b"[", b"%s", b" "];
    letter && (digit || sign || scrambled) && !code.iter().any(|mark| holds(secret, mark))
}

const fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    }
}

pub(super) fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_letters_are_told_from_words_without_a_digit() {
        for text in ["kQzRvXbTpWmGxLcJhFqNsDyK", "vzqhlaxknrjqlhtwpkzd", "wPxQvJzKfBqHgTnMxRcL"] {
            assert!(random(text.as_bytes()), "{text}");
        }
        for text in [
            "userAuthenticationTokenProvider",
            "thisismypasswordforeveryone",
            "Donaudampfschifffahrtsgesellschaft",
            "get_session_token_from_request",
            "application/x-www-form-urlencoded",
            "self._ctx_cdata_to_evp_pkey_dhx",
            "P256.KeyPair",
        ] {
            assert!(!random(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_nothing_announces_must_have_both_cases_and_no_words() {
        assert!(surely_random(b"k9Zt2LmP0vRx7KcWq8Yn"));
        assert!(surely_random(b"kQzRvXbTpWmGxLcJhFqNsDyK"));
        for text in [
            "9f86d081884c7d659a2feaa0c55ad015",
            "TokenAuthenticationProviderFactoryBean2",
            "k9zt2lmp0vrx7kcwq8yn",
            "Qwen25Coder32BInstructGPTQInt4",
            "k9Zt2LmP0vRx7",
            "SXQgaXMgdGhlIHRoaXJkIGRheSBvZiByYWlu",
            "d45b6G86aBb0F2Cee943902dbaDBCFCF".replace('G', "e").as_str(),
        ] {
            assert!(!surely_random(text.as_bytes()), "{text}");
        }
    }
}
