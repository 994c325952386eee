//! As much of the wire format of [Protocol Buffers](https://protobuf.dev/programming-guides/encoding/) as OTLP needs.

/// The tag of a field and the kind of what follows.
fn tag(to: &mut Vec<u8>, field: u32, kind: u32) {
    varint(to, u64::from(field << 3 | kind));
}

fn varint(to: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        to.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    to.push((number & 0x7f) as u8);
}

/// A whole number, an enum or a bool; written even if it is 0, as members of a `oneof` have to be.
pub(crate) fn number(to: &mut Vec<u8>, field: u32, number: u64) {
    tag(to, field, 0);
    varint(to, number);
}

/// Of eight bytes.
pub(crate) fn fixed64(to: &mut Vec<u8>, field: u32, number: u64) {
    tag(to, field, 1);
    to.extend_from_slice(&number.to_le_bytes());
}

/// Of four bytes.
pub(crate) fn fixed32(to: &mut Vec<u8>, field: u32, number: u32) {
    tag(to, field, 5);
    to.extend_from_slice(&number.to_le_bytes());
}

/// A text, or bytes.
pub(crate) fn bytes(to: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    tag(to, field, 2);
    varint(to, bytes.len() as u64);
    to.extend_from_slice(bytes);
}

/// A message.
pub(crate) fn message(to: &mut Vec<u8>, field: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    fill(&mut inner);
    bytes(to, field, &inner);
}

/// A field of a message that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// Of a kind that nobody here asks for.
    Other,
}

/// The next field with its number, and what is behind it; none at the end, and where the bytes make no sense.
pub(crate) fn next(bytes: &[u8]) -> Option<(u64, Field<'_>, &[u8])> {
    let (tag, rest) = read_varint(bytes)?;
    let (value, rest) = match tag & 7 {
        0 => {
            let (number, rest) = read_varint(rest)?;
            (Field::Number(number), rest)
        }
        1 => (Field::Other, rest.get(8..)?),
        2 => {
            let (length, rest) = read_varint(rest)?;
            let (inner, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            (Field::Bytes(inner), rest)
        }
        5 => (Field::Other, rest.get(4..)?),
        _ => return None,
    };
    Some((tag >> 3, value, rest))
}

fn read_varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place).min(63);
        if byte & 0x80 == 0 {
            return Some((number, bytes.get(place + 1..)?));
        }
    }
    None
}
