//! The whole state as one JSON value, to save it. Fields are stored by name, not by place, so a
//! later version with other fields can read it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{
    Numbers, State,
    dictionary::{Currency, Pipeline, Status},
    file::Files,
    kind::Kind,
    people::{Department, User},
    product::ProductRow,
    record::{Binding, FieldValue, Multi, Record},
    requisite::Requisite,
    telephony::Telephony,
    timeline::{Activity, Comment, Notice},
    userfield::UserField,
};

use crate::simulator::applications::Applications;

/// The version of this format; others are refused.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    records: Vec<KeptRecord>,
    last: Vec<(Kind, u32)>,
    statuses: Vec<Status>,
    pipelines: Vec<Pipeline>,
    currencies: Vec<Currency>,
    users: Vec<User>,
    departments: Vec<Department>,
    userfields: Vec<UserField>,
    comments: Vec<Comment>,
    activities: Vec<Activity>,
    notices: Vec<Notice>,
    /// Comments and activities in other timelines than that of their owner.
    #[serde(default)]
    bound: Vec<(Kind, u32, Vec<u32>, Vec<u32>)>,
    #[serde(default)]
    requisites: Vec<(u32, Requisite)>,
    #[serde(default)]
    bank_details: Vec<(u32, Requisite)>,
    #[serde(default)]
    addresses: Vec<Requisite>,
    #[serde(default)]
    products: Vec<(Kind, u32, Vec<ProductRow>)>,
    #[serde(default)]
    files: Files,
    #[serde(default)]
    telephony: Telephony,
    numbers: Numbers,
    scopes: BTreeSet<String>,
    #[serde(default = "first_admin")]
    admins: BTreeSet<u32>,
    #[serde(default)]
    applications: Applications,
    mode: u8,
    mandatory: BTreeSet<(Kind, String)>,
    revision: u64,
}

/// The administrator of portals that older versions kept.
fn first_admin() -> BTreeSet<u32> {
    BTreeSet::from([1])
}

#[derive(Serialize, Deserialize)]
struct KeptRecord {
    kind: Kind,
    id: u32,
    fields: Vec<(String, FieldValue)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    multi: Vec<Multi>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<Binding>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    companies: Vec<Binding>,
}

impl State {
    /// Everything, as JSON.
    pub(in crate::simulator) fn keep(&self) -> serde_json::Value {
        let kept = Kept {
            version: VERSION,
            records: Kind::ALL.iter().flat_map(|kind| self.kept(*kind)).collect(),
            last: Kind::ALL
                .iter()
                .map(|kind| (*kind, self.table(*kind).last))
                .collect(),
            statuses: self.statuses.clone(),
            pipelines: self.pipelines.clone(),
            currencies: self.currencies.clone(),
            users: self.users.clone(),
            departments: self.departments.clone(),
            userfields: self.userfields.clone(),
            comments: self.comments.values().cloned().collect(),
            activities: self.activities.values().cloned().collect(),
            notices: self.notices.values().cloned().collect(),
            bound: self.bound_elsewhere(),
            requisites: self.requisites.clone().into_iter().collect(),
            bank_details: self.bank_details.clone().into_iter().collect(),
            addresses: self.addresses.clone(),
            products: self
                .products
                .iter()
                .map(|((kind, id), rows)| (*kind, *id, rows.clone()))
                .collect(),
            files: self.files.clone(),
            telephony: self.telephony.clone(),
            numbers: self.numbers.clone(),
            scopes: self.scopes.clone(),
            admins: self.admins.clone(),
            applications: self.applications.clone(),
            mode: self.mode,
            mandatory: self.mandatory.clone(),
            revision: self.revision,
        };
        serde_json::to_value(kept).expect("the state holds nothing that JSON cannot say")
    }

    /// Builds the state from what [`Self::keep`] made; `Err` says why it is invalid.
    pub(in crate::simulator) fn rebuilt(value: serde_json::Value) -> Result<Self, String> {
        let kept: Kept = serde_json::from_value(value).map_err(|error| error.to_string())?;
        if kept.version != VERSION {
            return Err(format!("snapshot of version {}", kept.version));
        }
        let mut state = Self::new(&[]);
        state.statuses = kept.statuses;
        state.pipelines = kept.pipelines;
        state.currencies = kept.currencies;
        state.users = kept.users;
        state.departments = kept.departments;
        state.userfields.clear();
        for field in kept.userfields {
            state.add_userfield(field);
        }
        for record in kept.records {
            state.take_in(record);
        }
        for (kind, last) in kept.last {
            state.table_mut(kind).last = last;
        }
        for comment in kept.comments {
            state.add_comment(comment);
        }
        for activity in kept.activities {
            state.add_activity(activity);
        }
        for (kind, id, comments, activities) in kept.bound {
            let timeline = state.timelines.entry((kind, id)).or_default();
            timeline.comments.extend(comments);
            timeline.activities.extend(activities);
            timeline.comments.sort_unstable();
            timeline.activities.sort_unstable();
        }
        state.notices = kept.notices.into_iter().map(|it| (it.id, it)).collect();
        let products = kept.products.into_iter();
        state.products = products
            .map(|(kind, id, rows)| ((kind, id), rows))
            .collect();
        state.requisites = kept.requisites.into_iter().collect();
        state.bank_details = kept.bank_details.into_iter().collect();
        state.addresses = kept.addresses;
        state.files = kept.files;
        state.telephony = kept.telephony;
        state.numbers = kept.numbers;
        state.scopes = kept.scopes;
        state.admins = kept.admins;
        state.applications = kept.applications;
        state.mode = kept.mode;
        state.mandatory = kept.mandatory;
        state.revision = kept.revision;
        Ok(state)
    }

    fn kept(&self, kind: Kind) -> Vec<KeptRecord> {
        let table = self.table(kind);
        let name = |place: u16| table.schema.at(place).map(|field| field.code.clone());
        table
            .rows
            .values()
            .map(|record| KeptRecord {
                kind,
                id: record.id,
                fields: record
                    .fields()
                    .iter()
                    .filter_map(|(place, value)| Some((name(*place)?, value.clone())))
                    .collect(),
                multi: record.multi.clone(),
                contacts: record.contacts.clone(),
                companies: record.companies.clone(),
            })
            .collect()
    }

    fn take_in(&mut self, kept: KeptRecord) {
        let mut record = Record::new(kept.id);
        for (code, value) in kept.fields {
            self.table(kept.kind).set(&mut record, &code, Some(value));
        }
        record.multi = kept.multi;
        record.contacts = kept.contacts;
        record.companies = kept.companies;
        self.put(kept.kind, record);
    }
}
