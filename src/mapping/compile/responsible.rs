//! Who becomes responsible for new contacts and records.

use crate::authoring::codes::Code;
use crate::authoring::problem::Problems;
use crate::authoring::raw::RawProfile;
use crate::authoring::raw::responsible::RawResponsible;
use crate::authoring::suggest;
use crate::authoring::yaml::Text;
use crate::domain::{Bilingual, CALLS, Email, Responsible, UserId, bilingual};
use crate::mapping::profile::Receive;

/// The employee of a call.
const CALL_EMPLOYEE: &str = "call_employee";

/// Maximum number of employees, because every submission looks up their addresses.
const MOST_IN_TURN: usize = 100;

pub(super) fn compile(raw: &RawResponsible, problems: &mut Problems) -> Option<Responsible> {
    match raw {
        RawResponsible::One(text) if text.value.trim() == "contact_owner" => {
            Some(Responsible::ContactOwner)
        }
        RawResponsible::One(text) if text.value.trim() == CALL_EMPLOYEE => {
            Some(Responsible::CallEmployee)
        }
        RawResponsible::One(text) => employee(text, &of_one(text), problems),
        RawResponsible::InTurn { place, several } => {
            if several.is_empty() || several.len() > MOST_IN_TURN {
                let message = bilingual!(
                    "`in_turn` takes 1 to {MOST_IN_TURN} employees",
                    "в `in_turn` от 1 до {MOST_IN_TURN} сотрудников"
                );
                let advice = bilingual!(
                    "like {{ in_turn: [6, 9, 12] }}",
                    "например {{ in_turn: [6, 9, 12] }}"
                );
                problems.error(Code::WrongValue, place, message, advice);
                return None;
            }
            let advice = bilingual!(
                "only employees can take turns: write their ids or e-mail addresses",
                "в очереди могут быть только сотрудники: напишите их id или e-mail"
            );
            let several: Vec<Option<Responsible>> = several
                .iter()
                .map(|text| employee(text, &advice, problems))
                .collect();
            several
                .into_iter()
                .collect::<Option<_>>()
                .map(Responsible::InTurn)
        }
        RawResponsible::First { place, several } => {
            let compiled: Vec<Responsible> = several
                .iter()
                .filter_map(|one| compile(one, problems))
                .collect();
            let sure = compiled
                .iter()
                .position(|one| matches!(one, Responsible::User(_)));
            if sure.is_some_and(|sure| sure + 1 < compiled.len()) {
                let message = bilingual!(
                    "entries after an employee's id in `responsible` are ignored",
                    "всё, что в `responsible` стоит после id сотрудника, ни на что не влияет"
                );
                let advice = bilingual!(
                    "put `contact_owner` and e-mail addresses before the id",
                    "поставьте `contact_owner` и e-mail перед id"
                );
                problems.warn(Code::WrongPlace, place, message, advice);
            }
            (!compiled.is_empty()).then_some(Responsible::First(compiled))
        }
    }
}

/// Warns of `call_employee` in a profile that takes no calls: nobody would ever be responsible by it.
pub(super) fn check_calls(raw: &RawProfile, receive: &Receive, problems: &mut Problems) {
    if receive.takes(CALLS) {
        return;
    }
    let contact = raw.contact.iter().flat_map(|it| &it.responsible);
    let company = raw.company.iter().flat_map(|it| &it.responsible);
    let records = raw.deal.iter().chain(&raw.lead).chain(&raw.item);
    let of_records = records.flat_map(|it| &it.responsible);
    for choice in contact.chain(company).chain(of_records) {
        for written in choice.all() {
            if let Some(text) = call_employee(written) {
                let message = bilingual!(
                    "only calls of a PBX have a `{CALL_EMPLOYEE}`",
                    "`{CALL_EMPLOYEE}` есть только у звонков АТС"
                );
                let advice = bilingual!(
                    "write an employee's id, or take calls: `receive: {{ pbx: main }}`",
                    "напишите id сотрудника или принимайте звонки: `receive: {{ pbx: main }}`"
                );
                problems.warn(Code::WrongPlace, &text.place, message, advice);
            }
        }
    }
}

/// Returns where the employee of a call is named.
fn call_employee(written: &RawResponsible) -> Option<&Text> {
    match written {
        RawResponsible::One(text) => (text.value.trim() == CALL_EMPLOYEE).then_some(text),
        RawResponsible::First { several, .. } => several.iter().find_map(call_employee),
        RawResponsible::InTurn { .. } => None,
    }
}

