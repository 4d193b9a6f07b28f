//! The open alerts, as the console shows them: read from the state that the task stores.

use jiff::Timestamp;

use super::finding::{AlertKind, Finding, Subject};
use super::message::Voice;
use super::task::Stored;
use crate::config::AlertSettings;
use crate::domain::Lang;
use crate::domain::SourceKinds;
use crate::store::{Store, StoreError};

/// An open alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenAlert {
    /// Its kind.
    pub kind: AlertKind,
    /// What it is about.
    pub subject: Subject,
    /// What is so, in one line.
    pub text: String,
    /// Since when; `None` if nobody knows.
    pub since: Option<Timestamp>,
    /// What to do.
    pub advice: String,
    /// Whether a message has told of it.
    pub is_told: bool,
}

/// Returns the open alerts, the longest open first.
///
/// # Errors
/// If the store cannot be read. A state that cannot be read has no alerts.
pub async fn open_alerts(
    store: &Store,
    settings: &AlertSettings,
    (sources, lang): (SourceKinds, Lang),
) -> Result<Vec<OpenAlert>, StoreError> {
    let text = store.alerts().await?.unwrap_or_default();
    let stored: Stored = serde_json::from_str(&text).unwrap_or_default();
    let voice = Voice {
        lang,
        ..Voice::new(settings, sources)
    };
    let open = stored.book.open().map(|(finding, is_told)| {
        let Finding { subject, since, .. } = finding;
        OpenAlert {
            kind: subject.kind(),
            subject: subject.clone(),
            text: voice.what(finding),
            since: *since,
            advice: voice.advice(subject.kind()),
            is_told,
        }
    });
    let mut open: Vec<OpenAlert> = open.collect();
    open.sort_by_key(|alert| alert.since.unwrap_or(Timestamp::MIN));
    Ok(open)
}
