//! `leadgate user`: the people of the console. Works beside a running gateway.

mod ask;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::failure::Failure;
use super::out::{Ink, Out};
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::console::{hash_password, name_problem, password_problem};
use crate::domain::{
    AuditEntry, Bilingual, Clock as _, ConsoleUser, Role, SystemClock, bilingual, plural,
};
use crate::store::{Store, StoreError};

/// The name of this command in the audit log.
const COMMAND_LINE: &str = "leadgate user";

#[derive(Debug, Args)]
pub(super) struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a person; the password is asked for on the terminal or read from standard input.
    Add(AddArgs),
    /// Set a person's password and end the person's sessions.
    Passwd(PasswdArgs),
    /// Change a person's role.
    Role(RoleArgs),
    /// Remove a person and end the person's sessions.
    Remove(NameArgs),
    /// List the people: names, roles and open sessions.
    List(ListArgs),
    /// End all sessions of a person.
    SignOut(NameArgs),
}

#[derive(Debug, Args)]
struct AddArgs {
    /// The name to sign in with.
    name: String,
    /// What the person may do: viewer, operator, author or admin.
    #[arg(long, value_name = "ROLE", default_value = "viewer")]
    role: String,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, Args)]
struct PasswdArgs {
    /// The name to sign in with.
    name: String,
    #[command(flatten)]
    password: PasswordArgs,
}

#[derive(Debug, Args)]
struct RoleArgs {
    /// The name to sign in with.
    name: String,
    /// The new role: viewer, operator, author or admin.
    role: String,
}

#[derive(Debug, Args)]
struct NameArgs {
    /// The name to sign in with.
    name: String,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Print one JSON object per person.
    #[arg(long)]
    json: bool,
}

/// Where a password comes from.
#[derive(Debug, Args)]
struct PasswordArgs {
    /// Read the password from the first line of standard input.
    #[arg(long)]
    password_stdin: bool,
}

