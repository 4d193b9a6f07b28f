//! Why a label of a plan is no value of the portal's list, in both languages.

use serde::{Deserialize, Serialize};

use crate::domain::{ItemType, Lang, Personal};

/// A step about a label with which nothing can be done before a person has looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AboutLabel {
    /// The portal has no such smart process, or does not show it.
    NoProcess(ItemType),
    /// The portal has no such field.
    NoField {
        /// Whose: `contact`, `deal`, `lead`, `item`.
        block: String,
        /// Its name.
        name: String,
    },
    /// The field is no list: `deal.TITLE`.
    NoList(String),
    /// The list has no such value.
    NoValue {
        /// The list: `deal.UF_CRM_CITY`.
        field: String,
        /// What people call it.
        title: String,
        /// The label: as somebody typed it.
        label: Personal,
        /// Some labels that the list has.
        some: Vec<String>,
        /// How many more it has.
        others: usize,
        /// The profile's label for this case, which the list lacks as well.
        default: Option<String>,
    },
}

impl AboutLabel {
    /// The step as a sentence without a full stop.
    pub fn tell(&self, lang: Lang) -> String {
        match lang {
            Lang::En => self.english(),
            Lang::Ru => self.russian(),
        }
    }

    fn english(&self) -> String {
        match self {
            Self::NoProcess(number) => format!(
                "the portal has no smart process {number}, or hides it from the webhook's owner"
            ),
            Self::NoField { block, name } => {
                let article = if block == "item" { "an" } else { "a" };
                format!("the portal has no field {name} of {article} {block}")
            }
            Self::NoList(field) => format!("{field} is no list: remove `as: label`"),
            Self::NoValue {
                field,
                title,
                label,
                some,
                others,
                default,
            } => {
                let some = listed(some, *others);
                let default = default
                    .as_ref()
                    .map(|other| format!("; nor the default «{other}»"));
                format!(
                    "the list {field} ({title}) has no value «{}»; it has {some}{}",
                    label.as_str(),
                    default.unwrap_or_default()
                )
            }
        }
    }

    fn russian(&self) -> String {
        match self {
            Self::NoProcess(number) => {
                format!("на портале нет смарт-процесса {number}, или он не виден владельцу вебхука")
            }
            Self::NoField { block, name } => format!("на портале нет поля {block}.{name}"),
            Self::NoList(field) => format!("{field} — не список: уберите `as: label`"),
            Self::NoValue {
                field,
                title,
                label,
                some,
                others,
                default,
            } => {
                let some = listed(some, *others);
                let default = default
                    .as_ref()
                    .map(|other| format!("; нет и «{other}» из default"));
                format!(
                    "в списке {field} ({title}) нет значения «{}»; есть {some}{}",
                    label.as_str(),
                    default.unwrap_or_default()
                )
            }
        }
    }
}

fn listed(some: &[String], others: usize) -> String {
    let more = if others > 0 { " …" } else { "" };
    format!("{}{more}", some.join(", "))
}
