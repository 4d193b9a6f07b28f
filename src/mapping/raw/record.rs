//! `contact`, and `deal` or `lead`, as written.

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use super::condition::{self, RawCondition};
use super::slot::{self, RawSlots};
use crate::domain::{EntityKind, Found, Match, Several};
use crate::mapping::codes::Code;
use crate::mapping::problem::Problems;
use crate::mapping::words::say;
use crate::mapping::yaml::{Kind, Node, Text};

/// `contact`.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawContact {
    /// `contact: none` takes out what the defaults put in.
    pub(crate) none: bool,
    pub(crate) when: Option<RawCondition>,
    pub(crate) match_: Option<Sp<Match>>,
    pub(crate) several: Option<Sp<Several>>,
    pub(crate) update: Option<Sp<bool>>,
    pub(crate) fields: IndexMap<String, RawSlots>,
}

/// `deal` or `lead`.
#[derive(Debug, Clone)]
pub(crate) struct RawRecord {
    pub(crate) kind: EntityKind,
    pub(crate) when: Option<RawCondition>,
    pub(crate) found: Option<Sp<Found>>,
    pub(crate) among: Option<Vec<Text>>,
    pub(crate) stage: Option<Text>,
    pub(crate) change_stage: Option<Sp<bool>>,
    pub(crate) update_fields: Option<Sp<bool>>,
    pub(crate) responsible: Option<Text>,
    pub(crate) fields: IndexMap<String, RawSlots>,
}

impl RawContact {
    /// Reads the block, or the word `none`.
    pub(crate) fn read(node: Node, problems: &mut Problems) -> Option<Self> {
        problems.also("contact", "none");
        if let Kind::Scalar(text) = &node.kind
            && text.value == "none"
        {
            return Some(Self {
                none: true,
                ..Self::default()
            });
        }
        let mut block = Block::open(node, "contact", problems)?;
        let contact = Self {
            none: false,
            when: condition::read(&mut block, problems),
            match_: block.word(
                "match",
                &[("any", Match::Any), ("all", Match::All)],
                problems,
            ),
            several: block.word(
                "several",
                &[
                    ("oldest", Several::Oldest),
                    ("newest", Several::Newest),
                    ("all", Several::All),
                    ("park", Several::Park),
                ],
                problems,
            ),
            update: block.flag("update", problems),
            fields: match block.node("fields") {
                Some(node) => slot::read_all(node, "contact.fields", problems),
                None => IndexMap::new(),
            },
        };
        block.close(problems);
        Some(contact)
    }

    /// This block over the defaults' block.
    pub(crate) fn over(self, below: Self) -> Self {
        if self.none {
            return self;
        }
        Self {
            none: false,
            when: self.when.or(below.when),
            match_: self.match_.or(below.match_),
            several: self.several.or(below.several),
            update: self.update.or(below.update),
            fields: merge(self.fields, below.fields),
        }
    }
}

impl RawRecord {
    /// Reads the block.
    pub(crate) fn read(node: Node, kind: EntityKind, problems: &mut Problems) -> Option<Self> {
        let about = kind.as_str();
        let mut block = Block::open(node, about, problems)?;
        let record = Self {
            kind,
            when: condition::read(&mut block, problems),
            found: block.word(
                "found",
                &[
                    ("update", Found::Update),
                    ("ignore", Found::Ignore),
                    ("always_create", Found::AlwaysCreate),
                ],
                problems,
            ),
            among: block.texts("among", problems),
            stage: block.text("stage", problems),
            change_stage: block.flag("change_stage", problems),
            update_fields: block.flag("update_fields", problems),
            responsible: match block.node("responsible") {
                Some(node) => responsible(&format!("{about}.responsible"), node, problems),
                None => None,
            },
            fields: match block.node("fields") {
                Some(node) => slot::read_all(node, &format!("{about}.fields"), problems),
                None => IndexMap::new(),
            },
        };
        block.close(problems);
        Some(record)
    }

    /// This block over the defaults' block of the same kind.
    pub(crate) fn over(self, below: Self) -> Self {
        Self {
            kind: self.kind,
            when: self.when.or(below.when),
            found: self.found.or(below.found),
            among: self.among.or(below.among),
            stage: self.stage.or(below.stage),
            change_stage: self.change_stage.or(below.change_stage),
            update_fields: self.update_fields.or(below.update_fields),
            responsible: self.responsible.or(below.responsible),
            fields: merge(self.fields, below.fields),
        }
    }
}

fn responsible(about: &str, node: Node, problems: &mut Problems) -> Option<Text> {
    if let Kind::Map(entries) = &node.kind
        && let Some((key, _)) = entries.first()
        && key.value == "in_turn"
    {
        problems.error(
            Code::NotYet,
            &key.place,
            say!(
                "`{about}.in_turn` is not supported yet",
                "`{about}.in_turn` пока не поддерживается"
            ),
            say!(
                "name one employee by id or e-mail, or write `contact_owner`",
                "назовите одного сотрудника по id или e-mail или напишите `contact_owner`"
            ),
        );
        return None;
    }
    block::scalar(about, node, problems)
}

/// The profile's keys first, in its order, then what only the defaults have.
pub(crate) fn merge<T>(
    over: IndexMap<String, T>,
    below: IndexMap<String, T>,
) -> IndexMap<String, T> {
    let mut merged = over;
    for (key, value) in below {
        merged.entry(key).or_insert(value);
    }
    merged
}
