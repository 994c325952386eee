//! The standard environment variables of OTLP exporters, as far as they mean something for traces over HTTP.

use std::time::Duration;

use crate::settings::{Otlp, OtlpError};

impl Otlp {
    /// As the environment says: `OTEL_EXPORTER_OTLP_ENDPOINT`, `_HEADERS` and `_TIMEOUT`, or those of them that begin with
    /// `OTEL_EXPORTER_OTLP_TRACES_`, and `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`. `read` reads a variable; an empty
    /// one is as good as none. `None` where no endpoint is named, here or there.
    ///
    /// # Errors
    ///
    /// [`OtlpError`].
    pub fn from_environment(
        read: &dyn Fn(&str) -> Option<String>,
        endpoint: Option<&str>,
    ) -> Result<Option<Self>, OtlpError> {
        let read = |name: &str| read(name).filter(|value| !value.trim().is_empty());
        let otlp = match (endpoint, read("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")) {
            (Some(base), _) => Self::to(base)?,
            (None, Some(url)) => Self::at(url.trim())?,
            (None, None) => match read("OTEL_EXPORTER_OTLP_ENDPOINT") {
                Some(base) => Self::to(base.trim())?,
                None => return Ok(None),
            },
        };
        let either = |traces: &'static str, all: &'static str| {
            read(traces)
                .map(|value| (traces, value))
                .or_else(|| read(all).map(|value| (all, value)))
        };
        let mut otlp = otlp;
        let headers = either("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS");
        if let Some((name, list)) = headers {
            for (key, value) in pairs(name, &list)? {
                otlp = otlp.header(&key, &value)?;
            }
        }
        let timeout = either("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT");
        if let Some((name, millis)) = timeout {
            let millis = millis.trim().parse().ok().filter(|millis| *millis > 0);
            otlp = otlp.timeout(Duration::from_millis(millis.ok_or(OtlpError::Timeout(name))?));
        }
        if let Some(list) = read("OTEL_RESOURCE_ATTRIBUTES") {
            for (key, value) in pairs("OTEL_RESOURCE_ATTRIBUTES", &list)? {
                otlp = otlp.resource(&key, &value);
            }
        }
        if let Some(name) = read("OTEL_SERVICE_NAME") {
            otlp = otlp.service_name(name.trim());
        }
        Ok(Some(otlp))
    }
}

fn pairs(variable: &'static str, list: &str) -> Result<Vec<(String, String)>, OtlpError> {
    let members = list.split(',').map(str::trim).filter(|member| !member.is_empty());
    let pair = |member: &str| {
        let (key, value) = member.split_once('=')?;
        let (key, value) = (decoded(key.trim())?, decoded(value.trim())?);
        (!key.is_empty()).then_some((key, value))
    };
    members.map(|member| pair(member).ok_or(OtlpError::List(variable))).collect()
}

/// `%20` is a space; none where that makes no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let value = |digit: &u8| char::from(*digit).to_digit(16);
        let [high, low] = digits else { return None };
        bytes.push(u8::try_from(value(high)? * 16 + value(low)?).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        variables: &'static [(&'static str, &'static str)],
        endpoint: Option<&str>,
    ) -> Result<Option<Otlp>, OtlpError> {
        let read = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Otlp::from_environment(&read, endpoint)
    }

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all.test");

    #[test]
    fn the_nearest_endpoint_counts() {
        let url =
            |otlp: Result<Option<Otlp>, OtlpError>| otlp.unwrap().map(|it| it.url.to_string());
        assert_eq!(url(read(&[], None)), None);
        assert_eq!(url(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")], None)), None);
        assert_eq!(url(read(&[ENDPOINT], None)).unwrap(), "http://all.test/v1/traces");
        const BOTH: &[(&str, &str)] =
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces.test/here")];
        assert_eq!(url(read(BOTH, None)).unwrap(), "http://traces.test/here");
        assert_eq!(url(read(BOTH, Some("http://own.test"))).unwrap(), "http://own.test/v1/traces");
    }

    #[test]
    fn headers_resources_and_timeouts_are_read() {
        const ALL: &[(&str, &str)] = &[
            ENDPOINT,
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%20b, x=1=2,"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1500"),
            ("OTEL_RESOURCE_ATTRIBUTES", "service.name=no,deployment.environment.name=prod"),
            ("OTEL_SERVICE_NAME", "checkout"),
        ];
        let otlp = read(ALL, None).unwrap().unwrap();
        let headers: Vec<_> =
            otlp.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        assert_eq!(headers, [("api-key", &b"a b"[..]), ("x", b"1=2")]);
        assert_eq!(otlp.timeout, Duration::from_millis(1500));
        let named = |name: &str| {
            let found: Vec<_> = otlp.resource.iter().filter(|(known, _)| known == name).collect();
            assert_eq!(found.len(), 1);
            found[0].1.clone()
        };
        assert_eq!(named("service.name"), "checkout");
        assert_eq!(named("deployment.environment.name"), "prod");
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_its_name_alone() {
        const WRONG: &[&[(&str, &str)]] = &[
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_HEADERS", "hidden")],
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=%zz-hidden")],
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_HEADERS", "a b=hidden")],
            &[ENDPOINT, ("OTEL_RESOURCE_ATTRIBUTES", "=hidden")],
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TIMEOUT", "hidden")],
            &[ENDPOINT, ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "0")],
        ];
        for variables in WRONG {
            let error = read(variables, None).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
        }
    }
}
