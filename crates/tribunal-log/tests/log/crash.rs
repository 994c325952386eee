//! What a crash leaves is told apart from what a hand leaves, and the log goes on behind it.

use std::fs;

use tribunal_log::{DecisionLog, Fault, FileSink};

use crate::made::{traces, verified, written};

#[test]
fn a_log_cut_off_at_any_byte_goes_on_and_is_intact() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let whole = written(&path, 0, 1);
    for cut in 0..whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let found = verified(&path);
        let ends = whole[..cut].iter().filter(|byte| **byte == b'\n').count();
        let torn =
            cut - whole[..cut].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        assert!(found.is_intact(), "{cut}: {found:?}");
        assert_eq!((found.lines, found.unfinished), (ends as u64, torn as u64), "{cut}");

        let after = written(&path, 10, 1);
        assert!(after.starts_with(&whole[..cut]), "{cut}: what was torn is kept");
        let found = verified(&path);
        assert!(found.is_intact(), "{cut}: {found:?}");
        assert_eq!((found.torn, found.unfinished), (u64::from(torn > 0), 0), "{cut}");
        assert_eq!(traces(&path).last().map(String::as_str), Some("t10"), "{cut}");
        assert_eq!(traces(&path).len(), ends.saturating_sub(1) + 1, "{cut}");
    }
}

#[test]
fn a_crash_while_it_is_told_of_an_earlier_one_is_told_of_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let whole = written(&path, 0, 1);
    let torn = whole.len() - 40;
    fs::write(&path, &whole[..torn]).unwrap();
    let second = written(&path, 1, 0);
    for cut in torn..second.len() {
        fs::write(&path, &second[..cut]).unwrap();
        let found = verified(&path);
        assert!(found.is_intact() && found.unfinished > 0, "{cut}: {found:?}");
        written(&path, 2, 1);
        let found = verified(&path);
        assert!(found.is_intact(), "{cut}: {found:?}");
        assert_eq!((found.torn, found.decisions), (1, 1), "{cut}");
    }
}

#[test]
fn a_torn_line_that_was_changed_after_it_was_told_of_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let whole = written(&path, 0, 1);
    fs::write(&path, &whole[..whole.len() - 40]).unwrap();
    let mut after = written(&path, 1, 1);
    let at = whole.len() - 50;
    after[at] ^= 1;
    fs::write(&path, &after).unwrap();
    let broken = verified(&path).broken.unwrap();
    assert_eq!((broken.line, broken.fault), (3, Fault::Torn));
}

#[test]
fn a_file_whose_last_line_no_crash_leaves_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let whole = written(&path, 0, 2);
    let mut changed = whole.clone();
    let at = whole.len() - 100;
    changed[at] ^= 1;
    for bytes in [&changed[..], b"some notes\n", b"{}\n"] {
        fs::write(&path, bytes).unwrap();
        let error = DecisionLog::builder().start(FileSink::new(&path)).unwrap_err();
        assert!(error.to_string().contains("verify it, and move it away"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}
