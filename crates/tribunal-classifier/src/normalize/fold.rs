//! One character at a time: what is not displayed goes, what is only another way to write a letter becomes it.

/// What becomes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folded {
    /// Nobody sees it.
    Gone,
    /// A space of some kind.
    Space,
    /// A letter, a digit, a mark that belongs to a word.
    Word(char),
    /// Anything else.
    Mark(char),
    /// ASCII spelt with tag characters, which nobody sees.
    Tag(char),
}

/// Letters with diacritics of U+00C0 to U+00FF, without them; `*` where there is none to fold to.
const LATIN_1: &[u8; 64] = b"aaaaaaaceeeeiiiidnooooo*ouuuuypsaaaaaaaceeeeiiiidnooooo*ouuuuypy";
/// The same for U+0100 to U+017F.
const LATIN_A: &[u8; 128] = b"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
/// The same for U+1EA0 to U+1EF9, the Vietnamese letters.
const VIETNAMESE: &[u8; 90] =
    b"aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy";
/// Letters that look small or raised and are no capitals of anything.
const SMALL_CAPITALS: &[(char, char)] = &[
    ('ᴀ', 'a'),
    ('ʙ', 'b'),
    ('ᴄ', 'c'),
    ('ᴅ', 'd'),
    ('ᴇ', 'e'),
    ('ꜰ', 'f'),
    ('ɢ', 'g'),
    ('ʜ', 'h'),
    ('ɪ', 'i'),
    ('ᴊ', 'j'),
    ('ᴋ', 'k'),
    ('ʟ', 'l'),
    ('ᴍ', 'm'),
    ('ɴ', 'n'),
    ('ᴏ', 'o'),
    ('ᴘ', 'p'),
    ('ʀ', 'r'),
    ('ꜱ', 's'),
    ('ᴛ', 't'),
    ('ᴜ', 'u'),
    ('ᴠ', 'v'),
    ('ᴡ', 'w'),
    ('ʏ', 'y'),
    ('ᴢ', 'z'),
    ('ɑ', 'a'),
    ('ɡ', 'g'),
    ('ı', 'i'),
    ('ſ', 's'),
];

/// Folds one character.
#[inline]
pub(super) fn fold(c: char) -> Folded {
    if c.is_ascii() {
        return match c {
            'a'..='z' | '0'..='9' => Folded::Word(c),
            'A'..='Z' => Folded::Word(c.to_ascii_lowercase()),
            ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' => Folded::Space,
            '\0'..='\u{1f}' | '\u{7f}' => Folded::Gone,
            _ => Folded::Mark(c),
        };
    }
    beyond_ascii(c)
}

