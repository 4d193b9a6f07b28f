//! Parses durations, sizes and networks of the settings.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is not a duration; write 500ms, 20s, 5m or 2h"))?;
    Duration::try_from(parsed).map_err(|_| format!("`{text}` is negative; write 20s"))
}

/// Parses a duration that may also be in days or weeks.
pub(super) fn long_duration(text: &str) -> Result<Duration, String> {
    let hours = [('d', 24), ('w', 168)]
        .into_iter()
        .find_map(|(unit, hours)| {
            let number: u64 = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(hours)?.checked_mul(3_600)
        })
        .map(Duration::from_secs);
    hours.map_or_else(
        || {
            duration(text)
                .map_err(|problem| format!("{problem}; days and weeks work, too: 90d, 2w"))
        },
        Ok,
    )
}

/// Parses `2GB`, `500 MB` or `1073741824`; a kilobyte is 1024 bytes.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
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
        .ok_or_else(|| format!("`{text}` is not a size; write 500MB or 2GB"))
}

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map(|net| net.trunc())
        .map_err(|_| format!("`{text}` is neither an address nor a network such as 10.0.0.0/8"))
}
