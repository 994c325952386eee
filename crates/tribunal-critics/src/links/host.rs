//! What the host of a link is: an IP address however it is written, or a name; and lists of hosts.
//!
//! Hosts are read as browsers read them (the WHATWG URL standard), as far as it decides where a link leads.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::LinksError;
use super::letters;

/// Longest name of a host, in bytes; of a longer one only the end is compared.
const NAME_BYTES: usize = 255;

/// A host in one form, whichever way it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    ip: Option<IpAddr>,
    /// In lower case, its labels decoded.
    name: String,
    deceit: Option<&'static str>,
}

impl Host {
    /// Reads a host, with or without a port.
    pub(super) fn of(written: &str) -> Self {
        if let Some(rest) = written.strip_prefix('[') {
            let inside = rest.split(']').next().unwrap_or_default();
            let address = inside.split('%').next().unwrap_or_default();
            let ip = address.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
            let name = ip.map_or_else(|| inside.to_ascii_lowercase(), |ip| ip.to_string());
            return Self { ip, name, deceit: None };
        }
        let host = match written.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => written,
        };
        let decoded = percent_decoded(host);
        let mut unseen = false;
        let mut plain = String::with_capacity(decoded.len());
        for c in decoded.chars() {
            match c {
                '\u{ad}'
                | '\u{34f}'
                | '\u{200b}'..='\u{200d}'
                | '\u{2060}'
                | '\u{feff}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{e0000}'..='\u{e01ef}' => {
                    unseen = true;
                }
                '\u{3002}' | '\u{ff61}' => plain.push('.'),
                '\u{ff01}'..='\u{ff5e}' => {
                    let ascii = char::from_u32(u32::from(c) - 0xff01 + 0x21).unwrap_or(c);
                    plain.push(ascii.to_ascii_lowercase());
                }
                c if c.is_ascii() => plain.push(c.to_ascii_lowercase()),
                c => plain.extend(c.to_lowercase()),
            }
        }
        let plain = plain.trim_end_matches('.');
        if let Some(ip) = ipv4(plain) {
            return Self { ip: Some(ip.into()), name: ip.to_string(), deceit: None };
        }
        let mut host = Self::named(plain);
        if unseen {
            host.deceit = Some("a link to a domain with characters that nobody sees");
        }
        host
    }

    fn named(plain: &str) -> Self {
        let mut name = String::with_capacity(plain.len());
        let mut deceit = None;
        let plain_end = plain.rsplit('.').next().is_none_or(|end| end.is_ascii());
        let plain_end = plain_end && !plain.rsplit('.').next().unwrap_or("").starts_with("xn--");
        for (index, label) in plain.split('.').enumerate() {
            if index > 0 {
                name.push('.');
            }
            let start = name.len();
            match label.strip_prefix("xn--").map(letters::of_punycode) {
                None => name.push_str(label),
                Some(Some(said)) => name.push_str(&said),
                Some(None) => {
                    name.push_str(label);
                    deceit = Some("a link to a domain with a label that cannot be decoded");
                }
            }
            let said = name.get(start..).unwrap_or_default();
            deceit = deceit.or_else(|| letters::deceit(said, plain_end));
        }
        Self { ip: None, name, deceit }
    }

    /// Whether it is an IP address or the machine itself, and if so whether it is private.
    pub(super) fn is_ip(&self) -> Option<bool> {
        let local = ["localhost", "metadata.google.internal"];
        match self.ip {
            Some(ip) => Some(is_private(ip)),
            None if local.contains(&&*self.name) || self.name.ends_with(".localhost") => Some(true),
            None => None,
        }
    }

    pub(super) fn deceit(&self) -> Option<&'static str> {
        self.deceit
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.name.is_ascii()
    }

    /// Whether one is the other, or a subdomain of it.
    pub(super) fn is_akin_to(&self, other: &Self) -> bool {
        let bare = |host: &Self| host.name.strip_prefix("www.").unwrap_or(&host.name).to_owned();
        let (one, two) = (bare(self), bare(other));
        let below = |sub: &str, of: &str| {
            sub.strip_suffix(of).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        below(&one, &two) || below(&two, &one)
    }
}

