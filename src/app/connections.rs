//! CRM connections from the settings: a real portal each, or the embedded sandbox. The only file of
//! the composition root that names the adapter, `crm::bitrix24`.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::SecretString;

use super::plan_advice::{self, PlanAdvice};
use super::sandbox::Sandbox;
use super::{applications, recordings};
pub use crate::config::SANDBOX_CONNECTION as SANDBOX;
use crate::config::{ConnectionSettings, CrmAccessSettings, EmployeeCheck, PortalPlan, Settings};
use crate::crm::Connection;
use crate::crm::bitrix24::{Access, Bucket, RateLimits, Timeouts};
use crate::domain::{
    Bilingual, BilingualError, Clock, Destination, InstanceId, Lang, SystemClock, bilingual,
};
use crate::mapping::ProfileSet;
use crate::pipeline::Destinations;
use crate::simulator::PortalOptions;

/// The CRM connections by their names in the settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(pub(super) BTreeMap<String, Arc<Connection>>);

/// Returns the scopes that the webhook of a connection needs, by the settings and by what the
/// profiles ask: one of each group.
pub fn needed_scopes(
    settings: &Settings,
    profiles: &ProfileSet,
    name: &str,
) -> Vec<&'static [&'static str]> {
    const CRM: &[&str] = &["crm"];
    const USER: &[&str] = &["user_basic", "user"];
    const DEPARTMENT: &[&str] = &["department"];
    const IM: &[&str] = &["im"];
    let (checks_employees, climbs) = match &settings.polls.employees {
        EmployeeCheck::Portal {
            connection,
            departments,
            sub_departments,
        } => (
            connection == name,
            *sub_departments && !departments.is_empty(),
        ),
        EmployeeCheck::Off | EmployeeCheck::Listed { .. } => (false, false),
    };
    let mut needed = vec![CRM];
    let mut profiles = profiles.profiles().iter();
    let asks_pbx = settings.pbx.values().any(|pbx| pbx.connection == name);
    if checks_employees || asks_pbx || profiles.any(|profile| profile.asks_for_employees()) {
        needed.push(USER);
    }
    if checks_employees && climbs {
        needed.push(DEPARTMENT);
    }
    if settings.alerts.crm == name {
        needed.push(IM);
    }
    needed
}

/// Returns what to say about the plan of a connection; `None` about the sandbox and portals on this
/// machine.
pub fn plan_advice(settings: &Settings, name: &str, client: &Connection) -> Option<PlanAdvice> {
    let connection = settings.crm.get(name)?;
    plan_advice::plan_advice(name, connection.plan, &client.portal())
}

