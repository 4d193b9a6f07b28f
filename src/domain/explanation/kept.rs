//! Explains which fields of a found contact, company or record are not changed, and which groups of
//! search fields are incomplete.

use serde::{Deserialize, Serialize};

use super::list;
use crate::domain::{CompanyId, ContactId, EntityKind, Lang, RecordId, bilingual};

/// A found contact, company or record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundOne {
    /// A contact.
    Contact(ContactId),
    /// A company.
    Company(CompanyId),
    /// A lead, deal, or item.
    Record {
        /// Which of them.
        kind: EntityKind,
        /// Its id.
        id: RecordId,
    },
}

/// Why a found one keeps its value, although the submission has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeptBecause {
    /// The profile does not update the field: `keep`.
    Rule,
    /// The profile fills only an empty field, and this one has a value: `fill`.
    Filled,
    /// The submission's value is a guessed part of a name.
    Guessed,
}

/// Fields of a found one that are not changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFields {
    /// What has them.
    pub of: FoundOne,
    /// Their names.
    pub fields: Vec<String>,
    /// Why they stay.
    pub why: KeptBecause,
}

impl KeptFields {
    /// Returns the step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let (en, ru) = (self.of.named(Lang::En), self.of.named(Lang::Ru));
        let fields = list(&self.fields);
        match (self.why, self.of) {
            (KeptBecause::Rule, FoundOne::Record { .. }) => bilingual!(
                "{en}: {fields} not changed (on_update: keep, or update_fields: false)",
                "{ru}: {fields} не меняем (on_update: keep или update_fields: false)"
            ),
            (KeptBecause::Rule, _) => bilingual!(
                "{en}: {fields} not changed (on_update: keep)",
                "{ru}: {fields} не меняем (on_update: keep)"
            ),
            (KeptBecause::Filled, _) => bilingual!(
                "{en}: {fields} not changed, there is a value already (on_update: fill)",
                "{ru}: {fields} не меняем, там уже есть значение (on_update: fill)"
            ),
            (KeptBecause::Guessed, _) => bilingual!(
                "{en}: {fields} not changed, a guessed part of a name replaces no value",
                "{ru}: {fields} не меняем, угаданная часть имени не заменяет значение"
            ),
        }
        .pick(lang)
    }
}

impl FoundOne {
    fn named(self, lang: Lang) -> String {
        match self {
            Self::Contact(id) => bilingual!("contact {id}", "контакт {id}").pick(lang),
            Self::Company(id) => EntityKind::Company.numbered(id, lang),
            Self::Record { kind, id } => kind.numbered(id, lang),
        }
    }
}

/// What a group of search fields looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchedKind {
    /// A contact.
    Contact,
    /// A company.
    Company,
}

/// A group of search fields that finds nothing, because the submission lacks a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncompleteGroup {
    /// What it looks for.
    pub of: SearchedKind,
    /// All fields of the group.
    pub fields: Vec<String>,
    /// Those without a value.
    pub missing: Vec<String>,
}

impl IncompleteGroup {
    /// Returns the step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        let (fields, missing) = (self.fields.join(" + "), list(&self.missing));
        match self.of {
            SearchedKind::Contact => bilingual!(
                "the group {fields} finds no contact: {missing} has no value",
                "по группе {fields} контакт не ищем: нет значения {missing}"
            ),
            SearchedKind::Company => bilingual!(
                "the group {fields} finds no company: {missing} has no value",
                "по группе {fields} компанию не ищем: нет значения {missing}"
            ),
        }
        .pick(lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Explanation;

    #[test]
    fn kept_fields_and_incomplete_groups_have_both_languages_and_are_kept_as_data() {
        let contact = FoundOne::Contact(ContactId::new(84).unwrap());
        let company = FoundOne::Company(CompanyId::new(7).unwrap());
        let id = RecordId::new(9).unwrap();
        let of = |kind| FoundOne::Record { kind, id };
        let kept = |of, fields: &[&str], why| {
            let fields = fields.iter().map(|name| (*name).to_owned()).collect();
            Explanation::Kept(KeptFields { of, fields, why })
        };
        let group = |of| {
            Explanation::IncompleteGroup(IncompleteGroup {
                of,
                fields: vec!["PHONE".into(), "LAST_NAME".into()],
                missing: vec!["LAST_NAME".into()],
            })
        };
        for (step, en, ru) in [
            (
                kept(contact, &["NAME", "POST"], KeptBecause::Rule),
                "contact 84: NAME, POST not changed (on_update: keep)",
                "контакт 84: NAME, POST не меняем (on_update: keep)",
            ),
            (
                kept(company, &["TITLE"], KeptBecause::Rule),
                "company 7: TITLE not changed (on_update: keep)",
                "компания 7: TITLE не меняем (on_update: keep)",
            ),
            (
                kept(of(EntityKind::Deal), &["TITLE"], KeptBecause::Rule),
                "deal 9: TITLE not changed (on_update: keep, or update_fields: false)",
                "сделка 9: TITLE не меняем (on_update: keep или update_fields: false)",
            ),
            (
                kept(of(EntityKind::Lead), &["NAME"], KeptBecause::Filled),
                "lead 9: NAME not changed, there is a value already (on_update: fill)",
                "лид 9: NAME не меняем, там уже есть значение (on_update: fill)",
            ),
            (
                kept(contact, &["NAME"], KeptBecause::Guessed),
                "contact 84: NAME not changed, a guessed part of a name replaces no value",
                "контакт 84: NAME не меняем, угаданная часть имени не заменяет значение",
            ),
            (
                group(SearchedKind::Contact),
                "the group PHONE + LAST_NAME finds no contact: LAST_NAME has no value",
                "по группе PHONE + LAST_NAME контакт не ищем: нет значения LAST_NAME",
            ),
            (
                group(SearchedKind::Company),
                "the group PHONE + LAST_NAME finds no company: LAST_NAME has no value",
                "по группе PHONE + LAST_NAME компанию не ищем: нет значения LAST_NAME",
            ),
        ] {
            assert_eq!(step.to_text(Lang::En), en);
            assert_eq!(step.to_text(Lang::Ru), ru);
            let json = serde_json::to_string(&step).unwrap();
            assert_eq!(serde_json::from_str::<Explanation>(&json).unwrap(), step);
        }
    }
}
