//! The ports of the services of a sandbox, where connections can fail before a request.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use futures_util::future::try_join_all;
use tokio_util::sync::CancellationToken;

use super::LOOPBACK;
use super::certificate::Certificate;
use crate::config::SANDBOX_SERVICES;
use crate::domain::failed;
use crate::ops::Supervisor;
use crate::simulator::{Door, Portal};

/// The ports of the services.
pub(super) struct Doors(Vec<(&'static str, SocketAddr)>);

impl Doors {
    /// Starts to listen on free ports of this machine, in front of the portal's server, until
    /// `closing` is cancelled.
    pub(super) fn open(
        portal: &Portal,
        behind: SocketAddr,
        certificate: &Certificate,
        supervisor: &Supervisor,
        closing: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let tls = Arc::new(certificate.server.clone());
        let (mut serving, mut addresses) = (Vec::new(), Vec::new());
        for service in SANDBOX_SERVICES {
            let cannot = || {
                failed(
                    "the sandbox cannot listen",
                    "песочница не может принимать запросы",
                )
            };
            let listener = TcpListener::bind(LOOPBACK).map_err(cannot())?;
            addresses.push((service, listener.local_addr().map_err(cannot())?));
            serving.push(portal.clone().serve_door(Door {
                service,
                listener,
                tls: Arc::clone(&tls),
                behind,
            }));
        }
        let closing = closing.clone();
        supervisor.spawn("sandbox-doors", async move {
            let ended = closing.run_until_cancelled(try_join_all(serving)).await;
            if let Some(Err(error)) = ended {
                tracing::error!(error = %error, "the services of the sandbox ended");
            }
        });
        Ok(Self(addresses))
    }

    /// Returns the addresses of the services by their names.
    pub(super) fn urls(&self) -> impl Iterator<Item = (&'static str, String)> {
        let all = self.0.iter();
        all.map(|(name, address)| (*name, format!("https://{address}/services/{name}")))
    }
}
