//! Hooks of amoCRM: the packet is the item itself, its custom fields are read by `custom`.

use super::tests::PacketTest;
use super::{PacketMistake, is_number, names_of, write};
use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{HOOK_EVENTS, HookPattern, bilingual};
use crate::mapping::profile::Receive;

/// What people call the amount of a lead.
const AMOUNTS: [&str; 12] = [
    "budget",
    "sale",
    "sum",
    "summa",
    "amount",
    "opportunity",
    "total",
    "cost",
    "бюджет",
    "сумма",
    "цена",
    "стоимость",
];
/// What people call a phone and an e-mail address, which are custom fields of the contact.
const CONTACTS: [(&str, &str); 8] = [
    ("phone", "PHONE"),
    ("tel", "PHONE"),
    ("telephone", "PHONE"),
    ("телефон", "PHONE"),
    ("email", "EMAIL"),
    ("mail", "EMAIL"),
    ("e_mail", "EMAIL"),
    ("почта", "EMAIL"),
];
/// Numbers of an item, and the names beside them.
const NUMBERS: [(&str, &str); 4] = [
    ("$.status_id", "$.stage_name"),
    ("$.old_status_id", "$.old_status_id"),
    ("$.pipeline_id", "$.pipeline_name"),
    ("$.responsible_user_id", "$.responsible_user_id"),
];

/// What people call the members of a lead, and their right names.
const MEMBERS: [(&str, &str); 17] = [
    ("status", "$.stage_name"),
    ("stage", "$.stage_name"),
    ("stage_id", "$.status_id"),
    ("статус", "$.stage_name"),
    ("этап", "$.stage_name"),
    ("pipeline", "$.pipeline_name"),
    ("воронка", "$.pipeline_name"),
    ("responsible", "$.responsible_user_id"),
    ("responsible_id", "$.responsible_user_id"),
    ("responsible_user", "$.responsible_user_id"),
    ("manager", "$.responsible_user_id"),
    ("created", "$.created_at"),
    ("updated", "$.updated_at"),
    ("deal_id", "$.id"),
    ("title", "$.name"),
    ("event", "$.hook.event"),
    ("subdomain", "$.hook.subdomain"),
];

fn member(word: &str) -> Option<&'static str> {
    let found = MEMBERS.iter().find(|(known, _)| *known == word);
    found.map(|(_, right)| *right)
}

/// Returns the path of a value under a name or in a shape that hooks do not have.
fn elsewhere(written: &str) -> Option<String> {
    if let Some(rest) = written.strip_prefix("$._embedded.") {
        let end = rest.find(['[', '.']).unwrap_or(rest.len());
        let (list, behind) = rest.split_at(end);
        let member = behind.rsplit(['.', ']']).next().unwrap_or_default();
        return match list {
            "tags" => Some("$.tags[*].name".to_owned()),
            "contacts" if !member.is_empty() => Some(format!("$.contact.{member}")),
            "companies" if !member.is_empty() => Some(format!("$.company.{member}")),
            _ => None,
        };
    }
    if let Some(rest) = written.strip_prefix("$.tags[") {
        let is_block = rest.ends_with(']') && !rest.contains('.');
        return is_block.then(|| "$.tags[*].name".to_owned());
    }
    let number = written
        .strip_prefix("$.cf_")
        .or_else(|| written.strip_prefix("$.CFV["))
        .or_else(|| written.strip_prefix("$.cfv["))?;
    let number = number.trim_end_matches(']');
    is_number(number).then(|| format!("{{ custom: {number} }}"))
}

fn contact(word: &str) -> Option<&'static str> {
    let found = CONTACTS.iter().find(|(name, _)| *name == word);
    found.map(|(_, code)| *code)
}

pub(super) fn path(written: &str, receive: &Receive) -> Option<PacketMistake> {
    if let Some(mistake) = positional(written) {
        return Some(mistake);
    }
    if let Some(right) = elsewhere(written) {
        return Some(PacketMistake::path(written, &right));
    }
    let names = names_of(written)?;
    // messages, customers and others have members of their own
    let is_of = |entity: &str| receive.events.iter().all(|event| event.entity() == entity);
    let right = match names.as_slice() {
        [word] if is_of("leads") && AMOUNTS.contains(word) => "$.price".to_owned(),
        [word] if is_of("leads") && member(word).is_some() => member(word)?.to_owned(),
        [word] if is_of("leads") || is_of("contacts") => {
            return of_top(written, word);
        }
        ["account", "subdomain" | "name"] => "$.hook.subdomain".to_owned(),
        ["account", "id"] => "$.hook.account".to_owned(),
        ["main_contact" | "contacts", word] => match contact(word) {
            Some(code) => format!("{{ contact: {code} }}"),
            None => format!("$.contact.{word}"),
        },
        ["contact", word] => format!("{{ contact: {} }}", contact(word)?),
        ["company", word] => match *word {
            "inn" | "инн" => "{ company: ИНН }".to_owned(),
            word => format!("{{ company: {} }}", contact(word)?),
        },
        ["tags", "name"] => "$.tags[*].name".to_owned(),
        _ => return None,
    };
    Some(PacketMistake::path(written, &right))
}

