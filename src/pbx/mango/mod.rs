//! The API of Mango Office's virtual PBX. It posts a form with `vpbx_api_key`, `sign` and `json` to a
//! path for each kind of event below the address of the external system, and expects status 200
//! with nothing in it.

mod command;
mod event;
mod form;
mod history;
mod recording;
mod summary;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use self::form::Form;
use self::history::PastCall;
use self::summary::Summary;
use super::command::{CommandFailure, CommandKeys, CommandReply, CommandRequest, PbxCommand};
use super::dialect::{
    CallRecord, Denied, Dialect, DialectRules, IncomingRequest, PbxAnswer, PbxRequest, Received,
    ToldValues,
};
use super::values::text_of;
use crate::domain::Bilingual;
use crate::domain::json::{Bounds, decode};

/// The dialect of Mango Office.
#[derive(Debug)]
pub struct Mango;

impl Dialect for Mango {
    /// Each kind of event has a path of its own, and new ones appear.
    fn has_path(&self, _path: &str) -> bool {
        true
    }

    fn read(
        &self,
        incoming: &IncomingRequest<'_>,
        rules: &DialectRules,
    ) -> Result<Received, Denied> {
        let form = Form::read(incoming.body);
        if is_test(incoming, &form) {
            return Ok(received(PbxRequest::Test));
        }
        if !form.is_signed(rules) {
            return Err(Denied::Unauthorized(Bilingual::new(
                "The signature is missing or wrong: it must be made with the key and the salt of the settings (pbx.NAME.key, pbx.NAME.salt)",
                "Подписи нет, или она неверная: нужны ключ и соль из настроек (pbx.ИМЯ.key, pbx.ИМЯ.salt)",
            )));
        }
        let Some(object) = object(form.json.as_bytes(), incoming.bounds) else {
            return Err(Denied::Unreadable(Bilingual::new(
                "The field json is no JSON object",
                "Поле json — не объект JSON",
            )));
        };
        meaning(incoming.path, &object, form.json).map(received)
    }

    fn reply(&self, _echo: &Value, _answer: &PbxAnswer) -> Option<Value> {
        None
    }

    fn refusal(&self, status: u16, message: &str) -> Value {
        json!({"code": status, "message": message})
    }

    fn packet(&self, raw: &[u8], bounds: Bounds, _told: ToldValues) -> Option<Value> {
        // a file may have the whole request
        let form = Form::read(raw);
        let text = if form.json.is_empty() {
            raw
        } else {
            form.json.as_bytes()
        };
        let object = object(text, bounds)?;
        let summary = Summary::of(&object).map(|summary| summary.packet());
        summary.or_else(|| PastCall::of(&object).map(|call| call.packet()))
    }

    fn command(
        &self,
        command: &PbxCommand,
        keys: &CommandKeys,
        id: &str,
    ) -> Option<CommandRequest> {
        command::request(command, keys, id)
    }

    fn command_reply(
        &self,
        command: &PbxCommand,
        _keys: &CommandKeys,
        raw: &[u8],
        bounds: Bounds,
    ) -> Result<CommandReply, CommandFailure> {
        command::reply(command, raw, bounds)
    }

    fn prepared(&self, keys: &CommandKeys, key: &str) -> Option<CommandRequest> {
        command::prepared(keys, key)
    }

    fn recording(&self, link: &str, keys: &CommandKeys) -> Option<CommandRequest> {
        command::recording(link, keys)
    }
}

/// Returns whether the cabinet checks the address: it sends nothing.
fn is_test(incoming: &IncomingRequest<'_>, form: &Form) -> bool {
    let is_blank = incoming.body.trim_ascii().is_empty();
    is_blank || (form.json.is_empty() && matches!(incoming.path, "" | "ping"))
}

fn received(request: PbxRequest) -> Received {
    Received {
        request,
        echo: Value::Null,
    }
}

fn meaning(path: &str, object: &Map<String, Value>, text: String) -> Result<PbxRequest, Denied> {
    let raw = Bytes::from(text);
    Ok(match path {
        "events/call" => PbxRequest::Event(event::read(object)),
        "events/summary" => PbxRequest::Record(record(object, raw)?),
        "events/recording" | "events/record/added" => match recording::read(object, raw) {
            Some(notice) => PbxRequest::Recording(notice),
            None => PbxRequest::Event(None),
        },
        "ping" => PbxRequest::Test,
        _ => PbxRequest::Unknown,
    })
}

fn record(object: &Map<String, Value>, raw: Bytes) -> Result<CallRecord, Denied> {
    let summary = Summary::of(object).ok_or(Denied::NoRecord(Bilingual::new(
        "The summary of the call lacks entry_id or call_direction",
        "В итогах звонка нет entry_id или call_direction",
    )))?;
    Ok(CallRecord {
        key: summary.key().to_owned(),
        session: None,
        old_key: None,
        number: summary.other(),
        // the documentation says what its values mean
        told: ToldValues::default(),
        packet: summary.packet(),
        raw,
    })
}

fn object(text: &[u8], bounds: Bounds) -> Option<Map<String, Value>> {
    match decode(text, bounds).ok()?.value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Returns a member of an object as text, number or not.
fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    object.get(name).and_then(text_of)
}

/// Returns a member of one of the two sides of a call, `from` or `to`.
fn of_side(object: &Map<String, Value>, side: &str, name: &str) -> Option<String> {
    object.get(side)?.get(name).and_then(text_of)
}

#[cfg(test)]
mod tests;
