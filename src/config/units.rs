//! Parses durations, sizes, networks and time zones of the settings.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::domain::{Bilingual, Lang, bilingual};

pub(super) fn duration(text: &str) -> Result<Duration, Bilingual> {
    let parsed: jiff::SignedDuration = text.parse().map_err(|_| {
        bilingual!(
            "`{text}` is not a duration; write 500ms, 20s, 5m or 2h",
            "`{text}` — не промежуток времени; напишите 500ms, 20s, 5m или 2h"
        )
    })?;
    Duration::try_from(parsed).map_err(|_| {
        bilingual!(
            "`{text}` is negative; write 20s",
            "`{text}` меньше нуля; напишите 20s"
        )
    })
}

/// Parses a duration that may also be in days or weeks.
pub(super) fn long_duration(text: &str) -> Result<Duration, Bilingual> {
    let hours = [('d', 24), ('w', 168)]
        .into_iter()
        .find_map(|(unit, hours)| {
            let number: u64 = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(hours)?.checked_mul(3_600)
        })
        .map(Duration::from_secs);
    hours.map_or_else(
        || {
            duration(text).map_err(|problem| {
                let (en, ru) = (problem.in_lang(Lang::En), problem.in_lang(Lang::Ru));
                bilingual!(
                    "{en}; days and weeks work, too: 90d, 2w",
                    "{ru}; можно в днях и неделях: 90d, 2w"
                )
            })
        },
        Ok,
    )
}

/// Parses `2GB`, `500 MB` or `1073741824`; a kilobyte is 1024 bytes.
pub(super) fn bytes(text: &str) -> Result<u64, Bilingual> {
    let upper = text.trim().to_uppercase();
    let units = [
        ("KB", 10),
        ("MB", 20),
        ("GB", 30),
        ("TB", 40),
        ("B", 0),
        ("", 0),
    ];
    units
        .into_iter()
        .find_map(|(unit, shift)| {
            let number: u64 = upper.strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(1 << shift)
        })
        .ok_or_else(|| {
            bilingual!(
                "`{text}` is not a size; write 500MB or 2GB",
                "`{text}` — не размер; напишите 500MB или 2GB"
            )
        })
}

/// Parses the name of a time zone: `Europe/Moscow`, `UTC`. The names are built in, because those of
/// the machine may be missing or old.
pub(super) fn time_zone(text: &str) -> Result<TimeZone, Bilingual> {
    let name = text.trim();
    if name.eq_ignore_ascii_case("UTC") {
        return Ok(TimeZone::UTC);
    }
    TimeZoneDatabase::bundled().get(name).map_err(|_| {
        bilingual!(
            "`{text}` is not a time zone; write Europe/Moscow, Asia/Omsk or UTC",
            "`{text}` — не часовой пояс; напишите Europe/Moscow, Asia/Omsk или UTC"
        )
    })
}

pub(super) fn network(text: &str) -> Result<IpNet, Bilingual> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map(|net| net.trunc())
        .map_err(|_| {
            bilingual!(
                "`{text}` is neither an address nor a network such as 10.0.0.0/8",
                "`{text}` — не адрес и не сеть вида 10.0.0.0/8"
            )
        })
}
