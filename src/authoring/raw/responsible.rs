//! `responsible`, as written: one employee, employees who take turns, or a list of these; the first
//! who can be found is assigned.

use super::block::{self, Block};
use super::choice::RawChoice;
use crate::authoring::codes::Code;
use crate::authoring::keys::{ExpectedKey, KeyShape};
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// The value of `responsible`.
#[derive(Debug, Clone)]
pub(crate) enum RawResponsible {
    One(Text),
    InTurn {
        place: TextPlace,
        several: Vec<Text>,
    },
    First {
        place: TextPlace,
        several: Vec<Self>,
    },
}

impl RawResponsible {
    /// Reads the value, or a choice of values.
    pub(crate) fn choice(
        about: &str,
        node: Node,
        reader: &mut Reader<'_>,
    ) -> Option<RawChoice<Self>> {
        if is_choice(&node) {
            return RawChoice::read(about, node, reader, Self::read);
        }
        let is_block = matches!(node.kind, NodeKind::Map(_));
        let responsible = Self::read(about, node, reader);
        if is_block {
            let key = |key, shape| ExpectedKey { key, shape };
            let keys = vec![
                key("in_turn", KeyShape::Texts),
                key("by", KeyShape::Text),
                key("map", KeyShape::Node),
                key("default", KeyShape::Node),
            ];
            reader.record_keys(about, keys);
        }
        responsible.map(RawChoice::Always)
    }

    /// Reads the value; an empty one means nobody.
    pub(crate) fn read(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let place = node.place.clone();
        match node.kind {
            NodeKind::Null => None,
            NodeKind::Scalar(text) => Some(Self::One(text)),
            NodeKind::Map(_) if !block::is_unquoted_template(&node) => {
                let mut block = Block::open(node, about, reader)?;
                let several = block.texts("in_turn", reader);
                if several.is_none() {
                    let message = bilingual!(
                        "`{about}` names no employee",
                        "`{about}` не называет ни одного сотрудника"
                    );
                    let advice = bilingual!(
                        "write an employee's id, or {{ in_turn: [6, 9, 12] }}",
                        "напишите id сотрудника или {{ in_turn: [6, 9, 12] }}"
                    );
                    reader.error(Code::MissingKey, &block.place, message, advice);
                }
                block.close(reader);
                several.map(|several| Self::InTurn { place, several })
            }
            NodeKind::Map(_) => {
                let wanted = bilingual!("an employee", "сотрудник");
                block::wrong_type(about, &wanted, &node, reader);
                None
            }
            NodeKind::List(list) => Some(Self::First {
                place,
                several: list
                    .into_iter()
                    .filter_map(|node| match node.kind {
                        NodeKind::List(_) => {
                            let wanted = bilingual!("an employee", "сотрудник");
                            block::wrong_type(about, &wanted, &node, reader);
                            None
                        }
                        NodeKind::Null | NodeKind::Scalar(_) | NodeKind::Map(_) => {
                            Self::read(about, node, reader)
                        }
                    })
                    .collect(),
            }),
        }
    }
}

/// Returns whether a block chooses by a value.
fn is_choice(node: &Node) -> bool {
    let NodeKind::Map(entries) = &node.kind else {
        return false;
    };
    let mut keys = entries.iter().map(|(key, _)| key.value.as_str());
    keys.any(|key| matches!(key, "by" | "map" | "default"))
}
