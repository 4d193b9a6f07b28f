//! The commands to a PBX of this exchange, and their replies.

use serde_json::{Map, Value, json};

use super::{OBJECT, Request};
use crate::domain::json::Bounds;
use crate::domain::text::ellipsis;
use crate::domain::{Phone, is_inner_number};
use crate::pbx::command::{
    CommandFailure, CommandUser, DialNumber, HistoryQuery, PbxCommand, PbxUser,
};
use crate::pbx::values::text_of;

/// The path of the exchange below the address of a PBX.
pub(super) const COMMAND_PATH: &str = "integration/usercrm/";

/// The most of the PBX's words that a failure repeats, in characters.
const MOST_WORDS: usize = 200;

/// The country code of numbers that are dialled with 8.
const RUSSIA: &str = "+7";

/// Returns the request of a command. `id` tells it from all others.
pub(super) fn request(command: &PbxCommand, id: &str) -> Value {
    let (action, params) = match command {
        PbxCommand::MakeCall { user, number } => (
            "make_call",
            json!({"crm_user_id": user_of(user), "dst": dialled(number)}),
        ),
        PbxCommand::SwitchHold { user, call } => (
            "switch_call_hold",
            json!({"crm_user_id": user_of(user), "call_id": call}),
        ),
        PbxCommand::History(query) => ("get_cdr", of_history(query)),
        PbxCommand::Users => ("get_domain_user_list", json!({})),
    };
    let mut whole = json!({
        "action": action, "obj": OBJECT, "action_id": id, "params": params,
    });
    if let PbxCommand::History(query) = command {
        whole["sort"] = json!({"dt": "+"});
        whole["limit"] = json!(query.limit);
        whole["offset"] = json!(query.offset);
    }
    whole
}

fn user_of(user: &CommandUser) -> &str {
    &user.crm_user
}

fn of_history(query: &HistoryQuery) -> Value {
    let mut params = json!({
        "start_dt": query.from.as_second().to_string(),
        "end_dt": query.to.as_second().to_string(),
    });
    if !query.numbers.is_empty() {
        let numbers: Vec<String> = query.numbers.iter().map(searched).collect();
        params["src_or_dst_list"] = json!(numbers);
    }
    params
}

/// Returns a number as the samples of the documentation dial it: a Russian one with 8.
fn dialled(number: &DialNumber) -> String {
    let written = number.as_str();
    if is_inner_number(written) {
        return written.to_owned();
    }
    let known = Phone::parse(written);
    let national = known
        .as_ref()
        .and_then(|phone| phone.as_str().strip_prefix(RUSSIA));
    match (national, known.as_ref()) {
        (Some(national), _) => format!("8{national}"),
        (None, Some(phone)) => phone.as_str().to_owned(),
        (None, None) => written.to_owned(),
    }
}

/// Returns a number as records have it.
fn searched(number: &DialNumber) -> String {
    let written = number.as_str();
    if is_inner_number(written) {
        return written.to_owned();
    }
    Phone::parse(written).map_or_else(|| written.to_owned(), |phone| phone.as_str().to_owned())
}

/// Reads the reply to a command that returns nothing. The documented reply to a hold is the request
/// again, without a code.
pub(super) fn done(raw: &[u8], bounds: Bounds) -> Result<(), CommandFailure> {
    reply(raw, bounds).map(drop)
}

/// Reads the reply with records of calls.
pub(super) fn rows(raw: &[u8], bounds: Bounds) -> Result<Vec<Map<String, Value>>, CommandFailure> {
    let listed = listed(reply(raw, bounds)?)?;
    let rows = listed.into_iter().filter_map(|row| match row {
        Value::Object(row) => Some(row),
        _ => None,
    });
    Ok(rows.collect())
}

/// Reads the reply with the users. A user without an inner number is left out.
pub(super) fn users(raw: &[u8], bounds: Bounds) -> Result<Vec<PbxUser>, CommandFailure> {
    let listed = listed(reply(raw, bounds)?)?;
    Ok(listed.iter().filter_map(user).collect())
}

