//! Codes of languages, and what to say of one that is none.

use tribunal_core::nearest;
use whatlang::Lang;

use super::LanguageError;

/// The languages of these codes.
pub(super) fn languages<'a>(
    codes: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<Lang>, LanguageError> {
    let read = |(index, code): (usize, &str)| {
        let known = Lang::all().iter().find(|lang| lang.code() == code);
        let unknown = || LanguageError::Unknown { index, found: code.chars().take(80).collect() };
        known.copied().ok_or_else(unknown)
    };
    let set: Vec<Lang> = codes.into_iter().enumerate().map(read).collect::<Result<_, _>>()?;
    if set.is_empty() { Err(LanguageError::NoLanguages) } else { Ok(set) }
}

/// The sentence for a code that is none, continuing "`allow[0]` ...".
pub(super) fn no_language(found: &str) -> String {
    let shown: String = found.chars().take(80).collect();
    let shown = shown.escape_debug();
    let lower = found.to_lowercase();
    // By its name, by another code, or by a slip of the pen.
    let named = Lang::all().iter().find(|lang| {
        lang.eng_name().to_lowercase() == lower
            || lang.name().to_lowercase() == lower
            || two_letters(lang.code()) == Some(lower.as_str())
    });
    let codes = Lang::all().iter().map(Lang::code);
    let near: Vec<String> = match named.map(Lang::code).or_else(|| nearest(&lower, codes.clone())) {
        None => Vec::new(),
        Some(first) => {
            let close = |code: &&str| off_by(code, &lower) == 1 && *code != first;
            std::iter::once(first).chain(codes.filter(close)).take(4).map(shown_code).collect()
        }
    };
    match near.is_empty() {
        true => format!("is no ISO 639-3 code of a language that is known here: `{shown}`"),
        false => format!(
            "is no ISO 639-3 code of a language that is known here: `{shown}`; did you mean {}?",
            near.join(" or ")
        ),
    }
}

fn shown_code(code: &str) -> String {
    let name = Lang::from_code(code).map_or("", Lang::eng_name);
    format!("`{code}` ({name})")
}

/// How many letters of two codes differ, place by place.
fn off_by(code: &str, other: &str) -> usize {
    let places = code.chars().count().max(other.chars().count());
    places - code.chars().zip(other.chars()).filter(|(a, b)| a == b).count()
}

/// The ISO 639-1 code of the languages that are asked for most.
pub(super) fn two_letters(code: &str) -> Option<&'static str> {
    const CODES: [(&str, &str); 36] = [
        ("eng", "en"),
        ("deu", "de"),
        ("fra", "fr"),
        ("spa", "es"),
        ("ita", "it"),
        ("por", "pt"),
        ("nld", "nl"),
        ("pol", "pl"),
        ("rus", "ru"),
        ("ukr", "uk"),
        ("ces", "cs"),
        ("slk", "sk"),
        ("slv", "sl"),
        ("hrv", "hr"),
        ("srp", "sr"),
        ("bul", "bg"),
        ("ron", "ro"),
        ("hun", "hu"),
        ("ell", "el"),
        ("tur", "tr"),
        ("ara", "ar"),
        ("heb", "he"),
        ("pes", "fa"),
        ("hin", "hi"),
        ("ben", "bn"),
        ("tam", "ta"),
        ("cmn", "zh"),
        ("jpn", "ja"),
        ("kor", "ko"),
        ("vie", "vi"),
        ("tha", "th"),
        ("ind", "id"),
        ("swe", "sv"),
        ("dan", "da"),
        ("fin", "fi"),
        ("nob", "no"),
    ];
    CODES.iter().find(|(long, _)| *long == code).map(|(_, short)| *short)
}
