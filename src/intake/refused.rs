//! The log of refused requests. Handlers hand a row over without waiting; a task writes them in batches
//! beside the work. Rows, bytes and writes are bounded: what is beyond is counted and dropped, so nobody
//! can fill the disk with refusals or slow honest requests down.

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

/// Rows that may wait to be written.
const QUEUED: usize = 1_024;
/// Bytes of bodies that may wait to be written.
const QUEUED_BYTES: usize = 4 << 20;
/// Rows in one write.
const BATCH: usize = 256;
/// The time from one write to the next.
const PACE: Duration = Duration::from_secs(1);
/// Longer bodies are cut. Bytes.
const LONGEST_BODY: usize = 1 << 20;

/// Where handlers note refused requests. Clones share one queue.
#[derive(Clone)]
pub struct RefusedLog {
    queue: mpsc::Sender<Queued>,
    /// Bytes of bodies in the queue.
    bytes: Arc<AtomicUsize>,
    clock: Arc<dyn Clock>,
    trusted_proxies: Arc<[IpNet]>,
}

/// The task that writes them.
pub struct RefusedWriter {
    queue: mpsc::Receiver<Queued>,
    bytes: Arc<AtomicUsize>,
    store: Store,
    bounds: RefusedBounds,
}

/// The body of a request that is being read; noted with the refusal if it cannot be.
struct Unread {
    body: Bytes,
    edit: Edit,
}

/// Removes what must not be stored from a body. Runs beside the writer: a megabyte takes milliseconds.
type Edit = Box<dyn FnOnce(Bytes) -> Bytes + Send>;

/// A refused request that waits to be written; its body is still as it came.
struct Queued {
    row: Refused,
    edit: Edit,
}

/// Why a request was refused.
pub(super) struct Refusal<'r> {
    /// What it was sent to, as far as that is an address of the gateway. What a sender makes up in a path may
    /// be a secret, so it is never noted.
    pub(super) source: &'r str,
    /// The status that it was answered.
    pub(super) status: u16,
    /// Why, as a stable word.
    pub(super) code: &'r str,
}

/// A log over this store, and the task that writes it.
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

/// Keeps the body at hand for the case that it cannot be read.
pub(super) fn keep_body(request: &HttpRequest, body: Bytes) {
    let edit: Edit = Box::new(|body| body);
    request.extensions_mut().insert(Unread { body, edit });
}

/// Sets how the body at hand is changed before it is stored.
pub(super) fn edit_body(request: &HttpRequest, edit: impl FnOnce(Bytes) -> Bytes + Send + 'static) {
    if let Some(unread) = request.extensions_mut().get_mut::<Unread>() {
        unread.edit = Box::new(edit);
    }
}

/// The body could be read: it is not noted.
pub(super) fn drop_body(request: &HttpRequest) {
    request.extensions_mut().remove::<Unread>();
}

impl RefusedLog {
    /// Notes a refused request. Never waits.
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
        // before anything is cut: the rest of a secret is no longer recognised
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
            // the row says more than nothing
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

    /// The row as it is stored.
    fn into_row(self) -> Refused {
        let Self { row, edit } = self;
        Refused {
            body: row.body.map(|body| stored(edit(body))),
            ..row
        }
    }
}

/// The body without secrets, cut to its longest. A copy if it is cut: the part must not keep the whole in
/// memory.
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
    /// Writes until `closing`, then what is left.
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
        // the server ends, or a fault of ours: nothing can be logged
        let rows = rows.await.map_err(|_| StoreError::Closed)?;
        self.store.add_refused(rows, self.bounds).await
    }
}
