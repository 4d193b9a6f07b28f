//! Why a submission cannot be taken, in words for its sender. The packet's values are not repeated.

use super::normalise::Form;
use super::plan::{Fault, Rejection};
use crate::domain::Lang;

/// One sentence for all reasons.
pub fn tell(rejections: &[Rejection], lang: Lang) -> String {
    let reasons: Vec<String> = rejections
        .iter()
        .map(|rejection| rejection.tell(lang))
        .collect();
    reasons.join("; ")
}

impl Rejection {
    fn tell(&self, lang: Lang) -> String {
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
                format!(
                    "значение «{field}» не читается как {}{looked}",
                    wanted(form)
                )
            }
            (Fault::Unreadable(form), Lang::En) => {
                format!(
                    "the value “{field}” cannot be read as {}{looked}",
                    form.wants()
                )
            }
        }
    }
}

fn wanted(form: Form) -> &'static str {
    match form {
        Form::Text | Form::Join | Form::First | Form::Split => "текст",
        Form::Phone => "номер телефона",
        Form::Email => "адрес электронной почты",
        Form::Name => "имя",
        Form::Integer => "целое число",
        Form::Money => "сумма",
        Form::Date => "дата",
        Form::Datetime => "дата и время",
        Form::Bool => "да или нет",
        Form::Url => "адрес страницы http или https",
        Form::Lookup => "одно из известных значений",
    }
}
