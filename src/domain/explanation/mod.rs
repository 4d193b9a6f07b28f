//! Explains the outcome of a submission, point by point. The list of points is closed; the journal
//! stores them as data and shows them in Russian or English. A point holds ids, stages and names of
//! fields, never text that somebody typed, except a label that is missing in a list.

mod call;
mod company;
mod conflict;
mod dropped;
mod english;
mod file;
mod kept;
mod label;
mod links;
mod mapping;
mod passed_over;
mod russian;

use serde::{Deserialize, Serialize};

pub use self::call::{CallExplanation, NotInTelephony};
pub use self::company::CompanyExplanation;
pub use self::conflict::{FoundByKey, NotMergedBecause};
pub use self::dropped::{DroppedBecause, DroppedValue, LeftOutSince, PlanEvent};
pub use self::file::{FileExplanation, FileOutcome};
pub use self::kept::{FoundOne, IncompleteGroup, KeptBecause, KeptFields, SearchedKind};
pub use self::label::LabelExplanation;
pub use self::mapping::{MappingExplanation, NoRow, ValueKind};
use super::{
    Closed, Conflict, ContactId, Email, EntityKind, Lang, Note, RecordId, Several, TodoOn, UserId,
    WithoutKey,
};
use crate::domain::{Bilingual, Personal, bilingual};

/// One step of the reasoning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Explanation {
    /// About values of the packet that the profile did not use.
    Mapping(Note),
    /// About the contact.
    Contact(ContactExplanation),
    /// About the company.
    Company(CompanyExplanation),
    /// About the record.
    Record {
        /// Lead, deal, or item.
        kind: EntityKind,
        /// The step.
        about: RecordExplanation,
    },
    /// Fields of a found contact, company or record are not changed.
    Kept(KeptFields),
    /// A group of search fields finds nothing, because the submission lacks a value.
    IncompleteGroup(IncompleteGroup),
    /// About the employee who becomes responsible.
    Responsible(ResponsibleExplanation),
    /// A list of the portal has no value with the packet's label.
    UnknownLabel {
        /// The list: `deal.UF_CRM_CITY`.
        field: String,
        /// The profile's label for this case; without one the field is left out.
        instead: Option<String>,
        /// The place of the label in the packet, if it is a single value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// A list of the portal with several values lacks some of the packet's labels; the others are
    /// written.
    UnknownLabels {
        /// The list: `deal.UF_CRM_TOPICS`.
        field: String,
        /// The labels that it lacks.
        labels: Vec<Personal>,
        /// The profile's label for this case; without one they are left out.
        instead: Option<String>,
    },
    /// The portal does not have a field by which the profile searches.
    UnknownField {
        /// The field: `deal.UF_CRM_ORDER_ID`.
        field: String,
        /// The profile's file without its ending.
        profile: String,
    },
    /// A label needs a person's decision.
    Label(LabelExplanation),
    /// About a file.
    File(FileExplanation),
    /// About a call of a PBX, or its recording.
    Call(CallExplanation),
    /// The body has halves of characters, which are read as U+FFFD.
    CutCharacters,
}

/// A step about the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactExplanation {
    /// The packet has nothing for a contact.
    Unnamed,
    /// An earlier attempt of the same submission created it.
    Own(ContactId),
    /// An earlier attempt of the same submission updated it.
    Earlier(ContactId),
    /// One was found.
    Found {
        /// Its id: the first of those that are used.
        id: ContactId,
        /// The fields that match.
        by: Vec<String>,
        /// All that match, oldest first, including the one that is used.
        among: Vec<ContactId>,
        /// The rule by which it was chosen.
        several: Several,
    },
    /// More contacts share the phone or address than the portal names; the others were searched for
    /// by the stored text.
    NotAllNamed,
    /// The portal offered these, but their own data do not match.
    Strangers(Vec<ContactId>),
    /// None matches, so one is created.
    NotFound {
        /// The fields of the search; empty if there was nothing to search by.
        by: Vec<String>,
    },
    /// No contact was found, so the main contact of an existing record is used.
    OfRecord {
        /// Its id.
        id: ContactId,
        /// Lead, deal, or item.
        kind: EntityKind,
        /// The record.
        record: RecordId,
        /// The fields of the search; empty if there was nothing to search by.
        by: Vec<String>,
    },
    /// The main contact of an existing record is not used: it is another person.
    NotOfRecord {
        /// Its id.
        id: ContactId,
        /// Lead, deal, or item.
        kind: EntityKind,
        /// The record.
        record: RecordId,
        /// The fields in which it has other values.
        differs: Vec<String>,
    },
    /// There was nothing to search by, and the existing record has no contact: none is created.
    NoneOfRecord {
        /// Lead, deal, or item.
        kind: EntityKind,
        /// Its id.
        record: RecordId,
    },
    /// These fields of a found one are updated.
    Gets {
        /// Its id.
        id: ContactId,
        /// The names of the fields.
        fields: Vec<String>,
    },
    /// The search keys find different contacts.
    KeysDisagree {
        /// What each key finds, in the order of the profile.
        found: Vec<FoundByKey>,
        /// The one that is used; `None` if a person decides.
        used: Option<ContactId>,
        /// The profile's rule for it.
        rule: Conflict,
    },
    /// A value is not added to the contact, because another found contact has it.
    BelongsToOther {
        /// The contact that is used.
        id: ContactId,
        /// The CRM field.
        field: String,
        /// The contact that has the value.
        other: ContactId,
        /// The place of the value in the packet, if it is a single one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// The CRM has merged contacts.
    Merged {
        /// The one that is left.
        into: ContactId,
        /// Those that are gone.
        others: Vec<ContactId>,
    },
    /// The CRM has not merged them.
    NotMerged {
        /// The contacts, the one that was to be left first.
        ids: Vec<ContactId>,
        /// Why.
        why: NotMergedBecause,
    },
    /// No search field has a value, and the profile says what to do then.
    WithoutKey(WithoutKey),
    /// One was created.
    Created(ContactId),
}

