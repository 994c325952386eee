//! A server that takes what it is sent and answers by a script: what a collector is to an exporter.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Listens on a port of its own until it is dropped. One request a connection, one connection at a time.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    script: Arc<Mutex<VecDeque<Reply>>>,
    received: Arc<Mutex<Vec<Received>>>,
    arrived: Receiver<()>,
    gone: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Received {
    /// The first line and the headers, in lower case.
    pub head: String,
    /// The rest.
    pub body: Vec<u8>,
}

/// What is answered to a request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// This status, with a header line or none, and this body.
    Answers(u16, &'static str, Vec<u8>),
    /// The connection is closed.
    Closes,
    /// Nothing, for as long as the server is there.
    Hangs,
}

impl Collector {
    /// Answers each request by the next step of the script, and at its end with `200 OK`.
    ///
    /// # Panics
    ///
    /// When there is no port to listen on.
    #[must_use]
    #[allow(clippy::expect_used)] // Here to fail a test.
    pub fn start(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port to listen on");
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        let received = Arc::default();
        let (arrival, arrived) = channel();
        let (gone, is_gone) = channel();
        let server = Server {
            script: Arc::clone(&script),
            received: Arc::clone(&received),
            arrival,
            is_gone,
        };
        let thread = thread::Builder::new().spawn(move || server.serve(&listener));
        let (gone, thread) = (Some(gone), Some(thread.expect("a thread")));
        Self { address, script, received, arrived, gone, thread }
    }

    /// `http://127.0.0.1:...`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many steps of the script have not been played.
    #[must_use]
    pub fn left(&self) -> usize {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Everything received so far.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for the next request that nobody has waited for. Whether it came within a minute.
    #[must_use]
    pub fn awaits(&self) -> bool {
        self.arrived.recv_timeout(Duration::from_secs(60)).is_ok()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.gone.take());
        // It waits for a connection.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Server {
    script: Arc<Mutex<VecDeque<Reply>>>,
    received: Arc<Mutex<Vec<Received>>>,
    arrival: Sender<()>,
    is_gone: Receiver<()>,
}

impl Server {
    fn serve(self, listener: &TcpListener) {
        for stream in listener.incoming() {
            if self.is_gone.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
                return;
            }
            if let Ok(stream) = stream {
                self.answer(stream);
            }
        }
    }

    fn answer(&self, mut stream: TcpStream) {
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let Some(received) = read(&mut stream) else { return };
        self.received.lock().unwrap_or_else(PoisonError::into_inner).push(received);
        let step = self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let _ = self.arrival.send(());
        let (status, header, body) = match step {
            None => (200, "", Vec::new()),
            Some(Reply::Answers(status, header, body)) => (status, header, body),
            Some(Reply::Closes) => return,
            Some(Reply::Hangs) => {
                let _ = self.is_gone.recv();
                return;
            }
        };
        let line = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} -\r\n{line}content-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    }
}

fn read(stream: &mut TcpStream) -> Option<Received> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).ok().filter(|count| *count > 0)?;
        all.extend_from_slice(buffer.get(..count)?);
        let Some(end) = all.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(all.get(..end)?).to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
        let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
        let body = all.get(end + 4..)?;
        if body.len() >= length {
            return Some(Received { body: body.to_vec(), head });
        }
    }
}
