//! A value that depends on another one, as written:
//! `{ by: "{{city}}", map: { Москва: NEW }, default: … }`.

use std::sync::Arc;

use super::block::{self, Block};
use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// What selects a row: a template, and the keys that its text is compared with.
#[derive(Debug)]
pub(crate) struct RawChooser {
    pub(crate) by: Text,
    pub(crate) keys: Vec<Text>,
    pub(crate) has_default: bool,
}

/// A value, or a choice of values.
#[derive(Debug, Clone)]
pub(crate) enum RawChoice<T> {
    Always(T),
    By(RawTable<T>),
}

/// The values of a choice, in the order of its keys.
#[derive(Debug, Clone)]
pub(crate) struct RawTable<T> {
    pub(crate) chooser: Arc<RawChooser>,
    pub(crate) rows: Vec<T>,
    pub(crate) default: Option<T>,
}

/// Reads one value.
pub(crate) type ReadOne<T> = fn(&str, Node, &mut Reader<'_>) -> Option<T>;

impl<T> RawChoice<T> {
    /// Reads the value of a key: a block is a choice.
    pub(crate) fn read(
        about: &str,
        node: Node,
        reader: &mut Reader<'_>,
        one: ReadOne<T>,
    ) -> Option<Self> {
        if !matches!(node.kind, NodeKind::Map(_)) || block::is_unquoted_template(&node) {
            return one(about, node, reader).map(Self::Always);
        }
        let mut block = Block::open(node, about, reader)?;
        let table = RawTable::take(&mut block, about, reader, one);
        block.close(reader);
        table.map(Self::By)
    }

    /// Returns every possible value.
    pub(crate) fn all(&self) -> impl Iterator<Item = &T> {
        let (rows, last) = match self {
            Self::Always(value) => (&[][..], Some(value)),
            Self::By(table) => (table.rows.as_slice(), table.default.as_ref()),
        };
        rows.iter().chain(last)
    }

    /// Returns what selects the row.
    pub(crate) fn chooser(&self) -> Option<&RawChooser> {
        match self {
            Self::Always(_) => None,
            Self::By(table) => Some(&table.chooser),
        }
    }
}

impl<T> RawTable<T> {
    /// Takes `by`, `map` and `default` of a block.
    pub(crate) fn take(
        block: &mut Block,
        about: &str,
        reader: &mut Reader<'_>,
        one: ReadOne<T>,
    ) -> Option<Self> {
        let by = block.text("by", reader);
        let map = block.node("map");
        let default = block.node("default");
        let default = default.and_then(|node| one(&format!("{about}.default"), node, reader));
        let has_map = map.is_some();
        let rows = map.and_then(|node| rows(&format!("{about}.map"), node, reader, one));
        if by.is_none() {
            let message = bilingual!(
                "`{about}` does not say what it depends on: `by` is missing",
                "в `{about}` не сказано, от чего зависит значение: нет `by`"
            );
            let advice = bilingual!(
                "write {{ by: \"{{{{city}}}}\", map: {{ Москва: …, Казань: … }}, default: … }}",
                "напишите {{ by: \"{{{{city}}}}\", map: {{ Москва: …, Казань: … }}, default: … }}"
            );
            reader.error(Code::MissingKey, &block.place, message, advice);
        }
        if !has_map {
            let message = bilingual!("`{about}` has no `map`", "в `{about}` нет `map`");
            let advice = bilingual!(
                "add a row for each value: `map: {{ Москва: …, Казань: … }}`",
                "добавьте строку на каждое значение: `map: {{ Москва: …, Казань: … }}`"
            );
            reader.error(Code::MissingKey, &block.place, message, advice);
        }
        let (keys, rows) = rows?.into_iter().unzip();
        let chooser = RawChooser {
            by: by?,
            keys,
            has_default: default.is_some(),
        };
        Some(Self {
            chooser: Arc::new(chooser),
            rows,
            default,
        })
    }
}

/// Reads the rows of `map`.
fn rows<T>(
    about: &str,
    node: Node,
    reader: &mut Reader<'_>,
    one: ReadOne<T>,
) -> Option<Vec<(Text, T)>> {
    let place = node.place.clone();
    let entries = Block::open(node, about, reader)?.into_entries();
    if entries.is_empty() {
        let message = bilingual!("`{about}` has no rows", "в `{about}` нет строк");
        let advice = bilingual!(
            "add a row for each value, such as `Москва: …`",
            "добавьте строку на каждое значение: например, `Москва: …`"
        );
        reader.error(Code::MissingKey, &place, message, advice);
    }
    let mut rows = Vec::with_capacity(entries.len());
    for (key, node) in entries {
        let name = &key.value;
        if matches!(node.kind, NodeKind::Null) {
            let message = bilingual!(
                "the row `{name}` of `{about}` has no value",
                "у строки `{name}` в `{about}` нет значения"
            );
            let advice = bilingual!(
                "write the value, or remove the row: then `default` applies",
                "напишите значение или уберите строку: тогда сработает `default`"
            );
            reader.error(Code::MissingKey, &key.place, message, advice);
            continue;
        }
        if let Some(value) = one(&format!("{about}.{name}"), node, reader) {
            rows.push((key, value));
        }
    }
    Some(rows)
}
