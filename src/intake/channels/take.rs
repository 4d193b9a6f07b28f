//! What a request brought is stored, and then confirmed: which profile takes it, under which identity, and
//! what the sender is told.

use std::sync::Arc;

use actix_web::web;
use futures_util::future::join_all;

use super::judge::{Brought, Judge, Judged, Names, Unjudged, Verdict};
use super::read::{Arrived, read};
use super::refusal::{Refusal, RefusalReason};
use super::reply::{Ending, Taken};
use super::{Call, ChannelSource};
use crate::domain::{Preset, ReplyMode, State, Submission, SubmissionId};
use crate::inbox::{Accepted, Room, StoreError, Taker};
use crate::intake::late::Late;
use crate::intake::refused;
use crate::mapping::Profile;

/// The header by which senders name a request that they may repeat.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A submission that is on disk.
enum Stored {
    /// The sender can be answered.
    Ended(Ending),
    /// The sender waits for the CRM.
    Waits(SubmissionId),
}

impl Call<'_> {
    /// Reads the request and takes in what it brought.
    pub(super) async fn take(&self, payload: web::Payload) -> Result<Taken, Refusal> {
        self.admit()?;
        let Arrived {
            raw,
            sent,
            charge,
            proof,
        } = read(self, payload).await?;
        let key = self.idempotency_key();
        let judge = Judge {
            intake: Arc::clone(self.intake),
            profiles: self.intake.profiles.current(),
            channel: Arc::clone(&self.channel),
            name: self.name.clone(),
            lang: self.lang,
            names: Names {
                key: key.clone().unwrap_or_default(),
                proof,
            },
        };
        let length = raw.len();
        let brought = self
            .intake
            .memory
            .compute(length, move || judge.judge(raw, sent));
        let brought = match brought.await {
            Some(Ok(brought)) => brought,
            Some(Err(Unjudged::Denied(denied))) => return Err(self.denied_body(denied)),
            Some(Err(Unjudged::Unreadable(why))) => return Err(self.refusal(why)),
            None => return Err(self.refusal(RefusalReason::Restarting)),
        };
        refused::drop_body(self.request);
        let judged = match brought {
            Brought::Ping => return Ok(Taken::ping()),
            Brought::Submissions(judged) => Ok(judged),
            Brought::Refused(why) => Err(self.refusal(why)),
            Brought::Nothing(judged) => {
                self.trust();
                key?;
                let stored = self.store(judged.map(|judged| *judged)).await;
                return Ok(Taken::one(vec![self.end(stored).await?]));
            }
        };
        self.trust();
        key?;
        let stored = judged?.into_iter().map(|judged| self.store(judged));
        let stored = join_all(stored).await;
        // the body does not wait for the CRM
        drop(charge);
        let endings = join_all(stored.into_iter().map(|stored| self.end(stored))).await;
        self.taken(endings)
    }

    fn taken(&self, ended: Vec<Result<Ending, Refusal>>) -> Result<Taken, Refusal> {
        let is_many = self.channel.is_many();
        let mut endings = Vec::new();
        for ended in ended {
            match ended {
                Ok(ending) => endings.push(ending),
                // of many each stands for itself: one that is refused does not take the others along
                Err(refusal) if is_many && refusal.is_final() => {
                    endings.push(refusal.into_ending());
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(if is_many {
            Taken::many(endings)
        } else {
            Taken::one(endings)
        })
    }

    async fn store(&self, judged: Result<Judged, RefusalReason>) -> Result<Stored, Refusal> {
        let Judged {
            submission,
            verdict,
        } = judged.map_err(|why| self.refusal(why))?;
        match verdict {
            Verdict::Quarantine => self.quarantine(&submission).await.map(Stored::Ended),
            Verdict::Reject { profile, why } => {
                let rejected = |id, words| RefusalReason::Rejected {
                    id,
                    word: "rejected",
                    words,
                };
                let ending = self.reject(&submission, Some(&profile), why, rejected);
                ending.await.map(Stored::Ended)
            }
            Verdict::Nothing(flaw) => {
                let nothing = |id, words| RefusalReason::Rejected {
                    id,
                    word: "nothing-inside",
                    words,
                };
                let ending = self.reject(&submission, None, flaw.to_text(self.lang), nothing);
                ending.await.map(Stored::Ended)
            }
            Verdict::Accept(taker, reply) => self.accept(&submission, taker, reply).await,
        }
    }

    async fn accept(
        &self,
        submission: &Submission,
        taker: Taker,
        reply: ReplyMode,
    ) -> Result<Stored, Refusal> {
        let inbox = &self.intake.inbox;
        let accepted = inbox.accept(submission, Some(taker.clone())).await;
        let (id, known) = match accepted.map_err(|error| self.not_stored(&error))? {
            Accepted::New { id } => (id, None),
            Accepted::Known { id, state, .. } => (id, Some(state)),
        };
        if (reply, known) == (ReplyMode::Delivered, Some(State::Parked)) {
            let queued = inbox.queue_again(id, taker, self.intake.clock.now()).await;
            queued.map_err(|error| self.not_stored(&error))?;
        }
        Ok(match (reply, known) {
            (ReplyMode::Delivered, _) => Stored::Waits(id),
            (ReplyMode::Accepted, Some(_)) => Stored::Ended(Ending::Repeated(id)),
            (ReplyMode::Accepted, None) => Stored::Ended(Ending::Accepted(id)),
        })
    }

    async fn end(&self, stored: Result<Stored, Refusal>) -> Result<Ending, Refusal> {
        match stored? {
            Stored::Ended(ending) => Ok(ending),
            Stored::Waits(id) => self.wait(id).await,
        }
    }

    /// Keeps what no profile takes, within its bounds.
    async fn quarantine(&self, submission: &Submission) -> Result<Ending, Refusal> {
        let settings = &self.intake.settings;
        let room = Room {
            most: settings.quarantine_most,
            bytes: settings.quarantine_bytes,
        };
        let intake = self.intake;
        match intake.inbox.quarantine(submission, room).await {
            Ok(Accepted::New { id }) => {
                let late = Late {
                    inbox: &intake.inbox,
                    profiles: &intake.profiles,
                    clock: &*intake.clock,
                    source: &ChannelSource,
                };
                late.queue_if_taken(submission).await;
                Ok(Ending::Captured(id))
            }
            Ok(Accepted::Known {
                id,
                state: State::Captured,
                ..
            }) => Ok(Ending::Captured(id)),
            // a profile took it once
            Ok(Accepted::Known { id, .. }) => Ok(Ending::Repeated(id)),
            Err(StoreError::NoRoom) => Err(self.refusal(RefusalReason::QuarantineFull)),
            Err(error) => Err(self.not_stored(&error)),
        }
    }

    /// Keeps a refused request for history and tells the sender why.
    async fn reject(
        &self,
        submission: &Submission,
        profile: Option<&Profile>,
        words: String,
        why: impl FnOnce(SubmissionId, String) -> RefusalReason,
    ) -> Result<Ending, Refusal> {
        let file = profile.map(|profile| profile.reference().file.as_str());
        let kept = self.intake.inbox.reject(submission, file, &words).await;
        match kept.map_err(|error| self.not_stored(&error))? {
            // it was accepted before the profile changed its mind: what was promised stays promised
            Accepted::Known { id, state, .. } if state != State::Rejected => {
                match profile.map(Profile::reply) {
                    Some(ReplyMode::Delivered) => self.wait(id).await,
                    _ => Ok(Ending::Repeated(id)),
                }
            }
            Accepted::Known { id, .. } | Accepted::New { id } => Err(self.refusal(why(id, words))),
        }
    }

    /// Waits for the CRM, up to the limit, and answers honestly.
    async fn wait(&self, id: SubmissionId) -> Result<Ending, Refusal> {
        let patience = self.channel.wait.unwrap_or(match self.channel.preset {
            Preset::Plain => self.intake.settings.delivered_wait,
            Preset::Tilda => TILDA_PATIENCE.min(self.intake.settings.delivered_wait),
        });
        let state = self.intake.inbox.wait_settled(id, patience).await;
        match state.map_err(|error| self.not_stored(&error))? {
            Some(State::Delivered | State::Ignored) => Ok(Ending::Delivered(id)),
            Some(_) => Err(self.refusal(RefusalReason::Parked(id))),
            None => Ok(Ending::Waiting(id)),
        }
    }

    fn idempotency_key(&self) -> Result<Option<String>, Refusal> {
        let mut values = self.request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.any(|other| other != value) {
            return Err(self.refusal(RefusalReason::BadKey));
        }
        let key = value.to_str().unwrap_or_default().trim();
        let good =
            (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if good {
            Ok(Some(key.to_owned()))
        } else {
            Err(self.refusal(RefusalReason::BadKey))
        }
    }

    /// The disk did not take it: nothing was half accepted, and the sender may repeat.
    fn not_stored(&self, error: &StoreError) -> Refusal {
        if error.is_passing() {
            tracing::warn!(error = %error, "a request was answered 503");
        } else {
            tracing::error!(error = %error, "a request was answered 503");
        }
        self.refusal(RefusalReason::NotStored)
    }
}

/// Tilda gives up after five seconds.
const TILDA_PATIENCE: std::time::Duration = std::time::Duration::from_secs(4);
