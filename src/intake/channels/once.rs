//! `once_per`: an honest double click. An equal request of the same sender within the window is the
//! same submission. Its key is a digest of the request and the time of the first one, so it holds
//! over a restart.

use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderValue, REFERER, USER_AGENT};
use aws_lc_rs::digest::{Context, SHA256};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, MutexGuard};

use super::Call;
use crate::channels::SOURCE;
use crate::domain::{Source, Submission, body};
use crate::inbox::StoreError;

/// Requests that do not wait for each other, at most.
const LOCKS: usize = 64;

/// Locks by digest: of two equal requests at the same time one looks after the other is stored.
pub(super) struct Locks([Mutex<()>; LOCKS]);

impl Default for Locks {
    fn default() -> Self {
        Self([const { Mutex::const_new(()) }; LOCKS])
    }
}

impl Locks {
    async fn of(&self, key: &str) -> Option<MutexGuard<'_, ()>> {
        let number = key.bytes().fold(0_usize, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(usize::from(byte))
        });
        let lock = self.0.get(number % LOCKS)?;
        Some(lock.lock().await)
    }
}

/// Returns the digest of a request and its sender, if equal requests are one submission. Without a
/// body, `raw` is the query. Many people may share an address, so the headers that tell browsers and
/// pages apart count as well.
pub(super) fn digest(
    call: &Call<'_>,
    content_type: Option<&str>,
    query: Option<&str>,
    raw: &[u8],
) -> Option<String> {
    call.channel.once_per?;
    let mut digest = Context::new(&SHA256);
    let address = call.address().map(|address| address.to_string());
    let header = |name| {
        let value = call.request.headers().get(name);
        value.map(HeaderValue::as_bytes)
    };
    for part in [
        address.as_deref().map(str::as_bytes),
        query.map(str::as_bytes),
        header(USER_AGENT),
        header(REFERER),
        header(ACCEPT_LANGUAGE),
    ] {
        let part = part.unwrap_or_default();
        digest.update(&part.len().to_be_bytes());
        digest.update(part);
    }
    body::feed(content_type, raw, &mut |bytes| digest.update(bytes));
    Some(HEXLOWER.encode(digest.finish().as_ref()))
}

/// Returns the key of the first of these requests.
pub(super) fn key(digest: &str, at: Timestamp) -> String {
    format!("{}{:016}", beginning(digest), at.as_millisecond().max(0))
}

fn beginning(digest: &str) -> String {
    format!("once/{digest}/")
}

impl Call<'_> {
    /// Gives a submission the key of an equal one within the window, if there is one. Hold the
    /// returned lock until the submission is stored.
    pub(super) async fn join_equal(
        &self,
        submission: &mut Submission,
        digest: &str,
    ) -> Result<Option<MutexGuard<'_, ()>>, StoreError> {
        let Some(window) = self.channel.once_per else {
            return Ok(None);
        };
        let lock = self.intake.once.of(digest).await;
        let window = SignedDuration::try_from(window).unwrap_or(SignedDuration::ZERO);
        let since = submission.received_at.checked_sub(window);
        let since = since.unwrap_or(Timestamp::MIN);
        // an equal request that came later may be stored already
        let until = self.intake.clock.now().max(submission.received_at);
        let own = Source::new(SOURCE, self.name.as_str(), beginning(digest));
        let beginning = own.identity().as_str().to_owned();
        let times = (since, until);
        let found = self.intake.inbox.last_beginning(beginning, times).await?;
        let first = found.and_then(|identity| {
            let details = submission.source.stored_details().to_owned();
            Source::from_stored(SOURCE.to_owned(), &identity, details)
        });
        if let Some(first) = first {
            submission.source = first;
        }
        Ok(lock)
    }
}
