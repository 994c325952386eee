//! What the spans of a run are, and what they say.

use tribunal_core::{FailureMode, Mode, Opinion, Snapshot, Stage, Verdict, Violation};
use tribunal_production::{Backoff, Hedge, Jitter, Policy, Retry, RunSettings};
use tribunal_testkit::*;
use tribunal_trace::{Link, Sampling, Span, SpanKind, SpanStatus, TraceId, Tracer, Value};

use crate::court::{Traced, below, named, outline, seated};

fn x() -> Snapshot {
    Snapshot::of_input("x")
}

fn steady(milliseconds: u64) -> Backoff {
    Backoff::new(millis(milliseconds), 1.0, secs(60), Jitter::None).unwrap()
}

fn flag(span: &Span, name: &str) -> bool {
    span.get(name) == Some(&Value::Bool(true))
}

fn list<'a>(span: &'a Span, name: &str) -> Vec<&'a str> {
    match span.get(name) {
        None => Vec::new(),
        Some(Value::Texts(items)) => items.iter().map(String::as_str).collect(),
        Some(other) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_a_tree_of_stages_critics_and_attempts() {
    let traced = Traced::all(|builder| {
        let builder =
            seated(builder, takes("first", millis(30)), |spec| spec.stage(Stage::FastCritics));
        let builder = seated(builder, takes("second", millis(20)), |spec| spec);
        let builder = seated(builder, allows("after"), |spec| spec.depends_on("second"));
        seated(builder, allows("gated"), |spec| spec.policy(Policy::OnViolation))
    });
    let spans = traced.run(x()).await;
    let expected = [
        "run 0-50",
        "  stage fast_critics 0-30",
        "    critic first 0-30",
        "      attempt 0-30",
        "  stage core_analysis 30-50",
        "    critic second 30-50",
        "      attempt 30-50",
        "    critic after 50-50",
        "      attempt 50-50",
    ];
    assert_eq!(outline(&spans), expected);
    let kinds: Vec<SpanKind> = spans[..4].iter().map(|span| span.kind).collect();
    assert_eq!(kinds, [SpanKind::Run, SpanKind::Stage, SpanKind::Critic, SpanKind::Attempt]);
    assert!(spans.iter().all(|span| span.trace_id == spans[0].trace_id));
    assert!(spans.iter().all(|span| span.status == SpanStatus::Unset));
    assert_eq!(list(named(&spans, "stage core_analysis"), "tribunal.gated"), ["gated"]);
    assert_eq!((spans[0].parent, spans[0].parent_is_remote), (None, false));
}

/// The attempt failed, although its critic has an opinion.
#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_fallback_stands_in_for_is_not_told_as_a_success() {
    let traced = Traced::all(|builder| {
        let fallback = HookScript::new().on_failure(HookStep::gives(Opinion::clean()));
        seated(builder.hook(fallback), hangs("slow"), |spec| spec.timeout(millis(20)))
    });
    let spans = traced.run(x()).await;
    let attempt = named(&spans, "attempt");
    assert_eq!(attempt.get("tribunal.end"), Some(&Value::Text("timeout".into())));
}

/// Semantic conventions for generative AI: an evaluation has a name, a score if it has one, and a label.
#[tokio::test(start_paused = true)]
async fn spans_say_what_came_of_a_run_and_of_each_critic() {
    let mut opinion = Opinion::objection(Violation::new("words.bad", "private", 0.9));
    opinion.score = Some(0.25);
    let traced = Traced::all(|builder| {
        let builder = seated(builder, critic("bad").says(opinion), |spec| spec.cost(2.5));
        seated(builder, objects("watched", 0.95), |spec| spec.mode(Mode::Monitor))
    });
    let spans = traced.run(x()).await;
    let run = &spans[0];
    assert_eq!(run.text("tribunal.verdict"), Some("block"));
    assert_eq!(run.text("tribunal.kept"), Some("verdict"));
    assert_eq!(run.text("tribunal.phase"), Some("input"));
    assert_eq!(run.text("gen_ai.evaluation.score.label"), Some("block"));
    assert_eq!(list(run, "tribunal.causes"), ["bad"]);
    assert_eq!(run.get("tribunal.critics"), Some(&Value::Int(2)));
    assert_eq!(run.get("tribunal.cost.spent"), Some(&Value::Float(2.5)));
    assert_eq!(run.status, SpanStatus::Unset, "to block is what it is for");
    let bad = named(&spans, "critic bad");
    for (name, text) in [
        ("tribunal.critic", "bad"),
        ("tribunal.stage", "core_analysis"),
        ("tribunal.status", "success"),
        ("tribunal.calls_for", "block"),
        ("gen_ai.evaluation.name", "bad"),
        ("gen_ai.evaluation.score.label", "block"),
    ] {
        assert_eq!(bad.text(name), Some(text));
    }
    assert_eq!(bad.get("gen_ai.evaluation.score.value"), Some(&Value::Float(0.25)));
    assert_eq!(bad.get("tribunal.severity"), Some(&Value::Float(0.9)));
    assert_eq!(bad.get("tribunal.violations"), Some(&Value::Int(1)));
    assert_eq!(bad.get("tribunal.codes"), None, "not unless it is asked for");
    let watched = named(&spans, "critic watched");
    assert_eq!(watched.text("tribunal.mode"), Some("monitor"));
    assert_eq!(watched.get("gen_ai.evaluation.score.value"), None, "it gave no score");
}

