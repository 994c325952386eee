//! Whether a label is written in letters that pass for others, and what a `xn--` label says.
//!
//! Scripts are told apart by block, which is close enough for names of hosts. Scripts that go together are those
//! of "highly restrictive" in Unicode TS 39: Latin with Han and kana, with Han and bopomofo, with Han and hangul.

/// Longest label of a host (RFC 1035), in bytes.
const LABEL_BYTES: usize = 63;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Han,
    Kana,
    Bopomofo,
    Hangul,
    /// By the upper bits of its code.
    Other(u32),
}

/// `None` for what goes with every script: digits, hyphens, marks.
fn script_of(c: char) -> Option<Script> {
    Some(match c {
        '0'..='9' | '-' | '_' | '\u{300}'..='\u{36f}' | '\u{b7}' => return None,
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Script::Latin,
        '\u{250}'..='\u{2af}' => Script::Latin,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Script::Greek,
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' => {
            Script::Cyrillic
        }
        '\u{a640}'..='\u{a69f}' => Script::Cyrillic,
        '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => Script::Han,
        '\u{20000}'..='\u{3ffff}' => Script::Han,
        '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => Script::Kana,
        '\u{3100}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' => Script::Bopomofo,
        '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' => {
            Script::Hangul
        }
        // Arabic and its supplements, Georgian and its, Ethiopic, Cherokee: more than one block each.
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' => Script::Other(6),
        '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => Script::Other(6),
        '\u{1200}'..='\u{139f}' | '\u{2d80}'..='\u{2ddf}' => Script::Other(0x12),
        '\u{10a0}'..='\u{10ff}' | '\u{2d00}'..='\u{2d2f}' => Script::Other(0x10a),
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => Script::Other(0x13),
        '\u{900}'..='\u{109f}' => Script::Other(u32::from(c) >> 7),
        _ => Script::Other(u32::from(c) >> 8),
    })
}

fn go_together(scripts: &[Script]) -> bool {
    let within = |known: &[Script]| scripts.iter().all(|script| known.contains(script));
    scripts.len() <= 1
        || within(&[Script::Latin, Script::Han, Script::Kana])
        || within(&[Script::Latin, Script::Han, Script::Bopomofo])
        || within(&[Script::Latin, Script::Han, Script::Hangul])
}

/// Letters of other scripts that look like Latin ones in most fonts.
const fn looks_latin(c: char) -> bool {
    matches!(
        c,
        // Cyrillic.
        'а' | 'с' | 'ԁ' | 'е' | 'һ' | 'і' | 'ј' | 'ӏ' | 'о' | 'р' | 'ԛ' | 'ѕ' | 'ԝ' | 'х' | 'у'
        | 'ү' | 'ѵ' | 'ԍ' | 'ӧ' | 'ё'
        // Greek.
        | 'α' | 'ο' | 'ν' | 'ρ' | 'ι' | 'κ' | 'υ' | 'χ' | 'γ' | 'ϲ' | 'ϳ'
        // Armenian.
        | 'օ' | 'ս' | 'ո' | 'ց' | 'հ' | 'ռ' | 'զ' | 'յ'
    )
}

/// Characters that are a letter in another dress, or a sign that looks like a dot or a slash.
const fn is_disguise(c: char) -> bool {
    matches!(c,
        // Phonetic letters, the dotless i, the long s.
        '\u{131}' | '\u{17f}' | '\u{1c0}'..='\u{1c3}' | '\u{250}'..='\u{2af}' | '\u{1d00}'..='\u{1dbf}'
        // Superscripts, letter-like signs, circled letters, mathematical alphabets, squared letters.
        | '\u{2070}'..='\u{209f}' | '\u{2100}'..='\u{218f}' | '\u{2460}'..='\u{24ff}'
        | '\u{1d400}'..='\u{1d7ff}' | '\u{1f100}'..='\u{1f1ff}'
        // Slashes, dots and colons that are none.
        | '\u{2024}'..='\u{2026}' | '\u{2044}' | '\u{2215}' | '\u{29f8}' | '\u{338}' | '\u{589}'
        | '\u{a789}' | '\u{2236}' | '\u{701}' | '\u{702}' | '\u{2571}')
}

