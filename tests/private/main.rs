//! Nothing private where it does not belong, with everything switched on that writes (rule 20).
//!
//! Secrets and prompts are planted in every part of a snapshot, and quoted by critics, hooks, conditions and checks that
//! fail. Then all that was written is searched: events at TRACE level, log records of dependencies, metrics, gauges, spans as
//! a collector got them, the decision log, and every public error and `Debug`. Not searched is what is meant to have them:
//! reports, and violations' codes, which are words for machines. A trace id names a request across services: it is in the
//! decision log, and nowhere else.
//!
//! One test, since what captures events is the process's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "here to fail a test with a plain message"
)]

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use tribunal_core::{
    Answer, Condition, ConditionError, CriticError, CriticInfo, FailureMode, Hook, HookError, Mode,
    Opinion, Outcome, Pointer, Snapshot, SnapshotLimits, Span, View, Violation, critic_fn,
};
use tribunal_log::{DecisionLog, FileSink};
use tribunal_metrics::{Meters, Sources};
use tribunal_production::{
    Builder, Canary, CriticSpec, Policy, ProductionOrchestrator, Reloadable, Retry, RunSettings,
    Validation,
};
use tribunal_testkit::{Collector, hangs, secs};
use tribunal_trace::{Sampling, TraceParent, TraceState, Tracer};
use tribunal_trace_otlp::Otlp;
use tribunal_tracing::RunEvents;

/// Each begins like this and ends with where it was planted.
const PLANTED: &str = "ghp_xyzzy9AbCdEf";
/// In the trace id.
const TRACE_ID: &str = "request-of-plugh";

fn planted(place: &str) -> String {
    format!("my key is {PLANTED}{place}, keep it")
}

fn private() -> Snapshot {
    Snapshot::builder()
        .trace_id(TRACE_ID)
        .input_text(planted("input"))
        .model_response(planted("answer"))
        .with("risk_tier", planted("risk"))
        .with(planted("context-name"), planted("context"))
        .with("traceparent", planted("traceparent"))
        .attribute("id", planted("id"))
        .attribute("tracestate", planted("tracestate"))
        .attribute(planted("attribute-name"), planted("attribute"))
        .build()
}

/// All that is written while it lives.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Quotes the prompt wherever an opinion has words.
fn quoting(view: View<'_>) -> Opinion {
    let text = view.snapshot().input_text();
    let mut opinion =
        Opinion::objection(Violation::new("quotes", text.to_owned(), 0.9).at(Span::new(
            Pointer::of(["input_text"]),
            0..5,
            text.to_owned(),
        )));
    opinion.value = text.into();
    opinion.details = Some(Box::new([(text.to_owned(), text.into())].into_iter().collect()));
    opinion
}

struct Careless;

impl Condition for Careless {
    fn holds(&self, view: View<'_>) -> Result<bool, ConditionError> {
        Err(ConditionError(view.snapshot().input_text().to_owned()))
    }
}

impl Hook for Careless {
    fn after<'a>(
        &'a self,
        _: &'a CriticInfo,
        view: View<'a>,
        _: &'a Outcome,
    ) -> Answer<'a, Result<(), HookError>> {
        Answer::now(Err(HookError(view.snapshot().input_text().to_owned())))
    }
}

fn fails(error: fn(String) -> CriticError) -> impl tribunal_core::Critic {
    critic_fn(move |view| Answer::now(Err(error(view.snapshot().input_text().to_owned()))))
}