#[tokio::test(start_paused = true)]
async fn codes_come_along_where_they_are_asked_for() {
    let violation = |code: &'static str| Violation::new(code, "private", 0.9);
    let mut opinion = Opinion::objection(violation("a"));
    opinion.violations.extend([violation("b"), violation("a")]);
    let traced = Traced::with(Tracer::builder().with_codes(), |builder| {
        seated(builder, critic("bad").says(opinion), |spec| spec)
    });
    let spans = traced.run(x()).await;
    assert_eq!(list(named(&spans, "critic bad"), "tribunal.codes"), ["a", "b"]);
}

/// A retry is tied to the call it takes the place of.
#[tokio::test(start_paused = true)]
async fn a_retry_links_to_the_attempt_before() {
    let flaky = critic("flaky")
        .then(Step::transient().after(millis(10)))
        .then(Step::hangs())
        .then(Step::allows().after(millis(5)));
    let retry = Retry::attempts(3).on_timeout().backoff(steady(100));
    let traced =
        Traced::all(|builder| seated(builder, flaky, |spec| spec.timeout(millis(50)).retry(retry)));
    let spans = traced.run(x()).await;
    let flaky = named(&spans, "critic flaky");
    let attempts = below(&spans, flaky);
    let ends: Vec<_> = attempts.iter().map(|span| span.text("tribunal.end").unwrap()).collect();
    assert_eq!(ends, ["transient", "timeout", "success"]);
    let statuses: Vec<_> = attempts.iter().map(|span| span.status).collect();
    let [transient, timeout] = ["transient", "timeout"].map(SpanStatus::Error);
    assert_eq!(statuses, [transient, timeout, SpanStatus::Unset]);
    assert!(attempts[0].links.is_empty());
    for (before, after) in attempts.iter().zip(&attempts[1..]) {
        let [Link { to, how, .. }] = after.links[..] else { panic!("{after:?}") };
        assert_eq!((to, how), (before.id, "retry_of"));
    }
    assert_eq!(
        outline(&spans)[2..],
        [
            "    critic flaky 0-265",
            "      attempt 0-10",
            "      attempt 110-160",
            "      attempt 260-265",
        ]
    );
    assert_eq!(flaky.status, SpanStatus::Unset, "it came to something");
}

