//! A compiled profile: fully checked, with everything precomputed.

use std::sync::Arc;

use jiff::SignedDuration;
use serde_json::Value;

use super::choice::{Choice, FieldRow};
use super::condition::Condition;
use super::field::DeclaredField;
use super::hook_item::{ItemTest, is_bare};
use super::packet::Packet;
use super::path::{Path, When};
use super::template::Template;
use super::then::rules::{StepKindRules, StepRules};
use crate::authoring::problem::TextPlace;
use crate::authoring::{Normaliser, PBXS};
use crate::domain::{
    CallKind, Closed, Conflict, Country, Destination, EntityKind, FieldRole, Found, HookPattern,
    HttpStep, KeylessCompany, MailStep, Match, OnUpdate, ProductField, ProfileRef, ReplyMode,
    Responsible, Several, Source, TodoOn, UnknownLabel, WithoutKey, hook_event,
};

/// A compiled profile.
#[derive(Debug)]
pub struct Profile {
    pub(crate) reference: ProfileRef,
    /// The file's name with its ending.
    pub(crate) file: Arc<str>,
    pub(crate) receive: Receive,
    pub(crate) identity: Option<Template>,
    pub(crate) connection: Option<String>,
    /// The country of phone numbers without a country code.
    pub(crate) country: Country,
    pub(crate) fields: Vec<DeclaredField>,
    /// The names of the fields, which plans give as sources of values.
    pub(crate) field_names: Vec<Arc<str>>,
    /// The numbers of the fields in the order of evaluation.
    pub(crate) order: Vec<usize>,
    pub(crate) contact: Option<ContactRules>,
    pub(crate) company: Option<CompanyRules>,
    pub(crate) record: Option<RecordRules>,
    pub(crate) comment: CommentRule,
    pub(crate) comment_when: Condition,
    /// The declared fields whose files go into the timeline.
    pub(crate) files: Vec<usize>,
    pub(crate) todo: Option<TodoRules>,
    /// The steps after the CRM.
    pub(crate) then: Vec<StepRules>,
    /// The names of results of steps, which follow the fields in the numbers of templates.
    pub(crate) later_names: Vec<String>,
    pub(crate) reply: ReplyMode,
    /// The places of its name and its `receive`, for problems that only the whole set shows.
    pub(crate) name_place: TextPlace,
    pub(crate) receive_place: TextPlace,
}

/// Which submissions a profile takes.
#[derive(Debug, Default)]
pub(crate) struct Receive {
    /// The addresses that it names, each with its source.
    pub(crate) addresses: Vec<(&'static str, String)>,
    /// The sources of which it takes all addresses that no other profile takes.
    pub(crate) others: Vec<&'static str>,
    pub(crate) when: Option<When>,
    /// The events of amoCRM that it takes; none: all of them.
    pub(crate) events: Vec<HookPattern>,
    /// The kinds of calls that it takes; none: all but internal ones.
    pub(crate) calls: Vec<CallKind>,
    /// Tests of an item of amoCRM.
    pub(crate) item: Vec<ItemTest>,
    /// Whether only the newest change of an item counts.
    pub(crate) newest: bool,
    pub(crate) order: i64,
    /// The place of `active: no`, which keeps the profile from taking anything.
    pub(crate) off: Option<TextPlace>,
}

impl Receive {
    /// Returns whether it takes anything from this source.
    pub(crate) fn takes(&self, source: &str) -> bool {
        self.others.contains(&source) || self.addresses.iter().any(|(name, _)| *name == source)
    }
}

/// The rules for the contact.
#[derive(Debug)]
pub(crate) struct ContactRules {
    pub(crate) when: Condition,
    pub(crate) match_: Match,
    pub(crate) several: Several,
    pub(crate) conflict: Conflict,
    pub(crate) without_key: WithoutKey,
    pub(crate) responsible: Option<Choice<Responsible>>,
    pub(crate) fields: Vec<FieldRule>,
}

/// The rules for the company.
#[derive(Debug)]
pub(crate) struct CompanyRules {
    pub(crate) when: Condition,
    pub(crate) match_: Match,
    pub(crate) several: Several,
    pub(crate) conflict: Conflict,
    pub(crate) without_key: KeylessCompany,
    pub(crate) responsible: Option<Choice<Responsible>>,
    pub(crate) preset: Option<i64>,
    pub(crate) fields: Vec<FieldRule>,
}

/// The rules for the lead, deal or item.
#[derive(Debug)]
pub(crate) struct RecordRules {
    pub(crate) kind: EntityKind,
    pub(crate) when: Condition,
    pub(crate) found: Found,
    pub(crate) closed: Closed,
    pub(crate) among: Option<Choice<Vec<String>>>,
    pub(crate) stage: Option<Choice<String>>,
    /// Whether a found record is moved to the stage.
    pub(crate) changes_stage: bool,
    pub(crate) responsible: Option<Choice<Responsible>>,
    pub(crate) fields: Vec<FieldRule>,
    pub(crate) products: Option<ProductRules>,
}

/// The rules for product rows.
#[derive(Debug)]
pub(crate) struct ProductRules {
    /// Finds the goods in the packet.
    pub(crate) each: Path,
    /// Reads the values of a row; paths begin at the row.
    pub(crate) values: Vec<(ProductField, DeclaredField)>,
    pub(crate) on_update: OnUpdate,
}

/// One value for one CRM field.
#[derive(Debug)]
pub(crate) struct FieldRule {
    pub(crate) name: String,
    pub(crate) when: Condition,
    pub(crate) content: FieldContent,
    pub(crate) template: Template,
    /// The row of a choice; the rule applies only if it is chosen.
    pub(crate) row: Option<FieldRow>,
    pub(crate) role: FieldRole,
    pub(crate) on_update: OnUpdate,
    /// What to do if the list has no value with this label.
    pub(crate) label: Option<UnknownLabel>,
    pub(crate) value_type: Option<String>,
    /// Whether a phone's extension is written behind it.
    pub(crate) extension: bool,
    /// The name of the group of fields that are written together.
    pub(crate) together: Option<String>,
}

/// The content of a CRM field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldContent {
    Text,
    Phone,
    Email,
    Site,
    Messenger,
    /// One value of a list.
    Member,
    /// Files: one, or several.
    File {
        many: bool,
    },
    /// The taxpayer number of a company.
    TaxNumber,
}

