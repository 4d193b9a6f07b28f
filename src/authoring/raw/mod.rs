//! A profile as written: every key is optional and has its place; nothing is interpreted.
//! Bases and `_defaults.yaml` have the same structure and are merged with a profile here.

mod advice;
mod aliases;
mod amocrm_names;
pub(crate) mod block;
pub(crate) mod choice;
pub(crate) mod comment;
pub(crate) mod company;
pub(crate) mod condition;
mod condition_words;
pub(crate) mod crm_codes;
pub(crate) mod cut;
pub(crate) mod field;
pub(crate) mod field_rule;
mod form;
mod instead_of_list;
pub(crate) mod misnamed;
mod numbers;
pub(crate) mod policy;
pub(crate) mod products;
pub(crate) mod receive_when;
pub(crate) mod record;
pub(crate) mod responsible;
pub(crate) mod then;
pub(crate) mod todo;
mod word_advice;

use indexmap::IndexMap;

use self::block::{Block, Sp};
use self::choice::{RawChoice, RawChooser};
use self::comment::RawComment;
use self::company::RawCompany;
use self::field::RawField;
use self::record::{RawContact, RawRecord};
use self::then::RawStep;
use self::todo::RawTodo;
use super::codes::Code;
use super::problem::{Problems, SourceText, TextPlace};
use super::reader::Reader;
use super::sources::{AMOCRM, PBXS, SOURCES, SourceWords};
use super::yaml::{Node, NodeKind, Text};
use super::yaml_error;
use crate::domain::{Bilingual, ReplyMode, bilingual};

/// `receive`: which submissions a profile takes.
#[derive(Debug, Clone)]
pub(crate) struct RawReceive {
    pub(crate) place: TextPlace,
    /// The sources that it names, each with the addresses.
    pub(crate) addresses: Vec<(&'static SourceWords, Vec<Text>)>,
    pub(crate) default: Option<Text>,
    /// The events of amoCRM.
    pub(crate) on: Option<Vec<Text>>,
    /// Whether only the newest change of an item of amoCRM counts.
    pub(crate) newest: Option<Sp<bool>>,
    pub(crate) when: Option<Text>,
    /// Tests of an item of amoCRM, in place of a test of the packet.
    pub(crate) item: Option<RawItemTests>,
    pub(crate) order: Option<Sp<i64>>,
    /// Whether it is no block, which is reported.
    pub(crate) is_broken: bool,
}

/// Tests of an item of amoCRM; all must hold.
#[derive(Debug, Clone)]
pub(crate) struct RawItemTests {
    pub(crate) place: TextPlace,
    /// What is tested, with the values that it may have.
    pub(crate) tests: Vec<(&'static str, Vec<Text>)>,
}

/// What tests of an item of amoCRM may name.
pub(crate) const ITEM_TESTS: [&str; 3] = ["tags", "pipeline", "stage"];

/// A profile, or the defaults, as written.
#[derive(Debug, Clone)]
pub(crate) struct RawProfile {
    pub(crate) place: TextPlace,
    pub(crate) name: Option<Text>,
    /// The file of shared rules between this one and the defaults.
    pub(crate) base: Option<Text>,
    /// Whether it takes submissions.
    pub(crate) active: Option<Sp<bool>>,
    pub(crate) receive: Option<RawReceive>,
    pub(crate) crm: Option<Text>,
    pub(crate) identity: Option<Text>,
    /// The country of phone numbers without a country code.
    pub(crate) country: Option<Text>,
    pub(crate) fields: IndexMap<String, RawField>,
    pub(crate) contact: Option<RawContact>,
    pub(crate) company: Option<RawCompany>,
    pub(crate) deal: Option<RawRecord>,
    pub(crate) lead: Option<RawRecord>,
    pub(crate) item: Option<RawRecord>,
    pub(crate) comment: Option<RawComment>,
    /// The fields whose files go into the timeline.
    pub(crate) files: Option<Vec<Text>>,
    pub(crate) todo: Option<RawTodo>,
    /// The steps after the CRM.
    pub(crate) then: Option<Vec<RawStep>>,
    pub(crate) reply: Option<Sp<ReplyMode>>,
}

impl RawProfile {
    /// Reads a text. Reports what cannot be read and leaves it out.
    pub(crate) fn read(source: &SourceText, reader: &mut Reader<'_>) -> Option<Self> {
        let node = match super::yaml::read(source) {
            Ok(node) => node,
            Err(error) => {
                reader.problems.push(yaml_error::explain(&error, source));
                return None;
            }
        };
        Self::from_node(node, reader)
    }

