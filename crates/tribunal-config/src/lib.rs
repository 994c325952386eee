//! TOML to critics and settings, every mistake shown in place.
//!
//! [`load`] reads a [`Source`], builds its critics from a catalogue of kinds and checks that they make a plan.
//! What comes out is a [`Pipeline`], or a [`ConfigError`] with every mistake that there is, each with its line
//! and column. All the keys are in `docs/config.md`; [`DEFAULT`] is a pipeline to start from.
//!
//! ```
//! use tribunal_config::{Code, Source, load};
//! use tribunal_core::{Answer, Catalogue, CriticKind, Opinion, Violation, critic_fn};
//!
//! // Ready-made kinds come from `tribunal_critics::catalogue()`; this one is our own.
//! let shouts = CriticKind::new("shouts", "texts in capitals", |params| {
//!     let severity = params.number("severity", 0.3, 0.0..=1.0);
//!     Some(critic_fn(move |view| {
//!         let text = view.snapshot().input_text();
//!         let loud = !text.is_empty() && !text.chars().any(char::is_lowercase);
//!         Answer::now(Ok(match loud {
//!             true => Opinion::objection(Violation::new("style.shouting", "in capitals", severity)),
//!             false => Opinion::clean(),
//!         }))
//!     }))
//! });
//! let kinds = Catalogue::new().with(shouts);
//! let environment = |name: &str| std::env::var(name).ok();
//!
//! let source = Source::new("pipeline.toml", r#"
//!     [[critic]]
//!     name = "manners"
//!     kind = "shouts"
//!     stage = "fast_critics"
//!     params = { severity = 0.5 }
//!
//!     [[critic]]
//!     name = "second_look"
//!     kind = "shouts"
//!     policy = "conditional"
//!     when = "prior.manners.violation && snapshot.phase == 'input'"
//! "#);
//! let court = load(&source, &kinds, &environment)?.build()?;
//! assert_eq!(court.critics().len(), 2);
//!
//! // Mistakes are shown where they stand, all of them.
//! let wrong = Source::new("pipeline.toml", "[run]\ntimeout = 5\nearly_exit = \"no\"\n");
//! let error = load(&wrong, &kinds, &environment).unwrap_err();
//! let places: Vec<_> = error.problems().iter().map(|p| (p.line(), p.column())).collect();
//! assert_eq!(places, [(2, 11), (3, 14)]);
//! assert_eq!(error.problems()[0].help(), Some("did you mean \"5s\"?"));
//! assert_eq!(error.problems()[0].code(), Code::WrongType);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Layers
//!
//! [`load`] takes one text. [`Layers`] puts a configuration together from included files, a profile, environment
//! variables and settings of the command line (`docs/layers.md`); [`Profiles`] holds several profiles at once,
//! [`Merged`] shows where each value came from, and [`Watch`] notices when a file has changed (`docs/reload.md`).
//!
//! # Secrets
//!
//! In the parameters of a critic, a text that is `$NAME` and nothing else stands for that variable of the
//! environment that [`load`] is given. What it stands for is in no error, no fingerprint and no `Debug` output.
//!
//! # Showing errors
//!
//! As text, a [`ConfigError`] has one line for each problem. [`Problem`] is a [`miette::Diagnostic`] with its
//! source, so that a command can draw it with the line it stands on. Its [`Code`] says what kind of mistake it is:
//! `docs/diagnostics.md` has a section for each. What may be meant as it stands is a warning, and does not keep the
//! configuration from being loaded: [`Pipeline::warnings`].

mod adaptive;
mod cache;
mod code;
mod critic;
mod duration;
mod error;
mod eval;
mod gate;
mod layers;
mod literal;
mod merged;
mod nearest;
mod notes;
mod params;
mod pattern;
mod pipeline;
mod profiles;
mod promise;
mod rates;
mod read;
mod run;
mod schema;
mod source;
mod texts;
mod watch;
mod when;

pub use code::{Code, Level};
pub use error::{ConfigError, Label, Place, Problem};
pub use layers::Layers;
pub use merged::{Merged, Origin, Setting, Show};
pub use pipeline::{NamedPromise, Pipeline, load, load_unproved};
pub use profiles::{Profiles, UnknownProfile};
pub use schema::schema;
pub use source::{DEFAULT, ReadError, Source};
pub use watch::{Reloaded, SourcesHash, Wake, Watch};
pub use when::{
    Among, Change, Expression, Fault, Helper, HelperValue, Sight, Step, StepKind, Trace,
};
