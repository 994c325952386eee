//! How deep and how large a JSON value is, found without following it further than allowed.

use std::io::{self, Write};

use serde_json::Value;

/// How deep a value nests (a number nests 0 deep, `[]` 1), or `None` when deeper than `limit`.
///
/// Recursion ends at the limit: a value built in code can be deeper than any stack.
pub(crate) fn depth_within(value: &Value, limit: usize) -> Option<usize> {
    fn deepest<'a>(mut items: impl Iterator<Item = &'a Value>, limit: usize) -> Option<usize> {
        let below = limit.checked_sub(1)?;
        items.try_fold(1, |deepest: usize, item| Some(deepest.max(1 + depth_within(item, below)?)))
    }
    match value {
        Value::Array(items) => deepest(items.iter(), limit),
        Value::Object(members) => deepest(members.values(), limit),
        _ => Some(0),
    }
}

/// Whether the value, written as JSON, takes at most `limit` bytes. Bound its depth first.
pub(crate) fn fits(value: &Value, limit: usize) -> bool {
    struct Room(usize);
    impl Write for Room {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Room(limit), value).is_ok()
}

/// How many JSON values there are in all. Bound its depth first.
pub(crate) fn values(value: &Value) -> u64 {
    match value {
        Value::Array(items) => 1 + items.iter().map(values).sum::<u64>(),
        Value::Object(members) => 1 + members.values().map(values).sum::<u64>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn depth_is_counted_up_to_its_limit() {
        assert_eq!(depth_within(&json!(1), 0), Some(0));
        assert_eq!(depth_within(&json!([]), 0), None);
        assert_eq!(depth_within(&json!({"a": [1, {}]}), 3), Some(3));
        assert_eq!(depth_within(&json!({"a": [1, {}]}), 2), None);
    }

    #[test]
    fn size_is_that_of_compact_json() {
        assert!(fits(&json!({"a": [1, 2]}), 11));
        assert!(!fits(&json!({"a": [1, 2]}), 10));
    }
}
