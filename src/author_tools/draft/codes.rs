//! The usual codes of form fields, Russian and English, and their roles. Other fields are
//! recognised by their values, if these are clear enough.

use super::observe::{ObservedField, ObservedKind};
use super::sums;
use super::vocabulary::{CODES, MARKS, NUMBERS, ORDERS, OTHERS, PEOPLE, PREFIXES, QUESTIONS};

/// The role of a field, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    FirstName,
    LastName,
    SecondName,
    FullName,
    Phone,
    Email,
    Telegram,
    Vk,
    Skype,
    Instagram,
    Birthdate,
    Position,
    City,
    Company,
    Inn,
    OrderId,
    Amount,
    Comment,
    Page,
    UtmSource,
    UtmMedium,
    UtmCampaign,
    UtmContent,
    UtmTerm,
}

use Role::{
    Amount, Email, FirstName, FullName, Instagram, LastName, OrderId, Page, Phone, SecondName,
    Skype, Telegram, Vk,
};

/// Words in the code of a sum that is not the deal's amount.
const SUMS: &[&str] = &[
    "amount",
    "budget",
    "price",
    "cost",
    "money",
    "сумм",
    "бюджет",
    "стоимость",
    "цена",
];

/// Returns the role of a field, by its code or its values. Objects and lists have none.
pub(super) fn role(seen: &ObservedField) -> Option<Role> {
    if seen.kinds.contains(&ObservedKind::Block) || seen.kinds.contains(&ObservedKind::List) {
        return None;
    }
    if !is_open(&seen.path) {
        return None;
    }
    let parents: Vec<String> = seen.parents.iter().map(|key| folded(key)).collect();
    let key = meaning(seen, &parents);
    let code = folded(key);
    let is_other = parents
        .iter()
        .any(|parent| OTHERS.contains(&parent.as_str()) && !is_wrapper(parent, &parents));
    let is_whole = seen.phrases * 2 > seen.count;
    let question = || match asked(key) {
        // «Как вас зовут?» may get the whole name
        Some(FirstName) if is_whole => Some(FullName),
        asked => asked,
    };
    let found = known(&code, &parents).or_else(question);
    if is_other && let Some(role) = of_company(&code, &parents) {
        return fits(role, seen).then_some(role);
    }
    if is_other {
        // marks and the page may be in a block of their own
        return found.filter(|role| *role >= Page);
    }
    let is_short = matches!(code.as_str(), "имя" | "вашеимя" | "имяклиента");
    let found = found.or_else(|| number_of_order(&code, &parents));
    match found {
        Some(Amount) if !sums::may_be_of_order(&parents, &code) => return None,
        // people type the whole name into «Имя»
        Some(FirstName) if is_whole && is_short => return Some(FullName),
        Some(role) => return fits(role, seen).then_some(role),
        None => {}
    }
    if is_name(&code) && seen.lettered > 0 {
        return Some(if is_whole { FullName } else { FirstName });
    }
    let most = |those: usize| those * 10 >= seen.count * 9 && those > 0;
    match () {
        () if is_technical(&code) => None,
        () if most(seen.emails) => Some(Email),
        () if most(seen.phones) => Some(Phone),
        () => None,
    }
}

/// Returns the role in a block about a company: its taxpayer number, or its name, which is used
/// beside the number only.
fn of_company(code: &str, parents: &[String]) -> Option<Role> {
    let blocks = [
        "company",
        "organization",
        "organisation",
        "org",
        "компания",
        "организация",
    ];
    if !blocks.contains(&parents.last()?.as_str()) {
        return None;
    }
    match code {
        "inn" | "инн" | "taxid" | "taxnumber" => Some(Role::Inn),
        "name" | "title" | "fullname" | "shortname" | "название" | "наименование" => {
            Some(Role::Company)
        }
        _ => None,
    }
}

/// Returns the role of `{ "deal": { "id": … } }`.
fn number_of_order(code: &str, parents: &[String]) -> Option<Role> {
    let is_of_order = parents
        .last()
        .is_some_and(|parent| ORDERS.contains(&parent.as_str()));
    (is_of_order && NUMBERS.contains(&code)).then_some(OrderId)
}

