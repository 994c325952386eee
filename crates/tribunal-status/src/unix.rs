//! A Unix domain socket at a path: for its user alone, and gone when its server is.

use std::fs::{self, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use crate::server::BindError;

/// Who has not answered by then is there all the same.
const KNOCK: Duration = Duration::from_secs(1);

/// A socket that others can connect to. Dropping it takes its name away, if that is still its own.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) listener: UnixListener,
    path: PathBuf,
    /// Device and inode.
    file: (u64, u64),
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

impl Socket {
    /// Makes it, in place of one that a process has left behind.
    pub(crate) async fn bind(path: &Path) -> Result<Self, BindError> {
        let failed = |source| BindError::Failed { path: path.to_owned(), source };
        match fs::symlink_metadata(path) {
            Ok(file) if !file.file_type().is_socket() => {
                return Err(BindError::NoSocket(path.to_owned()));
            }
            Ok(_) => {
                let knocked = timeout(KNOCK, UnixStream::connect(path)).await;
                match knocked.map(|knocked| knocked.map_err(|error| error.kind())) {
                    Ok(Err(ErrorKind::ConnectionRefused | ErrorKind::NotFound)) => {}
                    Ok(Err(ErrorKind::PermissionDenied)) => {
                        return Err(failed(ErrorKind::PermissionDenied.into()));
                    }
                    _ => return Err(BindError::InUse(path.to_owned())),
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let bind = || -> io::Result<Self> {
            // Made where nobody else can look, and moved when its rights are what they must be: at no moment can another
            // user connect, and at no moment is there a name without a server behind it.
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let made = tempfile::Builder::new()
                .prefix(".")
                .rand_bytes(6)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent.unwrap_or(Path::new(".")))?;
            let first = made.path().join("s");
            let listener = UnixListener::bind(&first)?;
            fs::set_permissions(&first, Permissions::from_mode(0o600))?;
            let file = identity(&fs::symlink_metadata(&first)?);
            fs::rename(&first, path)?;
            Ok(Self { listener, path: path.to_owned(), file })
        };
        bind().map_err(failed)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let ours = fs::symlink_metadata(&self.path).is_ok_and(|file| identity(&file) == self.file);
        if ours {
            // Where it cannot be removed, the next server does it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
