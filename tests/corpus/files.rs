//! Files that are none, or not what they should be, as `Source::read` is given them.

use std::fs;
use std::path::{Path, PathBuf};

use tribunal_config::Source;

use crate::check;

/// What makes a file, at the path that is read.
type Make = fn(&Path);

/// The error and its cause, without the folder; or how much was read.
fn answer(make: Make) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("c.toml");
    make(&path);
    match Source::read(&path) {
        Ok(source) => format!("read, {} bytes", source.text.len()),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            let shown = format!("{error}{}", cause.unwrap_or_default());
            shown.replace(&folder.path().display().to_string(), "")
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

#[test]
fn files_that_are_no_text_or_too_long_are_refused() {
    check::<Make>(
        vec![
            (
                "nothing there",
                |_| {},
                "cannot read `/c.toml`: No such file or directory (os error 2)",
            ),
            ("an empty file", |path| write(path, b""), "read, 0 bytes"),
            ("a directory", |path| fs::create_dir(path).unwrap(), "`/c.toml` is no regular file"),
            (
                "a folder on the way that is a file",
                |path| {
                    // Nothing can be below a file, and so there is nothing at the path itself either.
                    write(&path.with_extension("d"), b"");
                },
                "cannot read `/c.toml`: No such file or directory (os error 2)",
            ),
            ("a byte order mark", |path| write(path, b"\xEF\xBB\xBFa = 1\n"), "read, 6 bytes"),
            (
                "half a byte order mark",
                |path| write(path, b"\xEF\xBBa = 1\n"),
                "`/c.toml` is not UTF-8: the byte at offset 0 cannot stand there",
            ),
            (
                "Latin-1",
                |path| write(path, b"# caf\xE9\n"),
                "`/c.toml` is not UTF-8: the byte at offset 5 cannot stand there",
            ),
            (
                "UTF-16",
                |path| write(path, b"\xFF\xFEa\0"),
                "`/c.toml` is not UTF-8: the byte at offset 0 cannot stand there",
            ),
            (
                "half a character at the end",
                |path| write(path, b"a = \"\xF0\x9F\x98"),
                "`/c.toml` is not UTF-8: the byte at offset 5 cannot stand there",
            ),
            (
                "a surrogate",
                |path| write(path, b"a = \"\xED\xA0\xBD\""),
                "`/c.toml` is not UTF-8: the byte at offset 5 cannot stand there",
            ),
            ("a NUL", |path| write(path, b"a = 1\0\n"), "`/c.toml` has a NUL at offset 5"),
            ("as long as may be", |path| write(path, &vec![b'#'; 1 << 20]), "read, 1048576 bytes"),
            (
                "a byte longer",
                |path| write(path, &vec![b'#'; (1 << 20) + 1]),
                "`/c.toml` is longer than 1048576 bytes",
            ),
            (
                "much longer",
                |path| write(path, &vec![b'#'; 20 << 20]),
                "`/c.toml` is longer than 1048576 bytes",
            ),
        ],
        14,
        answer,
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_without_waiting_for_it() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    check::<Make>(
        vec![
            (
                "a pipe that nobody writes to",
                |path| {
                    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
                    assert!(made.success());
                },
                "`/c.toml` is no regular file",
            ),
            (
                "a socket",
                |path| drop(UnixListener::bind(path).unwrap()),
                "`/c.toml` is no regular file",
            ),
            (
                "a device that never ends",
                |path| symlink("/dev/zero", path).unwrap(),
                "`/c.toml` is no regular file",
            ),
            (
                "a device that is empty",
                |path| symlink("/dev/null", path).unwrap(),
                "`/c.toml` is no regular file",
            ),
            (
                "a link to nothing",
                |path| symlink("nothing", path).unwrap(),
                "cannot read `/c.toml`: No such file or directory (os error 2)",
            ),
            (
                "a link to itself",
                |path| symlink("c.toml", path).unwrap(),
                "cannot read `/c.toml`: Too many levels of symbolic links (os error 40)",
            ),
            (
                "links in a circle",
                |path| {
                    symlink("c.toml", path.with_extension("other")).unwrap();
                    symlink("c.other", path).unwrap();
                },
                "cannot read `/c.toml`: Too many levels of symbolic links (os error 40)",
            ),
            (
                "a link to a directory",
                |path| symlink(".", path).unwrap(),
                "`/c.toml` is no regular file",
            ),
            (
                "a link to a file",
                |path| {
                    write(&path.with_extension("other"), b"a = 1");
                    symlink("c.other", path).unwrap();
                },
                "read, 5 bytes",
            ),
        ],
        9,
        answer,
    );
}

/// Whoever runs the tests as root may read everything.
#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_told_as_such() {
    use std::os::unix::fs::PermissionsExt as _;
    let locked: Make = |path| {
        write(path, b"a = 1");
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    };
    let answer = answer(locked);
    let may_all = fs::read("/etc/shadow").is_ok();
    assert!(
        may_all || answer == "cannot read `/c.toml`: Permission denied (os error 13)",
        "{answer}"
    );
}
