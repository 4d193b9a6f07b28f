//! The exchange behind the port of the dialects.

use bytes::Bytes;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value};

use super::{Action, EventTables, Record, Request, command, reply};
use crate::domain::json::Bounds;
use crate::domain::{Bilingual, is_same_secret};
use crate::pbx::command::{CommandFailure, CommandKeys, CommandReply, CommandRequest, PbxCommand};
use crate::pbx::dialect::{
    CallRecord, Denied, Dialect, DialectRules, IncomingRequest, PbxAnswer, PbxRequest, Received,
    ToldValues,
};

/// The dialect `UserCRM`.
#[derive(Debug)]
pub struct UserCrm;

impl Dialect for UserCrm {
    fn has_path(&self, path: &str) -> bool {
        path.is_empty()
    }

    fn read(
        &self,
        incoming: &IncomingRequest<'_>,
        rules: &DialectRules,
    ) -> Result<Received, Denied> {
        let request = Request::read(incoming.body, incoming.bounds);
        let is_test = |request: &Request| request.action() == Action::Test;
        if !has_key(incoming, rules) && !request.as_ref().is_ok_and(is_test) {
            return Err(Denied::Unauthorized(Bilingual::new(
                "The key in the header Authorization is missing or wrong: Bearer KEY",
                "Ключа в заголовке Authorization нет, или он неверный: Bearer КЛЮЧ",
            )));
        }
        let request = request.map_err(|_| {
            Denied::Unreadable(Bilingual::new(
                "The body is no JSON object",
                "Тело запроса — не объект JSON",
            ))
        })?;
        Ok(Received {
            echo: request.echo(),
            request: meaning(&request, incoming, rules)?,
        })
    }

    fn reply(&self, echo: &Value, answer: &PbxAnswer) -> Option<Value> {
        Some(match answer {
            PbxAnswer::Done => reply::success(echo),
            PbxAnswer::Users(users) => reply::list_of_users(echo, users),
            PbxAnswer::Clients(clients) => reply::found(echo, clients),
        })
    }

    fn refusal(&self, status: u16, message: &str) -> Value {
        reply::refusal(status, message)
    }

    fn packet(&self, raw: &[u8], bounds: Bounds, told: ToldValues) -> Option<Value> {
        let request = Request::read(raw, bounds).ok()?;
        request.record().map(|record| packet(record, told))
    }

    fn command(
        &self,
        command: &PbxCommand,
        keys: &CommandKeys,
        id: &str,
    ) -> Option<CommandRequest> {
        let key = keys.pbx_key.as_ref()?;
        let authorization = format!("Bearer {}", key.expose_secret());
        Some(CommandRequest {
            path: command::COMMAND_PATH,
            authorization: Some(authorization.into()),
            content_type: "application/json",
            body: command::request(command, id).to_string(),
        })
    }

    fn command_reply(
        &self,
        command: &PbxCommand,
        keys: &CommandKeys,
        raw: &[u8],
        bounds: Bounds,
    ) -> Result<CommandReply, CommandFailure> {
        Ok(match command {
            PbxCommand::MakeCall { .. } | PbxCommand::SwitchHold { .. } => {
                command::done(raw, bounds)?;
                CommandReply::Done
            }
            PbxCommand::History(_) => {
                let rows = command::rows(raw, bounds)?;
                let records = rows.iter();
                let records = records.filter_map(|row| of_row(row, &keys.rules));
                CommandReply::History {
                    records: records.collect(),
                    rows: rows.len(),
                }
            }
            PbxCommand::Users => CommandReply::Users(command::users(raw, bounds)?),
        })
    }
}

/// Reads a row of the history as if the PBX had sent it after the call.
fn of_row(row: &Map<String, Value>, rules: &DialectRules) -> Option<CallRecord> {
    let raw = Bytes::from(command::as_sent(row).to_string());
    call_record(Record::of(row)?, raw, rules)
}

fn packet(record: Record<'_>, told: ToldValues) -> Value {
    record.with_answered(told.answered).packet(told.kind)
}

fn call_record(record: Record<'_>, raw: Bytes, rules: &DialectRules) -> Option<CallRecord> {
    let (kind, answered) = (record.direction(), record.dial_status());
    let told = ToldValues {
        kind: kind.and_then(|kind| rules.direction.get(&kind).copied()),
        answered: answered.and_then(|it| rules.dial_status.get(&it).copied()),
    };
    Some(CallRecord {
        key: record.key()?,
        session: record.session(),
        old_key: record.old_key(),
        number: record.other(),
        told,
        packet: packet(record, told),
        raw,
    })
}

