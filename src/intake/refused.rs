//! The log of refused requests. Handlers queue a row without waiting, and a task stores the rows in
//! batches. Rows, bytes and writes are limited; what exceeds the limits is counted and dropped, so
//! that nobody can fill the disk with refusals or slow other requests down.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpMessage as _, HttpRequest};
use bytes::Bytes;
use ipnet::IpNet;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::access::client_address;
use crate::domain::{Clock, Refused};
use crate::redact;
use crate::store::{RefusedBounds, Store, StoreError};

/// The most rows in the queue.
const QUEUED: usize = 1_024;
/// The most bytes of bodies in the queue.
const QUEUED_BYTES: usize = 4 << 20;
/// Rows in one write.
const BATCH: usize = 256;
/// The pause between two writes.
const PACE: Duration = Duration::from_secs(1);
/// Longer bodies are cut, in bytes.
const LONGEST_BODY: usize = 1 << 20;

/// Logs refused requests. Clones share one queue.
#[derive(Clone)]
pub struct RefusedLog {
    queue: mpsc::Sender<Queued>,
    /// Bytes of bodies in the queue.
    bytes: Arc<AtomicUsize>,
    clock: Arc<dyn Clock>,
    trusted_proxies: Arc<[IpNet]>,
}

/// The task that stores the log.
pub struct RefusedWriter {
    queue: mpsc::Receiver<Queued>,
    bytes: Arc<AtomicUsize>,
    store: Store,
    bounds: RefusedBounds,
}

/// The body of a request that is being read. It is logged with the refusal if it cannot be decoded.
struct Unread {
    body: Bytes,
    edit: Edit,
}

/// Removes what must not be stored from a body. Runs beside the writer: a megabyte takes
/// milliseconds.
type Edit = Box<dyn FnOnce(Bytes) -> Bytes + Send>;

/// A refused request that waits to be written; its body is still as it came.
struct Queued {
    row: Refused,
    edit: Edit,
}

/// A refusal.
pub(super) struct Refusal<'r> {
    /// The address that it was sent to, as far as the gateway has it. The rest of a path is the
    /// sender's choice and may contain a secret, so it is never logged.
    pub(super) source: &'r str,
    /// The status of the reply.
    pub(super) status: u16,
    /// The reason, as a stable code.
    pub(super) code: &'r str,
}

/// Returns the log, and the task that stores it.
pub fn refused_log(
    store: Store,
    bounds: RefusedBounds,
    clock: Arc<dyn Clock>,
    trusted_proxies: &[IpNet],
) -> (RefusedLog, RefusedWriter) {
    let (sender, receiver) = mpsc::channel(QUEUED);
    let bytes = Arc::new(AtomicUsize::new(0));
    let log = RefusedLog {
        queue: sender,
        bytes: Arc::clone(&bytes),
        clock,
        trusted_proxies: trusted_proxies.into(),
    };
    let writer = RefusedWriter {
        queue: receiver,
        bytes,
        store,
        bounds,
    };
    (log, writer)
}

/// Holds the body in case it cannot be decoded.
pub(super) fn keep_body(request: &HttpRequest, body: Bytes) {
    let edit: Edit = Box::new(|body| body);
    request.extensions_mut().insert(Unread { body, edit });
}

/// Sets how the held body is changed before it is stored.
pub(super) fn edit_body(request: &HttpRequest, edit: impl FnOnce(Bytes) -> Bytes + Send + 'static) {
    if let Some(unread) = request.extensions_mut().get_mut::<Unread>() {
        unread.edit = Box::new(edit);
    }
}

/// Drops the held body: it was decoded.
pub(super) fn drop_body(request: &HttpRequest) {
    request.extensions_mut().remove::<Unread>();
}

