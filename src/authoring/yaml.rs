//! A YAML text as a tree in which every node has a place. `serde-saphyr` parses it; scalars keep
//! their spelling, so `0123` and `+7912…` do not become numbers.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::problem::{SourceText, TextPlace};
use crate::domain::{Bilingual, bilingual};

/// A YAML node and its place.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) place: TextPlace,
    pub(crate) kind: NodeKind,
}

/// The kind of a YAML node.
#[derive(Debug, Clone)]
pub(crate) enum NodeKind {
    /// Null: `~`, or a key without a value.
    Null,
    /// Text, a number, true or false: as written, without quotes.
    Scalar(Text),
    /// A list.
    List(Vec<Node>),
    /// A block of keys.
    Map(Vec<(Text, Node)>),
}

/// A scalar.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) place: TextPlace,
    /// Whether it is written without quotes and may be a number or a boolean.
    pub(crate) plain: bool,
    /// The number of characters before the value (a quote), if the source has the value character
    /// by character; otherwise places within it are unknown.
    exact: Option<usize>,
}

impl Text {
    /// Returns whether the source has the value character by character, without escapes.
    pub(crate) fn is_literal(&self) -> bool {
        self.exact.is_some()
    }

    /// Returns the place of a part of the value, in characters; the place of the whole value if it
    /// contains escapes.
    pub(crate) fn part(&self, offset: usize, length: usize) -> TextPlace {
        match self.exact {
            Some(before) => self.place.part(before + offset, length),
            None => self.place.clone(),
        }
    }
}

impl Text {
    /// Returns a part of it as a text of its own.
    pub(crate) fn cut(&self, value: &str) -> Self {
        Self {
            value: value.to_owned(),
            exact: None,
            ..self.clone()
        }
    }

    /// Returns the rest of its line behind it, if the text ends on its first line.
    pub(crate) fn behind(&self) -> Option<String> {
        let end = usize::try_from(self.place.column - 1 + self.place.length).ok()?;
        let line = self.place.line_text();
        self.exact?;
        Some(line.chars().skip(end).collect())
    }
}

impl Node {
    /// Returns its kind for messages.
    pub(crate) fn describe(&self) -> Bilingual {
        match &self.kind {
            NodeKind::Null => bilingual!("nothing", "пусто"),
            NodeKind::Scalar(_) => bilingual!("text", "текст"),
            NodeKind::List(_) => bilingual!("a list", "список"),
            NodeKind::Map(_) => bilingual!("a block of keys", "блок с ключами"),
        }
    }
}

/// Values that aliases (`*name`) of a file may repeat: a few lines of them could stand for millions.
const MOST_REPEATED: usize = 10_000;

/// Parses a text.
pub(crate) fn read(source: &SourceText) -> Result<Node, Box<serde_saphyr::Error>> {
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::Error,
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MOST_REPEATED,
        },
    };
    let raw: Spanned<Raw> =
        serde_saphyr::from_str_with_options(source.text(), options).map_err(Box::new)?;
    Ok(locate(raw, source))
}

/// The value from serde, before scalars are found in the source.
enum Raw {
    Null,
    /// A number or a boolean; its text is in the source.
    Plain,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Raw, E> {
        Ok(Raw::Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Raw::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = map.next_entry()? {
            list.push(entry);
        }
        Ok(Raw::Map(list))
    }
}

/// Adds places to the tree.
fn locate(raw: Spanned<Raw>, source: &SourceText) -> Node {
    let place = place_of(&raw.referenced, source);
    let kind = match raw.value {
        Raw::Null => NodeKind::Null,
        Raw::Plain | Raw::Text(_) => NodeKind::Scalar(text_of(raw, source)),
        Raw::List(list) => {
            NodeKind::List(list.into_iter().map(|item| locate(item, source)).collect())
        }
        Raw::Map(entries) => NodeKind::Map(
            entries
                .into_iter()
                .map(|(key, value)| (text_of(key, source), locate(value, source)))
                .collect(),
        ),
    };
    Node { place, kind }
}

/// Returns a scalar as text. A key of another type in YAML becomes its source text.
fn text_of(raw: Spanned<Raw>, source: &SourceText) -> Text {
    let place = place_of(&raw.referenced, source);
    let place = match raw.value {
        // `[Москва, Казань]: NEW`
        Raw::List(_) => place.in_brackets(),
        Raw::Null | Raw::Plain | Raw::Text(_) | Raw::Map(_) => place,
    };
    let written = written(&raw.defined, source);
    let plain = !written.starts_with(['\'', '"', '|', '>']);
    let value = match raw.value {
        Raw::Text(text) => text,
        Raw::List(_) if place.length > 1 => place.text(),
        Raw::Null | Raw::Plain | Raw::List(_) | Raw::Map(_) => written.trim().to_owned(),
    };
    let same_place = raw.referenced == raw.defined;
    let exact = match written.find(value.as_str()) {
        Some(offset) if same_place && offset <= 1 && !value.contains('\n') => Some(offset),
        Some(_) | None => None,
    };
    Text {
        value,
        place,
        plain,
        exact,
    }
}

fn written<'s>(location: &Location, source: &'s SourceText) -> &'s str {
    let span = location.span();
    let (Some(start), Some(length)) = (span.byte_offset(), span.byte_len()) else {
        return "";
    };
    let (Ok(start), Ok(length)) = (usize::try_from(start), usize::try_from(length)) else {
        return "";
    };
    source
        .text()
        .get(start..start.saturating_add(length))
        .unwrap_or_default()
}

