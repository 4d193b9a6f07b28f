//! `leadgate amocrm connect`: exchanges the code of an integration for its tokens, and stores them.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use secrecy::SecretString;

use crate::amocrm::AmoClient;
use crate::app;
use crate::cli::failure::Failure;
use crate::cli::out::{Out, clean};
use crate::config::{AmoAccessSettings, AmoSettings, Settings};
use crate::domain::{AmoFailure, Bilingual, Lang, bilingual};

/// The longest code, in bytes; those of amoCRM have about 1000.
const LONGEST: u64 = 16 << 10;

#[derive(Debug, Args)]
pub(super) struct ConnectArgs {
    /// The account of the settings, `amocrm.NAME`; not needed if there is one only.
    name: Option<String>,
    /// The authorization code of the integration; without it the code is read from standard input,
    /// so that it is not in the history of the shell.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
}

pub(super) fn run(args: &ConnectArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let (name, account) = super::account(args.name.as_deref(), settings)?;
    check(name, account)?;
    let file = app::token_file(settings, name).map(|file| file.path());
    let client = app::command_amocrm(settings, name).map_err(|error| Failure::new(2, error))?;
    make_folder(&settings.data.dir)?;
    let code = match &args.code {
        Some(code) => code.trim().to_owned(),
        None => read(out.lang()).map_err(|error| {
            let what = Bilingual::new("cannot read the code", "не удаётся прочитать код");
            Failure::because(2, what.into(), error)
        })?,
    };
    if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        let none = Bilingual::new(
            "this is no authorization code; copy it from the integration: Keys and scopes",
            "это не код авторизации; скопируйте его из интеграции: «Ключи и доступы»",
        );
        return Err(Failure::message(2, none));
    }
    let system = actix_web::rt::System::new();
    system.block_on(connect(&client, account, &code.into()))?;
    let file = file.map(|file| file.display().to_string());
    let file = file.unwrap_or_default();
    let done = bilingual!(
        "amocrm.{name} is connected; its tokens are in {file}, encrypted. A running gateway uses them from now on",
        "amocrm.{name} подключён; его токены в {file}, в зашифрованном виде. Работающий шлюз уже пользуется ими"
    );
    Out::line(done.pick(out.lang()));
    Ok(ExitCode::SUCCESS)
}

/// Checks that the settings have an integration, and no token, which would be used instead.
fn check(name: &str, account: &AmoSettings) -> Result<(), Failure> {
    let missing = match account.api.as_ref().map(|api| &api.access) {
        None => bilingual!(
            "an integration needs amocrm.{name}.client_id, client_secret and subdomain; see docs/amocrm.md",
            "для интеграции нужны amocrm.{name}.client_id, client_secret и subdomain; см. docs/amocrm.ru.md"
        ),
        Some(AmoAccessSettings::Token(_)) => bilingual!(
            "amocrm.{name}.token is set, so no code is needed; remove it to use the integration",
            "задан amocrm.{name}.token, поэтому код не нужен; уберите токен, чтобы пользоваться интеграцией"
        ),
        Some(AmoAccessSettings::Integration(it)) if it.redirect_uri.is_empty() => bilingual!(
            "set amocrm.{name}.redirect_uri to the redirect address of the integration",
            "впишите в amocrm.{name}.redirect_uri ссылку для перенаправления из интеграции"
        ),
        Some(AmoAccessSettings::Integration(_)) => return Ok(()),
    };
    Err(Failure::message(2, missing))
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        let folder = folder.display();
        let what = bilingual!(
            "cannot make the data folder {folder}",
            "не удаётся создать папку данных {folder}"
        );
        Failure::because(2, what, error)
    })
}

/// Reads the code from standard input.
fn read(lang: Lang) -> io::Result<String> {
    let input = io::stdin();
    if input.is_terminal() {
        let ask = Bilingual::new(
            "Paste the authorization code and press Enter:",
            "Вставьте код авторизации и нажмите Enter:",
        );
        Out::line(ask.pick(lang));
    }
    let mut code = String::new();
    input.lock().take(LONGEST).read_line(&mut code)?;
    Ok(code.trim().to_owned())
}

/// Exchanges the code, and asks the account who it is.
async fn connect(
    client: &AmoClient,
    account: &AmoSettings,
    code: &SecretString,
) -> Result<(), Failure> {
    if let Err(failure) = client.connect(code).await {
        let is_lost = matches!(
            failure,
            AmoFailure::Network { .. } | AmoFailure::NotUnderstood
        );
        let mut text = failure.text();
        if is_lost {
            let (en, ru) = (text.in_lang(Lang::En), text.in_lang(Lang::Ru));
            text = bilingual!(
                "{en}; the code may be used up: take a new one",
                "{ru}; код мог быть уже использован: возьмите новый"
            );
        }
        return Err(Failure::message(1, text));
    }
    let found = client.account().await;
    let found = found.map_err(|failure| {
        let (en, ru) = (failure.to_text(Lang::En), failure.to_text(Lang::Ru));
        let text = bilingual!(
            "the tokens are stored, but the account cannot be asked: {en}",
            "токены сохранены, но аккаунт не отвечает: {ru}"
        );
        Failure::message(1, text)
    })?;
    match found.differs(account.account.as_deref(), account.subdomain.as_deref()) {
        None => Ok(()),
        Some(text) => Err(Failure::message(1, text.map(clean))),
    }
}
