//! Takes a link apart as a browser would: scheme, login, host.
//!
//! Start at [`Target::of`]. What the standard forgives is forgiven here: tabs and line ends within, backslashes
//! for slashes, slashes too many or too few, and in the target of a link entities for characters.

use std::borrow::Cow;

use super::host::Host;

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In running text.
    Text,
    /// Where only a link can stand, behind `](` or `href=`.
    Target,
}

/// What a link is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// A path within the same site, an anchor, `mailto:`.
    Nothing,
    Script,
    /// `active` when a browser would run or render it as a document.
    Data {
        active: bool,
    },
    Url(Url),
}

/// A link with a host.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// In lower case; `None` for one that has that of the page it stands on, or none at all.
    pub(super) scheme: Option<String>,
    pub(super) userinfo: Option<String>,
    /// One, and a second where readers differ in which it is. None for `file:///`.
    pub(super) hosts: Vec<Host>,
}

/// Longest scheme that is looked for.
pub(super) const SCHEME_BYTES: usize = 24;

/// Schemes whose links have a host however many slashes there are.
const SPECIAL: [&str; 5] = ["http", "https", "ftp", "ws", "wss"];

pub(super) fn is_special(scheme: &str) -> bool {
    SPECIAL.contains(&scheme)
}

pub(super) fn is_scheme(text: &str) -> bool {
    text.len() <= SCHEME_BYTES
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

impl Target {
    pub(super) fn of(written: &str, place: Place) -> Self {
        let clean = match place {
            Place::Text => Cow::Borrowed(written),
            Place::Target => cleaned(written),
        };
        let slash = |c: char| c == '/' || c == '\\';
        let split = clean.split_once(':').filter(|(scheme, _)| is_scheme(scheme));
        let (scheme, rest) = match split {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, &*clean),
        };
        let rest = match scheme.as_deref() {
            Some("javascript" | "vbscript") => return Self::Script,
            Some("data") => return Self::Data { active: is_active(rest) },
            Some(scheme) if is_special(scheme) => rest.trim_start_matches(slash),
            Some(_) => match rest.strip_prefix("//") {
                Some(rest) => rest,
                // A host and a port, in running text.
                None if place == Place::Text && !rest.is_empty() => return Self::bare(&clean),
                None => return Self::Nothing,
            },
            None if place == Place::Text => return Self::bare(&clean),
            None => match rest.strip_prefix(slash).and_then(|rest| rest.strip_prefix(slash)) {
                Some(rest) => rest.trim_start_matches(slash),
                None => return Self::Nothing,
            },
        };
        match Url::of(scheme, rest) {
            Some(url) => Self::Url(url),
            None => Self::Nothing,
        }
    }

    fn bare(written: &str) -> Self {
        Url::of(None, written).map_or(Self::Nothing, Self::Url)
    }
}

impl Url {
    /// Reads what follows the slashes.
    fn of(scheme: Option<String>, rest: &str) -> Option<Self> {
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, after) = rest.split_at_checked(end)?;
        let (mut userinfo, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.to_owned()), host),
            None => (None, authority),
        };
        let mut hosts = Vec::new();
        if !host.trim_matches(['.', ':']).is_empty() {
            hosts.push(Host::of(host));
        }
        // A browser takes a backslash for a slash; other readers take all before `@` for a login.
        if after.starts_with('\\')
            && let Some((before, other)) =
                rest.split(['/', '?', '#']).next().and_then(|all| all.rsplit_once('@'))
        {
            userinfo = Some(before.to_owned());
            hosts.push(Host::of(other));
        }
        let local = scheme.as_deref() == Some("file");
        (local || !hosts.is_empty()).then_some(Self { scheme, userinfo, hosts })
    }
}

/// Whether a browser would run data of that type, or show it as a document.
fn is_active(data: &str) -> bool {
    let kind = data.split([',', ';']).next().unwrap_or_default().to_ascii_lowercase();
    ["html", "xml", "svg", "script"].iter().any(|active| kind.contains(active))
}

