//! Requests for Calltouch, whose import takes the members that it knows and drops all others without
//! a word: `phone` for `phoneNumber`, a comment that is a plain text, tags without `tag`.
//!
//! The members are those of the vendor's description of `/lead-service/v1/api/request/create`, and
//! `customFields` and `manager` of its public clients. The shapes around them are those that
//! the delivery completes: a list `requests`, one request in its place, or a request alone.

use super::StepCompiler;
use crate::authoring::codes::Code;
use crate::authoring::lookalike::OddCharacter;
use crate::authoring::problem::Problems;
use crate::authoring::raw::then::RawRequest;
use crate::authoring::suggest;
use crate::authoring::yaml::{Node, NodeKind, Text};
use crate::domain::{Bilingual, bilingual};

/// The member that holds the list.
const REQUESTS: &str = "requests";
/// The members of a request.
const MEMBERS: [&str; 13] = [
    "requestNumber",
    "subject",
    "requestUrl",
    "requestDate",
    "sessionId",
    "phoneNumber",
    "email",
    "fio",
    "comment",
    "addTags",
    "customSources",
    "customFields",
    "manager",
];
/// Members that only Calltouch has: a body with one of them is meant for it.
const OWN: [&str; 6] = [
    "phoneNumber",
    "requestUrl",
    "requestNumber",
    "sessionId",
    "customSources",
    "addTags",
];
/// A request needs one of these, or Calltouch refuses it.
const CONTACTS: [&str; 3] = ["phoneNumber", "email", "sessionId"];
/// The members of `customSources`.
const SOURCES: [&str; 5] = ["source", "medium", "campaign", "content", "term"];
/// What other programs call the members of a request, without signs and in small letters.
const OTHERS: &[(&str, &str)] = &[
    (
        "phoneNumber",
        "phone phonenum tel telephone mobile clientphone customerphone userphone телефон номертелефона phones",
    ),
    ("email", "mail clientemail customeremail почта адреспочты"),
    (
        "fio",
        "name clientname customername username fullname firstname фио имя имяклиента contactname",
    ),
    (
        "requestUrl",
        "url page pageurl link href referer referrer location landing страница адрес ссылка",
    ),
    (
        "requestDate",
        "date datetime time created createdat timestamp requesttime дата время",
    ),
    (
        "requestNumber",
        "id number order orderid ordernumber requestid leadid externalid номер номерзаявки",
    ),
    (
        "sessionId",
        "session sessid sid ctsession ctsessionid calltouchsessionid callvalue сессия",
    ),
    (
        "subject",
        "form formname formtitle title theme topic тема форма название названиеформы",
    ),
    (
        "comment",
        "comments message text note description комментарий сообщение текст",
    ),
    ("addTags", "tag tags addtag tagslist тег теги метки"),
    (
        "customSources",
        "utm utms source sources customsource utmtags источник источники",
    ),
    ("customFields", "fields customfield custom поля"),
    ("manager", "responsible user менеджер ответственный"),
];
/// What is a setting of the destination, and no member.
const SETTINGS: [&str; 8] = [
    "siteid",
    "site",
    "token",
    "accesstoken",
    "apikey",
    "clientapiid",
    "apitoken",
    "ключ",
];

/// Returns a word without its signs, in small letters.
fn bare(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Returns the member of a request that a word means.
fn meant(word: &str) -> Option<&'static str> {
    let bare_word = bare(word);
    let same = MEMBERS.iter().find(|member| bare(member) == bare_word);
    let mut others = OTHERS.iter();
    let other = others.find(|(_, words)| words.split(' ').any(|other| other == bare_word));
    same.copied()
        .or(other.map(|(member, _)| *member))
        .or_else(|| {
            let corrected = OddCharacter::find(word)?.corrected;
            MEMBERS.into_iter().find(|member| *member == corrected)
        })
        .or_else(|| suggest::slip(word, &MEMBERS))
}