    fn from_node(node: Node, reader: &mut Reader<'_>) -> Option<Self> {
        let mut block = misnamed::opened(node, reader)?;
        let stray = SOURCES.iter().find_map(|words| block.peek(words.key));
        let mut profile = Self {
            place: block.place.clone(),
            name: block.text("name", reader),
            base: block.text("base", reader),
            active: block.flag("active", reader),
            receive: block
                .node("receive")
                .map(|node| RawReceive::read(node, reader)),
            crm: block.text("crm", reader),
            identity: block.text("identity", reader),
            country: block.text("country", reader),
            fields: match block.node("fields") {
                Some(node) => field::read_all(node, reader),
                None => IndexMap::new(),
            },
            contact: block
                .node("contact")
                .and_then(|node| RawContact::read(node, reader)),
            company: block
                .node("company")
                .and_then(|node| RawCompany::read(node, reader)),
            deal: block
                .node("deal")
                .and_then(|node| RawRecord::read(node, "deal", reader)),
            lead: block
                .node("lead")
                .and_then(|node| RawRecord::read(node, "lead", reader)),
            item: block
                .node("item")
                .and_then(|node| RawRecord::read(node, "item", reader)),
            comment: block
                .node("comment")
                .and_then(|node| RawComment::read(node, reader)),
            files: block.texts("files", reader),
            todo: block
                .node("todo")
                .and_then(|node| RawTodo::read(node, reader)),
            then: block
                .node("then")
                .and_then(|node| then::read_all(node, reader)),
            reply: block.word(
                "reply",
                &[
                    ("accepted", ReplyMode::Accepted),
                    ("delivered", ReplyMode::Delivered),
                ],
                reader,
            ),
        };
        block.close(reader);
        if profile.receive.is_none()
            && let Some(stray) = stray
        {
            // `channel: site` without `receive` is reported once
            profile.receive = Some(RawReceive::read(stray, reader));
        }
        Some(profile)
    }

    /// Returns what selects the rows of its choices.
    pub(crate) fn choosers(&self) -> impl Iterator<Item = &RawChooser> {
        let contact = self.contact.iter();
        let contact = contact.flat_map(|contact| {
            let responsible = contact.responsible.iter();
            let responsible = responsible.filter_map(RawChoice::chooser);
            responsible.chain(field_rule::choosers(&contact.fields))
        });
        let records = [&self.deal, &self.lead, &self.item].into_iter().flatten();
        let records = records.flat_map(|record| {
            let stage = record.stage.iter().filter_map(RawChoice::chooser);
            let among = record.among.iter().filter_map(RawChoice::chooser);
            let responsible = record.responsible.iter();
            let responsible = responsible.filter_map(RawChoice::chooser);
            let fields = field_rule::choosers(&record.fields);
            stage.chain(among).chain(responsible).chain(fields)
        });
        let company = self.company.iter();
        let company = company.flat_map(|company| {
            let responsible = company.responsible.iter();
            let responsible = responsible.filter_map(RawChoice::chooser);
            responsible.chain(field_rule::choosers(&company.fields))
        });
        contact.chain(company).chain(records)
    }

    /// Returns the place of its name, otherwise of the whole file.
    pub(crate) fn name_place(&self) -> &TextPlace {
        self.name.as_ref().map_or(&self.place, |name| &name.place)
    }

    /// Returns the place of its `active: no`.
    pub(crate) fn off(&self) -> Option<&TextPlace> {
        let active = self.active.as_ref().filter(|flag| !flag.value);
        active.map(|flag| &flag.place)
    }

