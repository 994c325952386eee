//! Whatever is done to a log afterwards is found.

use std::sync::LazyLock;

use proptest::prelude::*;
use tribunal_log::{Chain, ChainKey, DecisionLog, Fault, FileSink, Head, Verified, Verifier};

use crate::made::{SOON, small, verified_bytes, written};

/// A log of some lines, and where it ends.
static LOG: LazyLock<(Vec<u8>, Head)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let bytes = written(&folder.path().join("log"), 0, 8);
    let found = check(&bytes);
    assert!(found.is_intact());
    (bytes, found.head.unwrap())
});

fn check(bytes: &[u8]) -> Verified {
    verified_bytes(bytes, Verifier::new(Chain::default(), None))
}

fn lines() -> Vec<&'static [u8]> {
    LOG.0.split_inclusive(|byte| *byte == b'\n').collect()
}

fn fault(lines: &[&[u8]]) -> Option<(u64, Fault)> {
    check(&lines.concat()).broken.map(|broken| (broken.line, broken.fault))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_byte_that_is_changed_is_found(at in 0..LOG.0.len(), to: u8) {
        let mut bytes = LOG.0.clone();
        prop_assume!(bytes[at] != to);
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count() as u64;
        bytes[at] = to;
        let found = check(&bytes);
        // Without its line feed the last line is as a crash would leave it.
        if at + 1 == bytes.len() {
            prop_assert!(found.unfinished > 0);
        } else {
            prop_assert_eq!(found.broken.map(|broken| broken.line), Some(line));
        }
    }

    #[test]
    fn any_bytes_that_are_put_in_are_found(at in 0..=LOG.0.len(), more in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut bytes = LOG.0.clone();
        bytes.splice(at..at, more);
        let found = check(&bytes);
        prop_assert!(!found.is_intact() || found.unfinished > 0 || bytes == LOG.0);
    }

    #[test]
    fn any_bytes_that_are_taken_out_are_found_with_the_head(from in 0..LOG.0.len(), len in 1..3_000_usize) {
        let mut bytes = LOG.0.clone();
        bytes.drain(from..(from + len).min(LOG.0.len()));
        let verifier = Verifier::new(Chain::default(), Some(LOG.1.hash));
        prop_assert!(!verified_bytes(&bytes, verifier).is_intact());
        // Without it, only what cuts the end off between lines is not seen.
        let found = check(&bytes);
        let cut_off = LOG.0.starts_with(&bytes) && bytes.last().is_none_or(|last| *last == b'\n');
        prop_assert!(!found.is_intact() || found.unfinished > 0 || cut_off);
    }

    #[test]
    fn lines_in_another_order_are_found(a in 0..9_usize, b in 0..9_usize) {
        prop_assume!(a != b);
        let mut all = lines();
        all.swap(a, b);
        prop_assert!(fault(&all).is_some());
    }
}

#[test]
fn what_was_done_is_named_with_the_line() {
    let all = lines();
    let without = |at: usize| [&all[..at], &all[at + 1..]].concat();
    assert_eq!(fault(&without(3)), Some((4, Fault::Removed { from: 3, to: 3 })));
    assert_eq!(fault(&without(0)), Some((1, Fault::Beginning)));
    assert_eq!(fault(&without(8)), None, "needs the head");
    let twice = [&all[..5], &all[3..]].concat();
    assert_eq!(fault(&twice), Some((6, Fault::Inserted { expected: 5, found: 3 })));
    let changed = String::from_utf8(all[2].to_vec()).unwrap().replace("allow", "block");
    let with = [&all[..2], &[changed.as_bytes()], &all[3..]].concat();
    assert_eq!(fault(&with), Some((3, Fault::Changed)));
    let empty: &[u8] = b"\n";
    assert_eq!(fault(&[&all[..4], &[empty], &all[4..]].concat()), Some((5, Fault::Changed)));
}

/// Whoever makes the hash of a changed line anew is found by the line after it.
#[test]
fn a_line_that_is_replaced_with_a_right_hash_is_found_by_the_next() {
    let all = lines();
    let line = String::from_utf8(all[4].to_vec()).unwrap().replace("allow", "block");
    let body = line.split_once(",\"hash\":\"").unwrap().0;
    let hash = Chain::default().hash(body.as_bytes());
    let forged = format!("{body},\"hash\":\"{hash}\"}}\n");
    let with = |at: usize| [&all[..at], &[forged.as_bytes()], &all[at + 1..]].concat();
    assert_eq!(fault(&with(4)), Some((6, Fault::Unlinked)));
}

#[test]
fn a_log_that_was_made_up_anew_passes_without_a_key_and_not_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let key = ChainKey::from_bytes([3; 32]);
    let path = folder.path().join("keyed");
    let log = DecisionLog::builder().key(key.clone()).start(FileSink::new(&path)).unwrap();
    log.record(&small("x"), None, None).unwrap();
    assert!(log.close(SOON).in_time);
    let keyed = std::fs::read(&path).unwrap();
    let with = |key: Option<ChainKey>, bytes: &[u8]| {
        verified_bytes(bytes, Verifier::new(Chain::new(key), None))
            .broken
            .map(|broken| broken.fault)
    };
    assert_eq!(with(Some(key.clone()), &keyed), None);
    assert_eq!(with(None, &keyed), Some(Fault::Key { keyed: true }));
    assert_eq!(with(Some(ChainKey::from_bytes([4; 32])), &keyed), Some(Fault::Changed));
    let made_up = &LOG.0;
    assert_eq!(with(None, made_up), None);
    assert_eq!(with(Some(key.clone()), made_up), Some(Fault::Key { keyed: false }));
    // And it is not gone on with by who does not have the key.
    assert!(DecisionLog::builder().start(FileSink::new(&path)).is_err());
    assert!(DecisionLog::builder().key(key).start(FileSink::new(&path)).is_ok());
}
