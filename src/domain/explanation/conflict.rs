//! Explains what happens when the search keys of a contact find different contacts.

use serde::{Deserialize, Serialize};

use super::{ContactExplanation, links, list};
use crate::domain::{Conflict, ContactId, Lang, WithoutKey, bilingual};

/// What one search key finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundByKey<Id = ContactId> {
    /// The field, or the fields that must match together.
    pub by: String,
    /// The contacts or companies, oldest first.
    pub ids: Vec<Id>,
}

/// Why the CRM has not merged contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotMergedBecause {
    /// Their fields differ, so that a person has to choose.
    Conflict,
    /// The portal refuses: only an administrator may merge.
    Refused,
    /// A key finds several contacts: they may be different people.
    Several,
}

/// Returns a step about disagreeing keys, a merge, or a missing key; see [`links`] for the others.
pub(super) fn to_text(about: &ContactExplanation, lang: Lang) -> String {
    match about {
        ContactExplanation::KeysDisagree { found, used, rule } => disagree(found, *used, *rule, lang),
        ContactExplanation::BelongsToOther {
            id, field, other, ..
        } => bilingual!(
            "{field} is not added to contact {id}: it belongs to contact {other}, which was found, too",
            "{field} не добавлен контакту {id}: он принадлежит контакту {other}, который тоже найден"
        )
        .pick(lang),
        ContactExplanation::Merged { into, others } => {
            let others = list(others);
            bilingual!(
                "the portal has merged contact {others} into contact {into} (conflict: merge)",
                "портал объединил контакт {others} с контактом {into} (conflict: merge)"
            )
            .pick(lang)
        }
        ContactExplanation::NotMerged { ids, why } => not_merged(ids, *why, lang),
        ContactExplanation::WithoutKey(rule) => without_key(*rule, lang),
        _ => links::contact(about, lang),
    }
}

fn disagree(found: &[FoundByKey], used: Option<ContactId>, rule: Conflict, lang: Lang) -> String {
    let keys = found.iter().map(|key| {
        let (by, ids) = (&key.by, list(&key.ids));
        bilingual!("{by} finds contact {ids}", "{by} находит контакт {ids}").pick(lang)
    });
    let keys = keys.collect::<Vec<_>>().join(", ");
    let rule = rule.as_str();
    match used {
        Some(id) => bilingual!(
            "{keys}: contact {id} is used (conflict: {rule})",
            "{keys}: берём контакт {id} (conflict: {rule})"
        )
        .pick(lang),
        None => bilingual!(
            "{keys}: a person decides (conflict: {rule})",
            "{keys}: решает человек (conflict: {rule})"
        )
        .pick(lang),
    }
}

fn not_merged(ids: &[ContactId], why: NotMergedBecause, lang: Lang) -> String {
    let link: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let link = format!("/crm/contact/merge/?id={}", link.join(","));
    let ids = list(ids);
    match why {
        NotMergedBecause::Conflict => bilingual!(
            "contacts {ids} are not merged: their fields differ, merge them by hand at {link}",
            "контакты {ids} не объединены: их поля различаются, объедините вручную: {link}"
        ),
        NotMergedBecause::Refused => bilingual!(
            "contacts {ids} are not merged: the portal refuses, the webhook's owner must be an \
             administrator",
            "контакты {ids} не объединены: портал отказал, владелец вебхука должен быть \
             администратором"
        ),
        NotMergedBecause::Several => bilingual!(
            "contacts {ids} are not merged: a key finds several contacts, who may be different people",
            "контакты {ids} не объединены: один ключ находит несколько контактов, это могут быть \
             разные люди"
        ),
    }
    .pick(lang)
}

fn without_key(rule: WithoutKey, lang: Lang) -> String {
    match rule {
        WithoutKey::Create => bilingual!(
            "no search field of the contact has a value: a repeat will not find it",
            "ни у одного поля поиска контакта нет значения: повтор его не найдёт"
        ),
        WithoutKey::Park => bilingual!(
            "no search field of the contact has a value: a person decides (without_key: park)",
            "ни у одного поля поиска контакта нет значения: решает человек (without_key: park)"
        ),
        WithoutKey::SkipContact => bilingual!(
            "no search field of the contact has a value: no contact is created (without_key: \
             skip_contact)",
            "ни у одного поля поиска контакта нет значения: контакт не создаём (without_key: \
             skip_contact)"
        ),
    }
    .pick(lang)
}
