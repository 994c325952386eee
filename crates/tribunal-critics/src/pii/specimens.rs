//! Numbers that offices and standards print as examples, and what a wrong check digit does to them.

use super::*;

fn found(kind: &str, text: &str) -> bool {
    let critic = Pii::new().only([kind]).unwrap().min_confidence(0.0);
    critic.find(text).iter().any(|found| found.bytes == (0..text.len()))
}

/// Published examples whose last character is the check digit or letter.
const SPECIMENS: &[(&str, &str)] = &[
    // Test numbers of the card networks.
    ("credit_card", "378282246310005"),
    ("credit_card", "6011111111111117"),
    ("credit_card", "3530111333300000"),
    // NHS data dictionary.
    ("uk_nhs", "943 476 5919"),
    ("nl_bsn", "111222333"),
    // Australian Taxation Office, ASIC.
    ("au_tfn", "123 456 782"),
    ("au_abn", "51 824 753 556"),
    ("au_acn", "004 085 616"),
    ("ca_sin", "130 692 544"),
    ("br_cpf", "111.444.777-35"),
    ("br_cnpj", "11.222.333/0001-81"),
    ("es_nif", "12345678Z"),
    ("es_nie", "X1234567L"),
    ("it_fiscal_code", "RSSMRA85T10A562S"),
    ("it_vat", "00743110157"),
    ("pl_pesel", "44051401359"),
    // Swedish tax agency; a company's public number.
    ("se_personnummer", "811228-9874"),
    ("se_organisationsnummer", "556016-0680"),
    ("fi_hetu", "131052-308T"),
    // Federal Social Insurance Office.
    ("ch_ahv", "756.9217.0769.85"),
    ("be_rrn", "85.07.30-033.28"),
    // INSEE.
    ("fr_nir", "255081416802538"),
    ("pt_nif", "123456789"),
    ("ie_pps", "1234567T"),
    ("tr_national_id", "10000000146"),
    ("za_id", "8001015009087"),
    // GB 11643-1999.
    ("cn_resident_id", "11010519491231002X"),
    ("jp_my_number", "123456789018"),
    // A company's public number.
    ("kr_brn", "124-81-00998"),
    // UIDAI.
    ("in_aadhaar", "999941057058"),
    // Public numbers of a bank and of a telephone company.
    ("sg_uen", "196800306E"),
    ("sg_uen", "199201624D"),
    // CMS, a bank, DEA.
    ("us_npi", "1234567893"),
    ("us_aba_routing", "021000021"),
    ("medical_license", "AB1234563"),
    // Federal Central Tax Office; the specimen of the identity card; gematik.
    ("de_tax_id", "86095742719"),
    ("de_vat_id", "DE136695976"),
    ("de_id_card", "L01X00T471"),
    ("de_health_insurance", "A123456780"),
    ("de_social_security", "15070649C103"),
];

#[test]
fn published_examples_are_found_and_no_other_check_digit_will_do() {
    for (kind, text) in SPECIMENS {
        assert!(found(kind, text), "{kind} {text}");
        let (rest, last) = text.split_at(text.len() - 1);
        let others = if last.bytes().all(|byte| byte.is_ascii_digit()) {
            "0123456789"
        } else {
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        };
        for other in others.chars().filter(|other| !last.contains(*other)) {
            assert!(!found(kind, &format!("{rest}{other}")), "{kind} {rest}{other}");
        }
    }
}

/// Kinds of which some numbers carry a check digit and others none.
#[test]
fn published_examples_of_other_kinds_are_surer_than_their_neighbours() {
    for (kind, good, bad) in [
        ("sg_nric", "S1234567D", "S1234567E"),
        ("sg_nric", "T1234567J", "T1234567K"),
        ("sg_nric", "F1234567N", "F1234567P"),
        ("sg_nric", "G1234567X", "G1234567W"),
        ("in_gstin", "27AAPFU0939F1ZV", "27AAPFU0939F1ZW"),
    ] {
        let critic = Pii::new().only([kind]).unwrap().min_confidence(0.0);
        let sure = |text: &str| critic.find(text).first().map_or(0.0, |found| found.confidence);
        assert!(sure(good) > sure(bad), "{kind} {good}");
    }
}

/// Check digits worked out here in another way than in the critic: one weight and one sum at a time.
#[test]
fn numbers_with_a_check_digit_worked_out_by_hand_are_found() {
    let digit = |number: u32| char::from_digit(number, 10).unwrap();
    let weighted = |body: &str, weights: &[u32]| {
        let mut sum = 0;
        for (at, weight) in weights.iter().enumerate() {
            sum += weight * u32::from(body.as_bytes()[at] - b'0');
        }
        sum
    };
    // Philippines: the sum modulo eleven.
    let body = "12345672";
    let sum = weighted(body, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    assert!(found("ph_tin", &format!("{body}{}000", digit(sum))));
    assert!(!found("ph_tin", &format!("{body}{}000", digit((sum + 1) % 10))));
    // Thailand: eleven less the sum.
    let body = "110170023070";
    let mut check = 11 - weighted(body, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    check %= 10;
    assert!(found("th_tnin", &format!("{body}{}", digit(check))));
    assert!(!found("th_tnin", &format!("{body}{}", digit((check + 3) % 10))));
    // German physicians: fours and nines in turn.
    let check = (10 - weighted("234567", &[4, 9, 4, 9, 4, 9]) % 10) % 10;
    assert!(found("de_physician", &format!("234567{}01", digit(check))));
    assert!(!found("de_physician", &format!("234567{}01", digit((check + 1) % 10))));
    // Norway: two check digits, each from all before it.
    let body = "150765005";
    let first = 11 - weighted(body, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11;
    let with_first = format!("{body}{}", digit(first));
    let second = 11 - weighted(&with_first, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    assert!(found("no_fnr", &format!("{with_first}{}", digit(second))));
    assert!(!found("no_fnr", &format!("{with_first}{}", digit((second + 1) % 10))));
    // Australia's Medicare: ones, threes, sevens and nines; the last digit counts cards.
    let check = weighted("29507123", &[1, 3, 7, 9, 1, 3, 7, 9]) % 10;
    assert!(found("au_medicare", &format!("2950 7123{} 1", digit(check))));
    assert!(!found("au_medicare", &format!("2950 7123{} 1", digit((check + 1) % 10))));
    // Nigeria, as India, by Verhoeff: found by taking the one digit that closes the group.
    let closing = (0..10).filter(|last| found("ng_nin", &format!("7048392615{last}"))).count();
    assert_eq!(closing, 1);
}
