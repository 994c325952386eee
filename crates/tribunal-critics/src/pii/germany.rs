//! Numbers of people in Germany.

use super::checks::{digits, mod_11_10, part, weighted, weighted_cross};
use super::kinds::{Form, Hit, whole};

const TAX: &[&str] = &[
    "steuer-id",
    "steueridentifikationsnummer",
    "steuer-idnr",
    "idnr",
    "tax id",
    "tin",
    "steuer",
    "tax",
];

pub(super) const FORMS: &[Form] = &[
    Form::new(
        "de_tax_id",
        "German tax number",
        r"\b[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}\b",
        tax_id,
    )
    .sure(0.5, 0.95)
    .near(TAX),
    Form::new(
        "de_vat_id",
        "German VAT number",
        r"\bDE[ .]?[1-9][0-9]{2}[ .]?[0-9]{3}[ .]?[0-9]{3}\b",
        |text| whole(text, mod_11_10(&digits(text))),
    )
    .sure(0.8, 0.95)
    .near(&["ust-idnr", "ust-id", "umsatzsteuer", "vat", "ust"])
    .severity(0.2),
    Form::new(
        "de_id_card",
        "German identity card number",
        r"\b[CFGHJKLMNPRTVWXYZ][CFGHJKLMNPRTVWXYZ0-9]{8}[0-9]\b",
        id_card,
    )
    .sure(0.55, 0.95)
    .near(&["personalausweis", "ausweis", "ausweisnummer", "identity card", "id card"]),
    Form::new(
        "de_passport",
        "German passport number",
        r"\b[CFGHJK][CFGHJKLMNPRTVWXYZ0-9]{8}\b",
        |text| whole(text, digits(text).len() > 3),
    )
    .sure(0.1, 0.8)
    .near(&["reisepass", "pass", "passport", "passnummer", "reisepassnummer"]),
    Form::new(
        "de_social_security",
        "German pension insurance number",
        r"\b[0-9]{2} ?[0-3][0-9][01][0-9]{3} ?[A-Z] ?[0-9]{2}[0-9]\b",
        social_security,
    )
    .sure(0.75, 0.97)
    .near(&[
        "rentenversicherung",
        "rentenversicherungsnummer",
        "sozialversicherungsnummer",
        "rvnr",
        "svnr",
    ]),
    Form::new(
        "de_health_insurance",
        "German health insurance number",
        r"\b[A-Z][0-9]{9}\b",
        health_insurance,
    )
    .sure(0.57, 0.95)
    .near(&[
        "krankenversicherung",
        "krankenversichertennummer",
        "kvnr",
        "versichertennummer",
        "krankenkasse",
    ]),
    Form::new(
        "de_driver_license",
        "German driver license number",
        r"\b[A-Z][0-9A-Z]{2}[0-9]{6}[0-9A-Z]{2}\b",
        |text| whole(text, digits(text).len() > 7),
    )
    .sure(0.3, 0.9)
    .near(&["f\u{fc}hrerschein", "f\u{fc}hrerscheinnummer", "fuehrerschein", "fahrerlaubnis"]),
    Form::new(
        "de_commercial_register",
        "German commercial register number",
        r"\bHR[AB] ?[0-9]{1,6}\b",
        |text| whole(text, true),
    )
    .sure(0.75, 0.95)
    .near(&["handelsregister", "handelsregisternummer", "amtsgericht", "registergericht"])
    .severity(0.2),
    Form::new(
        "de_vehicle_registration",
        "German vehicle registration",
        r"\b[A-Z]{1,3}[ -][A-Z]{1,2}[ -]?[1-9][0-9]{0,3}[HE]?\b",
        |text| whole(text, true),
    )
    .sure(0.2, 0.9)
    .near(&["kennzeichen", "fahrzeug", "kfz", "auto", "pkw", "nummernschild"])
    .severity(0.3),
    Form::new("de_physician", "German physician number (LANR)", r"\b[0-9]{9}\b", |text| {
        let digits = digits(text);
        let check = (10 - weighted(&digits, &[4, 9, 4, 9, 4, 9]) % 10) % 10;
        whole(text, digits.get(6).copied().map(u32::from) == Some(check))
    })
    .sure(0.15, 0.9)
    .near(&["lanr", "arztnummer", "arzt"])
    .severity(0.4),
    Form::new("de_postcode", "German postcode", r"\b[0-9]{5}\b", |text| {
        whole(text, (1_001..=99_998).contains(&part(&digits(text), 0, 5)))
    })
    .plain()
    .sure(0.02, 0.8)
    .near(&["plz", "postleitzahl"])
    .severity(0.2),
    Form::new(
        "de_tax_number",
        "German tax number of the tax office",
        r"\b[0-9]{2,3}/[0-9]{3,4}/[0-9]{4,5}\b",
        |text| whole(text, (10..=11).contains(&digits(text).len())),
    )
    .sure(0.6, 0.95)
    .near(&["steuernummer", "st.-nr", "stnr", "finanzamt"]),
    Form::new(
        "de_tax_number",
        "German tax number of the tax office",
        r"\b(?:0[1-9]|1[0-6]|2[1-8]|3[0-2]|4[01]|5[1-5])[0-9]{11}\b",
        |text| whole(text, true),
    )
    .plain()
    .sure(0.05, 0.9)
    .near(&["steuernummer", "st.-nr", "stnr", "finanzamt"]),
];

fn tax_id(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let body = digits.get(..10)?;
    // Of the first ten digits one stands there twice or three times, and the others once at most.
    let times = |digit: u8| body.iter().filter(|it| **it == digit).count();
    let repeated: Vec<usize> = (0..10).map(times).filter(|times| *times > 1).collect();
    whole(text, mod_11_10(&digits) && matches!(*repeated, [2 | 3]))
}

fn id_card(text: &str) -> Option<Hit> {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        _ => u32::from(byte.saturating_sub(b'A')) + 10,
    };
    let sum: u32 =
        text.bytes().take(9).zip([7, 3, 1].into_iter().cycle()).map(|(b, w)| value(b) * w).sum();
    whole(text, digits(text).len() > 2 && text.bytes().last().map(value) == Some(sum % 10))
}

/// The digits of a text in which a letter counts as its place in the alphabet, in two digits.
fn letters_as_places(text: &str) -> Vec<u8> {
    let places = |byte: u8| match byte {
        b'A'..=b'Z' => [Some((byte - b'A' + 1) / 10), Some((byte - b'A' + 1) % 10)],
        b'0'..=b'9' => [Some(byte - b'0'), None],
        _ => [None, None],
    };
    text.bytes().flat_map(places).flatten().collect()
}

fn social_security(text: &str) -> Option<Hit> {
    let digits = letters_as_places(text);
    let sum = weighted_cross(&digits, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]);
    whole(text, digits.last().copied().map(u32::from) == Some(sum % 10))
}

fn health_insurance(text: &str) -> Option<Hit> {
    let digits = letters_as_places(text);
    let sum = weighted_cross(&digits, &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]);
    whole(text, digits.last().copied().map(u32::from) == Some(sum % 10))
}