/// A list of hosts, each of which stands for those below it too.
#[derive(Debug, Clone, Default)]
pub(super) struct Domains {
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
}

impl Domains {
    pub(super) fn of<'a>(written: impl IntoIterator<Item = &'a str>) -> Result<Self, LinksError> {
        let mut list = Self::default();
        for (index, entry) in written.into_iter().enumerate() {
            let entry = entry.strip_prefix("*.").unwrap_or(entry).trim_start_matches('.');
            let bracketed = entry.starts_with('[') && entry.ends_with(']');
            let v6 = if bracketed { entry.to_owned() } else { format!("[{entry}]") };
            let host = match entry.parse::<Ipv6Addr>() {
                Ok(_) => Host::of(&v6),
                Err(_) => Host::of(entry),
            };
            let fits = |c: char| c.is_alphanumeric() || "-_.".contains(c) || !c.is_ascii();
            let plain = host.ip.is_some() || (!bracketed && entry.chars().all(fits));
            let labels = host.name.split('.').all(|label| !label.is_empty());
            let space = entry.contains(|c: char| c.is_whitespace() || c.is_control());
            if !plain || space || !labels || host.name.len() > NAME_BYTES {
                return Err(LinksError::Domain { index });
            }
            match host.ip {
                Some(ip) => list.addresses.insert(ip),
                None => list.names.insert(host.name),
            };
        }
        let none = list.names.is_empty() && list.addresses.is_empty();
        if none { Err(LinksError::Empty) } else { Ok(list) }
    }

    /// Whether the host is on the list, or below one that is.
    pub(super) fn has(&self, host: &Host) -> bool {
        if let Some(ip) = &host.ip {
            return self.addresses.contains(ip);
        }
        if self.names.is_empty() {
            return false;
        }
        // No entry is longer: what lies before cannot matter, and the time stays linear.
        let mut from = host.name.len().saturating_sub(NAME_BYTES + 1);
        while !host.name.is_char_boundary(from) {
            from += 1;
        }
        let end = host.name.get(from..).unwrap_or_default();
        let whole = from == 0 && self.names.contains(end);
        let below = end.match_indices('.').filter_map(|(dot, _)| end.get(dot + 1..));
        whole || below.into_iter().any(|domain| self.names.contains(domain))
    }
}

/// An IPv4 address in any notation that a browser takes: `127.1`, `0x7f000001`, `017700000001`, `0`.
fn ipv4(host: &str) -> Option<Ipv4Addr> {
    // Eleven octal digits, twice that with leading zeros, four times: what is longer is no address anyone wrote.
    if host.is_empty() || host.len() > 200 {
        return None;
    }
    let parts: Vec<u64> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, before) = parts.split_last()?;
    if before.len() > 3 || before.iter().any(|part| *part > 255) {
        return None;
    }
    let room = 8 * (4 - u32::try_from(before.len()).ok()?);
    if *last >= 1_u64 << room {
        return None;
    }
    let upper = before.iter().zip([24, 16, 8]).fold(0_u64, |sum, (part, by)| sum | (part << by));
    u32::try_from(upper | last).ok().map(Ipv4Addr::from)
}

/// Decimal, hexadecimal after `0x`, octal after `0`.
fn number(part: &str) -> Option<u64> {
    if let Some(hex) = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
        return if hex.is_empty() { Some(0) } else { digits(hex, 16) };
    }
    match part.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => digits(rest, 8),
        _ => digits(part, 10),
    }
}

