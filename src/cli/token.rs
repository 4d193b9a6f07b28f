//! `leadgate token`: makes, lists and revokes tokens of the API.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::failure::Failure;
use super::filter::seconds;
use super::out::{Ink, Out};
use crate::api::token;
use crate::app::STORE_FILE;
use crate::config::Settings;
use crate::domain::{ApiScope, ApiToken, Bilingual, Clock as _, Lang, SystemClock, bilingual};
use crate::store::{Store, StoreError};

/// The longest name, in characters.
const LONGEST_NAME: usize = 60;

#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it; it cannot be shown again.
    Create(CreateArgs),
    /// List the tokens: names, scopes, and when they expire.
    List(ListArgs),
    /// Remove a token; requests with it are refused at once.
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    /// A name, by which you will know it: the program that uses it.
    name: String,
    /// What it allows: submissions:read, submissions:write, calls:read, calls:write,
    /// destinations:read, destinations:write, profiles:read, profiles:write, sources:read,
    /// sources:write, users:read, users:write, audit:read, people:erase; several with commas.
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', required = true)]
    scope: Vec<String>,
    /// How long it is valid: 90d, 12h, or never.
    #[arg(long, value_name = "TIME", default_value = "365d")]
    expires: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ListArgs {
    /// Print one JSON object per token.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RevokeArgs {
    /// Its name.
    name: String,
}

pub(super) fn run(args: &TokenArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let path = settings.data.dir.join(STORE_FILE);
    let failed = |error: StoreError| Failure::new(1, error);
    match &args.command {
        TokenCommand::Create(args) => {
            let wanted = wanted(args, SystemClock.now())?;
            create(
                args,
                &wanted,
                &Store::open_beside(&path).map_err(failed)?,
                out,
            )
        }
        TokenCommand::List(args) => {
            let store = Store::open_read_only(&path).map_err(failed)?;
            list(args, &store.tokens().map_err(failed)?, out);
            Ok(ExitCode::SUCCESS)
        }
        TokenCommand::Revoke(args) => {
            revoke(&args.name, &Store::open_beside(&path).map_err(failed)?, out)
        }
    }
}

/// Checks what the arguments say of a token.
fn wanted(args: &CreateArgs, now: Timestamp) -> Result<ApiToken, Failure> {
    let wrong = |problem: Bilingual| Failure::message(2, problem);
    let name = args.name.trim();
    let is_plain = |c: char| c.is_alphanumeric() || " -_.@".contains(c);
    if name.is_empty() || name.chars().count() > LONGEST_NAME || !name.chars().all(is_plain) {
        return Err(wrong(bilingual!(
            "`{name}` cannot name a token: use letters, digits, blanks and -_.@, at most {LONGEST_NAME}",
            "`{name}` не годится как имя токена: нужны буквы, цифры, пробелы и -_.@, не больше {LONGEST_NAME}"
        )));
    }
    let scopes = args.scope.iter().map(|word| scope(word.trim()));
    let mut scopes = scopes.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    scopes.sort_unstable();
    scopes.dedup();
    Ok(ApiToken {
        name: name.to_owned(),
        scopes,
        created_at: now,
        expires_at: end(&args.expires, now).map_err(wrong)?,
    })
}

fn scope(word: &str) -> Result<ApiScope, Bilingual> {
    ApiScope::parse(word).ok_or_else(|| {
        let known = ApiScope::ALL.map(ApiScope::as_str).join(", ");
        bilingual!(
            "there is no scope `{word}`; there are {known}",
            "права `{word}` нет; есть {known}"
        )
    })
}

/// Returns when a token ends that is made now.
fn end(text: &str, now: Timestamp) -> Result<Option<Timestamp>, Bilingual> {
    if text == "never" {
        return Ok(None);
    }
    let seconds = seconds(text).filter(|seconds| *seconds > 0);
    let end = seconds.and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    end.map(Some).ok_or_else(|| {
        bilingual!(
            "`{text}` is not a time; write 90d, 12h or never",
            "`{text}` — не срок; напишите 90d, 12h или never"
        )
    })
}

