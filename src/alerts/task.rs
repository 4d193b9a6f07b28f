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
pub(super) struct Stored {
    #[serde(default)]
    pub(super) book: Book,
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
        // without anybody to tell, what is found stays untold: the console shows it
        if self.settings.is_on() && !self.is_quiet(now) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use jiff::civil::time;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::alerts::Mismatches;
    use crate::amocrm::AmoHealth;
    use crate::config::{QuietHours, Silence};
    use crate::domain::{Email, Lang, ManualClock};
    use crate::pipeline::Pauses;
    use crate::store::testing::Folder;

    /// Tells one person of a disk that is always nearly full, except at night.
    fn settings() -> AlertSettings {
        AlertSettings {
            mail: vec![Email::parse("ops@firm.example").unwrap()],
            bitrix24: Vec::new(),
            crm: String::new(),
            http: None,
            lang: Lang::En,
            link: String::new(),
            every: Duration::from_secs(600),
            quiet: Some(QuietHours {
                from: time(22, 0, 0, 0),
                to: time(8, 0, 0, 0),
            }),
            zone: TimeZone::fixed(jiff::tz::offset(3)),
            look_every: Duration::from_secs(30),
            parked: true,
            profiles: false,
            amocrm: false,
            paused_after: None,
            backlog_after: None,
            disk_free: Some(u64::MAX),
            silence: Silence::Off,
            silence_of: BTreeMap::new(),
        }
    }

    fn watch(folder: &Folder, clock: &Arc<ManualClock>) -> Watch {
        let (settings, store) = (settings(), folder.store());
        let observed = Observed {
            store: store.clone(),
            pauses: Pauses::default(),
            destinations: Vec::new(),
            mismatches: Mismatches::default(),
            checked: Vec::new(),
            amocrm: AmoHealth::default(),
            accounts: Vec::new(),
            applications: BTreeMap::new(),
            folder: folder.path(""),
        };
        Watch {
            recipients: Way::all(&settings),
            voice: Voice::new(&settings, SourceKinds::default()),
            observer: Observer::new(observed, clock.now()),
            settings,
            ways: Ways::default(),
            clock: Arc::clone(clock) as Arc<dyn Clock>,
            store,
            state: Stored::default(),
            stored: String::new(),
        }
    }

    #[tokio::test]
    async fn quiet_hours_hold_messages_back_and_at_their_end_what_is_still_so_is_told() {
        let folder = Folder::new();
        // 22:00 in the zone of the settings
        let clock = ManualClock::starting_at("2026-11-27T19:00:00Z".parse().unwrap());
        let clock = Arc::new(clock);
        let mut watch = watch(&folder, &clock);
        watch.look().await.unwrap();
        assert_eq!(watch.state.book.count(AlertKind::Disk), 1);
        assert_eq!(watch.state.outbox.len(), 0, "it is night");
        // it ends in the night, and nobody hears of it
        watch.settings.disk_free = None;
        watch.look().await.unwrap();
        clock.advance(SignedDuration::from_hours(10));
        watch.look().await.unwrap();
        assert_eq!(watch.state.outbox.len(), 0);
        // the next night it lasts
        clock.advance(SignedDuration::from_hours(20));
        watch.settings.disk_free = Some(u64::MAX);
        watch.look().await.unwrap();
        assert_eq!(watch.state.outbox.len(), 0);
        clock.advance(SignedDuration::from_mins(4 * 60 - 1));
        watch.look().await.unwrap();
        assert_eq!(watch.state.outbox.len(), 0, "07:59");
        clock.advance(SignedDuration::from_mins(1));
        watch.look().await.unwrap();
        assert_eq!(watch.state.outbox.len(), 1, "08:00");
    }
}
