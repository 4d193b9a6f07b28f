//! The settings of a PBX's calls while they go on, and of what is read ahead.

use std::collections::BTreeMap;
use std::time::Duration;

use super::problems::Problems;
use super::raw::RawPbx;
use super::units::long_duration;
use crate::domain::{Bilingual, bilingual};

/// Of how many recent callers and changed clients the numbers are read ahead, and how often, by
/// default.
const REMEMBER_RECENT: usize = 500;
const READ_AHEAD_EVERY: &str = "5m";

/// How many calls may go on at once, after how long without news one is over, how long its record may
/// take, and how old a state of a phone may be at the start, by default.
const CALLS_MOST: usize = 2_000;
const CALL_TIMEOUT: &str = "4h";
const RECORD_WITHIN: &str = "6h";
const PRESENCE_FOR: &str = "12h";

/// What the values of `status` of a phone probably mean, by the only sample of the documentation.
const PHONE_STATUSES: [(&str, bool); 2] = [("0", false), ("1", true)];

/// How the calls of a PBX are followed while they go on.
#[derive(Debug, Clone)]
pub struct PbxCallSettings {
    /// Of how many recent callers and changed clients the numbers are read ahead; 0 means none.
    pub remember_recent: usize,
    /// How often clients that have changed are read.
    pub read_ahead_every: Duration,
    /// What its values of `dial_status` mean: whether the call was answered.
    pub dial_status: BTreeMap<String, bool>,
    /// What its values of `status` of a phone mean: whether it is registered.
    pub phone_status: BTreeMap<String, bool>,
    /// Whether employees see a card of each call in the portal.
    pub cards: bool,
    /// How many calls may go on at once.
    pub most: usize,
    /// After how long without news a call is over.
    pub timeout: Duration,
    /// How long after the end of a call its record may come.
    pub record_within: Duration,
    /// How old the states of phones and agents may be at the start.
    pub presence_for: Duration,
}

/// Checks the settings of the calls of a PBX.
pub(super) fn calls(problems: &mut Problems, name: &str, raw: &RawPbx) -> PbxCallSettings {
    let setting = |field: &str| format!("pbx.{name}.{field}");
    let (timeout, record) = (raw.call_timeout.as_deref(), raw.record_within.as_deref());
    let ahead = raw.read_ahead_every.as_deref().unwrap_or(READ_AHEAD_EVERY);
    let (recent, most) = (raw.remember_recent, raw.calls_most);
    PbxCallSettings {
        remember_recent: problems.within(
            &setting("remember_recent"),
            recent.unwrap_or(REMEMBER_RECENT),
            0..=100_000,
        ),
        read_ahead_every: problems.time_limit(&setting("read_ahead_every"), ahead),
        dial_status: table(
            problems,
            &setting("dial_status"),
            (raw.dial_status.clone(), &[]),
            answered,
        ),
        phone_status: table(
            problems,
            &setting("phone_status"),
            (raw.phone_status.clone(), &PHONE_STATUSES),
            registered,
        ),
        cards: raw.cards.unwrap_or(true),
        most: problems.within(
            &setting("calls_most"),
            most.unwrap_or(CALLS_MOST),
            10..=100_000,
        ),
        timeout: time(
            problems,
            &setting("call_timeout"),
            timeout.unwrap_or(CALL_TIMEOUT),
        ),
        record_within: time(
            problems,
            &setting("record_within"),
            record.unwrap_or(RECORD_WITHIN),
        ),
        presence_for: time(
            problems,
            &setting("presence_for"),
            raw.presence_for.as_deref().unwrap_or(PRESENCE_FOR),
        ),
    }
}

/// Parses a time that is more than zero.
fn time(problems: &mut Problems, setting: &str, text: &str) -> Duration {
    let time = problems.keep(setting, long_duration(text));
    if time.is_some_and(|time| time.is_zero()) {
        let wrong = bilingual!("must be more than zero", "должно быть больше нуля");
        problems.add(setting, &wrong);
    }
    time.unwrap_or_default()
}

/// Reads a table of values that mean yes or no: the defaults, and what the settings say.
fn table(
    problems: &mut Problems,
    setting: &str,
    (raw, defaults): (BTreeMap<String, String>, &[(&str, bool)]),
    meaning: fn(&str) -> Result<bool, Bilingual>,
) -> BTreeMap<String, bool> {
    let defaults = defaults.iter();
    let mut known: BTreeMap<String, bool> = defaults
        .map(|(value, meaning)| ((*value).to_owned(), *meaning))
        .collect();
    for (value, word) in raw {
        let meaning = problems.keep(&format!("{setting}.{value}"), meaning(word.trim()));
        known.extend(meaning.map(|meaning| (value, meaning)));
    }
    known
}

fn answered(word: &str) -> Result<bool, Bilingual> {
    match word {
        "answered" => Ok(true),
        "missed" => Ok(false),
        other => Err(bilingual!(
            "`{other}` must be answered or missed",
            "вместо `{other}` напишите answered или missed"
        )),
    }
}

fn registered(word: &str) -> Result<bool, Bilingual> {
    match word {
        "registered" => Ok(true),
        "unregistered" => Ok(false),
        other => Err(bilingual!(
            "`{other}` must be registered or unregistered",
            "вместо `{other}` напишите registered или unregistered"
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::config::tests::with;
    use crate::domain::Lang;

    #[test]
    fn calls_have_defaults_and_tables_add_to_them() {
        let toml = "[pbx.main]\nkey = \"a long secret key\"\ncall_timeout = \"1d\"\n\
            [pbx.main.dial_status]\n0 = \"answered\"\n[pbx.main.phone_status]\n2 = \"registered\"\n";
        let loaded = with(&[], toml).unwrap();
        let live = &loaded.settings.pbx["main"].live;
        assert!(live.cards);
        assert_eq!(live.dial_status.get("0"), Some(&true));
        let statuses = ["0", "1", "2", "3"].map(|value| live.phone_status.get(value).copied());
        assert_eq!(statuses, [Some(false), Some(true), Some(true), None]);
        assert_eq!(live.timeout, Duration::from_secs(24 * 3_600));
        assert_eq!(live.record_within, Duration::from_secs(6 * 3_600));
        assert_eq!(live.presence_for, Duration::from_secs(12 * 3_600));
    }

    #[test]
    fn mistakes_in_them_are_reported() {
        for (toml, words) in [
            ("calls_most = 1", "calls_most: 1 is not between"),
            (
                "call_timeout = \"0s\"",
                "call_timeout: must be more than zero",
            ),
            (
                "record_within = \"soon\"",
                "record_within: `soon` is not a duration",
            ),
            (
                "[pbx.main.dial_status]\n0 = \"yes\"",
                "dial_status.0: `yes` must be answered or missed",
            ),
            (
                "[pbx.main.phone_status]\n2 = \"busy\"",
                "phone_status.2: `busy` must be registered or unregistered",
            ),
        ] {
            let toml = format!("[pbx.main]\nkey = \"a long secret key\"\n{toml}\n");
            let text = with(&[], &toml).unwrap_err().to_text(Lang::En);
            let words = format!("pbx.main.{words}");
            assert!(text.contains(&words), "{toml}: {text}");
        }
    }
}
