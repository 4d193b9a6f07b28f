//! The portal's state in memory: records with their indexes, dictionaries, users, timelines. All
//! changes go through this type, so indexes and records always agree.

pub(super) mod builtin;
pub(super) mod dictionary;
pub(super) mod file;
pub(super) mod kind;
pub(super) mod match_code;
mod owners;
pub(super) mod people;
mod pipeline;
pub(super) mod product;
pub(super) mod record;
pub(super) mod requisite;
pub(super) mod schema;
pub(super) mod snapshot;
pub(super) mod table;
pub(super) mod telephony;
pub(super) mod timeline;
pub(super) mod userfield;
pub(super) mod userfield_settings;

use std::collections::{BTreeMap, BTreeSet};

use self::{
    dictionary::{Currency, Pipeline, Status, stage_entity},
    file::Files,
    kind::Kind,
    match_code::MatchCodes,
    people::{Department, User},
    product::ProductRow,
    record::{FieldValue, Record},
    requisite::Requisite,
    table::Table,
    telephony::Telephony,
    timeline::{Activity, Comment, Notice},
    userfield::UserField,
};
use super::applications::Applications;

/// The last ids assigned outside the tables of records.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Numbers {
    pub(super) multi: u32,
    pub(super) comment: u32,
    pub(super) activity: u32,
    pub(super) notice: u32,
    pub(super) userfield: u32,
    pub(super) item: u32,
    #[serde(default)]
    pub(super) product_row: u32,
    #[serde(default)]
    pub(super) requisite: u32,
    #[serde(default)]
    pub(super) bank_detail: u32,
}

/// Whether scopes open the methods of one; the two lesser ones open the same methods of `user`.
pub(super) fn is_granted(scopes: &BTreeSet<String>, scope: &str) -> bool {
    let has = |scope: &str| scopes.contains(scope);
    has(scope) || (scope == "user" && (has("user_basic") || has("user_brief")))
}

/// The portal's state.
#[derive(Debug)]
pub(super) struct State {
    tables: [Table; 5],
    pub(super) codes: MatchCodes,
    pub(super) statuses: Vec<Status>,
    pub(super) pipelines: Vec<Pipeline>,
    pub(super) currencies: Vec<Currency>,
    pub(super) users: Vec<User>,
    pub(super) departments: Vec<Department>,
    pub(super) userfields: Vec<UserField>,
    pub(super) comments: BTreeMap<u32, Comment>,
    pub(super) activities: BTreeMap<u32, Activity>,
    pub(super) notices: BTreeMap<u32, Notice>,
    pub(super) timelines: BTreeMap<(Kind, u32), Timeline>,
    /// The product rows of records, in their order.
    pub(super) products: BTreeMap<(Kind, u32), Vec<ProductRow>>,
    /// The requisites of contacts and companies.
    pub(super) requisites: BTreeMap<u32, Requisite>,
    /// The bank accounts of requisites.
    pub(super) bank_details: BTreeMap<u32, Requisite>,
    /// The addresses of requisites and records.
    pub(super) addresses: Vec<Requisite>,
    /// The files of fields and comments.
    pub(super) files: Files,
    /// What tokens of download addresses are made from.
    pub(super) secret: String,
    /// Lines, live calls and the statistics of calls.
    pub(super) telephony: Telephony,
    pub(super) numbers: Numbers,
    /// The scopes of the caller: of the webhook, or of the token that calls.
    pub(super) scopes: BTreeSet<String>,
    /// The administrators.
    pub(super) admins: BTreeSet<u32>,
    /// Local applications.
    pub(super) applications: Applications,
    /// 1 with leads, 2 without, where a lead becomes a deal at once.
    pub(super) mode: u8,
    /// Mandatory fields, by kind and classic name.
    pub(super) mandatory: BTreeSet<(Kind, String)>,
    /// Counts the changes.
    pub(super) revision: u64,
}

/// The ids of the comments and activities of a record.
#[derive(Debug, Default, Clone)]
pub(super) struct Timeline {
    pub(super) comments: Vec<u32>,
    pub(super) activities: Vec<u32>,
}

impl State {
    /// Whether the caller has a method's scope.
    pub(super) fn is_granted(&self, scope: &str) -> bool {
        is_granted(&self.scopes, scope)
    }

    pub(super) fn is_admin(&self, user: u32) -> bool {
        self.admins.contains(&user)
    }

