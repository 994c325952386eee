//! A critic with parameters from a configuration, and every mistake in them shown in its place:
//! `cargo run -p tribunal --example critic_params --features config`
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use tribunal::{
    Answer, Critic, CriticKind, Opinion, Params, Pointer, Reads, Review, Snapshot, Span, Verdict,
    View, Violation, config, critics,
};

/// Objects to words of a house style.
struct HouseStyle {
    words: Vec<Word>,
}

struct Word {
    avoid: String,
    prefer: Option<String>,
    severity: f64,
}

impl HouseStyle {
    /// Notes all that is wrong and gives `None` when it cannot go on. A key that nobody asks for is an error too.
    fn from_params(params: &Params<'_>) -> Option<Self> {
        let words = params.tables("words", |word| {
            let avoid = word.required::<String>("avoid")?;
            let prefer = word.optional::<String>("prefer");
            let severity = word.number("severity", 0.3, 0.0..=1.0);
            // What no type can say.
            if avoid.trim().is_empty() {
                word.fault("avoid", "must not be empty");
                return None;
            }
            if prefer.as_deref() == Some(avoid.as_str()) {
                word.fault("prefer", "is the word to avoid");
            }
            Some(Word { avoid, prefer, severity })
        });
        if !params.has("words") {
            params.fault("words", "must name at least one word");
        }
        Some(Self { words })
    }
}

impl Critic for HouseStyle {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let text = view.snapshot().model_response();
        let mut opinion = Opinion::clean();
        for word in &self.words {
            for (at, found) in text.match_indices(word.avoid.as_str()) {
                let mut span = Span::new(Pointer::model_response(), at..at + found.len(), "word");
                if let Some(prefer) = &word.prefer {
                    span = span.replaced_by(prefer.clone());
                }
                let violation = Violation::new("style.word", "a word we do not use", word.severity);
                opinion = opinion.violation(violation.at(span));
            }
        }
        Answer::now(Ok(opinion))
    }

    fn reads(&self) -> Reads {
        Reads::snapshot([Pointer::model_response()])
    }
}

const GOOD: &str = r#"
[[critic]]
name = "style"
kind = "house_style"
[critic.params]
words = [{ avoid = "leverage", prefer = "use", severity = 0.6 }, { avoid = "synergy" }]
"#;

const BAD: &str = r#"
[[critic]]
name = "style"
kind = "house_style"
[critic.params]
words = [{ avoid = "leverage", severity = 6 }, { avoid = 3 }, { avoid = "", prefre = "x" }]
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let kind = CriticKind::new("house_style", "words of a house style", HouseStyle::from_params);
    let kinds = critics::catalogue().with(kind);
    let load =
        |text: &str| config::load(&config::Source::new("style.toml", text), &kinds, &|_| None);

    let court = load(GOOD)?.build()?;
    let snapshot = Snapshot::builder().model_response("We leverage it.").build();
    let report = court.run_all(snapshot).await?;
    assert_eq!(report.verdict, Verdict::Review);
    println!("{}: {:?}", report.verdict, report.causes);

    let Err(error) = load(BAD) else { return Err("mistakes were let pass".into()) };
    assert_eq!(error.problems().len(), 4);
    for problem in error.problems() {
        println!("{}:{} {}", problem.line(), problem.column(), problem.message());
    }
    Ok(())
}

#[test]
fn it_runs_as_it_stands() {
    main().unwrap();
}
