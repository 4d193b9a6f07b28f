//! Calls as activities (REST documentation, "crm.activity.add"): what a connection without telephony
//! may record. `ORIGINATOR_ID` and `ORIGIN_ID` find a call again.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Connection;

use super::commands::{self, Command};
use super::names;
use super::rows::rows_of;
use super::wire::{flag, number, text};
use crate::crm::call::{CallOutcomes, CallOwner, CallUpdate, IsOwn, NewCall};
use crate::crm::error::CrmError;
use crate::crm::query::EmployeeRow;
use crate::domain::{CallChanged, CallKind, EntityKind, NoAnswer, PlannedCall, UserId};

/// The type of calls among activities (REST documentation, "crm.enum.activitytype").
pub(super) const CALL: i64 = 2;

/// The type id of contacts (REST documentation, "Object types").
const CONTACT_TYPE: i64 = 3;

impl Connection {
    /// Adds calls to timelines. Returns the ids of their activities.
    pub async fn add_calls(&self, new: &[NewCall]) -> CallOutcomes<i64> {
        let commands = new.iter().enumerate();
        let commands = commands.filter_map(|(of, new)| Some((of, add(new)?)));
        let sent: Vec<(usize, Command)> = commands.collect();
        let places: Vec<usize> = sent.iter().map(|(of, _)| *of).collect();
        let outcomes = self.run_each(sent).await;
        let mut answers = vec![Err(CrmError::NotRun); new.len()];
        for (of, outcome) in places.into_iter().zip(outcomes.answers) {
            if let Some(answer) = answers.get_mut(of) {
                *answer = outcome.and_then(|result| {
                    let why = NoAnswer::NoId;
                    let id = number(&result).filter(|id| *id > 0);
                    id.ok_or(CrmError::Unknown { why })
                });
            }
        }
        CallOutcomes {
            answers,
            calls: outcomes.calls,
        }
    }

    /// Changes the activities of calls by their later records.
    pub async fn update_calls(&self, updates: &[CallUpdate]) -> CallOutcomes<()> {
        let commands = updates.iter().map(update).enumerate();
        let outcomes = self.run_each(commands.collect()).await;
        let answers = outcomes.answers.into_iter();
        CallOutcomes {
            answers: answers.map(|answer| answer.map(|_| ())).collect(),
            calls: outcomes.calls,
        }
    }
}

/// Returns the command that changes the activity of a call by its later records. What an employee may
/// have changed since stays, unless the call was answered after all.
fn update(update: &CallUpdate) -> Command {
    let CallUpdate { call, .. } = update;
    let mut fields = json!({});
    if update.is_own == IsOwn(true) {
        fields["END_TIME"] = json!(moment(call.ended));
        fields["DESCRIPTION"] = json!(description(call));
        fields["DESCRIPTION_TYPE"] = json!(1);
    }
    if call.change == Some(CallChanged::Answered) {
        fields["SUBJECT"] = json!(subject(call));
        fields["COMPLETED"] = json!("Y");
        if let Some(user) = update.responsible {
            fields["RESPONSIBLE_ID"] = json!(user);
        }
    }
    let params = json!({"id": update.activity, "fields": fields});
    Command::new("crm.activity.update", params)
}

/// Returns the type and the id of whose timeline a call is in (REST documentation, "Object types").
pub(super) fn owner_of(owner: CallOwner) -> (i64, i64) {
    match owner {
        CallOwner::Contact(id) => (CONTACT_TYPE, id),
        CallOwner::Record(kind, id) => (names::owner_type(kind), id),
    }
}

