//! The `id` of a line that is no snapshot, for the line that says so.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// As far as it can be read: null when there is none, when it stands twice, or when it is an array or an
/// object. Those are not kept: a line is refused for being too large, too, and they may be what is large.
pub(crate) fn id_of(line: &[u8]) -> Value {
    #[derive(serde::Deserialize)]
    struct WithId {
        #[serde(default)]
        id: Plain,
    }
    serde_json::from_slice::<WithId>(line).map(|line| line.id.0).unwrap_or_default()
}

#[derive(Default)]
struct Plain(Value);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Value, E> {
                Ok(value.into())
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Null)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
                while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Null)
            }
        }

        deserializer.deserialize_any(Any).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_read_where_it_can_be() {
        assert_eq!(id_of(br#"{"id": "a", "input_text": 3}"#), "a");
        assert_eq!(id_of(br#"{"input_text": 3, "id": 7}"#), 7);
        assert_eq!(id_of(br#"{"id": -1.5, "x": {}}"#), -1.5);
        assert_eq!(id_of(br#"{"x": 1, "x": 2, "id": true}"#), true);
        for none in
            ["{}", "3", "{", r#"{"id": [1, {}]}"#, r#"{"id": 1, "id": 2}"#, r#"{"id": 1} x"#]
        {
            assert_eq!(id_of(none.as_bytes()), Value::Null, "{none}");
        }
    }
}
