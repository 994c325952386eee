//! Configurations: what they say arrives, and what is wrong with them is shown in its place.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod any;
mod broken;
mod cache;
mod conditions;
mod conditions_page;
mod default;
mod eval;
mod fields;
mod files;
mod fit;
mod layers;
mod mandatory;
mod merging;
mod page;
mod profiles;
mod promises;
mod references;
mod reload;
mod rendered;
mod schema;
mod source;
mod uses;
mod watch;

use tribunal_config::{ConfigError, Pipeline, Source, load};
use tribunal_core::{Answer, Catalogue, CriticKind, Opinion, Violation, critic_fn};

/// The ready-made kinds, and `echo`: a critic that says what its parameters tell it to.
fn catalogue() -> Catalogue {
    tribunal_critics::catalogue().with(
        CriticKind::new("echo", "says what it is told", |params| {
            let severity = params.number("severity", 0.0, 0.0..=1.0);
            let uncertainty = params.number("uncertainty", 0.0, 0.0..=1.0);
            let fails = params.or("fails", false);
            let passes = params.or("passes", false);
            let token = params.optional::<String>("token");
            if token.as_deref().is_some_and(|token| token.len() < 4) {
                let token = token.unwrap_or_default();
                params.fault("token", format!("is too short: {token:?}"));
                params.fault("severity", format!("does not go with the token {token}"));
            }
            let value = params.optional::<serde_json::Value>("value").unwrap_or_default();
            Some(critic_fn(move |_| {
                if passes {
                    return Answer::now(Err(tribunal_core::CriticError::transient("told to")));
                }
                if fails {
                    return Answer::now(Err(tribunal_core::CriticError::permanent("told to")));
                }
                let opinion = Opinion::clean().uncertainty(uncertainty).value(value.clone());
                Answer::now(Ok(if severity > 0.0 {
                    opinion.violation(Violation::new("echo", "told to", severity))
                } else {
                    opinion
                }))
            }))
        })
        .documented(&[
            ("severity", "of its violation"),
            ("uncertainty", "of its opinion"),
            ("fails", "for good"),
            ("passes", "fails in passing"),
            ("token", "of at least four letters"),
            ("value", "of its opinion"),
        ]),
    )
}

fn parse(text: &str) -> Result<Pipeline, ConfigError> {
    parse_with(text, &|_| None)
}

fn parse_with(
    text: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Pipeline, ConfigError> {
    let read = load(&Source::new("test.toml", text), &catalogue(), environment);
    if read.is_ok() {
        schema::takes(text);
    }
    read
}

/// The problems as `line:column message`.
fn problems(text: &str) -> Vec<String> {
    let Err(error) = parse(text) else { return Vec::new() };
    let line = |problem: &tribunal_config::Problem| {
        format!("{}:{} {}", problem.line(), problem.column(), problem.message())
    };
    error.problems().iter().map(line).collect()
}
