//! The rules of CRM fields: a template, a template with options, or a list of these.

use std::sync::Arc;

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use super::choice::{RawChooser, RawTable};
use super::condition::{self, RawCondition};
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{OnUpdate, UnknownLabel, bilingual};

/// One value for a CRM field, as written.
#[derive(Debug, Clone)]
pub(crate) struct RawFieldRule {
    pub(crate) value: Text,
    /// The row of a choice whose value this is.
    pub(crate) row: Option<RawRow>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) search: Option<Sp<bool>>,
    pub(crate) on_update: Option<Sp<OnUpdate>>,
    /// The kind of a phone, address, site or messenger.
    pub(crate) sort: Option<Text>,
    /// Whether a phone's extension is written behind it.
    pub(crate) extension: Option<Sp<bool>>,
    /// The name of the group of fields that are written together.
    pub(crate) together: Option<Text>,
    pub(crate) label: Option<RawLabel>,
}

/// A row of a choice. Each row of a CRM field's choice is a rule of its own.
#[derive(Debug, Clone)]
pub(crate) struct RawRow {
    pub(crate) chooser: Arc<RawChooser>,
    /// Its number; `None` for `default`.
    pub(crate) number: Option<usize>,
}

/// `as: label` of a CRM field, with its options.
#[derive(Debug, Clone)]
pub(crate) struct RawLabel {
    pub(crate) place: TextPlace,
    /// What to do with a label that is not in the list.
    pub(crate) unknown: UnknownLabel,
    /// The label that replaces an unknown one.
    pub(crate) default: Option<Text>,
}

/// A CRM field as written. Without rules the profile removes the field of the defaults.
#[derive(Debug, Clone)]
pub(crate) struct RawFieldRules {
    /// The CRM field's name, with its place.
    pub(crate) key: Text,
    pub(crate) rules: Vec<RawFieldRule>,
    /// Written in square brackets.
    pub(crate) is_list: bool,
    /// Has no value, and there is none below it that this would remove.
    pub(crate) is_idle: bool,
}

const ON_UPDATE: &[(&str, OnUpdate)] = &[
    ("keep", OnUpdate::Keep),
    ("overwrite", OnUpdate::Overwrite),
    ("fill", OnUpdate::Fill),
    ("append", OnUpdate::Append),
];

/// Reads `contact.fields`, `deal.fields`, `lead.fields`.
pub(crate) fn read_all(
    node: Node,
    about: &str,
    reader: &mut Reader<'_>,
) -> IndexMap<String, RawFieldRules> {
    let Some(block) = Block::open(node, about, reader) else {
        return IndexMap::new();
    };
    block
        .into_entries()
        .into_iter()
        .map(|(key, node)| {
            let about = format!("{about}.{}", key.value);
            let is_list = matches!(node.kind, NodeKind::List(_));
            let is_idle = matches!(node.kind, NodeKind::Null);
            let rules = match node.kind {
                NodeKind::Null => Vec::new(),
                NodeKind::List(list) => list
                    .into_iter()
                    .flat_map(|item| read(item, &about, reader))
                    .collect(),
                NodeKind::Scalar(_) | NodeKind::Map(_) => read(node, &about, reader),
            };
            (
                key.value.clone(),
                RawFieldRules {
                    key,
                    rules,
                    is_list,
                    is_idle,
                },
            )
        })
        .collect()
}

/// Returns what selects the rows of choices among these rules, each once.
pub(super) fn choosers(
    fields: &IndexMap<String, RawFieldRules>,
) -> impl Iterator<Item = &RawChooser> {
    let rules = fields.values().flat_map(|rules| &rules.rules);
    let rows = rules.filter_map(|rule| rule.row.as_ref());
    rows.filter(|row| matches!(row.number, Some(0)))
        .map(|row| &*row.chooser)
}

fn read(node: Node, about: &str, reader: &mut Reader<'_>) -> Vec<RawFieldRule> {
    match node.kind {
        NodeKind::Scalar(value) => vec![RawFieldRule {
            value,
            row: None,
            when: None,
            search: None,
            on_update: None,
            label: None,
            sort: None,
            extension: None,
            together: None,
        }],
        NodeKind::Map(_) if block::is_unquoted_template(&node) => {
            block::unquoted(about, &node, reader);
            Vec::new()
        }
        NodeKind::Map(_) => long_form(node, about, reader).unwrap_or_default(),
        NodeKind::Null => Vec::new(),
        NodeKind::List(_) => {
            let wanted = bilingual!("text or a block with `value`", "текст или блок с `value`");
            block::wrong_type(about, &wanted, &node, reader);
            Vec::new()
        }
    }
}