fn user(row: &Value) -> Option<PbxUser> {
    let word = |name: &str| row.get(name).and_then(text_of);
    let names = [word("user_name"), word("user_surname")];
    let names: Vec<String> = names.into_iter().flatten().collect();
    Some(PbxUser {
        inner: word("uid")?,
        name: names.join(" "),
        email: word("email"),
    })
}

/// Returns a row of the history as the PBX would have sent it after the call.
pub(super) fn as_sent(row: &Map<String, Value>) -> Value {
    json!({"action": "cdr_append", "obj": OBJECT, "code": 200, "body": row})
}

/// Reads a reply; a refusal is a failure.
fn reply(raw: &[u8], bounds: Bounds) -> Result<Request, CommandFailure> {
    let reply = Request::read(raw, bounds).map_err(|_| CommandFailure::NotUnderstood)?;
    let body = reply.members.get("body");
    let has_failed = body.and_then(|body| body.get("success")) == Some(&Value::Bool(false));
    let code = reply.members.get("code").and_then(text_of);
    match code.as_deref() {
        Some("200" | "201" | "202") if !has_failed => Ok(reply),
        None if !has_failed && !reply.action_name().is_empty() => Ok(reply),
        code => Err(CommandFailure::Refused {
            code: code.map_or_else(|| "?".to_owned(), |code| ellipsis(code, MOST_WORDS)),
            words: words(&reply),
        }),
    }
}

/// Returns what the PBX says about a refusal.
fn words(reply: &Request) -> Option<String> {
    let body = reply.members.get("body");
    let of_body = ["message", "error", "detail"]
        .into_iter()
        .find_map(|name| body?.get(name).and_then(text_of));
    let whole = body.and_then(text_of);
    let own = ["message", "error"]
        .into_iter()
        .find_map(|name| reply.members.get(name).and_then(text_of));
    let words = of_body.or(whole).or(own)?;
    Some(ellipsis(&words, MOST_WORDS))
}

