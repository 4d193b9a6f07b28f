//! `telephony.externalCall.register`: a call begins. A repeat within thirty minutes returns the
//! call that is there; the client is found by the number, or a record is created.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{admit, clients, employee, number, refused, text};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    methods::{Context, argument},
    php,
    state::{
        State,
        kind::Kind,
        match_code::match_code,
        people::User,
        record::Channel,
        telephony::{PortalCall, Telephony},
    },
    write::{self, Writing},
};

/// Seconds within which an equal call is the same one.
const SAME_CALL: i64 = 30 * 60;
/// Longer numbers of lines are cut.
const LINE_LENGTH: usize = 50;

/// A call to be registered.
#[derive(Debug)]
pub(in crate::simulator) struct Registration {
    pub(in crate::simulator) user: u32,
    /// The number without letters.
    pub(in crate::simulator) number: String,
    /// `TYPE`.
    pub(in crate::simulator) sort: i64,
    pub(in crate::simulator) began: i64,
    pub(in crate::simulator) line: Option<String>,
    pub(in crate::simulator) external: Option<String>,
    /// Whether an unknown client gets a record.
    pub(in crate::simulator) creates: bool,
    /// `CRM_SOURCE`.
    pub(in crate::simulator) source: String,
    /// The record that the caller names.
    pub(in crate::simulator) entity: Option<(Kind, u32)>,
    /// Whether the card is shown at once.
    pub(in crate::simulator) shows: bool,
}

pub(super) fn register(ctx: &mut Context<'_>, params: &Value) -> Reply {
    admit(ctx)?;
    let now = ctx.now.as_second();
    let registration = read(ctx.state, params, now)?;
    let id = begin(ctx.state, &registration, now);
    let call = ctx.state.telephony.call_mut(&id);
    Ok(Answer::plain(call.map_or(Value::Null, |call| reply(call))))
}

fn read(state: &State, params: &Value, now: i64) -> Result<Registration, ApiError> {
    let user = employee(state, params)?;
    let sort = number(params, "TYPE", 0);
    if !(1..=5).contains(&sort) {
        return Err(refused("Unknown TYPE"));
    }
    let given = |name: &str| Some(text(params, name)).filter(|text| !text.is_empty());
    let began = match given("CALL_START_DATE") {
        Some(moment) => moment
            .parse::<Timestamp>()
            .map_err(|_| refused("CALL_START_DATE should be in the ISO-8601 format"))?
            .as_second(),
        None => now,
    };
    let number_of = |name: &str, otherwise| number(params, name, otherwise) != 0;
    let entity = Kind::of_word(&text(params, "CRM_ENTITY_TYPE"))
        .filter(|kind| matches!(kind, Kind::Contact | Kind::Company | Kind::Lead))
        .zip(u32::try_from(number(params, "CRM_ENTITY_ID", 0)).ok())
        .filter(|(kind, id)| state.record(*kind, *id).is_some());
    Ok(Registration {
        user,
        number: without_letters(&text(params, "PHONE_NUMBER"))
            .ok_or_else(|| refused("Unsupported phone number format"))?,
        sort,
        began,
        line: given("LINE_NUMBER").map(|line| line.chars().take(LINE_LENGTH).collect()),
        external: given("EXTERNAL_CALL_ID"),
        creates: number_of("CRM_CREATE", 0),
        source: text(params, "CRM_SOURCE"),
        entity,
        shows: argument(params, "SHOW").is_none_or(php::truthy),
    })
}

/// Returns a number without letters; `None` if nothing is left, as of a hidden number.
pub(in crate::simulator) fn without_letters(number: &str) -> Option<String> {
    let kept = |c: &char| c.is_ascii_digit() || matches!(c, '+' | '*' | '#' | ',' | ';');
    let number: String = number.chars().filter(kept).collect();
    number
        .contains(|c: char| c.is_ascii_digit())
        .then_some(number)
}

/// Returns the digits by which two spellings of a number are the same.
pub(in crate::simulator) fn comparable(number: &str) -> String {
    match_code(Channel::Phone, number).unwrap_or_default()
}

/// Registers a call, and returns its id: that of the same call if it is live.
pub(in crate::simulator) fn begin(
    state: &mut State,
    registration: &Registration,
    now: i64,
) -> String {
    state.revision += 1;
    let digits = comparable(&registration.number);
    if let Some(line) = &registration.line
        && state.telephony.line(line).is_none()
    {
        // older builds refuse an unknown line
        state.telephony.add_line(line, line);
    }
    if let Some(call) = same_call(&mut state.telephony, registration, &digits, now) {
        if registration.shows {
            call.cards.insert(registration.user);
        }
        return call.id.clone();
    }
    let is_internal = is_inner(state, &digits);
    let entity = registration.entity.filter(|_| !is_internal);
    let entity = entity.or_else(|| {
        let found = clients::by_number(state, &digits);
        found.first().copied().filter(|_| !is_internal)
    });
    let bindings = entity.map(|entity| clients::open_records(state, entity));
    let mut call = PortalCall {
        id: fresh_id(&mut state.telephony, &digits, now),
        external: registration.external.clone(),
        user: registration.user,
        number: registration.number.clone(),
        digits,
        sort: registration.sort,
        line: registration.line.clone().unwrap_or_default(),
        began: registration.began,
        cards: BTreeSet::new(),
        entity,
        bindings: bindings.unwrap_or_default(),
        created: Vec::new(),
        creation_error: None,
        is_internal,
    };
    if registration.shows {
        call.cards.insert(registration.user);
    }
    // The rules for repeat leads and deals of known clients are not simulated.
    if registration.creates && entity.is_none() && !is_internal && line_creates(state, &call) {
        create(state, &mut call, &registration.source, now);
    }
    let id = call.id.clone();
    state.telephony.add_call(call);
    id
}

