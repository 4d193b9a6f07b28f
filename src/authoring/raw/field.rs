//! `fields`: names for values of the packet, in the short and the long form.

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use super::condition::{self, RawCondition};
use super::{advice, amocrm_names};
use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::authoring::{NameOrder, Normaliser};
use crate::domain::bilingual;

/// The beginning of a path to a custom field of amoCRM: `$custom['ORDERID']`.
pub(crate) const CUSTOM_ROOT: &str = "$custom";
/// The same of the contact, and of the company, of the item.
pub(crate) const CONTACT_ROOT: &str = "$contact";
pub(crate) const COMPANY_ROOT: &str = "$company";

/// Keys that name custom fields, and the beginnings of their paths.
const CUSTOM_KEYS: [(&str, &str); 3] = [
    ("custom", CUSTOM_ROOT),
    ("contact", CONTACT_ROOT),
    ("company", COMPANY_ROOT),
];

/// What to do if a field has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawMissing {
    Skip,
    Empty,
    Default,
    Reject,
    Park,
}

/// What to do with a value that is not in `map` or the table.
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
    /// A template that uses other fields, instead of `from`.
    pub(crate) value: Option<Text>,
    pub(crate) when: Option<RawCondition>,
    pub(crate) form: Option<Sp<Normaliser>>,
    pub(crate) order: Option<Sp<NameOrder>>,
    pub(crate) separator: Option<Text>,
    pub(crate) zone: Option<Text>,
    /// The country of phone numbers without a country code.
    pub(crate) country: Option<Text>,
    /// The part of a web address.
    pub(crate) part: Option<Text>,
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

/// Reads the block `fields`.
pub(crate) fn read_all(node: Node, reader: &mut Reader<'_>) -> IndexMap<String, RawField> {
    let Some(block) = Block::open(node, "fields", reader) else {
        return IndexMap::new();
    };
    let entries = block.into_entries();
    entries
        .into_iter()
        .filter_map(|(key, node)| {
            let problems = reader.problems.count();
            // one that cannot be read is declared all the same: it is reported once
            let field = read(key.clone(), node, reader).or_else(|| {
                let is_reported = reader.problems.count() > problems;
                is_reported.then(|| RawField::at(key.clone(), Vec::new()))
            });
            Some((key.value, field?))
        })
        .collect()
}

fn read(key: Text, node: Node, reader: &mut Reader<'_>) -> Option<RawField> {
    let about = format!("fields.{}", key.value);
    read_value(key, node, &about, reader)
}

/// Reads where a value is, in the short or the long form.
pub(super) fn read_value(
    key: Text,
    node: Node,
    about: &str,
    reader: &mut Reader<'_>,
) -> Option<RawField> {
    if in_square_brackets(about, &node, reader) {
        return None;
    }
    match node.kind {
        NodeKind::Scalar(_) | NodeKind::List(_) => {
            let from = block::texts(about, node, reader)?;
            Some(RawField::at(key, from))
        }
        NodeKind::Null => {
            let name = &key.value;
            let path = reader.problems.facts.path_of(name);
            let advice = bilingual!(
                "write a path, such as {path}",
                "напишите путь: например, {path}"
            );
            reader.error(Code::MissingKey, &key.place, nowhere(about), advice);
            None
        }
        NodeKind::Map(_) if block::is_unquoted_template(&node) => {
            block::unquoted(about, &node, reader);
            None
        }
        NodeKind::Map(_) => long_form(key, node, about, reader),
    }
}

