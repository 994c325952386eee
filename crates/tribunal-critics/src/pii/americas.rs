//! Numbers of people in the Americas.

use super::checks::{all_same, digits, luhn, month_day, part, weighted};
use super::kinds::{Form, Hit, whole};

const SSN: &[&str] = &["ssn", "ssns", "ssid", "social security", "social"];
const SIN: &[&str] =
    &["sin", "sins", "social insurance", "canadian sin", "numero d'assurance sociale"];

pub(super) const FORMS: &[Form] = &[
    Form::new("us_ssn", "US social security number", r"\b[0-9]{3}([-. ])[0-9]{2}[-. ][0-9]{4}\b", ssn)
        .sure(0.65, 0.95)
        .near(SSN)
        .severity(0.7),
    Form::new("us_ssn", "US social security number", r"\b[0-9]{9}\b", ssn)
        .plain()
        .sure(0.1, 0.75)
        .near(SSN)
        .severity(0.7),
    Form::new("us_itin", "US taxpayer number (ITIN)", r"\b9[0-9]{2}[- ][5-9][0-9][- ]?[0-9]{4}\b", itin)
        .sure(0.55, 0.95)
        .near(&["itin", "taxpayer", "tax id", "tax", "individual taxpayer"])
        .severity(0.7),
    Form::new("us_itin", "US taxpayer number (ITIN)", r"\b9[0-9]{2}[5-9][0-9]-?[0-9]{4}\b", itin)
        .sure(0.2, 0.85)
        .near(&["itin", "taxpayer", "tax id", "tax", "individual taxpayer"])
        .severity(0.7),
    Form::new("us_passport", "US passport number", r"\b(?:[0-9]{9}|[A-Z][0-9]{8})\b", |t| whole(t, true))
        .plain()
        .sure(0.05, 0.7)
        .near(&["passport", "passports", "travel document"]),
    Form::new(
        "us_driver_license",
        "US driver license number",
        r"\b(?:[A-Z][0-9]{5,14}|[A-Z]{2}[0-9]{3,7}|[0-9]{2}[A-Z]{3}[0-9]{5,6}|[0-9]{7,9})\b",
        |t| whole(t, true),
    )
    .plain()
    .sure(0.05, 0.65)
    .near(&[
        "driver license", "drivers license", "driver's license", "driver licence", "driving license",
        "license number", "dl", "lic", "dls", "permit",
    ]),
    Form::new("us_bank", "US bank account number", r"\b[0-9]{8,17}\b", |t| whole(t, true))
        .plain()
        .sure(0.05, 0.55)
        .near(&["account number", "account", "acct", "bank", "checking", "savings", "debit"]),
    Form::new("us_aba_routing", "US bank routing number", r"\b[0-9]{4}-?[0-9]{4}-?[0-9]\b", routing)
        .sure(0.2, 0.85)
        .near(&["aba", "routing", "rtn", "bank", "routing number"])
        .severity(0.3),
    Form::new("us_npi", "US health provider number (NPI)", r"\b[12][0-9]{3}[- ]?[0-9]{3}[- ]?[0-9]{3}\b", npi)
        .sure(0.4, 0.9)
        .near(&["npi", "provider", "national provider", "physician"])
        .severity(0.4),
    Form::new(
        "us_mbi",
        "US Medicare number (MBI)",
        r"\b[1-9][AC-HJ-NP-RT-Y][AC-HJ-NP-RT-Y0-9][0-9]-?[AC-HJ-NP-RT-Y][AC-HJ-NP-RT-Y0-9][0-9]-?[AC-HJ-NP-RT-Y]{2}[0-9]{2}\b",
        // The form leaves out S, L, O, I, B and Z; a range above lets L through.
        |t| whole(t, !t.contains('L')),
    )
    .sure(0.6, 0.95)
    .near(&["mbi", "medicare", "beneficiary"]),
    Form::new("medical_license", "US medical license number (DEA)", r"\b[A-HJ-MPRSTUX][A-Z9][0-9]{7}\b", dea)
        .sure(0.5, 0.9)
        .near(&["dea", "medical", "license", "certificate", "prescriber", "physician", "doctor"]),
    Form::new("ca_sin", "Canadian social insurance number", r"\b[0-9]{3}[- ][0-9]{3}[- ][0-9]{3}\b", sin)
        .sure(0.55, 0.95)
        .near(SIN)
        .severity(0.7),
    Form::new("ca_sin", "Canadian social insurance number", r"\b[0-9]{9}\b", sin)
        .sure(0.25, 0.85)
        .near(SIN)
        .severity(0.7),
    Form::new("br_cpf", "Brazilian taxpayer number (CPF)", r"\b[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}\b", cpf)
        .sure(0.95, 0.99)
        .severity(0.7),
    Form::new("br_cpf", "Brazilian taxpayer number (CPF)", r"\b[0-9]{11}\b", cpf)
        .sure(0.4, 0.95)
        .near(&["cpf", "cadastro"])
        .severity(0.7),
    Form::new(
        "br_cnpj",
        "Brazilian company number (CNPJ)",
        r"\b[0-9]{2}\.?[0-9]{3}\.?[0-9]{3}/?[0-9]{4}-?[0-9]{2}\b",
        cnpj,
    )
    .sure(0.6, 0.95)
    .near(&["cnpj", "empresa"])
    .severity(0.3),
    Form::new("mx_curp", "Mexican population number (CURP)", r"\b[A-Z][AEIOUX][A-Z]{2}[0-9]{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}[0-9A-Z][0-9]\b", |t| {
        let date = digits(t.get(4..10)?);
        whole(t, month_day(part(&date, 2, 4), part(&date, 4, 6)))
    })
    .sure(0.9, 0.97)
    .near(&["curp"])
    .severity(0.7),
];

