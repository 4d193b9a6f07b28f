//! `/metrics` on an address of its own, apart from the address of senders.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web;
use tokio_util::sync::CancellationToken;

use crate::config::ServerSettings;
use crate::domain::{BilingualError, bilingual};
use crate::ops::{self, Ops};
use crate::serving;

/// Listens there.
pub(super) fn build(
    settings: &ServerSettings,
    listen: SocketAddr,
    ops: web::Data<Ops>,
) -> anyhow::Result<Server> {
    let cannot = |error: std::io::Error| {
        let text = bilingual!(
            "cannot listen on {listen} (server.metrics_listen)",
            "не удаётся принимать запросы на {listen} (server.metrics_listen)"
        );
        BilingualError::because(text, error)
    };
    let socket = serving::listen(listen, settings.backlog).map_err(cannot)?;
    let address = socket.local_addr().map_err(cannot)?;
    let limits = serving::Limits {
        workers: 1,
        shutdown: Duration::from_secs(1),
        ..super::limits::serving_limits(settings)
    };
    let site = serving::Site::plain(move |config| ops::configure_metrics(config, ops.clone()));
    let listener = serving::Listener { socket, tls: None };
    let server = serving::server(vec![listener], &limits, &site).map_err(cannot)?;
    tracing::info!("metrics are at http://{address}/metrics");
    Ok(server)
}

/// Serves metrics until `closing`, so that they can be read during the drain.
pub(super) async fn run(server: Server, closing: CancellationToken) {
    let handle = server.handle();
    let stop = async {
        closing.cancelled().await;
        handle.stop(true).await;
        // the server ends now
        std::future::pending::<()>().await;
    };
    tokio::select! {
        result = server => if let Err(error) = result {
            tracing::error!(error = %error, "the metrics server failed");
        },
        () = stop => {}
    }
}
