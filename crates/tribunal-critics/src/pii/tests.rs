//! What the critic finds and lets pass. All numbers are made up; their check digits are worked out here.

use proptest::prelude::*;
use serde_json::{Value, json};
use tribunal_core::{Critic, Opinion, ParamFault, Snapshot};

use super::*;

fn kinds_of(text: &str) -> Vec<&'static str> {
    Pii::new().find(text).into_iter().map(|found| found.kind).collect()
}

fn review(critic: &dyn Critic, text: &str) -> Opinion {
    let snapshot = Snapshot::of_input(text);
    match critic.review(View::of(&snapshot)) {
        Answer::Now(opinion) => opinion.unwrap(),
        Answer::Later(_) => panic!("pii answers at once"),
    }
}

fn build(params: Value) -> Result<std::sync::Arc<dyn Critic>, Vec<ParamFault>> {
    kind().build(params.as_object().unwrap())
}

/// The texts that one kind alone finds among those made by putting each character in place of `?`.
fn passing(kind: &str, template: &str, alphabet: &str) -> Vec<String> {
    let critic = Pii::new().only([kind]).unwrap().min_confidence(0.0);
    let filled = alphabet.chars().map(|c| template.replace('?', &c.to_string()));
    filled.filter(|text| !critic.find(text).is_empty()).collect()
}

#[test]
fn a_check_digit_lets_exactly_one_number_pass() {
    const DIGITS: &str = "0123456789";
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let cases = [
        ("credit_card", "4539 7283 1150 642?", DIGITS),
        ("us_npi", "128456312?", DIGITS),
        ("us_aba_routing", "02104831?", DIGITS),
        ("ca_sin", "431 582 97?", DIGITS),
        ("medical_license", "BK348127?", DIGITS),
        ("br_cpf", "418.273.915-9?", DIGITS),
        ("es_nif", "48271635?", LETTERS),
        ("es_nie", "X4827163?", LETTERS),
        ("it_fiscal_code", "BNCLRA71D52F205?", LETTERS),
        ("pl_pesel", "8504127361?", DIGITS),
        ("se_personnummer", "850412-738?", DIGITS),
        ("fi_hetu", "120485-738?", "0123456789ABCDEFHJKLMNPRSTUVWXY"),
        ("in_aadhaar", "4827 1635 904?", DIGITS),
        ("th_tnin", "348271635904?", DIGITS),
        ("za_id", "850412738108?", DIGITS),
        ("de_vat_id", "DE48271635?", DIGITS),
        ("au_acn", "482 716 35?", DIGITS),
        ("ch_ahv", "756.4827.1635.9?", DIGITS),
        ("cn_resident_id", "31010919850412738?", "0123456789X"),
    ];
    for (kind, template, alphabet) in cases {
        assert_eq!(passing(kind, template, alphabet).len(), 1, "{kind}");
    }
}

#[test]
fn sums_that_may_come_to_ten_let_at_most_one_number_pass() {
    for (kind, template) in
        [("uk_nhs", "482 716 359?"), ("nl_bsn", "48271635?"), ("au_tfn", "48271635?")]
    {
        let total: usize = (0..10)
            .map(|at| {
                passing(kind, &template.replacen('4', &at.to_string(), 1), "0123456789").len()
            })
            .inspect(|count| assert!(*count <= 1, "{kind}"))
            .sum();
        assert!(total >= 7, "{kind}: {total}");
    }
}

#[test]
fn the_usual_forms_are_found_and_cut_out_exactly() {
    let cases = [
        ("Write to Jo <jo.doe+x@mail.example.org>, thanks", "email", "jo.doe+x@mail.example.org"),
        ("ring +44 20 7946 0018 at noon", "phone", "+44 20 7946 0018"),
        ("(415) 555-0132 is mine", "phone", "(415) 555-0132"),
        ("my ssn: 536-48-2716.", "us_ssn", "536-48-2716"),
        ("from 203.0.113.77, twice", "ip", "203.0.113.77"),
        ("at 2001:db8:85a3::8a2e:370:7334.", "ip", "2001:db8:85a3::8a2e:370:7334"),
        ("mac 00:1b:44:11:3a:b7", "mac_address", "00:1b:44:11:3a:b7"),
        ("NINO AB 48 27 16 C", "uk_nino", "AB 48 27 16 C"),
        ("PAN ABCPK4827M", "in_pan", "ABCPK4827M"),
        ("iban DE89 3704 0044 0532 0130 00 and so on", "iban", "DE89 3704 0044 0532 0130 00"),
        ("passport 482716359", "us_passport", "482716359"),
    ];
    for (text, kind, part) in cases {
        let found = Pii::new().find(text);
        let found: Vec<_> =
            found.iter().map(|found| (found.kind, &text[found.bytes.clone()])).collect();
        assert_eq!(found.first(), Some(&(kind, part)), "{text}");
    }
}

