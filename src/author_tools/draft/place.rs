//! One value of a packet that a person picked: the paths that lead to it, and the field that it may
//! become.

use serde::Deserialize;
use serde_json::Value;

use super::codes::{self, Role};
use super::declare::{field_name, form_of, name};
use super::labelled;
use super::observe::{Observations, step};
use crate::mapping::packet::Packet;
use crate::mapping::path::Path;

/// Paths show at most this many of their values.
const MOST_VALUES: usize = 5;

/// A step from the packet to a value: a key, or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum PlaceStep {
    /// A place in a list, from 0.
    Index(usize),
    /// A key.
    Key(String),
}

/// How a path chooses among the rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathKind {
    /// There is no list.
    Only,
    /// The row with this label: the member and its value.
    Labelled(String, String),
    /// The row at this place, from 1.
    Numbered(usize),
    /// All rows.
    All,
}

/// A path to a value, and what it finds in the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChoice {
    /// How it chooses among rows.
    pub kind: PathKind,
    /// The path as a profile writes it.
    pub path: String,
    /// The values that it finds.
    pub finds: Vec<String>,
}

/// What a value may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldGuess {
    /// A name for the field.
    pub name: String,
    /// Its normaliser; `None` for text.
    pub form: Option<&'static str>,
    /// The fields of the CRM that it usually fills.
    pub targets: Vec<GuessedTarget>,
}

/// A field of the CRM to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuessedTarget {
    /// Whether it is a field of the contact, and not of the deal or lead.
    pub of_contact: bool,
    /// The field.
    pub field: &'static str,
    /// The part of the declared field, such as `first` of a name.
    pub part: Option<&'static str>,
    /// Whether it finds known contacts.
    pub search: bool,
}

/// Returns the paths that lead to a value of a packet, the most lasting first. Each finds the value;
/// none if the packet has nothing there.
pub fn paths(packet: &Value, at: &[PlaceStep]) -> Vec<PathChoice> {
    let Some(route) = Route::of(packet, at) else {
        return Vec::new();
    };
    let mut choices = Vec::new();
    if let Some((index, label)) = route.list {
        if let Some((member, text)) = label {
            choices.push((PathKind::Labelled(member, text), route.labelled));
        }
        choices.push((PathKind::Numbered(index + 1), route.numbered));
        choices.push((PathKind::All, route.all));
    } else {
        choices.push((PathKind::Only, route.numbered));
    }
    let with_values = choices.into_iter().filter_map(|(kind, path)| {
        let finds = found(&path, packet)?;
        Some(PathChoice { kind, path, finds })
    });
    with_values.collect()
}

/// Guesses what a value may become, by its key and its look.
pub fn guess(packet: &Value, at: &[PlaceStep]) -> Option<FieldGuess> {
    let route = Route::of(packet, at)?;
    let keys: Vec<&str> = route.keys.iter().map(String::as_str).collect();
    let observed = Observations::of_value(route.value, &route.numbered, &keys);
    let seen = observed.seen().next()?;
    Some(match codes::role(seen) {
        Some(role) => FieldGuess {
            name: name(role).to_owned(),
            form: form_of(role),
            targets: targets(role),
        },
        None => FieldGuess {
            name: field_name(seen),
            form: codes::form(seen),
            targets: Vec::new(),
        },
    })
}

fn targets(role: Role) -> Vec<GuessedTarget> {
    let of = |of_contact, field, part| GuessedTarget {
        of_contact,
        field,
        part,
        search: matches!(role, Role::Phone | Role::Email),
    };
    let contact = |field| vec![of(true, field, None)];
    let record = |field| vec![of(false, field, None)];
    match role {
        Role::FullName => vec![
            of(true, "NAME", Some("first")),
            of(true, "LAST_NAME", Some("last")),
            of(true, "SECOND_NAME", Some("second")),
        ],
        Role::FirstName => contact("NAME"),
        Role::LastName => contact("LAST_NAME"),
        Role::SecondName => contact("SECOND_NAME"),
        Role::Phone => contact("PHONE"),
        Role::Email => contact("EMAIL"),
        Role::Birthdate => contact("BIRTHDATE"),
        Role::Position => contact("POST"),
        Role::City => contact("ADDRESS_CITY"),
        Role::Amount => record("OPPORTUNITY"),
        Role::Comment => record("COMMENTS"),
        Role::Page => record("SOURCE_DESCRIPTION"),
        Role::UtmSource => record("UTM_SOURCE"),
        Role::UtmMedium => record("UTM_MEDIUM"),
        Role::UtmCampaign => record("UTM_CAMPAIGN"),
        Role::UtmContent => record("UTM_CONTENT"),
        Role::UtmTerm => record("UTM_TERM"),
        // these need a field of the portal, a kind of messenger or a company
        Role::Telegram
        | Role::Vk
        | Role::Skype
        | Role::Instagram
        | Role::Company
        | Role::Inn
        | Role::OrderId => Vec::new(),
    }
}

