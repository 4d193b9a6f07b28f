//! Why a submission became what it became: a closed list, stored in the journal as data and told in
//! Russian or English. In here are ids, stages and names of fields, never what somebody typed, but
//! for a label that a list lacks.

mod dropped;
mod english;
mod label;
mod mapping;
mod russian;

use serde::{Deserialize, Serialize};

pub use self::dropped::{DroppedBecause, DroppedValue};
pub use self::label::LabelExplanation;
pub use self::mapping::{MappingExplanation, ValueKind};
use super::{Closed, ContactId, EntityKind, Lang, Note, RecordId, Several, UserId};
use crate::domain::Bilingual;

/// One step of the reasoning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Explanation {
    /// About what the profile did not use of the packet.
    Mapping(Note),
    /// About the contact.
    Contact(ContactExplanation),
    /// About the record.
    Record {
        /// Lead, deal, or item.
        kind: EntityKind,
        /// What.
        about: RecordExplanation,
    },
    /// About who becomes responsible for what is created.
    Responsible(ResponsibleExplanation),
    /// A list of the portal has no value with the label that the packet has.
    UnknownLabel {
        /// The list: `deal.UF_CRM_CITY`.
        field: String,
        /// The label that the profile names for this case; without one the field is left out.
        instead: Option<String>,
        /// Where the packet has the label, when it is one value.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// The portal does not have a field by which the profile searches.
    UnknownField {
        /// The field: `deal.UF_CRM_ORDER_ID`.
        field: String,
        /// The profile's file without its ending.
        profile: String,
    },
    /// Nothing can be done with a label before a person has looked.
    Label(LabelExplanation),
    /// Characters of the body were cut in two and are read as U+FFFD.
    CutCharacters,
}

/// A step about the contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactExplanation {
    /// The packet has nothing for a contact.
    Unnamed,
    /// It is what an earlier attempt of the same submission created.
    Own(ContactId),
    /// It is the one that an earlier attempt of the same submission went to.
    Earlier(ContactId),
    /// One was found.
    Found {
        /// Which: the first of those that are used.
        id: ContactId,
        /// The fields that agree.
        by: Vec<String>,
        /// All that agree, oldest first, the one that is used among them.
        among: Vec<ContactId>,
        /// How the one was chosen.
        several: Several,
    },
    /// More contacts share the phone or address than the portal names; those beyond were looked for
    /// by the text as it is stored.
    NotAllNamed,
    /// The portal offered these, and their own data do not agree.
    Strangers(Vec<ContactId>),
    /// None agrees, so one is created.
    NotFound {
        /// By which fields one was searched; none: there was nothing to search by.
        by: Vec<String>,
    },
    /// No contact was found, so it is the main one of a record that is there.
    OfRecord {
        /// Which.
        id: ContactId,
        /// Lead, deal, or item.
        kind: EntityKind,
        /// Whose contact it is.
        record: RecordId,
        /// By which fields one was searched; none: there was nothing to search by.
        by: Vec<String>,
    },
    /// There was nothing to search by, and the record that is there has no contact: none is
    /// created.
    NoneOfRecord {
        /// Lead, deal, or item.
        kind: EntityKind,
        /// Which.
        record: RecordId,
    },
    /// A found one gets these fields.
    Gets {
        /// Which.
        id: ContactId,
        /// Their names.
        fields: Vec<String>,
    },
    /// One was created.
    Created(ContactId),
}

/// A step about the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordExplanation {
    /// It is what an earlier attempt of the same submission created.
    Own(RecordId),
    /// It is the one that an earlier attempt of the same submission went to.
    Earlier(RecordId),
    /// One was found by its own flagged field.
    ByField {
        /// Which.
        id: RecordId,
        /// The fields that agree.
        by: Vec<String>,
        /// Its stage.
        stage: String,
        /// How many were found so; an open one goes before a closed one, then the newest.
        of: usize,
    },
    /// One was found because it is the contact's and open.
    OfContact {
        /// Which: the newest.
        id: RecordId,
        /// The stages of all that were found, oldest first.
        stages: Vec<String>,
    },
    /// Open ones of the contact are about something else: another value stands in a flagged field.
    OtherMatter(Vec<RecordId>),
    /// Open ones of the contact stand in another pipeline than the one that the profile works in.
    OtherPipeline(Vec<RecordId>),
    /// What was found by its own field is open no more.
    Closed {
        /// Which.
        id: RecordId,
        /// What the profile says about it.
        rule: Closed,
    },
    /// It is left alone, because the profile says so.
    Ignored(RecordId),
    /// One is created every time.
    Always,
    /// None was found, so one is created.
    NotFound,
    /// The stage is left, because the profile moves nothing.
    StageLeft,
    /// It stands in that stage already.
    StageThere(String),
    /// It stands in another pipeline than this stage, so it is not moved there.
    StageElsewhere(String),
    /// It is moved.
    Moved {
        /// From this stage.
        from: String,
        /// To that one.
        to: String,
    },
    /// A found one gets these fields.
    Gets {
        /// Which.
        id: RecordId,
        /// Their names.
        fields: Vec<String>,
    },
    /// A found one has all of it already.
    NothingNew(RecordId),
    /// The contact is bound to a found one that was not his.
    Bound(RecordId),
    /// One was created.
    Created(RecordId),
    /// More share a value or a contact than are read: the newest were read.
    NotAllRead,
    /// The comment is in its timeline already.
    CommentThere,
    /// The to-do is there already.
    TodoThere,
}

/// A step about who is responsible.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponsibleExplanation {
    /// The profile names this employee.
    Named(UserId),
    /// This one is responsible for the contact already.
    OwnsContact(UserId),
    /// It is the turn of this one.
    Turn {
        /// Who.
        user: UserId,
        /// The number of the turn, counted from 1.
        number: u64,
        /// How many take turns.
        of: usize,
    },
    /// Nobody whom the profile names can be found, so the owner of the webhook is.
    Nobody,
}

impl Explanation {
    /// The words of a verdict, which are kept in English, in this language: as far as they are
    /// those of one of its steps, or of all.
    pub fn retell(steps: &[&Self], words: &str, lang: Lang) -> Option<String> {
        let all = |lang| -> Vec<String> { steps.iter().map(|step| step.to_text(lang)).collect() };
        if all(Lang::En).join("; ") == words {
            return Some(all(lang).join("; "));
        }
        let same = steps.iter().find(|step| step.to_text(Lang::En) == words);
        same.map(|step| step.to_text(lang))
    }

    /// The step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Mapping(note), lang) => note.to_text(lang),
            (Self::Contact(about), Lang::En) => english::contact(about),
            (Self::Contact(about), Lang::Ru) => russian::contact(about),
            (Self::Record { kind, about }, Lang::En) => english::record(*kind, about),
            (Self::Record { kind, about }, Lang::Ru) => russian::record(*kind, about),
            (Self::Label(about), lang) => about.to_text(lang),
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
                    format!("the list {field} has no such value: «{label}» takes its place")
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

/// A smart process may have no stages.
fn shown(stage: &str) -> &str {
    if stage.is_empty() { "–" } else { stage }
}

#[cfg(test)]
mod tests;
