//! `[crm.NAME.app]`: a local application of a portal, instead of an inbound webhook.

use secrecy::{ExposeSecret as _, SecretString};

use super::addresses::{encrypted_address, is_local};
use super::problems::Problems;
use super::raw::{RawApp, RawAppTable};
use super::settings::SANDBOX_CONNECTION;
use crate::domain::{Bilingual, bilingual};

/// How a portal is reached.
#[derive(Debug, Clone)]
pub enum CrmAccessSettings {
    /// By the address of an inbound webhook, which is a secret.
    Webhook(SecretString),
    /// As a local application.
    App(PortalAppSettings),
}

/// A local application of a portal.
#[derive(Debug, Clone)]
pub struct PortalAppSettings {
    /// The portal's address without a slash at its end: `https://acme.bitrix24.ru`.
    pub portal: String,
    /// The application's number: `local.66a0c3d2e1b4f5.12345678`.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// The address of the authorization server: `https://oauth.bitrix24.tech`.
    pub authorization: String,
    /// Where browsers and the portal reach leadgate, without a slash at its end.
    pub public_url: String,
    /// From what the key is made that encrypts the tokens; `None` for one in the data folder.
    pub token_key: Option<SecretString>,
}

/// The authorization servers of the vendor: the first one is asked unless the settings say otherwise.
pub(super) const AUTHORIZATION: [&str; 2] = ["oauth.bitrix24.tech", "oauth.bitrix.info"];

/// The fewest characters of `token_key`.
const FEWEST: usize = 32;

/// Checks the application of a connection. `None` if something is wrong with it.
pub(super) fn app(problems: &mut Problems, name: &str, raw: RawApp) -> Option<PortalAppSettings> {
    let key = |field: &str| format!("crm.{name}.app.{field}");
    let raw = match raw {
        RawApp::Table(raw) => *raw,
        RawApp::Word(word) => {
            problems.keep::<()>(&format!("crm.{name}.app"), Err(not_a_table(name, &word)));
            return None;
        }
    };
    let portal = problems.keep(
        &key("portal"),
        needed(raw.portal.as_deref()).and_then(portal),
    );
    let client_id = needed(raw.client_id.as_deref()).and_then(client_id);
    let client_id = problems.keep(&key("client_id"), client_id);
    let client_secret = problems.keep(&key("client_secret"), client_secret(&raw));
    let server = raw.authorization.as_deref().unwrap_or(AUTHORIZATION[0]);
    let authorization = problems.keep(&key("authorization"), authorization(server));
    let public_url = needed(raw.public_url.as_deref())
        .and_then(|url| encrypted_address(url, "https://gw.example"));
    let public_url = problems.keep(&key("public_url"), public_url);
    let token_key = problems.keep(&key("token_key"), token_key(raw.token_key))?;
    Some(PortalAppSettings {
        portal: portal?,
        client_id: client_id?,
        client_secret: client_secret?,
        authorization: authorization?,
        public_url: public_url?,
        token_key,
    })
}

/// Returns whether an application is that of the embedded sandbox: `app = "sandbox"`.
pub(super) fn is_of_sandbox(app: Option<&RawApp>) -> bool {
    matches!(app, Some(RawApp::Word(word)) if word.trim() == SANDBOX_CONNECTION)
}

fn not_a_table(name: &str, word: &str) -> Bilingual {
    if word.trim() == SANDBOX_CONNECTION {
        return bilingual!(
            "`sandbox` is for the connection of the sandbox alone: write [crm.{SANDBOX_CONNECTION}] with app = \"sandbox\", and no other connection",
            "`sandbox` — только для единственного подключения к песочнице: напишите [crm.{SANDBOX_CONNECTION}] с app = \"sandbox\", без других подключений"
        );
    }
    bilingual!(
        "must be a table [crm.{name}.app] with portal, client_id, client_secret and public_url; `leadgate app info` says how to get them",
        "нужна таблица [crm.{name}.app] с portal, client_id, client_secret и public_url; как их получить, говорит `leadgate app info`"
    )
}

fn needed(text: Option<&str>) -> Result<&str, Bilingual> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    text.ok_or_else(|| Bilingual::new("is missing", "не указан").into())
}