/// Finds the live call that the portal takes for the same one.
fn same_call<'a>(
    telephony: &'a mut Telephony,
    registration: &Registration,
    digits: &str,
    now: i64,
) -> Option<&'a mut PortalCall> {
    let line = registration.line.as_ref();
    let external = registration.external.as_ref();
    telephony.live.iter_mut().find(|call| {
        call.user == registration.user
            && call.digits == digits
            && call.sort == registration.sort
            && call.began > now - SAME_CALL
            && line.is_none_or(|line| *line == call.line)
            && external.is_none_or(|external| call.external.as_ref() == Some(external))
    })
}

/// The portal's ids have 32 hexadecimal digits and the time.
fn fresh_id(telephony: &mut Telephony, digits: &str, now: i64) -> String {
    telephony.last_call += 1;
    let hash = digest(
        &SHA256,
        format!("{}/{digits}/{now}", telephony.last_call).as_bytes(),
    );
    let hex = HEXLOWER.encode(hash.as_ref());
    format!("externalCall.{}.{now}", hex.get(..32).unwrap_or_default())
}

fn is_inner(state: &State, digits: &str) -> bool {
    let is_own = |user: &User| user.active && user.inner_phone == digits;
    state.users.iter().any(is_own)
}

/// For outgoing calls the line decides as well.
fn line_creates(state: &State, call: &PortalCall) -> bool {
    call.sort != 1
        || state
            .telephony
            .line(&call.line)
            .is_none_or(|line| line.creates)
}

/// Creates a lead, or a contact with a deal in a portal without leads.
fn create(state: &mut State, call: &mut PortalCall, source: &str, now: i64) {
    let is_local = |user: &User| user.active && comparable(&user.mobile) == call.digits;
    if state.users.iter().any(is_local) {
        call.creation_error = Some("Lead creation is disabled for local users".to_owned());
        return;
    }
    let mut fields = fields(state, call, source);
    let how = |kind| Writing {
        kind,
        now,
        user: call.user,
        adding: true,
        universal: false,
        import: false,
    };
    let is_simple = state.mode == 2;
    let kind = if is_simple { Kind::Contact } else { Kind::Lead };
    let first = write::add(state, how(kind), &fields);
    let created = first.and_then(|id| {
        let mut created = vec![(kind, id)];
        if is_simple {
            fields.insert("CONTACT_ID".to_owned(), id.into());
            created.push((Kind::Deal, write::add(state, how(Kind::Deal), &fields)?));
        }
        Ok(created)
    });
    match created {
        Ok(created) => {
            call.entity = created.first().copied();
            call.bindings = created.iter().skip(1).copied().collect();
            call.created = created;
        }
        Err(error) => call.creation_error = Some(error.description),
    }
}

fn fields(state: &State, call: &PortalCall, source: &str) -> Map<String, Value> {
    let what = match call.sort {
        2 | 3 => "Входящий звонок",
        4 => "Обратный звонок",
        _ => "Исходящий звонок",
    };
    let sources = [source, "CALL", "OTHER"];
    let source = sources
        .into_iter()
        .find(|code| state.status("SOURCE", code).is_some());
    let line = state
        .telephony
        .line(&call.line)
        .map(|line| line.name.as_str());
    let fields = json!({
        "TITLE": format!("{} - {what}", call.number),
        "PHONE": [{"VALUE": call.number, "VALUE_TYPE": "WORK"}],
        "SOURCE_ID": source.unwrap_or_default(),
        "SOURCE_DESCRIPTION": line.unwrap_or_default(),
        "ASSIGNED_BY_ID": call.user,
        "OPENED": "Y",
    });
    fields.as_object().cloned().unwrap_or_default()
}

fn reply(call: &PortalCall) -> Value {
    let created = call.created.iter();
    let lead = created.clone().find(|(kind, _)| *kind == Kind::Lead);
    let created = created
        .map(|(kind, id)| json!({"ENTITY_TYPE": kind.word().to_uppercase(), "ENTITY_ID": id}));
    let created: Vec<Value> = created.collect();
    let mut reply = json!({
        "CALL_ID": call.id,
        "CRM_CREATED_LEAD": lead.map(|(_, id)| *id),
        "CRM_CREATED_ENTITIES": created,
        "CRM_ENTITY_TYPE": call.entity.map_or_else(String::new, |(kind, _)| kind.word().to_uppercase()),
        "CRM_ENTITY_ID": call.entity.map(|(_, id)| id),
    });
    if let Some((reply, error)) = reply.as_object_mut().zip(call.creation_error.as_ref()) {
        reply.insert("LEAD_CREATION_ERROR".to_owned(), error.as_str().into());
    }
    reply
}
