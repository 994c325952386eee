//! The host of a link, as a browser reads it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A host, and what is odd about how it is written.
#[derive(Debug)]
pub(super) struct Host {
    /// In lower case, without port and final dot.
    pub(super) name: String,
    pub(super) tricks: Vec<Trick>,
}

/// What is odd about a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trick {
    /// Something stands before an `@`.
    Userinfo,
    /// It is the address of a machine.
    Address,
    /// It is a machine that is not public: this one, a private network, a cloud's own service.
    Local,
    /// It is written in punycode.
    Punycode,
    /// Its letters look like those of another alphabet.
    Homograph,
}

/// Letters of Cyrillic and Greek that look like Latin ones.
const LOOKS_LATIN: &str = "\u{430}\u{435}\u{43e}\u{440}\u{441}\u{443}\u{445}\u{456}\u{458}\u{455}\u{501}\u{4bb}\u{4cf}\u{51b}\u{51d}\u{3bf}\u{3bd}\u{3b1}\u{3c1}\u{3b9}\u{3ba}\u{3c5}";

impl Host {
    /// Of a link from behind its `://`.
    pub(super) fn of(link: &str) -> Self {
        let authority = link.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        let mut tricks = Vec::new();
        let host = match authority.rsplit_once('@') {
            Some((_, host)) => {
                tricks.push(Trick::Userinfo);
                host
            }
            None => authority,
        };
        let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, _)) => address,
            None => host.split(':').next().unwrap_or_default(),
        };
        let name = plain(host);
        match address(&name) {
            Some(address) if is_local(address) => tricks.push(Trick::Local),
            Some(_) => tricks.push(Trick::Address),
            None if name == "localhost" || name.ends_with(".localhost") => {
                tricks.push(Trick::Local)
            }
            None => {
                if name.split('.').any(|label| label.starts_with("xn--")) {
                    tricks.push(Trick::Punycode);
                }
                if name.split('.').any(looks_like_another) {
                    tricks.push(Trick::Homograph);
                }
            }
        }
        Self { name, tricks }
    }
}

/// Percent signs read, wide letters and dots made narrow, lower case, no final dot or other punctuation.
fn plain(host: &str) -> String {
    let mut bytes = Vec::with_capacity(host.len());
    let mut rest = host.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    let narrow = |c: char| match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => '.',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    };
    let name: String = String::from_utf8_lossy(&bytes).chars().map(narrow).collect();
    name.to_lowercase().trim_end_matches(['.', ',', ')', ';', '!']).to_owned()
}

/// An address in any notation: `127.1`, `0x7f000001`, `2130706433`, `0177.0.0.1`, `::1`.
fn address(name: &str) -> Option<IpAddr> {
    if let Ok(address) = name.parse::<Ipv6Addr>() {
        return Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4));
    }
    let parts: Vec<u32> = name.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    // The last part fills all the bytes that are left.
    let room = 8 * (4 - first.len());
    if room < 32 && *last >> room != 0 {
        return None;
    }
    let places = [24, 16, 8];
    let high = first.iter().zip(places).fold(0, |sum, (part, place)| sum | part << place);
    Some(IpAddr::V4(Ipv4Addr::from(high | *last)))
}

/// Decimal, octal after a nought, hexadecimal after `0x`.
fn number(part: &str) -> Option<u32> {
    let (digits, radix) = match part.strip_prefix("0x") {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None if part.len() > 1 && part.starts_with('0') => (part, 8),
        None => (part, 10),
    };
    let plain = digits.chars().all(|c| c.is_digit(radix));
    if plain && !digits.is_empty() { u32::from_str_radix(digits, radix).ok() } else { None }
}

fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_loopback()
                || v4.is_private()
                || v4.is_link_local()
                || v4.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(v6) => {
            let first = v6.segments().first().copied().unwrap_or_default();
            v6.is_loopback()
                || v6.is_unspecified()
                || first & 0xfe00 == 0xfc00
                || first & 0xffc0 == 0xfe80
        }
    }
}

/// Whether Latin letters stand beside Cyrillic or Greek ones, or all letters could be taken for Latin.
fn looks_like_another(label: &str) -> bool {
    let other = |c: char| matches!(c, '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}');
    let letters = || label.chars().filter(|c| c.is_alphabetic());
    let mixed = letters().any(|c| c.is_ascii()) && letters().any(other);
    let others = letters().any(other) && letters().all(|c| LOOKS_LATIN.contains(c));
    mixed || others
}
