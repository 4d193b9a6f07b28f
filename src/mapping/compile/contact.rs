//! The contact: its fields, and which of them must agree. A company follows the same rules.

use indexmap::IndexMap;

use super::field_rules::{FieldRuleCompiler, Used};
use super::{choice, condition, responsible};
use crate::authoring::codes::Code;
use crate::authoring::problem::{Problems, TextPlace};
use crate::authoring::raw::choice::RawChoice;
use crate::authoring::raw::field_rule::RawFieldRules;
use crate::authoring::raw::record::{RawContact, RawMatch};
use crate::authoring::raw::responsible::RawResponsible;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{
    Conflict, FieldRole, Match, OnUpdate, Responsible, Several, WithoutKey, bilingual,
};
use crate::mapping::choice::Choice;
use crate::mapping::crm_fields::is_widely_shared;
use crate::mapping::profile::{ContactRules, FieldRule};

/// Whom a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Client {
    Contact,
    Company,
}

impl Client {
    /// Its name in messages.
    fn called(self) -> (&'static str, &'static str) {
        match self {
            Self::Contact => ("contact", "контакт"),
            Self::Company => ("company", "компания"),
        }
    }
}

/// The search fields as written: which must agree, and all fields.
type WrittenSearch<'r> = (Option<&'r RawMatch>, &'r IndexMap<String, RawFieldRules>);

/// Compiles the rules of a contact; returns `None` if the profile makes none.
pub(super) fn compile(
    raw: &RawContact,
    declared: &[&str],
    used: &mut Used,
    problems: &mut Problems,
) -> Option<ContactRules> {
    if raw.none {
        return None;
    }
    let when = condition::compile(raw.when.as_ref(), declared, problems);
    used.condition(&when);
    let update = raw.update.as_ref().is_some_and(|flag| flag.value);
    let on_update = if update {
        OnUpdate::Overwrite
    } else {
        OnUpdate::Keep
    };
    let together = shared_together(raw.match_.as_ref());
    let mut block = FieldRuleCompiler {
        entity: None,
        on_update,
        company: &together,
        declared,
        used: &mut *used,
        problems: &mut *problems,
    };
    let fields = block.all(&raw.fields);
    if let Some(first) = raw.fields.values().next()
        && !fields.is_empty()
        && fields.iter().all(|field| field.role == FieldRole::Fill)
    {
        let message = bilingual!(
            "no field of the contact has `search: true`: every submission creates a new contact",
            "ни у одного поля контакта нет `search: true`: каждая заявка создаёт новый контакт"
        );
        let advice = bilingual!(
            "add `search: true` to PHONE and EMAIL",
            "добавьте `search: true` к PHONE и EMAIL"
        );
        problems.warn(Code::NoSearch, &first.key.place, message, advice);
    }
    let written = (raw.match_.as_ref(), &raw.fields);
    let match_ = match_rule(written, &fields, Client::Contact, problems);
    let responsible = raw.responsible.as_ref();
    let responsible = responsible
        .and_then(|raw| new_owners(raw, Client::Contact, (declared, &mut *used), problems));
    let several = raw
        .several
        .as_ref()
        .map_or_else(Several::default, |word| word.value);
    // who wants to decide among several contacts wants to decide here, too
    let conflict = match several {
        Several::Park => Conflict::Park,
        Several::Oldest | Several::Newest | Several::All => Conflict::default(),
    };
    (!fields.is_empty()).then(|| ContactRules {
        when,
        match_,
        several,
        conflict: raw.conflict.as_ref().map_or(conflict, |word| word.value),
        without_key: raw
            .without_key
            .as_ref()
            .map_or_else(WithoutKey::default, |word| word.value),
        responsible,
        fields,
    })
}

/// Compiles `match`.
pub(super) fn match_rule(
    (match_, written): WrittenSearch<'_>,
    fields: &[FieldRule],
    client: Client,
    problems: &mut Problems,
) -> Match {
    match match_ {
        None | Some(RawMatch::Any) => Match::Any,
        Some(RawMatch::All) => Match::All,
        Some(RawMatch::Groups { place, groups }) => {
            check_groups((place, groups), fields, client, problems);
            warn_of_keys_without_effect(written, (place, groups), fields, problems);
            let names = |group: &Vec<Text>| group.iter().map(|name| name.value.clone()).collect();
            Match::Groups(groups.iter().map(names).collect())
        }
    }
}