fn create(
    args: &CreateArgs,
    wanted: &ApiToken,
    store: &Store,
    out: &Out,
) -> Result<ExitCode, Failure> {
    let (text, hash) = token::make().ok_or_else(|| {
        let none = Bilingual::new(
            "the system gives no random numbers",
            "система не даёт случайных чисел",
        );
        Failure::message(1, none)
    })?;
    let added = actix_web::rt::System::new()
        .block_on(store.add_token(hash, wanted.clone()))
        .map_err(|error| Failure::new(1, error))?;
    if !added {
        let name = &wanted.name;
        return Err(Failure::message(
            1,
            bilingual!(
                "there is a token {name}; choose another name, or revoke it first",
                "токен {name} уже есть; выберите другое имя или сначала отзовите его"
            ),
        ));
    }
    if args.json {
        let mut whole = as_json(wanted);
        whole["token"] = json!(text);
        Out::line(whole.to_string());
        return Ok(ExitCode::SUCCESS);
    }
    Out::line(text);
    let words = Bilingual::new(
        "Keep it now: leadgate stores only its hash and cannot show it again.",
        "Сохраните его сейчас: leadgate хранит только хеш и больше его не покажет.",
    );
    Out::line(out.ink(Ink::Dim, words.pick(out.lang())));
    Ok(ExitCode::SUCCESS)
}

fn list(args: &ListArgs, tokens: &[ApiToken], out: &Out) {
    if args.json {
        for token in tokens {
            Out::line(as_json(token).to_string());
        }
        return;
    }
    let lang = out.lang();
    if tokens.is_empty() {
        let none = Bilingual::new(
            "no tokens; `leadgate token create NAME --scope submissions:read` makes one",
            "токенов нет; создайте: `leadgate token create ИМЯ --scope submissions:read`",
        );
        Out::line(none.pick(lang));
        return;
    }
    let now = SystemClock.now();
    let heads = Bilingual::new(
        ["NAME", "SCOPES", "MADE", "EXPIRES"],
        ["ИМЯ", "ПРАВА", "СОЗДАН", "ДЕЙСТВУЕТ ДО"],
    );
    let heads = heads.pick(lang).map(|head| (Ink::Dim, head.to_owned()));
    let rows = tokens.iter().map(|token| row(token, now, out));
    let rows: Vec<_> = std::iter::once(heads.to_vec()).chain(rows).collect();
    out.table(&rows);
}

fn row(token: &ApiToken, now: Timestamp, out: &Out) -> Vec<(Ink, String)> {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let end = match token.expires_at {
        Some(end) if token.is_expired(now) => (Ink::Bad, expired(&out.moment(end), out.lang())),
        Some(end) => (Ink::Plain, out.moment(end)),
        None => {
            let never = Bilingual::new("never", "бессрочно");
            (Ink::Plain, never.pick(out.lang()).to_owned())
        }
    };
    vec![
        (Ink::Strong, token.name.clone()),
        (Ink::Plain, scopes.join(", ")),
        (Ink::Plain, out.moment(token.created_at)),
        end,
    ]
}

fn expired(end: &str, lang: Lang) -> String {
    bilingual!("{end}, expired", "{end}, истёк").pick(lang)
}

fn revoke(name: &str, store: &Store, out: &Out) -> Result<ExitCode, Failure> {
    let removed = actix_web::rt::System::new()
        .block_on(store.remove_token(name.to_owned()))
        .map_err(|error| Failure::new(1, error))?;
    if !removed {
        let unknown = bilingual!(
            "there is no token {name}; `leadgate token list` shows all",
            "токена {name} нет; все показывает `leadgate token list`"
        );
        return Err(Failure::message(1, unknown));
    }
    let done = bilingual!("revoked: {name}", "отозван: {name}");
    Out::line(done.pick(out.lang()));
    Ok(ExitCode::SUCCESS)
}

fn as_json(token: &ApiToken) -> serde_json::Value {
    let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    json!({
        "name": token.name, "scopes": scopes, "created_at": token.created_at,
        "expires_at": token.expires_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ends_when_the_argument_says() {
        let now: Timestamp = "2026-11-27T12:00:00Z".parse().unwrap();
        let after = |seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok();
        for (text, ends) in [
            ("90d", Some(after(90 * 86_400))),
            ("12h", Some(after(12 * 3_600))),
            ("never", Some(None)),
            ("0d", None),
            ("-5d", None),
            ("soon", None),
            ("", None),
            ("999999999999d", None),
        ] {
            assert_eq!(end(text, now).ok(), ends, "{text}");
        }
    }
}
