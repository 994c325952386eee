//! Links that lead somewhere they should not, or elsewhere than they say.
//!
//! Start at [`Links`]. `links/scan.rs` finds links in a text, `links/target.rs` takes one apart as a browser
//! would, `links/host.rs` says what its host is, `links/letters.rs` whether that is written to deceive, and
//! `links/names.rs` what is a domain without being a link.

mod host;
mod letters;
mod names;
mod params;
mod scan;
mod target;

use std::collections::BTreeSet;

use thiserror::Error;
use tribunal_core::{Answer, Critic, Pointer, Reads, Returns, Review, View, Violation};

use self::host::{Domains, Host};
use self::scan::Found;
use self::target::{Target, Url};
use crate::fields::Fields;
use crate::findings::Findings;

pub(crate) use self::params::kind;

/// Objects to links by where they lead and by how they are written.
///
/// **Catches** hosts outside a list or on one, IP addresses in every notation that a browser takes,
/// `javascript:` and `data:` URIs, a login that passes for the host, look-alike letters, Markdown links that
/// show another domain than their own, and, where asked, long query strings and bare domains.
/// **Misses** links behind redirects and shorteners, ASCII look-alikes (`paypa1`), Markdown references whose
/// text deceives, and what leaves in a path or a subdomain.
///
/// A host that is on the list of those allowed may be an IP address or have letters of any kind.
///
/// ```
/// # use tribunal_critics::{Links, LinksError};
/// let critic = Links::new().allow(["example.com"])?.ban(["files.example.com"])?.max_query(200);
/// # let _: std::sync::Arc<dyn tribunal_core::Critic> = std::sync::Arc::new(critic);
/// # Ok::<(), LinksError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Links {
    fields: Fields,
    allow: Option<Domains>,
    ban: Domains,
    schemes: Option<BTreeSet<String>>,
    bare_domains: bool,
    punycode: bool,
    max_query: Option<usize>,
    disabled: BTreeSet<LinkCheck>,
}

/// Why a list of domains or schemes cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinksError {
    /// Nothing would be allowed.
    #[error("must have at least one entry")]
    Empty,
    /// With a scheme, a path, a port or characters that no host has.
    #[error(
        "item {index} is no domain: write `example.com`, which stands for its subdomains too, \
         without scheme, port and path"
    )]
    Domain {
        /// Which, from 0.
        index: usize,
    },
    /// Not a scheme.
    #[error("item {index} is no scheme: write `https`, without colon and slashes")]
    Scheme {
        /// Which, from 0.
        index: usize,
    },
}

/// What can be wrong with a link. Each is a code, `links.<check>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LinkCheck {
    /// On the list of domains that are banned. Severity 0.8.
    Banned,
    /// Not on the list of those allowed. Severity 0.6.
    NotAllowed,
    /// A scheme that is not among those allowed. Severity 0.5.
    Scheme,
    /// An IP address: 0.8 where it is private, of the machine itself or of its neighbourhood, else 0.5.
    Ip,
    /// Letters that pass for others. Severity 0.7.
    Homograph,
    /// A label that is not ASCII, however it is written; only where asked. Severity 0.4.
    Punycode,
    /// `javascript:`, `vbscript:`, and data that a browser would run. Severity 0.8.
    Script,
    /// Other `data:`. Severity 0.3.
    Data,
    /// A login before the host: 0.8 where it looks like a host, else 0.5.
    Userinfo,
    /// A text that shows another domain. Severity 0.7.
    Mismatch,
    /// A query longer than is allowed: 0.9 for images, which load by themselves, else 0.6.
    DataOut,
}

impl LinkCheck {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Banned,
        Self::NotAllowed,
        Self::Scheme,
        Self::Ip,
        Self::Homograph,
        Self::Punycode,
        Self::Script,
        Self::Data,
        Self::Userinfo,
        Self::Mismatch,
        Self::DataOut,
    ];

    /// How it is written in parameters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let code = self.code();
        code.strip_prefix("links.").unwrap_or(code)
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Banned => "links.banned",
            Self::NotAllowed => "links.not_allowed",
            Self::Scheme => "links.scheme",
            Self::Ip => "links.ip",
            Self::Homograph => "links.homograph",
            Self::Punycode => "links.punycode",
            Self::Script => "links.script",
            Self::Data => "links.data",
            Self::Userinfo => "links.userinfo",
            Self::Mismatch => "links.mismatch",
            Self::DataOut => "links.data_out",
        }
    }
}

impl Default for Links {
    fn default() -> Self {
        Self::new()
    }
}

impl Links {
    /// Any domain may be linked to; IP addresses, scripts and what deceives is objected to.
    #[must_use]
    pub fn new() -> Self {
        Self {
            fields: Fields::default(),
            allow: None,
            ban: Domains::default(),
            schemes: None,
            bare_domains: false,
            punycode: false,
            max_query: None,
            disabled: BTreeSet::new(),
        }
    }

