//! `contact`, and `deal`, `lead` or `item`, as written.

use indexmap::IndexMap;

use super::block::{self, Block, Sp};
use super::choice::RawChoice;
use super::condition::{self, RawCondition};
use super::field_rule::{self, RawFieldRules};
use super::products::RawProducts;
use super::responsible::RawResponsible;
use crate::authoring::codes::Code;
use crate::authoring::problem::TextPlace;
use crate::authoring::reader::Reader;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Closed, Conflict, Found, Several, WithoutKey, bilingual};

/// `contact`.
#[derive(Debug, Clone, Default)]
pub(crate) struct RawContact {
    /// `contact: none` removes the contact of the defaults.
    pub(crate) none: bool,
    pub(crate) when: Option<RawCondition>,
    pub(crate) match_: Option<RawMatch>,
    pub(crate) several: Option<Sp<Several>>,
    pub(crate) conflict: Option<Sp<Conflict>>,
    pub(crate) without_key: Option<Sp<WithoutKey>>,
    pub(crate) update: Option<Sp<bool>>,
    pub(crate) responsible: Option<RawChoice<RawResponsible>>,
    pub(crate) fields: IndexMap<String, RawFieldRules>,
}

/// `match`: a word, or groups of fields.
#[derive(Debug, Clone)]
pub(crate) enum RawMatch {
    Any,
    All,
    Groups {
        place: TextPlace,
        groups: Vec<Vec<Text>>,
    },
}

/// `deal`, `lead` or `item`.
#[derive(Debug, Clone)]
pub(crate) struct RawRecord {
    /// The block's name.
    pub(crate) block: &'static str,
    pub(crate) place: TextPlace,
    /// The smart process of an item.
    pub(crate) process: Option<Sp<i64>>,
    /// Whether its number is written, and cannot be read.
    pub(crate) is_process_wrong: bool,
    pub(crate) when: Option<RawCondition>,
    pub(crate) found: Option<Sp<Found>>,
    pub(crate) closed: Option<Sp<Closed>>,
    pub(crate) among: Option<RawChoice<Vec<Text>>>,
    pub(crate) stage: Option<RawChoice<Text>>,
    pub(crate) change_stage: Option<Sp<bool>>,
    pub(crate) update_fields: Option<Sp<bool>>,
    pub(crate) responsible: Option<RawChoice<RawResponsible>>,
    pub(crate) products: Option<RawProducts>,
    pub(crate) fields: IndexMap<String, RawFieldRules>,
}

impl RawContact {
    /// Reads the block, or the word `none`.
    pub(crate) fn read(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        reader.record_word("contact", "none");
        if let NodeKind::Scalar(text) = &node.kind
            && text.value == "none"
        {
            return Some(Self {
                none: true,
                ..Self::default()
            });
        }
        if block::means_none("contact", &node, reader) {
            return None;
        }
        let mut block = Block::open(node, "contact", reader)?;
        let contact = Self {
            none: false,
            when: condition::read(&mut block, reader),
            match_: block
                .node("match")
                .and_then(|node| RawMatch::read("contact.match", node, reader)),
            several: block.word(
                "several",
                &[
                    ("oldest", Several::Oldest),
                    ("newest", Several::Newest),
                    ("all", Several::All),
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
                    ("merge", Conflict::Merge),
                ],
                reader,
            ),
            without_key: block.word(
                "without_key",
                &[
                    ("create", WithoutKey::Create),
                    ("park", WithoutKey::Park),
                    ("skip_contact", WithoutKey::SkipContact),
                ],
                reader,
            ),
            update: block.flag("update", reader),
            responsible: block
                .node("responsible")
                .and_then(|node| RawResponsible::choice("contact.responsible", node, reader)),
            fields: match block.node("fields") {
                Some(node) => field_rule::read_all(node, "contact.fields", reader),
                None => IndexMap::new(),
            },
        };
        block.close(reader);
        Some(contact)
    }