/// Parses `acme.bitrix24.ru`, `box.example:8443`, or the address of a sandbox on this machine.
fn portal(text: &str) -> Result<String, Bilingual> {
    let address = text.trim_end_matches('/');
    if is_local(address) {
        return Ok(address.to_owned());
    }
    let host = address.strip_prefix("https://").unwrap_or(address);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    if host.contains('.') && host.chars().all(is_plain) && !host.starts_with(['.', ':']) {
        return Ok(format!("https://{}", host.to_ascii_lowercase()));
    }
    Err(bilingual!(
        "`{text}` is not the host of a portal; write acme.bitrix24.ru",
        "`{text}` — не хост портала; напишите acme.bitrix24.ru"
    ))
}

/// Checks `local.66a0c3d2e1b4f5.12345678`, which becomes a part of addresses.
fn client_id(text: &str) -> Result<String, Bilingual> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if text.chars().all(is_plain) && text.len() <= 100 {
        return Ok(text.to_owned());
    }
    Err(bilingual!(
        "is not an application's client_id; copy it from the portal, it looks like local.66a0c3d2e1b4f5.12345678",
        "это не client_id приложения; скопируйте его с портала, он выглядит так: local.66a0c3d2e1b4f5.12345678"
    ))
}

/// Returns the secret, or reads its file.
fn client_secret(raw: &RawAppTable) -> Result<SecretString, Bilingual> {
    let filled = |secret: &&SecretString| !secret.expose_secret().is_empty();
    let written = raw.client_secret.as_ref().filter(filled);
    let file = raw.client_secret_file.as_deref().map(str::trim);
    match (written, file.filter(|path| !path.is_empty())) {
        (Some(_), Some(_)) => Err(bilingual!(
            "is set beside client_secret_file; keep one of them",
            "указан вместе с client_secret_file; оставьте что-то одно"
        )),
        (Some(secret), None) => Ok(secret.clone()),
        (None, Some(path)) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                bilingual!(
                    "cannot read the file {path}: {error}",
                    "файл {path} не читается («{error}»)"
                )
            })?;
            let secret = text.trim();
            crate::redact::register(secret);
            if secret.is_empty() {
                return Err(bilingual!("the file {path} is empty", "файл {path} пуст"));
            }
            Ok(secret.to_owned().into())
        }
        (None, None) => Err(bilingual!(
            "is missing; copy the application's client_secret from the portal into a file and name it in client_secret_file",
            "не указан; скопируйте client_secret приложения с портала в файл и укажите его в client_secret_file"
        )),
    }
}

/// Checks the authorization server: one of the vendor's, or a sandbox on this machine. Everything
/// else could be given tokens of the portal.
fn authorization(text: &str) -> Result<String, Bilingual> {
    let address = text.trim().trim_end_matches('/');
    if is_local(address) {
        return Ok(address.to_owned());
    }
    let host = address.strip_prefix("https://").unwrap_or(address);
    if AUTHORIZATION.contains(&host) {
        return Ok(format!("https://{host}"));
    }
    let all = AUTHORIZATION.join(", ");
    Err(bilingual!(
        "`{text}` is not an authorization server of Bitrix24; they are {all}",
        "`{text}` — не сервер авторизации Битрикс24; их два: {all}"
    ))
}