fn of_top(written: &str, word: &str) -> Option<PacketMistake> {
    if word == "tags" {
        return Some(PacketMistake {
            message: bilingual!(
                "`$.tags` is a list of blocks with number and name",
                "`$.tags` — список блоков с номером и названием"
            ),
            advice: write("$.tags[*].name"),
        });
    }
    let code = contact(word)?;
    Some(PacketMistake::path(
        written,
        &format!("{{ contact: {code} }}"),
    ))
}

/// `$.custom_fields[0].values[0].value`: the place of a custom field in the list changes.
fn positional(written: &str) -> Option<PacketMistake> {
    let rest = written
        .strip_prefix("$.custom_fields_values[")
        .or_else(|| written.strip_prefix("$.custom_fields["))?;
    let (index, _) = rest.split_once(']')?;
    (index == "*" || is_number(index)).then(|| PacketMistake {
        message: bilingual!(
            "a hook has only filled custom fields, so their order changes",
            "в хуке только заполненные поля, поэтому их порядок меняется"
        ),
        advice: bilingual!(
            "name the field: write `{{ custom: 811204 }}`, with its number, code or name",
            "назовите поле: напишите `{{ custom: 811204 }}` — его номер, код или название"
        ),
    })
}

/// `stage: 60110233`: a stage of amoCRM in the block of the record, which is one of Bitrix24.
pub(super) fn stages(raw: &RawProfile, problems: &mut Problems) {
    let records = [&raw.deal, &raw.lead, &raw.item].into_iter().flatten();
    let stages = records.flat_map(|record| record.stages().chain(record.open_stages()));
    let is_own = |text: &&Text| text.place.source.name() == raw.place.source.name();
    for text in stages.filter(is_own) {
        let code = text.value.trim();
        // 142 and 143 are the ends of every pipeline of amoCRM
        if !is_number(code) || (code.len() < 6 && !matches!(code, "142" | "143")) {
            continue;
        }
        let message = bilingual!(
            "`{code}` is a stage of amoCRM: here stands the code of a stage of Bitrix24",
            "`{code}` — стадия amoCRM, а здесь пишут код стадии Битрикс24"
        );
        let advice = bilingual!(
            "write a code such as NEW or C1:NEW; stages of amoCRM are tested in `receive: {{ when: {{ stage: {code} }} }}`",
            "напишите код, например NEW или C1:NEW; стадию amoCRM проверяют в `receive: {{ when: {{ stage: {code} }} }}`"
        );
        problems.warn(Code::WrongValue, &text.place, message, advice);
    }
}

pub(super) fn test(test: &PacketTest<'_>) -> Option<PacketMistake> {
    let value = test.text?;
    if test.path == "$.hook.event" {
        let is_event = HookPattern::parse(value).is_some_and(|event| event.is_known());
        let events: Vec<String> = HOOK_EVENTS
            .iter()
            .flat_map(|(entity, actions)| {
                let event = move |action: &&str| format!("{entity}.{action}");
                actions.iter().map(event)
            })
            .collect();
        let known: Vec<&str> = events.iter().map(String::as_str).collect();
        let advice = match suggest::nearest(value, known) {
            Some(event) => suggest::meant(event),
            None => bilingual!(
                "an event is `leads.add`, `leads.status`, `contacts.update` …",
                "событие — это `leads.add`, `leads.status`, `contacts.update` …"
            ),
        };
        return (!is_event).then(|| PacketMistake::value(test.path, value, advice));
    }
    let (path, named) = NUMBERS.iter().find(|(path, _)| *path == test.path)?;
    if is_number(value) || value == "null" {
        return None;
    }
    let advice = if path == named {
        bilingual!("it is a number", "это номер")
    } else {
        bilingual!(
            "it is a number; the name is in `{named}`: write `{named} == '{value}'`",
            "это номер; название — в `{named}`: напишите `{named} == '{value}'`"
        )
    };
    Some(PacketMistake::value(test.path, value, advice))
}