/// Returns a moment with its offset: the portal would read a bare one in its own zone.
pub(super) fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// Returns the command that adds a call; `None` if there is nothing to add it to.
fn add(new: &NewCall) -> Option<Command> {
    let NewCall { call, .. } = new;
    let contact = new.contact.map(|id| (CONTACT_TYPE, id));
    let company = new.company.map(|id| (names::COMPANY_TYPE, id));
    let record = new.record.map(|(kind, id)| (names::owner_type(kind), id));
    let (owner_type, owner) = record.or(contact).or(company)?;
    // the number of a lead may be its own
    let lead = new.record.filter(|(kind, _)| *kind == EntityKind::Lead);
    let lead = lead.map(|(kind, id)| (names::owner_type(kind), id));
    let mut communication = json!({"TYPE": "PHONE", "VALUE": call.number});
    if let Some((partner_type, partner)) = contact.or(company).or(lead) {
        communication["ENTITY_TYPE_ID"] = json!(partner_type);
        communication["ENTITY_ID"] = json!(partner);
    }
    let is_missed = call.kind == CallKind::Missed;
    let mut fields = json!({
        "OWNER_TYPE_ID": owner_type,
        "OWNER_ID": owner,
        "TYPE_ID": CALL,
        "SUBJECT": subject(call),
        "DIRECTION": if call.kind == CallKind::Outgoing { 2 } else { 1 },
        // a missed call stays open, as those of the portal's own telephony do
        "COMPLETED": if is_missed { "N" } else { "Y" },
        "START_TIME": moment(call.started),
        "END_TIME": moment(call.ended),
        "DESCRIPTION": description(call),
        "DESCRIPTION_TYPE": 1,
        "COMMUNICATIONS": [communication],
        "ORIGINATOR_ID": new.originator,
        "ORIGIN_ID": call.key,
    });
    if let Some(user) = new.responsible {
        fields["RESPONSIBLE_ID"] = json!(user);
    }
    Some(Command::new("crm.activity.add", json!({"fields": fields})))
}

/// Returns the title. Employees of a Russian portal read it.
fn subject(call: &PlannedCall) -> String {
    let number = &call.number;
    match call.kind {
        CallKind::Missed => format!("Пропущенный звонок от {number}"),
        CallKind::Outgoing => format!("Исходящий звонок на {number}"),
        CallKind::Incoming | CallKind::Internal => format!("Входящий звонок от {number}"),
    }
}

fn description(call: &PlannedCall) -> String {
    let line = call.line.as_ref().map(|line| format!("Линия: {line}"));
    let inner = call.inner.as_ref();
    let inner = inner.map(|inner| format!("Внутренний номер: {inner}"));
    let seconds = call.talk;
    let talk = if seconds > 0 {
        format!("Разговор: {} мин {:02} с", seconds / 60, seconds % 60)
    } else {
        "Разговора не было".to_owned()
    };
    let recording = call.recording.as_ref();
    let recording = recording.map(|address| format!("Запись: {address}"));
    let lines = [line, inner, Some(talk), recording].into_iter().flatten();
    lines.collect::<Vec<String>>().join("\n")
}

/// Returns the command that lists the calls with this key.
pub(super) fn with_key(key: &str, originator: &str) -> Command {
    let filter = json!({"ORIGINATOR_ID": originator, "ORIGIN_ID": key});
    let select = commands::select(&["ID", "ORIGINATOR_ID", "ORIGIN_ID"], &[]);
    commands::list("crm.activity.list", filter, select, "ASC")
}

/// Returns the listed activity with this key.
pub(super) fn id_with_key(result: &Value, key: &str, originator: &str) -> Option<i64> {
    let mut rows = rows_of(result).into_iter();
    let row = rows.find(|row| {
        let is = |name: &str, wanted: &str| row.get(name).and_then(text).as_deref() == Some(wanted);
        is("ORIGINATOR_ID", originator) && is("ORIGIN_ID", key)
    })?;
    row.get("ID").and_then(number)
}

/// Returns the command that lists the employees with an inner number.
pub(super) fn with_inner_number(inner: &str) -> Command {
    Command::new("user.get", json!({"FILTER": {"=UF_PHONE_INNER": inner}}))
}