    /// Which texts; the prompt and the answer unless set.
    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Pointer>) -> Self {
        self.fields = Fields::of(fields);
        self
    }

    /// The only domains that may be linked to, each with its subdomains. An IP address is written as it is.
    ///
    /// # Errors
    ///
    /// [`LinksError`] when there is none, or one is no domain.
    pub fn allow<'a>(
        mut self,
        domains: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, LinksError> {
        self.allow = Some(Domains::of(domains)?);
        Ok(self)
    }

    /// Domains that may not be linked to, each with its subdomains; they count before those allowed.
    ///
    /// # Errors
    ///
    /// As [`Links::allow`].
    pub fn ban<'a>(
        mut self,
        domains: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, LinksError> {
        self.ban = Domains::of(domains)?;
        Ok(self)
    }

    /// The only schemes that links may have; any unless set.
    ///
    /// # Errors
    ///
    /// [`LinksError`] when there is none, or one is no scheme.
    pub fn schemes<'a>(
        mut self,
        schemes: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, LinksError> {
        let mut set = BTreeSet::new();
        for (index, scheme) in schemes.into_iter().enumerate() {
            if !target::is_scheme(scheme) {
                return Err(LinksError::Scheme { index });
            }
            set.insert(scheme.to_ascii_lowercase());
        }
        if set.is_empty() {
            return Err(LinksError::Empty);
        }
        self.schemes = Some(set);
        Ok(self)
    }

    /// Whether `example.com` in running text is a link. A domain from a list is found whatever its ending;
    /// others by the endings that are in common use.
    #[must_use]
    pub fn bare_domains(mut self, on: bool) -> Self {
        self.bare_domains = on;
        self
    }

    /// Whether every host that is not ASCII is objected to.
    #[must_use]
    pub fn punycode(mut self, on: bool) -> Self {
        self.punycode = on;
        self
    }

    /// Most bytes after the first `?` or `#`; no limit unless set.
    #[must_use]
    pub fn max_query(mut self, bytes: usize) -> Self {
        self.max_query = Some(bytes);
        self
    }

    /// Leaves out one check.
    #[must_use]
    pub fn without(mut self, check: LinkCheck) -> Self {
        self.disabled.insert(check);
        self
    }

    fn listed(&self, host: &Host) -> bool {
        self.ban.has(host) || self.allow.as_ref().is_some_and(|allow| allow.has(host))
    }

    fn judge(
        &self,
        text: &str,
        found: &Found,
        mut object: impl FnMut(LinkCheck, f64, &'static str),
    ) {
        let Some(written) = text.get(found.bytes.clone()) else { return };
        match Target::of(written, found.place) {
            Target::Nothing => {}
            Target::Script => object(LinkCheck::Script, 0.8, "a link that runs a script"),
            Target::Data { active: true } => {
                object(LinkCheck::Script, 0.8, "a link that carries a document of its own");
            }
            Target::Data { active: false } => {
                object(LinkCheck::Data, 0.3, "a link that carries its own data");
            }
            Target::Url(url) => self.judge_url(&url, found, text, written, &mut object),
        }
    }

    fn judge_url(
        &self,
        url: &Url,
        found: &Found,
        text: &str,
        written: &str,
        object: &mut impl FnMut(LinkCheck, f64, &'static str),
    ) {
        if let (Some(schemes), Some(scheme)) = (&self.schemes, &url.scheme)
            && !schemes.contains(scheme)
        {
            object(LinkCheck::Scheme, 0.5, "a link whose scheme is not allowed");
        }
        if let Some(user) = &url.userinfo {
            let severity = if user.contains(['.', '\u{3002}', '%']) { 0.8 } else { 0.5 };
            object(
                LinkCheck::Userinfo,
                severity,
                "a link with a login, which can pass for its host",
            );
        }
        for host in &url.hosts {
            self.judge_host(host, object);
        }
        let shown = found.shown.clone().and_then(|shown| text.get(shown));
        if let (Some(host), Some(shown)) = (url.hosts.first(), shown.and_then(names::shown_host))
            && !host.is_akin_to(&shown)
        {
            object(LinkCheck::Mismatch, 0.7, "a link whose text shows another domain than its own");
        }
        let query = written.find(['?', '#']).map_or(0, |at| written.len() - at - 1);
        if self.max_query.is_some_and(|most| query > most) {
            let severity = if found.image { 0.9 } else { 0.6 };
            object(
                LinkCheck::DataOut,
                severity,
                "a link with a long query, which can carry data out",
            );
        }
    }

    fn judge_host(&self, host: &Host, object: &mut impl FnMut(LinkCheck, f64, &'static str)) {
        if self.ban.has(host) {
            object(LinkCheck::Banned, 0.8, "a link to a domain that is banned");
            return;
        }
        if let Some(allow) = &self.allow {
            if allow.has(host) {
                return;
            }
            object(LinkCheck::NotAllowed, 0.6, "a link to a domain that is not allowed");
        }
        match host.is_ip() {
            Some(true) => object(LinkCheck::Ip, 0.8, "a link to a private or local address"),
            Some(false) => object(LinkCheck::Ip, 0.5, "a link to an IP address"),
            None => {}
        }
        if let Some(deceit) = host.deceit() {
            object(LinkCheck::Homograph, 0.7, deceit);
        }
        if self.punycode && !host.is_ascii() {
            object(LinkCheck::Punycode, 0.4, "a link to a domain that is not ASCII");
        }
    }
}

impl Critic for Links {
    fn review<'a>(&'a self, view: View<'a>) -> Review<'a> {
        let mut findings = Findings::default();
        self.fields.each(view.snapshot(), |at, text| {
            let before = findings.len();
            let known = |host: &str| self.listed(&Host::of(host));
            let bare = self.bare_domains.then_some(&known as &dyn Fn(&str) -> bool);
            scan::each_link(text, bare, |found| {
                self.judge(text, &found, |check, severity, message| {
                    if self.disabled.contains(&check) {
                        return;
                    }
                    findings.add(severity, || {
                        let span = at.span(found.bytes.clone(), "link");
                        Violation::new(check.code(), message, severity)
                            .at(span.replaced_by("[link]"))
                    });
                });
            });
            findings.len() > before
        });
        Answer::now(Ok(findings.into_opinion()))
    }

    fn reads(&self) -> Reads {
        self.fields.reads()
    }

    fn returns(&self) -> Returns {
        Returns::codes(LinkCheck::ALL.iter().map(|check| check.code()))
    }
}

#[cfg(test)]
mod tests;