/// The way to a value.
struct Route<'v> {
    value: &'v Value,
    /// The keys on the way; a labelled row counts by its label, without the key of its value.
    keys: Vec<String>,
    /// The last list on the way: the place in it, and the label of that row.
    list: Option<(usize, Option<(String, String)>)>,
    /// The path by the row's label, by its place, and of all rows.
    labelled: String,
    numbered: String,
    all: String,
}

impl<'v> Route<'v> {
    fn of(packet: &'v Value, at: &[PlaceStep]) -> Option<Self> {
        let root = || "$".to_owned();
        let mut route = Self {
            value: packet,
            keys: Vec::new(),
            list: None,
            labelled: root(),
            numbered: root(),
            all: root(),
        };
        let mut label_member = None;
        for part in at {
            match (part, route.value) {
                (PlaceStep::Key(key), Value::Object(members)) => {
                    route.value = members.get(key)?;
                    route.add(&step(key));
                    // the value of a labelled row is known by its label
                    let label: Option<String> = label_member.take();
                    if label.is_none_or(|member| member == *key) {
                        route.keys.push(key.clone());
                    }
                }
                (PlaceStep::Index(index), Value::Array(items)) => {
                    route.value = items.get(*index)?;
                    label_member = route.enter(items, *index);
                }
                _ => return None,
            }
        }
        Some(route)
    }

    fn add(&mut self, step: &str) {
        self.labelled += step;
        self.numbered += step;
        self.all += step;
    }

    /// Enters a row of a list; returns the member that is its label. Outer lists keep the surest way.
    fn enter(&mut self, items: &[Value], index: usize) -> Option<String> {
        let row = labelled::rows(items).and_then(|rows| rows.into_iter().nth(index));
        let label = row.and_then(|row| {
            let (filter, _) = row.path.rsplit_once("].")?;
            let (member, _) = filter.strip_prefix("[?@.")?.split_once(" == ")?;
            Some((
                format!("{filter}]"),
                member.to_owned(),
                row.label.to_owned(),
            ))
        });
        let outer = match &self.list {
            Some((_, Some(_))) => self.labelled.clone(),
            Some(_) | None => self.numbered.clone(),
        };
        self.numbered = format!("{outer}[{index}]");
        self.all = format!("{outer}[*]");
        let Some((filter, member, text)) = label else {
            self.labelled = self.numbered.clone();
            self.list = Some((index, None));
            return None;
        };
        self.labelled = format!("{outer}{filter}");
        self.keys.push(text.clone());
        self.list = Some((index, Some((member.clone(), text))));
        Some(member)
    }
}

/// Returns the values at a path; `None` if there are none.
fn found(path: &str, packet: &Value) -> Option<Vec<String>> {
    let path = Path::parse(path).ok()?;
    let packet = Packet::new(packet);
    let found = path.find_first(&packet, MOST_VALUES);
    let texts = found.iter().map(|found| match found.value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then_some(texts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(steps: &Value) -> Vec<PlaceStep> {
        serde_json::from_value(steps.clone()).unwrap()
    }

    fn paths_of(packet: &Value, steps: &Value) -> Vec<String> {
        let choices = paths(packet, &at(steps));
        choices.into_iter().map(|choice| choice.path).collect()
    }

    #[test]
    fn a_key_of_several_words_is_quoted_in_its_path() {
        let packet = json!({"data": {"Ваш телефон": "8 912 345-67-89"}});
        let steps = json!(["data", "Ваш телефон"]);
        assert_eq!(paths_of(&packet, &steps), ["$.data['Ваш телефон']"]);
        let guessed = guess(&packet, &at(&steps)).unwrap();
        assert_eq!(
            (guessed.name.as_str(), guessed.form),
            ("phone", Some("phone"))
        );
        let [target] = guessed.targets.as_slice() else {
            panic!("{guessed:?}");
        };
        assert!(target.of_contact && target.search && target.field == "PHONE");
    }

    #[test]
    fn a_row_of_questions_is_chosen_by_its_code_its_place_or_with_all_others() {
        let packet = json!({"answers": [
            {"code": "NAME", "value": "Анна"}, {"code": "PHONE", "value": "8 912 345-67-89"},
        ]});
        let steps = json!(["answers", 1, "value"]);
        assert_eq!(
            paths_of(&packet, &steps),
            [
                "$.answers[?@.code == 'PHONE'].value",
                "$.answers[1].value",
                "$.answers[*].value",
            ]
        );
        let turned = json!({"answers": [
            {"code": "PHONE", "value": "8 912 345-67-89"}, {"code": "NAME", "value": "Анна"},
        ]});
        let by_code = paths(&packet, &at(&steps)).remove(0);
        assert_eq!(found(&by_code.path, &turned), Some(by_code.finds));
        assert_eq!(guess(&packet, &at(&steps)).unwrap().name, "phone");
    }

    #[test]
    fn what_the_packet_lacks_has_no_path() {
        assert!(paths(&json!({"a": 1}), &at(&json!(["b"]))).is_empty());
        assert!(paths(&json!({"a": 1}), &at(&json!(["a", 0]))).is_empty());
    }
}