    /// Merges this block with that of the defaults; this one has priority.
    pub(crate) fn over(self, below: Self) -> Self {
        if self.none {
            return self;
        }
        Self {
            none: false,
            when: self.when.or(below.when),
            match_: self.match_.or(below.match_),
            several: self.several.or(below.several),
            conflict: self.conflict.or(below.conflict),
            without_key: self.without_key.or(below.without_key),
            update: self.update.or(below.update),
            responsible: self.responsible.or(below.responsible),
            fields: merge_rules(self.fields, below.fields),
        }
    }
}

/// `phone`, `телефон или почта`, `phone + email`: the groups that are meant.
fn named_fields(written: &str) -> Option<String> {
    const FIELDS: [&str; 7] = ["PHONE", "EMAIL", "IM", "WEB", "RQ_INN", "RQ_KPP", "RQ_OGRN"];
    let lower = format!(" {} ", written.to_lowercase());
    let is_together = [" и ", " and ", "+", "&"]
        .iter()
        .any(|sign| lower.contains(sign));
    let words = lower.split(|c: char| c.is_whitespace() || "+&,;/|".contains(c));
    let words =
        words.filter(|word| !matches!(*word, "" | "и" | "или" | "and" | "or" | "по" | "by"));
    let fields: Option<Vec<&str>> = words
        .map(|word| {
            let stem = word.trim_end_matches(['у', 'е']);
            suggest::nearest_name(word, &FIELDS)
                .or_else(|| suggest::nearest_name(&format!("{stem}а"), &FIELDS))
                .or_else(|| suggest::nearest_name(stem, &FIELDS))
        })
        .collect();
    let fields = fields.filter(|fields| !fields.is_empty())?;
    Some(if is_together {
        format!("[[{}]]", fields.join(", "))
    } else {
        format!("[[{}]]", fields.join("], ["))
    })
}

/// `[PHONE, EMAIL]`: all of them, or any?
fn is_ambiguous(list: &[Node]) -> bool {
    let is_word = |item: &Node| matches!(item.kind, NodeKind::Scalar(_));
    list.len() > 1 && list.iter().all(is_word)
}

impl RawMatch {
    /// Reads the word or the groups of `about`.
    pub(super) fn read(about: &str, node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        for word in ["any", "all"] {
            reader.record_word(about, word);
        }
        let place = node.place.clone();
        let list = match node.kind {
            NodeKind::List(list) => list,
            NodeKind::Null | NodeKind::Scalar(_) | NodeKind::Map(_) => {
                let text = block::scalar(about, node, reader)?;
                let words = [("any", 0), ("all", 1)];
                let field = text.value.trim();
                if field.starts_with(|c: char| c.is_ascii_uppercase())
                    && field.chars().all(|c| c.is_ascii_uppercase() || c == '_')
                    && !matches!(field, "ANY" | "ALL" | "OR" | "AND")
                {
                    let message = bilingual!(
                        "`{about}` cannot be `{field}`",
                        "`{about}` не бывает `{field}`"
                    );
                    let advice = bilingual!(
                        "fields stand in double brackets: write `[[{field}]]`",
                        "поля пишут в двойных скобках: напишите `[[{field}]]`"
                    );
                    reader.error(Code::WrongValue, &text.place, message, advice);
                    return None;
                }
                if let Some(groups) = named_fields(field) {
                    let message = bilingual!(
                        "`{about}` cannot be `{field}`",
                        "`{about}` не бывает `{field}`"
                    );
                    let advice =
                        bilingual!("write `match: {groups}`", "напишите `match: {groups}`");
                    reader.error(Code::WrongValue, &text.place, message, advice);
                    return None;
                }
                return match block::word(about, &text, &words, reader.problems)?.value {
                    0 => Some(Self::Any),
                    _ => Some(Self::All),
                };
            }
        };
        if is_ambiguous(&list) {
            let message = bilingual!(
                "it is unclear whether all of these fields must match or any of them",
                "непонятно, должны совпасть все эти поля или любое из них"
            );
            let advice = bilingual!(
                "both: [[PHONE, EMAIL]]; either: [[PHONE], [EMAIL]]",
                "все: [[PHONE, EMAIL]]; любое: [[PHONE], [EMAIL]]"
            );
            reader.error(Code::WrongValue, &place, message, advice);
            return None;
        }
        let groups = list
            .into_iter()
            .filter_map(|item| block::texts(about, item, reader))
            .collect();
        Some(Self::Groups { place, groups })
    }
}