/// Advice on one employee.
fn of_one(text: &Text) -> Bilingual {
    if suggest::nearest(&text.value, ["contact_owner"]).is_some() {
        return suggest::meant("contact_owner");
    }
    if suggest::nearest(&text.value, [CALL_EMPLOYEE]).is_some() {
        return suggest::meant(CALL_EMPLOYEE);
    }
    if suggest::nearest(&text.value, ["in_turn"]).is_some() {
        return bilingual!(
            "employees who take turns: write `{{ in_turn: [6, 9] }}`",
            "сотрудники по очереди: напишите `{{ in_turn: [6, 9] }}`"
        );
    }
    bilingual!(
        "write an employee's id, an e-mail address, `contact_owner`, or {{ in_turn: [6, 9] }}",
        "напишите id сотрудника, его e-mail, `contact_owner` или {{ in_turn: [6, 9] }}"
    )
}

fn employee(text: &Text, advice: &Bilingual, problems: &mut Problems) -> Option<Responsible> {
    let word = text.value.trim();
    if let Some(user) = word.parse().ok().and_then(UserId::new) {
        return Some(Responsible::User(user));
    }
    let is_link = word.to_lowercase().starts_with("mailto:");
    if let Some(email) = Email::parse(word).filter(|_| !is_link) {
        return Some(Responsible::Email(email));
    }
    let message = bilingual!("`{word}` is not an employee", "`{word}` — не сотрудник");
    let several: Vec<&str> = suggest::parts(word).collect();
    let are_numbers = several.iter().all(|part| part.parse::<u32>().is_ok());
    let advice = if several.len() > 1 && are_numbers {
        let list = several.join(", ");
        bilingual!(
            "several employees who take turns: `responsible: {{ in_turn: [{list}] }}`",
            "несколько сотрудников по очереди: `responsible: {{ in_turn: [{list}] }}`"
        )
    } else if let Some((only, remark)) = with_remark(word) {
        bilingual!(
            "a remark begins with ` #`: write `responsible: {only}  # {remark}`",
            "пояснение начинается с ` #`: напишите `responsible: {only}  # {remark}`"
        )
    } else if let Some(only) = one_inside(word) {
        bilingual!(
            "write `responsible: {only}`",
            "напишите `responsible: {only}`"
        )
    } else if let Some(list) = addresses(word) {
        bilingual!(
            "several are a list, of which the first who exists counts: write `[{list}]`; taking turns: `{{ in_turn: [{list}] }}`",
            "несколько пишут списком, берётся первый, кто есть: напишите `[{list}]`; по очереди — `{{ in_turn: [{list}] }}`"
        )
    } else if word.contains("{{") {
        bilingual!(
            "an employee by a value is a table: write `{{ by: \"{{{{city}}}}\", map: {{ Москва: 6 }}, default: 9 }}`",
            "сотрудника по значению задают таблицей: напишите `{{ by: \"{{{{city}}}}\", map: {{ Москва: 6 }}, default: 9 }}`"
        )
    } else if are_employees(&several) {
        let list = several.join(", ");
        bilingual!(
            "several are a list, of which the first who exists counts: write `[{list}]`",
            "несколько пишут списком, берётся первый, кто есть: напишите `[{list}]`"
        )
    } else {
        advice.clone()
    };
    problems.error(Code::WrongValue, &text.place, message, advice);
    None
}

/// `6 (Сухов)`, `6 -- Сухов`: a number and a remark of another language behind it.
fn with_remark(word: &str) -> Option<(&str, &str)> {
    let end = word.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = word.split_at(end);
    let remark = rest
        .trim()
        .trim_matches(|c: char| "-–—;/()*.,|".contains(c) || c.is_whitespace());
    let is_name = remark.starts_with(char::is_alphabetic)
        && !remark.contains(|c: char| c.is_ascii_digit() || c == '@');
    (!number.is_empty() && is_name).then_some((number, remark))
}

/// `contact_owner, 6`: each part is an employee.
fn are_employees(parts: &[&str]) -> bool {
    let is_one = |part: &&str| {
        *part == "contact_owner" || part.parse::<u32>().is_ok() || Email::parse(part).is_some()
    };
    parts.len() > 1 && parts.iter().all(is_one)
}

/// `user_6`, `ID 6`, `Анна <anna@shop.example>`: the id or the address in a text.
fn one_inside(word: &str) -> Option<String> {
    if word.contains("{{") || word.starts_with('$') {
        return None;
    }
    let emails = Email::all_of(word.trim_start_matches("mailto:")).emails;
    if let [email] = emails.as_slice() {
        return Some(email.as_str().to_owned());
    }
    let digits: Vec<&str> = word
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .collect();
    let lower = word.to_lowercase();
    let is_id = ["id", "user", "сотрудник", "№", "#", "u"]
        .iter()
        .any(|start| lower.starts_with(start));
    match digits.as_slice() {
        [only] if is_id => Some((*only).to_owned()),
        _ => None,
    }
}

/// `anna@shop.example, petr@shop.example`: the addresses of a text.
fn addresses(word: &str) -> Option<String> {
    let emails = Email::all_of(word).emails;
    let emails: Vec<&str> = emails.iter().map(Email::as_str).collect();
    (emails.len() > 1).then(|| emails.join(", "))
}
