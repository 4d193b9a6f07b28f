//! Reads the word of `as`.

use super::block::{self, Sp};
use crate::authoring::codes::Code;
use crate::authoring::normaliser::Normaliser;
use crate::authoring::problem::Problems;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};

impl Normaliser {
    pub(crate) fn read(about: &str, text: &Text, problems: &mut Problems) -> Option<Sp<Self>> {
        if text.value == "label" {
            let message = bilingual!(
                "`{about}: label` is in the wrong place",
                "`{about}: label` написано не на своём месте"
            );
            let advice = Bilingual::new(
                "list values belong to CRM fields: write it there, for example \
                 UF_CRM_CITY: { value: \"{{city}}\", as: label }",
                "значения списка относятся к полю CRM: напишите там, например \
                 UF_CRM_CITY: { value: \"{{city}}\", as: label }",
            )
            .into();
            problems.error(Code::WrongPlace, &text.place, message, advice);
            return None;
        }
        if let Some(advice) = of_helper(text.value.trim()) {
            let word = text.value.trim();
            let message = bilingual!(
                "`{about}` cannot be `{word}`",
                "`{about}` не бывает `{word}`"
            );
            problems.error(Code::WrongValue, &text.place, message, advice);
            return None;
        }
        let read = block::word(about, text, Self::WORDS, problems);
        // what is meant saves the follow-ups of a misspelt one
        read.or_else(|| {
            let names: Vec<&str> = Self::WORDS.iter().map(|(word, _)| *word).collect();
            let meant = suggest::nearest_name(&text.value, &names)?;
            let (_, form) = Self::WORDS.iter().find(|(word, _)| *word == meant)?;
            Some(Sp {
                value: *form,
                place: text.place.clone(),
            })
        })
    }
}

/// A helper of templates in place of a form, or a type of other programs with its size.
fn of_helper(word: &str) -> Option<Bilingual> {
    let lower = word.to_lowercase();
    let helper = match lower.as_str() {
        "upper" | "uppercase" | "toupper" => "upper",
        "lower" | "lowercase" | "tolower" => "lower",
        "truncate" => "truncate",
        "json" => "json",
        "digits" | "only_digits" | "цифры" => {
            return Some(bilingual!(
                "write `as: phone` for a phone number; digits of another text are `{{{{digits name}}}}` in a template",
                "для телефона напишите `as: phone`; цифры другого текста даёт `{{{{digits name}}}}` в шаблоне"
            ));
        }
        word if word.starts_with("decimal") || word.starts_with("numeric") => {
            return Some(bilingual!("write `as: money`", "напишите `as: money`"));
        }
        word if word.starts_with("varchar") || word.starts_with("char") => {
            return Some(bilingual!("write `as: text`", "напишите `as: text`"));
        }
        "regexp" | "regex" | "match" | "pattern" | "регулярка" => {
            return Some(bilingual!(
                "no form cuts a text by a pattern: a part of an address is `as: url, part: host`, and a pattern is tested by `when: search($.x, '…')`",
                "по образцу значение не вырезают: часть адреса даёт `as: url, part: host`, а проверяют образец так: `when: search($.x, '…')`"
            ));
        }
        word => {
            let (known, _) = word.split_once('(')?;
            let mut words = Normaliser::WORDS.iter();
            let (known, _) = words.find(|(name, _)| *name == known.trim())?;
            return Some(bilingual!(
                "write `as: {known}`: it reads any spelling",
                "напишите `as: {known}`: он понимает любую запись"
            ));
        }
    };
    Some(bilingual!(
        "it is a helper of templates: write `{{{{{helper} name}}}}` in the CRM field, and no `as` here",
        "это помощник шаблонов: напишите `{{{{{helper} name}}}}` в поле CRM, а `as` здесь уберите"
    ))
}