/// Returns how surely a field has its role; the smallest is the surest. Only the surest fields of an
/// order's sum and number are used.
pub(super) fn rank(role: Role, seen: &ObservedField) -> usize {
    let parents: Vec<String> = seen.parents.iter().map(|key| folded(key)).collect();
    let code = folded(meaning(seen, &parents));
    match role {
        Amount => sums::rank(&code),
        OrderId => NUMBERS
            .iter()
            .position(|end| code.ends_with(end))
            .unwrap_or(NUMBERS.len()),
        _ => 0,
    }
}

/// Returns the key that tells what a field is: `{ "email": { "value": … } }` is about `email`.
fn meaning<'s>(seen: &'s ObservedField, parents: &[String]) -> &'s str {
    let is_value = matches!(
        folded(&seen.key).as_str(),
        "value"
            | "values"
            | "answer"
            | "text"
            | "rawvalue"
            | "full"
            | "fullnumber"
            | "phonenumber"
            | "formatted"
    );
    let is_generic = |parent: &String| {
        matches!(
            parent.as_str(),
            "data"
                | "fields"
                | "answers"
                | "form"
                | "answer"
                | "contacts"
                | "properties"
                | "hidden"
        )
    };
    match (seen.parents.last(), parents.last()) {
        (Some(parent), Some(code)) if is_value && !is_generic(code) => parent,
        _ => &seen.key,
    }
}

/// `form` is the whole of a packet in some services: `form.data.name`.
fn is_wrapper(parent: &str, parents: &[String]) -> bool {
    let inner = parents.last().map_or("", String::as_str);
    matches!(parent, "form" | "event" | "extra" | "settings")
        && parents.len() > 1
        && inner != parent
        && !OTHERS.contains(&inner)
}

/// Returns the role of a code, or of a code behind a usual prefix or a number.
fn known(code: &str, parents: &[String]) -> Option<Role> {
    let is_messenger = parents
        .last()
        .is_some_and(|parent| matches!(parent.as_str(), "telegram" | "tg" | "телеграм"));
    if is_messenger && matches!(code, "username" | "login" | "nick" | "nickname") {
        return Some(Telegram);
    }
    if parents
        .last()
        .is_some_and(|parent| parent.starts_with("utm"))
        && let Some((role, _)) = MARKS.iter().find(|(_, word)| *word == code)
    {
        return Some(*role);
    }
    let parent = parents.last().map_or("", String::as_str);
    let is_person = matches!(parent, "fio" | "person" | "client" | "customer" | "contact");
    let is_of_name = is_person || parent.ends_with("name") || parent.ends_with("имя");
    if is_of_name && matches!(code, "first" | "last" | "middle") {
        return Some(match code {
            "first" => FirstName,
            "last" => LastName,
            _ => SecondName,
        });
    }
    let bare = code.trim_end_matches(|c: char| c.is_ascii_digit());
    // `q3_phoneNumber`, `field_1_email`, `text-645`
    let inner = code.trim_start_matches(|c: char| c == 'q' || c.is_ascii_digit());
    let without = |code: &str| {
        PREFIXES
            .iter()
            .find_map(|prefix| of_code(code.strip_prefix(prefix)?))
    };
    // the first question of many is no comment
    let of_bare = || of_code(bare).filter(|_| !matches!(bare, "question" | "вопрос"));
    of_code(code)
        .or_else(of_bare)
        .or_else(|| of_code(inner))
        .or_else(|| without(code))
        .or_else(|| without(bare))
}

/// Returns the role of a question in words.
fn asked(key: &str) -> Option<Role> {
    let lower = key.to_lowercase();
    let is_question = lower.contains(' ') || lower.contains(|c: char| ('а'..='я').contains(&c));
    let words: &str = lower.trim();
    let is_long = words.chars().count() > 60;
    let is_about_others = [
        "компани",
        "организац",
        "company",
        "ребенк",
        "ребёнк",
        "руководител",
        "друг",
    ]
    .iter()
    .any(|other| words.contains(other));
    if !is_question || is_long || is_about_others {
        return None;
    }
    // a yes or no about a way of contact is not the contact
    if [
        "удобн",
        "способ",
        "согласие",
        "подтвержд",
        "agree",
        "связаться по",
    ]
    .iter()
    .any(|word| words.contains(word))
    {
        return None;
    }
    let found = QUESTIONS
        .iter()
        .find(|(_, parts)| parts.iter().any(|part| words.contains(part)));
    found.map(|(role, _)| *role)
}

