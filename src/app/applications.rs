//! Local applications of portals: their tokens for the connections, and their pages and events.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::sandbox::Sandbox;
use super::{Parts, SANDBOX};
use crate::config::{CrmAccessSettings, PortalAppSettings, Settings};
use crate::crm::{Application, ApplicationSetup, Connection};
use crate::domain::{BilingualError, Destination, SystemClock, bilingual};
use crate::pbx::directory::Directory;
use crate::portal_app::{AppChange, PortalApp, PortalAppParts, PortalApps};

/// Prepares the application of a connection.
pub(super) fn of_settings(
    settings: &Settings,
    (name, app): (&str, &PortalAppSettings),
    redirect_hosts: &[String],
) -> anyhow::Result<Arc<Application>> {
    let url = |key: &str, text: &str| {
        text.parse().map_err(|_| {
            BilingualError::new(bilingual!(
                "crm.{name}.app.{key} is not an address",
                "crm.{name}.app.{key} — не адрес"
            ))
        })
    };
    Application::new(ApplicationSetup {
        name,
        portal: url("portal", &app.portal)?,
        more_hosts: redirect_hosts.to_vec(),
        client_id: app.client_id.clone(),
        client_secret: app.client_secret.clone(),
        authorization: url("authorization", &app.authorization)?,
        folder: &settings.data.dir,
        token_key: app.token_key.clone(),
        clock: Arc::new(SystemClock),
    })
}

/// Registers leadgate as a local application of the embedded sandbox. It is installed on the page of
/// the sandbox, as on a portal.
pub(super) fn of_sandbox(
    settings: &Settings,
    sandbox: &Sandbox,
) -> anyhow::Result<Arc<Application>> {
    let listen = super::sandbox::callable(settings.server.listen);
    let own = sandbox.register_application(&format!("http://{listen}"))?;
    let base = format!("http://{}", sandbox.address());
    let url = |text: &str| {
        text.parse().map_err(|_| {
            BilingualError::new(bilingual!(
                "the sandbox has no usable address",
                "адрес песочницы не подходит"
            ))
        })
    };
    Application::new(ApplicationSetup {
        name: SANDBOX,
        portal: url(&base)?,
        more_hosts: vec![super::sandbox::application_domain(settings)],
        client_id: own.client_id,
        client_secret: own.client_secret.into(),
        authorization: url(&format!("{base}/oauth"))?,
        folder: &settings.data.dir,
        token_key: None,
        clock: Arc::new(SystemClock),
    })
}

impl Parts {
    /// Returns the applications of the connections. `address` is where the gateway listens.
    pub(super) fn portal_apps(&self, settings: &Settings, address: SocketAddr) -> PortalApps {
        let apps = self.connections.0.iter().filter_map(|(name, connection)| {
            let application = Arc::clone(connection.application()?);
            let access = settings.crm.get(name).map(|crm| &crm.access);
            let (public_url, origin) = if let Some(CrmAccessSettings::App(app)) = access {
                (app.public_url.clone(), application.origin())
            } else {
                // the pages of the embedded sandbox are on the gateway's own address
                let sandbox = self.sandbox.as_ref()?;
                let own = format!("http://{}", super::sandbox::callable(address));
                // the port may have been chosen by the system
                if let Err(error) = sandbox.register_application(&own) {
                    tracing::error!("{error}");
                }
                (own.clone(), own)
            };
            let app = PortalApp {
                connection: Arc::clone(connection),
                application,
                origin,
                public_url,
                pbxs: self.dialling_pbxs(settings, name),
            };
            Some((name.clone(), app))
        });
        let apps: BTreeMap<String, PortalApp> = apps.collect();
        let apps = PortalApps::new(PortalAppParts {
            apps,
            clicks: Arc::clone(&self.pbxs.clicks),
            callbacks: Arc::clone(&self.pbxs.callbacks),
            clock: Arc::clone(&self.clock),
        });
        let pauses = self.destinations.pauses();
        apps.on_change(move |change| {
            if let AppChange::Opened(connection) = change {
                // a destination that has waited for tokens goes on at once
                pauses.probe_now(&Destination::crm(connection));
            }
        });
        apps
    }

    /// Returns the connections that are applications.
    pub(super) fn applications(&self) -> BTreeMap<String, Arc<Connection>> {
        let connections = self.connections.0.iter();
        let applications = connections.filter(|(_, one)| one.application().is_some());
        applications
            .map(|(name, one)| (name.clone(), Arc::clone(one)))
            .collect()
    }

    /// Returns the PBXs that dial for a portal.
    fn dialling_pbxs(
        &self,
        settings: &Settings,
        connection: &str,
    ) -> Vec<(String, Arc<Directory>)> {
        let pbxs = settings
            .pbx
            .iter()
            .filter(|(_, pbx)| pbx.connection == connection && pbx.commands.is_some());
        let with_directory = pbxs.filter_map(|(name, _)| {
            let directory = self.pbxs.directories.get(name)?;
            Some((name.clone(), Arc::clone(directory)))
        });
        with_directory.collect()
    }
}
