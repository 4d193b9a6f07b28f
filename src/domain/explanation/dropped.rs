//! Values of a packet that did not get into the CRM, as data: which field, from where, and why.

use serde::{Deserialize, Serialize};

use super::{
    CompanyExplanation, ContactExplanation, Explanation, FileExplanation, FileOutcome,
    MappingExplanation, Note, RecordExplanation, ValueKind,
};
use crate::domain::file::FileFault;
use crate::domain::{KeylessCompany, WithoutKey};

/// A value of the packet that was left out, without the value itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedValue {
    /// The profile's field or the CRM's: `fields.phone`, `deal.UF_CRM_CITY`.
    pub field: String,
    /// Its place in the packet as a normalised path; `None` if an older version did not store it,
    /// or if the value is made of several.
    pub place: Option<String>,
    /// Why.
    pub why: DroppedBecause,
}

/// Why a value was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DroppedBecause {
    /// It cannot be read as this.
    Unreadable(ValueKind),
    /// It is not in the field's `map`.
    NotInMap,
    /// It is not in the field's table.
    NotInTable,
    /// The list of the portal has no such value.
    NotInList,
    /// A row of goods has neither a name nor the id of a product.
    NoProductName,
    /// The packet has too many rows of goods, or the record too many product rows.
    TooManyRows,
    /// A field finds too many values.
    TooManyValues,
    /// It belongs to another contact that was found, too.
    OfOtherContact,
    /// It belongs to another company that was found, too.
    OfOtherCompany,
    /// The requisites of a found company lack it, and are not changed.
    RequisiteKept,
    /// No search field of the contact or company has a value, so there is none.
    WithoutKey,
    /// The file cannot be used.
    File(FileFault),
}

impl DroppedValue {
    /// Those of a reasoning, each once.
    pub fn all<'w>(steps: impl IntoIterator<Item = &'w Explanation>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for dropped in steps.into_iter().filter_map(Self::of) {
            if !all.contains(&dropped) {
                all.push(dropped);
            }
        }
        all
    }

    /// Returns the value that this explanation says is left out. Values that the profile keeps,
    /// replaces or excludes do not count.
    fn of(step: &Explanation) -> Option<Self> {
        let (field, place, why) = match step {
            Explanation::Contact(about) => return of_contact(about),
            Explanation::Company(about) => return of_company(about),
            Explanation::Mapping(note) => {
                let (place, why) = of_mapping(&note.what)?;
                (&note.about, place, why)
            }
            Explanation::UnknownLabel {
                field,
                instead: None,
                place,
            } => (field, place.clone(), DroppedBecause::NotInList),
            Explanation::UnknownLabels {
                field,
                instead: None,
                ..
            } => (field, None, DroppedBecause::NotInList),
            Explanation::Record {
                kind,
                about: RecordExplanation::ProductsNotRead(_),
            } => {
                return Some(Self {
                    field: format!("{}.products", kind.as_str()),
                    place: None,
                    why: DroppedBecause::TooManyRows,
                });
            }
            Explanation::File(FileExplanation {
                field,
                place,
                what: FileOutcome::LeftOut(fault),
            }) => (field, Some(place.clone()), DroppedBecause::File(*fault)),
            Explanation::File(_)
            | Explanation::Call(_)
            | Explanation::UnknownLabel {
                instead: Some(_), ..
            }
            | Explanation::UnknownLabels {
                instead: Some(_), ..
            }
            | Explanation::Record { .. }
            | Explanation::Responsible(_)
            | Explanation::UnknownField { .. }
            | Explanation::CutCharacters
            | Explanation::Kept(_)
            | Explanation::IncompleteGroup(_)
            | Explanation::Label(_) => return None,
        };
        Some(Self {
            field: field.clone(),
            place,
            why,
        })
    }
}

fn of_contact(about: &ContactExplanation) -> Option<DroppedValue> {
    let (field, place, why) = match about {
        ContactExplanation::BelongsToOther { field, place, .. } => (
            format!("contact.{field}"),
            place.clone(),
            DroppedBecause::OfOtherContact,
        ),
        ContactExplanation::WithoutKey(WithoutKey::SkipContact) => {
            ("contact".to_owned(), None, DroppedBecause::WithoutKey)
        }
        _ => return None,
    };
    Some(DroppedValue { field, place, why })
}

fn of_company(about: &CompanyExplanation) -> Option<DroppedValue> {
    let (field, place, why) = match about {
        CompanyExplanation::BelongsToOther { field, place, .. } => (
            format!("company.{field}"),
            place.clone(),
            DroppedBecause::OfOtherCompany,
        ),
        CompanyExplanation::RequisiteKept { field, place, .. } => (
            format!("company.{field}"),
            place.clone(),
            DroppedBecause::RequisiteKept,
        ),
        CompanyExplanation::WithoutKey(KeylessCompany::SkipCompany) => {
            ("company".to_owned(), None, DroppedBecause::WithoutKey)
        }
        _ => return None,
    };
    Some(DroppedValue { field, place, why })
}

