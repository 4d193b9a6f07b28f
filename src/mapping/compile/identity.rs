//! `identity` of a profile for channels: the text by which two requests are one submission. One that
//! is the same for many people loses their submissions, one that is never the same finds no repeat.

use super::field_rules;
use super::own_template::inline;
use crate::authoring::Normaliser;
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::field::RawField;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, bilingual};
use crate::mapping::template::{self, BUILT_IN};

/// What forms call values that many people share: names, places, choices, marks of campaigns.
const SHARED: &str = "name firstname first_name lastname last_name surname secondname second_name \
    patronymic fio fullname full_name client client_name username city town region country address \
    topic theme subject title question message comment text kind type category status stage source \
    service product course sum amount price total cost quantity count date day time age gender \
    company organization position form form_name formname site page url referer host lang language \
    utm_source utm_medium utm_campaign utm_content utm_term consent agree agreement имя фамилия \
    отчество фио город регион страна адрес тема вопрос сообщение комментарий тип вид сумма цена \
    количество дата компания должность";

/// Compiles the identity.
pub(super) fn compile(
    raw: &RawProfile,
    declared: &[&str],
    used: &mut field_rules::Used,
    problems: &mut Problems,
) -> Option<template::Template> {
    let written = raw.identity.as_ref()?;
    let template = inline(written, declared, problems)?;
    used.template(&template);
    let value = written.value.trim();
    let is_reported = value.starts_with('$') || declared.contains(&value);
    let mut addresses = raw.receive.iter().flat_map(|it| &it.addresses);
    let is_used = addresses.any(|(words, _)| words.takes_identity);
    // a field that is wrong may become another one
    if !is_used || is_reported || problems.has_errors() {
        return Some(template);
    }
    if template.constant().is_some() {
        let message = bilingual!(
            "`identity` is the same for every submission: all but the first would be repeats of it",
            "`identity` одинаково у всех заявок: все, кроме первой, сочтутся её повторами"
        );
        warn(written, message, problems);
    } else if value.contains("{{received_at}}") {
        let message = bilingual!(
            "`{{{{received_at}}}}` differs in every request: no repeat would be found",
            "`{{{{received_at}}}}` у каждого запроса своё: ни один повтор не найдётся"
        );
        warn(written, message, problems);
    } else if let Some(name) = shared((raw, written), &template, declared) {
        let message = bilingual!(
            "many people have the same `{name}`: their submissions would be repeats of the first",
            "`{name}` у разных людей одинаково: их заявки сочтутся повторами первой"
        );
        warn(written, message, problems);
    }
    Some(template)
}

fn warn(written: &Text, message: Bilingual, problems: &mut Problems) {
    let advice = bilingual!(
        "write a field that differs, in double braces, such as \"{{{{order}}}}\", or remove `identity`",
        "напишите поле, которое различается, в двойных скобках, например \"{{{{order}}}}\", или уберите `identity`"
    );
    problems.warn(Code::WrongValue, &written.place, message, advice);
}

/// Returns the first name of an identity in which every value is shared by many people.
fn shared<'d>(
    (raw, written): (&RawProfile, &Text),
    template: &template::Template,
    declared: &[&'d str],
) -> Option<&'d str> {
    let mut names = template
        .fields()
        .iter()
        .filter_map(|index| declared.get(*index).copied());
    let first = names.clone().next();
    let are_shared = names.all(|name| {
        let field = name.split('.').next().unwrap_or(name);
        raw.fields.get(field).is_some_and(is_shared)
    });
    match first {
        Some(first) => are_shared.then_some(first),
        // what leadgate itself knows is the same for everybody, but for the time
        None => BUILT_IN.into_iter().find(|name| {
            let tag = format!("{{{{{name}}}}}");
            template.needs_built_in() && written.value.contains(&tag)
        }),
    }
}

/// Returns whether different people have the same value of a field.
fn is_shared(field: &RawField) -> bool {
    let form = field.form.as_ref().map(|form| form.value);
    if field.map.is_some()
        || matches!(
            form,
            Some(
                Normaliser::Name
                    | Normaliser::Bool
                    | Normaliser::Money
                    | Normaliser::Date
                    | Normaliser::Lookup
                    | Normaliser::Url
            )
        )
    {
        return true;
    }
    if matches!(form, Some(Normaliser::Phone | Normaliser::Email)) {
        return false;
    }
    let is_word = |word: &str| SHARED.split_whitespace().any(|shared| shared == word);
    let last = field.from.first().map(|path| {
        let parts = path.value.rsplit(['.', '\'', '"', '[', ']', '$']);
        let mut parts = parts.filter(|part| !part.is_empty());
        parts.next().unwrap_or_default().to_lowercase()
    });
    let own = field.key.value.to_lowercase();
    is_word(&own) || last.is_some_and(|last| is_word(&last))
}
