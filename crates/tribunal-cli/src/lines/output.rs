//! Where reports are written: standard output as they come, or a file that is there as a whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use anstream::{AutoStream, ColorChoice};
use tempfile::NamedTempFile;

use crate::exit::Trouble;
use crate::ink;

/// How much is given to the system at a time.
const BUFFER: usize = 64 * 1024;

/// Somewhere to write reports to.
pub(crate) enum Output {
    Stdout(BufWriter<io::Stdout>),
    /// Written beside the file, and takes its place at the end.
    Beside {
        to: PathBuf,
        file: BufWriter<NamedTempFile>,
    },
    /// A device or a pipe, whose place nothing can take.
    Straight {
        to: PathBuf,
        file: BufWriter<File>,
    },
}

impl Output {
    /// Opens it now, so that nothing is judged that cannot be written.
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Trouble> {
        let Some(path) = path else {
            return Ok(Self::Stdout(BufWriter::with_capacity(BUFFER, io::stdout())));
        };
        // Through a link to what it leads to: the link stays.
        let to = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let trouble = |error| Trouble::file("write", path)(error);
        if fs::metadata(&to).is_ok_and(|meta| !meta.is_file()) {
            let file = File::options().write(true).open(&to).map_err(trouble)?;
            return Ok(Self::Straight { to, file: BufWriter::with_capacity(BUFFER, file) });
        }
        let beside = to.parent().filter(|parent| !parent.as_os_str().is_empty());
        let file = new_file(beside.unwrap_or(Path::new("."))).map_err(trouble)?;
        Ok(Self::Beside { to, file: BufWriter::with_capacity(BUFFER, file) })
    }

    /// How many columns there are, where it is a terminal.
    pub(crate) fn width(&self) -> Option<u16> {
        let terminal = matches!(self, Self::Stdout(_)) && io::stdout().is_terminal();
        terminal.then(|| comfy_table::Table::new().width()).flatten()
    }

    /// Text for people: in colours where those are wanted, plain elsewhere.
    pub(crate) fn write_painted(&mut self, text: &str) -> Result<(), Trouble> {
        let colours = matches!(self, Self::Stdout(_))
            && AutoStream::choice(&io::stdout()) != ColorChoice::Never;
        if colours { self.write(text.as_bytes()) } else { self.write(ink::plain(text).as_bytes()) }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        match self {
            Self::Stdout(out) => out.write_all(bytes).map_err(Trouble::output),
            Self::Beside { to, file } => file.write_all(bytes).map_err(Trouble::file("write", to)),
            Self::Straight { to, file } => {
                file.write_all(bytes).map_err(Trouble::file("write", to))
            }
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Trouble> {
        match self {
            Self::Stdout(out) => out.flush().map_err(Trouble::output),
            // Nobody reads it before it is whole.
            Self::Beside { .. } => Ok(()),
            Self::Straight { to, file } => file.flush().map_err(Trouble::file("write", to)),
        }
    }

    /// Everything is written: the file takes its place.
    pub(crate) fn finish(self) -> Result<(), Trouble> {
        match self {
            Self::Beside { to, file } => {
                let place = || -> io::Result<()> {
                    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                    file.as_file().sync_all()?;
                    file.persist(&to).map(drop).map_err(|error| error.error)
                };
                place().map_err(Trouble::file("write", &to))
            }
            mut other => other.flush(),
        }
    }
}

/// A file that goes away unless it is given a name, with the rights that a new file has.
fn new_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tribunal-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        fs::write(&path, "before").unwrap();
        let mut output = Output::open(Some(&path)).unwrap();
        output.write(b"after").unwrap();
        output.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        drop(output);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");

        let mut output = Output::open(Some(&path)).unwrap();
        output.write(b"after").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_folder_that_is_missing_is_told_at_once() {
        assert!(Output::open(Some(Path::new("/nonexistent/out.jsonl"))).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        let mut output = Output::open(Some(Path::new("/dev/null"))).unwrap();
        output.write(b"x").unwrap();
        output.finish().unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let mut output = Output::open(Some(&link)).unwrap();
        output.write(b"after").unwrap();
        output.finish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
    }
}