/// Returns the connections as destinations of steps, and the recordings that go there.
pub(super) fn destinations(
    settings: &Settings,
    connections: &Connections,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Destinations> {
    let of_crm = connections.0.iter();
    let mut destinations: Destinations = of_crm
        .map(|(name, client)| (Destination::crm(name), Arc::clone(client)))
        .collect();
    recordings::insert_into(&mut destinations, settings, connections, clock)?;
    Ok(destinations)
}

/// Prepares every connection. An unusable webhook address is an error that names its setting.
pub(super) fn build(
    settings: &Settings,
    sandbox: Option<&Sandbox>,
    instance: &InstanceId,
) -> anyhow::Result<Connections> {
    let originator = instance.originator();
    let mut connections = BTreeMap::new();
    for (name, connection) in &settings.crm {
        let client = client(settings, (name, connection), originator.clone())?
            .with_dictionary_age(settings.delivery.dictionary_age)
            .with_search_limit(settings.delivery.search_limit);
        connections.insert(name.clone(), Arc::new(client));
    }
    if let Some(sandbox) = sandbox {
        let access = sandbox_access(settings, sandbox)?;
        let timeouts = Timeouts {
            call: Duration::from_secs(65),
            connect: Duration::from_secs(5),
        };
        connections.insert(
            SANDBOX.to_owned(),
            Arc::new(
                Connection::new(
                    access,
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

/// Returns how the sandbox is reached: by its webhook, or as its local application.
fn sandbox_access(settings: &Settings, sandbox: &Sandbox) -> anyhow::Result<Access> {
    if settings.sandbox.as_application {
        return Ok(Access::application(applications::of_sandbox(
            settings, sandbox,
        )?));
    }
    Ok(
        Access::webhook(&SecretString::from(sandbox.webhook())).map_err(|error| {
            let text = Bilingual::new(
                "the sandbox has no usable address",
                "адрес песочницы не подходит",
            );
            BilingualError::because(text, BilingualError::new(error.text()))
        })?,
    )
}

/// Prepares one connection of the settings.
fn client(
    settings: &Settings,
    (name, connection): (&str, &ConnectionSettings),
    originator: String,
) -> anyhow::Result<Connection> {
    let (access, timeouts, plan) = access(settings, (name, connection))?;
    let client = Connection::new(access, originator, timeouts, plan)?;
    Ok(client.with_redirect_hosts(&connection.redirect_hosts))
}

/// Returns the access, time limits and rate limits of one connection.
fn access(
    settings: &Settings,
    (name, connection): (&str, &ConnectionSettings),
) -> anyhow::Result<(Access, Timeouts, RateLimits)> {
    let access = match &connection.access {
        CrmAccessSettings::Webhook(webhook) => Access::webhook(webhook).map_err(|error| {
            let text = bilingual!(
                "crm.{name}.webhook cannot be used",
                "crm.{name}.webhook не подходит"
            );
            BilingualError::because(text, BilingualError::new(error.text()))
        })?,
        CrmAccessSettings::App(app) => Access::application(applications::of_settings(
            settings,
            (name, app),
            &connection.redirect_hosts,
        )?),
    };
    let timeouts = Timeouts {
        call: connection.timeout,
        connect: connection.connect_timeout,
    };
    let plan = RateLimits {
        parallel: connection.parallel,
        ..limits(Some(connection.plan))
    };
    Ok((access, timeouts, plan))
}

/// Asks each real portal whether its webhook works, and logs the answer. Intake does not wait for
/// it.
pub(super) fn probe_all(
    settings: &Settings,
    profiles: &ProfileSet,
    connections: &Connections,
) -> impl Future<Output = ()> + Send + use<> {
    let mut probes = Vec::new();
    for (name, client) in connections.0.clone() {
        let needed = needed_scopes(settings, profiles, &name);
        let advice = plan_advice(settings, &name, &client).filter(|advice| advice.is_warning);
        probes.push(async move {
            match client.probe(&needed).await {
                Ok(portal) => {
                    tracing::info!(
                        crm = %name, admin = portal.admin, "{} works; its scopes: {}",
                        client.masked_address(), portal.scopes.join(", ")
                    );
                    if let Some(advice) = advice {
                        tracing::warn!(crm = %name, "{}", advice.text.in_lang(Lang::En));
                    }
                }
                Err(error) => tracing::error!(
                    crm = %name, "{}: {error}; submissions wait in the inbox until it works",
                    client.masked_address()
                ),
            }
        });
    }
    async move {
        join_all(probes).await;
    }
}

/// Returns the rate limits of a portal on this plan; without one there are none.
fn limits(plan: Option<PortalPlan>) -> RateLimits {
    let bucket = plan.and_then(PortalPlan::limits);
    RateLimits {
        bucket: bucket.map(|(per_second, burst)| Bucket { per_second, burst }),
        ..RateLimits::default()
    }
}

/// Prepares a connection for a command that runs alongside the gateway. Commands are other
/// processes and cannot see the gateway's budget, so they are limited to one call at a time, ten at
/// once, and one every two seconds after that. The gateway always leaves three places in the
/// portal's bucket, and a preview usually takes no more than three calls, so that neither makes the
/// portal refuse the other.
///
/// The sandbox's connection leads to the gateway that runs on this machine; without one nothing
/// answers.
pub fn command_connection(
    settings: &Settings,
    name: &str,
    originator: String,
) -> anyhow::Result<Connection> {
    if let Some(connection) = settings.crm.get(name) {
        let (access, timeouts, plan) = access(settings, (name, connection))?;
        let client = Connection::new(access, originator, timeouts, slowed(plan))?
            .with_redirect_hosts(&connection.redirect_hosts);
        return Ok(client.with_search_limit(settings.delivery.search_limit));
    }
    let options = PortalOptions::new(std::sync::Arc::new(|| SystemClock.now()));
    let address = format!(
        "http://{}/rest/{}/{}/",
        local_address(settings.server.listen),
        options.user,
        options.secret
    );
    let access = Access::webhook(&SecretString::from(address)).map_err(|error| {
        let text = Bilingual::new(
            "the sandbox answers only on this machine; server.listen is an address of another one",
            "песочница отвечает только на этой машине, а server.listen — адрес другой",
        );
        BilingualError::because(text, BilingualError::new(error.text()))
    })?;
    let timeouts = Timeouts {
        call: Duration::from_secs(30),
        connect: Duration::from_secs(3),
    };
    let plan = limits(settings.sandbox.limits);
    let client = Connection::new(access, originator, timeouts, slowed(plan))?;
    Ok(client.with_search_limit(settings.delivery.search_limit))
}

/// Returns the address at which a server that listens here is reached from this machine.
pub(super) fn local_address(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
    };
    SocketAddr::new(ip, listen.port())
}

/// Returns limits that leave room for the gateway.
fn slowed(plan: RateLimits) -> RateLimits {
    let slow = |bucket: Bucket| Bucket {
        per_second: bucket.per_second.min(0.5),
        burst: bucket.burst.min(14.0),
    };
    RateLimits {
        bucket: plan.bucket.map(slow),
        parallel: 1,
        ..plan
    }
}
