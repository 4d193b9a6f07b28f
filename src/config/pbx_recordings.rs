//! `recording` and what belongs to it of `[pbx.NAME]`.

use super::parse::link_host;
use super::problems::Problems;
use super::raw::RawPbx;
use super::settings::{RecordingSettings, RecordingWay};
use super::units::{bytes, long_duration};
use crate::domain::{Bilingual, bilingual};

/// The largest recording that is attached, by default; a megabyte is about a minute of WAV or ten
/// minutes of MP3.
const LIMIT: &str = "10MB";
/// How long a late recording is waited for by default: most PBXs have it within minutes.
const WAIT: &str = "1h";
/// The time for fetching a recording, by default.
const TIMEOUT: &str = "30s";
/// The bounds of the limit: a larger request the portal does not take.
const LIMITS: std::ops::RangeInclusive<usize> = 1024..=50 << 20;

/// Reads what becomes of recordings; `None` if there is a mistake.
pub(super) fn recordings(
    problems: &mut Problems,
    name: &str,
    raw: &RawPbx,
) -> Option<RecordingSettings> {
    let setting = |field: &str| format!("pbx.{name}.{field}");
    let way = way(raw.recording.as_deref().unwrap_or("link"));
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
    }
    Some(RecordingSettings {
        way: way?,
        limit: limit?,
        hosts,
        wait: wait?,
        timeout,
    })
}

fn way(word: &str) -> Result<RecordingWay, Bilingual> {
    match word.trim() {
        "link" => Ok(RecordingWay::Link),
        "copy" => Ok(RecordingWay::Copy),
        "off" => Ok(RecordingWay::Off),
        other => Err(bilingual!(
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