impl StepCompiler<'_, '_> {
    /// Checks the body of a step that goes to the import of Calltouch.
    pub(super) fn calltouch(&mut self, destination: &Text) {
        let request = &self.step.request;
        if is_import(request, destination) {
            body(request, self.problems);
        }
    }
}

/// Returns whether a step is an import: by the name of its destination, its path or its members.
fn is_import(request: &RawRequest, destination: &Text) -> bool {
    if let Some(path) = &request.path {
        return path.value.contains("/request/create");
    }
    let name = bare(&destination.value);
    name.contains("calltouch") || name.contains("коллтач") || has_own_members(request)
}

/// Returns whether `requests` holds members that only Calltouch has.
fn has_own_members(request: &RawRequest) -> bool {
    let Some((_, node)) = &request.json else {
        return false;
    };
    let NodeKind::Map(members) = &node.kind else {
        return false;
    };
    let mut members = members.iter();
    let list = members.find(|(key, _)| key.value == REQUESTS);
    let rows = list.map(|(_, node)| rows(node)).unwrap_or_default();
    rows.into_iter().any(is_request)
}

/// Returns whether a key is a member that only Calltouch has.
fn is_own(key: &Text) -> bool {
    OWN.contains(&key.value.as_str())
}

/// Returns whether a block has such a member.
fn is_request(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Map(members) if members.iter().any(|(key, _)| is_own(key)))
}

fn body(request: &RawRequest, problems: &mut Problems) {
    if let Some((place, pairs)) = &request.form
        && pairs.iter().any(|(key, _)| is_own(key))
    {
        let message = bilingual!(
            "Calltouch takes JSON, not a form",
            "Calltouch берёт JSON, а не форму"
        );
        let advice = bilingual!(
            "write `json: {{ requests: [{{ … }}] }}`",
            "напишите `json: {{ requests: [{{ … }}] }}`"
        );
        problems.warn(Code::WrongType, place, message, advice);
        return;
    }
    let Some((_, node)) = &request.json else {
        return;
    };
    for row in of_whole(node, problems) {
        one(row, problems);
    }
}

/// Returns the requests of a body; reports members beside them.
fn of_whole<'n>(node: &'n Node, problems: &mut Problems) -> Vec<&'n Node> {
    let NodeKind::Map(members) = &node.kind else {
        let mut own = rows(node);
        own.retain(|row| is_request(row));
        return own;
    };
    let list = members.iter().find(|(key, _)| key.value == REQUESTS);
    let Some((_, list)) = list else {
        // a request alone, or the body of something else
        let alone = if is_request(node) {
            vec![node]
        } else {
            Vec::new()
        };
        let [(key, list)] = members.as_slice() else {
            return alone;
        };
        let is_list = matches!(list.kind, NodeKind::List(_) | NodeKind::Map(_));
        let is_named = bare(&key.value).starts_with("request");
        if !is_list || !(is_named || rows(list).into_iter().any(is_request)) {
            return alone;
        }
        let written = &key.value;
        let message = bilingual!(
            "Calltouch has no `{written}`: the requests are in `requests`",
            "Calltouch не знает `{written}`: заявки лежат в `requests`"
        );
        let advice = bilingual!("write `requests: …`", "напишите `requests: …`");
        problems.warn(Code::WrongValue, &key.place, message, advice);
        return rows(list);
    };
    for (key, _) in members.iter().filter(|(key, _)| key.value != REQUESTS) {
        beside(key, problems);
    }
    rows(list)
}

fn rows(node: &Node) -> Vec<&Node> {
    match &node.kind {
        NodeKind::List(list) => list.iter().collect(),
        NodeKind::Map(_) => vec![node],
        NodeKind::Null | NodeKind::Scalar(_) => Vec::new(),
    }
}