/// Returns the fields that find somebody only together with a unique one.
pub(super) fn shared_together(written: Option<&RawMatch>) -> Vec<String> {
    let groups = match written {
        Some(RawMatch::Groups { groups, .. }) => groups.as_slice(),
        Some(RawMatch::Any | RawMatch::All) | None => &[],
    };
    let is_good = |group: &&Vec<Text>| group.iter().any(|name| !is_widely_shared(&name.value));
    let together: Vec<String> = groups
        .iter()
        .filter(is_good)
        .flatten()
        .map(|name| name.value.clone())
        .collect();
    let alone = |name: &String| {
        groups.iter().any(|group| {
            group.iter().any(|one| one.value == *name)
                && group.iter().all(|one| is_widely_shared(&one.value))
        })
    };
    together.into_iter().filter(|name| !alone(name)).collect()
}

fn check_groups(
    (place, groups): (&TextPlace, &[Vec<Text>]),
    fields: &[FieldRule],
    client: Client,
    problems: &mut Problems,
) {
    let (en, ru) = client.called();
    if groups.is_empty() || groups.iter().any(Vec::is_empty) {
        let message = bilingual!(
            "an empty group in `match` finds no {en}",
            "пустая группа в `match` никого не найдёт"
        );
        let advice = bilingual!(
            "a group names fields: [[PHONE, LAST_NAME], [EMAIL]]",
            "в группе перечисляют поля: [[PHONE, LAST_NAME], [EMAIL]]"
        );
        problems.error(Code::WrongValue, place, message, advice);
    }
    let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    for name in groups.iter().flatten() {
        let word = &name.value;
        if !known.contains(&name.value.as_str()) {
            let message = bilingual!(
                "`match` names `{word}`, which the {en} does not fill",
                "`match` называет `{word}`, а {ru} этого поля не заполняет"
            );
            let advice = suggest::did_you_mean(&name.value, &known);
            problems.error(Code::WrongValue, &name.place, message, advice);
        } else if !is_flagged(fields, &name.value) {
            let message = bilingual!(
                "`match` names `{word}`, which has no `search: true`",
                "`match` называет `{word}`, а у него нет `search: true`"
            );
            let advice = bilingual!(
                "write {word}: {{ value: \"…\", search: true }}",
                "напишите {word}: {{ value: \"…\", search: true }}"
            );
            problems.error(Code::WrongValue, &name.place, message, advice);
        }
    }
}

/// A search field that is in no group finds nothing.
fn warn_of_keys_without_effect(
    written: &IndexMap<String, RawFieldRules>,
    (place, groups): (&TextPlace, &[Vec<Text>]),
    fields: &[FieldRule],
    problems: &mut Problems,
) {
    // a group that names a wrong field is reported, and may mean this one
    let is_named = |name: &Text| fields.iter().any(|field| field.name == name.value);
    if !groups.iter().flatten().all(is_named) {
        return;
    }
    for rules in written.values() {
        // a field of the defaults is searched for other profiles
        if rules.key.place.source.name() != place.source.name() {
            continue;
        }
        let name = &rules.key.value;
        if is_flagged(fields, name) && groups.iter().flatten().all(|one| one.value != *name) {
            let message = bilingual!(
                "`{name}` has `search: true`, but no group of `match` names it",
                "у `{name}` стоит `search: true`, но ни одна группа `match` его не называет"
            );
            let advice = bilingual!(
                "it is not used to search: add it to a group, or remove `search: true`",
                "по нему не ищут: добавьте его в группу или уберите `search: true`"
            );
            problems.warn(Code::WrongPlace, &rules.key.place, message, advice);
        }
    }
}

fn is_flagged(fields: &[FieldRule], name: &str) -> bool {
    fields
        .iter()
        .any(|field| field.name == name && field.role == FieldRole::Search)
}

/// Compiles who is responsible for a new contact or company, always or by a value.
pub(super) fn new_owners(
    raw: &RawChoice<RawResponsible>,
    of: Client,
    (declared, used): (&[&str], &mut Used),
    problems: &mut Problems,
) -> Option<Choice<Responsible>> {
    let owner =
        |written: &RawResponsible, problems: &mut Problems| new_owner(written, of, problems);
    choice::compile(raw, declared, used, problems, owner)
}

/// A new contact or company has no owner yet, so it cannot be `contact_owner`.
fn new_owner(
    written: &RawResponsible,
    client: Client,
    problems: &mut Problems,
) -> Option<Responsible> {
    if let RawResponsible::One(text) = written
        && text.value.trim() == "contact_owner"
    {
        let message = match client {
            Client::Contact => bilingual!(
                "a new contact has no responsible employee yet",
                "у нового контакта ещё нет ответственного"
            ),
            Client::Company => bilingual!(
                "a company cannot take over the responsible employee of a contact",
                "компания не может взять ответственного у контакта"
            ),
        };
        let advice = bilingual!(
            "name an employee, or several who take turns: {{ in_turn: [6, 9] }}",
            "назовите сотрудника или нескольких по очереди: {{ in_turn: [6, 9] }}"
        );
        problems.error(Code::WrongValue, &text.place, message, advice);
        return None;
    }
    responsible::compile(written, problems)
}
