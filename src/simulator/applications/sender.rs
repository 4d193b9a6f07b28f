//! Sends events to their handlers: in order, each once, as the documentation says; what is lost is
//! lost.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use crate::simulator::{Portal, outgoing};

/// How long a handler may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Events that wait; the oldest are lost.
const MOST_WAITING: usize = 1000;
/// Sent events that are kept.
const MOST_SENT: usize = 200;

/// An event on its way.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::simulator) struct Sending {
    pub(super) application: u32,
    pub(super) event: String,
    pub(super) url: String,
    pub(super) fields: Vec<(String, String)>,
}

/// An event that was sent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(in crate::simulator) struct SentEvent {
    pub(in crate::simulator) number: u64,
    pub(in crate::simulator) time: Timestamp,
    pub(in crate::simulator) application: u32,
    pub(in crate::simulator) event: String,
    pub(in crate::simulator) url: String,
    pub(in crate::simulator) fields: Vec<(String, String)>,
    /// The HTTP status of the reply; `None` without one.
    pub(in crate::simulator) status: Option<u16>,
}

/// Events that wait, and the latest that were sent.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Outbox {
    waiting: VecDeque<Sending>,
    sent: VecDeque<SentEvent>,
    count: u64,
    is_running: bool,
}

impl Outbox {
    pub(in crate::simulator) fn extend(&mut self, sendings: Vec<Sending>) {
        self.waiting.extend(sendings);
        while self.waiting.len() > MOST_WAITING {
            self.waiting.pop_front();
        }
    }

    /// Returns the number of sent events.
    pub(in crate::simulator) fn count(&self) -> u64 {
        self.count
    }

    /// Returns the latest sent events, oldest first.
    pub(in crate::simulator) fn sent(&self) -> impl DoubleEndedIterator<Item = &SentEvent> {
        self.sent.iter()
    }

    /// Forgets all.
    pub(in crate::simulator) fn clear(&mut self) {
        self.waiting.clear();
        self.sent.clear();
    }

    fn keep(&mut self, sending: Sending, time: Timestamp, status: Option<u16>) {
        self.count += 1;
        self.sent.push_back(SentEvent {
            number: self.count,
            time,
            application: sending.application,
            event: sending.event,
            url: sending.url,
            fields: sending.fields,
            status,
        });
        while self.sent.len() > MOST_SENT {
            self.sent.pop_front();
        }
    }
}

/// Sends one event and keeps what came back: the status, `None` without a reply.
pub(in crate::simulator) async fn send(portal: &Portal, sending: Sending) -> Option<u16> {
    let status = outgoing::post_form(&sending.url, sending.form(), PATIENCE).await;
    let mut core = portal.core();
    let now = core.now();
    core.outbox.keep(sending, now, status);
    status
}

/// Starts to send what waits, unless it is being sent already. It ends when nothing waits; every
/// request has a limited time.
pub(in crate::simulator) fn send_waiting(portal: &Portal) {
    // without a runtime the next call over HTTP starts it
    let Ok(runtime) = tokio::runtime::Handle::try_current() else {
        return;
    };
    {
        let mut core = portal.core();
        if core.outbox.is_running || core.outbox.waiting.is_empty() {
            return;
        }
        core.outbox.is_running = true;
    }
    // the guard also runs if the server stops in the middle
    let mut running = Running {
        portal: portal.clone(),
        has_ended: false,
    };
    runtime.spawn(async move {
        while let Some(sending) = running.next() {
            send(&running.portal, sending).await;
        }
    });
}

/// Marks the queue as being sent while it lives.
struct Running {
    portal: Portal,
    has_ended: bool,
}

impl Running {
    /// Returns the next event. The last look and the end are one step, so that no event waits
    /// for the next call.
    fn next(&mut self) -> Option<Sending> {
        let mut core = self.portal.core();
        let next = core.outbox.waiting.pop_front();
        if next.is_none() {
            core.outbox.is_running = false;
            self.has_ended = true;
        }
        next
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended {
            self.portal.core().outbox.is_running = false;
        }
    }
}
