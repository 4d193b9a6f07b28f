//! The commands to the virtual PBX, and their replies. They are signed as its requests are. A hold
//! cannot be ended by a command, so it is left out.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::form::signature;
use super::{history, object, of_side, recording as file, text};
use crate::domain::json::Bounds;
use crate::pbx::command::{
    CommandFailure, CommandKeys, CommandReply, CommandRequest, PbxCommand, PbxUser,
};

/// The code of a command that was carried out.
const DONE: &str = "1000";

/// Returns the request of a command; `id` tells it from all others, and the events of an ordered call
/// repeat it. `None` if there is no such command, or the employee has no inner number.
pub(super) fn request(
    command: &PbxCommand,
    keys: &CommandKeys,
    id: &str,
) -> Option<CommandRequest> {
    let (path, content) = match command {
        PbxCommand::MakeCall { user, number } => {
            let order = json!({
                "command_id": id,
                "from": {"extension": user.inner.as_ref()?},
                "to_number": number.as_str().trim_start_matches('+'),
            });
            ("commands/callback", order)
        }
        PbxCommand::Users => ("config/users/request", json!({})),
        PbxCommand::History(query) => (history::REQUEST_PATH, history::order(query)),
        PbxCommand::SwitchHold { .. } => return None,
    };
    signed(path, &content, keys)
}

/// Returns the request for the statistics that the PBX has prepared under a key.
pub(super) fn prepared(keys: &CommandKeys, key: &str) -> Option<CommandRequest> {
    signed(history::RESULT_PATH, &json!({"key": key}), keys)
}

/// Returns the request for the file of a recording. `None` if the recording is not at the PBX.
pub(super) fn recording(link: &str, keys: &CommandKeys) -> Option<CommandRequest> {
    signed(file::FILE_PATH, &file::order(link)?, keys)
}

/// Returns a request with its signature.
fn signed(path: &'static str, content: &Value, keys: &CommandKeys) -> Option<CommandRequest> {
    let content = content.to_string();
    let key = keys.rules.key.expose_secret();
    let sign = signature(&keys.rules, &content)?;
    let field = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (key, content) = (field(key), field(&content));
    Some(CommandRequest {
        path,
        authorization: None,
        content_type: "application/x-www-form-urlencoded",
        body: format!("vpbx_api_key={key}&sign={sign}&json={content}"),
    })
}

/// Reads the reply to a command; a refusal is a failure.
pub(super) fn reply(
    command: &PbxCommand,
    raw: &[u8],
    bounds: Bounds,
) -> Result<CommandReply, CommandFailure> {
    let is_history = matches!(command, PbxCommand::History(_));
    if is_history && raw.trim_ascii().is_empty() {
        // status 204
        return Ok(CommandReply::NotReady);
    }
    let reply = object(raw, bounds).ok_or(CommandFailure::NotUnderstood)?;
    let code = text(&reply, "result").or_else(|| text(&reply, "code"));
    if let Some(code) = code.filter(|code| code != DONE) {
        return Err(CommandFailure::Refused {
            code,
            words: text(&reply, "message"),
        });
    }
    match command {
        PbxCommand::MakeCall { .. } => Ok(CommandReply::Done),
        PbxCommand::Users => {
            let users = reply.get("users").and_then(Value::as_array);
            let users = users.ok_or(CommandFailure::NotUnderstood)?;
            Ok(CommandReply::Users(users.iter().filter_map(user).collect()))
        }
        PbxCommand::History(query) => history::reply(&reply, query),
        PbxCommand::SwitchHold { .. } => Err(CommandFailure::NotPossible),
    }
}

/// Reads a user; one without an inner number is left out.
fn user(row: &Value) -> Option<PbxUser> {
    let row = row.as_object()?;
    Some(PbxUser {
        inner: of_side(row, "telephony", "extension")?,
        name: of_side(row, "general", "name").unwrap_or_default(),
        email: of_side(row, "general", "email"),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::*;
    use crate::pbx::command::{CommandUser, DialNumber};
    use crate::pbx::dialect::DialectRules;
    use crate::pbx::mango::form::Form;

    fn keys() -> CommandKeys {
        CommandKeys {
            pbx_key: None,
            rules: DialectRules {
                key: "unique code of the PBX".into(),
                salt: Some("key for the signatures".into()),
                direction: BTreeMap::new(),
                dial_status: BTreeMap::new(),
                phone_status: BTreeMap::new(),
            },
        }
    }

    fn call(inner: Option<&str>) -> PbxCommand {
        PbxCommand::MakeCall {
            user: CommandUser {
                crm_user: "7".to_owned(),
                inner: inner.map(str::to_owned),
            },
            number: DialNumber::parse("+7 900 555-01-42").unwrap(),
        }
    }

    #[test]
    fn a_call_is_ordered_with_a_signature_that_the_pbx_accepts() {
        let keys = keys();
        let sent = request(&call(Some("101")), &keys, "c-1").unwrap();
        assert_eq!(
            (sent.path, sent.authorization.is_none()),
            ("commands/callback", true)
        );
        let form = Form::read(&Bytes::from(sent.body));
        assert!(form.is_signed(&keys.rules));
        let content: Value = serde_json::from_str(&form.json).unwrap();
        let wanted = json!({
            "command_id": "c-1", "from": {"extension": "101"}, "to_number": "79005550142"
        });
        assert_eq!(content, wanted);
        assert!(request(&call(None), &keys, "c-1").is_none());
        let hold = PbxCommand::SwitchHold {
            user: CommandUser {
                crm_user: "7".to_owned(),
                inner: Some("101".to_owned()),
            },
            call: "MToxMDA=".to_owned(),
        };
        assert!(request(&hold, &keys, "c-2").is_none());
    }

    #[test]
    fn replies_are_read_and_refusals_keep_their_code() {
        let bounds = Bounds::from(20);
        let ordered = call(Some("101"));
        for raw in [r#"{"result":1000}"#, r#"{"result":"1000"}"#, "{}"] {
            assert_eq!(
                reply(&ordered, raw.as_bytes(), bounds),
                Ok(CommandReply::Done)
            );
        }
        let refused = reply(
            &ordered,
            br#"{"result":3100,"message":"no such number"}"#,
            bounds,
        );
        let failure = CommandFailure::Refused {
            code: "3100".to_owned(),
            words: Some("no such number".to_owned()),
        };
        assert_eq!(refused, Err(failure));
        let users = r#"{"users":[
            {"general":{"name":"Рита Ким","email":"r@kim.example"},"telephony":{"extension":"101"}},
            {"general":{"name":"Иван Тис"},"telephony":{"extension":102}},
            {"general":{"name":"Олег Бор"},"telephony":{"numbers":[]}}
        ]}"#;
        let Ok(CommandReply::Users(users)) = reply(&PbxCommand::Users, users.as_bytes(), bounds)
        else {
            panic!("no users");
        };
        let shown: Vec<_> = users
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
                ("101", "Рита Ким", Some("r@kim.example")),
                ("102", "Иван Тис", None)
            ]
        );
        for raw in ["", "<html>", "[]", "{}"] {
            let read = reply(&PbxCommand::Users, raw.as_bytes(), bounds);
            assert_eq!(read, Err(CommandFailure::NotUnderstood), "{raw}");
        }
    }
}
