//! The CRM step: the contact, the company and the lead, deal or item to find or create, the comment
//! and the to-do. Every value remembers its rule and its place in the packet, so that the journal can
//! explain it.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{CompanyPlan, ContactPlan, PlannedFile, ProductsPlan, SearchKey, facts};
use crate::domain::spelling::CompareAs;
use crate::domain::{Email, EntityKind, Personal, Phone, UserId};

/// What a CRM step does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CrmStep {
    /// The connection of the settings; `None` for the only one.
    pub connection: Option<String>,
    /// The contact to find or create.
    pub contact: Option<ContactPlan>,
    /// The company to find or create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyPlan>,
    /// The lead, deal or item to find or create.
    pub record: Option<RecordPlan>,
    /// The comment for the record's timeline.
    pub comment: Option<CommentPlan>,
    /// Files for the record's timeline.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PlannedFile>,
    /// The to-do for the employee who is responsible for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub todo: Option<TodoPlan>,
    /// The row of a choice that names employees who take turns: each row has turns of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turns_of: Option<String>,
}

impl CrmStep {
    /// The name of the step that a profile's `contact`, `deal`, `lead` and `item` blocks make.
    pub const NAME: &str = "crm";

    /// Returns the keys that tell whether two steps may concern the same person or record. Steps
    /// that share a key are never delivered at the same time.
    pub(super) fn search_keys(&self) -> Vec<SearchKey> {
        let contact = self.contact.iter().flat_map(|contact| {
            contact
                .fields
                .iter()
                .filter_map(|field| field.search_key(None))
        });
        let record = self.record.iter().flat_map(|record| {
            record
                .fields
                .iter()
                .filter_map(|field| field.search_key(Some(record.kind)))
        });
        let company = self.company.iter().flat_map(|company| {
            let kind = Some(EntityKind::Company);
            let fields = company.fields.iter();
            fields.filter_map(move |field| field.search_key(kind))
        });
        let all = contact.chain(company).chain(record);
        all.map(SearchKey::folded).collect()
    }

    /// Returns the planned fields, the contact's first, each with its owner (`contact`, `company`,
    /// `deal`).
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &PlannedField)> {
        let contact = self
            .contact
            .iter()
            .flat_map(|contact| contact.fields.iter().map(|field| ("contact", field)));
        let record = self.record.iter().flat_map(|record| {
            let owner = record.kind.as_str();
            record.fields.iter().map(move |field| (owner, field))
        });
        let company = self
            .company
            .iter()
            .flat_map(|company| company.fields.iter().map(|field| ("company", field)));
        contact.chain(company).chain(record)
    }

    /// Returns the step as names and values, for comparing two plans.
    pub(super) fn facts(&self) -> Vec<(String, String)> {
        facts::of_crm(self)
    }
}

/// The half of a plan about the lead, the deal or the item of a smart process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordPlan {
    /// Lead, deal, or item.
    pub kind: EntityKind,
    /// What to do if an open one exists.
    pub found: Found,
    /// What to do if one is found by its own search field and is closed.
    #[serde(default)]
    pub closed: Closed,
    /// Stages in which a found contact's record counts as open; empty: every stage that is not
    /// final.
    pub among: Vec<String>,
    /// The stage for a created record, such as `NEW` or `C1:NEW`.
    pub stage: Option<String>,
    /// The stage to which a found record is moved.
    pub stage_on_update: Option<String>,
    /// The responsible employee of a new record; `None` means the webhook's owner.
    pub responsible: Option<Responsible>,
    /// Its fields in the profile's order; left-out values are not among them.
    pub fields: Vec<PlannedField>,
    /// Its product rows; `None` if the packet has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub products: Option<ProductsPlan>,
}

/// What to do if an open record exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Do not look: create one every time.
    AlwaysCreate,
    /// Update it.
    #[default]
    Update,
    /// Leave it as it is and create nothing.
    Ignore,
}

