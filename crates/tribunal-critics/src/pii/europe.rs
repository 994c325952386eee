//! Numbers of people in Europe; Germany, the United Kingdom and Ireland have files of their own.

use super::checks::{all_same, digits, luhn, month_day, number, part, weighted};
use super::kinds::{Form, Hit, whole};

const PESEL: &[&str] = &["pesel"];
const SWEDISH: &[&str] =
    &["personnummer", "person", "samordningsnummer", "id-nummer", "personal number", "born"];

const ORGANISATION: &[&str] = &[
    "organisationsnummer",
    "orgnummer",
    "orgnr",
    "org.nr",
    "org nr",
    "organization number",
    "org",
];

pub(super) const FORMS: &[Form] = &[
    Form::new(
        "fr_nir",
        "French social security number (NIR)",
        r"\b[1-478] ?[0-9]{2} ?(?:[0-1][0-9]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}\b",
        nir,
    )
    .sure(0.85, 0.97)
    .near(&["nir", "insee", "s\u{e9}curit\u{e9} sociale", "securite sociale"])
    .severity(0.7),
    Form::new("es_nif", "Spanish identity number (NIF)", r"(?i)\b[0-9]{7,8}-?[A-Z]\b", nif)
        .sure(0.65, 0.95)
        .near(&["nif", "dni", "documento", "identidad", "identificaci\u{f3}n", "identificacion"]),
    Form::new("es_nie", "Spanish foreigner number (NIE)", r"(?i)\b[XYZ]-?[0-9]{7,8}-?[A-Z]\b", nie)
        .sure(0.8, 0.97)
        .near(&["nie", "extranjero", "identidad"]),
    Form::new(
        "it_fiscal_code",
        "Italian fiscal code",
        r"(?i)\b[A-Z]{6}[0-9L-NP-V]{2}[ABCDEHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]\b",
        fiscal_code,
    )
    .sure(0.95, 0.99)
    .severity(0.7),
    Form::new("it_vat", "Italian VAT number", r"\b(?:IT ?)?[0-9]{11}\b", |text| {
        let digits = digits(text);
        whole(text, luhn(&digits) && !all_same(&digits))
    })
    .sure(0.2, 0.9)
    .near(&["iva", "partita", "piva", "p.iva", "vat"])
    .severity(0.2),
    Form::new("it_passport", "Italian passport number", r"(?i)\b[A-Z]{2}[0-9]{7}\b", |t| whole(t, true))
        .sure(0.1, 0.8)
        .near(&["passaporto", "passport", "viaggio", "elettronico"]),
    Form::new("it_driver_license", "Italian driver license number", r"(?i)\b(?:U1[0-9A-Z]{7}[A-Z]|[A-Z]{2}[0-9]{7}[A-Z])\b", |t| whole(t, digits(t).len() > 2))
        .sure(0.45, 0.9)
        .near(&["patente", "license", "licence", "guida"]),
    Form::new("es_passport", "Spanish passport number", r"\b[A-Z]{3}[0-9]{6}[A-Z]?\b", |t| whole(t, true))
        .sure(0.15, 0.85)
        .near(&["pasaporte", "passport"]),
    Form::new("nl_bsn", "Dutch citizen number (BSN)", r"\b[0-9]{4}[. ]?[0-9]{2}[. ]?[0-9]{3}\b", |text| {
        let digits = digits(text);
        let last = digits.last().copied().map(u32::from)?;
        let sum = weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) + 10 * last;
        // The last digit counts minus one, which is ten modulo eleven.
        whole(text, sum.is_multiple_of(11) && !all_same(&digits))
    })
    .sure(0.2, 0.9)
    .near(&["bsn", "burgerservicenummer", "sofinummer", "sofi"])
    .severity(0.7),
    Form::new("be_rrn", "Belgian national number", r"\b[0-9]{2}\.?[0-9]{2}\.?[0-9]{2}-?[0-9]{3}[.-]?[0-9]{2}\b", |text| {
        let digits = digits(text);
        let (rest, last) = (part(&digits, 0, 9), part(&digits, 9, 11));
        let agrees = 97 - rest % 97 == last || 97 - (2_000_000_000 + rest) % 97 == last;
        whole(text, agrees && part(&digits, 2, 4) <= 12 && part(&digits, 4, 6) <= 31)
    })
    .sure(0.5, 0.97)
    .near(&["rijksregisternummer", "num\u{e9}ro national", "nationaal nummer", "niss", "insz"])
    .severity(0.7),
    Form::new("pl_pesel", "Polish population number (PESEL)", r"\b[0-9]{11}\b", pesel)
        .sure(0.55, 0.97)
        .near(PESEL)
        .severity(0.7),
    Form::new(
        "fi_hetu",
        "Finnish personal identity code",
        r"(?i)\b[0-9]{6}[-+A-FU-Y][0-9]{3}[0-9A-FHJ-NPR-Y]\b",
        hetu,
    )
    .sure(0.9, 0.98)
    .near(&["hetu", "henkil\u{f6}tunnus", "personbeteckning"])
    .severity(0.7),
    Form::new("se_personnummer", "Swedish personal number", r"\b(?:18|19|20)?[0-9]{6}[-+][0-9]{4}\b", personnummer)
        .sure(0.75, 0.97)
        .near(SWEDISH)
        .severity(0.7),
    Form::new("se_personnummer", "Swedish personal number", r"\b(?:18|19|20)?[0-9]{10}\b", personnummer)
        .sure(0.4, 0.95)
        .near(SWEDISH)
        .severity(0.7),
    Form::new("se_organisationsnummer", "Swedish organisation number", r"\b[1-35-9][0-9][2-9][0-9]{3}-[0-9]{4}\b", |text| {
        whole(text, luhn(&digits(text)))
    })
    .sure(0.5, 0.95)
    .near(ORGANISATION)
    .severity(0.2),
    Form::new("se_organisationsnummer", "Swedish organisation number", r"\b[1-35-9][0-9][2-9][0-9]{7}\b", |text| {
        whole(text, luhn(&digits(text)))
    })
    .sure(0.3, 0.9)
    .near(ORGANISATION)
    .severity(0.2),
    Form::new("dk_cpr", "Danish personal number (CPR)", r"\b[0-9]{6}-[0-9]{4}\b", |text| {
        let digits = digits(text);
        // Its check digit was given up in 2007.
        whole(text, month_day(part(&digits, 2, 4), part(&digits, 0, 2)))
    })
    .sure(0.4, 0.95)
    .near(&["cpr", "cpr-nummer", "personnummer"])
    .severity(0.7),
    Form::new("no_fnr", "Norwegian national number", r"\b[0-9]{6} ?[0-9]{5}\b", |text| {
        let digits = digits(text);
        let first = weighted(&digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]).is_multiple_of(11);
        let second = weighted(&digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11);
        let day = part(&digits, 0, 2);
        let day = if day > 40 { day - 40 } else { day };
        whole(text, first && second && month_day(part(&digits, 2, 4), day))
    })
    .sure(0.75, 0.97)
    .near(&["f\u{f8}dselsnummer", "fodselsnummer", "personnummer", "d-nummer"])
    .severity(0.7),
    Form::new("ch_ahv", "Swiss social security number (AHV)", r"\b756\.?[0-9]{4}\.?[0-9]{4}\.?[0-9]{2}\b", |text| {
        let sum = weighted(&digits(text), &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
        whole(text, sum.is_multiple_of(10))
    })
    .sure(0.9, 0.98)
    .near(&["ahv", "avs", "ahv-nummer"])
    .severity(0.7),
    Form::new("pt_nif", "Portuguese tax number", r"\b[1-35689][0-9]{2} ?[0-9]{3} ?[0-9]{3}\b", |text| {
        let digits = digits(text);
        let check = match weighted(&digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        whole(text, digits.last().copied().map(u32::from) == Some(check) && !all_same(&digits))
    })
    .sure(0.15, 0.85)
    .near(&["nif", "contribuinte", "nipc"]),
];

fn nir(text: &str) -> Option<Hit> {
    // Corsica: the letter counts as a nought, and a million or two are taken off.
    let plain: String = text.chars().filter(|c| *c != ' ').collect();
    let (corsica, off) = match plain.get(5..7)? {
        "2A" => (plain.replacen('A', "0", 1), 1_000_000),
        "2B" => (plain.replacen('B', "0", 1), 2_000_000),
        _ => (plain, 0),
    };
    let digits = digits(&corsica);
    let body = part(&digits, 0, 13).checked_sub(off)?;
    whole(text, digits.len() == 15 && 97 - body % 97 == part(&digits, 13, 15))
}

fn control_letter(number: u128, found: Option<char>) -> bool {
    let letter = b"TRWAGMYFPDXBNJZSQVHLCKE".get((number % 23) as usize).copied().map(char::from);
    letter.is_some() && letter == found.map(|found| found.to_ascii_uppercase())
}

fn nif(text: &str) -> Option<Hit> {
    whole(text, control_letter(number(&digits(text)), text.chars().last()))
}

fn nie(text: &str) -> Option<Hit> {
    let mut digits = digits(text);
    digits.insert(
        0,
        match text.chars().next()?.to_ascii_uppercase() {
            'X' => 0,
            'Y' => 1,
            _ => 2,
        },
    );
    whole(text, control_letter(number(&digits), text.chars().last()))
}

fn fiscal_code(text: &str) -> Option<Hit> {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let code = text.to_ascii_uppercase();
    let place =
        |byte: u8| if byte.is_ascii_digit() { byte - b'0' } else { byte.saturating_sub(b'A') };
    let value = |(at, byte): (usize, u8)| match at % 2 {
        0 => ODD.get(usize::from(place(byte))).copied().unwrap_or_default(),
        _ => u32::from(place(byte)),
    };
    let sum: u32 = code.bytes().take(15).enumerate().map(value).sum();
    whole(text, code.bytes().last().map(|last| u32::from(place(last))) == Some(sum % 26))
}

fn pesel(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let sum = weighted(&digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    // The century is added to the month in steps of twenty.
    let born = month_day(part(&digits, 2, 4) % 20, part(&digits, 4, 6));
    whole(text, sum.is_multiple_of(10) && born)
}

fn hetu(text: &str) -> Option<Hit> {
    let digits = digits(text.get(..10)?);
    let check = b"0123456789ABCDEFHJKLMNPRSTUVWXY".get((number(&digits) % 31) as usize);
    let last = text.bytes().last().map(|byte| byte.to_ascii_uppercase());
    let born = month_day(part(&digits, 2, 4), part(&digits, 0, 2));
    whole(text, born && check.copied() == last)
}

fn personnummer(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let digits = digits.get(digits.len().checked_sub(10)?..)?;
    let day = part(digits, 4, 6);
    // Coordination numbers have sixty added to the day.
    let day = if day > 60 { day - 60 } else { day };
    whole(text, luhn(digits) && month_day(part(digits, 2, 4), day))
}