/// An event since a plan was made, as far as it matters here.
#[derive(Debug)]
pub enum PlanEvent {
    /// A note on the mapping.
    Mapping(Note),
    /// An explanation of the delivery that may be about a left-out value.
    Delivery(Explanation),
    /// Any other explanation of the delivery.
    Other,
    /// A step of the plan is finished.
    StepFinished,
}

/// Collects the left-out values of a plan from the events since it was made. Each step of the plan
/// has attempts of its own: what a step left out is what its last attempt says.
#[derive(Debug, Default)]
pub struct LeftOutSince {
    /// The attempt that made the plan.
    planned: Option<u32>,
    /// Of the plan, and of its finished steps.
    finished: Vec<Explanation>,
    /// Of the unfinished step.
    open: Vec<Explanation>,
    open_attempt: u32,
}

impl LeftOutSince {
    /// Adds the next event.
    pub fn add(&mut self, attempt: u32, event: PlanEvent) {
        let planned = *self.planned.get_or_insert(attempt);
        let why = match event {
            // later notes explain why there is no other plan
            PlanEvent::Mapping(note) if attempt == planned => {
                self.finished.push(Explanation::Mapping(note));
                return;
            }
            PlanEvent::Mapping(_) => return,
            PlanEvent::StepFinished => {
                self.finished.append(&mut self.open);
                return;
            }
            PlanEvent::Delivery(why) => Some(why),
            PlanEvent::Other => None,
        };
        if attempt != self.open_attempt {
            self.open_attempt = attempt;
            self.open.clear();
        }
        self.open.extend(why);
    }

    /// Returns the values, each once.
    pub fn all(&self) -> Vec<DroppedValue> {
        DroppedValue::all(self.finished.iter().chain(&self.open))
    }
}

