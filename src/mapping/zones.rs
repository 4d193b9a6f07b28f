//! Time zones by their names.

use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};

/// The zone of times without one: that of the survey portal.
pub(crate) const DEFAULT_ZONE: &str = "Europe/Moscow";

/// The built-in time zones; those of the machine may be missing or old, and the core reads no disk.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
static MOSCOW: LazyLock<TimeZone> =
    LazyLock::new(|| ZONES.get(DEFAULT_ZONE).unwrap_or(TimeZone::UTC));

/// Returns a time zone by its name.
pub(crate) fn time_zone(name: &str) -> Option<TimeZone> {
    match name {
        "UTC" => Some(TimeZone::UTC),
        DEFAULT_ZONE => Some(default_zone()),
        _ => ZONES.get(name).ok(),
    }
}

/// Returns the zone of times without one.
pub(crate) fn default_zone() -> TimeZone {
    MOSCOW.clone()
}
