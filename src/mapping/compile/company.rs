//! The company: its fields, which of them must agree, and what must not be written beside it.

use super::condition;
use super::contact::{Client, match_rule, new_owners, shared_together};
use super::field_rules::{FieldRuleCompiler, Used};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::company::RawCompany;
use crate::authoring::raw::field_rule::RawFieldRules;
use crate::domain::{
    Conflict, EntityKind, FieldRole, KeylessCompany, OnUpdate, Several, bilingual,
};
use crate::mapping::profile::{CompanyRules, FieldContent, FieldRule};

/// The field that is not renamed with the others.
const NAME: &str = "TITLE";

/// Compiles the company of a profile, if it makes one.
pub(super) fn of_profile(
    raw: &RawProfile,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Option<CompanyRules> {
    check_bindings(raw, problems);
    compile(raw.company.as_ref()?, declared, used, problems)
}

/// Compiles the rules of a company; returns `None` if none of its fields can be filled.
fn compile(
    raw: &RawCompany,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Option<CompanyRules> {
    let when = condition::compile(raw.when.as_ref(), declared, problems);
    used.condition(&when);
    let update = raw.update.as_ref().is_some_and(|flag| flag.value);
    let on_update = if update {
        OnUpdate::Overwrite
    } else {
        OnUpdate::Keep
    };
    let together = shared_together(raw.match_.as_ref());
    let mut fields = FieldRuleCompiler {
        entity: Some(EntityKind::Company),
        on_update,
        company: &together,
        declared,
        used: &mut *used,
        problems: &mut *problems,
    }
    .all(&raw.fields);
    keep_the_name(&raw.fields, &mut fields);
    refuse_files(&raw.fields, &fields, problems);
    if !fields.is_empty() && fields.iter().all(|field| field.role == FieldRole::Fill) {
        warn_of_no_search(raw, problems);
    }
    let match_ = match_rule(
        (raw.match_.as_ref(), &raw.fields),
        &fields,
        Client::Company,
        problems,
    );
    let responsible = raw.responsible.as_ref();
    let responsible = responsible
        .and_then(|raw| new_owners(raw, Client::Company, (declared, &mut *used), problems));
    let several = raw.several.as_ref();
    let several = several.map_or_else(Several::default, |word| word.value);
    let conflict = match several {
        Several::Park => Conflict::Park,
        Several::Oldest | Several::Newest | Several::All => Conflict::default(),
    };
    (!fields.is_empty()).then(|| CompanyRules {
        when,
        match_,
        several,
        conflict: raw.conflict.as_ref().map_or(conflict, |word| word.value),
        without_key: raw
            .without_key
            .as_ref()
            .map_or_else(KeylessCompany::default, |word| word.value),
        responsible,
        preset: preset(raw, problems),
        fields,
    })
}

/// Returns the number of the template for requisites.
fn preset(raw: &RawCompany, problems: &mut Problems) -> Option<i64> {
    let number = raw.preset.as_ref()?;
    if number.value <= 0 {
        let message = bilingual!(
            "templates of requisites are numbered from 1",
            "шаблоны реквизитов нумеруются с 1"
        );
        let advice = bilingual!(
            "without `preset` the portal's own template is used",
            "без `preset` берётся шаблон самого портала"
        );
        problems.error(Code::WrongValue, &number.place, message, advice);
    }
    Some(number.value)
}

/// A found company is not renamed unless its name has a rule of its own.
fn keep_the_name(raw: &indexmap::IndexMap<String, RawFieldRules>, fields: &mut [FieldRule]) {
    let written = raw.get(NAME).is_some_and(|rules| {
        let mut rules = rules.rules.iter();
        rules.any(|rule| rule.on_update.is_some())
    });
    for field in fields
        .iter_mut()
        .filter(|field| field.name == NAME && !written)
    {
        field.on_update = OnUpdate::Keep;
    }
}

/// Reports files: they go into contacts and records only.
fn refuse_files(
    raw: &indexmap::IndexMap<String, RawFieldRules>,
    fields: &[FieldRule],
    problems: &mut Problems,
) {
    let is_file = |field: &&FieldRule| matches!(field.content, FieldContent::File { .. });
    for field in fields.iter().filter(is_file) {
        let name = &field.name;
        let Some(rules) = raw.get(name) else { continue };
        let message = bilingual!(
            "`{name}`: files are not written into companies",
            "`{name}`: файлы в компании не записываются"
        );
        let advice = bilingual!(
            "put the file into a field of the contact or of the record",
            "впишите файл в поле контакта или записи"
        );
        problems.error(Code::WrongPlace, &rules.key.place, message, advice);
    }
}

fn warn_of_no_search(raw: &RawCompany, problems: &mut Problems) {
    let creates = raw.without_key.as_ref().map(|word| word.value) == Some(KeylessCompany::Create);
    let message = if creates {
        bilingual!(
            "no field of the company has `search: true`: every submission creates a new company",
            "ни у одного поля компании нет `search: true`: каждая заявка создаёт новую компанию"
        )
    } else {
        bilingual!(
            "no field of the company has `search: true`: no company is found or created",
            "ни у одного поля компании нет `search: true`: компания не находится и не создаётся"
        )
    };
    let advice = bilingual!(
        "add `search: true` to RQ_INN, PHONE or EMAIL",
        "добавьте `search: true` к RQ_INN, PHONE или EMAIL"
    );
    problems.warn(Code::NoSearch, &raw.place, message, advice);
}

/// Reports fields of the contact and the record that name a company: the block binds it.
fn check_bindings(raw: &RawProfile, problems: &mut Problems) {
    if raw.company.is_none() {
        return;
    }
    let contact = raw.contact.iter().map(|contact| &contact.fields);
    let records = raw.deal.iter().chain(&raw.lead).chain(&raw.item);
    let blocks = contact.chain(records.map(|record| &record.fields));
    for rules in blocks.flat_map(|fields| fields.values()) {
        let name = rules.key.value.as_str();
        if !matches!(name, "COMPANY_ID" | "COMPANY_IDS" | "companyId") || rules.rules.is_empty() {
            continue;
        }
        let message = bilingual!(
            "`{name}` is not a field to fill beside `company`",
            "`{name}` не заполняют вместе с блоком `company`"
        );
        let advice = bilingual!(
            "the gateway binds the company itself: remove it",
            "компанию шлюз привязывает сам: уберите"
        );
        problems.error(Code::WrongPlace, &rules.key.place, message, advice);
    }
}