/// A step about the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordExplanation {
    /// An earlier attempt of the same submission created it.
    Own(RecordId),
    /// An earlier attempt of the same submission updated it.
    Earlier(RecordId),
    /// One was found by its own search field.
    ByField {
        /// Its id.
        id: RecordId,
        /// The fields that match.
        by: Vec<String>,
        /// Its stage.
        stage: String,
        /// How many were found; an open one precedes a closed one, then the newest counts.
        of: usize,
    },
    /// An open record of the contact was found.
    OfContact {
        /// Its id: the newest of those whose main contact it is, or else the newest.
        id: RecordId,
        /// The stages of all found records, oldest first.
        stages: Vec<String>,
        /// Newer ones, whose main contact is somebody else.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        newer: Vec<RecordId>,
    },
    /// Open records of the contact have another value in a search field.
    OtherMatter(Vec<RecordId>),
    /// Open records of the contact are in another pipeline than the profile's.
    OtherPipeline(Vec<RecordId>),
    /// A record found by its own search field is in a stage that does not count as open, but is not
    /// closed.
    OutsideAmong {
        /// Its id.
        id: RecordId,
        /// Its stage.
        stage: String,
        /// The profile's rule for it.
        rule: Closed,
    },
    /// Records of the contact are in stages that do not count as open: the newest ones.
    OutsideOfContact(Vec<RecordId>),
    /// Records of the contact are closed: the newest ones.
    ClosedOfContact(Vec<RecordId>),
    /// A record found by its own search field is closed.
    Closed {
        /// Its id.
        id: RecordId,
        /// The profile's rule for it.
        rule: Closed,
    },
    /// It is not changed, because the profile says so.
    Ignored(RecordId),
    /// One is created every time.
    Always,
    /// None was found, so one is created.
    NotFound,
    /// The stage is not changed, because the profile moves nothing.
    StageLeft,
    /// It is already in that stage.
    StageThere(String),
    /// It is in another pipeline than this stage, so it is not moved.
    StageElsewhere(String),
    /// It is moved.
    Moved {
        /// From this stage.
        from: String,
        /// To this stage.
        to: String,
    },
    /// These fields of a found one are updated.
    Gets {
        /// Its id.
        id: RecordId,
        /// The names of the fields.
        fields: Vec<String>,
    },
    /// A group of fields is not filled, because a found one has values in it.
    GroupKept {
        /// Its id.
        id: RecordId,
        /// The group's name in the profile.
        group: String,
    },
    /// A found one already has all the values.
    NothingNew(RecordId),
    /// The contact, which is created, is linked to a found record.
    Bound(RecordId),
    /// An existing contact is linked to a found record.
    Linked {
        /// The record.
        id: RecordId,
        /// The contact.
        contact: ContactId,
    },
    /// The contact is not linked to a found record, because the record is left as it is.
    NotBound(RecordId),
    /// One was created.
    Created(RecordId),
    /// This number of product rows is written.
    Products(usize),
    /// Its product rows are the same already.
    ProductsThere,
    /// Its product rows are kept, because the profile says so.
    ProductsKept,
    /// Its product rows are kept, because it has at least this number, too many to read.
    ProductsNotRead(usize),
    /// More records share a value or a contact than are read: only the newest were read.
    NotAllRead,
    /// The comment is already in its timeline.
    CommentThere,
    /// A comment is added to its timeline, with this number of files.
    Comment(usize),
    /// This number of files is added to its timeline, without a text.
    TimelineFiles(usize),
    /// The to-do already exists.
    TodoThere,
    /// A to-do is added for this employee; `None` for the webhook's owner.
    Todo(Option<UserId>),
    /// No to-do is added: the profile wants it only for records that are created, or found.
    TodoNotFor(TodoOn),
    /// Neither a comment nor a to-do is added, because the record is left as it is.
    NothingAdded,
}

