//! The mailbox of a sandbox: it listens for SMTP beside the portal.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use crate::ops::Supervisor;
use crate::simulator::{MailSecurity, Portal};

/// Starts to listen until `closing` is cancelled; returns the address.
pub(super) fn start(
    portal: &Portal,
    listen: SocketAddr,
    security: &MailSecurity,
    supervisor: &Supervisor,
    closing: &CancellationToken,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("the mailbox of the sandbox cannot listen on {listen}"))?;
    let address = listener
        .local_addr()
        .context("the mailbox of the sandbox has no address")?;
    let serving = portal.mailbox().serve(listener, security.clone());
    let closing = closing.clone();
    supervisor.spawn("sandbox-mailbox", async move {
        if let Some(Err(error)) = closing.run_until_cancelled(serving).await {
            tracing::error!(error = %error, "the mailbox of the sandbox ended");
        }
    });
    Ok(address)
}
