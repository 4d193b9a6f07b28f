//! Explains what happens with the company, in both languages.

use serde::{Deserialize, Serialize};

use super::{FoundByKey, list};
use crate::domain::{
    CompanyId, Conflict, ContactId, EntityKind, KeylessCompany, Lang, RecordId, Several, bilingual,
};

/// A step about the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanyExplanation {
    /// An earlier attempt of the same submission created it.
    Own(CompanyId),
    /// An earlier attempt of the same submission went to it.
    Earlier(CompanyId),
    /// One was found.
    Found {
        /// Its id.
        id: CompanyId,
        /// The fields that match.
        by: Vec<String>,
        /// All that match, oldest first, including the one that is used.
        among: Vec<CompanyId>,
        /// The rule by which it was chosen.
        several: Several,
    },
    /// The portal offered these, but their own data do not match.
    Strangers(Vec<CompanyId>),
    /// One that matches is not used: it has another value in a field of its requisites, which two
    /// companies never share.
    OtherNumber {
        /// Its id.
        id: CompanyId,
        /// The field of the requisite.
        field: String,
    },
    /// None matches, so one is created.
    NotFound {
        /// The fields of the search; empty if there was nothing to search by.
        by: Vec<String>,
    },
    /// These fields of a found one are updated.
    Gets {
        /// Its id.
        id: CompanyId,
        /// The names of the fields.
        fields: Vec<String>,
    },
    /// The search keys find different companies.
    KeysDisagree {
        /// What each key finds, in the order of the profile.
        found: Vec<FoundByKey<CompanyId>>,
        /// The one that is used; `None` if a person decides.
        used: Option<CompanyId>,
        /// The profile's rule for it.
        rule: Conflict,
    },
    /// Several match, and a person decides.
    Several(Vec<CompanyId>),
    /// More share a value than can be read, and the right one may be among the others.
    TooMany,
    /// A value is not added to the company, because another found company has it.
    BelongsToOther {
        /// The company that is used.
        id: CompanyId,
        /// The CRM field.
        field: String,
        /// The company that has the value.
        other: CompanyId,
        /// The place of the value in the packet, if it is a single one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// A value for the requisite is not written: those of a found company are never changed.
    RequisiteKept {
        /// The company that is used.
        id: CompanyId,
        /// The field of the requisite.
        field: String,
        /// The place of the value in the packet, if it is a single one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<String>,
    },
    /// No search field has a value, and the profile says what to do then.
    WithoutKey(KeylessCompany),
    /// One was created.
    Created(CompanyId),
    /// A requisite with these fields is created.
    Requisite(Vec<String>),
    /// It is bound to a contact that exists; the companies of the contact stay.
    BoundToContact(ContactId),
    /// It is bound to a record that had no company.
    BoundToRecord {
        /// Lead, deal, or item.
        kind: EntityKind,
        /// Its id.
        id: RecordId,
    },
    /// The record keeps the company that it has.
    RecordKeeps {
        /// Lead, deal, or item.
        kind: EntityKind,
        /// Its id.
        id: RecordId,
        /// The company of the record.
        company: CompanyId,
    },
}

impl CompanyExplanation {
    /// The step as a sentence without a full stop.
    pub fn to_text(&self, lang: Lang) -> String {
        match self {
            Self::Own(id) => bilingual!(
                "company {id} was created by an earlier attempt",
                "компания {id} создана прошлой попыткой"
            )
            .pick(lang),
            Self::Earlier(id) => bilingual!(
                "company {id} is the one that an earlier attempt went to",
                "компания {id}: туда же, куда прошлая попытка"
            )
            .pick(lang),
            Self::Found {
                id,
                by,
                among,
                several,
            } => found(*id, by, &choice(among, *several, lang), lang),
            Self::Strangers(ids) => {
                let ids = list(ids);
                bilingual!(
                    "the portal offered company {ids}, whose own data do not agree",
                    "портал предложил компанию {ids}, но её собственные данные не совпадают"
                )
                .pick(lang)
            }
            Self::OtherNumber { id, field } => bilingual!(
                "company {id} is not used: its requisites have another {field}",
                "компанию {id} не берём: в её реквизитах другой {field}"
            )
            .pick(lang),
            Self::NotFound { by } => not_found(by, lang),
            Self::Gets { id, fields } => {
                let fields = list(fields);
                bilingual!(
                    "company {id} gets {fields}",
                    "компании {id} записано: {fields}"
                )
                .pick(lang)
            }
            Self::Created(id) => {
                bilingual!("created company {id}", "создана компания {id}").pick(lang)
            }
            Self::Requisite(fields) => {
                let fields = list(fields);
                bilingual!(
                    "its requisite is created with {fields}",
                    "создаём её реквизиты: {fields}"
                )
                .pick(lang)
            }
            Self::KeysDisagree { .. }
            | Self::Several(_)
            | Self::TooMany
            | Self::BelongsToOther { .. }
            | Self::RequisiteKept { .. }
            | Self::WithoutKey(_) => self.choice(lang),
            Self::BoundToContact(_) | Self::BoundToRecord { .. } | Self::RecordKeeps { .. } => {
                self.bound(lang)
            }
        }
    }

