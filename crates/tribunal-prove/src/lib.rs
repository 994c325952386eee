//! What a pipeline can do at all.
//!
//! A [`Model`] is a pipeline as far as it decides what runs, what is called for, what it costs and how long it takes. A
//! [`Prover`] answers questions about every run that it may have, exactly and not by trying some: does a critic ever
//! run, can a failure let something pass, does a [`Promise`] hold. What does not hold comes with the smallest
//! [`Path`] that shows it.
//!
//! ```
//! use tribunal_core::{CriticName, FailureMode, Stage};
//! use tribunal_prove::{Answer, CriticModel, Gate, Model, Promise, Prover, RunModel};
//!
//! let named = |name: &str| CriticModel::new(CriticName::new(name).unwrap());
//! let secrets = CriticModel { stage: Stage::FastCritics, ..named("secrets") };
//! let deep = CriticModel {
//!     gate: Gate::OnViolation,
//!     failure_mode: FailureMode::Allow,
//!     ..named("deep")
//! };
//! let model = Model::new(vec![secrets, deep], RunModel::default())?;
//! let names: Vec<_> = model.critics().iter().map(|critic| critic.name.clone()).collect();
//! let promises = [
//!     Promise::parse("deep runs whenever secrets objects", &names)?,
//!     Promise::parse("no allow when deep failed", &names)?,
//! ];
//! let mut prover = Prover::new(&model, &promises);
//! assert_eq!(prover.answer(&promises[0])?, Answer::Holds { vacuous: false });
//! let Answer::Broken { path, .. } = prover.answer(&promises[1])? else { panic!() };
//! assert_eq!(path.to_string(), "\
//! secrets: objects
//! deep: fails
//! verdict: allow");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What cannot be known from a pipeline, a member of the snapshot's context or a closure, is a free atom: it may be
//! either in any run. So what holds, holds whatever they are; and a path that needs one of them says so.
//!
//! Every opinion is taken to be possible of every critic, and every failure at any time. Hooks are no part of the
//! model: a fallback turns a failure into an opinion, and an answer from a cache is one.

mod claim;
mod cnf;
mod count;
mod encode;
mod model;
mod path;
mod prover;
mod steps;
mod sum;
mod worst;

pub use claim::{Claim, Event, ParseError, Promise, RiskFrom, What};
pub use model::{
    Atom, Bound, Codes, Condition, CriticModel, Formula, Gate, Model, ModelError, Quantity,
    RunModel,
};
pub use path::{Assumed, Found, Path, Said, State, Step};
pub use prover::{Answer, Figure, GaveUp, Never, NeverWhy, Prover};
