//! Reading the file itself: what is no text, too much of it, or no file.

use std::fs;
use std::path::PathBuf;

use tribunal_config::{ReadError, Source};

use super::{parse, problems};

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn a_file_is_read_without_its_byte_order_mark() {
    let (_folder, path) = file("a.toml", "\u{feff}[run]\n".as_bytes());
    let source = Source::read(&path).unwrap();
    assert_eq!(source.text, "[run]\n");
    assert_eq!(source.name, path.display().to_string());
    // One that is handed over as text does not shift the columns.
    assert_eq!(
        problems("\u{feff}x = 1\n[[critic]]\nname = \"a\"\nkind = \"echo\"\n"),
        ["1:1 `x` is not known here"]
    );
}

#[test]
fn what_is_no_readable_text_file_is_told_why() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Source::read(folder.path().join("missing.toml")).unwrap_err();
    assert!(matches!(missing, ReadError::Io { .. }), "{missing:?}");
    assert!(missing.to_string().contains("missing.toml"));
    let directory = Source::read(folder.path()).unwrap_err();
    assert!(matches!(directory, ReadError::NotAFile { .. }), "{directory:?}");

    let (_folder, path) = file("latin.toml", b"# caf\xe9\n");
    match Source::read(&path).unwrap_err() {
        ReadError::NotUtf8 { offset, .. } => assert_eq!(offset, 5),
        other => panic!("{other:?}"),
    }
    let (_folder, path) = file("nul.toml", b"a = 1\n\0");
    match Source::read(&path).unwrap_err() {
        ReadError::Nul { offset, .. } => assert_eq!(offset, 6),
        other => panic!("{other:?}"),
    }
    let at_most = vec![b'#'; Source::MAX_BYTES];
    let (_folder, path) = file("large.toml", &at_most);
    assert_eq!(Source::read(&path).unwrap().text.len(), Source::MAX_BYTES);
    let (_folder, path) = file("larger.toml", &[at_most, vec![b'#']].concat());
    assert!(matches!(
        Source::read(&path).unwrap_err(),
        ReadError::TooLarge { limit: 0x10_0000, .. }
    ));
}

#[cfg(unix)]
#[test]
fn links_in_a_circle_and_devices_are_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    std::os::unix::fs::symlink(&a, &b).unwrap();
    std::os::unix::fs::symlink(&b, &a).unwrap();
    assert!(matches!(Source::read(&a).unwrap_err(), ReadError::Io { .. }));
    // Never opened: reading it would not end.
    assert!(matches!(Source::read("/dev/zero").unwrap_err(), ReadError::NotAFile { .. }));
}

#[test]
fn a_text_that_is_too_long_or_has_a_nul_is_refused_however_it_came() {
    let long = "#".repeat(Source::MAX_BYTES + 1);
    assert!(problems(&long)[0].contains("longer than 1048576 bytes"));
    assert!(!problems("a = 1 # \0\n").is_empty());
    assert!(problems(&format!("a = {}1{}", "[".repeat(500), "]".repeat(500))).len() < 20);
}

#[test]
fn neither_a_source_nor_an_error_shows_the_whole_file_when_debugged() {
    let source = Source::new("x.toml", "password = \"hunter2\"");
    assert!(!format!("{source:?}").contains("hunter2"));
    let error = parse("[run]\nnothing = 1\n[other]\npassword = \"hunter2\"\n").unwrap_err();
    assert!(!format!("{error:?} {error}").contains("hunter2"));
}
