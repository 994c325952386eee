//! The side that asks.

use std::io::{self, ErrorKind};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::address::Address;
use crate::status::{Status, VERSION};

/// The longest answer that is read: of thousands of critics.
const LONGEST: u64 = 16 << 20;

/// Why there is no answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AskError {
    /// There is no such path.
    #[error("there is no socket at `{0}`: does the process run, and offer its status there?")]
    NotThere(Address),
    /// There is something, and it is no socket.
    #[error("`{0}` is no socket")]
    NoSocket(Address),
    /// Nobody is behind it.
    #[error("nobody answers at `{0}`: the process has ended")]
    Gone(Address),
    /// It belongs to someone else.
    #[error("`{0}` is for another user: ask as the one whose process it is")]
    Denied(Address),
    /// No whole answer in time.
    #[error("no answer from `{0}` within {1:?}")]
    TooLate(Address, Duration),
    /// It answers others.
    #[error("`{0}` answers too many others: try again")]
    Busy(Address),
    /// It speaks otherwise.
    #[error("`{address}` speaks version {theirs} of the status, and this is version {VERSION}")]
    Version {
        /// Who.
        address: Address,
        /// Its version.
        theirs: u32,
    },
    /// It is something else.
    #[error("what `{0}` answers is no status")]
    Malformed(Address),
    /// The answer is cut off: the process has ended meanwhile, or took the reader for too slow.
    #[error("the answer of `{0}` ends before it is whole")]
    CutOff(Address),
    /// Anything else.
    #[error("cannot ask `{address}`: {source}")]
    Failed {
        /// Whom.
        address: Address,
        /// Why.
        source: io::Error,
    },
}

/// What every version begins with.
#[derive(Deserialize)]
struct Head {
    tribunal_status: u32,
    #[serde(default)]
    busy: bool,
}

/// Asks a process how it stands.
///
/// # Errors
///
/// [`AskError`].
pub async fn ask(address: &Address, within: Duration) -> Result<Status, AskError> {
    let asked = timeout(within, answer(address)).await;
    let bytes = asked.map_err(|_| AskError::TooLate(address.clone(), within))?;
    read(address, &bytes.map_err(|source| failed(address, source))?)
}

async fn answer(address: &Address) -> io::Result<Vec<u8>> {
    match address {
        #[cfg(unix)]
        Address::Unix(path) => whole(tokio::net::UnixStream::connect(path).await?).await,
        #[cfg(not(unix))]
        Address::Unix(_) => Err(ErrorKind::Unsupported.into()),
        Address::Tcp(address) => whole(TcpStream::connect(address.get()).await?).await,
    }
}

async fn whole(stream: impl AsyncRead + Unpin) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(LONGEST).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

fn failed(address: &Address, source: io::Error) -> AskError {
    let address = address.clone();
    match source.kind() {
        ErrorKind::NotFound => AskError::NotThere(address),
        ErrorKind::PermissionDenied => AskError::Denied(address),
        ErrorKind::ConnectionRefused if is_other_file(&address) => AskError::NoSocket(address),
        ErrorKind::ConnectionRefused => AskError::Gone(address),
        ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof => AskError::CutOff(address),
        _ => AskError::Failed { address, source },
    }
}

#[cfg(unix)]
fn is_other_file(address: &Address) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    let Address::Unix(path) = address else { return false };
    std::fs::metadata(path).is_ok_and(|file| !file.file_type().is_socket())
}

#[cfg(not(unix))]
fn is_other_file(_: &Address) -> bool {
    false
}

fn read(address: &Address, bytes: &[u8]) -> Result<Status, AskError> {
    let wrong = |error: serde_json::Error| match error.is_eof() {
        true => AskError::CutOff(address.clone()),
        false => AskError::Malformed(address.clone()),
    };
    let head: Head = serde_json::from_slice(bytes).map_err(wrong)?;
    if head.tribunal_status != VERSION {
        return Err(AskError::Version { address: address.clone(), theirs: head.tribunal_status });
    }
    if head.busy {
        return Err(AskError::Busy(address.clone()));
    }
    serde_json::from_slice(bytes).map_err(wrong)
}
