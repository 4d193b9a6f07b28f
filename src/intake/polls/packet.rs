//! Parses the bodies of the survey portal. Unknown keys are ignored, old names are understood,
//! numbers may be text. A flaw names the key that is missing or wrong.

use std::borrow::Cow;

use serde_json::Value;

use crate::domain::partial_json::{Keep, Kept};
use crate::domain::{AnswerId, Email, Lang, PollId};

/// A `postPoll` request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PollPacket {
    pub(super) id: PollId,
    pub(super) name: Option<String>,
    pub(super) language: Lang,
    pub(super) employee: Option<Email>,
    /// What the packet has instead of an address.
    pub(super) no_address: Option<String>,
}

/// The head of a `postAnswer` request. Profiles read the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AnswerPacket {
    pub(super) poll: PollId,
    pub(super) answer: AnswerId,
}

/// A key that is missing or wrong, by its path in the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) path: &'static str,
    pub(super) what: What,
}

/// What is wrong with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Missing,
    NotANumber,
    NotAnObject,
}

impl Flaw {
    /// Returns the wording for the sender.
    pub(super) fn to_text(&self, lang: Lang) -> String {
        let path = self.path;
        match (self.what, lang) {
            (What::Missing, Lang::Ru) => format!("нет обязательного поля {path}"),
            (What::Missing, Lang::En) => format!("the required field {path} is missing"),
            (What::NotANumber, Lang::Ru) => {
                format!("поле {path} должно быть целым числом от 1 до {}", i64::MAX)
            }
            (What::NotANumber, Lang::En) => {
                format!(
                    "the field {path} must be a whole number from 1 to {}",
                    i64::MAX
                )
            }
            (What::NotAnObject, Lang::Ru) => format!("поле {path} должно быть объектом {{…}}"),
            (What::NotAnObject, Lang::En) => format!("the field {path} must be an object {{…}}"),
        }
    }
}

/// All keys that are read here.
pub(super) const ASKED: Keep = Keep::Members(&[
    (
        "header_data",
        Keep::Members(&[
            ("poll_id", Keep::Plain),
            ("express_poll_id", Keep::Plain),
            ("answer_id", Keep::Plain),
        ]),
    ),
    ("data", Keep::Kind),
    ("poll_id", Keep::Plain),
    ("express_poll_id", Keep::Plain),
    ("answer_id", Keep::Plain),
    ("poll_name", Keep::Plain),
    ("name", Keep::Plain),
    ("poll_language", Keep::Plain),
    ("employee_email", Keep::Plain),
]);

/// Returns the JSON of a body. Some senders encode it twice: the whole body is a JSON string that
/// holds an object.
pub(super) fn unwrapped(raw: &[u8]) -> Cow<'_, [u8]> {
    /// Bodies that are encoded more often stay as they are.
    const MOST: usize = 3;
    let mut json = Cow::Borrowed(raw);
    for _ in 0..MOST {
        if !json.trim_ascii_start().starts_with(b"\"") {
            break;
        }
        match serde_json::from_slice::<String>(&json) {
            Ok(inner) => json = Cow::Owned(inner.into_bytes()),
            Err(_) => return Cow::Borrowed(raw),
        }
    }
    if json.trim_ascii_start().starts_with(b"{") {
        json
    } else {
        Cow::Borrowed(raw)
    }
}

/// Parses a `postPoll` body. A malformed e-mail address matters only to the employee check.
pub(super) fn poll(body: &Kept) -> Result<PollPacket, Flaw> {
    whole(body)?;
    let id = id(body, &["poll_id", "express_poll_id"], "poll_id")?;
    let typed = body.get("employee_email").and_then(text);
    let employee = typed.as_deref().and_then(Email::parse);
    Ok(PollPacket {
        no_address: typed.filter(|_| employee.is_none()),
        employee,
        id: PollId::new(id).ok_or(Flaw {
            path: "poll_id",
            what: What::NotANumber,
        })?,
        name: ["poll_name", "name"]
            .into_iter()
            .find_map(|key| text(body.get(key)?)),
        language: language(body).unwrap_or_default(),
    })
}

