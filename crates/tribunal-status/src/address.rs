//! Where a process is asked: a socket in the file system, or a port of its own machine.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use thiserror::Error;

/// Where a process offers its status. Read from a text, it is a path, or `tcp:` and a loopback address with a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A Unix domain socket, which only the user who made it can open.
    Unix(PathBuf),
    /// A port of this machine. Every user of it can connect: on a machine with several, take a path.
    Tcp(Loopback),
}

/// An address that no other machine reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loopback(SocketAddr);

/// A text that says of no place where it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing at all.
    #[error("expected the path of a socket, or `tcp:127.0.0.1:PORT`")]
    Empty,
    /// After `tcp:` stands no address with a port.
    #[error("expected an address and a port after `tcp:`, as in `tcp:127.0.0.1:9465`")]
    NoAddress,
    /// Other machines could reach it.
    #[error("`{0}` can be reached from other machines: expected 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
}

impl Loopback {
    /// Checks it.
    ///
    /// # Errors
    ///
    /// [`AddressError::NotLoopback`].
    pub fn new(address: SocketAddr) -> Result<Self, AddressError> {
        if address.ip().is_loopback() {
            Ok(Self(address))
        } else {
            Err(AddressError::NotLoopback(address))
        }
    }

    /// As sockets take it.
    #[must_use]
    pub const fn get(self) -> SocketAddr {
        self.0
    }
}

impl From<PathBuf> for Address {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.strip_prefix("tcp:") {
            Some(address) => {
                let address = address.parse().map_err(|_| AddressError::NoAddress)?;
                Loopback::new(address).map(Self::Tcp)
            }
            None if text.is_empty() => Err(AddressError::Empty),
            None => Ok(Self::Unix(PathBuf::from(text))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "{}", path.display().to_string().escape_debug()),
            Self::Tcp(Loopback(address)) => write!(f, "tcp:{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_path_and_a_port_is_of_this_machine() {
        let read = |text: &str| text.parse::<Address>();
        assert_eq!(read("/run/x.sock"), Ok(Address::Unix("/run/x.sock".into())));
        for text in ["tcp:127.0.0.1:9465", "tcp:[::1]:1"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(read(""), Err(AddressError::Empty));
        assert_eq!(read("tcp:localhost"), Err(AddressError::NoAddress));
        let open = "0.0.0.0:9465";
        assert_eq!(
            read(&format!("tcp:{open}")),
            Err(AddressError::NotLoopback(open.parse().unwrap()))
        );
    }
}
