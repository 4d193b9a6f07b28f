//! Receives a hook: splits it into items, decides about each, and stores them all in one commit.
//! What is no hook goes into quarantine whole. Nothing here waits for the CRM or for amoCRM.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use aws_lc_rs::digest::{SHA256, digest};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::Value;

use super::access::is_of_account;
use super::packet::{self, HookNames};
use super::reply::{Received, Refused};
use super::source::AmoSource;
use super::split::{HookItem, NoItems, items};
use super::{AmoIntake, SOURCE};
use crate::config::AmoSettings;
use crate::domain::json::{Bounds, DEEPEST, Decoded};
use crate::domain::{EndpointName, Repairs, Source, Submission, SubmissionId, VerdictReason};
use crate::inbox::{Accepted, Reception, Room, StoreError};
use crate::intake::body::{Reading, read};
use crate::intake::{decision, refused};
use crate::mapping::ProfileSet;
use crate::redact;

/// A hook to an account of the settings; its sender has the secret.
pub(super) struct Hook<'r> {
    pub(super) intake: &'r Arc<AmoIntake>,
    pub(super) request: &'r HttpRequest,
    pub(super) name: EndpointName,
    pub(super) account: Arc<AmoSettings>,
}

/// The submissions of a hook with what is to be done with each.
type Decided = Vec<(Submission, Reception)>;

/// What a request contains.
enum Content {
    Items(Decided),
    /// It belongs to another account.
    Foreign,
    /// It is no hook, or has too many items.
    NoHook(VerdictReason),
}