/// The comment for the timeline.
#[derive(Debug)]
pub(crate) enum CommentRule {
    None,
    /// The answer in the sender's words.
    Answers,
    /// The answer, and everything else that came.
    Full,
    Template {
        name: String,
        template: Template,
    },
}

/// The to-do for the responsible employee.
#[derive(Debug)]
pub(crate) struct TodoRules {
    pub(crate) title: Template,
    /// Time from the receipt of the submission to the deadline.
    pub(crate) after: SignedDuration,
    pub(crate) text: Option<Template>,
    pub(crate) on: TodoOn,
    pub(crate) when: Condition,
}

impl Profile {
    /// Returns the profile's file, name and version, as plans and the journal store them.
    pub fn reference(&self) -> &ProfileRef {
        &self.reference
    }

    /// Returns the name that people gave it.
    pub fn name(&self) -> &str {
        &self.reference.name
    }

    /// The file's name with its ending.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the addresses of a source that it names.
    pub fn addresses(&self, source: &str) -> impl Iterator<Item = &str> {
        let addresses = self.receive.addresses.iter();
        addresses.filter_map(move |(name, address)| (*name == source).then_some(address.as_str()))
    }

    /// Returns whether it takes submissions: one that is not active is only checked and previewed.
    pub fn is_active(&self) -> bool {
        self.receive.off.is_none()
    }

    /// Returns whether it takes the addresses of a source that no other profile takes.
    pub fn takes_others(&self, source: &str) -> bool {
        self.receive.others.contains(&source)
    }

    /// Returns its test of the packet, as written.
    pub fn when(&self) -> Option<&str> {
        self.receive.when.as_ref().map(When::as_str)
    }

    /// Returns its order among the profiles for one poll; the lowest comes first.
    pub fn order(&self) -> i64 {
        self.receive.order
    }

    /// Returns when to reply to the sender.
    pub fn reply(&self) -> ReplyMode {
        self.reply
    }

    /// Returns the connection that it names; `None` means the only one of the settings.
    pub fn connection(&self) -> Option<&str> {
        self.connection.as_deref()
    }

    /// Returns the destination of the first step; its name is empty if the profile names none.
    pub fn destination(&self) -> Destination {
        let has_crm = self.contact.is_some() || self.company.is_some() || self.record.is_some();
        match self.then.first().map(|step| &step.kind) {
            Some(StepKindRules::Http(http)) if !has_crm => {
                Destination::new(HttpStep::KIND, &http.destination)
            }
            Some(StepKindRules::Mail(_)) if !has_crm => Destination::new(MailStep::KIND, ""),
            _ => Destination::crm(self.connection().unwrap_or_default()),
        }
    }

    /// Returns the HTTP destinations that it names, each once, with the places.
    pub(crate) fn http_destinations(&self) -> Vec<(&str, &TextPlace)> {
        let mut found: Vec<(&str, &TextPlace)> = Vec::new();
        for step in &self.then {
            if let StepKindRules::Http(http) = &step.kind
                && !found.iter().any(|(name, _)| *name == http.destination)
            {
                found.push((&http.destination, &http.place));
            }
        }
        found
    }

    /// Returns the place of its first letter.
    pub(crate) fn first_mail(&self) -> Option<&TextPlace> {
        self.then.iter().find_map(|step| match &step.kind {
            StepKindRules::Mail(mail) => Some(&mail.place),
            StepKindRules::Http(_) | StepKindRules::CrmUpdate(_) => None,
        })
    }