fn beyond_ascii(c: char) -> Folded {
    let code = c as u32;
    let from =
        |table: &[u8], start: u32| table.get((code - start) as usize).map(|byte| char::from(*byte));
    match code {
        0xad
        | 0x34f
        | 0x61c
        | 0x115f
        | 0x1160
        | 0x17b4
        | 0x17b5
        | 0x180b..=0x180f
        | 0x3164
        | 0xffa0
        | 0xfeff => Folded::Gone,
        0x80..=0x9f
        | 0x200b..=0x200f
        | 0x202a..=0x202e
        | 0x2060..=0x206f
        | 0xfe00..=0xfe0f
        | 0xfff9..=0xfffb
        | 0xe0100..=0xe01ef => Folded::Gone,
        0xe0020..=0xe007e => char::from_u32(code - 0xe0000).map_or(Folded::Gone, Folded::Tag),
        0xe0000..=0xe0fff => Folded::Gone,
        // Accents that stand beside their letter, and Arabic and Hebrew vowel signs.
        0x591..=0x5bd
        | 0x64b..=0x652
        | 0x670
        | 0x640
        | 0x300..=0x36f
        | 0x1ab0..=0x1aff
        | 0x1dc0..=0x1dff
        | 0x20d0..=0x20ff
        | 0xfe20..=0xfe2f => Folded::Gone,
        0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000 => {
            Folded::Space
        }
        0xaa => Folded::Word('a'),
        0xba => Folded::Word('o'),
        0xc0..=0xff => {
            from(LATIN_1, 0xc0).filter(|c| *c != '*').map_or(Folded::Mark(c), Folded::Word)
        }
        0x100..=0x17f => from(LATIN_A, 0x100).map_or(Folded::Word(c), Folded::Word),
        0x1ea0..=0x1ef9 => from(VIETNAMESE, 0x1ea0).map_or(Folded::Word(c), Folded::Word),
        0x1a0 | 0x1a1 => Folded::Word('o'),
        0x1af | 0x1b0 => Folded::Word('u'),
        0x250..=0x2af | 0x1d00..=0x1d7f | 0xa730 | 0xa731 => {
            let small = SMALL_CAPITALS.iter().find(|(from, _)| *from == c);
            Folded::Word(small.map_or(c, |(_, to)| *to))
        }
        // Full width.
        0xff01..=0xff5e => char::from_u32(code - 0xfee0).map_or(Folded::Gone, fold),
        // Mathematical letters and digits.
        0x1d400..=0x1d6a3 => letter((code - 0x1d400) % 52),
        0x1d7ce..=0x1d7ff => digit((code - 0x1d7ce) % 10),
        // Enclosed letters.
        0x249c..=0x24b5 => letter(code - 0x249c),
        0x24b6..=0x24e9 => letter((code - 0x24b6) % 26),
        0x1f110..=0x1f129 => letter(code - 0x1f110),
        0x1f130..=0x1f149 => letter(code - 0x1f130),
        0x1f150..=0x1f169 => letter(code - 0x1f150),
        0x1f170..=0x1f189 => letter(code - 0x1f170),
        0x1f1e6..=0x1f1ff => letter(code - 0x1f1e6),
        0x2460..=0x2468 => digit(code - 0x2460 + 1),
        // Quotation marks and dashes.
        0x2018..=0x201b | 0x2032 | 0x2bc => Folded::Mark('\''),
        0x201c..=0x201f | 0x2033 | 0xab | 0xbb => Folded::Mark('"'),
        0x2010..=0x2015 | 0x2212 => Folded::Mark('-'),
        0x2026 => Folded::Mark('.'),
        // Other punctuation, symbols and pictures.
        0xa1..=0xbf | 0x2000..=0x2bff | 0x3001..=0x303f | 0xfe30..=0xfe6f | 0x1f000..=0x1faff => {
            Folded::Mark(c)
        }
        // Lower case of the other alphabets that have one; where that is several letters, the first.
        0x370..=0x58f | 0x10a0..=0x10ff | 0x13a0..=0x13ff | 0x180..=0x24f | 0x1e00..=0x1fff => {
            Folded::Word(c.to_lowercase().next().unwrap_or(c))
        }
        _ => Folded::Word(c),
    }
}

fn letter(index: u32) -> Folded {
    let index = u8::try_from(index % 26).unwrap_or(0);
    Folded::Word(char::from(b'a' + index))
}

fn digit(index: u32) -> Folded {
    char::from_digit(index % 10, 10).map_or(Folded::Gone, Folded::Word)
}

/// The Latin letter that a folded letter of another alphabet looks like.
pub(super) fn look_alike(c: char) -> Option<char> {
    Some(match c {
        'а' | 'α' => 'a',
        'ь' | 'в' | 'β' => 'b',
        'с' | 'ϲ' => 'c',
        'ԁ' => 'd',
        'е' | 'ε' | 'ҽ' => 'e',
        'ғ' => 'f',
        'ԍ' | 'ɡ' => 'g',
        'һ' | 'н' | 'հ' => 'h',
        'і' | 'ї' | 'ι' => 'i',
        'ј' => 'j',
        'к' | 'κ' => 'k',
        'ӏ' => 'l',
        'м' | 'μ' => 'm',
        'ո' | 'η' | 'п' => 'n',
        'о' | 'ο' | 'օ' | 'σ' => 'o',
        'р' | 'ρ' => 'p',
        'ԛ' => 'q',
        'г' | 'я' => 'r',
        'ѕ' => 's',
        'т' | 'τ' => 't',
        'υ' | 'ս' => 'u',
        'ν' | 'ѵ' => 'v',
        'ѡ' | 'ω' | 'ԝ' => 'w',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'ᴢ' | 'ζ' => 'z',
        _ => return None,
    })
}

/// The letter that a digit or a symbol stands for within a word.
pub(super) fn leet(c: char) -> Option<char> {
    Some(match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        _ => return None,
    })
}