fn of_mapping(what: &MappingExplanation) -> Option<(Option<String>, DroppedBecause)> {
    match what {
        MappingExplanation::Unreadable { wanted, place } => {
            Some((Some(place.clone()), DroppedBecause::Unreadable(*wanted)))
        }
        MappingExplanation::LeftOut { wanted, place } => {
            Some((place.clone(), DroppedBecause::Unreadable(*wanted)))
        }
        MappingExplanation::NoProductName { place } => {
            Some((Some(place.clone()), DroppedBecause::NoProductName))
        }
        MappingExplanation::TooManyRows { place, .. } => {
            Some((Some(place.clone()), DroppedBecause::TooManyRows))
        }
        MappingExplanation::FileLeftOut { place, why } => {
            Some((Some(place.clone()), DroppedBecause::File(*why)))
        }
        MappingExplanation::TooManyValues { place, .. } => {
            Some((Some(place.clone()), DroppedBecause::TooManyValues))
        }
        MappingExplanation::NotInMap {
            place,
            is_filled: false,
        } => Some((Some(place.clone()), DroppedBecause::NotInMap)),
        MappingExplanation::NotInTable {
            place,
            is_filled: false,
        } => Some((Some(place.clone()), DroppedBecause::NotInTable)),
        MappingExplanation::NotInMap {
            is_filled: true, ..
        }
        | MappingExplanation::NotInTable {
            is_filled: true, ..
        }
        | MappingExplanation::InsideText { .. }
        | MappingExplanation::LoopCut { .. }
        | MappingExplanation::FieldUnwanted
        | MappingExplanation::BlockUnwanted
        | MappingExplanation::NoPerson
        | MappingExplanation::NoCompany
        | MappingExplanation::TextBeside { .. }
        | MappingExplanation::UnlistedPhone { .. }
        | MappingExplanation::OtherCurrency { .. }
        | MappingExplanation::Chose { .. }
        | MappingExplanation::ChoseDefault { .. }
        | MappingExplanation::ChoseNothing { .. }
        | MappingExplanation::NoValue
        | MappingExplanation::NotReadAs { .. }
        | MappingExplanation::NotKnown
        | MappingExplanation::TemplateFailed
        | MappingExplanation::TooCostly { .. }
        | MappingExplanation::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(what: MappingExplanation) -> Explanation {
        Explanation::Mapping(Note {
            about: "fields.day".into(),
            what,
        })
    }

    #[test]
    fn what_was_left_out_is_dropped_and_what_was_kept_replaced_or_unwanted_is_not() {
        let place = || "$['data']['day']".to_owned();
        let wanted = ValueKind::Date;
        let label = |instead: Option<&str>| Explanation::UnknownLabel {
            field: "deal.UF_CRM_CITY".into(),
            instead: instead.map(str::to_owned),
            place: Some(place()),
        };
        let map = |is_filled| MappingExplanation::NotInMap {
            place: place(),
            is_filled,
        };
        let table = |is_filled| MappingExplanation::NotInTable {
            place: place(),
            is_filled,
        };
        let left_out = MappingExplanation::LeftOut {
            wanted,
            place: None,
        };
        let unreadable = MappingExplanation::Unreadable {
            wanted,
            place: place(),
        };
        for why in [
            note(unreadable),
            note(left_out),
            note(map(false)),
            note(table(false)),
            label(None),
        ] {
            let dropped = DroppedValue::all([&why, &why]);
            assert_eq!(dropped.len(), 1, "{why:?}");
            let json = serde_json::to_string(&dropped).unwrap();
            let again: Vec<DroppedValue> = serde_json::from_str(&json).unwrap();
            assert_eq!(again, dropped, "{json}");
        }
        for why in [
            note(map(true)),
            note(table(true)),
            note(MappingExplanation::FieldUnwanted),
            note(MappingExplanation::BlockUnwanted),
            note(MappingExplanation::NoPerson),
            note(MappingExplanation::UnlistedPhone { place: None }),
            note(MappingExplanation::NoValue),
            note(MappingExplanation::NotReadAs { wanted }),
            note(MappingExplanation::NotKnown),
            note(MappingExplanation::TemplateFailed),
            note(MappingExplanation::Text("left out".into())),
            label(Some("Другой")),
        ] {
            assert_eq!(DroppedValue::all([&why]), [], "{why:?}");
        }
    }

    /// Creates an event from `attempt:kind field`.
    fn event(text: &str) -> (u32, PlanEvent) {
        let (attempt, rest) = text.split_once(':').unwrap();
        let (kind, field) = rest.split_once(' ').unwrap_or((rest, ""));
        let event = match kind {
            "mapping" => PlanEvent::Mapping(Note {
                about: field.to_owned(),
                what: MappingExplanation::NotInMap {
                    place: "$['a']".to_owned(),
                    is_filled: false,
                },
            }),
            "label" => PlanEvent::Delivery(Explanation::UnknownLabel {
                field: field.to_owned(),
                instead: None,
                place: None,
            }),
            "finished" => PlanEvent::StepFinished,
            _ => PlanEvent::Other,
        };
        (attempt.parse().unwrap(), event)
    }

    #[test]
    fn a_later_attempt_replaces_what_the_same_step_left_out_before() {
        for (events, expected) in [
            // one step
            (&["1:mapping a", "1:label b", "1:other"][..], "a b"),
            // the second step is tried twice
            (
                &[
                    "1:mapping a",
                    "1:finished",
                    "2:label b",
                    "3:other",
                    "3:label c",
                ],
                "a c",
            ),
            // the last attempt at the second step leaves out nothing
            (
                &[
                    "1:mapping a",
                    "1:finished",
                    "2:label b",
                    "3:other",
                    "3:finished",
                ],
                "a",
            ),
            // a third step explains nothing
            (
                &["1:finished", "2:label b", "2:finished", "4:finished"],
                "b",
            ),
            // the first step keeps its values
            (
                &["1:label a", "1:finished", "2:label b", "2:finished"],
                "a b",
            ),
            // today's profile makes no other plan
            (&["1:mapping a", "1:label b", "2:mapping c"], "a b"),
        ] {
            let mut since = LeftOutSince::default();
            for (attempt, event) in events.iter().map(|text| event(text)) {
                since.add(attempt, event);
            }
            let fields: Vec<String> = since.all().into_iter().map(|value| value.field).collect();
            assert_eq!(fields.join(" "), expected, "{events:?}");
        }
    }

    #[test]
    fn steps_of_earlier_editions_are_read() {
        let old = r#"{"mapping":{"about":"fields.city","not_in_map":{"place":"$['city']"}}}"#;
        let map: Explanation = serde_json::from_str(old).unwrap();
        let old = r#"{"mapping":{"about":"contact.fields.PHONE","left_out":{"wanted":"phone"}}}"#;
        let phone: Explanation = serde_json::from_str(old).unwrap();
        let old = r#"{"unknown_label":{"field":"deal.UF_CRM_CITY","instead":null}}"#;
        let label: Explanation = serde_json::from_str(old).unwrap();
        let dropped = DroppedValue::all([&map, &phone, &label]);
        let places: Vec<_> = dropped.iter().map(|one| one.place.as_deref()).collect();
        assert_eq!(places, [Some("$['city']"), None, None]);
    }
}
