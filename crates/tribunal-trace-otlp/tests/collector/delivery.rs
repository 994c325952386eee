//! Collectors that are slow, fail, or are not there.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};
use prost::Message as _;
use tribunal_core::Snapshot;
use tribunal_production::{CriticSpec, ProductionOrchestrator};
use tribunal_testkit::*;
use tribunal_trace::{TraceCounters, Tracer};
use tribunal_trace_otlp::Otlp;

use crate::read::spans;

/// Each run has four spans.
async fn runs(tracer: &Tracer, times: usize) {
    let critic = CriticSpec::new("x");
    let builder = ProductionOrchestrator::builder().critic(critic, objects("x", 0.9));
    let court = builder.observer(tracer.clone()).build().unwrap();
    for _ in 0..times {
        court.run_all(Snapshot::of_input("x")).await.unwrap();
    }
}

/// One batch of one run to this address.
async fn one(url: &str) -> (TraceCounters, String) {
    let otlp = Otlp::to(url).unwrap();
    let tracer = Tracer::builder().gather(Duration::ZERO).tries(3, Duration::from_millis(1));
    let tracer = tracer.start(otlp.exporter()).unwrap();
    runs(&tracer, 1).await;
    assert!(tracer.flush(secs(60)));
    let trouble = tracer.trouble().map(|trouble| trouble.to_string()).unwrap_or_default();
    (tracer.close(secs(60)).counters, trouble)
}

fn answers(status: u16) -> Reply {
    Reply::Answers(status, "", b"whatever".to_vec())
}

#[tokio::test(start_paused = true)]
async fn what_the_protocol_says_may_do_later_is_tried_again() {
    for status in [429, 502, 503, 504] {
        let later = Reply::Answers(status, "Retry-After: 0", Vec::new());
        let collector = Collector::start([later, answers(status)]);
        let (counters, trouble) = one(&collector.url()).await;
        assert_eq!((counters.spans, counters.spans_lost, counters.errors), (4, 0, 2));
        assert!(trouble.starts_with(&format!("the collector answered {status}")), "{trouble}");
        let received = collector.received();
        assert_eq!(received.len(), 3);
        assert!(received.iter().all(|again| again.body == received[0].body));
    }
    let collector = Collector::start([Reply::Closes]);
    assert_eq!(one(&collector.url()).await.0.spans, 4);
}

#[tokio::test(start_paused = true)]
async fn what_it_refuses_for_good_is_not_sent_again() {
    for status in [301, 400, 401, 404, 413, 500] {
        let collector = Collector::start([answers(status)]);
        let (counters, trouble) = one(&collector.url()).await;
        assert_eq!((counters.spans, counters.spans_lost, counters.errors), (0, 4, 1), "{status}");
        assert!(trouble.starts_with(&format!("the collector answered {status}")), "{trouble}");
        assert_eq!(collector.received().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn spans_that_it_rejects_are_lost() {
    let partial = ExportTracePartialSuccess { rejected_spans: 3, error_message: "too old".into() };
    let response = ExportTraceServiceResponse { partial_success: Some(partial) };
    let collector = Collector::start([Reply::Answers(200, "", response.encode_to_vec())]);
    let (counters, trouble) = one(&collector.url()).await;
    assert_eq!((counters.spans, counters.spans_lost), (1, 3));
    assert_eq!(trouble, "3 spans were rejected: too old");
    // What it says besides is none of our business, nor is what makes no sense.
    let collector = Collector::start([answers(200)]);
    assert_eq!(one(&collector.url()).await.0.spans, 4);
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_is_not_there_costs_spans_and_nothing_else() {
    let url = Collector::start([]).url();
    let (counters, trouble) = one(&url).await;
    assert_eq!((counters.spans, counters.spans_lost, counters.errors), (0, 4, 3));
    assert!(trouble.starts_with("the collector cannot be reached: "), "{trouble}");
}

#[tokio::test(start_paused = true)]
async fn without_tls_https_says_so() {
    let collector = Collector::start([]);
    let (counters, trouble) = one(&collector.url().replace("http:", "https:")).await;
    assert_eq!((counters.spans_lost, counters.errors), (4, 1));
    assert_eq!(trouble, "the collector cannot be reached: https needs a build with TLS");
}

/// Runs go on, what has no room is counted, and closing has an end.
#[tokio::test(start_paused = true)]
async fn a_collector_that_hangs_holds_up_nobody() {
    let collector = Collector::start([Reply::Hangs]);
    let otlp = Otlp::to(&collector.url()).unwrap();
    let queue = std::num::NonZeroUsize::new(8).unwrap();
    let tracer = Tracer::builder().gather(Duration::ZERO).queue(queue);
    let tracer = tracer.start(otlp.exporter()).unwrap();
    runs(&tracer, 1).await;
    assert!(collector.awaits(), "it has the first, and will not answer");
    runs(&tracer, 100).await;
    let counters = tracer.counters();
    assert_eq!((counters.runs, counters.runs_lost), (9, 92));
    let closed = tracer.close(Duration::from_millis(1));
    assert!(!closed.in_time);
    assert_eq!(spans(&collector).len(), 4);
}
