//! What a connection is doing, and until when it may do that.

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
    /// For a client that does not take what is written.
    pub reply: Duration,
}

/// The web server has a timer of its own for some phases and answers with words; ours comes after it.
const AFTER: Duration = Duration::from_secs(1);

/// How long a body that nobody wants is still read after the reply, so that the client sees the reply.
pub(super) const LINGER: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// A head is on its way.
    Head,
    /// A request is answered: the handler has its own limits.
    Serving,
    /// Between two requests.
    Idle,
    /// The reply is out; the rest of the body is thrown away.
    Draining,
}

/// The phase of one connection; its clones share it.
#[derive(Debug, Clone)]
pub(super) struct Phase(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    times: Times,
    doing: Cell<Doing>,
    until: Cell<Option<Instant>>,
}

impl Phase {
    /// A connection that was accepted just now.
    pub(super) fn new(times: Times) -> Self {
        let shared = Shared {
            times,
            doing: Cell::new(Doing::Head),
            until: Cell::new(Some(Instant::now() + times.head + AFTER)),
        };
        Self(Rc::new(shared))
    }

    pub(super) fn times(&self) -> Times {
        self.0.times
    }

    /// When the connection is to be closed, unless something happens.
    pub(super) fn until(&self) -> Option<Instant> {
        self.0.until.get()
    }

    /// Bytes came in: between two requests they are the beginning of a head.
    pub(super) fn received(&self) {
        if self.0.doing.get() == Doing::Idle {
            self.set(Doing::Head, Some(self.0.times.head));
        }
    }

    /// A head is complete.
    pub(super) fn request(&self) {
        self.set(Doing::Serving, None);
    }

    /// The reply is complete: another request may come.
    pub(super) fn rest(&self) {
        self.set(Doing::Idle, Some(self.0.times.keep_alive + AFTER));
    }

    /// The reply is complete before the body was read: the connection is to end.
    pub(super) fn drain(&self) {
        self.set(Doing::Draining, Some(LINGER));
    }

    /// Whether the reply is complete as far as the handler knows.
    pub(super) fn is_after_reply(&self) -> bool {
        matches!(self.0.doing.get(), Doing::Idle | Doing::Draining)
    }

    /// The client has taken all of a long reply: what comes after it begins now.
    pub(super) fn written(&self) {
        match self.0.doing.get() {
            Doing::Idle => self.rest(),
            Doing::Draining => self.drain(),
            Doing::Head | Doing::Serving => {}
        }
    }

    /// When a body that begins now must be complete. The handlers' own limit, which answers with words, comes first.
    pub(super) fn body_until(&self) -> Instant {
        Instant::now() + self.0.times.body + AFTER
    }

    fn set(&self, doing: Doing, limit: Option<Duration>) {
        self.0.doing.set(doing);
        self.0.until.set(limit.map(|limit| Instant::now() + limit));
    }
}