#[test]
fn ordinary_numbers_are_no_personal_data() {
    for text in [
        "In 2024 we sold 1,234,567 units at 19.99 each.",
        "version 1.2.3, build 20240131",
        "std::collections::BTreeMap and a::b",
        "2024-01-31T12:30:45Z",
        "order 482716359",
        "0x1f, 0b1010, 1e10, 3.14159265358979",
        "4111 1111 1111 1112",
        "@param name, user@localhost",
    ] {
        assert_eq!(kinds_of(text), [""; 0], "{text}");
    }
}

#[test]
fn a_word_nearby_makes_a_number_more_likely() {
    let ssn =
        |text: &str| Pii::new().only(["us_ssn"]).unwrap().min_confidence(0.0).find(text)[0].clone();
    let (alone, named) = (ssn("536-48-2716"), ssn("SSN 536-48-2716"));
    assert!(alone.confidence < named.confidence);
    // Bare digits are nothing without it.
    assert!(kinds_of("536482716").is_empty());
    assert_eq!(kinds_of("social security number 536482716"), ["us_ssn"]);
    // The word has to be one: `lessness` has an `ssn` in it.
    assert!(kinds_of("lessness 536482716").is_empty());
}

#[test]
fn addresses_that_everyone_has_are_hardly_severe() {
    let severity = |text: &str| Pii::new().find(text)[0].severity;
    assert!(severity("127.0.0.1") < severity("10.20.30.40"));
    assert!(severity("10.20.30.40") < severity("9.20.30.40"));
}

#[test]
fn a_number_that_is_all_there_is_was_entered_as_a_value() {
    // In a sentence nine digits are no number of a bank, whatever their check digit.
    assert!(kinds_of("we counted 021000021 of them").is_empty());
    assert_eq!(kinds_of(" 021000021. "), ["us_aba_routing"]);
    // Without a check digit they are no more than a number.
    assert!(Pii::new().only(["us_bank", "us_passport"]).unwrap().find("482716351").is_empty());
}

#[test]
fn the_name_of_a_member_is_context() {
    let fields: Pointer = "/context".parse().unwrap();
    let critic = Pii::new().fields([fields]);
    let kinds = |name: &str| {
        let context = json!({name: "536482716 or so"}).as_object().unwrap().clone();
        let snapshot = Snapshot::builder().context(context).build();
        let Answer::Now(opinion) = critic.review(View::of(&snapshot)) else { panic!("late") };
        opinion.unwrap().value
    };
    assert_eq!(kinds("customer_ssn"), json!({"us_ssn": 1}));
    assert_eq!(kinds("customerSsn"), json!({"us_ssn": 1}));
    assert_eq!(kinds("amount"), Value::Null);
}

#[test]
fn a_text_of_nothing_but_numbers_is_judged_and_says_if_it_was_cut_short() {
    for unit in ["12345678901 ", "4111 1111 1111 1112 ", "DE89 1234 ", "1:", "ssn 536482716 "] {
        let text = unit.repeat(200_000 / unit.len());
        let opinion = review(&Pii::new(), &text);
        let incomplete =
            opinion.details.as_ref().is_some_and(|details| details.contains_key("incomplete"));
        assert_eq!(opinion.uncertainty == 1.0, incomplete, "{unit}");
        assert!(!incomplete || opinion.worst_severity() >= 0.5, "{unit}");
    }
}

#[test]
fn wallets_are_known_by_their_checksum_where_that_needs_no_hash() {
    let address = ["bc1qw508d6qejxtdg4y5r3za", "rvary0c5xw7kv8f3t4"].concat();
    assert_eq!(kinds_of(&format!("send to {address}")), ["crypto_address"]);
    assert!(kinds_of(&format!("send to {}", address.replace("f3t4", "f3t5"))).is_empty());
}

