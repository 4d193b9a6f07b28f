//! `company`, as written.

use indexmap::IndexMap;

use super::block::{Block, Sp};
use super::choice::RawChoice;
use super::condition::{self, RawCondition};
use super::field_rule::{self, RawFieldRules};
use super::record::{RawMatch, merge_rules};
use super::responsible::RawResponsible;
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::yaml::Node;
use crate::domain::{Conflict, KeylessCompany, Several};

/// `company`.
#[derive(Debug, Clone)]
pub(crate) struct RawCompany {
    pub(crate) place: TextPlace,
    pub(crate) when: Option<RawCondition>,
    pub(crate) match_: Option<RawMatch>,
    pub(crate) several: Option<Sp<Several>>,
    pub(crate) conflict: Option<Sp<Conflict>>,
    pub(crate) without_key: Option<Sp<KeylessCompany>>,
    pub(crate) update: Option<Sp<bool>>,
    pub(crate) responsible: Option<RawChoice<RawResponsible>>,
    /// The template of the requisite.
    pub(crate) preset: Option<Sp<i64>>,
    pub(crate) fields: IndexMap<String, RawFieldRules>,
}

impl RawCompany {
    /// Reads the block.
    pub(crate) fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut block = Block::open(node, "company", reader)?;
        let company = Self {
            place: block.place.clone(),
            when: condition::read(&mut block, reader),
            match_: block
                .node("match")
                .and_then(|node| RawMatch::read("company.match", node, reader)),
            several: block.word(
                "several",
                &[
                    ("oldest", Several::Oldest),
                    ("newest", Several::Newest),
                    ("park", Several::Park),
                ],
                reader,
            ),
            conflict: block.word(
                "conflict",
                &[
                    ("order", Conflict::Order),
                    ("oldest", Conflict::Oldest),
                    ("newest", Conflict::Newest),
                    ("park", Conflict::Park),
                ],
                reader,
            ),
            without_key: block.word(
                "without_key",
                &[
                    ("create", KeylessCompany::Create),
                    ("park", KeylessCompany::Park),
                    ("skip_company", KeylessCompany::SkipCompany),
                ],
                reader,
            ),
            update: block.flag("update", reader),
            responsible: block
                .node("responsible")
                .and_then(|node| RawResponsible::choice("company.responsible", node, reader)),
            preset: block.integer("preset", reader),
            fields: match block.node("fields") {
                Some(node) => field_rule::read_all(node, "company.fields", reader),
                None => IndexMap::new(),
            },
        };
        block.close(reader);
        Some(company)
    }

    /// Merges this block with that of the defaults; this one has priority.
    pub(crate) fn over(self, below: Self) -> Self {
        Self {
            place: self.place,
            when: self.when.or(below.when),
            match_: self.match_.or(below.match_),
            several: self.several.or(below.several),
            conflict: self.conflict.or(below.conflict),
            without_key: self.without_key.or(below.without_key),
            update: self.update.or(below.update),
            responsible: self.responsible.or(below.responsible),
            preset: self.preset.or(below.preset),
            fields: merge_rules(self.fields, below.fields),
        }
    }
}