fn ssn(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let (area, group, serial) = (part(&digits, 0, 3), part(&digits, 3, 5), part(&digits, 5, 9));
    // Both numbers were printed as samples and never given to anyone.
    let sample = matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999) | (123, 45, 6789));
    let issued = !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    whole(text, issued && !sample && !all_same(&digits))
}

fn itin(text: &str) -> Option<Hit> {
    let group = part(&digits(text), 3, 5);
    whole(text, matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99))
}

fn routing(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let known = matches!(part(&digits, 0, 2), 1..=12 | 21..=32 | 61..=72 | 80);
    whole(text, known && weighted(&digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10))
}

fn npi(text: &str) -> Option<Hit> {
    let numbers = digits(text);
    let card: Vec<u8> = [8, 0, 8, 4, 0].into_iter().chain(numbers.iter().copied()).collect();
    whole(text, luhn(&card) && !all_same(numbers.get(..9).unwrap_or_default()))
}

fn dea(text: &str) -> Option<Hit> {
    let digits = digits(text.get(2..)?);
    let sum = weighted(&digits, &[1, 2, 1, 2, 1, 2]);
    whole(text, sum % 10 == digits.last().copied().map(u32::from)?)
}

fn sin(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let first = digits.first().copied()?;
    whole(text, !matches!(first, 0 | 8) && luhn(&digits) && !all_same(&digits))
}

fn cpf(text: &str) -> Option<Hit> {
    let digits = digits(text);
    let check = |count: u32| {
        let weights: Vec<u32> = (2..=count + 1).rev().collect();
        match weighted(&digits, &weights) % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        }
    };
    let last = |at: usize| digits.get(at).copied().map(u32::from);
    whole(text, !all_same(&digits) && last(9) == Some(check(9)) && last(10) == Some(check(10)))
}

fn cnpj(text: &str) -> Option<Hit> {
    const WEIGHTS: [u32; 13] = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2];
    let digits = digits(text);
    let check = |weights: &[u32]| match weighted(&digits, weights) % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    let last = |at: usize| digits.get(at).copied().map(u32::from);
    let first_weights = WEIGHTS.get(1..).unwrap_or_default();
    let agrees = last(12) == Some(check(first_weights)) && last(13) == Some(check(&WEIGHTS));
    whole(text, agrees && !all_same(&digits))
}
