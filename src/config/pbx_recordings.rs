//! `recording` and what belongs to it of `[pbx.NAME]`.

use super::parse::link_host;
use super::problems::Problems;
use super::raw::RawPbx;
use super::settings::{RecordingSettings, RecordingWay};
use super::units::{bytes, long_duration};
use crate::domain::{Bilingual, PbxDialect, bilingual};

/// The largest recording that is attached, by default; a megabyte is about a minute of WAV or ten
/// minutes of MP3.
const LIMIT: &str = "10MB";
/// How long a late recording is waited for by default: most PBXs have it within minutes.
const WAIT: &str = "1h";
/// The time for fetching a recording, by default.
const TIMEOUT: &str = "30s";
/// The bounds of the limit: a recording that is copied takes this much memory.
const LIMITS: std::ops::RangeInclusive<usize> = 1024..=200 << 20;
/// Where Mango Office keeps recordings: its API redirects there.
const MANGO_HOSTS: &str = "*.mango-office.ru";

/// Reads what becomes of recordings; `None` if there is a mistake.
pub(super) fn recordings(
    problems: &mut Problems,
    (name, dialect): (&str, PbxDialect),
    raw: &RawPbx,
) -> Option<RecordingSettings> {
    let setting = |field: &str| format!("pbx.{name}.{field}");
    let way = way(dialect, raw);
    let way = problems.keep(&setting("recording"), way);
    let limit = bytes(raw.recording_limit.as_deref().unwrap_or(LIMIT));
    let limit = problems.keep(&setting("recording_limit"), limit);
    let limit = limit.map(|limit| {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        problems.within(&setting("recording_limit"), limit, LIMITS)
    });
    let wait = long_duration(raw.recording_wait.as_deref().unwrap_or(WAIT));
    let wait = problems.keep(&setting("recording_wait"), wait);
    let timeout = raw.recording_timeout.as_deref().unwrap_or(TIMEOUT);
    let timeout = problems.time_limit(&setting("recording_timeout"), timeout);
    let listed = raw.recording_hosts.iter();
    let listed = listed.filter_map(|text| {
        let host = link_host(text);
        problems.keep(&setting("recording_hosts"), host)
    });
    let mut hosts: Vec<String> = listed.collect();
    if raw.recording_hosts.is_empty() {
        hosts.extend(raw.url.as_deref().and_then(host_of));
        if dialect == PbxDialect::Mango {
            hosts.push(MANGO_HOSTS.to_owned());
        }
    }
    Some(RecordingSettings {
        way: way?,
        limit: limit?,
        hosts,
        wait: wait?,
        timeout,
    })
}

/// Reads how recordings are attached. Those of Mango Office need a signed request, which only leadgate
/// can send, and for that the address of its API.
fn way(dialect: PbxDialect, raw: &RawPbx) -> Result<RecordingWay, Bilingual> {
    let has_url = raw.url.as_deref().is_some_and(|url| !url.trim().is_empty());
    let word = raw.recording.as_deref().map(str::trim);
    match (dialect, word) {
        (PbxDialect::UserCrm, None | Some("link")) => Ok(RecordingWay::Link),
        (PbxDialect::Mango, Some("link")) => Err(bilingual!(
            "cannot be link: the recordings of Mango Office need a sign-in; write copy or off",
            "не может быть link: записи Mango Office открываются только после входа; напишите copy или off"
        )),
        (PbxDialect::Mango, Some("copy")) if !has_url => Err(bilingual!(
            "needs `url`: leadgate asks the API of Mango Office for recordings",
            "нужен `url`: записи leadgate запрашивает у API Mango Office"
        )),
        (PbxDialect::Mango, None) if has_url => Ok(RecordingWay::Copy),
        (_, Some("copy")) => Ok(RecordingWay::Copy),
        (_, Some("off") | None) => Ok(RecordingWay::Off),
        (_, Some(other)) => Err(bilingual!(
            "`{other}` must be one of link, copy, off",
            "вместо `{other}` напишите link, copy или off"
        )),
    }
}

/// Returns the host of the PBX: its recordings are usually there. A wrong address is reported where
/// it belongs.
fn host_of(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let prefix = if scheme == "http" { "http://" } else { "" };
    link_host(&format!("{prefix}{host}")).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::tests::with;
    use crate::config::{RecordingSettings, RecordingWay};
    use crate::domain::Lang;

    const KEY: &str = "key = \"a long secret key\"\n";

    fn recordings(toml: &str) -> RecordingSettings {
        let loaded = with(&[], &format!("[pbx.main]\n{KEY}{toml}")).unwrap();
        loaded.settings.pbx["main"].recordings.clone()
    }

    #[test]
    fn recordings_are_links_on_the_host_of_the_pbx_unless_the_settings_say_otherwise() {
        assert_eq!(
            recordings(""),
            RecordingSettings {
                way: RecordingWay::Link,
                limit: 10 << 20,
                hosts: Vec::new(),
                wait: Duration::from_secs(3600),
                timeout: Duration::from_secs(30),
            }
        );
        let hosts = "recording_hosts = [\"records.example\", \"http://10.0.0.7:8080\"]";
        let toml = format!(
            "recording = \"copy\"\nrecording_limit = \"5MB\"\nrecording_wait = \"1d\"\n{hosts}"
        );
        assert_eq!(
            recordings(&toml),
            RecordingSettings {
                way: RecordingWay::Copy,
                limit: 5 << 20,
                hosts: vec![
                    "records.example".to_owned(),
                    "http://10.0.0.7:8080".to_owned()
                ],
                wait: Duration::from_secs(86_400),
                timeout: Duration::from_secs(30),
            }
        );
    }

    #[test]
    fn recordings_of_mango_office_are_copied_if_its_api_can_be_asked() {
        let mango = "salt = \"a long secret salt\"\ndialect = \"mango\"\n";
        let url = "url = \"https://app.mango-office.ru/vpbx\"\n";
        let way = |toml: &str| recordings(&format!("{mango}{toml}")).way;
        assert_eq!(way(""), RecordingWay::Off);
        assert_eq!(way(url), RecordingWay::Copy);
        assert_eq!(way(&format!("{url}recording = \"off\"")), RecordingWay::Off);
        assert_eq!(
            recordings(&format!("{mango}{url}")).hosts,
            ["app.mango-office.ru", "*.mango-office.ru"]
        );
        for (toml, words) in [
            (format!("{url}recording = \"link\""), "cannot be link"),
            ("recording = \"copy\"".to_owned(), "needs `url`"),
        ] {
            let failed = with(&[], &format!("[pbx.main]\n{KEY}{mango}{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
    }

    #[test]
    fn mistakes_in_recordings_are_reported() {
        for (toml, words) in [
            (
                "recording = \"yes\"",
                "pbx.main.recording: `yes` must be one of link, copy, off",
            ),
            (
                "recording_limit = \"1GB\"",
                "pbx.main.recording_limit: 1073741824 is not between",
            ),
            (
                "recording_wait = \"soon\"",
                "pbx.main.recording_wait: `soon` is not a duration",
            ),
            (
                "recording_timeout = \"0s\"",
                "pbx.main.recording_timeout: `0s` is too short",
            ),
            (
                "recording_hosts = [\"https://pbx.example/r\"]",
                "pbx.main.recording_hosts: `https://pbx.example/r` is not a host",
            ),
        ] {
            let failed = with(&[], &format!("[pbx.main]\n{KEY}{toml}\n"));
            let text = failed.unwrap_err().to_text(Lang::En);
            assert!(text.contains(words), "{toml}: {text}");
        }
    }
}
