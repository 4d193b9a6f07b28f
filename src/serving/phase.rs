//! The phase of a connection, and its time limit.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

/// Time limits of one connection.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// From the first byte to the end of a request's head.
    pub head: Duration,
    /// From the end of the head to the end of the body.
    pub body: Duration,
    /// Between two requests.
    pub keep_alive: Duration,
    /// For a client that does not read its reply.
    pub reply: Duration,
}

/// The web server has its own timers for some phases and replies when they expire; ours come later.
const MARGIN: Duration = Duration::from_secs(1);

/// How long to read an unwanted body after the reply, so that the client sees the reply.
pub(super) const LINGER: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Activity {
    /// Receives a head.
    Head,
    /// Receives a body. The handlers have an earlier limit of their own, at which they reply.
    Body,
    /// Handles a request; the handler has its own limits.
    Serving,
    /// Between two requests.
    Idle,
    /// The reply is written; the rest of the body is discarded.
    Draining,
}

/// The phase of one connection; its clones share it.
#[derive(Debug, Clone)]
pub(super) struct Phase(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    times: Times,
    activity: Cell<Activity>,
    until: Cell<Option<Instant>>,
}

impl Phase {
    /// Starts with a connection that was just accepted.
    pub(super) fn new(times: Times) -> Self {
        let shared = Shared {
            times,
            activity: Cell::new(Activity::Head),
            until: Cell::new(Some(Instant::now() + times.head + MARGIN)),
        };
        Self(Rc::new(shared))
    }

    pub(super) fn times(&self) -> Times {
        self.0.times
    }

    /// Returns when to close the connection if nothing happens.
    pub(super) fn until(&self) -> Option<Instant> {
        self.0.until.get()
    }

    /// Records that bytes came in; between two requests they begin a head.
    pub(super) fn received(&self) {
        if self.0.activity.get() == Activity::Idle {
            self.set(Activity::Head, Some(self.0.times.head));
        }
    }

    /// Records that the head of a request is complete, and that no body follows.
    pub(super) fn request(&self) {
        self.set(Activity::Serving, None);
    }

    /// Records that the head of a request is complete, and that its body follows.
    pub(super) fn body(&self) {
        self.set(Activity::Body, Some(self.0.times.body + MARGIN));
    }

    /// Records that the body was read to its end.
    pub(super) fn body_read(&self) {
        if self.is_in_body() {
            self.request();
        }
    }

    /// Returns whether the body was not read to its end.
    pub(super) fn is_in_body(&self) -> bool {
        self.0.activity.get() == Activity::Body
    }

    /// Records that the reply is complete; another request may follow.
    pub(super) fn idle(&self) {
        self.set(Activity::Idle, Some(self.0.times.keep_alive + MARGIN));
    }

    /// Records that the reply is complete before the body was read; the connection will be closed.
    pub(super) fn drain(&self) {
        self.set(Activity::Draining, Some(LINGER));
    }

    /// Returns whether the reply is complete as far as the handler knows.
    pub(super) fn is_after_reply(&self) -> bool {
        matches!(self.0.activity.get(), Activity::Idle | Activity::Draining)
    }

    /// Records that the client has read a long reply; the next phase starts now.
    pub(super) fn written(&self) {
        match self.0.activity.get() {
            Activity::Idle => self.idle(),
            Activity::Draining => self.drain(),
            Activity::Head | Activity::Body | Activity::Serving => {}
        }
    }

    fn set(&self, activity: Activity, limit: Option<Duration>) {
        self.0.activity.set(activity);
        self.0.until.set(limit.map(|limit| Instant::now() + limit));
    }
}