/// `[ from: $.day, as: date ]`: keys in square brackets.
fn in_square_brackets(about: &str, node: &Node, reader: &mut Reader<'_>) -> bool {
    let NodeKind::List(list) = &node.kind else {
        return false;
    };
    let is_key = |item: &Node| matches!(item.kind, NodeKind::Map(_));
    if list.is_empty() || !list.iter().all(is_key) {
        return false;
    }
    let place = node.place.in_brackets();
    let start = usize::try_from(place.column.saturating_sub(1)).unwrap_or(0);
    let length = usize::try_from(place.length).unwrap_or(1);
    let written: String = place.line_text().chars().skip(start).take(length).collect();
    let inside = written
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'));
    let advice = match inside {
        Some(inside) => {
            let inside = inside.trim();
            bilingual!("write `{{ {inside} }}`", "напишите `{{ {inside} }}`")
        }
        None => bilingual!(
            "remove the dashes: each key on a line of its own",
            "уберите дефисы: каждый ключ на своей строке"
        ),
    };
    let message = bilingual!(
        "keys of `{about}` stand in braces, not in square brackets",
        "ключи `{about}` пишут в фигурных скобках, а не в квадратных"
    );
    reader.error(Code::WrongType, &place, message, advice);
    true
}

fn nowhere(about: &str) -> crate::domain::Bilingual {
    bilingual!(
        "`{about}` does not say where its value is",
        "в `{about}` не сказано, где взять значение"
    )
}

fn long_form(key: Text, node: Node, about: &str, reader: &mut Reader<'_>) -> Option<RawField> {
    let mut block = Block::open(node, about, reader)?;
    let problems = reader.problems.count();
    let mut from = block.texts("from", reader).unwrap_or_default();
    custom_paths(&mut block, about, &mut from, reader);
    let is_named = block.entries_named(amocrm_names::OTHER_KEYS);
    let field = RawField {
        from,
        value: block.text("value", reader),
        when: condition::read(&mut block, reader),
        form: block.form("as", reader),
        order: block.word("order", NAME_ORDER, reader),
        separator: block.text("separator", reader),
        zone: block.text("zone", reader),
        country: block.text("country", reader),
        part: block.text("part", reader),
        map: block
            .node("map")
            .map(|node| read_map(node, &format!("{about}.map"), reader)),
        table: block.text("table", reader),
        unknown: unknown(&mut block, reader),
        default: block.text("default", reader),
        missing: block.word("missing", MISSING, reader),
        key,
    };
    let place = block.place.clone();
    block.close(reader);
    match (field.from.is_empty(), &field.value) {
        // it is reported as an unknown key, or by its value
        (true, None) if is_named || reader.problems.count() > problems => return None,
        (true, None) => {
            let name = &field.key.value;
            let path = reader.problems.facts.path_of(name);
            let advice = bilingual!("add `from: {path}`", "добавьте `from: {path}`");
            reader.error(Code::MissingKey, &place, nowhere(about), advice);
            return None;
        }
        (false, Some(value)) => {
            let message = bilingual!(
                "`{about}` has both `from` and `value`",
                "в `{about}` есть и `from`, и `value`"
            );
            let advice = bilingual!(
                "`from` takes the value from the packet, `value` computes it from other fields: keep one",
                "`from` берёт значение из пакета, `value` составляет его из других полей: оставьте одно"
            );
            reader.error(Code::WrongPlace, &value.place, message, advice);
        }
        (true, Some(_)) | (false, None) => {}
    }
    Some(field)
}

