//! Numbers of people in Asia, Africa and Oceania.

use super::checks::{all_same, digits, luhn, month_day, part, verhoeff, weighted};
use super::kinds::{Form, Hit, whole};

const AADHAAR: &[&str] = &["aadhaar", "aadhar", "uidai", "uid"];
const KOREAN: &[&str] = &[
    "resident",
    "rrn",
    "registration",
    "foreigner",
    "frn",
    "korean",
    "\u{c8fc}\u{bbfc}",
    "\u{c8fc}\u{bbfc}\u{bc88}\u{d638}",
    "\u{c8fc}\u{bbfc}\u{b4f1}\u{b85d}\u{bc88}\u{d638}",
    "\u{c678}\u{ad6d}\u{c778}\u{b4f1}\u{b85d}\u{bc88}\u{d638}",
];

const BUSINESS: &[&str] = &[
    "business",
    "brn",
    "\u{c0ac}\u{c5c5}\u{c790}",
    "\u{c0ac}\u{c5c5}\u{c790}\u{b4f1}\u{b85d}\u{bc88}\u{d638}",
];

pub(super) const FORMS: &[Form] = &[
    Form::new("sg_nric", "Singaporean identity number (NRIC, FIN)", r"(?i)\b[STFGM][0-9]{7}[A-Z]\b", nric)
        .sure(0.85, 0.97)
        .near(&["nric", "fin", "identity"])
        .severity(0.7),
    // Not every letter on a document follows the unpublished sum.
    Form::new("sg_nric", "Singaporean identity number (NRIC, FIN)", r"\b[STFGM][0-9]{7}[A-Z]\b", |t| whole(t, true))
        .sure(0.3, 0.85)
        .near(&["nric", "fin", "identity", "singapore"])
        .severity(0.7),
    Form::new("sg_uen", "Singaporean entity number (UEN)", r"\b(?:[0-9]{8}[A-Z]|(?:19|20)[0-9]{7}[A-Z])\b", uen)
        .sure(0.55, 0.95)
        .near(&["uen", "entity", "company"])
        .severity(0.2),
    Form::new("sg_uen", "Singaporean entity number (UEN)", r"\b[TSR][0-9]{2}[A-Z]{2}[0-9]{4}[A-Z]\b", |t| whole(t, true))
        .sure(0.5, 0.95)
        .near(&["uen", "entity", "company"])
        .severity(0.2),
    Form::new("au_tfn", "Australian tax file number", r"\b[0-9]{3} ?[0-9]{3} ?[0-9]{3}\b", |text| {
        let digits = digits(text);
        let sum = weighted(&digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]);
        whole(text, sum.is_multiple_of(11) && !all_same(&digits))
    })
    .sure(0.2, 0.9)
    .near(&["tfn", "tax file", "tax file number"])
    .severity(0.7),
    Form::new("au_abn", "Australian business number", r"\b[0-9]{2} ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}\b", |text| {
        let mut digits = digits(text);
        let first = digits.first_mut()?;
        *first = first.checked_sub(1)?;
        let sum = weighted(&digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
        whole(text, sum.is_multiple_of(89))
    })
    .sure(0.55, 0.97)
    .near(&["abn", "business number", "australian business number"])
    .severity(0.2),
    Form::new("au_acn", "Australian company number", r"\b[0-9]{3} ?[0-9]{3} ?[0-9]{3}\b", |text| {
        let digits = digits(text);
        let sum = weighted(&digits, &[8, 7, 6, 5, 4, 3, 2, 1]);
        let check = (10 - sum % 10) % 10;
        whole(text, digits.last().copied().map(u32::from) == Some(check) && !all_same(&digits))
    })
    .sure(0.15, 0.9)
    .near(&["acn", "company number", "australian company number"])
    .severity(0.2),
    Form::new("au_medicare", "Australian Medicare number", r"\b[2-6][0-9]{3} ?[0-9]{5} ?[0-9]\b", |text| {
        let digits = digits(text);
        let sum = weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9]);
        whole(text, digits.get(8).copied().map(u32::from) == Some(sum % 10))
    })
    .sure(0.3, 0.95)
    .near(&["medicare"]),
    Form::new("in_aadhaar", "Indian identity number (Aadhaar)", r"\b[2-9][0-9]{3}[- :]?[0-9]{4}[- :]?[0-9]{4}\b", |text| {
        let digits = digits(text);
        let palindrome = digits.iter().eq(digits.iter().rev());
        whole(text, verhoeff(&digits) && !palindrome)
    })
    .sure(0.55, 0.97)
    .near(AADHAAR)
    .severity(0.7),
    Form::new("in_pan", "Indian tax number (PAN)", r"(?i)\b[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]\b", |t| whole(t, true))
        .sure(0.7, 0.97)
        .near(&["pan", "permanent account"]),
    Form::new("in_pan", "Indian tax number (PAN)", r"\b[A-Z]{5}[0-9]{4}[A-Z]\b", |t| whole(t, true))
        .sure(0.3, 0.85)
        .near(&["pan", "permanent account"]),
    Form::new("in_gstin", "Indian goods and services tax number", r"(?i)\b[0-3][0-9][A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]\b", gstin)
        .sure(0.9, 0.97)
        .near(&["gst", "gstin"])
        .severity(0.3),
    Form::new("in_gstin", "Indian goods and services tax number", r"\b(?:0[1-9]|[12][0-9]|3[0-8])[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]\b", |t| whole(t, true))
        .sure(0.6, 0.9)
        .near(&["gst", "gstin", "gstins"])
        .severity(0.3),
    Form::new("in_passport", "Indian passport number", r"\b[A-Z][1-9][0-9] ?[0-9]{4}[1-9]\b", |t| whole(t, true))
        .sure(0.15, 0.75)
        .near(&["passport", "indian passport"]),
    Form::new("in_voter", "Indian voter number", r"(?i)\b[A-Z]{3}[0-9]{7}\b", |t| whole(t, true))
        .sure(0.35, 0.9)
        .near(&["voter", "epic", "elector", "voter id", "election", "vote", "voting"]),
    Form::new(
        "in_vehicle_registration",
        "Indian vehicle registration",
        r"(?i)\b(?:A[NPRS]|BR|C[GH]|D[DLN]|G[AJ]|H[PR]|J[HK]|K[AL]|L[AD]|M[HLNPZ]|NL|O[DR]|P[BY]|RJ|SK|T[GNRS]|U[APK]|WB)[ -]?[0-9]{1,2}[ -]?[A-Z]{1,3}[ -]?[0-9]{4}\b",
        |t| whole(t, true),
    )
    .sure(0.5, 0.9)
    .near(&["vehicle", "registration", "plate", "rto", "car", "bike"])
    .severity(0.3),
    Form::new("kr_rrn", "Korean resident registration number", r"\b[0-9]{6}-[1-4][0-9]{6}\b", |text| {
        whole(text, born_first(&digits(text)))
    })
    .sure(0.75, 0.97)
    .near(KOREAN)
    .severity(0.7),
    Form::new("kr_rrn", "Korean resident registration number", r"\b[0-9]{6}[1-4][0-9]{6}\b", |text| {
        whole(text, korean(text, 0))
    })
    .sure(0.5, 0.95)
    .near(KOREAN)
    .severity(0.7),
    // Numbers given since October 2020 have no check digit.
    Form::new("kr_rrn", "Korean resident registration number", r"\b[0-9]{6}[1-4][0-9]{6}\b", |text| {
        whole(text, born_first(&digits(text)))
    })
    .sure(0.2, 0.9)
    .near(KOREAN)
    .severity(0.7),
    Form::new("kr_frn", "Korean foreigner registration number", r"\b[0-9]{6}-[5-8][0-9]{6}\b", |text| {
        whole(text, born_first(&digits(text)))
    })
    .sure(0.7, 0.97)
    .near(KOREAN)
    .severity(0.7),
    Form::new("kr_frn", "Korean foreigner registration number", r"\b[0-9]{6}[5-8][0-9]{6}\b", |text| {
        // Foreigners' check digits are two further.
        whole(text, korean(text, 2))
    })
    .sure(0.5, 0.95)
    .near(KOREAN)
    .severity(0.7),
    Form::new("kr_frn", "Korean foreigner registration number", r"\b[0-9]{6}[5-8][0-9]{6}\b", |text| {
        whole(text, born_first(&digits(text)))
    })
    .sure(0.2, 0.9)
    .near(KOREAN)
    .severity(0.7),
    Form::new("kr_driver_license", "Korean driver license number", r"\b(?:1[1-9]|2[0-8])[ -][0-9]{2}[ -][0-9]{6}[ -][0-9]{2}\b", |t| whole(t, true))
        .sure(0.65, 0.95)
        .near(&["license", "licence", "driver", "\u{c6b4}\u{c804}\u{ba74}\u{d5c8}", "\u{ba74}\u{d5c8}"]),
    Form::new("kr_driver_license", "Korean driver license number", r"\b(?:1[1-9]|2[0-8])[0-9]{10}\b", |t| whole(t, true))
        .plain()
        .sure(0.05, 0.8)
        .near(&["driver license", "driving license", "\u{c6b4}\u{c804}\u{ba74}\u{d5c8}", "\u{ba74}\u{d5c8}"]),
    Form::new("kr_brn", "Korean business number", r"\b[0-9]{3}-[0-9]{2}-[0-9]{5}\b", brn)
    .sure(0.55, 0.95)
    .near(BUSINESS)
    .severity(0.2),
    Form::new("kr_brn", "Korean business number", r"\b[0-9]{10}\b", brn)
    .sure(0.35, 0.9)
    .near(BUSINESS)
    .severity(0.2),
    Form::new("kr_passport", "Korean passport number", r"(?i)\b[MSRODG](?:[0-9]{3}[A-Z][0-9]{4}|[0-9]{8})\b", |t| whole(t, true))
        .sure(0.35, 0.85)
        .near(&["passport", "\u{c5ec}\u{ad8c}", "\u{c5ec}\u{ad8c}\u{bc88}\u{d638}"]),
    Form::new("th_tnin", "Thai identity number", r"\b[1-8](?:[0-9]{12}|-[0-9]{4}-[0-9]{5}-[0-9]{2}-[0-9])\b", |text| {
        let digits = digits(text);
        let sum = weighted(&digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
        let check = (11 - sum % 11) % 10;
        // The second and third digit are a province.
        let province = (10..=96).contains(&part(&digits, 1, 3));
        let agrees = digits.last().copied().map(u32::from) == Some(check);
        whole(text, province && agrees && !all_same(&digits))
    })
    .sure(0.5, 0.95)
    .near(&["thai", "citizen", "identity", "national id", "tnin"])
    .severity(0.7),
    Form::new("tr_national_id", "Turkish identity number", r"\b[1-9][0-9]{10}\b", |text| {
        let digits = digits(text);
        let odd = weighted(&digits, &[1, 0, 1, 0, 1, 0, 1, 0, 1]);
        let even = weighted(&digits, &[0, 1, 0, 1, 0, 1, 0, 1]);
        let all = weighted(&digits, &[1; 10]);
        let last = |at: usize| digits.get(at).copied().map(u32::from);
        let agrees = last(9) == Some((odd * 7 + 100 - even) % 10) && last(10) == Some(all % 10);
        whole(text, agrees && !all_same(&digits))
    })
    .sure(0.7, 0.97)
    .near(&["tc", "kimlik", "tckn", "t.c.", "kimlik no"])
    .severity(0.7),
    Form::new("za_id", "South African identity number", r"\b[0-9]{6} ?[0-9]{4} ?[0-2][0-9]{2}\b", |text| {
        let digits = digits(text);
        whole(text, luhn(&digits) && month_day(part(&digits, 2, 4), part(&digits, 4, 6)))
    })
    .sure(0.75, 0.97)
    .near(&["id", "identity", "south african", "rsa id", "said"])
    .severity(0.7),
    Form::new("cn_resident_id", "Chinese resident number", r"(?i)\b[1-8][0-9]{5}(?:18|19|20)[0-9]{9}[0-9X]\b", |text| {
        let digits = digits(text);
        let sum = weighted(&digits, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
        let check = b"10X98765432".get(sum as usize % 11).copied();
        let born = month_day(part(&digits, 10, 12), part(&digits, 12, 14));
        whole(text, born && text.bytes().last().map(|byte| byte.to_ascii_uppercase()) == check)
    })
    .sure(0.95, 0.99)
    .severity(0.7),
    Form::new("jp_my_number", "Japanese individual number", r"\b[0-9]{4}[- ]?[0-9]{4}[- ]?[0-9]{4}\b", |text| {
        let digits = digits(text);
        let sum = weighted(&digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
        let check = match sum % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        whole(text, digits.last().copied().map(u32::from) == Some(check) && !all_same(&digits))
    })
    .sure(0.2, 0.95)
    .near(&["my number", "\u{30de}\u{30a4}\u{30ca}\u{30f3}\u{30d0}\u{30fc}", "individual number"])
    .severity(0.7),
    Form::new("ph_tin", "Philippine tax number", r"\b[0-9]{3}-[0-9]{3}-[0-9]{3}(?:-[0-9]{3,5})?\b", ph_tin)
        .sure(0.4, 0.9)
        .near(&["tin", "bir", "tax", "taxpayer"]),
    Form::new("ph_tin", "Philippine tax number", r"\b[0-9]{9}(?:[0-9]{3,5})?\b", ph_tin)
        .sure(0.05, 0.85)
        .near(&["tin", "bir"]),
    Form::new("ng_vehicle_registration", "Nigerian vehicle registration", r"\b[A-Z]{3}-[0-9]{3}[A-Z]{2}\b", |t| whole(t, true))
        .sure(0.5, 0.9)
        .near(&["vehicle", "plate", "plates", "registration", "car"])
        .severity(0.3),
    Form::new("ng_nin", "Nigerian identity number (NIN)", r"\b[0-9]{11}\b", |t| whole(t, verhoeff(&digits(t))))
        .sure(0.1, 0.85)
        .near(&["nin", "nimc", "national identification number"])
        .severity(0.7),
    Form::new("tr_license_plate", "Turkish vehicle registration", r"\b(?:0[1-9]|[1-7][0-9]|8[01]) ?(?:[A-Z] ?[0-9]{4,5}|[A-Z]{2} ?[0-9]{3,4}|[A-Z]{3} ?[0-9]{2,4}|[A-Z] ?[0-9]{2})\b", |t| whole(t, true))
        .sure(0.3, 0.9)
        .near(&["plaka", "plakas\u{131}", "plate", "ara\u{e7}", "license plate"])
        .severity(0.3),
];

/// Two digits each of a birth date first, and the check digit moved on by so much.
fn korean(text: &str, further: u32) -> bool {
    let digits = digits(text);
    let sum = weighted(&digits, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let check = ((11 - sum % 11) % 10 + further) % 10;
    born_first(&digits) && digits.last().copied().map(u32::from) == Some(check)
}

fn brn(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let sum = weighted(&digits, &[1, 3, 7, 1, 3, 7, 1, 3, 5]);
    let carry = digits.get(8).map_or(0, |&digit| u32::from(digit) * 5 / 10);
    let check = (10 - (sum + carry) % 10) % 10;
    whole(text, digits.last().copied().map(u32::from) == Some(check) && !all_same(&digits))
}

/// The ninth digit is the weighted sum of those before it modulo eleven; ten is never given.
fn ph_tin(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let sum = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]);
    whole(text, digits.get(8).copied().map(u32::from) == Some(sum % 11) && sum > 0)
}

/// Businesses have eight digits and a letter, local companies nine and a letter, with sums of their own.
fn uen(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let (weights, letters): (&[u32], &[u8]) = match digits.len() {
        8 => (&[10, 4, 9, 3, 8, 2, 7, 1], b"XMKECAWLJDB"),
        _ => (&[10, 8, 6, 4, 9, 7, 5, 3, 1], b"ZKCMDNERGWH"),
    };
    let letter = letters.get(weighted(&digits, weights) as usize % 11).copied();
    whole(text, letter == text.bytes().last())
}

fn nric(text: &str) -> Option<Hit> {
    let first = text.bytes().next()?.to_ascii_uppercase();
    let (offset, letters): (u32, &[u8]) = match first {
        b'S' => (0, b"JZIHGFEDCBA"),
        b'T' => (4, b"JZIHGFEDCBA"),
        b'F' => (0, b"XWUTRQPNMLK"),
        b'G' => (4, b"XWUTRQPNMLK"),
        _ => (3, b"XWUTRQPNJLK"),
    };
    let sum = offset + weighted(&digits(text), &[2, 7, 6, 5, 4, 3, 2]);
    let last = text.bytes().last().map(|byte| byte.to_ascii_uppercase());
    whole(text, letters.get(sum as usize % 11).copied() == last)
}

/// Two digits each of a year, a month and a day.
fn born_first(digits: &[u8]) -> bool {
    month_day(part(digits, 2, 4), part(digits, 4, 6))
}

fn gstin(text: &str) -> Option<Hit> {
    let state = part(&digits(text.get(..2)?), 0, 2);
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte.to_ascii_uppercase().saturating_sub(b'A')) + 10,
    };
    let product = |(byte, factor): (u8, u32)| {
        let product = value(byte) * factor;
        product / 36 + product % 36
    };
    let sum: u32 = text.bytes().take(14).zip([1, 2].into_iter().cycle()).map(product).sum();
    let check = (36 - sum % 36) % 36;
    whole(text, (1..=38).contains(&state) && text.bytes().last().map(value) == Some(check))
}
