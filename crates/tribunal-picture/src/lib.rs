//! Runs as one page: what was decided and why, what happened when, and what it cost.
//!
//! The page needs nothing else and asks for nothing: no script, no font, no image, nothing from elsewhere. It is
//! made from the JSON of reports, as `tribunal judge --format jsonl` and a decision log write it, so a run can be
//! drawn long after it is over. Start at [`Album`].
//!
//! ```
//! use tribunal_picture::{Album, Run, Texts};
//!
//! let line = r#"{"id":"a-17","verdict":"block","elapsed_ms":1.5,
//!     "causes":[{"critic":"secrets","severity":0.9,"codes":["secret.token"]}],
//!     "outcomes":[{"critic":"secrets","stage":"fast_critics","status":"success","calls_for":"block",
//!         "attempts":1,"begun_ms":0.1,"execution_ms":0.8}]}"#;
//! let mut album = Album::new("pipeline.toml", Texts::Redacted);
//! album.add(Run::read(line)?, None);
//! let page = album.html();
//! assert!(page.contains("Blocked"));
//! # Ok::<(), tribunal_picture::ReadError>(())
//! ```
//!
//! # Private text
//!
//! A page has the texts of a snapshot only where it is given them ([`Album::add`]), and shows of them what [`Texts`] says.

mod album;
mod evidence;
pub mod page;
mod plan;
mod run;
mod scale;
mod section;
mod series;
mod story;
mod timeline;

pub use album::Album;
pub use evidence::Texts;
pub use plan::Plan;
pub use run::{Call, Cause, Opinion, Outcome, ReadError, Reason, Run, Span, Stage, Violation};