/// Returns the rows of a reply, which are in `body` or in `list`.
fn listed(reply: Request) -> Result<Vec<Value>, CommandFailure> {
    let mut members = reply.members;
    let mut take = |name: &str| match members.remove(name) {
        Some(Value::Array(rows)) => Some(rows),
        _ => None,
    };
    take("body")
        .or_else(|| take("list"))
        .ok_or(CommandFailure::NotUnderstood)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pbx::usercrm::Record;

    fn number(typed: &str) -> DialNumber {
        DialNumber::parse(typed).unwrap()
    }

    fn rita() -> CommandUser {
        CommandUser {
            crm_user: "30".to_owned(),
            inner: Some("9022".to_owned()),
        }
    }

    fn bounds() -> Bounds {
        Bounds::from(20)
    }

    #[test]
    fn commands_have_the_shapes_of_the_documentation() {
        let make = |typed: &str| {
            let make = PbxCommand::MakeCall {
                user: rita(),
                number: number(typed),
            };
            request(&make, "123")
        };
        assert_eq!(
            make("+7 906 680-04-04"),
            json!({
                "action": "make_call", "obj": "UserCRM", "action_id": "123",
                "params": {"crm_user_id": "30", "dst": "89066800404"}
            })
        );
        for (typed, dst) in [("1004", "1004"), ("+49 171 5553344", "+491715553344")] {
            assert_eq!(make(typed)["params"]["dst"], dst);
        }
        let hold = PbxCommand::SwitchHold {
            user: rita(),
            call: "725d".to_owned(),
        };
        assert_eq!(
            request(&hold, "124")["params"],
            json!({"crm_user_id": "30", "call_id": "725d"})
        );
        let history = PbxCommand::History(HistoryQuery {
            from: "2021-10-01T07:40:25Z".parse().unwrap(),
            to: "2021-10-01T07:52:05Z".parse().unwrap(),
            numbers: vec![number("84951343060"), number("9022")],
            limit: 10,
            offset: 20,
        });
        assert_eq!(
            request(&history, "125"),
            json!({
                "action": "get_cdr", "obj": "UserCRM", "action_id": "125", "sort": {"dt": "+"},
                "limit": 10, "offset": 20,
                "params": {
                    "start_dt": "1633074025", "end_dt": "1633074725",
                    "src_or_dst_list": ["+74951343060", "9022"]
                }
            })
        );
        assert_eq!(
            request(&PbxCommand::Users, "126"),
            json!({"action": "get_domain_user_list", "obj": "UserCRM", "action_id": "126", "params": {}})
        );
    }

    #[test]
    fn the_users_of_the_documentation_are_read() {
        let raw = r#"{"action": "get_domain_user_list", "obj": "UserCRM", "code": 200, "notifies": [],
            "body": [
                {"user_name": "Рита", "user_surname": "Ким", "uid": "777", "id": 3103, "proto": 0},
                {"user_name": "Иван", "user_surname": "", "uid": 1111, "id": 1937, "email": "i@tis.example"},
                {"user_name": "Без номера", "uid": ""}
            ]}"#;
        let read = users(raw.as_bytes(), bounds()).unwrap();
        let shown: Vec<_> = read
            .iter()
            .map(|user| {
                (
                    user.inner.as_str(),
                    user.name.as_str(),
                    user.email.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("777", "Рита Ким", None),
                ("1111", "Иван", Some("i@tis.example"))
            ]
        );
    }

    #[test]
    fn records_are_read_from_the_body_or_the_list() {
        for raw in [
            r#"{"action": "get_cdr", "code": 200, "body": [{"uniqueid": "a"}, 7, {"id": 1}]}"#,
            "{'action': 'get_cdr', 'code': '200', 'list': [{'uniqueid': 'a'}, {'id': 1}]}",
        ] {
            let read = rows(raw.as_bytes(), bounds()).unwrap();
            let keys: Vec<_> = read
                .iter()
                .map(|row| Record::of(row).unwrap().key().unwrap())
                .collect();
            assert_eq!(keys, ["a", "id:1"], "{raw}");
        }
        let row = json!({"uniqueid": "a"});
        let sent = as_sent(row.as_object().unwrap());
        let sent = Request::read(sent.to_string().as_bytes(), bounds()).unwrap();
        assert_eq!(sent.record().unwrap().key().as_deref(), Some("a"));
        for raw in [
            r#"{"action": "get_cdr", "code": 200, "body": {}}"#,
            r#"{"code": 200}"#,
            "<html>",
            "[]",
        ] {
            let read = rows(raw.as_bytes(), bounds());
            assert_eq!(read, Err(CommandFailure::NotUnderstood), "{raw}");
        }
    }

    #[test]
    fn a_hold_may_be_answered_with_the_request_and_refusals_keep_the_words() {
        let hold =
            r#"{"action": "switch_call_hold", "obj": "UserCRM", "params": {"call_id": "725d"}}"#;
        assert_eq!(done(hold.as_bytes(), bounds()), Ok(()));
        assert_eq!(
            done(br#"{"action": "make_call", "code": 200}"#, bounds()),
            Ok(())
        );
        for (raw, code, words) in [
            (
                r#"{"action": "make_call", "code": 480, "body": {"success": false, "message": "no phone"}}"#,
                "480",
                Some("no phone"),
            ),
            (
                r#"{"action": "make_call", "code": "403", "body": "no"}"#,
                "403",
                Some("no"),
            ),
            (r#"{"code": 200, "body": {"success": false}}"#, "200", None),
            ("{}", "?", None),
        ] {
            let refused = CommandFailure::Refused {
                code: code.to_owned(),
                words: words.map(str::to_owned),
            };
            assert_eq!(done(raw.as_bytes(), bounds()), Err(refused), "{raw}");
        }
    }
}
