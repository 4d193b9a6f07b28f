//! Why a submission is refused on receipt, for its sender and for the journal. The packet's values
//! are not repeated.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{Bilingual, Lang, MappingExplanation, bilingual};

/// A required value that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedValue {
    /// The field of the profile.
    pub field: String,
    /// The places in which it was looked for, as normalised paths.
    pub paths: Vec<String>,
    /// What is wrong.
    pub what: MappingExplanation,
}

impl RejectedValue {
    /// Returns the fault as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let field = &self.field;
        let paths = self.paths.join(", ");
        let looked = if paths.is_empty() {
            String::new()
        } else {
            bilingual!(" (looked for in {paths})", " (искали в {paths})").pick(lang)
        };
        match &self.what {
            MappingExplanation::NoValue => bilingual!(
                "the required value “{field}” is missing{looked}",
                "нет обязательного значения «{field}»{looked}"
            )
            .pick(lang),
            MappingExplanation::NotKnown => bilingual!(
                "the value “{field}” is not one of the known values{looked}",
                "значения «{field}» нет среди известных{looked}"
            )
            .pick(lang),
            MappingExplanation::NotReadAs { wanted } => {
                let wanted = wanted.to_text(lang);
                bilingual!(
                    "the value “{field}” cannot be read as {wanted}{looked}",
                    "значение «{field}» не читается как {wanted}{looked}"
                )
                .pick(lang)
            }
            other => format!("“{field}”: {}{looked}", other.to_text(lang)),
        }
    }
}

/// What a request contains instead of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotASubmission {
    /// `each` finds nothing in the request.
    NotFound,
    /// The body is a single value.
    Scalar,
    /// `null`.
    Null,
    /// True or false.
    Flag,
    /// A number.
    Number,
    /// A text.
    Text,
}

impl NotASubmission {
    /// All of them, for tests.
    pub const ALL: [Self; 6] = [
        Self::NotFound,
        Self::Scalar,
        Self::Null,
        Self::Flag,
        Self::Number,
        Self::Text,
    ];

    /// Classifies a value that is not a submission. Returns `None` for objects and lists, which
    /// are.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Object(_) | Value::Array(_) => None,
            Value::Null => Some(Self::Null),
            Value::Bool(_) => Some(Self::Flag),
            Value::Number(_) => Some(Self::Number),
            Value::String(_) => Some(Self::Text),
        }
    }

    /// Returns the fault as a sentence without a full stop.
    pub fn to_text(self, lang: Lang) -> String {
        let found = match self {
            Self::NotFound => {
                return Bilingual::new(
                    "There is no submission in the request: it lacks the list from which the \
                     channel takes them (`each`)",
                    "В запросе не нашлось ни одной заявки: в нём нет списка, из которого канал их \
                     берёт (`each`)",
                )
                .pick(lang)
                .to_owned();
            }
            Self::Scalar => Bilingual::new("a single value", "одно значение").pick(lang),
            Self::Null => "null",
            Self::Flag => Bilingual::new("true or false", "да или нет").pick(lang),
            Self::Number => Bilingual::new("a number", "число").pick(lang),
            Self::Text => Bilingual::new("a text", "строка").pick(lang),
        };
        match lang {
            Lang::Ru => {
                format!("Это не заявка: нужен объект {{…}} или список […], а пришло: {found}")
            }
            Lang::En => {
                format!("Not a submission: an object {{…}} or a list […] is needed, not {found}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_objects_and_lists_are_submissions() {
        for value in [json!({}), json!({"a": 1}), json!([]), json!([1])] {
            assert_eq!(NotASubmission::of(&value), None);
        }
        for value in [json!(null), json!(true), json!(7), json!("x"), json!("")] {
            let found = NotASubmission::of(&value).unwrap();
            assert!(found.to_text(Lang::Ru).starts_with("Это не заявка"));
            assert!(found.to_text(Lang::En).starts_with("Not a submission"));
        }
    }
}