impl RefusedLog {
    /// Logs a refused request. Never waits.
    pub(super) fn note(&self, request: &HttpRequest, refusal: &Refusal<'_>) {
        let announced = request
            .headers()
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        let unread = request.extensions_mut().remove::<Unread>();
        let (body, edit) = match unread {
            Some(Unread { body, edit }) if !body.is_empty() => (Some(body), edit),
            _ => (None, Box::new(|body| body) as Edit),
        };
        let size = body.as_ref().map(|body| body.len() as u64).or(announced);
        let address = client_address(
            request.peer_addr(),
            request.headers(),
            &self.trusted_proxies,
        );
        // mask before cutting: half a secret is not recognised
        let method = redact::mask_all(request.method().as_str());
        let row = Refused {
            at: self.clock.now(),
            address: address.map(|address| address.to_string()),
            source: redact::mask_all(refusal.source),
            method: method.chars().take(20).collect(),
            status: refusal.status,
            code: refusal.code.to_owned(),
            size: size.unwrap_or(0),
            body,
        };
        self.queue(Queued { row, edit });
    }

    fn queue(&self, mut queued: Queued) {
        let length = queued.length();
        let before = self.bytes.fetch_add(length, Ordering::Relaxed);
        if before + length > QUEUED_BYTES {
            // a row without its body is still useful
            self.bytes.fetch_sub(length, Ordering::Relaxed);
            queued.row.body = None;
        }
        let kept = queued.length();
        if self.queue.try_send(queued).is_err() {
            self.bytes.fetch_sub(kept, Ordering::Relaxed);
            metrics::counter!("leadgate_refused_unrecorded_total").increment(1);
        }
    }
}

impl Queued {
    /// The length of its body, in bytes.
    fn length(&self) -> usize {
        self.row.body.as_ref().map_or(0, Bytes::len)
    }

    /// Returns the row to store.
    fn into_row(self) -> Refused {
        let Self { row, edit } = self;
        Refused {
            body: row.body.map(|body| stored(edit(body))),
            ..row
        }
    }
}

/// Returns the body without secrets, cut to the longest. A cut body is copied, so that it does not
/// keep the whole body in memory.
fn stored(body: Bytes) -> Bytes {
    let body = match redact::mask_bytes(&body) {
        Cow::Owned(masked) => Bytes::from(masked),
        Cow::Borrowed(_) => body,
    };
    match body.get(..LONGEST_BODY) {
        Some(part) => Bytes::copy_from_slice(part),
        None => body,
    }
}

impl RefusedWriter {
    /// Stores rows until `closing`, then the rest of the queue.
    pub async fn run(mut self, closing: CancellationToken) {
        let mut rows = Vec::with_capacity(BATCH);
        loop {
            let came = closing
                .run_until_cancelled(self.queue.recv_many(&mut rows, BATCH))
                .await;
            match came {
                Some(0) => return,
                Some(_) => self.write(&mut rows).await,
                None => break,
            }
            closing.run_until_cancelled(tokio::time::sleep(PACE)).await;
        }
        self.queue.close();
        while self.queue.recv_many(&mut rows, BATCH).await > 0 {
            self.write(&mut rows).await;
        }
    }

    async fn write(&self, queued: &mut Vec<Queued>) {
        let queued = std::mem::take(queued);
        let count = queued.len() as u64;
        let bytes: usize = queued.iter().map(Queued::length).sum();
        if self.bounds.most > 0
            && let Err(error) = self.store_all(queued).await
        {
            tracing::warn!(error = %error, "{count} refused requests could not be logged");
            metrics::counter!("leadgate_refused_unrecorded_total").increment(count);
        }
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    async fn store_all(&self, queued: Vec<Queued>) -> Result<(), StoreError> {
        let rows =
            tokio::task::spawn_blocking(move || queued.into_iter().map(Queued::into_row).collect());
        // the server ends, or the masking panicked: nothing can be logged
        let rows = rows.await.map_err(|_| StoreError::Closed)?;
        self.store.add_refused(rows, self.bounds).await
    }
}
