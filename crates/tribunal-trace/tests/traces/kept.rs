//! Which traces are kept.

use tribunal_core::{FailureMode, Mode, Snapshot};
use tribunal_production::{CriticSpec, RunSettings};
use tribunal_testkit::*;
use tribunal_trace::{Sampling, Span, SpanKind, SpanStatus, Tracer};

use crate::court::{Traced, seated};

fn none() -> tribunal_trace::TracerBuilder {
    Tracer::builder().sampling(Sampling::NONE)
}

/// Why the run of this critic was kept, with nothing kept that need not be. Another one allows: without any opinion there
/// is no `allow`.
async fn why(critic: Scripted, spec: impl FnOnce(CriticSpec) -> CriticSpec) -> Option<String> {
    let traced = Traced::with(none(), |builder| {
        seated(seated(builder, critic, spec), allows("other"), |spec| spec)
    });
    let spans = traced.run(Snapshot::of_input("x")).await;
    spans.first().map(|run| run.text("tribunal.kept").unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn every_run_is_kept_that_is_not_a_plain_allow() {
    let open = |spec: CriticSpec| spec.failure_mode(FailureMode::Allow);
    let monitored = |spec: CriticSpec| spec.mode(Mode::Monitor);
    assert_eq!(why(objects("x", 0.5), |spec| spec).await.as_deref(), Some("verdict"));
    assert_eq!(why(objects("x", 0.9), |spec| spec).await.as_deref(), Some("verdict"));
    assert_eq!(why(fails("x"), |spec| spec).await.as_deref(), Some("verdict"));
    assert_eq!(why(fails("x"), open).await.as_deref(), Some("let_pass"));
    assert_eq!(why(objects("x", 0.9), monitored).await.as_deref(), Some("would_have"));
    assert_eq!(why(allows("x"), monitored).await, None);
    assert_eq!(why(allows("x"), |spec| spec).await, None);
}

/// A refused run has no report, and a trace nonetheless.
#[tokio::test(start_paused = true)]
async fn refused_runs_are_kept() {
    let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    let traced = Traced::with(none(), |builder| {
        let settings = RunSettings::default().max_runs(1).max_queued_runs(0);
        seated(builder.settings(settings), takes("slow", secs(1)), |spec| spec)
    });
    let snapshot = || Snapshot::builder().attribute("traceparent", header).build();
    let (_, refused) =
        tokio::join!(traced.court.run_all(snapshot()), traced.court.run_all(snapshot()));
    assert!(refused.is_err());
    let (spans, counters) = traced.close();
    let [run] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!(run.text("tribunal.kept"), Some("refused"));
    assert_eq!(run.text("tribunal.refused"), Some("overloaded"));
    assert_eq!(run.status, SpanStatus::Error("overloaded"));
    assert_eq!(run.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
    assert_eq!((counters.runs, counters.spans), (1, 1));
}

fn runs(spans: &[Span]) -> usize {
    spans.iter().filter(|span| span.kind == SpanKind::Run).count()
}

#[tokio::test(start_paused = true)]
async fn of_all_others_a_share_is_kept_by_trace_id() {
    let quarter = || Tracer::builder().sampling(Sampling::share(0.25).unwrap());
    let mut kept = Vec::new();
    for _ in 0..2 {
        let traced = Traced::with(quarter(), |builder| seated(builder, allows("x"), |spec| spec));
        for n in 0..400 {
            let snapshot = Snapshot::builder().trace_id(format!("request {n}")).build();
            traced.court.run_all(snapshot).await.unwrap();
        }
        let (spans, _) = traced.close();
        assert!((60..140).contains(&runs(&spans)), "{}", runs(&spans));
        kept.push(spans.iter().map(|span| span.trace_id).collect::<Vec<_>>());
    }
    assert_eq!(kept[0], kept[1], "two services keep the same traces");
    let traced = Traced::with(quarter(), |builder| seated(builder, allows("x"), |spec| spec));
    for _ in 0..400 {
        traced.court.run_all(Snapshot::of_input("no trace id")).await.unwrap();
    }
    let (spans, _) = traced.close();
    assert!((50..150).contains(&runs(&spans)), "{}", runs(&spans));
}

/// Who keeps the trace has all of it; who does not has no more than what has to be kept.
#[tokio::test(start_paused = true)]
async fn a_caller_decides_for_an_allow() {
    let header = |flags: &str| {
        let header = format!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-{flags}");
        Snapshot::builder().attribute("traceparent", header).build()
    };
    for sampling in [Sampling::NONE, Sampling::ALL] {
        let tracer = || Tracer::builder().sampling(sampling);
        let traced = Traced::with(tracer(), |builder| seated(builder, allows("x"), |spec| spec));
        let spans = traced.run(header("01")).await;
        assert_eq!(spans[0].text("tribunal.kept"), Some("parent"));
        assert!(traced.run(header("00")).await.is_empty());
        let traced =
            Traced::with(tracer(), |builder| seated(builder, objects("x", 0.9), |spec| spec));
        assert_eq!(traced.run(header("00")).await[0].text("tribunal.kept"), Some("verdict"));
    }
}
