//! Decides who can reach the sandbox. It shows and changes everything, so where other machines can
//! reach it, its pages want a sign-in to the console, unless the settings open it to everybody.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::{HttpRequest, web};

use crate::config::Settings;
use crate::console::Console;
use crate::simulator::{Doorkeeper, Gate};

/// Returns whether the sandbox answers at an address that it listens on.
pub(super) fn is_open(settings: &Settings, listen: SocketAddr) -> bool {
    settings.sandbox.public || is_local(settings, listen)
}

/// Returns whether only programs of this machine reach it.
fn is_local(settings: &Settings, listen: SocketAddr) -> bool {
    let reached = settings.server.published.unwrap_or(listen);
    reached.ip().is_loopback()
}

/// Builds the gate in front of a sandbox that listens there. Logs an error or a warning if other
/// machines can reach it.
pub(super) fn gate(settings: &Settings, listen: SocketAddr) -> Gate {
    let reached = settings.server.published.unwrap_or(listen);
    if !is_open(settings, listen) && settings.console.enabled {
        tracing::warn!(
            "the sandbox CRM is closed to everybody who has not signed in to the console, because other \
             machines can reach {reached}; sandbox.public = true opens it"
        );
    } else if !is_open(settings, listen) {
        tracing::error!(
            "the sandbox CRM is closed: other machines can reach {reached}, and would see and change \
             everything without a password; listen on 127.0.0.1, name a real portal in crm.main.webhook, \
             or set sandbox.public = true to open it to everybody"
        );
    } else if !is_local(settings, listen) {
        tracing::warn!(
            "the sandbox CRM is open to everybody who can reach {reached} (sandbox.public): they see and change \
             everything that came in"
        );
    }
    let mut hosts = settings.server.allowed_hosts.clone();
    hosts.extend([listen, reached].map(|address| address.ip().to_string()));
    Gate {
        open: is_open(settings, listen),
        hosts,
        // it listens on every address of the machine
        any_address: listen.ip().is_unspecified(),
        origins: settings.sandbox.origins.clone(),
        doorkeeper: None,
    }
}

/// Returns who opens the sandbox's pages where they are closed: the sign-in of the console.
pub(super) fn doorkeeper(console: &web::Data<Console>) -> Doorkeeper {
    let console = console.clone();
    Arc::new(move |request: HttpRequest| {
        let console = console.clone();
        Box::pin(async move { console.refuse_in_sandbox(&request).await })
    })
}
