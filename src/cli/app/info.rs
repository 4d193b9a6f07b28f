//! `leadgate app info`: what to enter on the portal. It works before the application has a number, so
//! it needs no settings but the public address.

use std::process::ExitCode;

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::out::Out;
use crate::config::Settings;
use crate::domain::{Bilingual, bilingual};
use crate::portal_app::PATH;

/// The scopes that the application uses; `telephony` with a PBX.
const SCOPES: [&str; 4] = ["crm", "placement", "user_basic", "im"];
const TELEPHONY: &str = "telephony";
const DEPARTMENT: &str = "department";

#[derive(Debug, Args)]
pub(super) struct InfoArgs {
    /// The connection of the settings, `crm.NAME`; default: the only application, or main.
    name: Option<String>,
    /// Where browsers and the portal reach leadgate, `https://gw.example`; default: that of the
    /// settings.
    #[arg(long, value_name = "ADDRESS")]
    public_url: Option<String>,
}

pub(super) fn run(args: &InfoArgs, settings: &Settings, out: &Out) -> Result<ExitCode, Failure> {
    let known = super::application(args.name.as_deref(), settings);
    let (name, address, client_id) = match (&args.public_url, known) {
        (Some(address), known) => {
            let known = known.ok();
            let name = args.name.clone();
            let name = name.or_else(|| known.map(|(name, _)| name.to_owned()));
            let address = address.trim().trim_end_matches('/').to_owned();
            check(&address)?;
            (
                name.unwrap_or_else(|| "main".to_owned()),
                address,
                known.map(|(_, app)| app.client_id.clone()),
            )
        }
        (None, Ok((name, app))) => (
            name.to_owned(),
            app.public_url.clone(),
            Some(app.client_id.clone()),
        ),
        (None, Err(failure)) => {
            let advice = Bilingual::new(
                "give the public address of leadgate: leadgate app info main --public-url https://gw.example",
                "укажите публичный адрес leadgate: leadgate app info main --public-url https://gw.example",
            );
            return Err(match args.name {
                Some(_) => Failure::message(2, advice),
                None => failure,
            });
        }
    };
    for line in lines(&name, &address, (settings, client_id.as_deref())) {
        Out::line(line.pick(out.lang()));
    }
    Ok(ExitCode::SUCCESS)
}

fn check(address: &str) -> Result<(), Failure> {
    let rest = address.strip_prefix("https://").unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:/".contains(c);
    if rest.contains('.') && rest.chars().all(is_plain) {
        return Ok(());
    }
    let wrong = bilingual!(
        "`{address}` is not a public address; write https://gw.example",
        "`{address}` — не публичный адрес; напишите https://gw.example"
    );
    Err(Failure::message(2, wrong))
}

fn lines(
    name: &str,
    address: &str,
    (settings, client_id): (&Settings, Option<&str>),
) -> Vec<Bilingual> {
    let page = |page: &str| format!("{address}{PATH}/{name}/{page}");
    let (handler, installer) = (page("app"), page("install"));
    let mut scopes = SCOPES.to_vec();
    if settings.pbx.values().any(|pbx| pbx.connection == name) {
        scopes.push(TELEPHONY);
    }
    let profiles =
        crate::profiles::ProfileStore::open(&settings.mappings.dir, &settings.mappings.templates);
    let needed = crate::app::needed_scopes(settings, &profiles.0.current(), name);
    if needed.iter().any(|group| group.contains(&DEPARTMENT)) {
        scopes.push(DEPARTMENT);
    }
    let scopes = scopes.join(", ");
    let variable = name.to_uppercase();
    let mut lines = vec![
        Bilingual::new(
            "In Bitrix24, as an administrator: Applications → Developer resources → Other → Local application",
            "В Битрикс24 под администратором: Приложения → Разработчикам → Другое → Локальное приложение",
        )
        .into(),
        bilingual!("  type: server", "  тип: серверное"),
        bilingual!(
            "  handler path: {handler}",
            "  путь вашего обработчика: {handler}"
        ),
        bilingual!(
            "  initial installation path: {installer}",
            "  путь для первоначальной установки: {installer}"
        ),
        Bilingual::new(
            "  script only (no user interface): no",
            "  использует только API: нет",
        )
        .into(),
        Bilingual::new("  menu item: leadgate", "  название пункта меню: leadgate").into(),
        bilingual!("  permissions (scope): {scopes}", "  права (scope): {scopes}"),
    ];
    lines.push(match client_id {
        Some(id) => bilingual!(
            "The settings have the application {id}. After saving, open it in the portal's menu as an administrator: that installs it",
            "В настройках — приложение {id}. Сохраните его и откройте в меню портала под администратором: так оно установится"
        ),
        None => bilingual!(
            "Save, and put what the portal shows into the settings: portal, client_id and public_url of [crm.{name}.app], the secret into LEADGATE_CRM__{variable}__APP__CLIENT_SECRET. Restart leadgate, then open the application in the portal's menu as an administrator: that installs it",
            "Сохраните и впишите в настройки то, что покажет портал: portal, client_id и public_url в [crm.{name}.app], секрет — в LEADGATE_CRM__{variable}__APP__CLIENT_SECRET. Перезапустите leadgate и откройте приложение в меню портала под администратором: так оно установится"
        ),
    });
    lines
}