pub(super) fn run(args: &UserArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let path = settings.data.dir.join(STORE_FILE);
    let open = || Store::open_beside(&path).map_err(failed);
    let system = actix_web::rt::System::new();
    match &args.command {
        UserCommand::Add(args) => {
            let role = role(&args.role)?;
            if let Some(problem) = name_problem(&args.name) {
                return Err(Failure::message(2, problem));
            }
            let store = open()?;
            let password = hashed(&args.name, &args.password, out)?;
            system.block_on(add(&store, &args.name, role, password))?;
            tell(out, &added(&args.name, role));
        }
        UserCommand::Passwd(args) => {
            let store = open()?;
            system.block_on(known(&store, &args.name))?;
            let password = hashed(&args.name, &args.password, out)?;
            system.block_on(set_password(&store, &args.name, password))?;
            let name = &args.name;
            tell(
                out,
                &bilingual!(
                    "new password set, all sessions of {name} have ended",
                    "новый пароль задан, все сеансы завершены: {name}"
                ),
            );
        }
        UserCommand::Role(args) => {
            let role = role(&args.role)?;
            system.block_on(set_role(&open()?, &args.name, role))?;
            tell(out, &is_now(&args.name, role));
        }
        UserCommand::Remove(args) => {
            system.block_on(remove(&open()?, &args.name))?;
            let name = &args.name;
            tell(out, &bilingual!("removed: {name}", "удалён: {name}"));
        }
        UserCommand::List(args) => {
            let store = Store::open_read_only(&path).map_err(failed)?;
            system.block_on(list(&store, args, out))?;
        }
        UserCommand::SignOut(args) => {
            let ended = system.block_on(sign_out(&open()?, &args.name))?;
            let en = plural::english(ended, ["session", "sessions"]);
            let ru = plural::russian(ended, ["сеанс", "сеанса", "сеансов"]);
            tell(
                out,
                &bilingual!("ended: {ended} {en}", "завершено: {ended} {ru}"),
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(error: StoreError) -> Failure {
    Failure::new(1, error)
}

fn tell(out: &Out, text: &Bilingual) {
    Out::line(text.in_lang(out.lang()));
}

fn added(name: &str, role: Role) -> Bilingual {
    let word = role.as_str();
    bilingual!("added: {name}, {word}", "добавлен: {name}, {word}")
}

fn is_now(name: &str, role: Role) -> Bilingual {
    let word = role.as_str();
    bilingual!("{name} is {word} now", "{name}: теперь {word}")
}

fn role(word: &str) -> Result<Role, Failure> {
    Role::parse(word).ok_or_else(|| {
        let known = Role::ALL.map(Role::as_str).join(", ");
        let why = bilingual!(
            "there is no role `{word}`; there are {known}",
            "роли `{word}` нет; есть {known}"
        );
        Failure::message(2, why)
    })
}

/// Reads a new password and hashes it.
fn hashed(name: &str, from: &PasswordArgs, out: &Out) -> Result<String, Failure> {
    let password = if from.password_stdin {
        ask::first_line()?
    } else {
        ask::twice(out.lang())?
    };
    if let Some(problem) = password_problem(name, &password) {
        return Err(Failure::message(2, problem));
    }
    hash_password(&password).ok_or_else(|| {
        let none = Bilingual::new(
            "the system gives no random numbers",
            "система не даёт случайных чисел",
        );
        Failure::message(1, none)
    })
}

async fn note(store: &Store, action: &str, about: &str, details: Value) -> Result<(), Failure> {
    let entry = AuditEntry {
        at: SystemClock.now(),
        who: COMMAND_LINE.to_owned(),
        action: action.to_owned(),
        about: about.to_owned(),
        details,
    };
    store.add_audit(entry).await.map_err(failed)
}

fn unknown(name: &str) -> Failure {
    let why = bilingual!(
        "there is no user {name}; `leadgate user list` shows all",
        "пользователя {name} нет; всех показывает `leadgate user list`"
    );
    Failure::message(1, why)
}

async fn known(store: &Store, name: &str) -> Result<ConsoleUser, Failure> {
    let user = store.console_user(name.to_owned()).await.map_err(failed)?;
    user.ok_or_else(|| unknown(name))
}

async fn add(store: &Store, name: &str, role: Role, password: String) -> Result<(), Failure> {
    let user = ConsoleUser {
        name: name.to_owned(),
        role,
        password,
        created_at: SystemClock.now(),
    };
    if !store.add_console_user(user).await.map_err(failed)? {
        let why = bilingual!(
            "there is a user {name}; `leadgate user passwd {name}` sets a password",
            "пользователь {name} уже есть; пароль меняет `leadgate user passwd {name}`"
        );
        return Err(Failure::message(1, why));
    }
    note(store, "user-added", name, json!({"role": role.as_str()})).await
}

async fn set_password(store: &Store, name: &str, password: String) -> Result<(), Failure> {
    let set = store.set_console_password(name.to_owned(), password);
    if !set.await.map_err(failed)? {
        return Err(unknown(name));
    }
    note(store, "user-password", name, Value::Null).await
}

async fn set_role(store: &Store, name: &str, role: Role) -> Result<(), Failure> {
    let set = store.set_console_role(name.to_owned(), role);
    if !set.await.map_err(failed)? {
        return Err(unknown(name));
    }
    note(store, "user-role", name, json!({"role": role.as_str()})).await
}

async fn remove(store: &Store, name: &str) -> Result<(), Failure> {
    let removed = store.remove_console_user(name.to_owned());
    if !removed.await.map_err(failed)? {
        return Err(unknown(name));
    }
    note(store, "user-removed", name, Value::Null).await
}

async fn sign_out(store: &Store, name: &str) -> Result<usize, Failure> {
    let ended = store.remove_console_sessions(name.to_owned());
    let ended = ended.await.map_err(failed)?;
    note(store, "user-signed-out", name, json!({"sessions": ended})).await?;
    Ok(ended)
}

async fn list(store: &Store, args: &ListArgs, out: &Out) -> Result<(), Failure> {
    let users = store.console_users().await.map_err(failed)?;
    let sessions = store.console_session_counts(SystemClock.now()).await;
    let sessions = sessions.map_err(failed)?;
    let sessions = |user: &ConsoleUser| sessions.get(&user.name).copied().unwrap_or(0);
    if args.json {
        for user in &users {
            let whole = json!({"name": user.name, "role": user.role.as_str(),
                "created_at": user.created_at, "sessions": sessions(user)});
            Out::line(whole.to_string());
        }
        return Ok(());
    }
    let lang = out.lang();
    if users.is_empty() {
        let none = Bilingual::new(
            "no users; `leadgate user add NAME --role admin` adds one",
            "пользователей нет; добавьте: `leadgate user add ИМЯ --role admin`",
        );
        Out::line(none.pick(lang));
        return Ok(());
    }
    let heads = Bilingual::new(
        ["NAME", "ROLE", "ADDED", "SESSIONS"],
        ["ИМЯ", "РОЛЬ", "ДОБАВЛЕН", "СЕАНСЫ"],
    );
    let heads = heads.pick(lang).map(|head| (Ink::Dim, head.to_owned()));
    let rows = users.iter().map(|user| {
        vec![
            (Ink::Strong, user.name.clone()),
            (Ink::Plain, user.role.as_str().to_owned()),
            (Ink::Plain, out.moment(user.created_at)),
            (Ink::Plain, sessions(user).to_string()),
        ]
    });
    let rows: Vec<_> = std::iter::once(heads.to_vec()).chain(rows).collect();
    out.table(&rows);
    Ok(())
}