/// A step about the responsible employee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponsibleExplanation {
    /// The profile names this employee.
    Named(UserId),
    /// This employee is already responsible for the contact.
    OwnsContact(UserId),
    /// It is this employee's turn.
    Turn {
        /// The employee.
        user: UserId,
        /// The number of the turn, counted from 1.
        number: u64,
        /// How many employees take turns.
        of: usize,
    },
    /// None of the profile's employees was found, so the webhook's owner is responsible.
    Nobody,
    /// The profile names these addresses first, but no active employee has them.
    Skipped(Vec<Email>),
}

impl Explanation {
    /// Translates the stored English words of a verdict, if they are the words of one of its steps
    /// or of all its steps.
    pub fn retell(steps: &[&Self], words: &str, lang: Lang) -> Option<String> {
        let all = |lang| -> Vec<String> { steps.iter().map(|step| step.to_text(lang)).collect() };
        if all(Lang::En).join("; ") == words {
            return Some(all(lang).join("; "));
        }
        let same = steps.iter().find(|step| step.to_text(Lang::En) == words);
        same.map(|step| step.to_text(lang))
    }

    /// Returns the step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Mapping(note), lang) => note.to_text(lang),
            (Self::Contact(about), Lang::En) => english::contact(about),
            (Self::Contact(about), Lang::Ru) => russian::contact(about),
            (Self::Company(about), lang) => about.to_text(lang),
            (Self::Record { kind, about }, Lang::En) => english::record(*kind, about),
            (Self::Record { kind, about }, Lang::Ru) => russian::record(*kind, about),
            (Self::Kept(about), lang) => about.to_text(lang),
            (Self::IncompleteGroup(about), lang) => about.to_text(lang),
            (Self::Label(about), lang) => about.to_text(lang),
            (Self::File(about), lang) => about.to_text(lang),
            (Self::Call(about), lang) => about.to_text(lang),
            (Self::CutCharacters, lang) => Bilingual::new(
                "the body has cut characters (half of a UTF-16 pair): they are read as U+FFFD, \
                     the bytes are kept as they came",
                "в теле есть обрезанные символы (половина пары UTF-16): они прочитаны как U+FFFD, \
                     байты сохранены как пришли",
            )
            .pick(lang)
            .to_owned(),
            (Self::Responsible(about), Lang::En) => english::responsible(about),
            (Self::Responsible(about), Lang::Ru) => russian::responsible(about),
            (Self::UnknownLabel { field, instead, .. }, Lang::En) => match instead {
                Some(label) => {
                    format!("the list {field} has no such value: «{label}» is used instead")
                }
                None => format!("the list {field} has no such value: left out (unknown: skip)"),
            },
            (Self::UnknownLabel { field, instead, .. }, Lang::Ru) => match instead {
                Some(label) => {
                    format!("в списке {field} нет такого значения: вместо него «{label}»")
                }
                None => {
                    format!("в списке {field} нет такого значения: поле пропущено (unknown: skip)")
                }
            },
            (
                Self::UnknownLabels {
                    field,
                    labels,
                    instead,
                },
                _,
            ) => unknown_labels(
                (field.as_str(), labels.as_slice()),
                instead.as_deref(),
                lang,
            ),
            (Self::UnknownField { field, profile }, Lang::En) => format!(
                "the portal has no field {field}, by which the profile {profile} searches: nothing is \
                 created, because each repeat would create a duplicate; fix the profile or add the field to \
                 the portal, then run `leadgate replay`"
            ),
            (Self::UnknownField { field, profile }, Lang::Ru) => format!(
                "на портале нет поля {field}, по которому ищет профиль {profile}: ничего не создаём, \
                 иначе каждый повтор станет дублем; исправьте профиль или добавьте поле на портал, затем \
                 выполните `leadgate replay`"
            ),
        }
    }
}

fn list<T: ToString>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    items.join(", ")
}

/// The most ids that a sentence lists.
const MOST_LISTED: usize = 10;

/// Returns the first ids of a list, and how many more there are.
fn some<T: ToString>(ids: &[T], lang: Lang) -> String {
    let (first, rest) = ids.split_at(ids.len().min(MOST_LISTED));
    let (first, rest) = (list(first), rest.len());
    if rest == 0 {
        return first;
    }
    bilingual!("{first} and {rest} more", "{first} и ещё {rest}").pick(lang)
}

/// A smart process may have no stages.
fn shown(stage: &str) -> &str {
    if stage.is_empty() { "–" } else { stage }
}

fn unknown_labels(
    (field, labels): (&str, &[Personal]),
    instead: Option<&str>,
    lang: Lang,
) -> String {
    let labels: Vec<String> = labels
        .iter()
        .map(|label| format!("«{}»", label.as_str()))
        .collect();
    let labels = labels.join(", ");
    match (lang, instead) {
        (Lang::En, Some(other)) => {
            format!("the list {field} has no value {labels}: «{other}» is used instead")
        }
        (Lang::En, None) => {
            format!("the list {field} has no value {labels}: left out (unknown: skip)")
        }
        (Lang::Ru, Some(other)) => {
            format!("в списке {field} нет значений {labels}: вместо них «{other}»")
        }
        (Lang::Ru, None) => {
            format!("в списке {field} нет значений {labels}: пропущены (unknown: skip)")
        }
    }
}

#[cfg(test)]
mod tests;