/// Reads the head of a `postAnswer` body. PHP writes an object without members as `[]`, and other
/// senders as `null`: both are read as an empty object wherever the contract has an object.
pub(super) fn answer(body: &Kept) -> Result<AnswerPacket, Flaw> {
    whole(body)?;
    let head = object(body.get("header_data"), "header_data")?;
    let poll = id(head, &["poll_id", "express_poll_id"], "header_data.poll_id")?;
    let answer = id(head, &["answer_id"], "header_data.answer_id")?;
    object(body.get("data"), "data")?;
    Ok(AnswerPacket {
        poll: PollId::new(poll).ok_or(Flaw {
            path: "header_data.poll_id",
            what: What::NotANumber,
        })?,
        answer: AnswerId::new(answer).ok_or(Flaw {
            path: "header_data.answer_id",
            what: What::NotANumber,
        })?,
    })
}

/// Returns the ids that a body names.
pub(super) fn named(body: &Value) -> (Option<PollId>, Option<AnswerId>) {
    ids(&Kept::of(body, ASKED))
}

/// Returns the ids of a partial read: a refusal repeats them.
pub(super) fn ids(body: &Kept) -> (Option<PollId>, Option<AnswerId>) {
    let head = body.get("header_data").unwrap_or(body);
    (
        id(head, &["poll_id", "express_poll_id"], "")
            .ok()
            .and_then(PollId::new),
        id(head, &["answer_id"], "").ok().and_then(AnswerId::new),
    )
}

/// Returns the language that a `postPoll` body asks for.
pub(super) fn language(body: &Kept) -> Option<Lang> {
    Lang::parse(body.get("poll_language")?.plain()?.as_str()?)
}

/// Checks that the body is an object. Its members are required, so the other spellings of an empty
/// object do not count.
fn whole(body: &Kept) -> Result<(), Flaw> {
    body.is_object().then_some(()).ok_or(Flaw {
        path: "$",
        what: What::NotAnObject,
    })
}

/// Returns an object of the contract, which may be empty in any spelling.
fn object<'b>(value: Option<&'b Kept>, path: &'static str) -> Result<&'b Kept, Flaw> {
    let what = match value {
        Some(value) if value.is_object_or_empty() => return Ok(value),
        Some(_) => What::NotAnObject,
        None => What::Missing,
    };
    Err(Flaw { path, what })
}

