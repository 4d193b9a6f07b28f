//! The task: looks, writes notices, sends them, and stores what it must not forget.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::book::Book;
use super::finding::AlertKind;
use super::message::Voice;
use super::observe::{Observed, Observer};
use super::outbox::{Outbox, Way};
use super::ways::{Outgoing, Ways};
use crate::config::AlertSettings;
use crate::domain::{Clock, SourceKinds};
use crate::store::{Store, StoreError};

/// The alerts of a gateway.
pub struct Alerts {
    /// To whom, when, about what.
    pub settings: AlertSettings,
    /// What is watched.
    pub observed: Observed,
    /// What messages are sent with.
    pub ways: Ways,
    /// Names sources for people.
    pub sources: SourceKinds,
    /// The current time.
    pub clock: Arc<dyn Clock>,
    /// Cancelled when the gateway stops.
    pub draining: CancellationToken,
}

/// What is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    #[serde(default)]
    book: Book,
    #[serde(default)]
    outbox: Outbox,
}

/// A running watch.
struct Watch {
    settings: AlertSettings,
    observer: Observer,
    ways: Ways,
    recipients: Vec<Way>,
    voice: Voice,
    clock: Arc<dyn Clock>,
    store: Store,
    state: Stored,
    /// The state as it was stored last.
    stored: String,
}

impl Alerts {
    /// Runs until draining.
    pub async fn run(self) {
        let draining = self.draining.clone();
        draining.run_until_cancelled(self.watch()).await;
    }

    async fn watch(self) {
        let store = self.observed.store.clone();
        let (state, stored) = load(&store).await;
        let mut watch = Watch {
            recipients: Way::all(&self.settings),
            voice: Voice::new(&self.settings, self.sources),
            observer: Observer::new(self.observed, self.clock.now()),
            settings: self.settings,
            ways: self.ways,
            clock: self.clock,
            store,
            state,
            stored,
        };
        loop {
            match watch.look().await {
                Ok(()) => {}
                // the gateway shuts down
                Err(StoreError::Closed) => return,
                Err(error) => tracing::debug!(error = %error, "the alerts cannot read the store"),
            }
            tokio::time::sleep(watch.settings.look_every).await;
        }
    }
}

/// Reads the stored state. One that cannot be read is begun anew: an alert may be told twice.
async fn load(store: &Store) -> (Stored, String) {
    let text = match store.alerts().await {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => {
            tracing::warn!(error = %error, "the state of the alerts cannot be read; an open alert may be told again");
            String::new()
        }
    };
    if text.is_empty() {
        return Default::default();
    }
    match serde_json::from_str(&text) {
        Ok(state) => (state, text),
        Err(error) => {
            tracing::warn!(error = %error, "the state of the alerts is not understood; an open alert may be told again");
            Default::default()
        }
    }
}

impl Watch {
    /// Looks once, and sends what is due.
    async fn look(&mut self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let open = self.state.book.subjects().cloned().collect();
        let sight = self.observer.look(&self.settings, open, now).await?;
        let is_unknown = |subject: &_| sight.is_unknown(subject);
        self.state.book.observe(sight.findings.clone(), is_unknown);
        if !self.is_quiet(now) {
            self.write_notices(now);
            self.save().await;
            self.send(now).await;
        }
        self.save().await;
        self.show();
        Ok(())
    }

    fn is_quiet(&self, now: Timestamp) -> bool {
        let time = now.to_zoned(self.settings.zone.clone()).time();
        self.settings
            .quiet
            .is_some_and(|hours| hours.contains(time))
    }

    fn write_notices(&mut self, now: Timestamp) {
        let every = SignedDuration::try_from(self.settings.every).unwrap_or(SignedDuration::MAX);
        let mut given_up = 0;
        for notice in self.state.book.due(now, every) {
            given_up += self.state.outbox.add(&notice, &self.recipients, now);
        }
        given_up += self.state.outbox.tidy(&self.recipients, now);
        if given_up > 0 {
            tracing::error!(
                given_up,
                "{given_up} alerts could not be sent in three days and are given up"
            );
        }
    }

    async fn send(&mut self, now: Timestamp) {
        let due = self.state.outbox.due(now);
        let outgoing = due.iter().map(|waiting| Outgoing {
            id: format!("{}.{}", waiting.notice.at.as_microsecond(), waiting.number),
            way: waiting.way.clone(),
            message: self.voice.render(&waiting.notice),
        });
        let results = self.ways.send(outgoing.collect(), now).await;
        for (waiting, result) in due.into_iter().zip(results) {
            let (kind, way) = (waiting.notice.kind.as_str(), &waiting.way);
            match result {
                Ok(()) => {
                    tracing::info!(kind, "alert sent: {way}");
                    self.state.outbox.sent(waiting.number);
                }
                Err(error) => {
                    if waiting.failures == 0 {
                        tracing::warn!(kind, error = %error, "an alert could not be sent ({way}); trying again");
                    } else {
                        tracing::debug!(kind, error = %error, "an alert could not be sent ({way})");
                    }
                    self.state.outbox.failed(waiting.number, now);
                }
            }
        }
    }

    /// Stores the state if it has changed. A disk that is full must not keep an alert from being
    /// sent.
    async fn save(&mut self) {
        let Ok(text) = serde_json::to_string(&self.state) else {
            return;
        };
        if text == self.stored {
            return;
        }
        match self.store.save_alerts(text.clone()).await {
            Ok(()) => self.stored = text,
            Err(error) => tracing::debug!(error = %error, "the state of the alerts was not stored"),
        }
    }

    fn show(&self) {
        let count = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        for kind in AlertKind::ALL {
            let open = count(self.state.book.count(kind));
            metrics::gauge!("leadgate_alerts_open", "kind" => kind.as_str()).set(open);
        }
        metrics::gauge!("leadgate_alerts_unsent").set(count(self.state.outbox.len()));
    }
}
