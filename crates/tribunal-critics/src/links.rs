//! Links that lead where they should not, or not where they seem to.
//!
//! Start at [`Links`]. Hosts are read as browsers read them (WHATWG URL), for that is who follows the link.

mod host;

use std::collections::BTreeSet;
use std::ops::Range;

use thiserror::Error;
use tribunal_core::{Answer, Critic, CriticKind, Params, Reads, Review, Span, View, Violation};

use crate::fields::Fields;
use crate::findings::Findings;
use host::{Host, Trick};

/// Objects to links: to banned domains, to addresses of machines in any notation, with a name before an `@`, with
/// letters that only look like others, and with schemes that run or carry something.
///
/// It **misses** links without a scheme (`example.com/x`), links that are split by line breaks, redirects, and
/// where a short link leads.
#[derive(Debug, Clone)]
pub struct Links {
    fields: Fields,
    allow: BTreeSet<String>,
    ban: BTreeSet<String>,
    schemes: BTreeSet<String>,
    severity: f64,
}

/// Why a [`Links`] could not be built as asked.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinksError {
    /// A text is no domain.
    #[error("`{0}` is no domain, such as \"example.com\"")]
    Domain(String),
}

impl Default for Links {
    fn default() -> Self {
        let schemes = ["http", "https", "mailto"].map(str::to_owned).into();
        Self {
            fields: Fields::default(),
            allow: BTreeSet::new(),
            ban: BTreeSet::new(),
            schemes,
            severity: 0.7,
        }
    }
}

impl Links {
    /// All tricks, and no list of domains.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets links lead to these domains and what is below them, and nowhere else.
    ///
    /// # Errors
    ///
    /// [`LinksError::Domain`] for what is no domain.
    pub fn allow<'a>(
        mut self,
        domains: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, LinksError> {
        self.allow = domains.into_iter().map(domain).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Lets no link lead to these domains and what is below them.
    ///
    /// # Errors
    ///
    /// [`LinksError::Domain`] for what is no domain.
    pub fn ban<'a>(
        mut self,
        domains: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, LinksError> {
        self.ban = domains.into_iter().map(domain).collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Calls `object` with every link that is wrong: where, with which code, and why.
    fn each(&self, text: &str, mut object: impl FnMut(Range<usize>, &'static str, &'static str)) {
        for (at, _) in text.match_indices(':') {
            let scheme_start = scheme_before(text, at);
            let scheme = text.get(scheme_start..at).unwrap_or_default().to_ascii_lowercase();
            let rest = text.get(at + 1..).unwrap_or_default();
            let Some(hosted) = is_link(&scheme, rest) else { continue };
            let end = at + 1 + rest.find(ends_link).unwrap_or(rest.len());
            let bytes = scheme_start..end;
            if !self.schemes.contains(&scheme) {
                object(bytes.clone(), "links.scheme", "a link with a scheme that is not allowed");
            }
            if hosted {
                let link = text.get(at + 3..end).unwrap_or_default();
                self.host(&bytes, link, &mut object);
            }
        }
    }

    fn host(
        &self,
        bytes: &Range<usize>,
        link: &str,
        object: &mut impl FnMut(Range<usize>, &'static str, &'static str),
    ) {
        let host = Host::of(link);
        for trick in &host.tricks {
            let (code, message) = match trick {
                Trick::Userinfo => ("links.userinfo", "a link with a name before its host"),
                Trick::Address => ("links.ip", "a link to the address of a machine"),
                Trick::Local => ("links.local", "a link to a machine that is not public"),
                Trick::Punycode => ("links.punycode", "a link to a domain in punycode"),
                Trick::Homograph => ("links.homograph", "a link whose letters look like others"),
            };
            object(bytes.clone(), code, message);
        }
        let under = |domains: &BTreeSet<String>| {
            let mut rest = Some(&*host.name);
            while let Some(name) = rest {
                if domains.contains(name) {
                    return true;
                }
                rest = name.split_once('.').map(|(_, above)| above);
            }
            false
        };
        if under(&self.ban) {
            object(bytes.clone(), "links.banned", "a link to a banned domain");
        } else if !self.allow.is_empty() && !under(&self.allow) {
            object(bytes.clone(), "links.not_allowed", "a link to a domain that is not allowed");
        }
    }
}

/// Where the scheme begins that ends here.
fn scheme_before(text: &str, colon: usize) -> usize {
    let before = text.as_bytes().get(colon.saturating_sub(24)..colon).unwrap_or_default();
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let length = before.iter().rev().take_while(part).count();
    let word = before.get(before.len() - length..).unwrap_or_default();
    let skipped = word.iter().take_while(|byte| !byte.is_ascii_alphabetic()).count();
    colon - length + skipped
}

/// Whether a scheme and what follows make a link, and then whether it has a host.
fn is_link(scheme: &str, rest: &str) -> Option<bool> {
    let follows = rest.chars().next().is_some_and(|c| !ends_link(c));
    match scheme {
        "" => None,
        _ if rest.starts_with("//") => Some(true),
        // Browsers take backslashes for slashes.
        "http" | "https" if rest.starts_with("\\\\") || rest.starts_with("/\\") => Some(true),
        "javascript" | "vbscript" => follows.then_some(false),
        "data" => {
            let kind = rest.split([',', ';']).next().unwrap_or_default();
            let carries = rest.contains(',') && (kind.is_empty() || kind.contains('/'));
            (follows && carries && !kind.contains(char::is_whitespace)).then_some(false)
        }
        _ => None,
    }
}

fn ends_link(c: char) -> bool {
    c.is_whitespace() || "\"'<>`|{}".contains(c)
}

fn domain(text: &str) -> Result<String, LinksError> {
    let plain = text.trim().trim_start_matches("*.").trim_end_matches('.').to_lowercase();
    let good = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    if plain.split('.').all(good) { Ok(plain) } else { Err(LinksError::Domain(text.to_owned())) }
}

impl Critic for Links {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        self.fields.each(view.snapshot(), |at, text| {
            self.each(text, |bytes, code, message| {
                findings.add(self.severity, || {
                    let span = Span::new(at.clone(), bytes, "link");
                    Violation::new(code, message, self.severity).at(span)
                });
            });
        });
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }
}

/// `fields`, `allow`, `ban`, `schemes`, `severity`.
pub(crate) fn kind() -> CriticKind {
    CriticKind::new("links", "links to the wrong places, or that hide where they lead", from_params)
}

fn from_params(params: &Params<'_>) -> Option<Links> {
    let mut critic = Links { fields: Fields::read(params), ..Links::default() };
    for (key, list) in [("allow", &mut critic.allow), ("ban", &mut critic.ban)] {
        for (index, text) in params.or::<Vec<String>>(key, Vec::new()).iter().enumerate() {
            match domain(text) {
                Ok(domain) => drop(list.insert(domain)),
                Err(_) => params.fault_at(key, index, "is no domain, such as \"example.com\""),
            }
        }
    }
    if let Some(schemes) = params.optional::<Vec<String>>("schemes") {
        critic.schemes = schemes.iter().map(|scheme| scheme.to_ascii_lowercase()).collect();
    }
    critic.severity = params.number("severity", critic.severity, 0.0..=1.0);
    Some(critic)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(critic: &Links, text: &str) -> Vec<&'static str> {
        let mut codes = Vec::new();
        critic.each(text, |bytes, code, _| {
            assert!(text.get(bytes).is_some());
            codes.push(code);
        });
        codes
    }

