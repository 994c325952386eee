//! What is told, and how: the document, the server and those who ask it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

mod document;
#[cfg(unix)]
mod protocol;
#[cfg(unix)]
mod sockets;
