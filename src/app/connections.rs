//! CRM connections from the settings: a real portal each, or the embedded sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use secrecy::SecretString;

use super::sandbox::Sandbox;
use crate::config::{ConnectionSettings, EmployeeCheck, PortalPlan, Settings};
use crate::crm::bitrix24::{Connection, RateLimits, Timeouts, Webhook};
use crate::domain::InstanceId;
use crate::mapping::ProfileSet;
use crate::pipeline::Connections;

/// The scopes that a webhook needs, by the settings and by what the profiles ask: of each group one.
pub fn needed_scopes(settings: &Settings, profiles: &ProfileSet) -> Vec<&'static [&'static str]> {
    const CRM: &[&str] = &["crm"];
    const USER: &[&str] = &["user_basic", "user"];
    let employees = match settings.polls.employees {
        EmployeeCheck::Portal { .. } => true,
        EmployeeCheck::Off | EmployeeCheck::Listed { .. } => profiles
            .profiles()
            .iter()
            .any(|profile| profile.asks_for_employees()),
    };
    if employees {
        vec![CRM, USER]
    } else {
        vec![CRM]
    }
}

/// Prepares a client for each connection; an unusable webhook address is an error that names its key.
pub(super) fn build(
    settings: &Settings,
    sandbox: Option<&Sandbox>,
    instance: &InstanceId,
) -> anyhow::Result<Connections> {
    let originator = instance.originator();
    let mut connections = BTreeMap::new();
    for (name, connection) in &settings.crm {
        let client = client(name, connection, originator.clone())?
            .with_dictionary_age(settings.delivery.dictionary_age)
            .with_search_limit(settings.delivery.search_limit);
        connections.insert(name.clone(), Arc::new(client));
    }
    if let Some(sandbox) = sandbox {
        let webhook = Webhook::parse(&SecretString::from(sandbox.webhook()))
            .context("the sandbox has no usable address")?;
        let timeouts = Timeouts {
            call: Duration::from_secs(65),
            connect: Duration::from_secs(5),
        };
        connections.insert(
            super::SANDBOX.to_owned(),
            Arc::new(
                Connection::new(
                    webhook,
                    originator,
                    timeouts,
                    limits(settings.sandbox.limits),
                )?
                .with_dictionary_age(settings.delivery.dictionary_age)
                .with_search_limit(settings.delivery.search_limit),
            ),
        );
    }
    Ok(Connections(connections))
}

/// A client for one connection of the settings.
pub(super) fn client(
    name: &str,
    connection: &ConnectionSettings,
    originator: String,
) -> anyhow::Result<Connection> {
    let (webhook, timeouts, plan) = settled(name, connection)?;
    let client = Connection::new(webhook, originator, timeouts, plan)?;
    Ok(client.with_redirect_hosts(&connection.redirect_hosts))
}

/// What a client for one connection of the settings needs; an unusable webhook is an error that names its
/// key.
pub(super) fn settled(
    name: &str,
    connection: &ConnectionSettings,
) -> anyhow::Result<(Webhook, Timeouts, RateLimits)> {
    let webhook = Webhook::parse(&connection.webhook)
        .with_context(|| format!("crm.{name}.webhook cannot be used"))?;
    let timeouts = Timeouts {
        call: connection.timeout,
        connect: connection.connect_timeout,
    };
    let plan = RateLimits {
        parallel: connection.parallel,
        ..limits(Some(connection.plan))
    };
    Ok((webhook, timeouts, plan))
}

/// Asks each real portal whether its webhook works, and logs the answer. Intake does not wait for it.
pub(super) fn probe_in_background(
    settings: &Settings,
    profiles: &ProfileSet,
    connections: &Connections,
) {
    if settings.crm.is_empty() {
        return;
    }
    let needed = needed_scopes(settings, profiles);
    for (name, client) in connections.0.clone() {
        let needed = needed.clone();
        tokio::spawn(async move {
            match client.probe(&needed).await {
                Ok(portal) => tracing::info!(
                    crm = %name, admin = portal.admin, "{} works; its scopes: {}",
                    client.shown(), portal.scopes.join(", ")
                ),
                Err(error) => tracing::error!(
                    crm = %name, "{}: {error}; submissions are kept meanwhile", client.shown()
                ),
            }
        });
    }
}

/// The budget for a portal with these limits.
pub(super) fn limits(plan: Option<PortalPlan>) -> RateLimits {
    match plan {
        Some(PortalPlan::Standard) => RateLimits::default(),
        Some(PortalPlan::Enterprise) => RateLimits {
            drain: 5.0,
            size: 250.0,
            ..RateLimits::default()
        },
        None => RateLimits {
            drain: 1e6,
            size: 1e6,
            ..RateLimits::default()
        },
    }
}