/// Reads a block with `value`, or with `by` and `map`.
fn long_form(node: Node, about: &str, reader: &mut Reader<'_>) -> Option<Vec<RawFieldRule>> {
    let mut block = Block::open(node, about, reader)?;
    block.meant_flag("search", &["key", "unique", "ключ", "find", "match"]);
    let is_given = block.has("value");
    let value = block.text("value", reader);
    let is_choice = block.has("by") || block.has("map");
    let when = condition::read(&mut block, reader);
    let search = block.flag("search", reader);
    let on_update = block.word("on_update", ON_UPDATE, reader);
    let (label, table) = if is_choice {
        choice(&mut block, about, reader)
    } else {
        let label = read_label(&mut block, about, reader);
        // for the list of known keys
        let _ = (block.node("by"), block.node("map"));
        (label, None)
    };
    let sort = block.text("type", reader);
    let extension = block.flag("extension", reader);
    let together = block.text("together", reader);
    match &value {
        Some(value) if is_choice => both(about, value, reader),
        None if !is_given && !is_choice && !block.leftover_means("value") => {
            neither(about, &block.place, reader);
        }
        Some(_) | None => {}
    }
    block.close(reader);
    let rule = |value: Text, row| RawFieldRule {
        value,
        row,
        when: when.clone(),
        search: search.clone(),
        on_update: on_update.clone(),
        label: label.clone(),
        sort: sort.clone(),
        extension: extension.clone(),
        together: together.clone(),
    };
    if !is_choice {
        return Some(vec![rule(value?, None)]);
    }
    let table = table?;
    let row = |number| RawRow {
        chooser: Arc::clone(&table.chooser),
        number,
    };
    let rows = table.rows.into_iter().enumerate();
    let rows = rows.map(|(number, value)| rule(value, Some(row(Some(number)))));
    let last = table.default.map(|value| rule(value, Some(row(None))));
    Some(rows.chain(last).collect())
}

/// Reports a value beside a choice.
fn both(about: &str, value: &Text, reader: &mut Reader<'_>) {
    let message = bilingual!(
        "`{about}` has both `value` and `map`",
        "в `{about}` есть и `value`, и `map`"
    );
    let advice = bilingual!(
        "`map` chooses the value by `by`, and `default` is for all others: remove `value`",
        "`map` выбирает значение по `by`, для остальных есть `default`: уберите `value`"
    );
    reader.error(Code::WrongPlace, &value.place, message, advice);
}

/// Reports a rule without a value.
fn neither(about: &str, place: &TextPlace, reader: &mut Reader<'_>) {
    let message = bilingual!("`{about}` has no `value`", "в `{about}` нет `value`");
    let advice = bilingual!(
        "add `value: \"{{{{…}}}}\"`",
        "добавьте `value: \"{{{{…}}}}\"`"
    );
    reader.error(Code::MissingKey, place, message, advice);
}

/// Reads a choice of values. Its `default` also replaces unknown labels, if `unknown` says so.
fn choice(
    block: &mut Block,
    about: &str,
    reader: &mut Reader<'_>,
) -> (Option<RawLabel>, Option<RawTable<Text>>) {
    let form = block.word_as_text("as", &[("label", ())], reader);
    let unknown = block.word("unknown", UNKNOWN, reader);
    let table = RawTable::take(block, about, reader, block::scalar);
    let form = form.filter(|form| {
        if form.value != "label" {
            no_label(form, about, reader);
        }
        form.value == "label"
    });
    let Some(form) = form else {
        if let Some(word) = unknown {
            unknown_without_label(about, &word.place, reader);
        }
        return (None, table);
    };
    let default = table.as_ref().and_then(|table| table.default.as_ref());
    let wants = |word: &Sp<UnknownLabelWord>| word.value == UnknownLabelWord::Default;
    let default = default.filter(|_| unknown.as_ref().is_some_and(wants));
    let label = RawLabel {
        unknown: unknown_label(unknown, default, reader),
        place: form.place,
        default: default.cloned(),
    };
    (Some(label), table)
}