/// A member beside `requests`, which is not sent.
fn beside(key: &Text, problems: &mut Problems) {
    let written = &key.value;
    let message = bilingual!(
        "`{written}` beside `requests` is not sent",
        "`{written}` рядом с `requests` не передаётся"
    );
    let advice = match meant(written) {
        Some(member) if !is_setting(written) => bilingual!(
            "move it into the request: `requests: [{{ {member}: … }}]`",
            "перенесите его внутрь заявки: `requests: [{{ {member}: … }}]`"
        ),
        Some(_) | None => of_settings(),
    };
    problems.warn(Code::WrongPlace, &key.place, message, advice);
}

fn is_setting(word: &str) -> bool {
    SETTINGS.contains(&bare(word).as_str())
}

fn of_settings() -> Bilingual {
    bilingual!(
        "remove it: project and token are settings, `[http.calltouch]` with `site` and `token`",
        "уберите его: проект и токен указывают в настройках, `[http.calltouch]`, ключи `site` и `token`"
    )
}

/// Checks one request.
fn one(row: &Node, problems: &mut Problems) {
    let NodeKind::Map(members) = &row.kind else {
        return;
    };
    let mut has_contact = false;
    for (key, value) in members {
        let name = key.value.trim();
        if MEMBERS.contains(&name) {
            has_contact |= CONTACTS.contains(&name);
            member(name, (key, value), problems);
        } else {
            // the misspelt one counts: it is reported once
            has_contact |= unknown(key, value, problems).is_some_and(|it| CONTACTS.contains(&it));
        }
    }
    if has_contact || members.is_empty() {
        return;
    }
    let message = bilingual!(
        "Calltouch refuses a request without phone, e-mail and session",
        "Calltouch не примет заявку без телефона, почты и сессии"
    );
    let advice = bilingual!(
        "add `phoneNumber: \"{{{{digits phone}}}}\"`, `email` or `sessionId`",
        "добавьте `phoneNumber: \"{{{{digits phone}}}}\"`, `email` или `sessionId`"
    );
    problems.warn(Code::MissingKey, &row.place.in_brackets(), message, advice);
}

/// Reports a member that Calltouch drops; returns the one that is meant.
fn unknown(key: &Text, value: &Node, problems: &mut Problems) -> Option<&'static str> {
    let written = key.value.trim();
    let message = bilingual!(
        "Calltouch has no `{written}`: it would be dropped",
        "Calltouch не знает `{written}` и отбросит его"
    );
    let right = meant(written);
    let of_utm = bare(written);
    let of_utm = of_utm.strip_prefix("utm").and_then(source);
    let advice = if is_setting(written) {
        of_settings()
    } else if let Some(source) = of_utm {
        let shown = shown(value);
        bilingual!(
            "write `customSources: {{ {source}: {shown} }}`",
            "напишите `customSources: {{ {source}: {shown} }}`"
        )
    } else if let Some(member) = right {
        let fixed = right_value(member, value);
        bilingual!("write `{member}: {fixed}`", "напишите `{member}: {fixed}`")
    } else {
        let known = suggest::list(&MEMBERS);
        bilingual!(
            "put the value into `comment: {{ text: \"…\" }}`, or remove it; the members are {known}",
            "впишите значение в `comment: {{ text: \"…\" }}` или уберите его; есть {known}"
        )
    };
    problems.warn(Code::WrongValue, &key.place, message, advice);
    right
}

/// Returns the member of `customSources` that a word means.
fn source(word: &str) -> Option<&'static str> {
    let bare_word = bare(word);
    let bare_word = bare_word.strip_prefix("utm").unwrap_or(&bare_word);
    let same = SOURCES.into_iter().find(|known| *known == bare_word);
    same.or(match bare_word {
        "keyword" | "keywords" | "phrase" | "ключ" | "фраза" => Some("term"),
        "type" | "канал" => Some("medium"),
        "ad" | "ads" | "объявление" => Some("content"),
        "кампания" | "campaignname" => Some("campaign"),
        "источник" => Some("source"),
        _ => None,
    })
}

