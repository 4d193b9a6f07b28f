//! How lengths of time, sizes and networks are written in settings.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let parsed: jiff::SignedDuration = text
        .parse()
        .map_err(|_| format!("`{text}` is no length of time; write 500ms, 20s, 5m or 2h"))?;
    Duration::try_from(parsed).map_err(|_| format!("`{text}` lies in the past"))
}

/// The same, and days and weeks.
pub(super) fn long_duration(text: &str) -> Result<Duration, String> {
    let hours = [('d', 24), ('w', 168)]
        .into_iter()
        .find_map(|(unit, hours)| {
            let number: u64 = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
            number.checked_mul(hours)?.checked_mul(3_600)
        })
        .map(Duration::from_secs);
    hours.map_or_else(
        || duration(text).map_err(|problem| format!("{problem}, 90d")),
        Ok,
    )
}

/// `2GB`, `500 MB`, `1073741824`; a kilobyte is 1024 bytes.
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
        .ok_or_else(|| format!("`{text}` is no size; write 500MB or 2GB"))
}

pub(super) fn network(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map(|net| net.trunc())
        .map_err(|_| format!("`{text}` is neither an address nor a network such as 10.0.0.0/8"))
}
