//! `/metrics` on an address of its own, so that it need not be where senders are answered.

use std::net::SocketAddr;

use actix_web::{App, HttpServer, web};
use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use crate::ops::{self, Ops};

/// Serves metrics there until draining.
pub(super) fn serve(
    listen: SocketAddr,
    ops: web::Data<Ops>,
    draining: CancellationToken,
) -> anyhow::Result<()> {
    let server = HttpServer::new(move || {
        let ops = ops.clone();
        App::new().configure(|config| ops::configure_metrics(config, ops))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .bind(listen)
    .with_context(|| format!("cannot listen on {listen} (server.metrics_listen)"))?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    tracing::info!("metrics are at http://{address}/metrics");
    let server = server.run();
    let handle = server.handle();
    tokio::spawn(server);
    tokio::spawn(async move {
        draining.cancelled().await;
        handle.stop(true).await;
    });
    Ok(())
}