/// Every way to fail, quoting.
fn plan() -> Builder {
    let check = |opinion: &Opinion| Err(opinion.value.to_string());
    let panics = critic_fn(|view| -> tribunal_core::Review<'_> {
        panic!("{}", view.snapshot().input_text())
    });
    let open = |name: &str| CriticSpec::new(name).failure_mode(FailureMode::Allow);
    let retry = Retry::attempts(2);
    ProductionOrchestrator::builder()
        .critic(CriticSpec::new("objects"), critic_fn(|view| Answer::now(Ok(quoting(view)))))
        .critic(
            CriticSpec::new("watches").mode(Mode::Monitor),
            critic_fn(|view| Answer::now(Ok(quoting(view)))),
        )
        .critic(open("transient").retry(retry), fails(CriticError::transient))
        .critic(open("permanent"), fails(CriticError::permanent))
        .critic(open("panics"), panics)
        .critic(
            open("invalid").validation(Validation::new().check(check)),
            critic_fn(|view| Answer::now(Ok(quoting(view)))),
        )
        .critic(open("hangs").timeout(secs(1)), hangs("hangs"))
        .critic(
            open("condition").policy(Policy::when(Careless)),
            critic_fn(|_| Answer::now(Ok(Opinion::clean()))),
        )
        .critic(
            CriticSpec::new("gated").policy(Policy::when(|_: View<'_>| false)),
            critic_fn(|_| Answer::now(Ok(Opinion::clean()))),
        )
        .hook(Careless)
        .settings(RunSettings::default().max_runs(1).max_queued_runs(0))
}

/// Everything public that can be printed of a snapshot that is none, or of what goes wrong with one.
fn errors() -> String {
    let secret = planted("error");
    let json = [
        format!("{{\"input_text\": \"{secret}\", \"input_text\": \"{secret}\"}}"),
        format!("{{\"{secret}\": 1, \"{secret}\": 2}}"),
        format!("{{\"input_text\": {secret}}}"),
        format!("{{\"phase\": \"{secret}\"}}"),
        format!("\"{secret}\""),
    ];
    let mut all = format!("{:?}", private());
    for text in json {
        let error = Snapshot::from_json(text.as_bytes()).unwrap_err();
        all += &format!("{error} {error:?}\n");
        let limits = SnapshotLimits::default();
        let error = Snapshot::from_json_within(text.as_bytes(), limits).unwrap_err();
        all += &format!("{error} {error:?}\n");
    }
    let error = TraceParent::of(&private()).unwrap_err();
    all += &format!("{error} {error:?}\n");
    let error = secret.parse::<TraceState>().unwrap_err();
    all += &format!("{error} {error:?}\n");
    let error = Otlp::to(&secret).unwrap_err();
    all + &format!("{error} {error:?}\n")
}

fn search(what: &str, written: &[u8], for_what: &str) {
    let found = written.windows(for_what.len()).position(|window| window == for_what.as_bytes());
    let around = |at: usize| {
        let part = &written[at.saturating_sub(200)..(at + 80).min(written.len())];
        String::from_utf8_lossy(part).into_owned()
    };
    assert!(found.is_none(), "{what}: {}", found.map(around).unwrap_or_default());
}

#[tokio::test(start_paused = true)]
async fn planted_texts_are_in_nothing_that_is_written() {
    // What the critic says that panics stays with the hook of the process, which here does not repeat it.
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str().is_none_or(|text| !text.starts_with("my key is")) {
            usual(info);
        }
    }));
    let events = Written::default();
    // With it come the records of dependencies that use `log`.
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(events.clone())
        .with_ansi(false)
        .init();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("decisions.jsonl");
    let log = DecisionLog::builder().start(FileSink::new(&path)).unwrap();
    let collector = Collector::start([]);
    let otlp = Otlp::to(&collector.url()).unwrap();
    let tracer =
        Tracer::builder().sampling(Sampling::ALL).with_codes().start(otlp.exporter()).unwrap();
    let meters = Meters::new();
    let observed = plan()
        .observer(meters.clone())
        .observer(tracer.clone())
        .observer(log.clone())
        .observer(RunEvents);
    let court = Reloadable::new(observed.build().unwrap());
    let canary = Canary::new();

    let (judged, refused) = tokio::join!(court.run_all(private()), court.run_all(private()));
    let (report, refused) = (judged.unwrap(), refused.unwrap_err());
    canary.check(&court).await;

    // They are where they belong, or nothing is shown by their not being elsewhere.
    let written = serde_json::to_string(&report).unwrap();
    for critic in ["objects", "watches", "transient", "permanent", "invalid", "condition"] {
        let outcome = &report[critic];
        let said = format!("{:?} {:?}", outcome.opinion, outcome.reason);
        assert!(said.contains(PLANTED), "{critic}: {said}");
    }
    assert!(written.contains(PLANTED));

    let now = court.current();
    let sources = Sources::of(&court).canary(&canary).log_lines(1, 1);
    let metrics = format!("{} {:?}", meters.read(&sources), meters);
    let standing = format!("{:?} {:?} {:?}", now.gauges(), now.metrics(), canary.reading());
    let plan = format!("{:?} {}", now.outline(), serde_json::to_string(&now.outline()).unwrap());
    let debug = format!(
        "{report:?} {court:?} {tracer:?} {log:?} {otlp:?}",
        otlp = Otlp::to(&collector.url())
    );
    let refusal = format!("{refused} {refused:?}");
    let errors = errors();
    assert!(tracer.close(secs(60)).in_time && log.close(secs(60)).in_time);
    assert_eq!(tracer.counters().spans_lost, 0);
    assert_eq!(tracer.counters().unread_parents, 2);

    let spans: Vec<u8> = collector.received().iter().flat_map(|it| it.body.clone()).collect();
    let decisions = std::fs::read(&path).unwrap();
    let events = events.0.lock().unwrap().clone();
    for (what, written, sign) in [
        ("events", &events[..], "tribunal::critic"),
        ("metrics", metrics.as_bytes(), "tribunal_runs_total"),
        ("gauges and counters", standing.as_bytes(), "objects"),
        ("plan", plan.as_bytes(), "objects"),
        ("spans", &spans, "critic objects"),
        ("decision log", &decisions, "decision_id"),
        ("debug of things", debug.as_bytes(), "Tracer"),
        ("refusal", refusal.as_bytes(), "Overloaded"),
        ("errors", errors.as_bytes(), "traceparent"),
    ] {
        assert!(written.windows(sign.len()).any(|it| it == sign.as_bytes()), "no {sign} in {what}");
        search(what, written, PLANTED);
        if what != "decision log" {
            search(what, written, TRACE_ID);
        }
    }
}
