//! Reads the word of `as`.

use super::block::{self, Sp};
use crate::authoring::codes::Code;
use crate::authoring::normaliser::Normaliser;
use crate::authoring::problem::Problems;
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
        block::word(about, text, Self::WORDS, problems)
    }
}
