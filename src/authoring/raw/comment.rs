//! `comment`, as written: a word, or a block with the word and a condition.

use super::block::{self, Block};
use super::condition::{self, RawCondition};
use crate::authoring::codes::Code;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// `comment`.
#[derive(Debug, Clone)]
pub(crate) struct RawComment {
    /// `none`, `answers`, `full` or a template's name.
    pub(crate) text: Text,
    pub(crate) when: Option<RawCondition>,
}

impl RawComment {
    /// Reads the word or the block.
    pub(crate) fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        match node.kind {
            NodeKind::Null => None,
            NodeKind::Scalar(text) => Some(Self { text, when: None }),
            NodeKind::Map(_) if block::is_unquoted_template(&node) => {
                block::unquoted("comment", &node, reader);
                None
            }
            NodeKind::Map(_) => {
                let mut block = Block::open(node, "comment", reader)?;
                let is_given = block.has("use");
                let text = block.text("use", reader);
                let when = condition::read(&mut block, reader);
                if !is_given {
                    let message = bilingual!("`comment` has no `use`", "в `comment` нет `use`");
                    let advice = bilingual!(
                        "add `use: answers`, `use: full`, or the name of a template",
                        "добавьте `use: answers`, `use: full` или имя шаблона"
                    );
                    reader.error(Code::MissingKey, &block.place, message, advice);
                }
                block.close(reader);
                Some(Self { text: text?, when })
            }
            NodeKind::List(_) => {
                let wanted = bilingual!("text or a block with `use`", "текст или блок с `use`");
                block::wrong_type("comment", &wanted, &node, reader);
                None
            }
        }
    }
}
