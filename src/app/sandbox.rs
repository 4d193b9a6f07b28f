//! The embedded sandbox CRM: listens on a loopback port of its own, so that delivery speaks real HTTP
//! to it, and keeps its state in the data folder.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use crate::config::Settings;
use crate::domain::{Clock as _, SystemClock};
use crate::simulator::{Portal, PortalOptions};

/// The state's file in the data folder.
const FILE: &str = "sandbox.json";

/// A running sandbox.
pub(super) struct Sandbox {
    portal: Portal,
    address: SocketAddr,
    server: ServerHandle,
    file: Option<PathBuf>,
}

impl Sandbox {
    /// Starts one when the settings name no real portal.
    pub(super) fn start(
        settings: &Settings,
        draining: &CancellationToken,
    ) -> anyhow::Result<Option<Self>> {
        if !settings.crm.is_empty() {
            return Ok(None);
        }
        let portal = Portal::new(PortalOptions::new(Arc::new(|| SystemClock.now())));
        let file = settings.sandbox_keep.then(|| settings.data.dir.join(FILE));
        if let Some(file) = &file {
            restore(&portal, file);
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).context("the sandbox cannot listen")?;
        let address = listener
            .local_addr()
            .context("the sandbox has no address")?;
        let shared = portal.clone();
        let server = HttpServer::new(move || {
            let portal = shared.clone();
            App::new().configure(move |config| portal.configure(config))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .context("the sandbox cannot listen")?
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        if let Some(file) = file.clone() {
            keep(portal.clone(), file, draining.clone());
        }
        Ok(Some(Self {
            portal,
            address,
            server: handle,
            file,
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
        if let Some(file) = &self.file {
            save(&self.portal, file);
        }
    }
}

fn restore(portal: &Portal, file: &Path) {
    let Ok(text) = std::fs::read(file) else {
        return;
    };
    let restored = serde_json::from_slice(&text)
        .map_err(|error| error.to_string())
        .and_then(|state| portal.restore(state));
    if let Err(why) = restored {
        tracing::warn!(
            "the sandbox begins empty: {} cannot be read: {why}",
            file.display()
        );
    }
}

/// Writes the state down a second after it changed. A sandbox is for trying things out: what it learnt
/// in its last second may be lost with the power.
fn keep(portal: Portal, file: PathBuf, draining: CancellationToken) {
    let file = Arc::new(file);
    tokio::spawn(async move {
        let mut saved = portal.revision();
        let second = Duration::from_secs(1);
        while draining
            .run_until_cancelled(tokio::time::sleep(second))
            .await
            .is_some()
        {
            let revision = portal.revision();
            if revision != saved {
                let (portal, file) = (portal.clone(), Arc::clone(&file));
                if tokio::task::spawn_blocking(move || save(&portal, &file))
                    .await
                    .is_ok()
                {
                    saved = revision;
                }
            }
        }
    });
}

fn save(portal: &Portal, file: &Path) {
    let fresh = file.with_extension("json.new");
    let written = serde_json::to_vec(&portal.snapshot())
        .map_err(std::io::Error::from)
        .and_then(|state| std::fs::write(&fresh, state))
        .and_then(|()| std::fs::rename(&fresh, file));
    if let Err(error) = written {
        tracing::warn!(error = %error, "the sandbox's state cannot be kept");
    }
}
