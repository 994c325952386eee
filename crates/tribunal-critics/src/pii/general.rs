//! Personal data that looks the same everywhere: mail, phone, cards, accounts, addresses of machines.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::checks::{all_same, bech32, digits, luhn, part};
use super::kinds::{Form, Hit, whole};

const PHONE: &[&str] = &[
    "phone",
    "phones",
    "telephone",
    "tel",
    "call",
    "calling",
    "mobile",
    "cell",
    "cellphone",
    "fax",
    "whatsapp",
    "sms",
    "dial",
    "contact",
    "hotline",
    "handy",
    "telefon",
    "tel\u{e9}fono",
    "telefono",
    "t\u{e9}l\u{e9}phone",
    "telefone",
    "m\u{f3}vil",
    "numara",
    "telefonum",
    "cep",
    "gsm",
];

pub(super) const EMAIL: &str = "email";

pub(super) const FORMS: &[Form] = &[
    Form::new(EMAIL, "email address", "@", |text| whole(text, true))
        .sure(0.95, 0.95)
        .severity(0.4),
    Form::new(
        "phone",
        "phone number",
        r"\+[1-9][0-9]{0,2}[ .()-]{0,3}(?:[0-9][ .()-]{0,2}){5,13}[0-9]",
        |text| whole(text, (8..=15).contains(&digits(text).len())),
    )
    .sure(0.8, 0.95)
    .near(PHONE)
    .severity(0.4),
    Form::new(
        "phone",
        "phone number",
        r"(?:\b1[-. ])?(?:\([2-9][0-9]{2}\) ?|\b[2-9][0-9]{2}[-. ])[2-9][0-9]{2}[-. ][0-9]{4}\b",
        |text| whole(text, true),
    )
    .sure(0.6, 0.9)
    .near(PHONE)
    .severity(0.4),
    // In groups, with the nought that comes before an area code.
    Form::new(
        "phone",
        "phone number",
        r"\b(?:0 ?[0-9]{2,4}[ /-][0-9]{2,4}[ -][0-9]{2,4}(?:[ -][0-9]{2,4})?|0[0-9]{1,3}[-/][0-9]{6,8})\b",
        |text| whole(text, (9..=12).contains(&digits(text).len())),
    )
    .sure(0.5, 0.9)
    .near(PHONE)
    .severity(0.4),
    // An area code or a mobile one with its nought, written in one: hardly any other number begins so.
    Form::new("phone", "phone number", r"\b0[1-9][0-9]{8,9}\b", |text| {
        whole(text, !all_same(digits(text).get(1..).unwrap_or_default()))
    })
    .sure(0.45, 0.9)
    .near(PHONE)
    .severity(0.4),
    // Mobile numbers in China, and those in groups of three, three, two and two.
    Form::new("phone", "phone number", r"\b(?:1[3-9][0-9]{9}|[2-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{2}[ -][0-9]{2})\b", |text| whole(text, true))
    .sure(0.3, 0.8)
    .near(&["phone", "number", "mobile", "tel", "call", "cell", "whatsapp", "wechat"])
    .severity(0.4),
    Form::new(
        "phone",
        "phone number",
        r"(?:\(0[0-9]{1,5}\)|\b0[0-9]{1,5})[ ./-]{0,3}(?:[0-9][ ./-]?){4,9}[0-9]\b",
        |text| whole(text, (9..=13).contains(&digits(text).len())),
    )
    .plain()
    .sure(0.35, 0.85)
    .near(PHONE)
    .severity(0.4),
    Form::new(
        "phone",
        "phone number",
        r"\(?\b[0-9](?:[0-9]|[ .()-]{1,2}[0-9]){6,14}\b",
        |text| whole(text, !all_same(&digits(text))),
    )
    .plain()
    .sure(0.1, 0.65)
    .near(PHONE)
    .severity(0.4),
    Form::new("credit_card", "payment card number", r"\b(?:[1-6][0-9]{12,18}|[1-6][0-9]{3}(?:[ -][0-9]{2,6}){2,5})\b", card)
        .sure(0.85, 0.97)
        .near(&["card", "credit", "debit", "visa", "mastercard", "amex", "cc", "pan", "maestro"])
        .severity(0.7),
    // Maestro alone has cards this short, and one number in ten passes Luhn by chance.
    Form::new("credit_card", "payment card number", r"\b[56][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}\b", card)
        .sure(0.3, 0.9)
        .near(&["card", "credit", "debit", "maestro"])
        .severity(0.7),
    Form::new(
        "iban",
        "bank account number (IBAN)",
        r"(?i)\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{1,4}){3,9}",
        account,
    )
    .sure(0.97, 0.99)
    .severity(0.6),
    Form::new("ip", "IP address", r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", ip)
        .sure(0.75, 0.95)
        .near(&["ip", "address", "host", "server", "ipv4", "client", "dns", "gateway"])
        .severity(0.2),
    Form::new(
        "ip",
        "IP address",
        r"(?:\b[0-9A-Fa-f]{1,4}|:):(?:[0-9A-Fa-f]{0,4}:){0,6}(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9A-Fa-f]{0,4})",
        ip,
    )
    .sure(0.85, 0.95)
    .near(&["ip", "address", "host", "server", "ipv6", "client", "dns", "gateway"])
    .severity(0.2),
    // The machine itself, where something says that it is one.
    Form::new("ip", "IP address", r"::1?(?:/[0-9]{1,3})?", |text| {
        Some(Hit { len: text.len(), weight: 0.25 })
    })
    .sure(0.2, 0.8)
    .near(&["ip", "ipv6", "loopback", "localhost", "src", "dst", "host", "listen", "bind"])
    .severity(0.2),
    Form::new(
        "mac_address",
        "MAC address",
        r"\b[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})\b|\b[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\b",
        |text| {
            let mut hex = text.bytes().filter(u8::is_ascii_hexdigit);
            let first = hex.next();
            whole(text, hex.any(|byte| Some(byte) != first))
        },
    )
    .sure(0.8, 0.95)
    .near(&["mac", "ethernet", "hardware", "bssid", "wifi", "device"])
    .severity(0.2),
    Form::new("crypto_address", "address of a crypto wallet", r"\b(?:bc1|tb1)[02-9ac-hj-np-z]{11,87}\b", |text| {
        whole(text, bech32(text))
    })
    .sure(0.99, 0.99)
    .severity(0.5),
    // The checksum of these needs a hash; they are told by prefix, alphabet and length alone.
    Form::new("crypto_address", "address of a crypto wallet", r"\b[13][1-9A-HJ-NP-Za-km-z]{25,34}\b", mixed)
        .sure(0.5, 0.9)
        .near(&["bitcoin", "btc", "wallet", "address", "crypto", "pay", "send", "donate"])
        .severity(0.5),
    Form::new("crypto_address", "address of a crypto wallet", r"\b0x[0-9a-fA-F]{40}\b", |text| whole(text, true))
        .sure(0.5, 0.9)
        .near(&["ethereum", "eth", "wallet", "address", "crypto", "pay", "send", "donate", "usdt"])
        .severity(0.5),
];

/// Luhn, and a number that an issuer hands out.
fn card(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let length = digits.len();
    let (two, three, four) = (part(&digits, 0, 2), part(&digits, 0, 3), part(&digits, 0, 4));
    let issued = match two {
        40..=49 => matches!(length, 13 | 16 | 19),
        51..=55 => length == 16,
        22..=27 => (2221..=2720).contains(&four) && length == 16,
        // UATP, and JCB's older cards.
        10..=19 => length == 15,
        21 => four == 2131 && length == 15,
        34 | 37 => length == 15,
        30 => (300..=305).contains(&three) && (14..=19).contains(&length),
        36 | 38 | 39 => (14..=19).contains(&length),
        35 => (3528..=3589).contains(&four) && (16..=19).contains(&length),
        // Discover, UnionPay, Maestro and the local cards between them.
        50 | 56..=69 => (12..=19).contains(&length),
        _ => false,
    };
    whole(text, issued && luhn(&digits) && !all_same(&digits))
}

/// The longest part that is an IBAN: what follows may be words.
fn account(text: &str) -> Option<Hit> {
    let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_ascii_uppercase();
    let mut longest = None;
    let mut count = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !byte.is_ascii_alphanumeric() {
            continue;
        }
        count += 1;
        let ends = !text.as_bytes().get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
        if ends
            && count >= 15
            && plain.get(..count).is_some_and(|it| it.parse::<iban::Iban>().is_ok())
        {
            longest = Some(Hit { len: at + 1, weight: 1.0 });
        }
    }
    longest
}

