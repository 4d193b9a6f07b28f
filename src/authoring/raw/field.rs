//! `fields`: names for what is in the packet, in their short and their long form.

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use super::condition::{self, RawCondition};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::authoring::{NameOrder, Normaliser};
use crate::domain::bilingual;

/// What happens when a field has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawMissing {
    Skip,
    Empty,
    Default,
    Reject,
    Park,
}

/// What happens to a value that `map` or the table lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawUnknown {
    Keep,
    Like(RawMissing),
}

/// A field as written.
#[derive(Debug, Clone)]
pub(crate) struct RawField {
    /// Its name, with its place.
    pub(crate) key: Text,
    pub(crate) from: Vec<Text>,
    /// A template over other fields, instead of `from`.
    pub(crate) value: Option<Text>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) form: Option<Sp<Normaliser>>,
    pub(crate) order: Option<Sp<NameOrder>>,
    pub(crate) separator: Option<Text>,
    pub(crate) zone: Option<Text>,
    pub(crate) map: Option<Vec<(Text, Text)>>,
    pub(crate) table: Option<Text>,
    pub(crate) unknown: Option<Sp<RawUnknown>>,
    pub(crate) default: Option<Text>,
    pub(crate) missing: Option<Sp<RawMissing>>,
}

const MISSING: &[(&str, RawMissing)] = &[
    ("skip", RawMissing::Skip),
    ("empty", RawMissing::Empty),
    ("default", RawMissing::Default),
    ("reject", RawMissing::Reject),
    ("park", RawMissing::Park),
];

const UNKNOWN: &[(&str, RawUnknown)] = &[
    ("keep", RawUnknown::Keep),
    ("skip", RawUnknown::Like(RawMissing::Skip)),
    ("empty", RawUnknown::Like(RawMissing::Empty)),
    ("default", RawUnknown::Like(RawMissing::Default)),
    ("reject", RawUnknown::Like(RawMissing::Reject)),
    ("park", RawUnknown::Like(RawMissing::Park)),
];

const NAME_ORDER: &[(&str, NameOrder)] = &[
    ("last_first", NameOrder::LastFirst),
    ("first_last", NameOrder::FirstLast),
];

/// Reads the whole block.
pub(crate) fn read_all(node: Node, problems: &mut Problems) -> IndexMap<String, RawField> {
    let Some(block) = Block::open(node, "fields", problems) else {
        return IndexMap::new();
    };
    block
        .into_entries()
        .into_iter()
        .filter_map(|(key, node)| Some((key.value.clone(), read(key, node, problems)?)))
        .collect()
}

fn read(key: Text, node: Node, problems: &mut Problems) -> Option<RawField> {
    let about = format!("fields.{}", key.value);
    match node.kind {
        NodeKind::Scalar(_) | NodeKind::List(_) => {
            let from = block::texts(&about, node, problems)?;
            Some(RawField::at(key, from))
        }
        NodeKind::Null => {
            let name = &key.value;
            let advice = bilingual!(
                "write a path, such as $.data.{name}",
                "напишите путь: например, $.data.{name}"
            );
            problems.error(Code::MissingKey, &key.place, nowhere(&about), advice);
            None
        }
        NodeKind::Map(_) if block::is_unquoted_template(&node) => {
            block::unquoted(&about, &node, problems);
            None
        }
        NodeKind::Map(_) => long_form(key, node, &about, problems),
    }
}

fn nowhere(about: &str) -> crate::domain::Bilingual {
    bilingual!(
        "`{about}` does not say where its value is",
        "в `{about}` не сказано, где взять значение"
    )
}

fn long_form(key: Text, node: Node, about: &str, problems: &mut Problems) -> Option<RawField> {
    let mut block = Block::open(node, about, problems)?;
    let from = block.texts("from", problems);
    let field = RawField {
        from: from.unwrap_or_default(),
        value: block.text("value", problems),
        when: condition::read(&mut block, problems),
        form: block.form("as", problems),
        order: block.word("order", NAME_ORDER, problems),
        separator: block.text("separator", problems),
        zone: block.text("zone", problems),
        map: block
            .node("map")
            .map(|node| read_map(node, &format!("{about}.map"), problems)),
        table: block.text("table", problems),
        unknown: block.word("unknown", UNKNOWN, problems),
        default: block.text("default", problems),
        missing: block.word("missing", MISSING, problems),
        key,
    };
    let place = block.place.clone();
    block.close(problems);
    match (field.from.is_empty(), &field.value) {
        (true, None) => {
            let name = &field.key.value;
            let advice = bilingual!(
                "add `from: $.data.{name}`",
                "добавьте `from: $.data.{name}`"
            );
            problems.error(Code::MissingKey, &place, nowhere(about), advice);
            return None;
        }
        (false, Some(value)) => {
            let message = bilingual!(
                "`{about}` has both `from` and `value`",
                "в `{about}` есть и `from`, и `value`"
            );
            let advice = bilingual!(
                "`from` takes it from the packet, `value` makes it of other fields: keep one",
                "`from` берёт из пакета, `value` составляет из других полей: оставьте одно"
            );
            problems.error(Code::WrongPlace, &value.place, message, advice);
        }
        (true, Some(_)) | (false, None) => {}
    }
    Some(field)
}

fn read_map(node: Node, about: &str, problems: &mut Problems) -> Vec<(Text, Text)> {
    let Some(block) = Block::open(node, about, problems) else {
        return Vec::new();
    };
    block
        .into_entries()
        .into_iter()
        .filter_map(|(key, value)| Some((key, block::scalar(about, value, problems)?)))
        .collect()
}

impl Block {
    /// The word of `as`.
    fn form(&mut self, key: &'static str, problems: &mut Problems) -> Option<Sp<Normaliser>> {
        let text = self.word_as_text(key, Normaliser::WORDS, problems)?;
        Normaliser::read(&self.name_of(key), &text, problems)
    }
}

impl RawField {
    fn at(key: Text, from: Vec<Text>) -> Self {
        Self {
            key,
            from,
            value: None,
            when: None,
            form: None,
            order: None,
            separator: None,
            zone: None,
            map: None,
            table: None,
            unknown: None,
            default: None,
            missing: None,
        }
    }
}