fn meaning(
    request: &Request,
    incoming: &IncomingRequest<'_>,
    rules: &DialectRules,
) -> Result<PbxRequest, Denied> {
    Ok(match request.action() {
        Action::Test => PbxRequest::Test,
        Action::Users => PbxRequest::Users,
        Action::Contact => PbxRequest::Contact(request.caller()),
        Action::Event => {
            let tables = EventTables {
                direction: &rules.direction,
                phone_status: &rules.phone_status,
            };
            // one that cannot be read is kept
            request
                .event(tables)
                .map_or(PbxRequest::Unknown, |event| PbxRequest::Event(Some(event)))
        }
        Action::Record => PbxRequest::Record(record(request, incoming, rules)?),
        Action::Unknown => PbxRequest::Unknown,
    })
}

fn record(
    request: &Request,
    incoming: &IncomingRequest<'_>,
    rules: &DialectRules,
) -> Result<CallRecord, Denied> {
    let no_record = Denied::NoRecord(Bilingual::new(
        "The record of the call has neither uniqueid nor id",
        "В записи о звонке нет ни uniqueid, ни id",
    ));
    let record = request.record().ok_or(no_record)?;
    call_record(record, incoming.body.clone(), rules).ok_or(no_record)
}

/// Returns whether a request has the key.
fn has_key(incoming: &IncomingRequest<'_>, rules: &DialectRules) -> bool {
    let given = incoming
        .authorization
        .and_then(|value| value.split_once(' '));
    given.is_some_and(|(scheme, key)| {
        scheme.eq_ignore_ascii_case("bearer") && is_same_secret(key, rules.key.expose_secret())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::domain::{CallKind, Lang};

    const KEY: &str = "a long secret key of the PBX";

    fn read(authorization: Option<&str>, body: &str) -> Result<Received, Denied> {
        let rules = DialectRules {
            key: KEY.into(),
            salt: None,
            direction: BTreeMap::from([("7".to_owned(), CallKind::Outgoing)]),
            dial_status: BTreeMap::new(),
            phone_status: BTreeMap::new(),
        };
        let incoming = IncomingRequest {
            path: "",
            authorization,
            body: &Bytes::copy_from_slice(body.as_bytes()),
            bounds: Bounds::from(20),
        };
        UserCrm.read(&incoming, &rules)
    }

    #[test]
    fn only_a_test_needs_no_key() {
        let bearer = format!("bearer {KEY}");
        let authorized = Some(bearer.as_str());
        assert_eq!(
            read(None, "{'action': 'test'}").unwrap().request,
            PbxRequest::Test
        );
        for given in [
            None,
            Some(KEY),
            Some("Bearer another"),
            Some("Basic a long secret key of the PBX"),
        ] {
            for body in ["{'action': 'get_users'}", "nonsense"] {
                let denied = read(given, body).unwrap_err();
                assert!(
                    matches!(denied, Denied::Unauthorized(_)),
                    "{given:?} {body}"
                );
            }
        }
        let users = read(authorized, "{'action': 'get_users'}").unwrap();
        assert_eq!(users.request, PbxRequest::Users);
        let unreadable = read(authorized, "nonsense").unwrap_err();
        assert!(matches!(unreadable, Denied::Unreadable(_)));
        let nameless = read(authorized, "{'action': 'cdr_append', 'body': {'src': '1'}}");
        let words = nameless.unwrap_err().words().pick(Lang::En);
        assert!(words.contains("neither uniqueid nor id"), "{words}");
    }

    #[test]
    fn a_record_has_what_the_settings_say_about_its_direction() {
        let body = "{'action': 'cdr_append', 'action_id': '4', 'body': {'id': 1, 'src': '+79005550142', 'dst': '+74955550100', 'direction': 7}}";
        let received = read(Some(&format!("Bearer {KEY}")), body).unwrap();
        let PbxRequest::Record(record) = &received.request else {
            panic!("{received:?}");
        };
        assert_eq!(
            (record.key.as_str(), record.told.kind),
            ("id:1", Some(CallKind::Outgoing))
        );
        assert_eq!(record.packet["call"]["kind"], "outgoing");
        assert_eq!(record.raw, body.as_bytes());
        let again = UserCrm.packet(&record.raw, Bounds::STORED, record.told);
        assert_eq!(again.as_ref(), Some(&record.packet));
        assert!(!format!("{received:?}").contains("79005550142"));
        let reply = UserCrm.reply(&received.echo, &PbxAnswer::Done).unwrap();
        let wanted = json!({"action": "cdr_append", "obj": "UserCRM", "action_id": "4", "code": 200, "body": {"success": true}});
        assert_eq!(reply, wanted);
    }
}