/// Returns a value as it is written, if it is short.
fn shown(value: &Node) -> String {
    match &value.kind {
        NodeKind::Scalar(text) if text.place.length < 60 => text.place.text(),
        _ => "…".to_owned(),
    }
}

/// Returns a value in the shape that the member takes.
fn right_value(member: &str, value: &Node) -> String {
    match (member, &value.kind) {
        ("comment", NodeKind::Scalar(_)) => format!("{{ text: {} }}", shown(value)),
        ("addTags", NodeKind::Scalar(_)) => format!("[{{ tag: {} }}]", shown(value)),
        ("addTags", NodeKind::List(list)) => {
            let tags = list.iter().map(|item| match &item.kind {
                NodeKind::Map(pairs) => match pairs.first() {
                    Some((_, inside)) => shown(inside),
                    None => "…".to_owned(),
                },
                _ => shown(item),
            });
            let tags: Vec<String> = tags.map(|tag| format!("{{ tag: {tag} }}")).collect();
            format!("[{}]", tags.join(", "))
        }
        ("addTags", NodeKind::Map(pairs)) => {
            let first = pairs.first().map(|(_, inside)| shown(inside));
            let first = first.unwrap_or_else(|| "…".to_owned());
            format!("[{{ tag: {first} }}]")
        }
        ("customSources", NodeKind::Scalar(_)) => format!("{{ source: {} }}", shown(value)),
        ("customSources", _) => "{ source: …, medium: … }".to_owned(),
        ("customFields", _) => "[{ field: …, value: … }]".to_owned(),
        _ => shown(value),
    }
}

/// Checks the shape of a member that Calltouch knows.
fn member(name: &str, (key, value): (&Text, &Node), problems: &mut Problems) {
    match (name, &value.kind) {
        (_, NodeKind::Null) | ("customFields", NodeKind::List(_)) => {}
        ("comment", NodeKind::Map(pairs)) => {
            inside(pairs, &["text"], |_| Some("text"), problems);
        }
        ("addTags", NodeKind::List(list)) if list.iter().all(is_map) => {
            for item in list {
                if let NodeKind::Map(pairs) = &item.kind {
                    inside(pairs, &["tag"], |_| Some("tag"), problems);
                }
            }
        }
        ("customSources", NodeKind::Map(pairs)) => inside(pairs, &SOURCES, source, problems),
        ("comment" | "addTags" | "customSources" | "customFields", _) => {
            let fixed = right_value(name, value);
            let message = bilingual!(
                "Calltouch does not read this `{name}`",
                "такое `{name}` Calltouch не прочитает"
            );
            let advice = bilingual!("write `{name}: {fixed}`", "напишите `{name}: {fixed}`");
            problems.warn(Code::WrongType, &key.place, message, advice);
        }
        (_, NodeKind::Map(_) | NodeKind::List(_)) => {
            let message = bilingual!("`{name}` is one text", "`{name}` — один текст");
            let advice = bilingual!(
                "write `{name}: \"{{{{…}}}}\"`",
                "напишите `{name}: \"{{{{…}}}}\"`"
            );
            problems.warn(Code::WrongType, &value.place.in_brackets(), message, advice);
        }
        _ => {}
    }
}

fn is_map(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Map(_))
}

/// Reports the unknown members of a block.
fn inside(
    pairs: &[(Text, Node)],
    known: &[&str],
    right: impl Fn(&str) -> Option<&'static str>,
    problems: &mut Problems,
) {
    for (key, value) in pairs {
        let written = key.value.trim();
        if known.contains(&written) {
            continue;
        }
        let message = bilingual!(
            "Calltouch has no `{written}` here: it would be dropped",
            "Calltouch не знает здесь `{written}` и отбросит его"
        );
        let advice = match right(written) {
            Some(right) => {
                let shown = shown(value);
                bilingual!("write `{right}: {shown}`", "напишите `{right}: {shown}`")
            }
            None => suggest::did_you_mean(written, known),
        };
        problems.warn(Code::WrongValue, &key.place, message, advice);
    }
}
