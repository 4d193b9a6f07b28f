//! Pauses that people order. A destination that is paused by hand leases nothing: its submissions
//! stay queued, and the batches under way are finished. The pause is stored, so it survives a
//! restart of the gateway.

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::Destinations;
use super::pauses::{Health, OutageFacts};
use crate::delivery::PauseReason;
use crate::domain::{Bilingual, Destination, PausedByHand};
use crate::inbox::{Inbox, StoreError};

/// What is known about a destination.
#[derive(Debug, Clone)]
pub struct DestinationState {
    /// The destination.
    pub destination: Destination,
    /// Why it is paused; `None` if it works or was not used yet.
    pub outage: Option<DestinationOutage>,
    /// Whether a delivery or probe has succeeded since the start.
    pub works: bool,
    /// Who has paused it by hand.
    pub by_hand: Option<PausedByHand>,
    /// Calls under way, and how many may be; `None` without such a limit.
    pub calls: Option<(usize, usize)>,
}

/// Why a destination is paused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationOutage {
    /// The reason.
    pub reason: PauseReason,
    /// What log lines call the other side.
    pub noun: &'static str,
    /// Since when.
    pub since: Timestamp,
    /// When it is probed next; `None` while a probe is under way.
    pub next_probe: Option<Timestamp>,
    /// The last error.
    pub error: String,
}

impl DestinationOutage {
    /// Returns the reason as a stable word.
    pub fn word(&self) -> &'static str {
        match self.reason {
            PauseReason::Throttled => "throttled",
            PauseReason::Unreachable => "unreachable",
            PauseReason::Unanswered => "unanswered",
            PauseReason::Denied => "denied",
        }
    }

    /// Returns the reason as people read it.
    pub fn text(&self) -> Bilingual<&'static str> {
        match self.reason {
            PauseReason::Throttled => {
                Bilingual::new("It asks for fewer requests.", "Просит снизить темп.")
            }
            PauseReason::Unreachable => Bilingual::new("It cannot be reached.", "Недоступен."),
            PauseReason::Unanswered => Bilingual::new(
                "It gives no usable answer; it may be down behind its own proxy.",
                "Не даёт внятного ответа; возможно, не работает за своим прокси-сервером.",
            ),
            PauseReason::Denied => Bilingual::new(
                "It rejects the credentials: the webhook or token was deleted, or may not do this.",
                "Отклоняет доступ: вебхук или токен удалён, или у него нет прав.",
            ),
        }
    }

    /// Returns what to do.
    pub fn advice(&self) -> Bilingual<&'static str> {
        match self.reason {
            PauseReason::Throttled => Bilingual::new(
                "Nothing: delivery goes on when it lets requests through. If it happens often, look for \
                 other programs that use its limits.",
                "Ничего: доставка продолжится, когда он снова станет принимать запросы. Если это часто — \
                 проверьте, какие ещё программы расходуют его лимиты.",
            ),
            PauseReason::Unreachable => Bilingual::new(
                "Check the network, the address in the settings and the proxy. Submissions are accepted \
                 and wait; delivery resumes automatically.",
                "Проверьте сеть, адрес в настройках и прокси-сервер. Обращения принимаются и ждут; \
                 доставка продолжится сама.",
            ),
            PauseReason::Unanswered => Bilingual::new(
                "Open it in a browser: if it does not open, its administrators have to act. Submissions are \
                 accepted and wait; delivery resumes automatically.",
                "Откройте его в браузере: если не открывается, дело за его администраторами. Обращения \
                 принимаются и ждут; доставка продолжится сама.",
            ),
            PauseReason::Denied => Bilingual::new(
                "Put a new webhook or token into the settings, and restart the gateway. Submissions are \
                 accepted and wait.",
                "Задайте в настройках новый вебхук или токен и перезапустите шлюз. Обращения принимаются и \
                 ждут.",
            ),
        }
    }
}

