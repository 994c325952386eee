//! Numbers of people in the United Kingdom and Ireland.

use super::checks::{all_same, digits, month_day, part, weighted};
use super::kinds::{Form, Hit, whole};

const POST: &[&str] = &["postcode", "post code", "address", "zip", "postal"];
const PLATE: &[&str] = &["registration", "plate", "reg", "vehicle", "car", "number plate", "vrm"];

pub(super) const FORMS: &[Form] = &[
    Form::new("uk_nhs", "UK health service number (NHS)", r"\b[0-9]{3}[- ][0-9]{3}[- ][0-9]{4}\b", nhs)
        .sure(0.65, 0.95)
        .near(&["nhs", "health", "patient", "national health service"]),
    Form::new("uk_nhs", "UK health service number (NHS)", r"\b[0-9]{10}\b", nhs)
        .sure(0.25, 0.9)
        .near(&["nhs", "health", "patient", "national health service"]),
    Form::new(
        "uk_nino",
        "UK national insurance number",
        r"(?i)\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[A-D]\b",
        |text| {
            let unused = ["BG", "GB", "KN", "NK", "NT", "TN", "ZZ"];
            let prefix = text.get(..2)?.to_ascii_uppercase();
            whole(text, !unused.contains(&&*prefix))
        },
    )
    .sure(0.7, 0.95)
    .near(&["national insurance", "ni", "nino", "insurance"]),
    Form::new(
        "uk_driving_licence",
        "UK driving licence number",
        r"(?i)\b[A-Z]{1,5}9{0,4}[0-9][0156][0-9][0-3][0-9]{2}[A-Z][A-Z9][0-9A-Z]{3}\b",
        driving_licence,
    )
    .sure(0.7, 0.95)
    .near(&["driving", "licence", "license", "dvla", "driver"]),
    Form::new("uk_passport", "UK passport number", r"\b(?:[0-9]{9}|[A-Z]{2}[0-9]{7})\b", |t| whole(t, true))
        .plain()
        .sure(0.05, 0.7)
        .near(&["passport", "passports", "hmpo"]),
    Form::new(
        "uk_postcode",
        "UK postcode",
        r"\b(?:GIR 0AA|(?:[A-PR-UWYZ][0-9][0-9A-HJKPSTUW]?|[A-PR-UWYZ][A-HK-Y][0-9][0-9ABEHMNPRVWXY]?) [0-9][ABD-HJLNP-UW-Z]{2})\b",
        |t| whole(t, true),
    )
    .sure(0.45, 0.85)
    .near(POST)
    .severity(0.2),
    Form::new(
        "uk_postcode",
        "UK postcode",
        r"\b(?:GIR0AA|(?:[A-PR-UWYZ][0-9][0-9A-HJKPSTUW]?|[A-PR-UWYZ][A-HK-Y][0-9][0-9ABEHMNPRVWXY]?)[0-9][ABD-HJLNP-UW-Z]{2})\b",
        |t| whole(t, true),
    )
    .sure(0.15, 0.7)
    .near(POST)
    .severity(0.2),
    Form::new(
        "uk_vehicle_registration",
        "UK vehicle registration",
        r"(?i)\b[A-HJ-PR-Y][A-HJ-PR-Y](?:0[2-9]|[12][0-9]|5[1-9]|[67][0-9])[ -]?[A-HJ-PR-Z]{3}\b",
        |t| whole(t, true),
    )
    .sure(0.45, 0.85)
    .near(PLATE)
    .severity(0.3),
    // As given from 1963 to 2001: the year is a letter behind, and later one in front.
    Form::new(
        "uk_vehicle_registration",
        "UK vehicle registration",
        r"\b(?:[A-HJ-NPR-TV-Y][0-9]{1,3} ?[A-Z]{3}|[A-Z]{3} ?[0-9]{1,3}[A-HJ-NPR-TV-Y])\b",
        |t| whole(t, true),
    )
    .sure(0.1, 0.75)
    .near(PLATE)
    .severity(0.3),
    Form::new("ie_pps", "Irish personal public service number", r"\b[0-9]{7}[A-W][A-IW]?\b", |text| {
        let mut letters = text.bytes().skip(7);
        let check = letters.next()?;
        let second = letters.next().filter(|&letter| letter != b'W').map_or(0, |letter| letter - b'A' + 1);
        let sum = weighted(&digits(text), &[8, 7, 6, 5, 4, 3, 2]) + 9 * u32::from(second);
        whole(text, b"WABCDEFGHIJKLMNOPQRSTUV".get(sum as usize % 23) == Some(&check))
    })
    .sure(0.55, 0.95)
    .near(&["pps", "ppsn"]),
];

fn nhs(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let sum = weighted(&digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    whole(text, sum.is_multiple_of(11) && !all_same(&digits))
}

fn driving_licence(text: &str) -> Option<Hit> {
    let name = text.get(..5)?.bytes();
    // A short name is filled up with nines, so no letter follows one.
    let filled = name.skip_while(u8::is_ascii_alphabetic).all(|byte| byte == b'9');
    let digits = digits(text.get(5..11)?);
    let month = part(&digits, 1, 3) % 50;
    whole(text, text.len() == 16 && filled && month_day(month, part(&digits, 3, 5)))
}
