//! Decodes selected parts of untrusted JSON: as strict as [`json::decode`], and many times cheaper,
//! because only the requested values are kept.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::json::{self, Bounds, Mistake, MistakeKind, Repairs};

/// Selects what to keep of a value.
#[derive(Debug, Clone, Copy)]
pub enum Keep {
    /// A text or a number, unchanged.
    Plain,
    /// These members of an object.
    Members(&'static [(&'static str, Keep)]),
    /// Only its kind: an object without members, an empty text.
    Kind,
}

/// The kept part of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// A text, a number, true, false or null.
    Plain(Value),
    /// An empty array, which PHP also writes for an empty object.
    EmptyArray,
    /// An array with elements.
    Array,
    /// An object with the requested members.
    Object(Vec<(&'static str, Kept)>),
}

impl Kept {
    /// Reduces a fully decoded value to the requested parts.
    pub fn of(value: &Value, keep: Keep) -> Self {
        match value {
            Value::Object(members) => Self::Object(
                keep.members()
                    .iter()
                    .filter_map(|(name, keep)| Some((*name, Self::of(members.get(*name)?, *keep))))
                    .collect(),
            ),
            Value::Array(items) if items.is_empty() => Self::EmptyArray,
            Value::Array(_) => Self::Array,
            Value::String(text) => keep.text(text),
            plain => Self::Plain(plain.clone()),
        }
    }

    /// Returns a member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .find_map(|(member, kept)| (*member == name).then_some(kept)),
            Self::Plain(_) | Self::EmptyArray | Self::Array => None,
        }
    }

    /// Returns a text, a number, true, false or null.
    pub fn plain(&self) -> Option<&Value> {
        match self {
            Self::Plain(value) => Some(value),
            Self::EmptyArray | Self::Array | Self::Object(_) => None,
        }
    }

    /// Returns whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Returns whether it is an object, or `[]` or `null`, which PHP writes for an empty one.
    pub fn is_object_or_empty(&self) -> bool {
        self.is_object() || self.is_null() || matches!(self, Self::EmptyArray)
    }

    /// Returns whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Plain(Value::Null))
    }
}

/// A partially decoded body.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialJson {
    /// The requested values.
    pub kept: Kept,
    /// The repairs that were necessary.
    pub repairs: Repairs,
}

/// Decodes a body like [`json::decode`], accepts and refuses the same bodies, and keeps only
/// `keep`.
pub fn read_partial(
    body: &[u8],
    bounds: impl Into<Bounds>,
    keep: Keep,
) -> Result<PartialJson, Mistake> {
    let bounds = bounds.into();
    let text = match json::text(body, bounds) {
        Err(mistake) if mistake.kind == MistakeKind::NotUtf8 => return whole(body, bounds, keep),
        read => read?,
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    let kept = keep.deserialize(&mut reader).and_then(|kept| {
        reader.end()?;
        Ok(kept)
    });
    if let Ok(kept) = kept {
        return Ok(PartialJson {
            kept,
            repairs: Repairs::default(),
        });
    }
    whole(body, bounds, keep)
}

/// Decodes the whole body, which reports mistakes and makes repairs. Rare.
fn whole(body: &[u8], bounds: Bounds, keep: Keep) -> Result<PartialJson, Mistake> {
    let whole = json::decode(body, bounds)?;
    Ok(PartialJson {
        kept: Kept::of(&whole.value, keep),
        repairs: whole.repairs,
    })
}

impl Keep {
    fn members(self) -> &'static [(&'static str, Keep)] {
        match self {
            Self::Members(wanted) => wanted,
            Self::Plain | Self::Kind => &[],
        }
    }

    /// Keeps a text, or an empty one if only the kind was requested.
    fn text(self, text: &str) -> Kept {
        Kept::Plain(Value::String(match self {
            Self::Plain => text.to_owned(),
            Self::Members(_) | Self::Kind => String::new(),
        }))
    }
}

impl<'de> DeserializeSeed<'de> for Keep {
    type Value = Kept;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Kept, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Keep {
    type Value = Kept;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Kept, E> {
        Ok(Kept::Plain(Value::Null))
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Kept, E> {
        Ok(Kept::Plain(Value::Bool(yes)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Kept, E> {
        Ok(Kept::Plain(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Kept, E> {
        Ok(Kept::Plain(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Kept, E> {
        Ok(Kept::Plain(
            Number::from_f64(number).map_or(Value::Null, Value::Number),
        ))
    }

    fn visit_str<E>(self, text: &str) -> Result<Kept, E> {
        Ok(self.text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Kept, A::Error> {
        if items.next_element_seed(Self::Kind)?.is_none() {
            return Ok(Kept::EmptyArray);
        }
        while items.next_element_seed(Self::Kind)?.is_some() {}
        Ok(Kept::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Kept, A::Error> {
        let wanted = self.members();
        let mut kept: Vec<(&'static str, Kept)> = Vec::with_capacity(wanted.len());
        while let Some(found) = members.next_key_seed(Name(wanted))? {
            match found {
                Some((name, keep)) => {
                    let value = members.next_value_seed(keep)?;
                    // the last one of equal names counts
                    kept.retain(|(earlier, _)| *earlier != name);
                    kept.push((name, value));
                }
                None => drop(members.next_value_seed(Self::Kind)?),
            }
        }
        Ok(Kept::Object(kept))
    }
}

/// Reads a member's name and finds it among the requested ones.
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

    /// Sorts members, because their order does not matter.
    fn sorted(kept: Kept) -> Kept {
        match kept {
            Kept::Object(mut members) => {
                members.sort_by_key(|(name, _)| *name);
                let members = members.into_iter();
                Kept::Object(members.map(|(name, kept)| (name, sorted(kept))).collect())
            }
            other => other,
        }
    }

    fn agree(body: &[u8]) {
        let whole = json::decode(body, 64)
            .map(|whole| (sorted(Kept::of(&whole.value, HEAD)), whole.repairs));
        let partial =
            read_partial(body, 64, HEAD).map(|partial| (sorted(partial.kept), partial.repairs));
        assert_eq!(whole, partial);
    }

    #[test]
    fn keeps_the_requested_values() {
        let body = br#"{"header_data":{"poll_id":123,"answer_id":"345","more":[1,{"a":2}]},"data":{"name":"x"},"x":1}"#;
        let plain = |value| Kept::Plain(value);
        let head = vec![
            ("poll_id", plain(json!(123))),
            ("answer_id", plain(json!("345"))),
        ];
        assert_eq!(
            read_partial(body, 64, HEAD).unwrap().kept,
            Kept::Object(vec![
                ("header_data", Kept::Object(head)),
                ("data", Kept::Object(vec![])),
            ])
        );
    }

    #[test]
    fn accepts_and_refuses_the_same_as_full_decoding() {
        for body in [
            &br#"{"data":{"number":1e999}}"#[..],
            br#"{"data":{"half a letter":"\ud800"}}"#,
            br#"{"header\_data":{"poll_id":"\udc00"},"data":"\ud83d\ude00"}"#,
            br#"{"header_data\ud83d":{"poll_id":1},"x":"\ud83d" 1}"#,
            br#"{"data":{"a":1} "b"}"#,
            br#"{"data":[1,2,],"header_data":3}"#,
            br#"{"data":{}} more"#,
            br#"{"data":[],"header_data":null}"#,
            br#"{"data":[[]],"header_data":[]}"#,
            b"[]",
            b"null",
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