    /// Returns the place of its `receive`, otherwise of the whole file.
    pub(crate) fn receive_place(&self) -> &TextPlace {
        let receive = self.receive.as_ref();
        receive.map_or(&self.place, |receive| &receive.place)
    }

    /// Merges this profile with its base; the profile wins, key by key. The record of the base also
    /// applies to a profile without one.
    pub(crate) fn over_base(mut self, base: Self) -> Self {
        if self.deal.is_none() && self.lead.is_none() && self.item.is_none() {
            self.deal.clone_from(&base.deal);
            self.lead.clone_from(&base.lead);
            self.item.clone_from(&base.item);
        }
        self.over(base)
    }

    /// Merges this profile with the defaults; the profile wins, key by key.
    pub(crate) fn over(self, below: Self) -> Self {
        // a to-do of the defaults applies only to a profile with a record
        let below_todo = below
            .todo
            .filter(|_| self.todo.is_some() || self.deal.is_some() || self.lead.is_some());
        Self {
            place: self.place,
            name: self.name,
            base: self.base,
            active: self.active.or(below.active),
            receive: self.receive,
            crm: self.crm.or(below.crm),
            identity: self.identity.or(below.identity),
            country: self.country.or(below.country),
            fields: record::merge(self.fields, below.fields),
            contact: match (self.contact, below.contact) {
                (Some(own), Some(below)) => Some(own.over(below)),
                (own, below) => own.or(below),
            },
            company: match (self.company, below.company) {
                (Some(own), Some(below)) => Some(own.over(below)),
                (own, _) => own,
            },
            deal: over_record(self.deal, below.deal),
            lead: over_record(self.lead, below.lead),
            item: over_record(self.item, below.item),
            comment: self.comment.or(below.comment),
            files: self.files.or(below.files),
            todo: match (self.todo, below_todo) {
                (Some(own), Some(below)) => Some(own.over(below)),
                (own, below) => own.or(below),
            },
            then: self.then.or(below.then),
            reply: self.reply.or(below.reply),
        }
    }

    /// Reports keys that a base cannot have. A file that receives submissions is no base.
    pub(crate) fn check_as_base(&self, problems: &mut Problems) {
        self.has_no_name(
            &bilingual!("a base cannot have a `name`", "у базы не может быть `name`"),
            problems,
        );
        self.has_no_base(problems);
    }

    fn has_no_name(&self, message: &Bilingual, problems: &mut Problems) {
        let Some(name) = &self.name else { return };
        let advice = bilingual!(
            "a name belongs to one profile: remove it here",
            "название даётся профилю: здесь его уберите"
        );
        problems.error(Code::WrongPlace, &name.place, message.clone(), advice);
    }

    fn has_no_base(&self, problems: &mut Problems) {
        let Some(base) = &self.base else { return };
        let message = bilingual!(
            "only a profile has a `base`: a base and the defaults cannot have one",
            "`base` бывает только у профиля: у базы и у общих правил её нет"
        );
        let advice = bilingual!(
            "put what all profiles share into `_defaults.yaml`, and remove `base` here",
            "общее для всех профилей пишут в `_defaults.yaml`, а `base` здесь уберите"
        );
        problems.error(Code::WrongPlace, &base.place, message, advice);
    }