/// Addresses that everyone has say nothing about anyone.
fn ip(text: &str) -> Option<Hit> {
    // A colon after an address belongs to the sentence.
    let text = if text.ends_with("::") { text } else { text.trim_end_matches(':') };
    let weight = match text.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => v4_weight(address),
        IpAddr::V6(address) => v6_weight(address, text)?,
    };
    Some(Hit { len: text.len(), weight })
}

fn v4_weight(address: Ipv4Addr) -> f64 {
    if address.is_loopback() || address.is_unspecified() || address.is_broadcast() {
        0.25
    } else if address.is_private() || address.is_link_local() || address.is_documentation() {
        0.5
    } else {
        1.0
    }
}

fn v6_weight(address: Ipv6Addr, text: &str) -> Option<f64> {
    if address.is_loopback() || address.is_unspecified() {
        // `::` and `::1` stand in every other program.
        return None;
    }
    // `a::b` is a path in a program before it is an address.
    let groups = text.split(':').filter(|group| !group.is_empty());
    let long = groups.clone().count() > 2 || groups.clone().any(|group| group.len() > 3);
    if !long {
        return None;
    }
    let first = address.segments()[0];
    let local = first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80;
    Some(if local { 0.5 } else { 1.0 })
}

fn mixed(text: &str) -> Option<Hit> {
    let has = |class: fn(&u8) -> bool| text.as_bytes().iter().any(class);
    whole(
        text,
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && digits(text).len() > 2,
    )
}
