//! Finds clients by their numbers: `telephony.externalCall.searchCrmEntities`, and the same search
//! for calls.

use serde_json::{Value, json};

use super::{refused, registration::comparable, text};
use crate::simulator::{
    envelope::{Answer, Reply},
    methods::Context,
    state::{
        State,
        kind::Kind,
        record::{Channel, Record},
    },
};

/// The kinds of clients, the preferred first.
const CLIENTS: [Kind; 3] = [Kind::Contact, Kind::Lead, Kind::Company];
/// The kinds of records that a client can have open.
const OPEN: [Kind; 2] = [Kind::Deal, Kind::Lead];

pub(super) fn search_entities(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let number = text(params, "PHONE_NUMBER");
    if number.is_empty() {
        return Err(refused("PHONE_NUMBER should not be empty"));
    }
    let found = by_number(ctx.state, &comparable(&number));
    let rows = found.into_iter().map(|entity| row(ctx.state, entity));
    Ok(Answer::plain(Value::Array(rows.collect())))
}

/// Returns the clients with a number: contacts, then open leads, then companies, oldest first. That
/// closed leads are left out is our inference.
pub(super) fn by_number(state: &State, digits: &str) -> Vec<(Kind, u32)> {
    let mut found = Vec::new();
    if digits.is_empty() {
        return found;
    }
    let owners = state.codes.owners(Channel::Phone, digits);
    for kind in CLIENTS {
        let of_kind = owners.iter().copied().filter(|(it, _)| *it == kind);
        found.extend(of_kind.filter(|(kind, id)| is_open(state, *kind, *id)));
    }
    found
}

/// Returns the client with a number, however it is spelled.
pub(in crate::simulator) fn client_of(state: &State, number: &str) -> Option<(Kind, u32)> {
    by_number(state, &comparable(number)).first().copied()
}

/// Returns the open deals and leads of a client.
pub(super) fn open_records(state: &State, (kind, client): (Kind, u32)) -> Vec<(Kind, u32)> {
    let mut open = Vec::new();
    for owner in OPEN {
        let table = state.table(owner);
        let is_own = |record: &&Record| {
            kind == Kind::Company && table.int(record, "COMPANY_ID") == Some(client.into())
        };
        let ids: Vec<u32> = if kind == Kind::Contact {
            table.of_contact(client).to_vec()
        } else {
            table.rows.values().filter(is_own).map(|it| it.id).collect()
        };
        let ids = ids.into_iter().filter(|id| is_open(state, owner, *id));
        open.extend(ids.map(|id| (owner, id)));
    }
    open
}

/// Whether a record has no final stage.
fn is_open(state: &State, kind: Kind, id: u32) -> bool {
    let Some(record) = state.record(kind, id) else {
        return false;
    };
    let field = kind.stage_field();
    let code = field.and_then(|field| state.table(kind).text(record, field));
    let found = code.and_then(|code| state.stage(kind, code));
    found.is_none_or(|found| found.semantics == "P")
}

/// Returns the name of a client.
pub(in crate::simulator) fn client_name(state: &State, (kind, id): (Kind, u32)) -> String {
    let table = state.table(kind);
    let Some(record) = state.record(kind, id) else {
        return String::new();
    };
    let text = |code: &str| table.text(record, code).unwrap_or_default();
    if kind == Kind::Contact {
        format!("{} {}", text("NAME"), text("LAST_NAME"))
            .trim()
            .to_owned()
    } else {
        text("TITLE").to_owned()
    }
}

/// Returns the responsible employee of a record.
pub(in crate::simulator) fn responsible(state: &State, (kind, id): (Kind, u32)) -> Option<u32> {
    let record = state.record(kind, id)?;
    let user = state.table(kind).int(record, "ASSIGNED_BY_ID")?;
    u32::try_from(user).ok()
}

fn row(state: &State, entity: (Kind, u32)) -> Value {
    let user = responsible(state, entity);
    let assigned = user.and_then(|user| state.user(user)).map(|user| {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        json!({
            "ID": user.id.to_string(),
            "TIMEMAN_STATUS": if user.active { "OPENED" } else { "UNAVAILABLE" },
            "USER_PHONE_INNER": given(&user.inner_phone),
            "WORK_PHONE": null,
            "PERSONAL_PHONE": null,
            "PERSONAL_MOBILE": given(&user.mobile),
        })
    });
    json!({
        "CRM_ENTITY_TYPE": entity.0.word().to_uppercase(),
        "CRM_ENTITY_ID": entity.1,
        "ASSIGNED_BY_ID": user,
        "NAME": client_name(state, entity),
        "ASSIGNED_BY": assigned,
    })
}
