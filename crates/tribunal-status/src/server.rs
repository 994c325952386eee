//! The side that is asked.
//!
//! Nobody can hold it up: what a client is told is written by a task of its own, within a bounded time, for a bounded
//! number of clients; those beyond are told that there are too many, or nothing when there are far too many.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, sink};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tribunal_metrics::Sources;

use crate::address::Address;
use crate::board::Board;
use crate::status::VERSION;
#[cfg(unix)]
use crate::unix::Socket;

/// So many are answered at a time.
const CLIENTS: usize = 16;
/// From so many on, clients are hung up on without a word.
const REFUSED: usize = 64;
/// Who has not taken its answer by then gets no more of it.
const PATIENCE: Duration = Duration::from_secs(2);
/// So much of what a client says is passed over, in bytes.
const SAID: u64 = 64 << 10;
/// Between two looks at the totals.
const LOOK: Duration = Duration::from_secs(1);
/// Between two tries, when nobody can be let in: there are no file descriptors left.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a status cannot be offered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// Another process offers its own there.
    #[error("`{}` is in use: another process offers its status there", .0.display())]
    InUse(PathBuf),
    /// There is something else, and it is not touched.
    #[error("`{}` is there and no socket: it is left as it is", .0.display())]
    NoSocket(PathBuf),
    /// The socket cannot be made.
    #[error("no socket can be made at `{}`: {source}", .path.display())]
    Failed {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The port cannot be had.
    #[error("cannot listen at tcp:{address}: {source}")]
    Port {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// This system has no such sockets.
    #[error("this system has no Unix domain sockets: take `tcp:127.0.0.1:PORT`")]
    Unsupported,
}

/// A socket at which a process can be asked how it stands. Dropping it takes it away.
#[derive(Debug)]
pub struct Server(Listener);

#[derive(Debug)]
enum Listener {
    #[cfg(unix)]
    Unix(Socket),
    Tcp(TcpListener),
}

/// A connection.
trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Server {
    /// Makes the socket. From then on clients can connect, and wait until they are served.
    ///
    /// A path may hold what a process has left behind that is no more, and nothing else; its folder must be there. The
    /// socket is for its own user alone (mode 0600).
    ///
    /// # Errors
    ///
    /// [`BindError`].
    pub async fn bind(address: &Address) -> Result<Self, BindError> {
        match address {
            #[cfg(unix)]
            Address::Unix(path) => Socket::bind(path).await.map(Listener::Unix).map(Self),
            #[cfg(not(unix))]
            Address::Unix(_) => Err(BindError::Unsupported),
            Address::Tcp(address) => {
                let address = address.get();
                let listener = TcpListener::bind(address).await;
                let listener = listener.map_err(|source| BindError::Port { address, source })?;
                Ok(Self(Listener::Tcp(listener)))
            }
        }
    }

    /// The port, where it is one: also when port 0 was asked for.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match &self.0 {
            #[cfg(unix)]
            Listener::Unix(_) => None,
            Listener::Tcp(listener) => listener.local_addr().ok().map(|address| address.port()),
        }
    }

    /// Answers whoever connects, with what the board says and with the sources as they are then. It is for the caller to
    /// poll: in a task of its own, or beside the service. Dropping it cuts off those who are being answered.
    pub async fn serve<'s>(
        &self,
        board: &Board,
        sources: impl Fn() -> Sources<'s> + Send,
    ) -> Infallible {
        let mut clients = JoinSet::new();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = looks.tick() => board.look(),
                Some(_) = clients.join_next(), if !clients.is_empty() => {}
                accepted = self.accept() => match accepted {
                    Ok(stream) => {
                        let answer = match clients.len() {
                            0..CLIENTS => written(&board.status(&sources())),
                            CLIENTS..REFUSED => busy(),
                            _ => continue,
                        };
                        clients.spawn(timeout(PATIENCE, write(stream, answer)));
                    }
                    Err(_) => sleep(PAUSE).await,
                },
            }
        }
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match &self.0 {
            #[cfg(unix)]
            Listener::Unix(socket) => Box::new(socket.listener.accept().await?.0),
            Listener::Tcp(listener) => Box::new(listener.accept().await?.0),
        })
    }
}

async fn write(mut stream: Box<dyn Stream>, bytes: Vec<u8>) -> io::Result<()> {
    stream.write_all(&bytes).await?;
    stream.shutdown().await?;
    // Closed while there is something that it said and nobody has read, it would lose what it has not read yet.
    copy(&mut stream.take(SAID), &mut sink()).await.map(drop)
}

/// One line.
fn written(document: &impl serde::Serialize) -> Vec<u8> {
    // Texts and numbers into memory: there is nothing to fail.
    let mut bytes = serde_json::to_vec(document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn busy() -> Vec<u8> {
    written(&serde_json::json!({ "tribunal_status": VERSION, "busy": true }))
}
