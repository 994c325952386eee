//! A config: refused with every problem inside the text, or taken, and then it makes a plan, and the same one twice.

use tribunal_config::{ConfigError, Pipeline, Source, load};

fn read(text: &str) -> Result<Pipeline, ConfigError> {
    load(&Source::new("fuzz.toml", text), &tribunal_critics::catalogue(), &|_| None)
}

pub(crate) fn check(bytes: &[u8]) {
    // What is not UTF-8 never gets as far as this.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match read(text) {
        Err(error) => {
            assert!(!error.problems().is_empty());
            for problem in error.problems() {
                assert!(text.get(problem.span()).is_some(), "{problem:?}");
                assert!(problem.line() >= 1 && problem.column() >= 1, "{problem:?}");
                assert!(!problem.message().is_empty());
            }
            let steers = |c: char| c.is_control() && c != '\n';
            assert!(!error.to_string().contains(steers), "{error}");
        }
        Ok(pipeline) => {
            let outline = |pipeline: Pipeline| {
                let court = pipeline.build().expect("what was loaded makes a plan");
                assert!(!court.critics().is_empty());
                serde_json::to_value(court.outline()).unwrap()
            };
            assert_eq!(outline(pipeline), outline(read(text).unwrap()));
        }
    }
}