    #[test]
    fn every_notation_of_an_address_is_read() {
        for host in [
            "127.1",
            "0x7f000001",
            "2130706433",
            "[::1]",
            "0177.0.0.1",
            "127.0.0.1:8080",
            "10.1.2.3",
            "169.254.169.254",
            "[::ffff:127.0.0.1]",
            "192.168.0.1.",
            "%31%32%37.1",
            "localhost",
        ] {
            let found = codes(&Links::new(), &format!("see http://{host}/x now"));
            assert_eq!(found, ["links.local"], "{host}");
        }
        assert_eq!(codes(&Links::new(), "http://8.8.8.8/"), ["links.ip"]);
        assert!(codes(&Links::new(), "https://1.example.com/ and https://a.org").is_empty());
    }

    #[test]
    fn what_hides_the_host_is_seen_through() {
        let cases = [
            ("http://a@127.0.0.1", vec!["links.userinfo", "links.local"]),
            ("https://example.com@evil.example/", vec!["links.userinfo"]),
            ("https://example.com\\@evil.example/", vec![]),
            ("https://xn--pple-43d.com", vec!["links.punycode"]),
            ("https://\u{430}pple.com", vec!["links.homograph"]),
            ("https://\u{441}\u{43e}\u{440}\u{430}.com", vec!["links.homograph"]),
            ("https://m\u{fc}nchen.de", vec![]),
            ("javascript:alert(1)", vec!["links.scheme"]),
            ("data:text/html,<b>", vec!["links.scheme"]),
            ("the data: a, b / c", vec![]),
            ("ftp://example.com", vec!["links.scheme"]),
        ];
        for (text, expected) in cases {
            assert_eq!(codes(&Links::new(), text), expected, "{text}");
        }
    }

    #[test]
    fn domains_are_matched_with_what_is_below_them() {
        let banned = Links::new().ban(["evil.example"]).unwrap();
        assert_eq!(codes(&banned, "https://www.EVIL.example./x"), ["links.banned"]);
        assert!(codes(&banned, "https://notevil.example").is_empty());
        let allowed = Links::new().allow(["good.example"]).unwrap();
        assert!(codes(&allowed, "https://docs.good.example?q").is_empty());
        assert_eq!(codes(&allowed, "https://good.example.evil.org"), ["links.not_allowed"]);
        assert!(Links::new().allow(["a b"]).is_err());
    }

    #[test]
    fn parameters_that_are_wrong_are_named() {
        let params = json!({"allow": ["ok.org", "http://x"], "severity": 2});
        let faults = kind().build(params.as_object().unwrap()).err().unwrap();
        assert!(faults[0].to_string().starts_with("`allow[1]` is no domain"), "{faults:?}");
        assert_eq!(faults.len(), 2);
    }
}
