//! Tells the sender why a submission is rejected, without values of the packet.

use super::plan::{Fault, Rejection};
use crate::domain::{Lang, MappingExplanation, Note};

/// Returns one sentence for all reasons.
pub fn tell(rejections: &[Rejection], lang: Lang) -> String {
    let reasons: Vec<String> = rejections
        .iter()
        .map(|rejection| rejection.to_text(lang))
        .collect();
    reasons.join("; ")
}

impl Rejection {
    /// The same for the history, for a person.
    pub fn note(&self) -> Note {
        Note {
            about: format!("fields.{}", self.field),
            what: self.fault.what(),
        }
    }

    fn to_text(&self, lang: Lang) -> String {
        let field = &self.field;
        let looked = match (self.paths.is_empty(), lang) {
            (true, _) => String::new(),
            (false, Lang::Ru) => format!(" (искали в {})", self.paths.join(", ")),
            (false, Lang::En) => format!(" (looked for in {})", self.paths.join(", ")),
        };
        match (self.fault, lang) {
            (Fault::Missing, Lang::Ru) => format!("нет обязательного значения «{field}»{looked}"),
            (Fault::Missing, Lang::En) => {
                format!("the required value “{field}” is missing{looked}")
            }
            (Fault::Unknown, Lang::Ru) => {
                format!("значения «{field}» нет среди известных{looked}")
            }
            (Fault::Unknown, Lang::En) => {
                format!("the value “{field}” is none of the known ones{looked}")
            }
            (Fault::Unreadable(form), Lang::Ru) => {
                let wanted = form.wants().to_text(lang);
                format!("значение «{field}» не читается как {wanted}{looked}")
            }
            (Fault::Unreadable(form), Lang::En) => {
                let wanted = form.wants().to_text(lang);
                format!("the value “{field}” cannot be read as {wanted}{looked}")
            }
        }
    }
}

impl Fault {
    pub(crate) fn what(self) -> MappingExplanation {
        match self {
            Self::Missing => MappingExplanation::NoValue,
            Self::Unreadable(form) => MappingExplanation::NotReadAs {
                wanted: form.wants(),
            },
            Self::Unknown => MappingExplanation::NotKnown,
        }
    }
}
