//! What can be said about an exporter: where to, with which headers, as whom.

use std::fmt;
use std::time::Duration;

use thiserror::Error;
use ureq::http::{HeaderName, HeaderValue, Uri};

use crate::exporter::OtlpExporter;

/// Where traces go, and with what. Its `Debug` shows no values of headers: they may be keys.
#[derive(Clone)]
#[must_use]
pub struct Otlp {
    pub(crate) url: Uri,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) resource: Vec<(String, String)>,
    pub(crate) timeout: Duration,
}

/// What is wrong with the settings of an exporter. Says nothing of what is in a header.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OtlpError {
    /// Where to is no place that OTLP over HTTP can go.
    #[error(
        "expected a URL such as `http://localhost:4318`, without credentials, for the collector"
    )]
    Endpoint,
    /// A header that cannot be one.
    #[error("expected a name and a value that HTTP allows for header {0}")]
    Header(usize),
    /// A list that is none.
    #[error("expected `key=value,key=value` in `{0}`")]
    List(&'static str),
    /// A time that is none.
    #[error("expected milliseconds, more than 0, in `{0}`")]
    Timeout(&'static str),
}

impl Otlp {
    /// Where a collector listens unless it is told otherwise.
    pub const DEFAULT: &'static str = "http://localhost:4318";

    /// To the collector at this address; `/v1/traces` is added to it.
    ///
    /// # Errors
    ///
    /// [`OtlpError::Endpoint`].
    pub fn to(base: &str) -> Result<Self, OtlpError> {
        Self::at(&format!("{}/v1/traces", base.trim_end_matches('/')))
    }

    /// To this very URL.
    ///
    /// # Errors
    ///
    /// [`OtlpError::Endpoint`].
    pub fn at(url: &str) -> Result<Self, OtlpError> {
        let url: Uri = url.parse().map_err(|_| OtlpError::Endpoint)?;
        let speaks = matches!(url.scheme_str(), Some("http" | "https"));
        let plain = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        if !speaks || !plain {
            return Err(OtlpError::Endpoint);
        }
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let resource = vec![
            own("service.name", "tribunal"),
            own("telemetry.sdk.language", "rust"),
            own("telemetry.sdk.name", "tribunal"),
            own("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ];
        Ok(Self { url, headers: Vec::new(), resource, timeout: Duration::from_secs(10) })
    }

    /// Whether it needs TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme_str() == Some("https")
    }

    /// With a header, such as a key.
    ///
    /// # Errors
    ///
    /// [`OtlpError::Header`], with its number.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, OtlpError> {
        let wrong = OtlpError::Header(self.headers.len() + 1);
        let (Ok(name), Ok(mut value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
        else {
            return Err(wrong);
        };
        value.set_sensitive(true);
        self.headers.push((name, value));
        Ok(self)
    }

    /// As which service; `tribunal` unless set.
    pub fn service_name(self, name: &str) -> Self {
        self.resource("service.name", name)
    }

    /// With an attribute of the service, such as `deployment.environment.name`; one of the same name is replaced.
    pub fn resource(mut self, name: &str, value: &str) -> Self {
        self.resource.retain(|(known, _)| known != name);
        self.resource.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How long one request may take in all; ten seconds unless set.
    pub const fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// What a tracer is started with.
    #[must_use]
    pub fn exporter(self) -> OtlpExporter {
        OtlpExporter::new(&self)
    }
}

impl fmt::Debug for Otlp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, headers, resource, timeout } = self;
        let headers: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Otlp")
            .field("url", url)
            .field("headers", &headers)
            .field("resource", resource)
            .field("timeout", timeout)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_added_to_an_address_and_not_to_a_url() {
        let url = |otlp: Result<Otlp, OtlpError>| otlp.unwrap().url.to_string();
        for base in ["http://localhost:4318", "http://localhost:4318/"] {
            assert_eq!(url(Otlp::to(base)), "http://localhost:4318/v1/traces");
        }
        assert_eq!(url(Otlp::to("https://c.test/otlp")), "https://c.test/otlp/v1/traces");
        assert_eq!(url(Otlp::at("http://c.test/mine")), "http://c.test/mine");
    }

    #[test]
    fn what_is_no_place_for_http_is_refused() {
        for base in [
            "",
            "localhost:4318",
            "ftp://c.test",
            "http://",
            "http://u:p@c.test",
            "grpc://x",
            "http://a b",
        ] {
            assert_eq!(Otlp::to(base).unwrap_err(), OtlpError::Endpoint, "{base}");
        }
    }

    #[test]
    fn headers_are_checked_and_not_shown() {
        let otlp = Otlp::to(Otlp::DEFAULT).unwrap().header("api-key", "hidden").unwrap();
        let shown = format!("{otlp:?}");
        assert!(shown.contains("api-key") && !shown.contains("hidden"), "{shown}");
        for (name, value) in [("a b", "c"), ("a", "c\nd"), ("", "c")] {
            assert_eq!(otlp.clone().header(name, value).unwrap_err(), OtlpError::Header(2));
        }
    }
}
