//! From spans to the bytes of an `ExportTraceServiceRequest`, as
//! [OTLP 1](https://github.com/open-telemetry/opentelemetry-proto) has it.
//!
//! Its messages are few, flat and fixed for good, so they are written by hand; tests read them with the official types.
//! Numbers of fields stand beside their names in `trace.proto`, `common.proto` and `resource.proto`.

use tribunal_trace::{Link, Span, SpanStatus, Value};

use crate::wire::{bytes, fixed32, fixed64, message, number};

/// Whose spans they are.
pub(crate) fn resource(attributes: &[(String, String)]) -> Vec<u8> {
    let mut to = Vec::new();
    for (name, value) in attributes {
        attribute(&mut to, 1, name, |to| text(to, value));
    }
    to
}

/// The whole request.
pub(crate) fn request(resource: &[u8], spans: &[Span]) -> Vec<u8> {
    let mut to = Vec::new();
    message(&mut to, 1, |resource_spans| {
        bytes(resource_spans, 1, resource);
        message(resource_spans, 2, |scope_spans| {
            message(scope_spans, 1, |scope| {
                bytes(scope, 1, b"tribunal");
                bytes(scope, 2, env!("CARGO_PKG_VERSION").as_bytes());
            });
            for one in spans {
                message(scope_spans, 2, |to| span(to, one));
            }
        });
    });
    to
}

/// `SPAN_KIND_INTERNAL`: nothing a run does is a call from or to another process, as far as it knows.
const INTERNAL: u64 = 1;
/// `STATUS_CODE_ERROR`.
const ERROR: u64 = 2;
/// The trace is sampled, and it is told whether the span it refers to is another process's.
const FLAGS: u32 = 0x01 | 0x100;
/// It is.
const IS_REMOTE: u32 = 0x200;

fn span(to: &mut Vec<u8>, span: &Span) {
    bytes(to, 1, &span.trace_id.bytes());
    bytes(to, 2, &span.id.bytes());
    if let Some(state) = &span.state {
        bytes(to, 3, state.as_str().as_bytes());
    }
    if let Some(parent) = span.parent {
        bytes(to, 4, &parent.bytes());
    }
    bytes(to, 5, span.name.as_bytes());
    number(to, 6, INTERNAL);
    fixed64(to, 7, span.start);
    fixed64(to, 8, span.end);
    for (name, value) in &span.attributes {
        attribute(to, 9, name, |to| any(to, value));
    }
    for Link { to: linked, how, .. } in &span.links {
        message(to, 13, |to| {
            bytes(to, 1, &span.trace_id.bytes());
            bytes(to, 2, &linked.bytes());
            attribute(to, 4, "tribunal.link", |to| text(to, how));
            fixed32(to, 6, FLAGS);
        });
    }
    if let SpanStatus::Error(kind) = span.status {
        message(to, 15, |to| {
            bytes(to, 2, kind.as_bytes());
            number(to, 3, ERROR);
        });
    }
    fixed32(to, 16, if span.parent_is_remote { FLAGS | IS_REMOTE } else { FLAGS });
}

fn attribute(to: &mut Vec<u8>, field: u32, name: &str, value: impl FnOnce(&mut Vec<u8>)) {
    message(to, field, |to| {
        bytes(to, 1, name.as_bytes());
        message(to, 2, value);
    });
}

fn text(to: &mut Vec<u8>, text: &str) {
    bytes(to, 1, text.as_bytes());
}

fn any(to: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Text(value) => text(to, value),
        Value::Bool(yes) => number(to, 2, (*yes).into()),
        // Two's complement, as `int64` has it.
        Value::Int(value) => number(to, 3, value.cast_unsigned()),
        Value::Float(value) => fixed64(to, 4, value.to_bits()),
        Value::Texts(values) => message(to, 5, |to| {
            for value in values {
                message(to, 1, |to| text(to, value));
            }
        }),
        // An empty value is a value, too.
        _ => {}
    }
}
