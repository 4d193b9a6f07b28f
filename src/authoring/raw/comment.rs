//! `comment`, as written: a word, or a block with the word and a condition.

use super::block::{self, Block};
use super::condition::{self, RawCondition};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::bilingual;

/// `comment`.
#[derive(Debug, Clone)]
pub(crate) struct RawComment {
    /// `none`, `full` or a template's name.
    pub(crate) text: Text,
    pub(crate) when: Option<RawCondition>,
}

impl RawComment {
    /// Reads the word or the block.
    pub(crate) fn read(node: Node, problems: &mut Problems) -> Option<Self> {
        match node.kind {
            NodeKind::Null => None,
            NodeKind::Scalar(text) => Some(Self { text, when: None }),
            NodeKind::Map(_) if block::is_unquoted_template(&node) => {
                block::unquoted("comment", &node, problems);
                None
            }
            NodeKind::Map(_) => {
                let mut block = Block::open(node, "comment", problems)?;
                let is_given = block.has("use");
                let text = block.text("use", problems);
                let when = condition::read(&mut block, problems);
                if !is_given {
                    let message = bilingual!("`comment` has no `use`", "в `comment` нет `use`");
                    let advice = bilingual!(
                        "add `use: full`, or the name of a template",
                        "добавьте `use: full` или имя шаблона"
                    );
                    problems.error(Code::MissingKey, &block.place, message, advice);
                }
                block.close(problems);
                Some(Self { text: text?, when })
            }
            NodeKind::List(_) => {
                let wanted = bilingual!("text or a block with `use`", "текст или блок с `use`");
                block::wrong_type("comment", &wanted, &node, problems);
                None
            }
        }
    }
}
