//! What of a packet people answered, and what machines added: marks of visits, cookies, numbers of
//! forms, the head of a poll's answer.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// The members of a poll's packet.
const HEAD: &str = "header_data";
const DATA: &str = "data";

/// Names that are technical, in lower case.
const NAMES: [&str; 57] = [
    "analytics",
    "captcha",
    "client_ip",
    "cookie",
    "cookies",
    "created",
    "created_at",
    "createdat",
    "csrf",
    "csrf_token",
    "csrfmiddlewaretoken",
    "event_id",
    "fbclid",
    "fingerprint",
    "form_id",
    "formid",
    "g-recaptcha-response",
    "gbraid",
    "gclid",
    "headers",
    "honeypot",
    "href",
    "ip",
    "ip_address",
    "ipaddress",
    "landing",
    "msclkid",
    "phpsessid",
    "referer",
    "referrer",
    "remote_addr",
    "remote_ip",
    "request_id",
    "roistat",
    "screen",
    "sessid",
    "session_id",
    "sessionid",
    "signature",
    "smart-token",
    "submitted_at",
    "time_zone",
    "timestamp",
    "timezone",
    "token",
    "tranid",
    "updated_at",
    "user_agent",
    "user_ip",
    "useragent",
    "utm",
    "visitor_id",
    "wbraid",
    "webhook",
    "yclid",
    "ymclid",
    "ysclid",
];
/// Ends of the names of keys and passwords, and whole names of them: in lower case, letters and
/// digits only.
const SECRETS: [&str; 10] = [
    "accesskey",
    "apikey",
    "apitoken",
    "authtoken",
    "accesstoken",
    "handshakekey",
    "passwd",
    "password",
    "privatekey",
    "secret",
];
const KEYS: [&str; 6] = [
    "auth",
    "authkey",
    "authorization",
    "hookkey",
    "secretkey",
    "token",
];
/// Beginnings of technical names.
const BEGINNINGS: [&str; 6] = [
    "_",
    "roistat_",
    "tildaspec",
    "recaptcha",
    "calltouch_",
    "x-",
];
/// Members of a question, and of its answer; the rest of it numbers and sorts.
const QUESTIONS: [&str; 7] = ["question", "q", "вопрос", "label", "title", "name", "field"];
const ANSWERS: [&str; 6] = ["answer", "a", "ответ", "value", "values", "answers"];
const SORTING: [&str; 11] = [
    "id", "key", "code", "type", "kind", "number", "order", "sort", "required", "t", "тип",
];

/// The parts of a packet.
pub(super) struct Parts<'v> {
    /// What people answered.
    pub(super) answer: Cow<'v, Value>,
    pub(super) technical: Vec<(&'v str, &'v Value)>,
}

impl<'v> Parts<'v> {
    pub(super) fn of(body: &'v Value) -> Self {
        let Value::Object(map) = body else {
            return Self {
                answer: Cow::Borrowed(body),
                technical: Vec::new(),
            };
        };
        // examples and tests may leave out the head
        let is_of_poll = map.contains_key(HEAD) || map.len() == 1;
        if let (true, Some(data)) = (is_of_poll, map.get(DATA)) {
            let others = map.iter().filter(|(key, _)| *key != DATA);
            return Self {
                answer: Cow::Borrowed(data),
                technical: others.map(|(key, value)| (key.as_str(), value)).collect(),
            };
        }
        if !map.keys().any(|key| is_technical(key)) {
            return Self {
                answer: Cow::Borrowed(body),
                technical: Vec::new(),
            };
        }
        let (mut answer, mut technical) = (Map::new(), Vec::new());
        for (key, value) in map {
            if is_technical(key) {
                technical.push((key.as_str(), value));
            } else {
                answer.insert(key.clone(), value.clone());
            }
        }
        Self {
            answer: Cow::Owned(Value::Object(answer)),
            technical,
        }
    }
}

/// Returns whether machines and not people fill a field of this name.
pub(super) fn is_technical(name: &str) -> bool {
    is_mark(name)
        || NAMES.iter().any(|known| name.eq_ignore_ascii_case(known))
        || is_secret(name)
        || BEGINNINGS.iter().any(|start| starts_with(name, start))
}

/// Returns whether a name is that of a key with which a service proves who it is.
pub(super) fn is_secret(name: &str) -> bool {
    let letters = || {
        let letters = name.bytes().rev().filter(u8::is_ascii_alphanumeric);
        letters.map(|byte| byte.to_ascii_lowercase())
    };
    let ends_with = |end: &&str| letters().take(end.len()).eq(end.bytes().rev());
    let is_whole = |word: &&str| letters().eq(word.bytes().rev());
    name.len() <= 64
        && name.is_ascii()
        && (SECRETS.iter().any(ends_with) || KEYS.iter().any(is_whole))
}

/// Returns whether a field is a UTM mark, or holds several.
pub(super) fn is_mark(name: &str) -> bool {
    starts_with(name, "utm")
}

fn starts_with(name: &str, start: &str) -> bool {
    let head = name.get(..start.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// A question and its answer.
pub(super) struct Asked<'v> {
    pub(super) text: &'v str,
    pub(super) answer: &'v Value,
    /// Whether the value has nothing else.
    pub(super) is_whole: bool,
}

impl<'v> Asked<'v> {
    /// Reads an object that is a question with its answer, as quizzes send them.
    pub(super) fn read(value: &'v Value) -> Option<Self> {
        let map = value.as_object().filter(|map| map.len() >= 2)?;
        let find = |names: &[&str]| {
            let mut names = names.iter();
            names.find_map(|name| map.get_key_value(*name))
        };
        let (asked, text) = find(&QUESTIONS)?;
        let (told, answer) = find(&ANSWERS)?;
        let text = text.as_str().map(str::trim)?;
        let is_known = |key: &String| key == asked || key == told || SORTING.contains(&&**key);
        (!text.is_empty() && map.keys().all(is_known)).then_some(Self {
            text,
            answer,
            is_whole: map.len() == 2,
        })
    }
}