/// What to do if a record is found by its own search field and is closed: in a final stage, or in
/// none of those that count as open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// As if it were not there.
    Create,
    /// Update it and leave its stage: the same order never makes a second deal, nor opens the first
    /// again.
    #[default]
    Update,
    /// Leave it as it is and create nothing.
    Ignore,
}

/// The responsible employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Responsible {
    /// This employee.
    User(UserId),
    /// The active employee with this address.
    Email(Email),
    /// The employee who is responsible for the found contact.
    ContactOwner,
    /// The employee of the call. A plan has this only if nobody is known, and then it names nobody.
    CallEmployee,
    /// These employees one after the other, a turn for each submission that creates something.
    InTurn(Vec<Responsible>),
    /// The first of these who can be found.
    First(Vec<Responsible>),
}

impl Responsible {
    /// The addresses of employees in it.
    pub fn emails(&self) -> Vec<&Email> {
        match self {
            Self::User(_) | Self::ContactOwner | Self::CallEmployee => Vec::new(),
            Self::Email(email) => vec![email],
            Self::InTurn(several) | Self::First(several) => {
                several.iter().flat_map(Self::emails).collect()
            }
        }
    }

    /// Puts the employee of a call in its place.
    #[must_use]
    pub fn of_call(self, employee: UserId) -> Self {
        match self {
            Self::CallEmployee => Self::User(employee),
            Self::First(several) => {
                let several = several.into_iter();
                Self::First(several.map(|one| one.of_call(employee)).collect())
            }
            other => other,
        }
    }

    /// Returns whether it has a rotation.
    pub fn has_turns(&self) -> bool {
        match self {
            Self::User(_) | Self::ContactOwner | Self::CallEmployee | Self::Email(_) => false,
            Self::InTurn(_) => true,
            Self::First(several) => several.iter().any(Self::has_turns),
        }
    }
}

/// One field of a contact or record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedField {
    /// Its name in the CRM: `NAME`, `PHONE`, `UF_CRM_ORDER_ID`.
    pub name: String,
    /// The value.
    pub value: PlannedValue,
    /// Whether it is also a search field.
    pub role: FieldRole,
    /// What to do with it in a found record.
    pub on_update: OnUpdate,
    /// The kind of a phone, address, site or messenger in the CRM: `MOBILE`, `TELEGRAM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_type: Option<String>,
    /// The extension of a phone, if it is written behind the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<Personal>,
    /// The group of fields that are written into a found record only together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<FieldGroup>,
    /// How the CRM compares the value, if it searches: delivery asks the portal.
    #[serde(skip)]
    pub compare: CompareAs,
    /// The origin of the value.
    pub origin: Origin,
}

impl PlannedField {
    /// Returns the value as the CRM stores it. Bitrix24 compares phones without what follows a
    /// semicolon.
    pub fn written(&self) -> Cow<'_, str> {
        match &self.extension {
            Some(extension) => format!("{};{}", self.value.as_str(), extension.as_str()).into(),
            None => self.value.as_str().into(),
        }
    }

    /// The key by which this field finds, if it does; `entity` is `None` for a contact's field.
    /// An empty value finds nothing: the CRM would offer everybody without a value.
    pub fn search_key(&self, entity: Option<EntityKind>) -> Option<SearchKey> {
        if self.role == FieldRole::Fill || self.value.as_str().trim().is_empty() {
            return None;
        }
        Some(match &self.value {
            PlannedValue::Phone(phone) => SearchKey::Phone(phone.clone()),
            PlannedValue::Email(email) => SearchKey::Email(email.clone()),
            PlannedValue::Text(text)
            | PlannedValue::Member(text)
            | PlannedValue::Site(text)
            | PlannedValue::Messenger(text) => SearchKey::Field {
                entity,
                name: self.name.clone(),
                value: text.clone(),
            },
            // many people share a value of a list
            PlannedValue::Label(_) | PlannedValue::File(_) => return None,
        })
    }
}

