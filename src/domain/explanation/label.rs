//! Explains why a label of a plan is not a value of the portal's list, in both languages.

use serde::{Deserialize, Serialize};

use crate::domain::{ItemType, Lang, Personal};

/// An explanation of a label that needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelExplanation {
    /// The portal has no such smart process, or does not show it.
    NoProcess(ItemType),
    /// The portal has no such field.
    NoField {
        /// The block: `contact`, `deal`, `lead`, `item`.
        block: String,
        /// Its name.
        name: String,
    },
    /// The field is not a list: `deal.TITLE`.
    NoList(String),
    /// The list has no such value.
    NoValue {
        /// The list: `deal.UF_CRM_CITY`.
        field: String,
        /// Its title.
        title: String,
        /// The label, as it was typed.
        label: Personal,
        /// Some labels that the list has.
        some: Vec<String>,
        /// The number of further values.
        others: usize,
        /// The profile's label for this case, which the list lacks as well.
        default: Option<String>,
    },
}

impl LabelExplanation {
    /// The step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::NoProcess(number), Lang::En) => format!(
                "the portal has no smart process {number}, or hides it from the webhook's owner"
            ),
            (Self::NoProcess(number), Lang::Ru) => {
                format!("на портале нет смарт-процесса {number}, или он не виден владельцу вебхука")
            }
            (Self::NoField { block, name }, Lang::En) => {
                let article = if block == "item" { "an" } else { "a" };
                format!("the portal has no field {name} of {article} {block}")
            }
            (Self::NoField { block, name }, Lang::Ru) => {
                format!("на портале нет поля {block}.{name}")
            }
            (Self::NoList(field), Lang::En) => format!("{field} is no list: remove `as: label`"),
            (Self::NoList(field), Lang::Ru) => format!("{field} — не список: уберите `as: label`"),
            (
                Self::NoValue {
                    field,
                    title,
                    label,
                    some,
                    others,
                    default,
                },
                _,
            ) => {
                let (label, some) = (label.as_str(), listed(some, *others));
                let default = default.as_ref().map(|other| match lang {
                    Lang::En => format!("; nor the default «{other}»"),
                    Lang::Ru => format!("; нет и «{other}» из default"),
                });
                let default = default.unwrap_or_default();
                match lang {
                    Lang::En => format!(
                        "the list {field} ({title}) has no value «{label}»; it has {some}{default}"
                    ),
                    Lang::Ru => format!(
                        "в списке {field} ({title}) нет значения «{label}»; есть {some}{default}"
                    ),
                }
            }
        }
    }
}

fn listed(some: &[String], others: usize) -> String {
    let more = if others > 0 { " …" } else { "" };
    format!("{}{more}", some.join(", "))
}
