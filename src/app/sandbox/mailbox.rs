//! The mailbox of a sandbox: it listens for SMTP beside the portal.

use std::net::{SocketAddr, TcpListener};

use tokio_util::sync::CancellationToken;

use crate::domain::{BilingualError, bilingual, failed};
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
    let listener = TcpListener::bind(listen).map_err(|error| {
        let text = bilingual!(
            "the mailbox of the sandbox cannot listen on {listen}",
            "почтовый ящик песочницы не может принимать письма на {listen}"
        );
        BilingualError::because(text, error)
    })?;
    let address = listener.local_addr().map_err(failed(
        "the mailbox of the sandbox has no address",
        "у почтового ящика песочницы нет адреса",
    ))?;
    let serving = portal.mailbox().serve(listener, security.clone());
    let closing = closing.clone();
    supervisor.spawn("sandbox-mailbox", async move {
        if let Some(Err(error)) = closing.run_until_cancelled(serving).await {
            tracing::error!(error = %error, "the mailbox of the sandbox ended");
        }
    });
    Ok(address)
}
