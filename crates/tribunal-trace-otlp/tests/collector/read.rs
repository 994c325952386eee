//! What a collector received, as the official types have it.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tribunal_testkit::{Collector, Received};

pub(crate) fn request(received: &Received) -> ExportTraceServiceRequest {
    ExportTraceServiceRequest::decode(&received.body[..]).unwrap()
}

/// All spans, in the order in which they came.
pub(crate) fn spans(collector: &Collector) -> Vec<Span> {
    let requests = collector.received();
    let requests = requests.iter().map(request);
    let of_resources = requests.flat_map(|request| request.resource_spans);
    let of_scopes = of_resources.flat_map(|resource| resource.scope_spans);
    of_scopes.flat_map(|scope| scope.spans).collect()
}

pub(crate) fn get<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    found.value.as_ref()?.value.as_ref()
}

pub(crate) fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    match get(attributes, name)? {
        Value::StringValue(text) => Some(text),
        other => panic!("{name} is {other:?}"),
    }
}

pub(crate) fn texts(attributes: &[KeyValue], name: &str) -> Vec<String> {
    let Some(Value::ArrayValue(array)) = get(attributes, name) else { return Vec::new() };
    let text = |value: &AnyValue| match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{name} has {other:?}"),
    };
    array.values.iter().map(text).collect()
}