/// A hedge is tied to the call it lies beside.
#[tokio::test(start_paused = true)]
async fn a_hedge_links_to_the_call_beside_it() {
    let slow = (0..20).fold(critic("slow"), |critic, _| critic.then(Step::allows()));
    let slow = slow.then(Step::hangs()).then(Step::allows().after(millis(30)));
    let traced = Traced::all(|builder| {
        seated(builder, slow, |spec| spec.timeout(secs(1)).hedge(Hedge::after(millis(100))))
    });
    for _ in 0..20 {
        traced.run(x()).await;
    }
    let spans = traced.run(x()).await;
    let attempts = below(&spans, named(&spans, "critic slow"));
    let [first, hedge] = attempts[..] else { panic!("{attempts:?}") };
    assert!(flag(hedge, "tribunal.hedge") && !flag(first, "tribunal.hedge"));
    let [Link { to, how, .. }] = hedge.links[..] else { panic!("{hedge:?}") };
    assert_eq!((to, how), (first.id, "hedge_of"));
    assert_eq!(first.text("tribunal.end"), Some("cancelled"));
    assert_eq!(first.status, SpanStatus::Unset, "nothing went wrong with it");
    let times = ["      attempt 0-130", "      attempt 100-130"];
    assert_eq!(outline(&spans)[3..], times);
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_an_error_with_its_kind() {
    let traced = Traced::all(|builder| {
        let builder = seated(builder, fails("fails"), |spec| spec.failure_mode(FailureMode::Allow));
        let builder = seated(builder, panics("panics"), |spec| spec);
        let builder = seated(builder, hangs("hangs"), |spec| spec.timeout(millis(40)));
        let builder = seated(builder, lies("lies"), |spec| spec);
        seated(builder, allows("skipped"), |spec| spec.depends_on("fails"))
    });
    let spans = traced.run(x()).await;
    for (name, kind, end) in [
        ("fails", "permanent", "permanent"),
        ("panics", "panic", "panic"),
        ("hangs", "critic_timeout", "timeout"),
        ("lies", "invalid", "invalid"),
    ] {
        let critic = named(&spans, &format!("critic {name}"));
        assert_eq!(critic.status, SpanStatus::Error(kind), "{name}");
        assert_eq!(critic.text("error.type"), Some(kind));
        let attempts = below(&spans, critic);
        assert_eq!(attempts.len(), 1);
        assert_eq!(attempts[0].status, SpanStatus::Error(end), "{name}");
    }
    // It never had its turn, and is a failure all the same.
    let skipped = named(&spans, "critic skipped");
    assert_eq!(skipped.text("tribunal.reason"), Some("dependency"));
    assert_eq!(skipped.status, SpanStatus::Error("dependency"));
    assert!(below(&spans, skipped).is_empty());
    let run = named(&spans, "run");
    assert_eq!(list(run, "tribunal.let_pass"), ["fails"]);
    assert_eq!(list(run, "tribunal.failed"), ["fails", "panics", "hangs", "lies", "skipped"]);
}

/// Waiting to be admitted, and waiting for a permit, can be told from work.
#[tokio::test(start_paused = true)]
async fn waiting_is_seen() {
    let traced = Traced::all(|builder| {
        let settings = RunSettings::default().max_runs(1);
        seated(builder.settings(settings), takes("slow", millis(40)), |spec| spec)
    });
    let (_, _) = tokio::join!(traced.court.run_all(x()), traced.court.run_all(x()));
    let (spans, _) = traced.close();
    assert_eq!(
        outline(&spans[4..]),
        [
            "run 0-80",
            "  queue 0-40",
            "  stage core_analysis 40-80",
            "    critic slow 40-80",
            "      attempt 40-80",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_caller_has_the_run_in_its_trace() {
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let traced = Traced::all(|builder| seated(builder, allows("a"), |spec| spec));
    let snapshot = Snapshot::builder()
        .attribute("traceparent", header)
        .attribute("tracestate", "other=1")
        .trace_id("mine")
        .build();
    let spans = traced.run(snapshot).await;
    for span in &spans {
        assert_eq!(span.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(span.state.as_ref().unwrap().as_str(), "other=1");
        assert_eq!(span.parent_is_remote, span.kind == SpanKind::Run);
    }
    assert_eq!(spans[0].parent.unwrap().to_string(), "b7ad6b7169203331");

    // All runs of a request lie in one trace, which follows from its trace id.
    let named = || Snapshot::builder().trace_id("mine").build();
    let (one, other) = (traced.run(named()).await, traced.run(named()).await);
    assert_eq!(one[0].trace_id, TraceId::of_text("mine"));
    assert_eq!(one[0].trace_id, other[0].trace_id);
    assert_ne!(one[0].id, other[0].id);

    // What cannot be read is as if it were not there, and is counted.
    let broken = Snapshot::builder().attribute("traceparent", header.to_uppercase()).build();
    let spans = traced.run(broken).await;
    assert_eq!(spans[0].parent, None);
    assert_eq!(traced.tracer.counters().unread_parents, 1);
}

/// Who has no observers records by hand, and gets the place of the run to go on from.
#[tokio::test(start_paused = true)]
async fn a_run_is_recorded_by_hand() {
    let spans = tribunal_trace::Spans::new(10);
    let tracer = Tracer::builder().sampling(Sampling::NONE).start(spans.clone()).unwrap();
    let court = tribunal_production::ProductionOrchestrator::builder();
    let court = seated(court, objects("bad", 0.5), |spec| spec).build().unwrap();
    let report = court.run_all(x()).await.unwrap();
    assert_eq!(report.verdict, Verdict::Review);
    let place = tracer.record(&report, &x()).unwrap();
    assert!(place.sampled);
    assert!(tracer.flush(secs(60)));
    let run = &spans.all()[0];
    assert_eq!((run.trace_id, run.id), (place.trace_id, place.span_id));
}
