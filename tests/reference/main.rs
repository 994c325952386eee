//! Gate and verdict against a model of their own: exhaustively where plans are small, by chance where they are
//! large.
//!
//! Start at [`model`], which says what must come out. It is the shortest account of rules 4 to 6, 14, 16 and 19.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "here to fail a test with a plain message"
)]

mod choices;
mod engine;
mod judgement;
mod large;
mod model;
mod small;