/// The word of `unknown`; the label of `default` is separate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UnknownLabelWord {
    Park,
    Skip,
    Default,
}

const UNKNOWN: &[(&str, UnknownLabelWord)] = &[
    ("park", UnknownLabelWord::Park),
    ("skip", UnknownLabelWord::Skip),
    ("default", UnknownLabelWord::Default),
];

/// Reads `as: label`, `unknown` and `default`; the last two have a meaning only with the first.
fn read_label(block: &mut Block, about: &str, reader: &mut Reader<'_>) -> Option<RawLabel> {
    let form = block.word_as_text("as", &[("label", ())], reader);
    let unknown = block.word("unknown", UNKNOWN, reader);
    let default = block.text("default", reader);
    let Some(form) = form else {
        let places = unknown.map(|word| word.place).into_iter();
        for place in places.chain(default.map(|text| text.place)) {
            unknown_without_label(about, &place, reader);
        }
        return None;
    };
    if form.value != "label" {
        no_label(&form, about, reader);
        return None;
    }
    Some(RawLabel {
        unknown: unknown_label(unknown, default.as_ref(), reader),
        place: form.place,
        default,
    })
}

fn unknown_without_label(about: &str, place: &TextPlace, reader: &mut Reader<'_>) {
    let message = bilingual!(
        "`{about}`: `unknown` and `default` belong with `as: label`",
        "`{about}`: `unknown` и `default` пишут вместе с `as: label`"
    );
    let advice = bilingual!(
        "add `as: label` when the CRM field is a list; a default for a packet's value belongs in `fields`",
        "добавьте `as: label`, если поле CRM — список; значение по умолчанию для пакета \
         пишут в `fields`",
    );
    reader.error(Code::WrongPlace, place, message, advice);
}

fn no_label(form: &Text, about: &str, reader: &mut Reader<'_>) {
    let word = &form.value;
    let message = bilingual!(
        "`{about}.as` cannot be `{word}`",
        "`{about}.as` не может быть `{word}`"
    );
    let advice = match suggest::nearest(word, ["label"]) {
        Some(near) => suggest::meant_by(word, near),
        None => bilingual!(
            "remove it here, where only `label` is possible; how a value of the packet is read stands in `fields`, as `x: {{ from: …, as: {word} }}`",
            "уберите его здесь: у поля CRM бывает только `label`, а как читать значение из пакета, пишут в `fields`: `x: {{ from: …, as: {word} }}`"
        ),
    };
    reader.error(Code::WrongValue, &form.place, message, advice);
}

/// Combines `unknown` and `default`.
fn unknown_label(
    unknown: Option<Sp<UnknownLabelWord>>,
    default: Option<&Text>,
    reader: &mut Reader<'_>,
) -> UnknownLabel {
    match (unknown, default) {
        (None, None) => UnknownLabel::Park,
        (None, Some(text)) => UnknownLabel::Default(text.value.clone()),
        (Some(word), default) => match (word.value, default) {
            (UnknownLabelWord::Default, Some(text)) => UnknownLabel::Default(text.value.clone()),
            (UnknownLabelWord::Default, None) => {
                let message = bilingual!(
                    "`unknown: default` needs a `default`",
                    "к `unknown: default` нужен `default`"
                );
                let advice = bilingual!(
                    "add `default: …` with a label of the list",
                    "добавьте `default: …` с одним из значений списка"
                );
                reader.error(Code::MissingKey, &word.place, message, advice);
                UnknownLabel::Park
            }
            (_, Some(text)) => {
                let message = bilingual!(
                    "`default` has no effect with this `unknown`",
                    "с таким `unknown` `default` ни на что не влияет"
                );
                let advice = bilingual!(
                    "remove one of them, or write `unknown: default`",
                    "уберите одно из двух или напишите `unknown: default`"
                );
                reader.error(Code::WrongPlace, &text.place, message, advice);
                UnknownLabel::Park
            }
            (UnknownLabelWord::Park, None) => UnknownLabel::Park,
            (UnknownLabelWord::Skip, None) => UnknownLabel::Skip,
        },
    }
}
