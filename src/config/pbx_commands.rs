//! `url`, `pbx_key` and what belongs to them of `[pbx.NAME]`: how leadgate gives a PBX commands.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::addresses::encrypted_address;
use super::problems::Problems;
use super::raw::RawPbx;
use super::settings::SANDBOX_CONNECTION;
use super::units::long_duration;
use crate::domain::{Bilingual, PbxDialect, bilingual};

/// How long a command may take, by default.
const TIMEOUT: &str = "10s";

/// How far back leadgate asks for calls that it lacks, and after how long without a request, by
/// default.
const CATCH_UP: &str = "1d";
const SILENCE: &str = "1h";

/// How leadgate gives a PBX commands, and asks it for calls that leadgate lacks.
#[derive(Debug, Clone)]
pub struct PbxCommandSettings {
    /// The address of its API; `sandbox` for the PBX of the sandbox.
    pub url: String,
    /// The key that leadgate sends; `None` if the dialect uses the key of the requests.
    pub key: Option<SecretString>,
    /// How long a command may take.
    pub timeout: Duration,
    /// How far back leadgate asks for calls that it lacks; `None` is never.
    pub catch_up: Option<Duration>,
    /// After how long without a request of the PBX it is asked, too.
    pub silence: Duration,
}

/// The shortest of both.
const SHORTEST: Duration = Duration::from_millis(100);

/// The fewest characters of the portal's token.
const SHORTEST_TOKEN: usize = 12;

/// A mistake in the commands was reported.
pub(super) struct BadCommands;

/// Reads how leadgate gives a PBX commands; `None` if the settings have no address.
pub(super) fn commands(
    problems: &mut Problems,
    (name, dialect): (&str, PbxDialect),
    raw: &RawPbx,
) -> Result<Option<PbxCommandSettings>, BadCommands> {
    let setting = |field: &str| format!("pbx.{name}.{field}");
    let timeout = raw.timeout.as_deref().unwrap_or(TIMEOUT);
    let timeout = problems.time_limit(&setting("timeout"), timeout);
    let back = match raw.catch_up.as_deref().map(str::trim) {
        Some("off") => Ok(None),
        written => time(written.unwrap_or(CATCH_UP)).map(Some),
    };
    let back = problems.keep(&setting("catch_up"), back);
    let silence = time(raw.silence.as_deref().unwrap_or(SILENCE));
    let silence = problems.keep(&setting("silence"), silence);
    let url = raw.url.as_deref().map(str::trim).unwrap_or_default();
    let key = raw.pbx_key.clone();
    let key = key.filter(|key| !key.expose_secret().is_empty());
    let (url, key) = match (url, key) {
        ("", None) => return Ok(None),
        ("", Some(_)) => {
            let missing = bilingual!(
                "is missing: pbx_key is for commands to the PBX; write its address, https://pbx.example",
                "не указан: pbx_key нужен для команд АТС; напишите её адрес, https://pbx.example"
            );
            problems.keep::<()>(&setting("url"), Err(missing));
            return Err(BadCommands);
        }
        (_, None) if dialect == PbxDialect::UserCrm => {
            let variable = name.to_uppercase().replace('-', "_");
            let missing = bilingual!(
                "is missing: set LEADGATE_PBX__{variable}__PBX_KEY to the API key of the PBX",
                "не указан: задайте в LEADGATE_PBX__{variable}__PBX_KEY API-ключ АТС"
            );
            problems.keep::<()>(&setting("pbx_key"), Err(missing));
            return Err(BadCommands);
        }
        (url, key) => (problems.keep(&setting("url"), address(url)), key),
    };
    let (Some(url), Some(catch_up), Some(silence)) = (url, back, silence) else {
        return Err(BadCommands);
    };
    Ok(Some(PbxCommandSettings {
        url,
        key,
        timeout,
        catch_up,
        silence,
    }))
}

/// Reads the token of the portal; empty is none.
pub(super) fn token(token: Option<SecretString>) -> Result<Option<SecretString>, Bilingual> {
    let length = |token: &SecretString| token.expose_secret().chars().count();
    match token.as_ref().map(length) {
        None | Some(0) => Ok(None),
        Some(length) if length >= SHORTEST_TOKEN => Ok(token),
        Some(_) => Err(bilingual!(
            "is too short: copy the whole token that the portal shows for the outgoing webhook",
            "слишком короткий: скопируйте целиком токен, который портал показывает у исходящего вебхука"
        )),
    }
}

fn time(text: &str) -> Result<Duration, Bilingual> {
    let time = long_duration(text)?;
    if time >= SHORTEST {
        return Ok(time);
    }
    Err(bilingual!(
        "`{text}` is too short; write 1h or 1d",
        "`{text}` — слишком мало; напишите 1h или 1d"
    ))
}

/// Checks the address of a PBX.
fn address(text: &str) -> Result<String, Bilingual> {
    if text == SANDBOX_CONNECTION {
        return Ok(text.to_owned());
    }
    let text = text.trim_end_matches('/');
    // the whole address, as a PBX shows it
    let text = text.trim_end_matches("/integration/usercrm");
    encrypted_address(text, "https://pbx.example")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::tests::with;
    use crate::domain::Lang;

    const KEYS: &str = "[pbx.main]\nkey = \"a long secret key\"\n";

    #[test]
    fn commands_need_an_address_and_a_key() {
        let toml = format!(
            "{KEYS}url = \"https://pbx.example/\"\npbx_key = \"the key of the PBX\"\nportal_token = \"the token of the portal\"\n"
        );
        let loaded = with(&[], &toml).unwrap();
        let main = &loaded.settings.pbx["main"];
        let commands = main.commands.as_ref().unwrap();
        assert_eq!(commands.url, "https://pbx.example");
        let whole = "https://pbx.example/integration/usercrm/";
        assert_eq!(super::address(whole), Ok("https://pbx.example".to_owned()));
        assert_eq!(commands.timeout, Duration::from_secs(10));
        assert_eq!(commands.catch_up, Some(Duration::from_secs(86_400)));
        assert_eq!(commands.silence, Duration::from_secs(3_600));
        for secret in ["the key of the PBX", "the token of the portal"] {
            assert!(!loaded.show(Lang::En).contains(secret));
            assert!(!format!("{loaded:?}").contains(secret));
        }
        let off = format!("{toml}catch_up = \"off\"\n");
        let off = with(&[], &off).unwrap();
        let commands = off.settings.pbx["main"].commands.as_ref().unwrap();
        assert_eq!(commands.catch_up, None);
        let none = with(&[], KEYS).unwrap();
        assert!(none.settings.pbx["main"].commands.is_none());
    }

    #[test]
    fn mistakes_in_the_commands_are_reported() {
        let address = "url = \"https://pbx.example\"\n";
        let key = "pbx_key = \"the key of the PBX\"\n";
        for (toml, words) in [
            (
                address.to_owned(),
                "pbx.main.pbx_key: is missing: set LEADGATE_PBX__MAIN__PBX_KEY",
            ),
            (key.to_owned(), "pbx.main.url: is missing"),
            (
                format!("{key}url = \"http://pbx.example\""),
                "pbx.main.url: `http://pbx.example` is not an address with https",
            ),
            (
                format!("{key}{address}catch_up = \"0s\""),
                "pbx.main.catch_up: `0s` is too short",
            ),
            (
                format!("{key}{address}timeout = \"0s\""),
                "pbx.main.timeout: `0s` is too short",
            ),
            (
                "portal_token = \"short\"".to_owned(),
                "pbx.main.portal_token: is too short",
            ),
        ] {
            let failed = with(&[], &format!("{KEYS}{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
    }
}
