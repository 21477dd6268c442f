use claimgate_json::{Json, Number, Object};

use super::{Key, Map, Value};
use crate::text::base64;

/// The value as JSON, or nothing if it has more than `most` parts and bytes.
pub(super) fn json(value: &Value<'_>, most: usize) -> Option<Json> {
    Writer { left: most }.value(value)
}

struct Writer {
    left: usize,
}

impl Writer {
    fn value(&mut self, value: &Value<'_>) -> Option<Json> {
        self.take(1)?;
        Some(match value {
            Value::Null | Value::Optional(None) => Json::Null,
            Value::Bool(value) => Json::from(*value),
            Value::Int(value) => Json::from(*value),
            Value::Uint(value) => Json::Number(Number::from(*value)),
            Value::Double(value) => {
                Number::from_f64(*value).map_or_else(|| Json::from(value.to_string()), Json::Number)
            }
            Value::Text(text) => {
                self.take(text.as_str().len())?;
                Json::from(text.as_str())
            }
            Value::Bytes(bytes) => {
                self.take(bytes.len())?;
                Json::from(base64(bytes))
            }
            Value::List(list) => {
                Json::Array(list.iter().map(|item| self.value(&item)).collect::<Option<Vec<Json>>>()?)
            }
            Value::Map(map) => Json::Object(self.map(map)?),
            Value::Optional(Some(value)) => self.value(value)?,
            Value::Timestamp(instant) => Json::from(instant.to_string()),
            Value::Duration(nanoseconds) => Json::from(super::seconds(*nanoseconds)),
            Value::Type(name) => Json::from(name.0),
            Value::Opaque(value) => Json::from(value.shown()),
        })
    }

    fn map(&mut self, map: &Map<'_>) -> Option<Object> {
        let mut members = Object::new();
        for key in map.keys() {
            let name = match &key {
                Key::Text(text) => text.as_str().to_owned(),
                Key::Bool(value) => value.to_string(),
                Key::Int(value) => value.to_string(),
                Key::Uint(value) => value.to_string(),
            };
            self.take(name.len())?;
            let value = map.get_key(&key).unwrap_or(Value::Null);
            members.insert(name, self.value(&value)?);
        }
        Some(members)
    }

    fn take(&mut self, count: usize) -> Option<()> {
        self.left = self.left.checked_sub(count)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::super::List;
    use super::*;

    #[test]
    fn values_are_written_as_json() {
        let cases = [
            (Value::Int(i64::MIN), "-9223372036854775808"),
            (Value::Uint(u64::MAX), "18446744073709551615"),
            (Value::Double(f64::INFINITY), "\"inf\""),
            (Value::Bytes(Rc::from(&b"ab"[..])), "\"YWI=\""),
            (Value::Optional(None), "null"),
            (Value::Duration(1_500_000_000), "\"1.5s\""),
        ];
        for (value, wanted) in cases {
            assert_eq!(json(&value, 100).unwrap().to_string(), wanted);
        }
    }

    #[test]
    fn a_value_that_doubles_is_not_written_out() {
        let mut value = Value::Bool(true);
        for _ in 0..40 {
            value = Value::List(List::Owned(Rc::from([value.clone(), value])));
        }
        assert_eq!(json(&value, 10_000), None);
    }
}
