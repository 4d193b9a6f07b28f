//! The flags that select submissions, shared by `journal` and `replay`.

use clap::Args;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::failure::Failure;
use super::sources;
use crate::domain::{Bilingual, Lang, ParkReason, State, bilingual};
use crate::journal::Filter;

#[derive(Debug, Args)]
pub(super) struct FilterArgs {
    /// Only submissions in this state: queued, leased, waiting, delivered, parked, captured,
    /// rejected, ignored.
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// Only submissions parked for this reason, such as refused-by-crm.
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// Only submissions of this profile (the file without its extension).
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// Only submissions from this source or one of its addresses: polls, polls/123,
    /// channels/landing.
    #[arg(long, value_name = "SOURCE", conflicts_with = "channel")]
    source: Option<String>,
    /// Only submissions from this channel.
    #[arg(long, value_name = "CHANNEL")]
    channel: Option<String>,
    /// Only submissions received at this time or later, in the time zone output.zone: 2026-11-22,
    /// 2026-11-22T10:00, or 2h, 3d ago.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only submissions received before this time.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only submissions that contain all these words: a phone number in any format or at least
    /// three of its digits, an e-mail address, a name, an id, or parts of them, in any case.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only submissions with a value that was left out: an invalid phone number or date, or a word
    /// that is not in a map, a table or a list of the portal.
    #[arg(long)]
    left_out: bool,
}

impl FilterArgs {
    /// Returns whether no flag is set.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            state,
            reason,
            profile,
            source,
            channel,
            since,
            until,
            text,
            left_out,
        } = self;
        let flags = [state, reason, profile, source, channel, since, until, text];
        !left_out && flags.into_iter().all(Option::is_none)
    }

    /// Returns the filter.
    pub(super) fn filter(&self, now: Timestamp, zone: &TimeZone) -> Result<Filter, Failure> {
        let wrong = |problem: Bilingual| Failure::message(2, problem);
        let moment = |text: &Option<String>| {
            text.as_deref()
                .map(|text| moment(text, now, zone))
                .transpose()
                .map_err(wrong)
        };
        Ok(Filter {
            state: self
                .state
                .as_deref()
                .map(state)
                .transpose()
                .map_err(wrong)?,
            reason: self
                .reason
                .as_deref()
                .map(reason)
                .transpose()
                .map_err(wrong)?,
            profile: self.profile.clone(),
            source: match (&self.source, &self.channel) {
                (Some(source), _) => Some(sources::filter(source)?),
                (None, Some(channel)) => Some(sources::channel(channel)?.filter()),
                (None, None) => None,
            },
            since: moment(&self.since)?,
            until: moment(&self.until)?,
            text: self.text.clone(),
            left_out: self.left_out,
            destination: None,
            record: None,
            before: None,
        })
    }
}

/// Parses a state by its code or by the Russian word of the list.
fn state(word: &str) -> Result<State, Bilingual> {
    let russian = || {
        let mut all = State::ALL.into_iter();
        all.find(|state| state.in_short(Lang::Ru) == word.to_lowercase())
    };
    State::parse(word).or_else(russian).ok_or_else(|| {
        let known = State::ALL.map(State::as_str).join(", ");
        let named = State::ALL.map(|state| state.to_text(Lang::Ru)).join(", ");
        bilingual!(
            "`{word}` is not a state; use one of {known}",
            "состояния `{word}` нет; есть {named}"
        )
    })
}

fn reason(word: &str) -> Result<ParkReason, Bilingual> {
    ParkReason::parse(word).ok_or_else(|| {
        let known = ParkReason::ALL.map(ParkReason::as_str).join(", ");
        let named = ParkReason::ALL.map(|reason| reason.to_text(Lang::Ru));
        let named = named.join(", ");
        bilingual!(
            "`{word}` is not a reason; use one of {known}",
            "причины `{word}` нет; есть {named}"
        )
    })
}

/// Parses a day or a minute in this zone, a full timestamp, or a time span before now.
pub(super) fn moment(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Bilingual> {
    let local = |civil: DateTime| civil.to_zoned(zone.clone()).map(|zoned| zoned.timestamp());
    let at = if let Some(seconds) = seconds(text) {
        now.checked_sub(jiff::SignedDuration::from_secs(seconds))
    } else if let Ok(at) = text.parse::<Timestamp>() {
        Ok(at)
    } else if let Ok(day) = text.parse::<Date>()
        && text.len() <= "2026-11-22".len()
    {
        local(day.at(0, 0, 0, 0))
    } else {
        text.parse::<DateTime>().and_then(local)
    };
    at.map_err(|_| {
        bilingual!(
            "`{text}` is not a time; write 2026-11-22, 2026-11-22T10:00 (in the zone of output.zone), or a \
             time span before now such as 2h, 3d",
            "`{text}` — не время; напишите 2026-11-22, 2026-11-22T10:00 (часовой пояс — output.zone) или \
             сколько назад: 2h, 3d"
        )
    })
}

/// Parses `90s`, `30m`, `2h`, `3d`, `1w` into seconds.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    number.checked_mul(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_times_as_people_write_them() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let moscow = TimeZone::get("Europe/Moscow").unwrap();
        let moment = |text: &str| moment(text, now, &moscow);
        for (text, at) in [
            ("2026-11-22", "2026-11-21T21:00:00Z"),
            ("2026-11-22T10:00", "2026-11-22T07:00:00Z"),
            ("2026-11-22 10:00:05", "2026-11-22T07:00:05Z"),
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
            ("2026-11-22T10:00:00+03:00", "2026-11-22T07:00:00Z"),
            ("2h", "2026-11-22T10:00:00Z"),
            ("3d", "2026-11-19T12:00:00Z"),
            ("90s", "2026-11-22T11:58:30Z"),
        ] {
            assert_eq!(moment(text), Ok(at.parse().unwrap()), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "h",
            "2x",
            "99999999999999999d",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