    /// Returns the word for what it makes: of contact, company and record the most important one.
    pub fn makes(&self) -> &'static str {
        match (&self.record, &self.contact, &self.company) {
            (Some(record), _, _) => record.kind.as_str(),
            (None, None, Some(_)) => EntityKind::Company.as_str(),
            (None, _, _) => "contact",
        }
    }

    /// Returns whether it looks up employees of the portal by e-mail.
    pub fn asks_for_employees(&self) -> bool {
        let contact = self
            .contact
            .as_ref()
            .and_then(|contact| contact.responsible.as_ref());
        let record = self
            .record
            .as_ref()
            .and_then(|record| record.responsible.as_ref());
        let company = self
            .company
            .as_ref()
            .and_then(|company| company.responsible.as_ref());
        contact
            .into_iter()
            .chain(company)
            .chain(record)
            .flat_map(Choice::all)
            .any(|responsible| !responsible.emails().is_empty())
    }

    /// Returns whether it uses what requests tell apart from their bodies.
    pub(crate) fn asks_request(&self) -> bool {
        self.receive.when.as_ref().is_some_and(When::asks_request)
            || self.fields.iter().any(DeclaredField::asks_request)
            || self.conditions().any(Condition::asks_request)
    }

    /// Returns the conditions of its blocks, of their fields, and of its steps.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let contact = self.contact.iter().map(|it| (&it.when, &it.fields));
        let company = self.company.iter().map(|it| (&it.when, &it.fields));
        let record = self.record.iter().map(|it| (&it.when, &it.fields));
        let blocks = contact.chain(company).chain(record);
        let blocks = blocks.flat_map(|(when, rules)| {
            let rules = rules.iter().map(|rule| &rule.when);
            std::iter::once(when).chain(rules)
        });
        blocks
            .chain([&self.comment_when])
            .chain(self.todo.iter().map(|todo| &todo.when))
            .chain(self.then.iter().map(|step| &step.when))
    }

    /// Returns whether it uses what is read from amoCRM before mapping: contacts and companies.
    pub fn reads_amocrm(&self) -> bool {
        let products = self.record.as_ref().and_then(|it| it.products.as_ref());
        self.fields.iter().any(DeclaredField::reads_amocrm)
            || self.conditions().any(Condition::reads_amocrm)
            || products.is_some_and(|products| products.each.reads_amocrm())
    }

    /// Returns whether a hook lacks what it uses. Some hooks have numbers only, without any custom
    /// field.
    pub fn needs_reading(&self, packet: &Value) -> bool {
        self.reads_amocrm()
            || (is_bare(packet) && self.fields.iter().any(DeclaredField::reads_custom))
    }

    /// Returns the names of the fields that need what is read from amoCRM, if any of the hooks that
    /// it takes lacks that.
    pub(crate) fn fields_read_from_amocrm(&self) -> Vec<&str> {
        let events = &self.receive.events;
        if !events.is_empty() && events.iter().all(HookPattern::tells_people) {
            return Vec::new();
        }
        let fields = self.fields.iter().filter(|field| field.reads_amocrm());
        fields.map(|field| &*field.name).collect()
    }

    /// Returns whether only the newest change of an item counts.
    pub fn takes_newest(&self) -> bool {
        self.receive.newest
    }

    /// Returns the source with its place among the changes of its item, if only the newest counts.
    #[must_use]
    pub fn placed(&self, source: Source) -> Source {
        if self.takes_newest() {
            source.in_succession_by_key()
        } else {
            source
        }
    }

    /// Returns whether it tests what it receives.
    pub(crate) fn has_tests(&self) -> bool {
        self.receive.when.is_some() || self.has_own_tests()
    }

    /// Returns whether it tests what only its source has: events, kinds of calls, items.
    pub(crate) fn has_own_tests(&self) -> bool {
        let receive = &self.receive;
        !(receive.events.is_empty() && receive.calls.is_empty() && receive.item.is_empty())
    }

    /// Returns whether it uses files, so that their contents must be kept.
    pub(crate) fn takes_files(&self) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|field| field.form == Normaliser::File)
    }

    /// Returns whether a packet passes its test; without a test every packet passes.
    pub fn wants(&self, body: &Value) -> bool {
        self.wants_packet(&Packet::new(body))
    }

    /// The same, with what the request told.
    pub(crate) fn wants_packet(&self, packet: &Packet<'_>) -> bool {
        let receive = &self.receive;
        let is_meant = |patterns: &[HookPattern]| {
            let event = hook_event(packet.body());
            event.is_some_and(|event| patterns.iter().any(|pattern| pattern.matches(event)))
        };
        let is_call_meant = |kind: CallKind| {
            let is_default = receive.calls.is_empty() && kind != CallKind::Internal;
            is_default || receive.calls.contains(&kind)
        };
        let call = CallKind::of_packet(packet.body()).filter(|_| self.receive.takes(PBXS));
        (receive.events.is_empty() || is_meant(&receive.events))
            && call.is_none_or(is_call_meant)
            && receive.item.iter().all(|test| test.matches(packet.body()))
            && receive
                .when
                .as_ref()
                .is_none_or(|when| when.matches(packet))
    }
}