/// Reads the employees with this inner number. The lesser scopes hide it, and the portal then drops
/// the condition.
pub(super) fn employees(result: &Value, inner: &str) -> Vec<EmployeeRow> {
    let own = rows_of(result).into_iter().filter(|row| {
        let stored = row.get("UF_PHONE_INNER").and_then(text).unwrap_or_default();
        stored.trim() == inner
    });
    let employee = |row: &Value| {
        Some(EmployeeRow {
            id: UserId::new(number(row.get("ID")?)?)?,
            active: row.get("ACTIVE").is_none_or(flag),
            departments: Vec::new(),
        })
    };
    own.filter_map(employee).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns a call of a minute.
    pub(crate) fn call(kind: CallKind) -> PlannedCall {
        let started: Timestamp = "2025-12-29T12:45:45Z".parse().unwrap();
        PlannedCall {
            key: "main/9e1d".to_owned(),
            kind,
            number: "+79005550142".to_owned(),
            started,
            ended: started,
            talk: 62,
            inner: Some("1004".to_owned()),
            employee: None,
            line: None,
            recording: Some("https://pbx.example/1".to_owned()),
            cause: None,
            portal: None,
            change: None,
        }
    }

    fn new_call(kind: CallKind) -> NewCall {
        NewCall {
            record: None,
            contact: Some(48),
            company: None,
            originator: "leadgate-1".to_owned(),
            responsible: UserId::new(6),
            call: call(kind),
        }
    }

    #[test]
    fn a_call_belongs_to_the_record_and_is_with_the_contact() {
        let of = |new: &NewCall| add(new).map(|command| command.params["fields"].clone());
        let mut new = new_call(CallKind::Incoming);
        let fields = of(&new).unwrap();
        assert_eq!(
            (&fields["OWNER_TYPE_ID"], &fields["OWNER_ID"]),
            (&json!(3), &json!(48))
        );
        assert_eq!(fields["RESPONSIBLE_ID"], 6);
        assert_eq!(
            fields["DESCRIPTION"],
            "Внутренний номер: 1004\nРазговор: 1 мин 02 с\nЗапись: https://pbx.example/1"
        );
        new.record = Some((EntityKind::Deal, 7));
        let fields = of(&new).unwrap();
        assert_eq!(
            (&fields["OWNER_TYPE_ID"], &fields["OWNER_ID"]),
            (&json!(2), &json!(7))
        );
        assert_eq!(
            fields["COMMUNICATIONS"],
            json!([{"TYPE": "PHONE", "VALUE": "+79005550142", "ENTITY_TYPE_ID": 3, "ENTITY_ID": 48}])
        );
        new.record = Some((EntityKind::Lead, 5));
        new.contact = None;
        assert_eq!(of(&new).unwrap()["COMMUNICATIONS"][0]["ENTITY_TYPE_ID"], 1);
        new.record = None;
        assert_eq!(of(&new), None);
    }

    #[test]
    fn the_activity_of_a_call_is_changed_by_its_later_records() {
        let fields = |change, is_own| {
            let call = PlannedCall {
                change: Some(change),
                ..call(CallKind::Incoming)
            };
            let new = CallUpdate {
                activity: 5,
                is_own: IsOwn(is_own),
                responsible: UserId::new(7),
                call,
            };
            let params = update(&new).params;
            assert_eq!(params["id"], 5);
            let fields = params["fields"].as_object().unwrap().clone();
            fields.keys().cloned().collect::<Vec<String>>()
        };
        let of_answer = ["SUBJECT", "COMPLETED", "RESPONSIBLE_ID"];
        let of_own = ["END_TIME", "DESCRIPTION", "DESCRIPTION_TYPE"];
        assert_eq!(fields(CallChanged::Answered, false), of_answer);
        assert_eq!(fields(CallChanged::Other, true), of_own);
        assert_eq!(
            fields(CallChanged::Answered, true),
            [of_own, of_answer].concat()
        );
    }

    #[test]
    fn direction_and_state_follow_the_kind() {
        for (kind, direction, completed, subject) in [
            (
                CallKind::Incoming,
                1,
                "Y",
                "Входящий звонок от +79005550142",
            ),
            (
                CallKind::Missed,
                1,
                "N",
                "Пропущенный звонок от +79005550142",
            ),
            (
                CallKind::Outgoing,
                2,
                "Y",
                "Исходящий звонок на +79005550142",
            ),
        ] {
            let fields = add(&new_call(kind)).unwrap().params["fields"].clone();
            assert_eq!(
                (
                    &fields["DIRECTION"],
                    &fields["COMPLETED"],
                    &fields["SUBJECT"]
                ),
                (&json!(direction), &json!(completed), &json!(subject))
            );
        }
    }

    #[test]
    fn rows_of_a_dropped_filter_are_no_answer() {
        let rows = json!([
            {"ID": "1", "ORIGINATOR_ID": "leadgate-1", "ORIGIN_ID": "main/other"},
            {"ID": "2", "ORIGINATOR_ID": "another", "ORIGIN_ID": "main/9e1d"}
        ]);
        assert_eq!(id_with_key(&rows, "main/9e1d", "leadgate-1"), None);
        assert_eq!(id_with_key(&rows, "main/other", "leadgate-1"), Some(1));
        let users = json!([
            {"ID": "1", "ACTIVE": true},
            {"ID": "6", "ACTIVE": true, "UF_PHONE_INNER": " 1004"},
            {"ID": "7", "ACTIVE": false, "UF_PHONE_INNER": "1004"}
        ]);
        let found = employees(&users, "1004");
        let found: Vec<(i64, bool)> = found.iter().map(|row| (row.id.get(), row.active)).collect();
        assert_eq!(found, [(6, true), (7, false)]);
    }
}
