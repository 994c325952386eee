//! Takes private parts out of a snapshot, and puts them back for whoever keeps the key.
//!
//! A model is asked about `[EMAIL_1]` instead of about an address; its answer is about `[EMAIL_1]` too, and
//! [`restore`] writes the address into it. In between nothing but placeholders and a sealed map leaves the house.
//!
//! ```
//! use tribunal_core::{Pointer, Snapshot, Span};
//! use tribunal_redact::{Key, Redactor, restore};
//!
//! let snapshot = Snapshot::of_input("Write to jo@mail.example, then to jo@mail.example again.");
//! let found = [9..24, 34..49].map(|bytes| Span::new(Pointer::input_text(), bytes, "email"));
//!
//! let key = Key::generate()?;
//! let redacted = Redactor::new(key.clone()).redact(&snapshot, &found)?;
//! assert_eq!(redacted.snapshot.input_text(), "Write to [EMAIL_1], then to [EMAIL_1] again.");
//!
//! // What a model says about the placeholder.
//! let answer = restore("I wrote to [EMAIL_1].", &redacted.sealed, &key)?;
//! assert_eq!(answer, "I wrote to jo@mail.example.");
//! assert!(restore("[EMAIL_1]", &redacted.sealed, &Key::generate()?).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`tribunal_core::Report::redacted`] is for those who want nothing back.

mod key;
mod redactor;
mod seal;

pub use key::{Key, KeyError};
pub use redactor::{Redacted, Redactor, restore};
pub use seal::{RestoreError, Sealed};
