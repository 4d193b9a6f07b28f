//! Values in a request to a channel with `each` that are not submissions. They are rejected and stored for
//! the journal.

use serde_json::Value;

use crate::domain::{Bilingual, Lang};

/// Why a value is not a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotASubmission {
    /// `each` finds nothing in the request.
    NotFound,
    /// The whole body is a single value.
    Scalar,
    /// It is `null`.
    Null,
    /// It is true or false.
    Flag,
    /// It is a number.
    Number,
    /// It is a text.
    Text,
}

impl NotASubmission {
    /// Only objects and lists are submissions.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Object(_) | Value::Array(_) => None,
            Value::Null => Some(Self::Null),
            Value::Bool(_) => Some(Self::Flag),
            Value::Number(_) => Some(Self::Number),
            Value::String(_) => Some(Self::Text),
        }
    }

    /// Returns the wording for the sender.
    pub(super) fn to_text(self, lang: Lang) -> String {
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
            let flaw = NotASubmission::of(&value).unwrap();
            assert!(flaw.to_text(Lang::Ru).starts_with("Это не заявка"));
            assert!(flaw.to_text(Lang::En).starts_with("Not a submission"));
        }
    }
}