fn place_of(location: &Location, source: &SourceText) -> TextPlace {
    let written = written(location, source);
    let first_line = written.lines().next().unwrap_or_default().trim_end();
    TextPlace {
        source: source.clone(),
        line: u32::try_from(location.line()).unwrap_or(u32::MAX).max(1),
        column: u32::try_from(location.column()).unwrap_or(u32::MAX).max(1),
        length: u32::try_from(first_line.chars().count())
            .unwrap_or(1)
            .max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(node: &Node, depth: usize, out: &mut String) {
        use std::fmt::Write;
        let place = &node.place;
        write!(out, "{}:{}+{} ", place.line, place.column, place.length).unwrap();
        match &node.kind {
            NodeKind::Null => out.push_str("null\n"),
            NodeKind::Scalar(text) => {
                writeln!(out, "{:?} {} {:?}", text.value, text.plain, text.exact).unwrap();
            }
            NodeKind::List(list) => {
                out.push_str("list\n");
                for item in list {
                    out.push_str(&"  ".repeat(depth + 1));
                    show(item, depth + 1, out);
                }
            }
            NodeKind::Map(map) => {
                out.push_str("map\n");
                for (key, value) in map {
                    out.push_str(&"  ".repeat(depth + 1));
                    write!(
                        out,
                        "{}@{}:{} = ",
                        key.value, key.place.line, key.place.column
                    )
                    .unwrap();
                    show(value, depth + 1, out);
                }
            }
        }
    }

    #[test]
    fn a_few_aliases_cannot_stand_for_millions_of_values() {
        let mut text = "a: &k0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let below = vec![format!("*k{}", level - 1); 9].join(", ");
            text = format!("{text}k{level}: &k{level} [{below}]\n");
        }
        assert!(read(&SourceText::new("a.yaml", &text)).is_err());
        let fair = "a: &one { b: 1 }\nc: *one\n";
        assert!(read(&SourceText::new("a.yaml", fair)).is_ok());
    }

    #[test]
    fn nodes_keep_their_place_and_spelling() {
        let text = "a: 0123\nб: +79123456789\nc: 'x y' # note\nd: {e: \"q\\\"r\", f: [yes, 1.50, ~]}\n1: true\ng: |\n  two\n  lines\nh:\ni: &x v\nj: *x\nk: 12 # c\nl: 1_000\n";
        let source = SourceText::new("t.yaml", text);
        let mut out = String::new();
        show(&read(&source).unwrap(), 0, &mut out);
        insta::assert_snapshot!(out, @r#"
        1:1+1 map
          a@1:1 = 1:4+4 "0123" true Some(0)
          б@2:1 = 2:4+12 "+79123456789" true Some(0)
          c@3:1 = 3:4+5 "x y" false Some(1)
          d@4:1 = 4:4+1 map
            e@4:5 = 4:8+6 "q\"r" false None
            f@4:16 = 4:19+1 list
              4:20+3 "yes" true Some(0)
              4:25+4 "1.50" true Some(0)
              4:31+1 null
          1@5:1 = 5:4+4 "true" true Some(0)
          g@6:1 = 7:3+3 "two\nlines\n" true None
          h@9:1 = 9:2+1 null
          i@10:1 = 10:7+1 "v" true Some(0)
          j@11:1 = 11:4+2 "v" true None
          k@12:1 = 12:4+2 "12" true Some(0)
          l@13:1 = 13:4+5 "1_000" true Some(0)
        "#);
    }
}