/// Reads the word of `unknown`; `unknown: Другой` means the default.
fn unknown(block: &mut Block, reader: &mut Reader<'_>) -> Option<Sp<RawUnknown>> {
    let text = block.word_as_text("unknown", UNKNOWN, reader)?;
    let about = block.name_of("unknown");
    let names: Vec<&str> = UNKNOWN.iter().map(|(word, _)| *word).collect();
    let written = text.value.trim();
    let lower = written.to_lowercase();
    let is_word = |word: &str| {
        word != "default"
            || ["def", "умолч", "по", "стандарт", "fallb"]
                .iter()
                .any(|start| lower.starts_with(start))
    };
    if names.contains(&written)
        || suggest::nearest(written, names.iter().copied()).is_some_and(is_word)
    {
        return block::word(&about, &text, UNKNOWN, reader.problems);
    }
    let message = bilingual!(
        "`{about}` cannot be `{written}`",
        "`{about}` не бывает `{written}`"
    );
    let known = suggest::list(&names);
    let advice = bilingual!(
        "a text for all other values is `unknown: default, default: {written}`; the words are {known}",
        "текст для всех остальных значений пишут так: `unknown: default, default: {written}`; слова — {known}"
    );
    reader.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// Adds the paths to custom fields, each with its key.
fn custom_paths(block: &mut Block, about: &str, from: &mut Vec<Text>, reader: &mut Reader<'_>) {
    let is_elsewhere = !from.is_empty();
    for (key, root) in CUSTOM_KEYS {
        let names = block.texts(key, reader).unwrap_or_default();
        if let Some(first) = names.first().filter(|_| is_elsewhere) {
            let message = bilingual!(
                "`{about}` has both `from` and `{key}`",
                "в `{about}` есть и `from`, и `{key}`"
            );
            let advice = bilingual!(
                "`{key}` names a custom field of amoCRM, `from` any place of the packet: keep one",
                "`{key}` называет дополнительное поле amoCRM, `from` — любое место пакета: оставьте одно"
            );
            reader.error(Code::WrongPlace, &first.place, message, advice);
        }
        from.extend(
            names
                .iter()
                .filter_map(|name| custom_path(root, name, reader)),
        );
    }
}

/// Returns the path to a custom field.
fn custom_path(root: &str, name: &Text, reader: &mut Reader<'_>) -> Option<Text> {
    let written = name.value.trim();
    if let Some(meant) = amocrm_names::meant(root, written) {
        amocrm_names::report(root, name, &meant, reader);
        return None;
    }
    if let Some(path) = amocrm_names::standard(root, written) {
        amocrm_names::report_standard(root, name, &path, reader);
    } else {
        amocrm_names::check(root, name, reader);
    }
    let quote = ['\'', '"']
        .into_iter()
        .find(|quote| !written.contains(*quote));
    let is_plain = !written.is_empty() && !written.contains(|c: char| c == '\\' || c.is_control());
    if let Some(quote) = quote.filter(|_| is_plain) {
        return Some(name.cut(&format!("{root}[{quote}{written}{quote}]")));
    }
    let message = bilingual!(
        "`{written}` cannot name a custom field",
        "`{written}` не может быть названием дополнительного поля"
    );
    let advice = bilingual!(
        "write its number, its code, or its name without quotation marks and backslashes",
        "напишите номер, код или название поля без кавычек и обратной косой черты"
    );
    reader.error(Code::WrongValue, &name.place, message, advice);
    None
}

fn read_map(node: Node, about: &str, reader: &mut Reader<'_>) -> Vec<(Text, Text)> {
    let Some(block) = Block::open(node, about, reader) else {
        return Vec::new();
    };
    let entries = block.into_entries();
    advice::warn_of_cut_key(&entries, reader);
    entries
        .into_iter()
        .filter_map(|(key, value)| {
            advice::warn_of_glued(&key, &value, reader);
            Some((key, block::scalar(about, value, reader)?))
        })
        .collect()
}

impl Block {
    /// The word of `as`.
    fn form(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Option<Sp<Normaliser>> {
        let text = self.word_as_text(key, Normaliser::WORDS, reader)?;
        Normaliser::read(&self.name_of(key), &text, reader.problems)
    }
}

impl RawField {
    /// Creates a field that reads these places, without any other key.
    pub(crate) fn at(key: Text, from: Vec<Text>) -> Self {
        Self {
            key,
            from,
            value: None,
            when: None,
            form: None,
            order: None,
            separator: None,
            zone: None,
            country: None,
            part: None,
            map: None,
            table: None,
            unknown: None,
            default: None,
            missing: None,
        }
    }
}
