//! The fields of a contact, lead or deal: a template, a template with rules, or a list of these.

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use crate::domain::{OnUpdate, UnknownLabel};
use crate::mapping::codes::Code;
use crate::mapping::problem::{Place, Problems};
use crate::mapping::suggest;
use crate::mapping::yaml::{Kind, Node, Text};

/// One value for a CRM field, as written.
#[derive(Debug, Clone)]
pub(crate) struct RawSlot {
    pub(crate) value: Text,
    pub(crate) search: Option<Sp<bool>>,
    pub(crate) on_update: Option<Sp<OnUpdate>>,
    pub(crate) label: Option<RawLabel>,
}

/// `as: label` of a CRM field, with what belongs to it.
#[derive(Debug, Clone)]
pub(crate) struct RawLabel {
    pub(crate) place: Place,
    /// What happens with a label that the list lacks.
    pub(crate) unknown: UnknownLabel,
    /// The label that takes its place.
    pub(crate) default: Option<Text>,
}

/// A CRM field as written; no slots mean that the profile takes out what the defaults put in.
#[derive(Debug, Clone)]
pub(crate) struct RawSlots {
    /// The CRM field's name, with its place.
    pub(crate) key: Text,
    pub(crate) slots: Vec<RawSlot>,
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
            (key.value.clone(), RawSlots { key, slots })
        })
        .collect()
}

fn read(node: Node, about: &str, problems: &mut Problems) -> Option<RawSlot> {
    match node.kind {
        Kind::Scalar(value) => Some(RawSlot {
            value,
            search: None,
            on_update: None,
            label: None,
        }),
        Kind::Map(_) if block::is_unquoted_template(&node) => {
            block::unquoted(about, &node, problems);
            None
        }
        Kind::Map(_) => {
            let mut block = Block::open(node, about, problems)?;
            let is_given = block.has("value");
            let value = block.text("value", problems);
            let search = block.flag("search", problems);
            let on_update = block.word("on_update", ON_UPDATE, problems);
            let label = read_label(&mut block, about, problems);
            if !is_given {
                let message = format!("`{about}` has no `value`");
                let advice = "add `value: \"{{…}}\"`";
                problems.error(Code::MissingKey, &block.place, message, advice);
            }
            block.close(problems);
            Some(RawSlot {
                value: value?,
                search,
                on_update,
                label,
            })
        }
        Kind::Null => None,
        Kind::List(_) => {
            block::wrong_type(about, "text or a block with `value`", &node, problems);
            None
        }
    }
}

/// What `unknown` says; the default's label stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Park,
    Skip,
    Default,
}

const UNKNOWN: &[(&str, Unknown)] = &[
    ("park", Unknown::Park),
    ("skip", Unknown::Skip),
    ("default", Unknown::Default),
];

/// `as: label`, `unknown` and `default`: the last two only mean something beside the first.
fn read_label(block: &mut Block, about: &str, problems: &mut Problems) -> Option<RawLabel> {
    let form = block.text("as", problems);
    let unknown = block.word("unknown", UNKNOWN, problems);
    let default = block.text("default", problems);
    let Some(form) = form else {
        let places = unknown.map(|word| word.place).into_iter();
        for place in places.chain(default.map(|text| text.place)) {
            let message = format!("`{about}`: `unknown` and `default` belong to `as: label`");
            let advice = "add `as: label` when the CRM field is a list; a default for a packet's value \
                          belongs into `fields`";
            problems.error(Code::WrongPlace, &place, message, advice);
        }
        return None;
    };
    if form.value != "label" {
        let message = format!("`{about}.as` cannot be `{}`", form.value);
        let near = suggest::nearest(&form.value, ["label"]);
        let advice = match near {
            Some(_) => "did you mean `label`?",
            None => {
                "here only `label` is possible; how a packet's value is read is said in `fields`"
            }
        };
        problems.error(Code::WrongValue, &form.place, message, advice);
        return None;
    }
    let unknown = match (unknown, &default) {
        (None, None) => UnknownLabel::Park,
        (None, Some(text)) => UnknownLabel::Default(text.value.clone()),
        (Some(word), default) => match (word.value, default) {
            (Unknown::Default, Some(text)) => UnknownLabel::Default(text.value.clone()),
            (Unknown::Default, None) => {
                let message = "`unknown: default` needs a `default`";
                let advice = "add `default: …` with a label of the list";
                problems.error(Code::MissingKey, &word.place, message, advice);
                UnknownLabel::Park
            }
            (_, Some(text)) => {
                let message = "`default` has no effect beside this `unknown`";
                let advice = "remove one of them, or write `unknown: default`";
                problems.error(Code::WrongPlace, &text.place, message, advice);
                UnknownLabel::Park
            }
            (Unknown::Park, None) => UnknownLabel::Park,
            (Unknown::Skip, None) => UnknownLabel::Skip,
        },
    };
    Some(RawLabel {
        place: form.place,
        unknown,
        default,
    })
}
