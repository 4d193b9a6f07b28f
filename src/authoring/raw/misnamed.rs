//! Files of another kind in the place of a profile: the settings of channels under another name, an
//! example beside the profiles. They get one problem, and not one for each of their keys.

use super::block::Block;
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// The keys of profiles.
const OF_PROFILES: [&str; 18] = [
    "name", "base", "active", "receive", "crm", "identity", "country", "fields", "contact",
    "company", "deal", "lead", "item", "comment", "files", "todo", "then", "reply",
];
/// The settings of a channel.
pub(crate) const CHANNEL_KEYS: [&str; 18] = [
    "name",
    "preset",
    "methods",
    "addresses",
    "cors",
    "token",
    "basic",
    "hmac",
    "guard",
    "rate",
    "rate_per_address",
    "body_limit",
    "once_per",
    "files",
    "unreadable",
    "each",
    "csv",
    "reply",
];
/// What a block around all channels may be called.
const AROUND: [&str; 4] = ["channels", "channel", "_channels", "каналы"];

/// Reports a file that is no profile; returns whether it is one of these.
fn report(node: &Node, reader: &mut Reader<'_>) -> bool {
    let NodeKind::Map(entries) = &node.kind else {
        return false;
    };
    let Some((first, _)) = entries.first() else {
        return false;
    };
    let has = |key: &str| entries.iter().any(|(name, _)| name.value == key);
    if has("packet") && !has("receive") && !has("fields") {
        example(&first.place, reader);
        return true;
    }
    if are_channels(entries) {
        channels(&first.place, reader);
        return true;
    }
    false
}

/// Returns whether these are the blocks of channels.
fn are_channels(entries: &[(Text, Node)]) -> bool {
    if let [(key, node)] = entries
        && AROUND.contains(&key.value.trim())
        && let NodeKind::Map(inside) = &node.kind
    {
        return are_channels(inside);
    }
    let is_block = |(key, node): &(Text, Node)| {
        !OF_PROFILES.contains(&key.value.as_str())
            && matches!(node.kind, NodeKind::Map(_) | NodeKind::Null)
    };
    entries.iter().all(is_block) && entries.iter().any(|(_, node)| is_channel(node))
}

fn is_channel(node: &Node) -> bool {
    let NodeKind::Map(keys) = &node.kind else {
        return false;
    };
    // a block of a profile may have these two, as well
    let is_shared = |key: &str| matches!(key, "name" | "files");
    keys.iter().any(|(key, _)| {
        let key = key.value.as_str();
        CHANNEL_KEYS.contains(&key) && !is_shared(key)
    })
}

fn example(place: &TextPlace, reader: &mut Reader<'_>) {
    let file = place.source.name().to_owned();
    let message = bilingual!(
        "this is an example, and it lies among the profiles",
        "это пример, а лежит он среди профилей"
    );
    let advice = bilingual!(
        "move it to `examples/PROFILE/{file}`; the folder has the name of the profile's file",
        "перенесите его в `examples/ПРОФИЛЬ/{file}`; папка называется как файл профиля"
    );
    reader.error(Code::UnreadFile, place, message, advice);
}

fn channels(place: &TextPlace, reader: &mut Reader<'_>) {
    let message = bilingual!(
        "these look like settings of channels, and they are read from `_channels.yaml` only: none of them applies",
        "похоже на настройки каналов, а читаются они только из `_channels.yaml`: сейчас они не действуют"
    );
    let advice = bilingual!(
        "rename it to `_channels.yaml`, or put its lines into that file if there is one",
        "переименуйте его в `_channels.yaml`, а если такой уже есть, перенесите строки в него"
    );
    reader.error(Code::UnreadFile, place, message, advice);
}

/// Returns whether a file's name is a slip of `_defaults.yaml`.
pub(crate) fn is_like_defaults(file: &str) -> bool {
    let stem = file.split('.').next().unwrap_or_default();
    let lower = stem.trim_start_matches('_').to_lowercase();
    let russian = ["умолчания", "умолчание", "поумолчанию", "по умолчанию"];
    russian.contains(&lower.as_str()) || strsim::damerau_levenshtein(&lower, "defaults") <= 2
}

/// Opens the block of a whole file, unless it is of another kind.
pub(super) fn opened(node: Node, reader: &mut Reader<'_>) -> Option<Block> {
    if report(&node, reader) {
        return None;
    }
    Block::open(node, "", reader)
}
