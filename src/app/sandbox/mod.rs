//! The sandbox CRM as the gateway runs it: embedded, on a loopback port of its own, so that delivery
//! speaks real HTTP to it, or alone, by `leadgate sandbox`. Its state lies in the data folder.

mod certificate;
mod standalone;
mod state_file;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::{Server, ServerHandle};
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

pub use self::standalone::{Sandbox as StandaloneSandbox, SandboxSetup};
use self::state_file::StateFile;
use crate::config::{PortalPlan, Settings};
use crate::domain::{Clock as _, SystemClock};
use crate::ops::Supervisor;
use crate::serving;
use crate::simulator::{Limits, Portal, PortalOptions};

/// The state's file in the data folder.
const SANDBOX_FILE: &str = "sandbox.json";

/// Serves until the server is stopped; logs why it could not.
pub(super) async fn until_it_ends(server: Server) {
    if let Err(error) = server.await {
        tracing::error!(error = %error, "the web server did not end well");
    }
}

/// An embedded sandbox that runs.
pub(super) struct Sandbox {
    portal: Portal,
    address: SocketAddr,
    server: ServerHandle,
    state_file: Option<StateFile>,
}

impl Sandbox {
    /// Starts one when the settings name no real portal.
    pub(super) fn start(
        settings: &Settings,
        draining: &CancellationToken,
        watch: &Supervisor,
    ) -> anyhow::Result<Option<Self>> {
        if !settings.crm.is_empty() {
            return Ok(None);
        }
        let portal = Portal::new(PortalOptions {
            base_url: format!("http://{}", settings.server.listen),
            limits: match settings.sandbox.limits {
                Some(PortalPlan::Standard) => Limits::standard(),
                Some(PortalPlan::Enterprise) => Limits::enterprise(),
                None => Limits::off(),
            },
            ..PortalOptions::new(Arc::new(|| SystemClock.now()))
        });
        let state_file = settings
            .sandbox
            .keep
            .then(|| StateFile::restore(&portal, settings.data.dir.join(SANDBOX_FILE)));
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("the sandbox cannot listen")?;
        let address = listener
            .local_addr()
            .context("the sandbox has no address")?;
        let listener = serving::Listener::plain(listener);
        let limits = serving::Limits {
            workers: 1,
            ..super::serving_limits(&settings.server)
        };
        let mounted = portal.clone();
        let site = serving::Site::plain(move |config| mounted.configure(config));
        let server =
            serving::server(vec![listener], &limits, &site).context("the sandbox cannot listen")?;
        let handle = server.handle();
        watch.spawn("sandbox", until_it_ends(server));
        if let Some(state_file) = &state_file {
            state_file.keep(draining.clone());
        }
        Ok(Some(Self {
            portal,
            address,
            server: handle,
            state_file,
        }))
    }

    /// The portal, for its pages.
    pub(super) fn portal(&self) -> Portal {
        self.portal.clone()
    }

    /// The address under which delivery calls it.
    pub(super) fn webhook(&self) -> String {
        format!("http://{}{}", self.address, self.portal.webhook_path())
    }

    /// Stops it and writes its state down.
    pub(super) async fn stop(self) {
        self.server.stop(false).await;
        if let Some(state_file) = &self.state_file {
            state_file.save();
        }
    }
}
