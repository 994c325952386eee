//! What redaction promises for any text and any spans.

use proptest::prelude::*;
use tribunal_core::{Pointer, RedactError, Snapshot, Span};
use tribunal_redact::{Key, Redactor, RestoreError, Sealed, restore};

const KEY: Key = Key::from_bytes([7; 32]);

fn spans(text: &str, picks: &[(usize, usize, u8)]) -> Vec<Span> {
    let at = |place: usize| text.floor_char_boundary(place % (text.len() + 1));
    let label = |number: u8| match number % 4 {
        0 => "email",
        1 => "phone",
        2 => "us-ssn",
        _ => "",
    };
    let span = |&(a, b, number): &(usize, usize, u8)| {
        let (a, b) = (at(a), at(b));
        Span::new(Pointer::input_text(), a.min(b)..a.max(b), label(number))
    };
    picks.iter().map(span).collect()
}

proptest! {
    #[test]
    fn no_byte_of_a_span_is_left_and_the_original_comes_back(
        text in "([a-c\u{e9}\u{4e2d}\u{1f512} ]|\\[|\\]|\\[EMAIL_[1-3]\\]|_1){0,40}",
        picks in prop::collection::vec((0..200_usize, 0..200_usize, any::<u8>()), 0..6),
    ) {
        let snapshot = Snapshot::of_input(&*text);
        let spans = spans(&text, &picks);
        let redacted = Redactor::new(KEY).redact(&snapshot, &spans).unwrap();
        prop_assert_eq!(restore(redacted.snapshot.input_text(), &redacted.sealed, &KEY).unwrap(), &*text);

        // What is left, placeholders aside, are the bytes outside the spans in their order.
        let kept: String = text
            .char_indices()
            .filter(|(at, _)| !spans.iter().any(|span| span.bytes.contains(at)))
            .map(|(_, c)| c)
            .collect();
        let plain = tribunal_core::redact_with(&snapshot, &spans, &mut |_| Ok(String::new())).unwrap();
        prop_assert_eq!(plain.input_text(), kept);
    }

    #[test]
    fn a_map_opens_with_its_key_and_unchanged_alone(at in 0..80_usize, bit in 0..8_u32) {
        let snapshot = Snapshot::of_input("jo@mail.example");
        let span = Span::new(Pointer::input_text(), 0..15, "email");
        let sealed = Redactor::new(KEY).redact(&snapshot, [&span]).unwrap().sealed;
        let mut bytes = sealed.as_bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(restore("x", &Sealed::from_bytes(bytes), &KEY), Err(RestoreError::Seal));
        prop_assert_eq!(restore("x", &sealed, &Key::from_bytes([8; 32])), Err(RestoreError::Seal));
        prop_assert!(restore("x", &sealed, &KEY).is_ok());
    }
}

#[test]
fn the_same_text_has_one_placeholder_and_taken_ones_are_left_alone() {
    let text = "[EMAIL_1] a@b.cc d@e.ff a@b.cc";
    let span = |bytes| Span::new(Pointer::input_text(), bytes, "email");
    let spans = [span(10..16), span(17..23), span(24..30)];
    let redacted = Redactor::new(KEY).redact(&Snapshot::of_input(text), &spans).unwrap();
    assert_eq!(redacted.snapshot.input_text(), "[EMAIL_1] [EMAIL_2] [EMAIL_3] [EMAIL_2]");
    let back = restore(redacted.snapshot.input_text(), &redacted.sealed, &KEY).unwrap();
    assert_eq!(back, text);
}

#[test]
fn what_is_kept_as_text_reads_back() {
    let redacted = Redactor::new(KEY).redact(&Snapshot::of_input("x"), &[]).unwrap();
    let text = redacted.sealed.to_string();
    assert_eq!(Sealed::from_hex(&text).unwrap(), redacted.sealed);
    assert_eq!(Sealed::from_hex("xyz"), Err(RestoreError::Text));
    assert_eq!(Key::from_hex(&"07".repeat(32)).unwrap(), KEY);
    assert!(Key::from_hex("07").is_err() && Key::from_hex("0").is_err());
}

#[test]
fn nothing_of_the_key_or_the_originals_shows_in_debug_and_errors() {
    let snapshot = Snapshot::of_input("jo@mail.example");
    let good = Span::new(Pointer::input_text(), 0..15, "email");
    let redacted = Redactor::new(KEY).redact(&snapshot, [&good]).unwrap();
    let shown = format!("{redacted:?} {:?}", Redactor::new(KEY));
    assert!(!shown.contains("jo@") && shown.contains("Key(..)"), "{shown}");
    let bad = Span::new(Pointer::input_text(), 0..99, "email");
    let error = Redactor::new(KEY).redact(&snapshot, [&bad]).unwrap_err();
    assert!(matches!(error, RedactError::Misfit { .. }));
    assert!(!error.to_string().contains("jo@"));
}
