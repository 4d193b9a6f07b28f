//! Calls of a PBX: `$.call` has one shape for every PBX, `$.record` is what the PBX sent.

use super::tests::PacketTest;
use super::{PacketMistake, names_of};
use crate::authoring::suggest;
use crate::domain::{CallKind, bilingual};
use crate::mapping::compile::call;
use crate::mapping::normalise::truth;

/// What stands at the top of the packet.
const TOP: [&str; 3] = ["call", "record", "portal"];
/// The members of `call`.
const MEMBERS: [&str; 18] = [
    "kind",
    "answered",
    "id",
    "number",
    "inner",
    "line",
    "line_name",
    "started",
    "duration",
    "talk",
    "waiting",
    "hold",
    "project",
    "place",
    "cause",
    "recording",
    "more_recordings",
    "employee",
];
/// What others call them.
const OTHERS: &[(&str, &str)] = &[
    (
        "number",
        "src phone tel caller callerid caller_id from client client_phone from_number customer abonent contact телефон номер",
    ),
    (
        "inner",
        "dst extension ext user operator agent inner_number internal internal_number manager to сотрудник добавочный",
    ),
    (
        "line",
        "did trunk to_number line_number called dialed our_number линия",
    ),
    ("line_name", "linename line_title trunk_name"),
    (
        "recording",
        "record recording_url record_url rec link file audio url запись",
    ),
    (
        "waiting",
        "wait wait_time waited waiting_time waitsec queue_time ожидание",
    ),
    (
        "talk",
        "billsec talk_time talked conversation speaking разговор",
    ),
    ("duration", "length time seconds длительность"),
    (
        "started",
        "start date datetime start_time calldate begin begin_time timestamp time_start начало",
    ),
    ("kind", "type direction call_type вид тип направление"),
    ("id", "uniqueid unique_id call_id callid uuid uid"),
    ("place", "region city город регион"),
    (
        "cause",
        "reason status result dial_status hangup_cause disposition причина",
    ),
    ("hold", "held hold_time"),
    ("answered", "is_answered success принят"),
];

/// Returns the member of a call that a word means.
fn member(word: &str) -> Option<&'static str> {
    let lower = word.to_lowercase();
    if let Some(member) = MEMBERS.iter().find(|member| **member == lower) {
        return Some(member);
    }
    let mut others = OTHERS.iter();
    let found = others.find(|(_, words)| words.split(' ').any(|other| other == lower));
    found
        .map(|(member, _)| *member)
        .or_else(|| suggest::slip(word, &MEMBERS))
}

pub(super) fn path(written: &str) -> Option<PacketMistake> {
    // a list of calls in the packet of another program
    let single = written.replacen("$.calls[0].", "$.calls.", 1);
    let names = names_of(&single)?;
    let (first, rest) = names.split_first()?;
    if *first == "call" {
        return of_call(written, rest);
    }
    if TOP.contains(first) {
        return None;
    }
    if let ["calls" | "cdr" | "звонок", inside] = names.as_slice()
        && let Some(member) = member(inside)
    {
        return Some(PacketMistake::path(written, &format!("$.call.{member}")));
    }
    match member(first).filter(|_| rest.is_empty()) {
        Some(member) => Some(PacketMistake::path(written, &format!("$.call.{member}"))),
        None => Some(PacketMistake {
            message: bilingual!(
                "the packet of a call has no `{first}` at the top",
                "в пакете звонка на верхнем уровне нет `{first}`"
            ),
            advice: bilingual!(
                "the call is in `$.call`, as in `$.call.number`; what the PBX sent is in `$.record`",
                "сам звонок — в `$.call`, например `$.call.number`; то, что прислала АТС, — в `$.record`"
            ),
        }),
    }
}

/// `$.call.src`, `$.call.line.name`.
fn of_call(written: &str, rest: &[&str]) -> Option<PacketMistake> {
    match rest {
        [name] if MEMBERS.contains(name) => None,
        [name] => Some(match member(name) {
            Some(member) => PacketMistake::path(written, &format!("$.call.{member}")),
            None => PacketMistake {
                message: bilingual!("a call has no `{name}`", "у звонка нет `{name}`"),
                advice: suggest::did_you_mean(name, &MEMBERS),
            },
        }),
        [name, inside, ..] if MEMBERS.contains(name) => {
            let joined = format!("{name}_{inside}");
            let right = if MEMBERS.contains(&joined.as_str()) {
                format!("$.call.{joined}")
            } else {
                format!("$.call.{name}")
            };
            Some(PacketMistake::path(written, &right))
        }
        _ => None,
    }
}

pub(super) fn test(test: &PacketTest<'_>, taken: &[CallKind]) -> Option<PacketMistake> {
    let value = test.text?;
    match test.path {
        "$.call.kind" => {
            let Some(kind) = CallKind::parse(value) else {
                let advice = match call::meant(value) {
                    Some(kind) => suggest::meant(&format!("'{}'", kind.as_str())),
                    None => suggest::did_you_mean(value, &CallKind::ALL.map(CallKind::as_str)),
                };
                return Some(PacketMistake::value(test.path, value, advice));
            };
            let is_left_out = !taken.is_empty() && !taken.contains(&kind);
            let advice = bilingual!(
                "`on` leaves such calls out: add `{value}` there, or remove the test",
                "`on` таких звонков не берёт: добавьте туда `{value}` или уберите проверку"
            );
            is_left_out.then(|| PacketMistake::value(test.path, value, advice))
        }
        "$.call.answered" if !taken.is_empty() || !matches!(value, "true" | "false") => {
            if !matches!(value, "true" | "false") {
                let word = if truth(value) == Some(false) {
                    "false"
                } else {
                    "true"
                };
                return Some(PacketMistake::value(
                    test.path,
                    value,
                    bilingual!("write `{word}`", "напишите `{word}`"),
                ));
            }
            let is_yes = value == "true";
            let others = if is_yes {
                [CallKind::Missed]
            } else {
                [CallKind::Incoming]
            };
            let advice = bilingual!(
                "`on` takes no such calls: change `on`, or remove the test",
                "`on` таких звонков не берёт: измените `on` или уберите проверку"
            );
            taken
                .iter()
                .all(|kind| others.contains(kind))
                .then(|| PacketMistake::value(test.path, value, advice))
        }
        "$.call.line" | "$.call.number" | "$.call.inner" if value.contains([' ', '(', '-']) => {
            let digits: String = value
                .chars()
                .filter(|c| c.is_ascii_digit() || *c == '+')
                .collect();
            let advice = bilingual!(
                "a number has no blanks and brackets: write `'{digits}'`",
                "номер приходит без пробелов и скобок: напишите `'{digits}'`"
            );
            Some(PacketMistake::value(test.path, value, advice))
        }
        _ => None,
    }
}