    /// The employees who are not dismissed.
    pub(super) fn active_users(&self) -> impl Iterator<Item = u32> {
        self.users.iter().filter(|it| it.active).map(|it| it.id)
    }

    /// A fresh portal: people, dictionaries and custom fields, but no records.
    pub(super) fn new(scopes: &[String]) -> Self {
        let mut state = Self {
            tables: Kind::ALL.map(Table::new),
            codes: MatchCodes::default(),
            statuses: dictionary::factory(),
            pipelines: dictionary::pipelines(),
            currencies: dictionary::currencies(),
            users: people::users(),
            departments: people::departments(),
            userfields: Vec::new(),
            comments: BTreeMap::new(),
            activities: BTreeMap::new(),
            notices: BTreeMap::new(),
            timelines: BTreeMap::new(),
            products: BTreeMap::new(),
            requisites: BTreeMap::new(),
            bank_details: BTreeMap::new(),
            addresses: Vec::new(),
            files: Files::default(),
            telephony: Telephony::default(),
            secret: uuid::Uuid::now_v7().to_string(),
            numbers: Numbers {
                userfield: 115,
                item: 55,
                ..Numbers::default()
            },
            scopes: scopes.iter().cloned().collect(),
            admins: BTreeSet::from([1]),
            applications: Applications::default(),
            mode: 1,
            mandatory: BTreeSet::new(),
            revision: 0,
        };
        for field in userfield::factory() {
            state.add_userfield(field);
        }
        state
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "`place` counts the same five kinds that the array holds"
    )]
    pub(super) fn table(&self, kind: Kind) -> &Table {
        &self.tables[kind.place()]
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "`place` counts the same five kinds that the array holds"
    )]
    pub(super) fn table_mut(&mut self, kind: Kind) -> &mut Table {
        &mut self.tables[kind.place()]
    }

    pub(super) fn record(&self, kind: Kind, id: u32) -> Option<&Record> {
        self.table(kind).rows.get(&id)
    }

    /// Stores a record and updates every index.
    pub(super) fn put(&mut self, kind: Kind, record: Record) {
        let id = record.id;
        let entered = record.multi.clone();
        let old = self.table_mut(kind).put(record);
        self.note_record(kind, id, if old.is_some() { "UPDATE" } else { "ADD" });
        if let Some(old) = old {
            self.codes.strike(kind, id, &old.multi);
        }
        self.codes.enter(kind, id, &entered);
        self.revision += 1;
    }

    /// Notes an event about a record for the handlers of applications.
    fn note_record(&mut self, kind: Kind, id: u32, verb: &str) {
        if !self.applications.has_installed() {
            return;
        }
        let (name, fields) = match kind {
            Kind::Smart => (
                "DYNAMICITEM".to_owned(),
                serde_json::json!({"ID": id, "ENTITY_TYPE_ID": 1036}),
            ),
            kind => (kind.word().to_uppercase(), serde_json::json!({"ID": id})),
        };
        let data = serde_json::json!({ "FIELDS": fields });
        self.applications.note(&format!("ONCRM{name}{verb}"), &data);
    }

    fn note_event(&mut self, event: &str, id: u32) {
        let data = serde_json::json!({"FIELDS": {"ID": id}});
        self.applications.note(event, &data);
    }

    /// Deletes a record with its timeline, and the bindings to a deleted contact.
    pub(super) fn remove(&mut self, kind: Kind, id: u32) -> bool {
        let Some(old) = self.table_mut(kind).take(id) else {
            return false;
        };
        self.note_record(kind, id, "DELETE");
        self.codes.strike(kind, id, &old.multi);
        self.products.remove(&(kind, id));
        self.leave_timeline((kind, id));
        match kind {
            Kind::Contact => self.unbind_everywhere(id),
            Kind::Company => self.forget_company(id),
            Kind::Lead | Kind::Deal | Kind::Smart => {}
        }
        let before = self.requisites.len();
        self.requisites
            .retain(|_, requisite| !requisite.belongs_to(kind, id));
        if self.requisites.len() < before {
            self.forget_bank_details();
        }
        self.revision += 1;
        true
    }

    /// Deletes the bank accounts of deleted requisites.
    pub(super) fn forget_bank_details(&mut self) {
        let requisites = &self.requisites;
        self.bank_details.retain(|_, detail| {
            let owner = detail.text("ENTITY_ID").parse();
            owner.is_ok_and(|owner: u32| requisites.contains_key(&owner))
        });
    }

    fn unbind_everywhere(&mut self, contact: u32) {
        for kind in Kind::ALL {
            let owners = self.table(kind).of_contact(contact).to_vec();
            for owner in owners {
                if let Some(mut record) = self.record(kind, owner).cloned() {
                    record.contacts.retain(|it| it.id != contact);
                    self.put(kind, record);
                }
            }
        }
    }

    /// Unbinds a deleted company from its contacts.
    fn forget_company(&mut self, company: u32) {
        let owners = self.table(Kind::Contact).of_company(company).to_vec();
        for owner in owners {
            if let Some(mut record) = self.record(Kind::Contact, owner).cloned() {
                record.companies.retain(|it| it.id != company);
                self.name_company(&mut record);
                self.put(Kind::Contact, record);
            }
        }
    }

    /// Writes the primary one of a contact's companies into its field.
    pub(super) fn name_company(&self, contact: &mut Record) {
        let company = record::primary(&contact.companies).map(|id| FieldValue::Int(id.into()));
        self.table(Kind::Contact)
            .set(contact, "COMPANY_ID", company);
    }

    pub(super) fn add_userfield(&mut self, field: UserField) {
        self.table_mut(field.kind).schema.add(field.column());
        self.userfields.push(field);
        self.revision += 1;
    }

    /// Stores a changed custom field; its code and type are the old ones.
    pub(super) fn put_userfield(&mut self, field: UserField) {
        self.table_mut(field.kind).schema.replace(field.column());
        let mut fields = self.userfields.iter_mut();
        if let Some(old) = fields.find(|it| it.kind == field.kind && it.id == field.id) {
            *old = field;
        }
        self.revision += 1;
    }

    /// Deletes a custom field with its values.
    pub(super) fn remove_userfield(&mut self, kind: Kind, code: &str) {
        self.userfields
            .retain(|it| !(it.kind == kind && it.code == code));
        self.mandatory
            .retain(|(owner, field)| !(*owner == kind && field == code));
        self.table_mut(kind).drop_field(code);
        self.revision += 1;
    }

    pub(super) fn add_comment(&mut self, comment: Comment) {
        let owner = (comment.kind, comment.owner);
        self.timelines
            .entry(owner)
            .or_default()
            .comments
            .push(comment.id);
        self.note_event("ONCRMTIMELINECOMMENTADD", comment.id);
        self.comments.insert(comment.id, comment);
        self.revision += 1;
    }

    pub(super) fn add_activity(&mut self, activity: Activity) {
        let owner = (activity.kind, activity.owner);
        self.timelines
            .entry(owner)
            .or_default()
            .activities
            .push(activity.id);
        self.note_event("ONCRMACTIVITYADD", activity.id);
        self.activities.insert(activity.id, activity);
        self.revision += 1;
    }

    pub(super) fn user(&self, id: u32) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The stages of a kind in a pipeline, in their order.
    pub(super) fn stages(&self, kind: Kind, category: u32) -> impl Iterator<Item = &Status> {
        let entity = stage_entity(kind, category);
        self.statuses
            .iter()
            .filter(move |status| status.entity == entity)
    }

    /// Returns the stage with a code, in any pipeline.
    pub(super) fn stage(&self, kind: Kind, code: &str) -> Option<&Status> {
        let family = match kind {
            Kind::Deal => "DEAL_STAGE",
            Kind::Smart => "DYNAMIC_1036_STAGE",
            Kind::Lead | Kind::Contact | Kind::Company => "STATUS",
        };
        self.statuses
            .iter()
            .find(|it| it.code == code && it.is_stage() && it.entity.starts_with(family))
    }

    /// The member of a dictionary.
    pub(super) fn status(&self, entity: &str, code: &str) -> Option<&Status> {
        self.statuses
            .iter()
            .find(|it| it.entity == entity && it.code == code)
    }

    /// The pipelines of a kind.
    pub(super) fn pipelines_of(&self, kind: Kind) -> impl Iterator<Item = &Pipeline> {
        self.pipelines.iter().filter(move |it| it.kind == kind)
    }

    pub(super) fn base_currency(&self) -> &str {
        self.currencies.first().map_or("RUB", |it| &it.code)
    }

    pub(super) fn next_multi(&mut self) -> u32 {
        self.numbers.multi += 1;
        self.numbers.multi
    }
}
