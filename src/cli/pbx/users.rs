//! `leadgate pbx users`: the users of a PBX, and who they are in the portal.

use std::process::ExitCode;

use clap::Args;

use super::{PbxName, failed, name};
use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::config::Settings;
use crate::crm::{ColleagueRow, CrmError, Priority};
use crate::domain::{Bilingual, HandMatches, Lang, bilingual};
use crate::pbx::matching::{MatchedUser, Matching, People};
use crate::pbx::{CommandFailure, PbxUser};
use crate::profiles::ProfileStore;

#[derive(Debug, Args)]
pub(super) struct UsersArgs {
    #[command(flatten)]
    pbx: PbxName,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// Both sides, as they were read.
pub(in crate::cli) struct PbxPeople {
    /// The users of the PBX.
    pub(in crate::cli) users: Result<Vec<PbxUser>, CommandFailure>,
    /// The active employees of the portal.
    pub(in crate::cli) employees: Result<Vec<ColleagueRow>, CrmError>,
}

impl PbxPeople {
    /// Matches both sides; `None` if one of them could not be read.
    pub(in crate::cli) fn matching(&self, pbx: &str, by_hand: &HandMatches) -> Option<Matching> {
        let (Ok(users), Ok(employees)) = (&self.users, &self.employees) else {
            return None;
        };
        let people = People {
            by_hand: by_hand.of(pbx),
            employees,
            users,
        };
        Some(people.matching())
    }
}

/// Reads both sides.
pub(in crate::cli) fn read_people(settings: &Settings, name: &str) -> Result<PbxPeople, Failure> {
    let wrong = |error| Failure::new(2, error);
    let client = app::command_pbx(settings, name).map_err(wrong)?;
    let connection = settings.pbx.get(name).map(|pbx| pbx.connection.as_str());
    let connection = connection.unwrap_or_default();
    let portal = app::command_connection(settings, connection, String::new()).map_err(wrong)?;
    let (users, employees) = actix_web::rt::System::new()
        .block_on(async { tokio::join!(client.users(), portal.colleagues(Priority::Interactive)) });
    Ok(PbxPeople { users, employees })
}

pub(super) fn run(args: &UsersArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let name = name(args.pbx.pbx.as_deref(), settings)?;
    let people = read_people(settings, name)?;
    if let Err(failure) = &people.users {
        return Err(failed(failure));
    }
    if let Err(error) = &people.employees {
        let failure = error.failure();
        let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
        let unread = bilingual!(
            "the employees of the portal cannot be read: {en}",
            "сотрудники портала не читаются: {ru}"
        );
        return Err(Failure::message(1, unread));
    }
    let mappings = &settings.mappings;
    let (profiles, _) = ProfileStore::open(&mappings.dir, &mappings.templates);
    let by_hand = profiles.hand_matches().load_full();
    let matching = people.matching(name, &by_hand).unwrap_or_default();
    if args.json {
        Out::line(matching.to_json().to_string());
    } else {
        show(&matching, out);
    }
    let is_whole = matching.users.iter().all(|user| user.employee.is_some());
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn show(matching: &Matching, out: &Out) {
    let lang = out.lang();
    let heads = Bilingual::new(
        ["INNER", "USER OF THE PBX", "ID", "EMPLOYEE", "MATCHED BY"],
        ["ВНУТРЕННИЙ", "АБОНЕНТ АТС", "ID", "СОТРУДНИК", "КАК НАЙДЕН"],
    );
    let heads = heads.pick(lang).map(|head| (Ink::Dim, head.to_owned()));
    let rows = matching.users.iter().map(|user| row(user, lang));
    let rows: Vec<_> = std::iter::once(heads.to_vec()).chain(rows).collect();
    out.table(&rows);
    if !matching.without_user.is_empty() {
        let title = Bilingual::new("Employees without a user", "Сотрудники без абонента");
        out.heading(title.pick(lang));
        let rows = matching.without_user.iter().map(|row| {
            vec![
                (Ink::Plain, row.id.to_string()),
                (Ink::Plain, row.name.clone()),
                (Ink::Dim, row.inner.clone().unwrap_or_default()),
            ]
        });
        out.table(&rows.collect::<Vec<_>>());
    }
    for text in advice(matching) {
        Out::line(format!(
            "\n{}",
            out.ink(Ink::Warn, &clean(&text.pick(lang)))
        ));
    }
}

fn row(user: &MatchedUser, lang: Lang) -> Vec<(Ink, String)> {
    let own = [
        (Ink::Strong, user.user.inner.clone()),
        (Ink::Plain, user.user.name.clone()),
    ];
    let employee = if let Some((employee, by)) = &user.employee {
        [
            (Ink::Plain, employee.id.to_string()),
            (Ink::Plain, employee.name.clone()),
            (Ink::Good, by.text().pick(lang).to_owned()),
        ]
    } else {
        let nobody = Bilingual::new("nobody", "не найден");
        [
            (Ink::Plain, String::new()),
            (Ink::Plain, String::new()),
            (Ink::Bad, nobody.pick(lang).to_owned()),
        ]
    };
    own.into_iter().chain(employee).collect()
}

/// Returns what to do about people who are not matched, or not clearly.
fn advice(matching: &Matching) -> Vec<Bilingual> {
    let mut advice = Vec::new();
    if !matching.shared.is_empty() {
        let numbers = matching.shared.join(", ");
        advice.push(bilingual!(
            "several employees of the portal have one inner number: {numbers}; calls count for the one with the lowest ID",
            "один внутренний номер у нескольких сотрудников портала: {numbers}; звонки достаются тому, чей ID меньше"
        ));
    }
    if !matching.gone.is_empty() {
        let ids: Vec<String> = matching.gone.iter().map(ToString::to_string).collect();
        let ids = ids.join(", ");
        advice.push(bilingual!(
            "_pbx.yaml names employees who are not active in the portal: {ids}",
            "в _pbx.yaml есть сотрудники, которых нет среди работающих на портале: {ids}"
        ));
    }
    if matching.users.iter().any(|user| user.employee.is_none()) {
        advice.push(bilingual!(
            "who is `nobody` gets no calls in the portal: enter the inner number in Bitrix24 under Telephony → Telephony users, or write it into mappings/_pbx.yaml (docs/pbx.md)",
            "звонки ненайденных абонентов не попадут к сотрудникам: укажите внутренний номер в Битрикс24 («Телефония» → «Пользователи телефонии») или в mappings/_pbx.yaml (docs/pbx.ru.md)"
        ));
    }
    advice
}
