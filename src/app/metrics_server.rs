//! `/metrics` on an address of its own, so that it need not be where senders are answered.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::web;
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use crate::config::ServerSettings;
use crate::ops::{self, Ops};
use crate::serving;

/// Serves metrics there until draining.
pub(super) fn serve(
    settings: &ServerSettings,
    listen: SocketAddr,
    ops: web::Data<Ops>,
    draining: CancellationToken,
) -> anyhow::Result<()> {
    let cannot = || format!("cannot listen on {listen} (server.metrics_listen)");
    let socket = serving::listen(listen, settings.backlog).with_context(cannot)?;
    let address = socket.local_addr().with_context(cannot)?;
    let limits = serving::Limits {
        workers: 1,
        shutdown: Duration::from_secs(1),
        ..super::serving_limits(settings)
    };
    let site = serving::Site::plain(move |config| ops::configure_metrics(config, ops.clone()));
    let listener = serving::Listener { socket, tls: None };
    let server = serving::server(vec![listener], &limits, &site).with_context(cannot)?;
    tracing::info!("metrics are at http://{address}/metrics");
    let handle = server.handle();
    tokio::spawn(server);
    tokio::spawn(async move {
        draining.cancelled().await;
        handle.stop(true).await;
    });
    Ok(())
}