/// Without the sign that the standard library would take.
fn digits(text: &str, radix: u32) -> Option<u64> {
    let all = !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    all.then(|| u64::from_str_radix(text, radix).ok())?
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => {
            let [a, b, c, d, e, f, g, h] = ip.segments();
            let inner = |high: u16, low: u16| {
                is_private_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
            };
            match (a, b, c, d, e, f) {
                // ::1 and :: are among the compatible ones; mapped; translated (RFC 6052); 6to4.
                (0, 0, 0, 0, 0, 0 | 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => {
                    (a == 0 && f == 0 && g == 0) || inner(g, h)
                }
                (0x2002, ..) => inner(b, c),
                _ => matches!(a, 0xfc00..=0xfdff | 0xfe80..=0xfeff | 0xff00..),
            }
        }
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        // This network, shared by carriers, protocol assignments, benchmarks, reserved.
        || a == 0
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b))
        || a >= 240
}

fn percent_decoded(host: &str) -> String {
    if !host.contains('%') {
        return host.to_owned();
    }
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match (first, after) {
            (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                bytes.push(hex(high).unwrap_or(0) << 4 | hex(low).unwrap_or(0));
                after
            }
            _ => {
                bytes.push(*first);
                after
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_in_every_notation() {
        for local in [
            "127.0.0.1",
            "240.0.0.1",
            "198.18.0.1",
            "192.0.0.1",
            "127.1",
            "127.0.1",
            "0",
            "0x7f000001",
            "017700000001",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "0x7f.0x0.0x0.0x1",
            "127.0.0.1.",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:0:0:1]",
            "[64:ff9b::10.0.0.1]",
            "[2002:7f00:1::]",
            "[fe80::1%25eth0]",
            "[fd00::1]",
            "169.254.169.254",
            "10.1",
            "192.168.0.1:8080",
            "172.16.0.9",
            "100.64.0.1",
            "localhost",
            "LOCALHOST:80",
            "a.localhost",
            "１２７.0.0.1",
            "127。0。0。1",
            "%31%32%37.0.0.1",
        ] {
            assert_eq!(Host::of(local).is_ip(), Some(true), "{local}");
        }
        for public in ["8.8.8.8", "134744072", "0x08080808", "[2001:4860:4860::8888]", "1.1"] {
            assert_eq!(Host::of(public).is_ip(), Some(false), "{public}");
        }
        for name in [
            "example.com",
            "1.2.3.4.5",
            "4294967296",
            "256.1.1.1",
            "1.2.3.com",
            "0x.example",
            "",
            "+1",
        ] {
            assert_eq!(Host::of(name).is_ip(), None, "{name}");
        }
    }

    #[test]
    fn a_domain_stands_for_what_is_below_it_and_nothing_else() {
        let list =
            Domains::of(["Example.com", "*.example.org", "xn--mnchen-3ya.de", "10.0.0.1", "::1"])
                .unwrap();
        for host in [
            "example.com",
            "EXAMPLE.COM.",
            "a.b.example.com:443",
            "example.org",
            "münchen.de",
            "10.1",
            "[::1]",
            "ｅxample。com",
            "ex%61mple.com",
        ] {
            assert!(list.has(&Host::of(host)), "{host}");
        }
        for host in ["example.com.evil.net", "notexample.com", "com", "", "1.10.0.0.1", "10.0.0.2"]
        {
            assert!(!list.has(&Host::of(host)), "{host}");
        }
        let long = format!("{}.example.com", "a.".repeat(100_000));
        assert!(list.has(&Host::of(&long)));
    }

    #[test]
    fn what_is_no_domain_is_named_by_its_index() {
        for wrong in [
            "https://example.com",
            "example.com/x",
            "a b",
            "",
            "a..b",
            "example.com:80",
            "[x]",
            "@",
        ] {
            let refused = Domains::of(["a.de", wrong]).unwrap_err();
            assert_eq!(refused, LinksError::Domain { index: 1 }, "{wrong}");
        }
        assert_eq!(Domains::of([]).unwrap_err(), LinksError::Empty);
    }
}