    /// Reports keys that the defaults cannot have.
    pub(crate) fn check_as_defaults(&self, problems: &mut Problems) {
        self.has_no_name(
            &bilingual!(
                "the defaults cannot have a `name`",
                "у общих правил не может быть `name`"
            ),
            problems,
        );
        self.has_no_base(problems);
        if let Some(receive) = &self.receive {
            let advice = bilingual!(
                "write `receive` in each profile",
                "пишите `receive` в каждом профиле"
            );
            let message = bilingual!(
                "the defaults receive no submissions: `receive` does not belong here",
                "общие правила ничего не принимают: `receive` здесь не место"
            );
            problems.error(Code::WrongPlace, &receive.place, message, advice);
        }
    }
}

/// Merges a record block of the defaults, only if the profile has such a block.
fn over_record(own: Option<RawRecord>, below: Option<RawRecord>) -> Option<RawRecord> {
    match (own, below) {
        (Some(own), Some(below)) => Some(own.over(below)),
        (own, _) => own,
    }
}

impl RawReceive {
    fn read(node: Node, reader: &mut Reader<'_>) -> Self {
        let place = node.place.clone();
        if let NodeKind::Scalar(text) = &node.kind {
            bare_source(text, reader);
        }
        let block = match node.kind {
            NodeKind::Scalar(_) => None,
            _ => Block::open(node, "receive", reader),
        };
        let Some(mut block) = block else {
            return Self {
                place,
                addresses: Vec::new(),
                default: None,
                on: None,
                newest: None,
                when: None,
                item: None,
                order: None,
                is_broken: true,
            };
        };
        let named = SOURCES
            .iter()
            .filter_map(|words| Some((words, block.texts(words.key, reader)?)));
        let addresses: Vec<(&'static SourceWords, Vec<Text>)> = named.collect();
        let default = block.text("default", reader);
        let on = block.texts("on", reader);
        let newest = block.flag("newest", reader);
        let of_hooks = |words: &SourceWords| words.source == AMOCRM;
        let names_others = !addresses.is_empty() && !addresses.iter().any(|(it, _)| of_hooks(it));
        let (when, item) = match block.node("when") {
            Some(node)
                if names_others
                    && (of_calls(&addresses) && receive_when::of_call(&node, reader)
                        || receive_when::of_fields(&node, reader)) =>
            {
                (None, None)
            }
            Some(node) => receive_when(node, reader),
            None => (None, None),
        };
        let receive = Self {
            addresses,
            place: block.place.clone(),
            default,
            on,
            newest,
            when,
            item,
            order: block.integer("order", reader),
            is_broken: false,
        };
        // what an unknown key means is probably what is missing
        let names_nothing = receive.addresses.is_empty() && receive.default.is_none();
        let receive = Self {
            is_broken: names_nothing && block.has_leftovers(),
            ..receive
        };
        block.close(reader);
        receive
    }
}

/// Returns whether a profile takes calls.
fn of_calls(addresses: &[(&'static SourceWords, Vec<Text>)]) -> bool {
    addresses.iter().any(|(words, _)| words.source == PBXS)
}

/// `receive: shop`, `receive: 123`.
fn bare_source(text: &Text, reader: &mut Reader<'_>) {
    let word = text.value.trim().trim_start_matches('/');
    let is_number = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = !word.is_empty()
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let message = bilingual!(
        "`receive` must be a block of keys, but this is text",
        "в `receive` ожидается блок с ключами, а здесь текст"
    );
    let advice = if is_number {
        bilingual!(
            "write `receive: {{ polls: [{word}] }}`",
            "напишите `receive: {{ polls: [{word}] }}`"
        )
    } else if is_name {
        bilingual!(
            "write `receive: {{ channel: {word} }}`",
            "напишите `receive: {{ channel: {word} }}`"
        )
    } else {
        bilingual!(
            "write `receive: {{ polls: [123] }}` or `receive: {{ channel: site }}`",
            "напишите `receive: {{ polls: [123] }}` или `receive: {{ channel: site }}`"
        )
    };
    reader.error(Code::WrongType, &text.place, message, advice);
}

/// Reads `receive.when`: a test of the packet, or a block with tests of an item of amoCRM.
fn receive_when(node: Node, reader: &mut Reader<'_>) -> (Option<Text>, Option<RawItemTests>) {
    const ABOUT: &str = "receive.when";
    if !matches!(node.kind, NodeKind::Map(_)) || block::is_unquoted_template(&node) {
        return (block::scalar(ABOUT, node, reader), None);
    }
    let Some(mut block) = Block::open(node, ABOUT, reader) else {
        return (None, None);
    };
    let tests = ITEM_TESTS
        .iter()
        .filter_map(|key| Some((*key, block.texts(key, reader)?)));
    let item = RawItemTests {
        tests: tests.collect(),
        place: block.place.clone(),
    };
    block.close(reader);
    (None, Some(item))
}
