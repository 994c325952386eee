//! What a collector sees of a run.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use tribunal_core::{FailureMode, Snapshot};
use tribunal_production::{
    Backoff, Builder, CriticSpec, Jitter, ProductionOrchestrator, Retry, RunSettings,
};
use tribunal_testkit::*;
use tribunal_trace::{Sampling, Tracer};
use tribunal_trace_otlp::Otlp;

use crate::read::{get, request, spans, text, texts};

fn court(
    collector: &Collector,
    sampling: Sampling,
    builder: Builder,
) -> (Tracer, ProductionOrchestrator) {
    let otlp = Otlp::to(&collector.url()).unwrap().service_name("shop");
    let otlp = otlp.header("x-key", "hidden").unwrap();
    let tracer = Tracer::builder().sampling(sampling).start(otlp.exporter()).unwrap();
    let court = builder.observer(tracer.clone()).build().unwrap();
    (tracer, court)
}

fn x() -> Snapshot {
    Snapshot::of_input("x")
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap()
}

fn below<'a>(spans: &'a [Span], parent: &Span) -> Vec<&'a Span> {
    spans.iter().filter(|span| span.parent_span_id == parent.span_id).collect()
}

fn code(span: &Span) -> StatusCode {
    span.status.as_ref().map_or(StatusCode::Unset, |status| status.code())
}

/// Tree, parent, links, statuses, values: all of it arrives as it was meant.
#[tokio::test(start_paused = true)]
async fn a_run_arrives_whole() {
    let collector = Collector::start([]);
    let flaky = critic("flaky").then(Step::transient().after(millis(10))).then(Step::objects(0.9));
    let backoff = Backoff::new(millis(100), 1.0, secs(1), Jitter::None).unwrap();
    let spec = CriticSpec::new("flaky").retry(Retry::attempts(2).backoff(backoff)).cost(0.5);
    let open = CriticSpec::new("fails").failure_mode(FailureMode::Allow);
    let builder =
        ProductionOrchestrator::builder().critic(spec, flaky).critic(open, fails("fails"));
    let (tracer, court) = court(&collector, Sampling::NONE, builder);
    let snapshot = Snapshot::builder()
        .attribute("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
        .attribute("tracestate", "other=1")
        .build();
    court.run_all(snapshot).await.unwrap();
    let closed = tracer.close(secs(60));
    assert_eq!((closed.counters.spans, closed.counters.spans_lost, tracer.trouble()), (7, 0, None));

    let received = collector.received();
    let [received] = &received[..] else { panic!("{received:?}") };
    assert!(received.head.starts_with("post /v1/traces http/1.1\r\n"), "{}", received.head);
    assert!(received.head.contains("content-type: application/x-protobuf"));
    assert!(received.head.contains("x-key: hidden"));
    let request = request(received);
    let of_shop = &request.resource_spans[0];
    let resource = &of_shop.resource.as_ref().unwrap().attributes;
    assert_eq!(text(resource, "service.name"), Some("shop"));
    assert_eq!(text(resource, "telemetry.sdk.language"), Some("rust"));
    assert_eq!(of_shop.scope_spans[0].scope.as_ref().unwrap().name, "tribunal");

    let spans = spans(&collector);
    let run = named(&spans, "run");
    assert_eq!(run.parent_span_id, [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31]);
    assert_eq!(run.flags, 0x301, "sampled, and its parent is another process's");
    assert_eq!(run.end_time_unix_nano - run.start_time_unix_nano, 110_000_000);
    assert_eq!(text(&run.attributes, "tribunal.verdict"), Some("block"));
    assert_eq!(texts(&run.attributes, "tribunal.causes"), ["flaky"]);
    assert_eq!(texts(&run.attributes, "tribunal.let_pass"), ["fails"]);
    assert_eq!(get(&run.attributes, "tribunal.critics"), Some(&Value::IntValue(2)));
    assert_eq!(get(&run.attributes, "tribunal.cost.spent"), Some(&Value::DoubleValue(1.0)));
    assert_eq!(code(run), StatusCode::Unset);
    for span in &spans {
        assert_eq!(span.trace_id[..2], [0x0a, 0xf7]);
        assert_eq!(span.trace_state, "other=1");
        assert_eq!(span.kind(), SpanKind::Internal);
    }

    let [stage] = below(&spans, run)[..] else { panic!("{spans:?}") };
    assert_eq!((&*stage.name, stage.flags), ("stage core_analysis", 0x101));
    let critics = below(&spans, stage);
    let names: Vec<&str> = critics.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["critic flaky", "critic fails"]);
    assert_eq!((code(critics[0]), code(critics[1])), (StatusCode::Unset, StatusCode::Error));
    assert_eq!(critics[1].status.as_ref().unwrap().message, "permanent");
    let attempts = below(&spans, critics[0]);
    let [first, second] = attempts[..] else { panic!("{attempts:?}") };
    assert_eq!((code(first), code(second)), (StatusCode::Error, StatusCode::Unset));
    assert!(first.links.is_empty());
    let [link] = &second.links[..] else { panic!("{second:?}") };
    assert_eq!((&link.span_id, &link.trace_id), (&first.span_id, &first.trace_id));
    assert_eq!(text(&link.attributes, "tribunal.link"), Some("retry_of"));
}

/// All of those that were not `allow`, and a share of the others.
#[tokio::test(start_paused = true)]
async fn every_run_arrives_that_was_no_allow() {
    let collector = Collector::start([]);
    let settings = RunSettings::default().max_runs(1).max_queued_runs(0);
    let orders = tribunal_core::critic_fn(|view| {
        tribunal_core::Answer::now(Ok(match view.snapshot().input_text() {
            "bad" => {
                tribunal_core::Opinion::objection(tribunal_core::Violation::new("bad", "bad", 0.9))
            }
            _ => tribunal_core::Opinion::clean(),
        }))
    });
    let builder = ProductionOrchestrator::builder().settings(settings);
    let builder = builder.critic(CriticSpec::new("words"), orders);
    let builder = builder.critic(CriticSpec::new("slow"), takes("slow", millis(5)));
    let (tracer, court) = court(&collector, Sampling::share(0.1).unwrap(), builder);
    for n in 0..200 {
        let input = if n % 20 == 0 { "bad" } else { "good" };
        court.run_all(Snapshot::of_input(input)).await.unwrap();
    }
    let (_, refused) = tokio::join!(court.run_all(x()), court.run_all(x()));
    assert!(refused.is_err());
    let counters = tracer.close(secs(60)).counters;
    assert_eq!((counters.runs_lost, counters.spans_lost, counters.errors), (0, 0, 0));
    let spans = spans(&collector);
    assert_eq!(spans.len() as u64, counters.spans);
    let runs = spans.iter().filter(|span| span.name == "run");
    let kept: Vec<&str> = runs.map(|run| text(&run.attributes, "tribunal.kept").unwrap()).collect();
    let count = |why| kept.iter().filter(|kept| **kept == why).count();
    assert_eq!((count("verdict"), count("refused")), (10, 1));
    assert!((2..50).contains(&count("share")), "{}", count("share"));
}