impl RawRecord {
    /// Reads the block of this name.
    pub(crate) fn read(node: Node, name: &'static str, reader: &mut Reader<'_>) -> Option<Self> {
        let about = name;
        let mut block = Block::open(node, about, reader)?;
        let has_process = name == "item" && block.has("type");
        let process = match name {
            "item" => block.integer("type", reader),
            _ => None,
        };
        let record = Self {
            block: name,
            place: block.place.clone(),
            is_process_wrong: has_process && process.is_none(),
            process,
            when: condition::read(&mut block, reader),
            found: block.word(
                "found",
                &[
                    ("update", Found::Update),
                    ("ignore", Found::Ignore),
                    ("always_create", Found::AlwaysCreate),
                ],
                reader,
            ),
            closed: block.word(
                "closed",
                &[
                    ("update", Closed::Update),
                    ("ignore", Closed::Ignore),
                    ("create", Closed::Create),
                ],
                reader,
            ),
            among: block.node("among").and_then(|node| {
                RawChoice::read(&format!("{about}.among"), node, reader, block::texts)
            }),
            stage: block.node("stage").and_then(|node| {
                RawChoice::read(&format!("{about}.stage"), node, reader, block::scalar)
            }),
            change_stage: block.flag("change_stage", reader),
            update_fields: block.flag("update_fields", reader),
            responsible: match block.node("responsible") {
                Some(node) => RawResponsible::choice(&format!("{about}.responsible"), node, reader),
                None => None,
            },
            products: block
                .node("products")
                .and_then(|node| RawProducts::read(node, about, reader)),
            fields: match block.node("fields") {
                Some(node) => field_rule::read_all(node, &format!("{about}.fields"), reader),
                None => IndexMap::new(),
            },
        };
        block.close(reader);
        Some(record)
    }

    /// Returns the stages that it names for new records.
    pub(crate) fn stages(&self) -> impl Iterator<Item = &Text> {
        self.stage.iter().flat_map(RawChoice::all)
    }

    /// Returns the stages that it names for open records.
    pub(crate) fn open_stages(&self) -> impl Iterator<Item = &Text> {
        self.among.iter().flat_map(RawChoice::all).flatten()
    }

    /// Merges this block with that of the defaults; this one has priority.
    pub(crate) fn over(self, below: Self) -> Self {
        Self {
            block: self.block,
            place: self.place,
            process: self.process.or(below.process),
            is_process_wrong: self.is_process_wrong,
            when: self.when.or(below.when),
            found: self.found.or(below.found),
            closed: self.closed.or(below.closed),
            among: self.among.or(below.among),
            stage: self.stage.or(below.stage),
            change_stage: self.change_stage.or(below.change_stage),
            update_fields: self.update_fields.or(below.update_fields),
            responsible: self.responsible.or(below.responsible),
            products: self.products.or(below.products),
            fields: merge_rules(self.fields, below.fields),
        }
    }
}

/// Merges the CRM fields of a block with those below it, whose values an empty field removes.
pub(super) fn merge_rules(
    mut over: IndexMap<String, RawFieldRules>,
    mut below: IndexMap<String, RawFieldRules>,
) -> IndexMap<String, RawFieldRules> {
    for (name, rules) in &mut over {
        rules.is_idle &= !below.contains_key(name);
    }
    // a file below is not checked once for each profile
    for rules in below.values_mut() {
        rules.is_idle = false;
    }
    merge(over, below)
}

/// Merges two maps: first the profile's keys in its order, then the keys that only the defaults
/// have.
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
