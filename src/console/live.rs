//! Tells open pages that something has changed, as server-sent events. A page asks then for its
//! parts again; the events themselves contain no data.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::sync::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::ConsoleParts;
use super::reply::{Answer, Trouble};
use super::visit::Visit;
use crate::domain::Bilingual;
use crate::domain::places::{Full, Place};
use crate::pipeline::Pauses;
use crate::store::Store;
use crate::telephony::CallHub;

/// How often the gateway looks for changes while a page listens.
const EVERY: Duration = Duration::from_secs(1);
/// How often a page without changes gets a sign that the connection works.
const HEARTBEAT: u32 = 15;

/// The last known state of everything that pages show; looked up once for all pages.
#[derive(Clone, Default)]
pub(super) struct Changes(Arc<Mutex<Option<(Instant, Marks)>>>);

/// Numbers that change when something changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Marks {
    /// Of the history.
    history: i64,
    /// Of the profiles.
    profiles: usize,
    /// Of the live calls.
    calls: u64,
    /// Of the destinations.
    portals: u64,
}

impl Changes {
    async fn look(&self, seen: &Watched) -> Marks {
        let mut last = self.0.lock().await;
        if let Some((at, marks)) = &*last
            && at.elapsed() < EVERY
        {
            return marks.clone();
        }
        let history = seen.store.change_mark().await.unwrap_or_default();
        let marks = Marks {
            history,
            profiles: Arc::as_ptr(&seen.profiles.current()).addr(),
            calls: seen.calls.change_mark(),
            portals: seen.pauses.version(),
        };
        *last = Some((Instant::now(), marks.clone()));
        marks
    }
}

/// What is watched for changes.
struct Watched {
    store: Store,
    profiles: Arc<crate::profiles::ProfileStore>,
    calls: Arc<CallHub>,
    pauses: Pauses,
}

struct Listener {
    changes: Changes,
    watched: Watched,
    known: Marks,
    quiet: u32,
    draining: CancellationToken,
    _place: Place,
}

/// Answers with the stream of changes.
pub(super) fn answer(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if visit.is_post() {
        return Err(Trouble::Method);
    }
    let place = visit.console.listeners.place(&visit.user.name);
    let place = place.map_err(|full| {
        let text = match full {
            Full::All => Bilingual::new(
                "Too many pages listen to changes (console.live_readers).",
                "Слишком много страниц следит за изменениями (console.live_readers).",
            ),
            Full::Own => Bilingual::new(
                "Too many of your pages listen to changes (console.live_readers_per_person): close some.",
                "За изменениями следит слишком много ваших страниц (console.live_readers_per_person): закройте лишние.",
            ),
        };
        Trouble::Unavailable(text.into())
    })?;
    let parts: &ConsoleParts = visit.parts();
    let listener = Listener {
        changes: visit.console.changes.clone(),
        watched: Watched {
            store: parts.store.clone(),
            profiles: Arc::clone(&parts.profiles),
            calls: Arc::clone(&parts.calls),
            pauses: parts.destinations.pauses(),
        },
        known: Marks::default(),
        quiet: HEARTBEAT,
        draining: parts.draining.clone(),
        _place: place,
    };
    let stream = unfold(listener, |mut listener| async move {
        let text = listener.next().await?;
        Some((Ok::<_, Infallible>(text), listener))
    });
    let reply = HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream);
    Ok(Answer::Reply(reply))
}

impl Listener {
    /// Waits for the next change; `None` when the gateway stops.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let marks = self.changes.look(&self.watched).await;
            let is_first = self.known == Marks::default();
            let mut text = String::new();
            if is_first {
                text.push_str("retry: 3000\n\n");
            } else {
                if marks.history != self.known.history {
                    text.push_str("event: history\ndata:\n\n");
                }
                if marks.profiles != self.known.profiles {
                    text.push_str("event: profiles\ndata:\n\n");
                }
                if marks.calls != self.known.calls {
                    text.push_str("event: calls\ndata:\n\n");
                }
                if marks.portals != self.known.portals {
                    text.push_str("event: portals\ndata:\n\n");
                }
            }
            self.known = marks;
            self.quiet += 1;
            if text.is_empty() && self.quiet >= HEARTBEAT {
                text.push_str(":\n\n");
            }
            if !text.is_empty() {
                self.quiet = 0;
                return Some(text.into());
            }
            let wait = tokio::time::sleep(EVERY);
            self.draining.run_until_cancelled(wait).await?;
        }
    }
}
