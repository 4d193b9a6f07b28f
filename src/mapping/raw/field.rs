//! `fields`: names for what is in the packet, in their short and their long form.

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use crate::mapping::codes::Code;
use crate::mapping::normalise::Form;
use crate::mapping::problem::Problems;
use crate::mapping::yaml::{Kind, Node, Text};

/// What happens when a field has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RawMissing {
    Skip,
    Empty,
    Default,
    Reject,
    Park,
}

/// A field as written.
#[derive(Debug, Clone)]
pub(crate) struct RawField {
    /// Its name, with its place.
    pub(crate) key: Text,
    pub(crate) from: Vec<Text>,
    pub(crate) form: Option<Sp<Form>>,
    pub(crate) separator: Option<Text>,
    pub(crate) zone: Option<Text>,
    pub(crate) map: Option<Vec<(Text, Text)>>,
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
        Kind::Scalar(_) | Kind::List(_) => {
            let from = block::texts(&about, node, problems)?;
            Some(RawField::at(key, from))
        }
        Kind::Null => {
            let message = format!("`{about}` does not say where its value is");
            let advice = format!("write a path, such as $.data.{}", key.value);
            problems.error(Code::MissingKey, &key.place, message, advice);
            None
        }
        Kind::Map(_) if block::is_unquoted_template(&node) => {
            block::unquoted(&about, &node, problems);
            None
        }
        Kind::Map(_) => long_form(key, node, &about, problems),
    }
}

fn long_form(key: Text, node: Node, about: &str, problems: &mut Problems) -> Option<RawField> {
    let mut block = Block::open(node, about, problems)?;
    let from = block.texts("from", problems);
    let form = block.text("as", problems);
    let form = form.and_then(|text| Form::read(&format!("{about}.as"), &text, problems));
    let field = RawField {
        from: from.unwrap_or_default(),
        form,
        separator: block.text("separator", problems),
        zone: block.text("zone", problems),
        map: block
            .node("map")
            .map(|node| read_map(node, &format!("{about}.map"), problems)),
        default: block.text("default", problems),
        missing: block.word("missing", MISSING, problems),
        key,
    };
    let place = block.place.clone();
    block.close(problems);
    if field.from.is_empty() {
        let message = format!("`{about}` does not say where its value is");
        let advice = format!("add `from: $.data.{}`", field.key.value);
        problems.error(Code::MissingKey, &place, message, advice);
        return None;
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

impl RawField {
    fn at(key: Text, from: Vec<Text>) -> Self {
        Self {
            key,
            from,
            form: None,
            separator: None,
            zone: None,
            map: None,
            default: None,
            missing: None,
        }
    }
}