/// Without what a browser leaves out, and with entities put in.
fn cleaned(written: &str) -> Cow<'_, str> {
    let written = written.trim_start_matches(|c: char| c.is_whitespace() || c.is_control());
    if !written.contains(['\t', '\n', '\r', '&', '\\']) {
        return Cow::Borrowed(written);
    }
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\t' | '\n' | '\r' => {}
            '&' => match entity(rest) {
                Some((put, after)) => {
                    if !put.is_ascii_control() {
                        out.push(put);
                    }
                    rest = after;
                }
                None => out.push('&'),
            },
            // Markdown: a backslash hides nothing from the browser.
            '\\' if rest.starts_with(':') => {}
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// The character of an entity behind its `&`, and what follows it.
fn entity(text: &str) -> Option<(char, &str)> {
    const NAMED: [(&str, char); 14] = [
        ("colon;", ':'),
        ("sol;", '/'),
        ("bsol;", '\\'),
        ("period;", '.'),
        ("commat;", '@'),
        ("quest;", '?'),
        ("num;", '#'),
        ("amp;", '&'),
        ("lpar;", '('),
        ("rpar;", ')'),
        ("Tab;", '\t'),
        ("NewLine;", '\n'),
        ("lsqb;", '['),
        ("rsqb;", ']'),
    ];
    let Some(number) = text.strip_prefix('#') else {
        let known = NAMED.iter().find_map(|(name, c)| Some((*c, text.strip_prefix(name)?)));
        return known;
    };
    let (radix, number) = match number.strip_prefix(['x', 'X']) {
        Some(hex) => (16, hex),
        None => (10, number),
    };
    let end = number.find(|c: char| !c.is_digit(radix)).unwrap_or(number.len());
    let (digits, after) = number.split_at_checked(end.min(20))?;
    let c = char::from_u32(u32::from_str_radix(digits, radix).ok()?)?;
    Some((c, after.strip_prefix(';').unwrap_or(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(written: &str) -> Url {
        match Target::of(written, Place::Target) {
            Target::Url(url) => url,
            other => panic!("{written}: {other:?}"),
        }
    }

    #[test]
    fn a_host_is_found_however_it_is_written() {
        for written in [
            "https://example.com",
            "HTTPS:\\\\example.com\\a",
            "https:example.com",
            "https:////example.com:443/?q",
            "//example.com",
            "/\\example.com/a",
            "ht\ttps://exa\nmple.com#x",
            "&#104;ttps&colon;&#x2f;&sol;example&period;com",
            "https\\://example.com",
            "ssh://user@example.com",
        ] {
            assert_eq!(url(written).hosts, [Host::of("example.com")], "{written}");
        }
    }

    #[test]
    fn the_host_is_what_follows_the_last_at_sign() {
        let found = url("http://example.com:80@a@127.0.0.1/x@y");
        assert_eq!(found.hosts, [Host::of("127.0.0.1")]);
        assert_eq!(found.userinfo.as_deref(), Some("example.com:80@a"));
        let found = url("http://a.com\\@b.com");
        assert_eq!(found.hosts, [Host::of("a.com"), Host::of("b.com")]);
        assert!(found.userinfo.is_some());
        assert_eq!(url("http://a.com/@b").userinfo, None);
    }

    #[test]
    fn scripts_and_data_are_known_in_every_dress() {
        for script in [
            "javascript:alert(1)",
            " \u{1}JavaScript:x",
            "java\nscript:x",
            "&#106;avascript:x",
            "&#x0000006A;avascript&#58;x",
            "vbscript:x",
            "javascript\\:x",
            "java&Tab;script:x",
        ] {
            assert_eq!(Target::of(script, Place::Target), Target::Script, "{script}");
        }
        let data = |data: &str| Target::of(data, Place::Target);
        assert_eq!(data("data:text/html,x"), Target::Data { active: true });
        assert_eq!(data("DATA:image/svg+xml;base64,x"), Target::Data { active: true });
        assert_eq!(data("data:image/png;base64,x"), Target::Data { active: false });
    }

    #[test]
    fn what_leads_nowhere_else_is_no_link() {
        for written in [
            "",
            "#a",
            "a/b",
            "/a",
            "mailto:a@b.c",
            "tel:1",
            "a.html?x=http://b",
            "https://",
            "http:",
        ] {
            assert_eq!(Target::of(written, Place::Target), Target::Nothing, "{written}");
        }
    }
}
