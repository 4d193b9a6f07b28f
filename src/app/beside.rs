//! Clients for commands that run beside the gateway. They are other processes and cannot see its budget,
//! so they are gentle: one call at a time, ten at once at most, and one in two seconds after that. The
//! gateway always leaves three places in the portal's bucket, and a preview usually takes no more than
//! three calls, so that neither gets the other refused.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use secrecy::SecretString;

use super::connections::{limits, settled};
use crate::config::Settings;
use crate::crm::bitrix24::{Connection, RateLimits, Timeouts, Webhook};
use crate::domain::Clock as _;
use crate::domain::SystemClock;
use crate::simulator::PortalOptions;

/// The name of the connection to the embedded sandbox.
pub const SANDBOX: &str = "sandbox";

/// The names of all connections, the sandbox's when there is no other.
pub fn connection_names(settings: &Settings) -> Vec<String> {
    if settings.crm.is_empty() {
        return vec![SANDBOX.to_owned()];
    }
    settings.crm.keys().cloned().collect()
}

/// A gentle client for one connection. That of the sandbox leads to the gateway which runs on this
/// machine; nothing answers when none does.
pub fn client_beside(
    settings: &Settings,
    name: &str,
    originator: String,
) -> anyhow::Result<Connection> {
    if let Some(connection) = settings.crm.get(name) {
        let (webhook, timeouts, plan) = settled(name, connection)?;
        let client = Connection::new(webhook, originator, timeouts, gentle(plan))?
            .with_redirect_hosts(&connection.redirect_hosts);
        return Ok(client.with_search_limit(settings.delivery.search_limit));
    }
    let options = PortalOptions::new(std::sync::Arc::new(|| SystemClock.now()));
    let address = format!(
        "http://{}/rest/{}/{}/",
        here(settings.server.listen),
        options.user,
        options.secret
    );
    let webhook = Webhook::parse(&SecretString::from(address))
        .context("the sandbox can be asked on this machine only: server.listen is another one")?;
    let timeouts = Timeouts {
        call: Duration::from_secs(30),
        connect: Duration::from_secs(3),
    };
    let plan = limits(settings.sandbox.limits);
    let client = Connection::new(webhook, originator, timeouts, gentle(plan))?;
    Ok(client.with_search_limit(settings.delivery.search_limit))
}

/// "Every address" is asked by the loopback one.
fn here(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
    };
    SocketAddr::new(ip, listen.port())
}

fn gentle(plan: RateLimits) -> RateLimits {
    RateLimits {
        drain: plan.drain.min(0.5),
        size: plan.size.min(14.0),
        parallel: 1,
        ..plan
    }
}
