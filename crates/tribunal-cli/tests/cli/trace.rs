//! `judge --otlp`: traces arrive, and when they do not, nothing else changes.

use tribunal_testkit::{Collector, Reply};

use crate::run::{Done, Folder};

const INPUT: &str = "\
{\"trace_id\": \"t-fine\", \"input_text\": \"fine PROMPT-7f3a\"}
{\"traceparent\": \"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\", \"input_text\": \"so bad, ANSWER-91bc\"}
";

/// How often it stands there.
fn count(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).filter(|window| *window == what).count()
}

fn traced(url: &str, more: &[&str]) -> Done {
    let folder = Folder::new();
    let args = [&["judge", "--config", "pipeline.toml", "--format", "jsonl", "--otlp", url], more]
        .concat();
    folder.run_with(&args, INPUT, |command| {
        command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    })
}

fn body(collector: &Collector) -> Vec<u8> {
    collector.received().iter().flat_map(|received| received.body.clone()).collect()
}

/// What it does without a collector is what it does with one.
fn is_as_ever(done: &Done) {
    assert_eq!(done.status, 1, "{}", done.err);
    assert_eq!(done.each("verdict"), ["allow", "block"]);
}

#[test]
fn runs_arrive_without_their_texts() {
    let collector = Collector::start([]);
    let done = traced(&collector.url(), &[]);
    is_as_ever(&done);
    assert_eq!(done.err, "");
    let body = body(&collector);
    assert_eq!(count(&body, b"tribunal.verdict"), 2);
    assert_eq!(count(&body, b"critic words"), 2);
    assert_eq!(count(&body, &[0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd]), 7, "the caller's");
    for private in ["PROMPT", "ANSWER", "t-fine"] {
        assert_eq!(count(&body, private.as_bytes()), 0, "{private}");
    }
}

#[test]
fn of_a_share_of_none_those_arrive_that_were_no_allow() {
    let collector = Collector::start([]);
    is_as_ever(&traced(&collector.url(), &["--trace-sample", "0"]));
    let body = body(&collector);
    assert_eq!((count(&body, b"tribunal.verdict"), count(&body, b"\x05block")), (1, 4));
    for share in ["2", "-1", "x", "NaN"] {
        let sample = format!("--trace-sample={share}");
        assert_eq!(traced(&collector.url(), &[&sample]).status, 2, "{share}");
    }
}

#[test]
fn the_environment_may_say_where_to_and_as_whom() {
    let collector = Collector::start([]);
    let args = ["judge", "--config", "pipeline.toml", "--otlp", "env"];
    let done = Folder::new().run_with(&args, INPUT, |command| {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
        command.env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k%201").env("OTEL_SERVICE_NAME", "shop");
    });
    assert_eq!((done.status, &*done.err), (1, ""));
    let received = collector.received();
    assert!(received.iter().all(|received| received.head.contains("x-key: k 1")));
    assert_eq!(count(&body(&collector), b"\x04shop"), received.len());

    let done = Folder::new().run_with(&args, INPUT, |command| {
        command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        command.env_remove("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    });
    assert_eq!(done.status, 2);
    assert!(done.err.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{}", done.err);
}

#[test]
fn a_collector_that_fails_is_told_of_once_and_changes_nothing_else() {
    let refuses = Collector::start((0..50).map(|_| Reply::Answers(400, "", Vec::new())));
    let gone = Collector::start([]).url();
    for (url, why) in [(refuses.url(), "answered 400"), (gone, "cannot be reached")] {
        let done = traced(&url, &[]);
        is_as_ever(&done);
        let lines: Vec<&str> = done.err.lines().collect();
        let [line] = lines[..] else { panic!("{lines:?}") };
        assert!(line.contains("traces are incomplete: 12 spans") && line.contains(why), "{line}");
    }
}

#[test]
fn what_is_no_collector_is_wrong_usage() {
    for url in ["localhost:4318", "ftp://localhost", "traffic.jsonl"] {
        let done = traced(url, &[]);
        assert_eq!(done.status, 2);
        assert!(done.err.contains("http://localhost:4318"), "{}", done.err);
    }
    #[cfg(not(feature = "otlp-tls"))]
    assert!(traced("https://localhost:4318", &[]).err.contains("--features otlp-tls"));
}

/// Rule 20: with everything on that writes, what went in is in nothing but reports.
#[test]
fn what_was_planted_is_in_no_message_no_log_and_no_span() {
    let planted = "ghp_xyzzy9AbCdEf";
    let lines = [
        format!("{{\"id\": \"{planted}\", \"input_text\": \"so bad {planted}\"}}"),
        format!("{{\"phase\": \"{planted}\"}}"),
        format!("{{\"input_text\": {planted}}}"),
        format!("{{\"{planted}\": 1, \"{planted}\": 2}}"),
        format!("{{\"input_text\": \"odd\", \"context\": {{\"traceparent\": \"{planted}\"}}}}"),
        planted.to_owned(),
    ];
    let collector = Collector::start([]);
    let folder = Folder::new();
    let url = collector.url();
    let args =
        ["judge", "--config", "pipeline.toml", "--output", "out", "--log", "d.jsonl", "--otlp"];
    let done = folder.run([&args[..], &[&url]].concat().as_slice(), lines.join("\n"));
    assert_eq!(done.status, 1, "{}", done.err);
    let log = std::fs::read(folder.path("d.jsonl")).unwrap();
    let body = body(&collector);
    assert_eq!(count(&body, b"tribunal.verdict"), 2);
    for (what, written) in [("stderr", done.err.as_bytes()), ("log", &log), ("spans", &body)] {
        assert_eq!(count(written, planted.as_bytes()), 0, "{what}");
    }
}
