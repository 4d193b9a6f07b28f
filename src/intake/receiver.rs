//! What a source needs to receive requests whose submissions wait for profiles in the quarantine of
//! the channels: amoCRM and PBXs.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use ipnet::IpNet;
use tokio_util::sync::CancellationToken;

use super::access;
use super::recheck::Recheck;
use super::refused::{Refusal, RefusedLog};
use super::{IntakeParts, Memory};
use crate::domain::{Clock, SourceKind};
use crate::inbox::{Inbox, Room};
use crate::profiles::ProfileStore;

/// The parts of the gateway that every request needs.
pub(super) struct Receiver {
    /// The memory that bodies are charged to.
    pub(super) memory: Arc<Memory>,
    /// How long a body may take to arrive.
    pub(super) patience: Duration,
    /// The proxies whose `X-Forwarded-For` counts.
    trusted_proxies: Vec<IpNet>,
    /// The limits of the quarantine.
    pub(super) room: Room,
    /// The queue that stores submissions.
    pub(super) inbox: Inbox,
    /// The profiles.
    pub(super) profiles: Arc<ProfileStore>,
    /// The log of refused requests.
    pub(super) refused: RefusedLog,
    /// The current time.
    pub(super) clock: Arc<dyn Clock>,
    /// Cancelled when the gateway accepts no more requests.
    pub(super) draining: CancellationToken,
}

impl Receiver {
    pub(super) fn new(parts: &IntakeParts<'_>) -> Self {
        let settings = parts.settings;
        Self {
            memory: Arc::clone(parts.memory),
            patience: settings.server.request_timeout,
            trusted_proxies: settings.server.trusted_proxies.clone(),
            room: Room {
                most: settings.channels.quarantine_most,
                bytes: settings.channels.quarantine_bytes,
            },
            inbox: parts.inbox.clone(),
            profiles: Arc::clone(parts.profiles),
            refused: parts.refused.clone(),
            clock: Arc::clone(parts.clock),
            draining: parts.draining.clone(),
        }
    }

    /// Returns whether the sender of a request is in one of these networks; every sender is if there
    /// are none.
    pub(super) fn admits(&self, request: &HttpRequest, allowed: &[IpNet]) -> bool {
        let networks = (allowed, self.trusted_proxies.as_slice());
        access::admits(networks, request.peer_addr(), request.headers())
    }

    /// Logs a refusal: `source` is the address that it was sent to, as far as it is known.
    pub(super) fn note_refusal(
        &self,
        request: &HttpRequest,
        source: &str,
        (status, code): (StatusCode, &str),
    ) {
        let noted = Refusal {
            source,
            status: status.as_u16(),
            code,
        };
        self.refused.note(request, &noted);
    }

    /// Returns the check whether a profile has appeared for what was just captured.
    pub(super) fn recheck<'r>(&'r self, source: &'r dyn SourceKind) -> Recheck<'r> {
        Recheck {
            inbox: &self.inbox,
            profiles: &self.profiles,
            clock: &*self.clock,
            source,
        }
    }
}