/// Rule 20: what was found is in the span's bytes alone, in no text of the opinion.
#[test]
fn the_opinion_never_repeats_what_it_found() {
    let critic = Pii::new();
    let opinion = review(&critic, "mail jo@mail.example and ann@mail.example");
    assert!(!format!("{opinion:?}{critic:?}").contains("mail.example"));
    assert_eq!(opinion.value, json!({"email": 2}));
    let span = opinion.violations[1].span.as_ref().unwrap();
    assert_eq!(opinion.violations[1].code, "pii.email");
    assert_eq!((span.bytes.clone(), &*span.label), (25..41, "email"));
    assert_eq!(span.replacement.as_deref(), Some("[email]"));
    assert_eq!(opinion.severity, 0.4);
    assert!(opinion.uncertainty < 0.1 && opinion.faults().is_empty());
    assert_eq!(review(&critic, "nothing here"), Opinion::clean());
}

#[test]
fn of_many_findings_the_worst_are_listed_and_the_others_counted() {
    let mut text: String = (0..150).map(|at| format!("a{at}@mail.example ")).collect();
    text.push_str("card 4111 1111 1111 1111");
    let opinion = review(&Pii::new(), &text);
    assert_eq!(opinion.violations.len(), MOST_VIOLATIONS);
    assert_eq!(opinion.violations.last().unwrap().code, "pii.credit_card");
    assert_eq!(opinion.details.unwrap().get("more"), Some(&json!(51)));
    assert_eq!(opinion.severity, 0.7);
}

#[test]
fn severities_and_kinds_are_settings() {
    let critic = build(json!({"kinds": ["email"], "severities": {"email": 0.9}})).unwrap();
    let opinion = review(&*critic, "jo@mail.example, 4111 1111 1111 1111");
    assert_eq!((opinion.severity, opinion.value), (0.9, json!({"email": 1})));
    assert!(Pii::new().severity("emial", 0.1).is_err());
}

#[test]
fn every_mistake_in_the_parameters_is_named() {
    let faults = build(json!({
        "kinds": ["emial"], "severities": {"ip": 2, "iq": 0.1}, "min_confidence": -1, "fields": ["x"],
    }));
    let lines: Vec<String> = faults.err().unwrap().iter().map(ToString::to_string).collect();
    let starts = [
        "`fields[0]`",
        "`kinds[0]` names no kind: `emial`; did you mean `email`?",
        "`severities.ip` must be a number",
        "`severities.iq` names no kind: `iq`",
        "`min_confidence`",
    ];
    assert_eq!(lines.len(), starts.len(), "{lines:?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
}

#[test]
fn a_long_text_of_anything_is_judged() {
    let megabyte = "Nothing to see, 1 or 2 words. ".repeat(7_000);
    assert_eq!(review(&Pii::new(), &megabyte), Opinion::clean());
    let length = 60_000;
    for unit in [
        "1",
        "1 ",
        "12 34 ",
        "@",
        "a@b.",
        "1-",
        "1.",
        "a1:",
        "+4",
        "tel 12 ",
        "DE89 1234 ",
        "\u{e9}1",
        "\u{4e2d}",
    ] {
        let text = unit.repeat(length / unit.len());
        assert!(review(&Pii::new(), &text).faults().is_empty(), "{unit}");
    }
}

proptest! {
    #[test]
    fn spans_lie_on_character_boundaries_and_apart(
        parts in prop::collection::vec(prop_oneof![
            "[0-9]{1,6}", "[ .:/+()-]{1,2}", "[A-Z]{1,3}", Just(String::from("jo@mail.example")),
            Just(String::from("tel ")), Just(String::from("\u{e9}\u{1f4de}\u{4e2d}")), Just(String::from("passport ")),
            Just(String::from("4111 1111 1111 1111")), "\\PC{0,8}",
        ], 0..32)
    ) {
        let text = parts.concat();
        let all: Vec<&str> = Pii::kinds().map(|(name, _)| name).collect();
        let critic = Pii::new().only(all).unwrap().min_confidence(0.0);
        let mut end = 0;
        for found in critic.find(&text) {
            prop_assert!(text.get(found.bytes.clone()).is_some());
            prop_assert!(found.bytes.start >= end && !found.bytes.is_empty());
            end = found.bytes.end;
        }
    }
}
