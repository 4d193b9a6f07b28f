//! The limits that every web server of this process keeps.

use crate::config::ServerSettings;
use crate::serving;

/// Returns the limits that every web server of this process keeps.
pub(super) fn serving_limits(settings: &ServerSettings) -> serving::Limits {
    serving::Limits {
        connections: settings.max_connections,
        per_address: settings
            .max_connections_per_address
            .min(settings.max_connections / 2),
        proxies: settings.trusted_proxies.clone(),
        times: serving::Times {
            head: settings.request_timeout,
            body: settings.request_timeout,
            keep_alive: settings.keep_alive,
            reply: settings.reply_timeout,
        },
        workers: settings.workers,
        shutdown: settings.shutdown_timeout,
    }
}