impl Hook<'_> {
    /// Reads the request and stores what it contains.
    pub(super) async fn receive(&self, payload: web::Payload) -> Result<Received, Refused> {
        let reading = Reading {
            limit: self.account.body_limit,
            patience: self.intake.receiver.patience,
            memory: &self.intake.receiver.memory,
        };
        let (raw, _charge) = read(self.request, payload, reading).await?;
        let stored = tokio::time::timeout(super::ACKNOWLEDGED_WITHIN, self.store(raw));
        // amoCRM sends it again; if it was stored after all, that is a repeat
        stored.await.unwrap_or(Err(Refused::TooSlow))
    }

    async fn store(&self, raw: Bytes) -> Result<Received, Refused> {
        let profiles = self.intake.receiver.profiles.current();
        let evaluation = Evaluation {
            profiles: Arc::clone(&profiles),
            account: Arc::clone(&self.account),
            name: self.name.clone(),
            room: self.intake.receiver.room,
            now: self.intake.receiver.clock.now(),
        };
        let bytes = raw.clone();
        let evaluate = move || evaluation.evaluate(&bytes);
        let content = self
            .intake
            .receiver
            .memory
            .compute(raw.len(), evaluate)
            .await;
        match content.ok_or(Refused::Restarting)? {
            Content::Items(decided) => self.store_all(decided, &profiles).await,
            Content::Foreign => {
                refused::keep_body(self.request, raw);
                Err(Refused::OtherAccount)
            }
            Content::NoHook(reason) => self.keep_whole(raw, reason).await,
        }
    }

    async fn store_all(
        &self,
        decided: Decided,
        profiles: &Arc<ProfileSet>,
    ) -> Result<Received, Refused> {
        let stored = self.intake.receiver.inbox.receive_all(&decided).await?;
        let is_changed = !Arc::ptr_eq(profiles, &self.intake.receiver.profiles.current());
        let mut received = Received::default();
        for ((submission, reception), stored) in decided.iter().zip(stored) {
            match (reception, stored) {
                (_, Some(Accepted::Known { .. })) => received.repeated += 1,
                (Reception::Accept(_) | Reception::Hold(..), _) => received.accepted += 1,
                (Reception::Reject { .. }, _) => received.rejected += 1,
                (Reception::Ignore { .. }, _) => received.ignored += 1,
                (Reception::Quarantine(_), None) => received.dropped += 1,
                (Reception::Quarantine(_), Some(_)) => {
                    received.captured += 1;
                    if is_changed {
                        self.intake
                            .receiver
                            .recheck(&AmoSource)
                            .queue_if_accepted(submission)
                            .await;
                    }
                }
            }
        }
        if received.dropped > 0 {
            let (name, dropped) = (&self.name, received.dropped);
            tracing::warn!(account = %name, dropped, "{dropped} items of a hook were not kept: no profile takes them, and the quarantine is full");
        }
        Ok(received)
    }

    /// Keeps a request that is no hook: a later version may read it. The reply is the same as to a
    /// hook, because amoCRM switches a hook off that is often refused.
    async fn keep_whole(&self, raw: Bytes, reason: VerdictReason) -> Result<Received, Refused> {
        // equal bytes are one request
        let length = raw.len();
        let mask = move || Bytes::from(redact::mask_bytes(&raw).into_owned());
        let raw = self.intake.receiver.memory.compute(length, mask).await;
        let raw = raw.ok_or(Refused::Restarting)?;
        let key = HEXLOWER.encode(digest(&SHA256, &raw).as_ref());
        let submission = Submission {
            id: SubmissionId::fresh(),
            source: Source::new(SOURCE, self.name.as_str(), format!("unreadable/{key}")),
            received_at: self.intake.receiver.clock.now(),
            raw,
            body: Value::Null,
            repairs: Repairs::default(),
        };
        let room = self.intake.receiver.room;
        let inbox = &self.intake.receiver.inbox;
        match inbox
            .quarantine_undecodable(&submission, reason, room)
            .await
        {
            Ok(_) => Ok(Received {
                captured: 1,
                ..Received::default()
            }),
            Err(StoreError::NoRoom) => {
                tracing::warn!(account = %self.name, "a request that is no hook was not kept: the quarantine is full");
                Ok(Received {
                    dropped: 1,
                    ..Received::default()
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Everything that the evaluation of a request needs.
struct Evaluation {
    profiles: Arc<ProfileSet>,
    account: Arc<AmoSettings>,
    name: EndpointName,
    room: Room,
    now: Timestamp,
}

impl Evaluation {
    fn evaluate(&self, raw: &[u8]) -> Content {
        let bounds = Bounds {
            depth: DEEPEST,
            values: self.account.value_limit,
        };
        let Decoded { value, repairs } = match packet::request(raw, bounds) {
            Ok(decoded) => decoded,
            Err(mistake) => return Content::NoHook(VerdictReason::Undecodable(Box::new(mistake))),
        };
        let items = match items(value, self.account.items_limit) {
            Ok(items) => items,
            Err(NoItems::NotAHook) => return Content::NoHook(VerdictReason::NotAHook),
            Err(NoItems::TooMany(most)) => {
                return Content::NoHook(VerdictReason::HookTooLong(most));
            }
        };
        let is_ours = |item: &HookItem| is_of_account(&self.account, &item.told_account());
        if !items.iter().all(is_ours) {
            return Content::Foreign;
        }
        let decided = items.into_iter().map(|item| self.one(item, repairs));
        Content::Items(decided.collect())
    }

    /// Decides about one item.
    fn one(&self, item: HookItem, repairs: Repairs) -> (Submission, Reception) {
        let key = item.succession().key(&item.rest_of_key());
        let names = HookNames::of(&item.item, &self.account);
        let is_own = item.is_made_by(&self.account.own_users);
        let raw = Bytes::from(item.clone().alone().to_string());
        let packet = item.into_packet(&names);
        let mut source = Source::new(SOURCE, self.name.as_str(), key);
        if names != HookNames::default() {
            source = source.with_details(&names);
        }
        let mut reception = Reception::Quarantine(self.room);
        if is_own {
            reception = Reception::Ignore {
                reason: VerdictReason::OwnChange,
            };
        } else if let Some(profile) = self.profiles.for_source(&source, &packet) {
            source = profile.placed(source);
            // what is read later may be what it requires
            let is_read = self.account.api.is_some() && profile.reads_amocrm();
            reception = if is_read {
                Reception::Accept(decision::taker(&self.profiles, profile))
            } else {
                decision::by_profile(&self.profiles, profile, (&source, &packet))
            };
        }
        let submission = Submission {
            id: SubmissionId::fresh(),
            source,
            received_at: self.now,
            raw,
            body: Value::Null,
            repairs,
        };
        (submission, reception)
    }
}
