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
