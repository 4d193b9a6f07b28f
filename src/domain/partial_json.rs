//! JSON from strangers at a glance: as strict as [`json::decode`], and many times cheaper, because of all
//! that was sent only what is asked for is kept.

use std::fmt;

use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::json::{self, Bounds, Mistake, MistakeKind, Repairs};

/// What is to be kept of a value.
#[derive(Debug, Clone, Copy)]
pub enum Keep {
    /// A text or a number as it is.
    Plain,
    /// Of an object these members.
    Members(&'static [(&'static str, Keep)]),
    /// Its kind: an object without members, a text without letters.
    Kind,
}

/// What was kept of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// A text, a number, yes, no or nothing.
    Plain(Value),
    /// An array without elements: PHP writes its empty objects so.
    EmptyArray,
    /// An array with elements.
    Array,
    /// An object, and those of its members that were asked for.
    Object(Vec<(&'static str, Kept)>),
}

impl Kept {
    /// The same by forgetting most of what was read whole.
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

    /// A member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members
                .iter()
                .find_map(|(member, kept)| (*member == name).then_some(kept)),
            Self::Plain(_) | Self::EmptyArray | Self::Array => None,
        }
    }

    /// A text, a number, yes, no or nothing, as it was sent.
    pub fn plain(&self) -> Option<&Value> {
        match self {
            Self::Plain(value) => Some(value),
            Self::EmptyArray | Self::Array | Self::Object(_) => None,
        }
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// Whether it is an object, or what PHP writes for one without members: `[]` or `null`.
    pub fn is_object_or_empty(&self) -> bool {
        self.is_object() || self.is_null() || matches!(self, Self::EmptyArray)
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Plain(Value::Null))
    }
}

/// A body that was glanced at.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialJson {
    /// What was kept of it.
    pub kept: Kept,
    /// What had to be put right first.
    pub repairs: Repairs,
}

/// Reads a body as [`json::decode`] does, takes and refuses the same, and keeps so much of it.
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

/// Rare, and the whole reading knows what to say.
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

    /// A text that nobody asked for is kept without its letters.
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
                    // of two members with one name the last one counts
                    kept.retain(|(earlier, _)| *earlier != name);
                    kept.push((name, value));
                }
                None => drop(members.next_value_seed(Self::Kind)?),
            }
        }
        Ok(Kept::Object(kept))
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

    /// The order in which members came is of no account.
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
        let glanced =
            read_partial(body, 64, HEAD).map(|glanced| (sorted(glanced.kept), glanced.repairs));
        assert_eq!(whole, glanced);
    }

    #[test]
    fn what_is_asked_for_is_kept() {
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
    fn it_takes_and_refuses_what_reading_everything_does() {
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
