//! Reads JSON as strictly as a snapshot is read: no name twice, bounded in depth and number of values.

use serde_json::Value;
use tribunal_core::{Snapshot, SnapshotLimits};

/// Why a text is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotRead {
    NotJson,
    /// A name stands twice in one object, and readers differ in which one they take.
    NameTwice,
    TooMany,
}

pub(crate) fn read(text: &str) -> Result<Value, NotRead> {
    // By itself first: only what is one JSON value can be wrapped without breaking out.
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|_| NotRead::NotJson)?;
    let wrapped = format!("{{\"json\":{text}}}");
    if let Ok(snapshot) = Snapshot::from_json(wrapped.as_bytes()) {
        return snapshot.attributes().get("json").cloned().ok_or(NotRead::NotJson);
    }
    // A lenient reader tells the reasons apart.
    let lenient: Value = serde_json::from_str(&wrapped).map_err(|_| NotRead::NotJson)?;
    let many = values(&lenient) > SnapshotLimits::default().values;
    Err(if many { NotRead::TooMany } else { NotRead::NameTwice })
}

/// How many values there are. The depth has been bounded by the reader.
fn values(value: &Value) -> usize {
    let inside: usize = match value {
        Value::Array(items) => items.iter().map(values).sum(),
        Value::Object(members) => members.values().map(values).sum(),
        _ => 0,
    };
    inside + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_told_apart() {
        assert!(read(" {\"a\": [1]} ").is_ok());
        assert_eq!(read("{\"a\": [{\"b\": 1, \"b\": 1}]}"), Err(NotRead::NameTwice));
        assert_eq!(read(&format!("[{}1]", "1,".repeat(300_000))), Err(NotRead::TooMany));
        for text in ["", "x", "{\"a\": 1e999}", "1}, \"b\": {\"a\": 1", &"[".repeat(100_000)] {
            assert_eq!(read(text), Err(NotRead::NotJson), "{text:.20}");
        }
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(read(&deep(127)), Err(NotRead::NotJson));
        assert!(read(&deep(120)).is_ok());
    }
}
