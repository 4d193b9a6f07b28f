//! `todo` as written.

use super::block::{self, Block, Sp};
use super::condition::{self, RawCondition};
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{TodoOn, bilingual};

/// `todo`.
#[derive(Debug, Clone)]
pub(crate) struct RawTodo {
    pub(crate) place: TextPlace,
    /// `todo: none` removes the to-do of the defaults.
    pub(crate) none: bool,
    pub(crate) title: Option<Text>,
    pub(crate) after: Option<Text>,
    pub(crate) text: Option<Text>,
    pub(crate) on: Option<Sp<TodoOn>>,
    pub(crate) when: Option<RawCondition>,
}

impl RawTodo {
    /// Reads the block, or the word `none`.
    pub(crate) fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.record_word("todo", "none");
        if let NodeKind::Scalar(text) = &node.kind
            && text.value == "none"
        {
            return Some(Self {
                place: node.place,
                none: true,
                title: None,
                after: None,
                text: None,
                on: None,
                when: None,
            });
        }
        if block::means_none("todo", &node, reader) {
            return None;
        }
        if let NodeKind::List(list) = &node.kind {
            several(list, &node.place, reader);
            return None;
        }
        let mut block = Block::open(node, "todo", reader)?;
        let todo = Self {
            place: block.place.clone(),
            none: false,
            title: block.text("title", reader),
            after: block.text("after", reader),
            text: block.text("text", reader),
            on: block.word(
                "on",
                &[
                    ("create", TodoOn::Create),
                    ("update", TodoOn::Update),
                    ("both", TodoOn::Both),
                ],
                reader,
            ),
            when: condition::read(&mut block, reader),
        };
        block.forget_rest_of(todo.after.as_ref());
        block.close(reader);
        Some(todo)
    }

    /// Merges this block with that of the defaults; this one has priority.
    pub(crate) fn over(self, below: Self) -> Self {
        if self.none || below.none {
            return self;
        }
        Self {
            place: self.place,
            none: false,
            title: self.title.or(below.title),
            after: self.after.or(below.after),
            text: self.text.or(below.text),
            on: self.on.or(below.on),
            when: self.when.or(below.when),
        }
    }
}

/// A list of to-dos: a record gets one.
fn several(list: &[Node], place: &TextPlace, reader: &mut Reader<'_>) {
    let get = |key: &str| {
        let NodeKind::Map(entries) = &list.first()?.kind else {
            return None;
        };
        let (_, node) = entries.iter().find(|(name, _)| name.value == key)?;
        match &node.kind {
            NodeKind::Scalar(text) => Some(text.value.clone()),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    };
    let title = get("title").unwrap_or_else(|| "…".to_owned());
    let title = title.replace('"', "'");
    let after = get("after").unwrap_or_else(|| "2h".to_owned());
    let message = bilingual!(
        "a submission makes one to-do, and this is a list",
        "у заявки одно дело, а здесь список"
    );
    let advice = bilingual!(
        "write `todo: {{ title: \"{title}\", after: {after} }}`; other things to do go into its `text`",
        "напишите `todo: {{ title: \"{title}\", after: {after} }}`; остальное впишите в его `text`"
    );
    reader.error(Code::WrongType, place, message, advice);
}
