//! Times for people, in the zone of the settings. `--json` prints ISO 8601 in UTC instead.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::out::Out;
use crate::domain::zone_name;

/// The times of one column, and what its heading says about their zone.
pub(super) struct TimeColumn {
    /// ` (MSK)`; empty if each time has its zone behind it.
    pub(super) zone: String,
    /// The times.
    pub(super) times: Vec<String>,
}

impl Out {
    /// Writes a moment as `2026-11-22 09:05:00 MSK`.
    pub(super) fn moment(&self, at: Timestamp) -> String {
        let zone = zone_name(at, self.zone(), self.lang());
        format!("{} {zone}", without_zone(at, self.zone()))
    }

    /// Writes the moments of a column. Their zone is in the heading if all have the same.
    pub(super) fn moments(&self, all: impl Iterator<Item = Timestamp>) -> TimeColumn {
        let all: Vec<Timestamp> = all.collect();
        let zones = all
            .iter()
            .map(|at| zone_name(*at, self.zone(), self.lang()));
        let mut zones: Vec<String> = zones.collect();
        zones.dedup();
        match zones.as_slice() {
            [one] => TimeColumn {
                zone: format!(" ({one})"),
                times: all
                    .iter()
                    .map(|at| without_zone(*at, self.zone()))
                    .collect(),
            },
            _ => TimeColumn {
                zone: String::new(),
                times: all.iter().map(|at| self.moment(*at)).collect(),
            },
        }
    }
}

fn without_zone(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Lang;

    const SUMMER: &str = "2026-07-22T06:05:00Z";
    const WINTER: &str = "2026-11-22T06:05:00Z";

    fn out(zone: &str, lang: Lang) -> Out {
        Out::plain(lang, TimeZone::get(zone).unwrap())
    }

    #[test]
    fn a_time_is_shown_in_the_zone_with_its_name() {
        for (zone, lang, at, shown) in [
            ("Europe/Moscow", Lang::En, WINTER, "2026-11-22 09:05:00 MSK"),
            ("Europe/Moscow", Lang::Ru, WINTER, "2026-11-22 09:05:00 МСК"),
            ("UTC", Lang::Ru, WINTER, "2026-11-22 06:05:00 UTC"),
            ("Europe/Berlin", Lang::En, WINTER, "2026-11-22 07:05:00 CET"),
            (
                "Europe/Berlin",
                Lang::En,
                SUMMER,
                "2026-07-22 08:05:00 CEST",
            ),
            ("Asia/Omsk", Lang::Ru, WINTER, "2026-11-22 12:05:00 UTC+6"),
            (
                "Asia/Kathmandu",
                Lang::Ru,
                WINTER,
                "2026-11-22 11:50:00 UTC+5:45",
            ),
            (
                "America/Sao_Paulo",
                Lang::En,
                WINTER,
                "2026-11-22 03:05:00 UTC-3",
            ),
        ] {
            assert_eq!(out(zone, lang).moment(at.parse().unwrap()), shown, "{zone}");
        }
    }

    #[test]
    fn a_column_names_its_zone_once_unless_summer_time_divides_it() {
        let column = |zone: &str| {
            let both = [SUMMER, WINTER].into_iter();
            let TimeColumn { zone, times } =
                out(zone, Lang::Ru).moments(both.map(|at| at.parse().unwrap()));
            (zone, times.join(", "))
        };
        assert_eq!(
            column("Europe/Moscow"),
            (
                " (МСК)".to_owned(),
                "2026-07-22 09:05:00, 2026-11-22 09:05:00".to_owned()
            )
        );
        let divided = "2026-07-22 08:05:00 CEST, 2026-11-22 07:05:00 CET";
        assert_eq!(column("Europe/Berlin"), (String::new(), divided.to_owned()));
    }
}