/// How a label deceives, if it does; `plain_end` says that the host ends in ASCII.
pub(super) fn deceit(label: &str, plain_end: bool) -> Option<&'static str> {
    if label.is_ascii() {
        return None;
    }
    let mut scripts: Vec<Script> = Vec::new();
    for c in label.chars() {
        if is_disguise(c) {
            return Some("a link to a domain with characters that pass for others");
        }
        if let Some(script) = script_of(c)
            && !scripts.contains(&script)
        {
            scripts.push(script);
            // More scripts than go together in any way.
            if !go_together(&scripts) {
                return Some("a link to a domain that mixes letters of different scripts");
            }
        }
    }
    let all_alike = label.chars().all(|c| looks_latin(c) || script_of(c).is_none());
    let passes_for_latin = plain_end && all_alike && label.chars().any(looks_latin);
    passes_for_latin.then_some("a link to a domain whose letters all look like Latin ones")
}

/// What a label after `xn--` says (RFC 3492); `None` where it says nothing.
pub(super) fn of_punycode(written: &str) -> Option<String> {
    if written.len() > LABEL_BYTES || !written.is_ascii() {
        return None;
    }
    let (plain, rest) = written.rsplit_once('-').unwrap_or(("", written));
    let mut out: Vec<char> = plain.chars().collect();
    let (mut code, mut index, mut bias) = (128_u32, 0_u32, 72_u32);
    let mut digits = rest.as_bytes().iter();
    while !digits.as_slice().is_empty() {
        let before = index;
        let (mut weight, mut k) = (1_u32, 36_u32);
        loop {
            let digit = u32::from(match *digits.next()? {
                b @ b'a'..=b'z' => b - b'a',
                b @ b'A'..=b'Z' => b - b'A',
                b @ b'0'..=b'9' => b - b'0' + 26,
                _ => return None,
            });
            index = index.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
            k += 36;
        }
        let count = u32::try_from(out.len()).ok()?.checked_add(1)?;
        bias = adapted(index - before, count, before == 0);
        code = code.checked_add(index / count)?;
        index %= count;
        let at = usize::try_from(index).ok()?;
        out.insert(at, char::from_u32(code)?);
        index += 1;
    }
    (!rest.is_empty()).then(|| out.into_iter().collect())
}

/// The bias of the next number (RFC 3492, 6.1).
const fn adapted(delta: u32, count: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punycode_is_decoded_and_nonsense_is_not() {
        for (written, said) in [
            ("mnchen-3ya", "münchen"),
            ("80ak6aa92e", "аррӏе"),
            ("fiqs8s", "中国"),
            ("wgv71a119e", "日本語"),
            ("bcher-kva", "bücher"),
        ] {
            assert_eq!(of_punycode(written).as_deref(), Some(said));
        }
        for nonsense in ["", "a-", "é", "99999999", "zzzzzzzzzzzzzz", &"a".repeat(64)] {
            assert_eq!(of_punycode(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn names_in_one_script_or_in_scripts_that_go_together_do_not_deceive() {
        for label in [
            "münchen",
            "россия",
            "московский",
            "日本語",
            "日本のニュース",
            "sonyテレビ",
            "中国",
            "한국어",
            "k뱅크",
            "ελλάδα",
            "मुंबई",
            "ไทย",
            "مصر",
            "ישראל",
            "straße",
            "café",
            "łódź",
        ] {
            assert_eq!(deceit(label, true), None, "{label}");
        }
        assert_eq!(deceit("аррӏе", false), None);
    }

    #[test]
    fn names_that_pass_for_others_do() {
        for label in
            ["аррӏе", "раураl", "gооgle", "ɡoogle", "ⓔxample", "𝐞xample", "gοοgle", "a∕b", "ìо"]
        {
            assert!(deceit(label, true).is_some(), "{label}");
        }
    }
}