    /// A step about a choice between companies; empty for any other step.
    fn choice(&self, lang: Lang) -> String {
        match self {
            Self::KeysDisagree { found, used, rule } => disagree(found, *used, *rule, lang),
            Self::Several(ids) => {
                let ids = list(ids);
                bilingual!(
                    "companies {ids} all match: a person decides (several: park)",
                    "подходят сразу несколько компаний ({ids}): решает человек (several: park)"
                )
                .pick(lang)
            }
            Self::TooMany => bilingual!(
                "more companies share a value than can be read, and the right one may be among the \
                 others: none is created",
                "компаний с одним значением больше, чем можно прочитать, нужная может быть среди \
                 остальных: новую не создаём"
            )
            .pick(lang),
            Self::BelongsToOther {
                id, field, other, ..
            } => bilingual!(
                "{field} is not added to company {id}: it belongs to company {other}, which was \
                 found, too",
                "{field} не добавлен компании {id}: он принадлежит компании {other}, которая тоже \
                 найдена"
            )
            .pick(lang),
            Self::RequisiteKept { id, field, .. } => bilingual!(
                "{field} is not written: the requisites of company {id} do not have this value, \
                 and those of a found company are not changed",
                "{field} не записываем: в реквизитах компании {id} такого значения нет, а реквизиты \
                 найденной компании не меняются"
            )
            .pick(lang),
            Self::WithoutKey(rule) => without_key(*rule, lang),
            _ => String::new(),
        }
    }

    /// A step about bindings; empty for any other step.
    fn bound(&self, lang: Lang) -> String {
        match self {
            Self::BoundToContact(id) => bilingual!(
                "the company is bound to contact {id}",
                "контакт {id}: привязана компания"
            )
            .pick(lang),
            Self::BoundToRecord { kind, id } => {
                let (en, ru) = (kind.numbered(id, Lang::En), kind.numbered(id, Lang::Ru));
                bilingual!("the company is bound to {en}", "{ru}: привязана компания").pick(lang)
            }
            Self::RecordKeeps { kind, id, company } => {
                let (en, ru) = (kind.numbered(id, Lang::En), kind.numbered(id, Lang::Ru));
                bilingual!(
                    "{en} has company {company} and keeps it",
                    "{ru}: остаётся её компания {company}"
                )
                .pick(lang)
            }
            _ => String::new(),
        }
    }
}

fn found(id: CompanyId, by: &[String], choice: &str, lang: Lang) -> String {
    let (en, ru) = (by.join(" and "), list(by));
    bilingual!(
        "found company {id} by {en}{choice}",
        "найдена компания {id}, совпало: {ru}{choice}"
    )
    .pick(lang)
}

/// How one of several companies was chosen.
fn choice(among: &[CompanyId], several: Several, lang: Lang) -> String {
    let (n, ids) = (among.len(), list(among));
    match (n, several) {
        (0 | 1, _) => String::new(),
        (_, Several::Newest) => {
            bilingual!("; newest of {n} ({ids})", "; самая новая из {n} ({ids})").pick(lang)
        }
        (_, Several::Oldest | Several::Park | Several::All) => {
            bilingual!("; oldest of {n} ({ids})", "; самая старая из {n} ({ids})").pick(lang)
        }
    }
}

fn not_found(by: &[String], lang: Lang) -> String {
    if by.is_empty() {
        return bilingual!(
            "nothing to search a company by, so one is created",
            "искать компанию не по чему, создаём новую"
        )
        .pick(lang);
    }
    let (en, ru) = (by.join(" or "), list(by));
    bilingual!(
        "no company with this {en}, so one is created",
        "компания не найдена (искали по {ru}), создаём"
    )
    .pick(lang)
}

fn disagree(
    found: &[FoundByKey<CompanyId>],
    used: Option<CompanyId>,
    rule: Conflict,
    lang: Lang,
) -> String {
    let keys = found.iter().map(|key| {
        let (by, ids) = (&key.by, list(&key.ids));
        bilingual!("{by} finds company {ids}", "{by} находит компанию {ids}").pick(lang)
    });
    let keys = keys.collect::<Vec<_>>().join(", ");
    let rule = rule.as_str();
    match used {
        Some(id) => bilingual!(
            "{keys}: company {id} is used (conflict: {rule})",
            "{keys}: берём компанию {id} (conflict: {rule})"
        )
        .pick(lang),
        None => bilingual!(
            "{keys}: a person decides (conflict: {rule})",
            "{keys}: решает человек (conflict: {rule})"
        )
        .pick(lang),
    }
}

fn without_key(rule: KeylessCompany, lang: Lang) -> String {
    match rule {
        KeylessCompany::Create => bilingual!(
            "no search field of the company has a value: a repeat will not find it",
            "ни у одного поля поиска компании нет значения: повтор её не найдёт"
        ),
        KeylessCompany::Park => bilingual!(
            "no search field of the company has a value: a person decides (without_key: park)",
            "ни у одного поля поиска компании нет значения: решает человек (without_key: park)"
        ),
        KeylessCompany::SkipCompany => bilingual!(
            "no search field of the company has a value: no company is created (without_key: \
             skip_company)",
            "ни у одного поля поиска компании нет значения: компанию не создаём (without_key: \
             skip_company)"
        ),
    }
    .pick(lang)
}
