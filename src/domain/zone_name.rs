//! What people call a time zone.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Lang;

/// Returns what people call the zone: `MSK`, in Russian `МСК`; zones without a name are `UTC+4`.
pub fn zone_name(at: Timestamp, zone: &TimeZone, lang: Lang) -> String {
    let info = zone.to_offset_info(at);
    let name = info.abbreviation();
    if name == "MSK" && lang == Lang::Ru {
        return "МСК".to_owned();
    }
    if !name.starts_with(['+', '-']) {
        return name.to_owned();
    }
    let seconds = info.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}