impl Destinations {
    /// Returns what is known about all destinations.
    pub fn states(&self, now: Timestamp) -> Vec<DestinationState> {
        let pauses = self.pauses();
        let (health, by_hand) = (pauses.all(), pauses.by_hand());
        let clock = Moments {
            now,
            instant: Instant::now(),
        };
        let all = self.iter().map(|(destination, client)| {
            let facts = pauses.outage(destination).unwrap_or_default();
            let outage = match health.get(destination) {
                Some(Health::Paused { reason, since }) => Some(DestinationOutage {
                    reason: *reason,
                    noun: client.noun(),
                    since: clock.before(*since),
                    next_probe: clock.next(&facts),
                    error: facts.error,
                }),
                Some(Health::Works) | None => None,
            };
            DestinationState {
                destination: destination.clone(),
                works: health.get(destination) == Some(&Health::Works),
                outage,
                by_hand: by_hand.get(destination).cloned(),
                calls: client.calls(),
            }
        });
        all.collect()
    }
}

impl Destinations {
    /// Returns how many of these submissions, counted by destination, wait for one. Those of
    /// profiles that name no destination wait for the only one of its kind.
    pub fn waiting(&self, counts: &BTreeMap<String, u64>, destination: &Destination) -> u64 {
        let count = |name: &str| counts.get(name).copied().unwrap_or(0);
        let own = count(&destination.to_string());
        let kind = destination.kind();
        let is_only = self.find(kind, None) == Some(destination);
        let unnamed = is_only && !destination.name().is_empty();
        own + if unnamed {
            count(&format!("{kind}:"))
        } else {
            0
        }
    }
}

/// Turns instants into times.
struct Moments {
    now: Timestamp,
    instant: Instant,
}

impl Moments {
    fn before(&self, past: Instant) -> Timestamp {
        let passed = self.instant.saturating_duration_since(past);
        let passed = SignedDuration::try_from(passed).unwrap_or_default();
        self.now.checked_sub(passed).unwrap_or(self.now)
    }

    fn next(&self, facts: &OutageFacts) -> Option<Timestamp> {
        let left = facts.next_probe?.saturating_duration_since(self.instant);
        let left = SignedDuration::try_from(left).unwrap_or_default();
        self.now.checked_add(left).ok()
    }
}

/// Pauses a destination by hand. Returns whether it was not paused by hand before.
///
/// # Errors
/// If it cannot be stored; then it is not paused.
pub async fn pause_by_hand(
    destinations: &Destinations,
    inbox: &Inbox,
    destination: &Destination,
    pause: PausedByHand,
) -> Result<bool, StoreError> {
    let pauses = destinations.pauses();
    if pauses.by_hand().contains_key(destination) {
        return Ok(false);
    }
    inbox
        .keep_pause(destination.clone(), Some(pause.clone()))
        .await?;
    tracing::warn!(%destination, "destination {destination} was paused by hand; submissions are accepted and kept");
    pauses.pause_by_hand(destination, pause);
    Ok(true)
}

/// Ends a pause by hand. Returns whether there was one.
///
/// # Errors
/// If it cannot be stored; then the pause lasts.
pub async fn resume(
    destinations: &Destinations,
    inbox: &Inbox,
    destination: &Destination,
) -> Result<bool, StoreError> {
    let pauses = destinations.pauses();
    if !pauses.by_hand().contains_key(destination) {
        return Ok(false);
    }
    inbox.keep_pause(destination.clone(), None).await?;
    tracing::info!(%destination, "destination {destination} was resumed by hand");
    pauses.resume(destination);
    Ok(true)
}

/// Restores the pauses by hand of before the start.
///
/// # Errors
/// If they cannot be read.
pub async fn recall_pauses(destinations: &Destinations, inbox: &Inbox) -> Result<(), StoreError> {
    let pauses = destinations.pauses();
    for (destination, pause) in inbox.kept_pauses().await? {
        if destinations.client(&destination).is_some() {
            tracing::warn!(%destination, "destination {destination} is still paused by hand");
            pauses.pause_by_hand(&destination, pause);
        }
    }
    Ok(())
}
