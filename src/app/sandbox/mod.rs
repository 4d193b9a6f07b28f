//! The sandbox CRM: embedded in the gateway on a loopback port of its own, so that delivery speaks
//! real HTTP to it, or standalone (`leadgate sandbox`). The data folder keeps its state.

mod amocrm;
mod application;
mod callable;
mod certificate;
mod doors;
mod mailbox;
mod pbx;
mod standalone;
mod state_file;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use tokio_util::sync::CancellationToken;

pub(super) use self::amocrm::connect as connect_amocrm;
pub(super) use self::application::domain as application_domain;
pub(super) use self::callable::callable;
use self::certificate::Certificate;
use self::doors::Doors;
pub(super) use self::pbx::connect as connect_pbx;
pub use self::standalone::{Sandbox as StandaloneSandbox, SandboxSetup};
use self::state_file::StateFile;
use crate::config::{PortalPlan, Settings};
use crate::domain::{Clock as _, SystemClock, failed};
use crate::ops::{Supervisor, TaskEnd};
use crate::serving;
use crate::simulator::{Bucket, Limits, MailSecurity, Portal, PortalOptions};

/// The state's file in the data folder.
const SANDBOX_FILE: &str = "sandbox.json";

/// Any free port of this machine.
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// An embedded sandbox that runs.
pub(super) struct Sandbox {
    portal: Portal,
    address: SocketAddr,
    server: ServerHandle,
    server_end: TaskEnd,
    mailbox: SocketAddr,
    doors: Doors,
    /// The certificate that clients of the doors trust, as PEM.
    authority: String,
    /// Ends the mailbox and the doors.
    closing: CancellationToken,
    state_file: Option<StateFile>,
}

impl Sandbox {
    /// Starts one when the settings name no real portal.
    pub(super) fn start(
        settings: &Settings,
        supervisor: &Supervisor,
    ) -> anyhow::Result<Option<Self>> {
        if !settings.crm.is_empty() {
            return Ok(None);
        }
        let portal = Portal::new(PortalOptions {
            base_url: application::base_url(settings),
            limits: limits(settings.sandbox.limits),
            ..PortalOptions::new(Arc::new(|| SystemClock.now()))
        });
        let state_file = settings
            .sandbox
            .keep
            .then(|| StateFile::restore(&portal, settings.data.dir.join(SANDBOX_FILE)));
        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(failed(
            "the sandbox cannot listen",
            "песочница не может принимать запросы",
        ))?;
        let address = listener.local_addr().map_err(failed(
            "the sandbox has no address",
            "у песочницы нет адреса",
        ))?;
        let listener = serving::Listener::plain(listener);
        let limits = serving::Limits {
            workers: 1,
            ..super::limits::serving_limits(&settings.server)
        };
        let mounted = portal.clone();
        let site = serving::Site::plain(move |config| mounted.configure(config));
        let server = serving::server(vec![listener], &limits, &site).map_err(failed(
            "the sandbox cannot listen",
            "песочница не может принимать запросы",
        ))?;
        let handle = server.handle();
        let server_end = supervisor.spawn_server("sandbox", server);
        let closing = CancellationToken::new();
        let mailbox = mailbox::start(
            &portal,
            LOOPBACK,
            &MailSecurity::Plain,
            supervisor,
            &closing,
        )?;
        let certificate = Certificate::for_address(LOOPBACK.ip())?;
        let doors = Doors::open(&portal, address, &certificate, supervisor, &closing)?;
        super::mail::publish_mailbox(&settings.data.dir, mailbox);
        if let Some(state_file) = &state_file {
            let saving = state_file.clone().save_changes(supervisor.draining());
            supervisor.spawn("sandbox-state", saving);
        }
        Ok(Some(Self {
            portal,
            address,
            server: handle,
            server_end,
            mailbox,
            doors,
            authority: certificate.authority().to_owned(),
            closing,
            state_file,
        }))
    }

    /// Returns the portal, for its pages.
    pub(super) fn portal(&self) -> Portal {
        self.portal.clone()
    }

    /// Returns the address of its mailbox.
    pub(super) fn mailbox(&self) -> SocketAddr {
        self.mailbox
    }

    /// Returns the address it listens on.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the addresses of its services by their names.
    pub(super) fn services(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.doors.urls()
    }

    /// Returns the certificate that clients of its services trust, as PEM.
    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Returns the address under which delivery calls it.
    pub(super) fn webhook(&self) -> String {
        format!("http://{}{}", self.address, self.portal.webhook_path())
    }

    /// Stops it and saves its state.
    pub(super) async fn stop(self) {
        self.closing.cancel();
        self.server.stop(false).await;
        self.server_end.wait().await;
        if let Some(state_file) = &self.state_file {
            state_file.save();
        }
    }
}

/// Returns the limits of a portal on this plan; without one there are none.
fn limits(plan: Option<PortalPlan>) -> Limits {
    match plan.and_then(PortalPlan::limits) {
        Some((drain, size)) => Limits {
            bucket: Some(Bucket { drain, size }),
            ..Limits::standard()
        },
        None => Limits::off(),
    }
}
