//! Which characters are invisible, and which visible ones need them.
//!
//! Ranges are whole blocks where that is close enough: what matters is to leave ordinary writing alone.

use super::InvisibleKind;

/// The kind of invisible character that it is; `None` for all others.
///
/// A byte order mark counts as having no width; at the start of a text it is left out by the scan.
pub(super) const fn kind_of(c: char) -> Option<InvisibleKind> {
    Some(match c {
        '\u{e0000}'..='\u{e007f}' => InvisibleKind::Tags,
        '\u{200e}' | '\u{200f}' | '\u{61c}' => InvisibleKind::Bidi,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => InvisibleKind::Bidi,
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => InvisibleKind::ZeroWidth,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => InvisibleKind::Variation,
        '\u{180b}'..='\u{180d}' | '\u{180f}' => InvisibleKind::Variation,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' => {
            InvisibleKind::Ignorable
        }
        '\u{2061}'..='\u{2065}' | '\u{206a}'..='\u{206f}' => InvisibleKind::Ignorable,
        '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' => InvisibleKind::Ignorable,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => InvisibleKind::Ignorable,
        '\u{e0080}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}' => InvisibleKind::Ignorable,
        _ => return None,
    })
}

pub(super) const fn is_invisible(c: char) -> bool {
    kind_of(c).is_some()
}

/// The ASCII that a tag character stands for. The one that ends a run stands for nothing.
pub(super) fn ascii_of_tag(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(0xe0000)?;
    char::from_u32(code).filter(|c| matches!(c, ' '..='~' | '\n' | '\t'))
}

/// The byte that a variation selector stands for, in the way that such channels count them.
pub(super) fn byte_of_selector(c: char) -> Option<u8> {
    let code = match c {
        '\u{fe00}'..='\u{fe0f}' => u32::from(c) - 0xfe00,
        '\u{e0100}'..='\u{e01ef}' => u32::from(c) - 0xe0100 + 16,
        _ => return None,
    };
    u8::try_from(code).ok()
}

/// Characters with an emoji form, and what emoji are put together from.
pub(super) const fn is_emoji(c: char) -> bool {
    matches!(c,
        '#' | '*' | '0'..='9' | '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}'
        | '\u{2139}' | '\u{2190}'..='\u{2bff}' | '\u{20e3}' | '\u{3030}' | '\u{303d}'
        | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Emoji that a joiner can join: not the digits.
pub(super) const fn joins_as_emoji(c: char) -> bool {
    is_emoji(c) && !c.is_ascii()
}

/// Scripts in which joiners and non-joiners decide how letters look.
pub(super) const fn uses_joiners(c: char) -> bool {
    matches!(c,
        // Arabic, Syriac, Thaana, N'Ko, Samaritan, Mandaic and their supplements.
        '\u{600}'..='\u{8ff}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        // Indic scripts from Devanagari to Sinhala, Tibetan, Myanmar.
        | '\u{900}'..='\u{dff}' | '\u{f00}'..='\u{109f}'
        // Khmer, Mongolian, Limbu to Balinese and on, Phags-pa, further Indic.
        | '\u{1780}'..='\u{18af}' | '\u{1900}'..='\u{1cff}' | '\u{a800}'..='\u{aaff}'
        | '\u{abc0}'..='\u{abff}' | '\u{10a00}'..='\u{10fff}' | '\u{11000}'..='\u{11fff}')
}

/// Scripts written without spaces, where a space of no width says where a line may break.
pub(crate) const fn breaks_without_spaces(c: char) -> bool {
    matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{1950}'..='\u{19ff}' | '\u{1a20}'..='\u{1aaf}' | '\u{f00}'..='\u{fff}')
        || is_cjk(c)
}

/// CJK characters and the signs between them.
pub(super) const fn is_cjk(c: char) -> bool {
    is_ideograph(c)
        || matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3100}'..='\u{312f}' | '\u{ff00}'..='\u{ff9f}')
}

const fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{2fdf}' | '\u{3005}'..='\u{3007}' | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether the selector can vary that character.
pub(super) const fn varies(base: char, selector: char) -> bool {
    match selector {
        '\u{fe0e}' | '\u{fe0f}' => is_emoji(base) || is_ideograph(base) || is_cjk(base),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => matches!(base, '\u{1800}'..='\u{18af}'),
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(base),
        // Mathematics, CJK, Myanmar, Phags-pa, the slashed zero.
        _ => {
            is_cjk(base)
                || is_ideograph(base)
                || matches!(base,
                    '0' | '\u{2190}'..='\u{2bff}' | '\u{1000}'..='\u{109f}'
                    | '\u{a840}'..='\u{a87f}' | '\u{1800}'..='\u{18af}')
        }
    }
}

/// Letters written from right to left.
pub(super) const fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{590}'..='\u{60b}' | '\u{60d}'..='\u{61b}' | '\u{61d}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}'
        | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Letters and digits of the scripts in which nothing invisible has a place inside a word.
pub(super) fn is_latin(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || (matches!(c, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
            && c.is_alphabetic())
}

/// Whether the filler belongs to the script around it.
pub(super) const fn fills(filler: char, before: Option<char>) -> bool {
    match (filler, before) {
        // Conjoining Hangul; Hebrew points; Khmer; Mongolian.
        ('\u{115f}' | '\u{1160}', Some('\u{1100}'..='\u{11ff}' | '\u{a960}'..='\u{a97f}'))
        | ('\u{34f}', Some('\u{300}'..='\u{36f}' | '\u{590}'..='\u{5ff}'))
        | ('\u{17b4}' | '\u{17b5}', Some('\u{1780}'..='\u{17ff}'))
        | ('\u{180e}', Some('\u{1800}'..='\u{18af}')) => true,
        _ => false,
    }
}