/// Returns the first of these keys that is a number or numeric text.
fn id(body: &Kept, keys: &[&str], path: &'static str) -> Result<i64, Flaw> {
    let value = keys
        .iter()
        .find_map(|key| body.get(key).filter(|value| !value.is_null()));
    let value = value.ok_or(Flaw {
        path,
        what: What::Missing,
    })?;
    let read = match value.plain() {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    read.filter(|id| *id > 0).ok_or(Flaw {
        path,
        what: What::NotANumber,
    })
}

fn text(value: &Kept) -> Option<String> {
    /// The longest name, in characters.
    const LONGEST: usize = 500;
    let text = value.plain()?.as_str()?.trim();
    (!text.is_empty()).then(|| crate::domain::text::ellipsis(text, LONGEST))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(body: &Value) -> Kept {
        Kept::of(body, ASKED)
    }

    #[test]
    fn the_documented_poll_and_its_old_names_are_read() {
        let packet = poll(&kept(&json!({
            "poll_id": 123, "poll_name": "Какой у вас вопрос по ОП", "poll_language": "ru",
            "employee_email": "<somebody@hse.ru>", "user_id": 5,
        })))
        .unwrap();
        assert_eq!(packet.id.get(), 123);
        assert_eq!(packet.employee.unwrap().as_str(), "somebody@hse.ru");
        let old = poll(&kept(
            &json!({"express_poll_id": "124", "name": "Old", "poll_language": "EN"}),
        ))
        .unwrap();
        assert_eq!(
            (old.id.get(), old.name.as_deref(), old.language),
            (124, Some("Old"), Lang::En)
        );
    }

    #[test]
    fn a_wrong_or_missing_key_is_named() {
        let message = |body: Value| answer(&kept(&body)).unwrap_err().to_text(Lang::En);
        let head = json!({"poll_id": 1, "answer_id": 2});
        insta::assert_snapshot!(message(json!([])), @"the field $ must be an object {…}");
        insta::assert_snapshot!(message(json!({})), @"the required field header_data is missing");
        insta::assert_snapshot!(message(json!({"header_data": {}})), @"the required field header_data.poll_id is missing");
        insta::assert_snapshot!(message(json!({"header_data": {"poll_id": 1}})), @"the required field header_data.answer_id is missing");
        insta::assert_snapshot!(message(json!({"header_data": head})), @"the required field data is missing");
        insta::assert_snapshot!(message(json!({"header_data": [], "data": []})), @"the required field header_data.poll_id is missing");
        insta::assert_snapshot!(message(json!({"header_data": null, "data": {}})), @"the required field header_data.poll_id is missing");
        insta::assert_snapshot!(message(json!({"header_data": [head], "data": {}})), @"the field header_data must be an object {…}");
        insta::assert_snapshot!(message(json!({"header_data": head, "data": ["x"]})), @"the field data must be an object {…}");
        insta::assert_snapshot!(message(json!({"header_data": head, "data": "x"})), @"the field data must be an object {…}");
        let message = |body: Value| poll(&kept(&body)).unwrap_err().to_text(Lang::En);
        insta::assert_snapshot!(message(json!([])), @"the field $ must be an object {…}");
        insta::assert_snapshot!(message(json!({"poll_id": null})), @"the required field poll_id is missing");
    }

    #[test]
    fn an_empty_object_may_be_an_empty_list_or_null() {
        let head = json!({"poll_id": 1, "answer_id": 2, "gid": null, "analytics": []});
        for empty in [json!([]), json!(null), json!({})] {
            let packet = answer(&kept(&json!({"header_data": head, "data": empty}))).unwrap();
            assert_eq!((packet.poll.get(), packet.answer.get()), (1, 2));
        }
    }

    #[test]
    fn an_id_is_a_whole_number_from_1() {
        let message = |body: Value| answer(&kept(&body)).unwrap_err().to_text(Lang::En);
        for wrong in [
            json!(-5),
            json!(0),
            json!(1.5),
            json!(1e30),
            json!("x"),
            json!([]),
            json!(true),
        ] {
            let body = json!({"header_data": {"poll_id": 1, "answer_id": wrong}, "data": {}});
            assert!(
                message(body).starts_with("the field header_data.answer_id must be a whole number")
            );
        }
    }

    #[test]
    fn json_that_is_encoded_twice_is_unwrapped() {
        let json = r#"{"a":"b"}"#;
        let once = Value::from(json).to_string();
        let twice = Value::from(once.as_str()).to_string();
        for (raw, wanted) in [
            (json, json),
            (once.as_str(), json),
            (twice.as_str(), json),
            (" \"[1]\"", " \"[1]\""),
            ("\"broken", "\"broken"),
            ("\"\"", "\"\""),
            ("[\"a\"]", "[\"a\"]"),
        ] {
            assert_eq!(unwrapped(raw.as_bytes()), wanted.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn ids_may_be_numeric_text() {
        let packet = answer(&kept(
            &json!({"header_data": {"poll_id": "123", "answer_id": " 345 "}, "data": {}}),
        ))
        .unwrap();
        assert_eq!((packet.poll.get(), packet.answer.get()), (123, 345));
    }
}
