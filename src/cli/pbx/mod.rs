//! `leadgate pbx`: commands to a PBX.

mod history;
mod users;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use super::failure::Failure;
use super::out::{Ink, Out};
use crate::app;
use crate::config::Settings;
use crate::domain::{Bilingual, UserId, bilingual};
use crate::pbx::{CommandFailure, CommandUser, DialNumber};
use crate::profiles::ProfileStore;
use crate::telephony::PbxClient;

pub(super) use self::users::read_people;

#[derive(Debug, Args)]
pub(super) struct PbxArgs {
    #[command(subcommand)]
    command: PbxSubcommand,
}

#[derive(Debug, Subcommand)]
enum PbxSubcommand {
    /// Let an employee call a number: the employee's phone rings first.
    Call(CallArgs),
    /// Put a call on hold, or end the hold.
    Hold(HoldArgs),
    /// Show calls of the past, as the PBX has them.
    History(history::HistoryArgs),
    /// Show the users of the PBX, who they are in the portal, and who is left over on both sides.
    Users(users::UsersArgs),
}

/// Which PBX.
#[derive(Debug, Args)]
struct PbxName {
    /// The PBX of the settings, `pbx.NAME`; not needed if there is one only.
    #[arg(long, value_name = "NAME")]
    pbx: Option<String>,
}

#[derive(Debug, Args)]
struct CallArgs {
    #[command(flatten)]
    pbx: PbxName,
    /// The ID of the employee in the portal.
    #[arg(value_name = "EMPLOYEE")]
    employee: i64,
    /// The number to call, or an inner number.
    #[arg(value_name = "PHONE")]
    number: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct HoldArgs {
    #[command(flatten)]
    pbx: PbxName,
    /// The ID of the employee in the portal.
    #[arg(value_name = "EMPLOYEE")]
    employee: i64,
    /// The leg of the call, as the events of the PBX name it (`call_id`). It is `leg` of the
    /// employee in `/api/v1/calls`.
    #[arg(value_name = "CALL")]
    call: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &PbxArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    match &args.command {
        PbxSubcommand::Call(args) => call(args, settings, out),
        PbxSubcommand::Hold(args) => hold(args, settings, out),
        PbxSubcommand::History(args) => history::run(args, settings, out),
        PbxSubcommand::Users(args) => users::run(args, settings, out),
    }
}

fn call(args: &CallArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let number = DialNumber::parse(&args.number).ok_or_else(|| {
        let written = &args.number;
        Failure::message(
            2,
            bilingual!(
                "`{written}` is not a number to call: write up to 20 digits",
                "`{written}` — не номер телефона: нужно до 20 цифр"
            ),
        )
    })?;
    let (name, client) = client(&args.pbx, settings)?;
    let user = user(args.employee, settings, name)?;
    let shown = number.as_str().to_owned();
    let ordered = client.make_call(user, number);
    actix_web::rt::System::new()
        .block_on(ordered)
        .map_err(|failure| failed(&failure))?;
    let employee = args.employee;
    if args.json {
        Out::line(json!({"pbx": name, "employee": employee, "number": shown}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let done = bilingual!(
        "ordered: the phone of employee {employee} rings, then {shown} is called",
        "команда принята: сначала зазвонит телефон сотрудника {employee}, затем АТС наберёт {shown}"
    );
    Out::line(out.ink(Ink::Good, &done.pick(out.lang())));
    Ok(ExitCode::SUCCESS)
}

fn hold(args: &HoldArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let (name, client) = client(&args.pbx, settings)?;
    let user = user(args.employee, settings, name)?;
    let switched = client.switch_hold(user, args.call.clone());
    actix_web::rt::System::new()
        .block_on(switched)
        .map_err(|failure| failed(&failure))?;
    if args.json {
        let (employee, call) = (args.employee, &args.call);
        Out::line(json!({"pbx": name, "employee": employee, "call": call}).to_string());
        return Ok(ExitCode::SUCCESS);
    }
    let done = Bilingual::new(
        "the PBX has put the call on hold or ended the hold",
        "АТС поставила звонок на удержание или сняла с него",
    );
    Out::line(out.ink(Ink::Good, done.pick(out.lang())));
    Ok(ExitCode::SUCCESS)
}

/// Returns the named PBX of the settings, or the only one, and its client.
fn client<'s>(
    wanted: &'s PbxName,
    settings: &'s Settings,
) -> Result<(&'s str, PbxClient), Failure> {
    let name = name(wanted.pbx.as_deref(), settings)?;
    let client = app::command_pbx(settings, name).map_err(|error| Failure::new(2, error))?;
    Ok((name, client))
}

/// Returns the named PBX of the settings, or the only one.
fn name<'s>(wanted: Option<&'s str>, settings: &'s Settings) -> Result<&'s str, Failure> {
    let mut names = settings.pbx.keys().map(String::as_str);
    match (wanted, names.next(), names.next()) {
        (Some(name), _, _) if settings.pbx.contains_key(name) => Ok(name),
        (None, Some(name), None) => Ok(name),
        (_, None, _) => {
            let none = Bilingual::new(
                "the settings have no PBX; add [pbx.main], see docs/pbx.md",
                "в настройках нет АТС; добавьте [pbx.main], см. docs/pbx.ru.md",
            );
            Err(Failure::message(2, none))
        }
        (Some(name), ..) => {
            let unknown = bilingual!(
                "the settings have no PBX pbx.{name}",
                "в настройках нет АТС pbx.{name}"
            );
            Err(Failure::message(2, unknown))
        }
        (None, ..) => {
            let names: Vec<&str> = settings.pbx.keys().map(String::as_str).collect();
            let names = names.join(", ");
            let several = bilingual!(
                "the settings have several PBXs; name one with --pbx: {names}",
                "в настройках несколько АТС; укажите одну в --pbx: {names}"
            );
            Err(Failure::message(2, several))
        }
    }
}

/// Returns how commands name an employee.
fn user(employee: i64, settings: &Settings, pbx: &str) -> Result<CommandUser, Failure> {
    let id = UserId::new(employee).ok_or_else(|| {
        Failure::message(
            2,
            bilingual!(
                "`{employee}` is not the ID of an employee",
                "`{employee}` — не ID сотрудника"
            ),
        )
    })?;
    let mappings = &settings.mappings;
    let (profiles, _) = ProfileStore::open(&mappings.dir, &mappings.templates);
    let by_hand = profiles.hand_matches().load_full();
    let mut own = by_hand.of(pbx).into_iter().flat_map(|it| &it.employees);
    let inner = own.find(|(_, user)| **user == id);
    Ok(CommandUser {
        crm_user: id.to_string(),
        inner: inner.map(|(inner, _)| inner.clone()),
    })
}

fn failed(failure: &CommandFailure) -> Failure {
    Failure::message(1, failure.text())
}