/// Returns whether the values can be what the code says.
fn fits(role: Role, seen: &ObservedField) -> bool {
    let is_flag = seen.kinds.iter().all(|kind| *kind == ObservedKind::Flag);
    match role {
        // `phone: 1` is a choice or a number of something
        Phone => !is_flag && (seen.phones > 0 || seen.country().is_some() || !is_short(seen)),
        Email => !is_flag && (seen.emails > 0 || seen.kinds.contains(&ObservedKind::Text)),
        // «до 9,5 млн» is no sum
        Amount => seen.amounts == seen.count && seen.zeros < seen.count,
        // shops call the order's number its name: `#1234`
        FirstName | LastName | SecondName | FullName => seen.lettered > 0,
        // the name of a messenger alone is an answer to «how to reach you»
        Telegram | Vk | Skype | Instagram => seen.handles == seen.count,
        _ => !is_flag,
    }
}

/// Returns whether all values are numbers of the packet, too short for a phone.
fn is_short(seen: &ObservedField) -> bool {
    seen.kinds.iter().all(|kind| *kind == ObservedKind::Number)
}

/// Returns the part of a name that a form in numbers has split: `1.3` is the first name and `1.6`
/// the last, unless the field is an address, which also has `1.1` and `1.5`.
pub(super) fn split_name<'o>(
    seen: &ObservedField,
    mut all: impl Iterator<Item = &'o ObservedField>,
) -> Option<Role> {
    let (field, part) = seen.key.split_once('.')?;
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let role = match part {
        "3" => FirstName,
        "4" => SecondName,
        "6" => LastName,
        _ => return None,
    };
    if !is_number(field) || !fits(role, seen) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    parts.extend(all.by_ref().filter_map(|other| {
        let (of, part) = other.key.split_once('.')?;
        (other.parents == seen.parents && of == field).then_some(part)
    }));
    let is_name = parts.contains(&"3") && parts.contains(&"6");
    let is_address = parts.contains(&"1") || parts.contains(&"5");
    (is_name && !is_address).then_some(role)
}

/// A field called `name`, with or without a prefix or a number.
fn is_name(code: &str) -> bool {
    let bare = code.trim_end_matches(|c: char| c.is_ascii_digit());
    bare == "name"
        || PEOPLE
            .iter()
            .any(|prefix| bare.strip_prefix(prefix) == Some("name"))
}

/// Technical values that may look like phone numbers.
fn is_technical(code: &str) -> bool {
    [
        "id",
        "ip",
        "token",
        "hash",
        "time",
        "timestamp",
        "date",
        "ga",
        "ymuid",
        "cookie",
        "cookies",
        "roistat",
        "fingerprint",
    ]
    .iter()
    .any(|end| code.ends_with(end))
}

/// Returns the `as` form for a field without a role, if its values or its code are clear.
pub(super) fn form(seen: &ObservedField) -> Option<&'static str> {
    if !is_open(&seen.path) {
        return None;
    }
    let code = folded(&seen.key);
    let is_sum = SUMS.iter().any(|part| code.contains(part)) && seen.amounts == seen.count;
    match seen.count {
        all if all == seen.plain_lists => Some("join"),
        all if all == seen.days => Some("date"),
        all if all == seen.days + seen.moments => Some("datetime"),
        _ if is_sum => Some("money"),
        _ => None,
    }
}

/// Returns a key in lower case, letters and digits only.
pub(super) fn folded(key: &str) -> String {
    key.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn of_code(code: &str) -> Option<Role> {
    let found = CODES.iter().find(|(_, codes)| codes.contains(&code));
    let role = found.map(|(role, _)| *role);
    let is_sum = || sums::AMOUNTS.iter().any(|codes| codes.contains(&code));
    role.or_else(|| is_sum().then_some(Amount))
}

/// The survey portal's own fields are in `header_data`; only the page and the UTM marks have a role
/// in the CRM.
fn is_open(path: &str) -> bool {
    match path.strip_prefix("$.header_data") {
        None => true,
        Some(rest) => rest == ".analytics.url" || rest.starts_with(".analytics.params."),
    }
}
