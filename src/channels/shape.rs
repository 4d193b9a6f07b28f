//! The shape of the file: the name of each channel at the margin, and its settings below it. Others
//! write a list, one more level, or the settings alone.

use crate::authoring::CHANNEL_KEYS;
use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{ChannelName, bilingual};

/// Returns whether the file has a block for each channel. Reports other shapes.
pub(super) fn is_by_name(node: &Node, reader: &mut Reader<'_>) -> bool {
    match &node.kind {
        NodeKind::List(list) if !list.is_empty() => {
            of_list(node, list, reader);
            false
        }
        NodeKind::Map(entries) => {
            if let Some((key, inner)) = nested(entries) {
                of_level(key, inner, reader);
                return false;
            }
            if let Some(key) = settings_alone(entries) {
                without_name(key, reader);
                return false;
            }
            true
        }
        NodeKind::List(_) | NodeKind::Null | NodeKind::Scalar(_) => true,
    }
}

/// `- name: shop`, `- shop: { … }`.
fn of_list(node: &Node, list: &[Node], reader: &mut Reader<'_>) {
    let first = list.first().and_then(|item| match &item.kind {
        NodeKind::Map(entries) => entries.first(),
        NodeKind::Null | NodeKind::Scalar(_) | NodeKind::List(_) => None,
    });
    let name = match first {
        Some((key, value)) if CHANNEL_KEYS.contains(&key.value.as_str()) => match &value.kind {
            // another value may be a secret
            NodeKind::Scalar(text)
                if key.value == "name" && ChannelName::parse(&text.value).is_some() =>
            {
                text.value.clone()
            }
            _ => "site".to_owned(),
        },
        Some((key, _)) => key.value.clone(),
        None => "site".to_owned(),
    };
    let message = bilingual!(
        "channels are no list: each has its name at the margin",
        "каналы пишут не списком: у каждого в начале строки стоит его имя"
    );
    let advice = bilingual!(
        "remove the dashes: write `{name}:`, and its settings below it, indented by two spaces",
        "уберите дефисы: напишите `{name}:`, а настройки — ниже, с отступом в два пробела"
    );
    reader.error(Code::WrongType, &node.place, message, advice);
}

/// `channels:` above the names.
fn nested(entries: &[(Text, Node)]) -> Option<(&Text, &[(Text, Node)])> {
    let word = |(key, _): &&(Text, Node)| is_level_word(&key.value);
    let only = || match entries {
        [only] => Some(only),
        _ => None,
    };
    let (key, node) = entries.iter().find(word).or_else(only)?;
    let NodeKind::Map(inner) = &node.kind else {
        return None;
    };
    let is_block = |node: &Node| matches!(node.kind, NodeKind::Map(_) | NodeKind::Null);
    let is_level = !inner.is_empty()
        && inner
            .iter()
            .all(|(name, node)| !CHANNEL_KEYS.contains(&name.value.as_str()) && is_block(node));
    let is_word = is_level_word(&key.value);
    let has_settings = inner.iter().any(|(_, node)| match &node.kind {
        NodeKind::Map(keys) => keys
            .iter()
            .any(|(key, _)| CHANNEL_KEYS.contains(&key.value.as_str())),
        NodeKind::Null | NodeKind::Scalar(_) | NodeKind::List(_) => false,
    });
    (is_level && (is_word || has_settings)).then_some((key, inner))
}

fn is_level_word(key: &str) -> bool {
    matches!(
        key,
        "channels" | "channel" | "каналы" | "канал" | "sources" | "in" | "forms"
    )
}

fn of_level(key: &Text, inner: &[(Text, Node)], reader: &mut Reader<'_>) {
    let word = &key.value;
    let names: Vec<&str> = inner.iter().map(|(name, _)| name.value.as_str()).collect();
    let names = names.join(", ");
    let message = bilingual!(
        "the names of channels stand at the margin, without `{word}` above them",
        "имена каналов пишут с начала строки, без `{word}` над ними"
    );
    let advice = bilingual!(
        "remove the line `{word}:`, and move the rest to the left by two spaces: {names}",
        "уберите строку `{word}:`, а остальное сдвиньте влево на два пробела: {names}"
    );
    reader.error(Code::WrongPlace, &key.place, message, advice);
}

/// Settings without the name of a channel.
fn settings_alone(entries: &[(Text, Node)]) -> Option<&Text> {
    let is_setting = |(key, node): &&(Text, Node)| {
        let is_value = matches!(node.kind, NodeKind::Scalar(_) | NodeKind::List(_));
        CHANNEL_KEYS.contains(&key.value.as_str()) && is_value
    };
    entries.iter().find(is_setting).map(|(key, _)| key)
}

fn without_name(key: &Text, reader: &mut Reader<'_>) {
    let word = &key.value;
    let message = bilingual!(
        "`{word}` is a setting of a channel, and no channel is named",
        "`{word}` — настройка канала, а канал не назван"
    );
    let advice = bilingual!(
        "write the channel's name above it, like `site:`, and indent its settings by two spaces",
        "напишите строкой выше имя канала, например `site:`, а настройки сдвиньте вправо на два пробела"
    );
    reader.error(Code::WrongPlace, &key.place, message, advice);
}
