//! The fields of a contact, lead or deal: a template, a template with rules, or a list of these.

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use super::condition::{self, RawCondition};
use crate::domain::OnUpdate;
use crate::mapping::codes::Code;
use crate::mapping::problem::Problems;
use crate::mapping::words::say;
use crate::mapping::yaml::{Kind, Node, Text};

/// One value for a CRM field, as written.
#[derive(Debug, Clone)]
pub(crate) struct RawSlot {
    pub(crate) value: Text,
    pub(crate) when: Option<RawCondition>,
    pub(crate) search: Option<Sp<bool>>,
    pub(crate) on_update: Option<Sp<OnUpdate>>,
    /// The kind of a phone, address, site or messenger.
    pub(crate) sort: Option<Text>,
}

/// A CRM field as written; no slots mean that the profile takes out what the defaults put in.
#[derive(Debug, Clone)]
pub(crate) struct RawSlots {
    /// The CRM field's name, with its place.
    pub(crate) key: Text,
    pub(crate) slots: Vec<RawSlot>,
    /// Written in square brackets.
    pub(crate) is_list: bool,
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
    problems: &mut Problems,
) -> IndexMap<String, RawSlots> {
    let Some(block) = Block::open(node, about, problems) else {
        return IndexMap::new();
    };
    block
        .into_entries()
        .into_iter()
        .map(|(key, node)| {
            let about = format!("{about}.{}", key.value);
            let is_list = matches!(node.kind, Kind::List(_));
            let slots = match node.kind {
                Kind::Null => Vec::new(),
                Kind::List(list) => list
                    .into_iter()
                    .filter_map(|item| read(item, &about, problems))
                    .collect(),
                Kind::Scalar(_) | Kind::Map(_) => {
                    read(node, &about, problems).into_iter().collect()
                }
            };
            (
                key.value.clone(),
                RawSlots {
                    key,
                    slots,
                    is_list,
                },
            )
        })
        .collect()
}

fn read(node: Node, about: &str, problems: &mut Problems) -> Option<RawSlot> {
    match node.kind {
        Kind::Scalar(value) => Some(RawSlot {
            value,
            when: None,
            search: None,
            on_update: None,
            sort: None,
        }),
        Kind::Map(_) if block::is_unquoted_template(&node) => {
            block::unquoted(about, &node, problems);
            None
        }
        Kind::Map(_) => {
            let mut block = Block::open(node, about, problems)?;
            let is_given = block.has("value");
            let value = block.text("value", problems);
            let when = condition::read(&mut block, problems);
            let search = block.flag("search", problems);
            let on_update = block.word("on_update", ON_UPDATE, problems);
            let sort = block.text("type", problems);
            if !is_given {
                let message = say!("`{about}` has no `value`", "в `{about}` нет `value`");
                let advice = say!(
                    "add `value: \"{{{{…}}}}\"`",
                    "добавьте `value: \"{{{{…}}}}\"`"
                );
                problems.error(Code::MissingKey, &block.place, message, advice);
            }
            block.close(problems);
            Some(RawSlot {
                value: value?,
                when,
                search,
                on_update,
                sort,
            })
        }
        Kind::Null => None,
        Kind::List(_) => {
            let wanted = say!("text or a block with `value`", "текст или блок с `value`");
            block::wrong_type(about, &wanted, &node, problems);
            None
        }
    }
}
