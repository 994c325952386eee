//! One JSON object a line: where the line stands, its id, and the report or why there is none.
//!
//! What would steer a terminal is escaped, so that a report can be looked at as it is. To a JSON reader
//! that makes no difference.

use std::io::{self, Write};

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use serde_json::ser::Formatter;
use tribunal_core::Report;

use crate::lines::Place;
use crate::safe::steers;

/// The line, its end included.
pub(crate) fn line(
    place: &Place,
    id: &Value,
    profile: Option<&str>,
    result: &Result<Report, String>,
    redacted: Option<&Result<Value, String>>,
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2048);
    let entry = Entry { place, id, profile, result, redacted };
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Safe);
    if let Err(error) = entry.serialize(&mut serializer) {
        // Only what a critic hands out can fail to serialise. It must not cost the line its report.
        let error = Err(format!("the report cannot be written: {error}"));
        bytes.clear();
        let entry = Entry { place, id, profile, result: &error, redacted: None };
        let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Safe);
        // Texts and numbers into memory: there is nothing left to fail.
        let _ = entry.serialize(&mut serializer);
    }
    bytes.push(b'\n');
    bytes
}

struct Entry<'a> {
    place: &'a Place,
    id: &'a Value,
    /// The one that the line named.
    profile: Option<&'a str>,
    result: &'a Result<Report, String>,
    redacted: Option<&'a Result<Value, String>>,
}

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("line", &self.place.line)?;
        map.serialize_entry("input", &*self.place.input)?;
        map.serialize_entry("id", self.id)?;
        if let Some(profile) = self.profile {
            map.serialize_entry("profile", profile)?;
        }
        match self.result {
            Ok(report) => report.serialize_into(&mut map)?,
            Err(error) => map.serialize_entry("error", error)?,
        }
        match self.redacted {
            None => {}
            Some(Ok(snapshot)) => map.serialize_entry("redacted", snapshot)?,
            // Null, so that nobody takes the line for one that was not asked to be redacted.
            Some(Err(error)) => {
                map.serialize_entry("redacted", &())?;
                map.serialize_entry("redact_error", error)?;
            }
        }
        map.end()
    }
}

/// Compact JSON in which no character steers a terminal.
struct Safe;

impl Formatter for Safe {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + Write,
    {
        // Serde has escaped what is below a space; most text has nothing more to escape.
        if fragment.bytes().all(|byte| byte.is_ascii() && byte != 0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| steers(*c)) {
            let (before, after) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = after.get(c.len_utf8()..).unwrap_or_default();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_reads_as_the_same() {
        let id = Value::from("é \u{1b} \u{7f}\u{9b}\u{202e}\u{2028}\u{e0041} 嵐");
        let place = Place { input: "x\u{202e}y".into(), line: 7 };
        let bytes = line(&place, &id, None, &Err("no".into()), None);
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("é \\u001b \\u007f\\u009b\\u202e\\u2028\\udb40\\udc41 嵐"), "{text}");
        assert_eq!(text.find('\n'), Some(text.len() - 1));
        assert!(!text.trim_end().chars().any(steers));
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["id"], id);
        assert_eq!(read["input"], "x\u{202e}y");
        assert_eq!((read["line"].as_u64(), read["error"].as_str()), (Some(7), Some("no")));
    }
}
