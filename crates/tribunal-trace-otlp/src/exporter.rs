//! Speaks HTTP: one request for each batch of spans.

use std::fmt;
use std::time::Duration;

use thiserror::Error;
use tribunal_trace::{ExportError, Exporter, Span};
use ureq::http::{HeaderName, HeaderValue, Response, StatusCode, Uri};
use ureq::{Agent, Body, Proxy};

use crate::answer;
use crate::encode;
use crate::settings::Otlp;

/// So much of an answer is read.
const LONGEST_ANSWER: u64 = 64 << 10;

/// Hands spans to a collector. Started with a [`Tracer`](tribunal_trace::Tracer).
///
/// A proxy is used where `HTTP_PROXY` and its like say so, but never for the machine itself.
pub struct OtlpExporter {
    agent: Agent,
    url: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    resource: Vec<u8>,
}

/// Why a collector did not take spans.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CollectorError {
    /// It could not be asked.
    #[error("the collector cannot be reached: {0}")]
    Unreachable(#[source] Box<ureq::Error>),
    /// TLS was not built in.
    #[error("the collector cannot be reached: https needs a build with TLS")]
    NoTls,
    /// It answered something else than that it took them.
    #[error("the collector answered {0}")]
    Answered(StatusCode),
    /// It took some of them; what it said about the others.
    #[error("{0}")]
    Rejected(String),
}

impl OtlpExporter {
    pub(crate) fn new(otlp: &Otlp) -> Self {
        let host = otlp.url.host().unwrap_or_default();
        let is_own = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
        let proxy = if is_own { None } else { Proxy::try_from_env() };
        let agent = Agent::config_builder()
            .timeout_global(Some(otlp.timeout))
            .http_status_as_error(false)
            // A collector that has moved is to be told of: its headers may be keys.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .user_agent(concat!("tribunal/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self {
            agent,
            url: otlp.url.clone(),
            headers: otlp.headers.clone(),
            resource: encode::resource(&otlp.resource),
        }
    }

    fn send(&self, request: &[u8]) -> Result<Response<Body>, ureq::Error> {
        let mut post = self.agent.post(&self.url);
        for (name, value) in &self.headers {
            post = post.header(name, value);
        }
        post.header("content-type", "application/x-protobuf").send(request)
    }
}

impl Exporter for OtlpExporter {
    fn export(&mut self, spans: &[Span]) -> Result<(), ExportError> {
        let mut response = self.send(&encode::request(&self.resource, spans)).map_err(failed)?;
        let status = response.status();
        if status.is_success() {
            // An answer that cannot be read is no reason to send everything again.
            let body = response.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec();
            let Some((rejected, why)) = answer::rejected(&body.unwrap_or_default()) else {
                return Ok(());
            };
            return Err(ExportError::Partly {
                rejected,
                cause: cause(CollectorError::Rejected(why)),
            });
        }
        let cause = cause(CollectorError::Answered(status));
        // As the protocol has it: these and no others.
        Err(match status.as_u16() {
            429 | 502 | 503 | 504 => ExportError::Transient { cause, after: after(&response) },
            _ => ExportError::Permanent(cause),
        })
    }
}

fn cause(error: CollectorError) -> Box<dyn std::error::Error + Send + Sync> {
    Box::new(error)
}

/// How long the collector wants to be left alone, in whole seconds; a date is not understood.
fn after<T>(response: &Response<T>) -> Option<Duration> {
    let text = response.headers().get("retry-after")?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

fn failed(error: ureq::Error) -> ExportError {
    match error {
        ureq::Error::TlsRequired => ExportError::Permanent(cause(CollectorError::NoTls)),
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => {
            ExportError::Permanent(cause(CollectorError::Unreachable(Box::new(error))))
        }
        error => ExportError::Transient {
            cause: cause(CollectorError::Unreachable(Box::new(error))),
            after: None,
        },
    }
}

impl fmt::Debug for OtlpExporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpExporter").field("url", &self.url).finish_non_exhaustive()
    }
}
