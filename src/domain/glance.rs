//! JSON from strangers at a glance: as strict as [`json::decode`], and many times cheaper, because of all
//! that was sent only what is asked for is kept.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::json::{self, Decoded, Mistake};

/// What is kept of a value.
#[derive(Debug, Clone, Copy)]
pub enum Keep {
    /// A text or a number as it is.
    Plain,
    /// Of an object these members.
    Members(&'static [(&'static str, Keep)]),
    /// Its kind: an object without members, a text without letters.
    Kind,
}

/// Reads a body as [`json::decode`] does, takes and refuses the same, and keeps so much of it.
pub fn glance(body: &[u8], deepest: usize, keep: Keep) -> Result<Decoded, Mistake> {
    let text = json::text(body, deepest)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    match keep.deserialize(&mut reader).and_then(|value| {
        reader.end()?;
        Ok(value)
    }) {
        Ok(value) => Ok(Decoded {
            value,
            repaired: false,
        }),
        // rare, and the whole reading knows what to say
        Err(_) => json::decode(body, deepest),
    }
}

impl<'de> DeserializeSeed<'de> for Keep {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keep {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(match self {
            Self::Plain => text.to_owned(),
            Self::Members(_) | Self::Kind => String::new(),
        }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        while items.next_element_seed(Self::Kind)?.is_some() {}
        Ok(Value::Array(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let wanted = match self {
            Self::Members(wanted) => wanted,
            Self::Plain | Self::Kind => &[],
        };
        let mut kept = Map::new();
        while let Some(found) = members.next_key_seed(Name(wanted))? {
            match found {
                Some((name, keep)) => {
                    let value = members.next_value_seed(keep)?;
                    kept.insert(name.to_owned(), value);
                }
                None => drop(members.next_value_seed(Self::Kind)?),
            }
        }
        Ok(Value::Object(kept))
    }
}

/// Reads a member's name: one of these, or none.
struct Name(&'static [(&'static str, Keep)]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Option<(&'static str, Keep)>;

    fn deserialize<D: serde::Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Option<(&'static str, Keep)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|(wanted, _)| *wanted == name).copied())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const HEAD: Keep = Keep::Members(&[
        (
            "header_data",
            Keep::Members(&[("poll_id", Keep::Plain), ("answer_id", Keep::Plain)]),
        ),
        ("data", Keep::Kind),
    ]);

    /// The same by reading everything and forgetting most of it.
    fn forgetting(value: Value, keep: Keep) -> Value {
        match (value, keep) {
            (Value::Object(members), Keep::Members(wanted)) => {
                let kept = members.into_iter().filter_map(|(name, value)| {
                    let (_, keep) = wanted.iter().find(|(wanted, _)| *wanted == name)?;
                    Some((name, forgetting(value, *keep)))
                });
                Value::Object(kept.collect())
            }
            (Value::Object(_), _) => json!({}),
            (Value::Array(_), _) => json!([]),
            (Value::String(_), Keep::Members(_) | Keep::Kind) => json!(""),
            (plain, _) => plain,
        }
    }

    fn agree(body: &[u8]) {
        let whole = json::decode(body, 64);
        let glanced = glance(body, 64, HEAD);
        match (whole, glanced) {
            (Ok(whole), Ok(glanced)) if !whole.repaired => {
                assert_eq!(glanced.value, forgetting(whole.value, HEAD));
            }
            (whole, glanced) => assert_eq!(whole, glanced),
        }
    }

    #[test]
    fn what_is_asked_for_is_kept() {
        let body = br#"{"header_data":{"poll_id":123,"answer_id":"345","more":[1,{"a":2}]},"data":{"name":"x"},"x":1}"#;
        assert_eq!(
            glance(body, 64, HEAD).unwrap().value,
            json!({"header_data": {"poll_id": 123, "answer_id": "345"}, "data": {}})
        );
    }

    #[test]
    fn it_takes_and_refuses_what_reading_everything_does() {
        for body in [
            &br#"{"data":{"number":1e999}}"#[..],
            br#"{"data":{"half a letter":"\ud800"}}"#,
            br#"{"data":{"a":1} "b"}"#,
            br#"{"data":[1,2,],"header_data":3}"#,
            br#"{"data":{}} more"#,
            br#"{"data":1,"data":{"last":"wins"}}"#,
            br#"{"header\_data":{"poll_id":1}}"#,
            br#"{"header_data":{"poll_id":-0.0,"answer_id":18446744073709551616}}"#,
            b"\xef\xbb\xbf{}",
            b"",
            b"nul",
        ] {
            agree(body);
        }
        agree("[".repeat(100).as_bytes());
        agree(format!("{}{}", "[".repeat(64), "]".repeat(64)).as_bytes());
    }

    proptest! {
        #[test]
        fn it_agrees_on_anything(text in "[\\[\\]{}\",:0-9a-e\\\\u. -]{0,40}") {
            agree(text.as_bytes());
            agree(format!("{{\"data\":{text}}}").as_bytes());
        }
    }
}