/// A group of fields of which a found record gets all or none, such as the UTM marks of one visit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FieldGroup {
    /// Its name in the profile.
    pub name: String,
    /// The fields of the group for which the submission has no value.
    pub without_value: Vec<String>,
}

/// A flag in YAML, a word in code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldRole {
    /// The value finds an existing contact or record, and fills a new one.
    Search,
    /// The value only fills.
    Fill,
}

/// The value of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlannedValue {
    /// Text for a plain field: numbers, dates and codes are text here too, as the CRM reads them.
    Text(Personal),
    /// A number for the phone list.
    Phone(Phone),
    /// An address for the e-mail list.
    Email(Email),
    /// An address for the list of sites.
    Site(Personal),
    /// A name in a messenger, for the list of these.
    Messenger(Personal),
    /// One value of a custom field that holds a list; fields of the same name make the list.
    Member(Personal),
    /// A value of one of the portal's lists by its label, several with commas: delivery finds its
    /// id.
    Label(LabelValue),
    /// A file; fields of the same name make a list.
    File(PlannedFile),
}

/// A label, and what to do when the list does not have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelValue {
    /// A value from the packet.
    pub text: Personal,
    /// What to do if the list has no such value.
    pub unknown: UnknownLabel,
}

/// What to do if a list of the portal does not have a label. A list cannot store free text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownLabel {
    /// A person looks at it.
    #[default]
    Park,
    /// The field is left out, and the history says so.
    Skip,
    /// The value with this label is used instead.
    Default(String),
}

impl PlannedValue {
    /// The value as people read it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Site(text) | Self::Messenger(text) | Self::Member(text) => {
                text.as_str()
            }
            Self::Phone(phone) => phone.as_str(),
            Self::Email(email) => email.as_str(),
            Self::Label(label) => label.text.as_str(),
            Self::File(file) => file.name.as_str(),
        }
    }
}

/// What to do with a field of a found contact or record. Missing phones, addresses, sites and
/// messengers are always added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnUpdate {
    /// Keep the existing value.
    Keep,
    /// Replace it.
    Overwrite,
    /// Write it only if the field is empty.
    Fill,
    /// Append it to the existing text on a new line, unless the text already contains it. In a
    /// list, add the missing values.
    Append,
}

/// The origin of a value.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The rule as written in the profile: `Заказ №{{order_id}}`.
    pub rule: Arc<str>,
    /// The packet's values that went into it.
    pub sources: Vec<SourceValue>,
    /// Whether it is a guessed part of a name, which never replaces a value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_guessed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Origin {
    /// The place in the packet, when all of the value stands in one.
    pub fn place(&self) -> Option<String> {
        let [source] = self.sources.as_slice() else {
            return None;
        };
        source.path.as_ref().map(ToString::to_string)
    }
}

/// One declared field of a profile and where its value was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceValue {
    /// The field's name in the profile.
    pub field: Arc<str>,
    /// The place in the packet, as a normalised JSON path (`$['data']['phone']`); `None` when the
    /// value was a default.
    pub path: Option<Arc<str>>,
}

/// A comment for the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentPlan {
    /// The text, as text: nothing in it is markup.
    pub text: Personal,
    /// Its origin.
    pub origin: Origin,
}

/// A to-do that hangs on the lead or deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TodoPlan {
    /// The title; empty if the packet has no values for it.
    pub title: Personal,
    /// The description, as plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Personal>,
    /// Until when: counted from the receipt of the submission.
    pub deadline: Timestamp,
    /// For which records one is made.
    pub on: TodoOn,
    /// The origin of the title.
    pub origin: Origin,
}

/// For which records a to-do is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TodoOn {
    /// For one that this submission created.
    Create,
    /// For one that was found and brought up to date.
    Update,
    /// For either.
    #[default]
    Both,
}