fn token_key(key: Option<SecretString>) -> Result<Option<SecretString>, Bilingual> {
    let key = key.filter(|key| !key.expose_secret().is_empty());
    match key {
        Some(key) if key.expose_secret().chars().count() < FEWEST => Err(bilingual!(
            "is too short: write at least {FEWEST} random characters",
            "слишком короткий: нужно не меньше {FEWEST} случайных символов"
        )),
        key => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use crate::config::{CrmAccessSettings, Loaded, SettingsError, tests};
    use crate::domain::Lang;

    const APP: &str = "[crm.main.app]\nportal = \"Acme.bitrix24.ru\"\nclient_id = \"local.1.2\"\n\
        client_secret = \"the secret of the application\"\npublic_url = \"https://gw.example/\"\n";

    fn with(toml: &str) -> Result<Loaded, SettingsError> {
        tests::with(&[], toml)
    }

    #[test]
    fn an_application_is_read_with_its_defaults() {
        let loaded = with(APP).unwrap();
        let CrmAccessSettings::App(app) = &loaded.settings.crm["main"].access else {
            panic!("a webhook");
        };
        assert_eq!(app.portal, "https://acme.bitrix24.ru");
        assert_eq!(app.public_url, "https://gw.example");
        assert_eq!(app.authorization, "https://oauth.bitrix24.tech");
        let secret = app.client_secret.expose_secret();
        assert_eq!(secret, "the secret of the application");
        assert!(!loaded.show(Lang::En).contains(secret));
        assert!(!format!("{loaded:?}").contains(secret));
    }

    #[test]
    fn the_secret_may_be_in_a_file_or_in_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secret");
        std::fs::write(&file, "from a file\n").unwrap();
        let own = "client_secret = \"the secret of the application\"";
        let by_file = format!("client_secret_file = \"{}\"", file.display());
        let env = [(
            "LEADGATE_CRM__MAIN__APP__CLIENT_SECRET",
            "from the environment",
        )];
        for (toml, env, expected) in [
            (APP.replace(own, &by_file), &[][..], "from a file"),
            (APP.replace(own, ""), &env[..], "from the environment"),
        ] {
            let settings = tests::with(env, &toml).unwrap().settings;
            let CrmAccessSettings::App(app) = &settings.crm["main"].access else {
                panic!("a webhook");
            };
            assert_eq!(app.client_secret.expose_secret(), expected);
        }
    }

    #[test]
    fn mistakes_are_told_by_their_keys() {
        let replaced = |from: &str, to: &str| APP.replace(from, to);
        for (toml, problem) in [
            (
                replaced("Acme.bitrix24.ru", "http://acme.bitrix24.ru"),
                "crm.main.app.portal",
            ),
            (
                replaced("Acme.bitrix24.ru", "acme.bitrix24.ru/crm"),
                "crm.main.app.portal",
            ),
            (
                replaced("Acme.bitrix24.ru", ""),
                "crm.main.app.portal: is missing",
            ),
            (
                replaced("local.1.2", "local/../x"),
                "crm.main.app.client_id",
            ),
            (
                replaced("https://gw.example/", "http://gw.example"),
                "crm.main.app.public_url",
            ),
            (
                replaced("client_secret = \"the secret of the application\"", ""),
                "crm.main.app.client_secret: is missing",
            ),
            (
                format!("{APP}client_secret_file = \"/x\"\n"),
                "crm.main.app.client_secret: is set beside",
            ),
            (
                format!("{APP}authorization = \"evil.example\"\n"),
                "crm.main.app.authorization: `evil.example` is not an authorization server",
            ),
            (
                format!("{APP}token_key = \"short\"\n"),
                "crm.main.app.token_key: is too short",
            ),
            (format!("{APP}portall = \"x\"\n"), "did you mean `portal`?"),
            (
                format!("[crm.main]\nwebhook = \"https://x.example/rest/1/s/\"\n{APP}"),
                "crm.main.webhook: is set beside crm.main.app",
            ),
            (
                "[crm.main]\napp = \"sandbox\"\n".to_owned(),
                "crm.main.app: `sandbox` is for the connection of the sandbox alone",
            ),
            (
                "[crm.main]\napp = \"yes\"\n".to_owned(),
                "crm.main.app: must be a table",
            ),
        ] {
            let error = with(&toml).map(drop).unwrap_err().to_string();
            assert!(error.contains(problem), "{problem}: {error}");
            assert!(!error.contains("the secret of"), "{error}");
        }
    }

    #[test]
    fn the_sandbox_may_be_used_as_an_application() {
        let settings = with("[crm.sandbox]\napp = \"sandbox\"\n").unwrap().settings;
        assert!(settings.crm.is_empty() && settings.sandbox.as_application);
        assert!(!with("").unwrap().settings.sandbox.as_application);
        let beside = "[crm.sandbox]\napp = \"sandbox\"\n[crm.main]\nwebhook = \"https://x.example/rest/1/s/\"\n";
        assert!(with(beside).is_err());
    }
}
