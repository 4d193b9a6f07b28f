//! Receives a request: reads it, stores the submissions in it, and replies.

use std::sync::Arc;

use actix_web::http::header::{ACCEPT_LANGUAGE, HOST, HeaderName, ORIGIN, REFERER, USER_AGENT};
use actix_web::web;
use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use futures_util::future::join_all;
use serde_json::Value;

use super::evaluate::{
    Decision, Evaluated, Evaluation, RequestContent, RequestError, RequestKeys, Undecodable,
};
use super::packet::Sent;
use super::read::{ReceivedBody, read};
use super::refusal::{Refusal, RefusalReason};
use super::reply::{RequestReply, SubmissionReply};
use super::{Call, ChannelSource, secrets, source};
use crate::channels::{Preset, SOURCE, Unreadable};
use crate::config::Unknown;
use crate::domain::{
    ChannelFacts, Repairs, ReplyMode, RequestFacts, Source, State, Submission, SubmissionId,
    VerdictReason,
};
use crate::inbox::{Accepted, Room, StoreError, Taker};
use crate::intake::recheck::Recheck;
use crate::intake::refused;
use crate::mapping::{Profile, ProfileSet};
use crate::redact;

/// The header that identifies a request which may be repeated.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// A stored submission.
enum Stored {
    /// The reply is known.
    Replied(SubmissionReply),
    /// The sender waits for the delivery.
    Waits(SubmissionId),
}

impl Call<'_> {
    /// Reads the request, and stores the submissions in it.
    pub(super) async fn receive(&self, payload: web::Payload) -> Result<RequestReply, Refusal> {
        self.admit()?;
        let ReceivedBody {
            raw,
            mut sent,
            charge,
            proof,
            once,
        } = read(self, payload).await?;
        let profiles = self.intake.profiles.current();
        let unnamed = self.unnamed(&profiles, &mut sent);
        let key = self.idempotency_key();
        let evaluation = Evaluation {
            intake: Arc::clone(self.intake),
            profiles,
            channel: Arc::clone(&self.channel),
            name: self.name.clone(),
            keys: RequestKeys {
                key: key.clone().unwrap_or_default(),
                proof,
                once,
            },
            unnamed,
        };
        let content = self.evaluated(evaluation, raw, sent).await?;
        refused::drop_body(self.request);
        let evaluated = match content {
            RequestContent::Ping => return Ok(RequestReply::ping()),
            RequestContent::Submissions(evaluated) => Ok(evaluated),
            RequestContent::Refused(why) => Err(self.refusal(why)),
            RequestContent::Nothing(evaluated) => {
                self.trust();
                key?;
                let stored = self.store(evaluated.map(|evaluated| *evaluated)).await;
                return Ok(RequestReply::one(vec![self.finish(stored).await?]));
            }
        };
        self.trust();
        key?;
        let stored = evaluated?
            .into_iter()
            .map(|evaluated| self.store(evaluated));
        let stored = join_all(stored).await;
        // frees the memory of the body before waiting for the delivery
        drop(charge);
        let replies = join_all(stored.into_iter().map(|stored| self.finish(stored))).await;
        self.reply(replies)
    }

    /// Returns the source of the submissions without their keys. Adds what the request tells, if a
    /// profile may use it.
    fn unnamed(&self, profiles: &ProfileSet, sent: &mut Sent) -> Source {
        let unnamed = Source::new(SOURCE, self.name.as_str(), "");
        if profiles.keeps_request(SOURCE, self.name.as_str()) {
            sent.request = Some(Box::new(self.request_facts()));
        } else if sent.channel.is_none() {
            return unnamed;
        }
        unnamed.with_details(sent)
    }

    /// Decodes the request and decides about the submissions in it.
    async fn evaluated(
        &self,
        evaluation: Evaluation,
        raw: Bytes,
        sent: Sent,
    ) -> Result<RequestContent, Refusal> {
        let length = raw.len();
        let evaluate = move || evaluation.evaluate(raw, sent);
        match self.intake.memory.compute(length, evaluate).await {
            Some(Ok(content)) => Ok(content),
            Some(Err(RequestError::Denied(denied))) => Err(self.denied_body(denied)),
            Some(Err(RequestError::Unreadable(why, left))) => {
                if let Some(left) = left {
                    self.keep_undecodable(*left).await;
                }
                Err(self.refusal(why))
            }
            None => Err(self.refusal(RefusalReason::Restarting)),
        }
    }

    fn reply(&self, ended: Vec<Result<SubmissionReply, Refusal>>) -> Result<RequestReply, Refusal> {
        let is_many = self.channel.is_many();
        let mut replies = Vec::new();
        for ended in ended {
            match ended {
                Ok(reply) => replies.push(reply),
                // a refused submission does not affect the others of its request
                Err(refusal) if is_many && refusal.is_final() => {
                    replies.push(refusal.into_reply());
                }
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(if is_many {
            RequestReply::many(replies)
        } else {
            RequestReply::one(replies)
        })
    }

    async fn store(&self, evaluated: Result<Evaluated, RefusalReason>) -> Result<Stored, Refusal> {
        let Evaluated {
            mut submission,
            once,
            decision,
        } = evaluated.map_err(|why| self.refusal(why))?;
        let is_once = once.is_some();
        let _lock = match once {
            Some(digest) => {
                let joined = self.join_equal(&mut submission, &digest).await;
                joined.map_err(|error| self.not_stored(&error))?
            }
            None => None,
        };
        match decision {
            Decision::Quarantine => self.quarantine(&submission).await.map(Stored::Replied),
            Decision::Reject { profile, reason } => {
                let rejected = |id, words| RefusalReason::Rejected {
                    id,
                    word: "rejected",
                    words,
                };
                let reply = self.reject(&submission, Some(&profile), reason, rejected);
                reply.await.map(Stored::Replied)
            }
            Decision::Nothing(flaw) => {
                let nothing = |id, words| RefusalReason::Rejected {
                    id,
                    word: "nothing-inside",
                    words,
                };
                let reason = VerdictReason::NotASubmission(flaw);
                let reply = self.reject(&submission, None, reason, nothing);
                reply.await.map(Stored::Replied)
            }
            Decision::Accept(taker, reply) => {
                let stored = self.accept(&submission, taker, reply).await?;
                Ok(match stored {
                    // the sender of a double click sees the second reply: it is that of the first
                    Stored::Replied(SubmissionReply::Repeated(id)) if is_once => {
                        Stored::Replied(SubmissionReply::Accepted(id))
                    }
                    stored => stored,
                })
            }
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
            (ReplyMode::Accepted, Some(_)) => Stored::Replied(SubmissionReply::Repeated(id)),
            (ReplyMode::Accepted, None) => Stored::Replied(SubmissionReply::Accepted(id)),
        })
    }

    async fn finish(&self, stored: Result<Stored, Refusal>) -> Result<SubmissionReply, Refusal> {
        match stored? {
            Stored::Replied(reply) => Ok(reply),
            Stored::Waits(id) => self.wait(id).await,
        }
    }

    /// Keeps a request that cannot be decoded: a later version may read it. The reply stays the
    /// same, so nothing is promised, and a full quarantine is no error.
    async fn keep_undecodable(&self, left: Undecodable) {
        let intake = self.intake;
        let Undecodable { raw, sent, mistake } = left;
        let takes = || {
            intake
                .profiles
                .current()
                .may_take(SOURCE, self.name.as_str())
        };
        let is_wanted = intake.settings.unknown != Unknown::Refuse || takes();
        if self.channel.unreadable == Unreadable::Drop || !mistake.is_malformed() || !is_wanted {
            return;
        }
        // equal bytes are one request: nothing else identifies it, and senders repeat what was
        // refused
        // as in the log of refused requests: nobody knows what the bytes are
        let length = raw.len();
        let channel = Arc::clone(&self.channel);
        let mask = move || {
            let raw = secrets::without_secrets(&channel, raw);
            Bytes::from(redact::mask_bytes(&raw).into_owned())
        };
        let Some(raw) = intake.memory.compute(length, mask).await else {
            return;
        };
        let mut digest = Context::new(&SHA256);
        digest.update(sent.query.as_deref().unwrap_or_default().as_bytes());
        digest.update(&[0]);
        digest.update(&raw);
        let key = format!("unreadable/{}", HEXLOWER.encode(digest.finish().as_ref()));
        let submission = Submission {
            id: SubmissionId::fresh(),
            source: source::submission(&self.name, &key, &sent),
            received_at: intake.clock.now(),
            raw,
            body: Value::Null,
            repairs: Repairs::default(),
        };
        let room = Room {
            most: intake.settings.quarantine_most,
            bytes: intake.settings.quarantine_bytes,
        };
        let reason = VerdictReason::Undecodable(Box::new(mistake));
        let kept = intake
            .inbox
            .quarantine_undecodable(&submission, reason, room);
        if let Err(error) = kept.await {
            tracing::warn!(error = %error, channel = %self.name, "a request that cannot be read was not kept");
        }
    }

    /// Captures a submission that no profile accepts, within the limits of the quarantine.
    async fn quarantine(&self, submission: &Submission) -> Result<SubmissionReply, Refusal> {
        let settings = &self.intake.settings;
        let room = Room {
            most: settings.quarantine_most,
            bytes: settings.quarantine_bytes,
        };
        let intake = self.intake;
        match intake.inbox.quarantine(submission, room).await {
            Ok(Accepted::New { id }) => {
                let recheck = Recheck {
                    inbox: &intake.inbox,
                    profiles: &intake.profiles,
                    clock: &*intake.clock,
                    source: &ChannelSource,
                };
                recheck.queue_if_accepted(submission).await;
                Ok(SubmissionReply::Captured(id))
            }
            Ok(Accepted::Known {
                id,
                state: State::Captured,
                ..
            }) => Ok(SubmissionReply::Captured(id)),
            // a profile accepted it earlier
            Ok(Accepted::Known { id, .. }) => Ok(SubmissionReply::Repeated(id)),
            Err(StoreError::NoRoom) => Err(self.refusal(RefusalReason::QuarantineFull)),
            Err(error) => Err(self.not_stored(&error)),
        }
    }

    /// Stores a rejected submission for the journal, and returns the refusal with the reason.
    async fn reject(
        &self,
        submission: &Submission,
        profile: Option<&Profile>,
        reason: VerdictReason,
        why: impl FnOnce(SubmissionId, String) -> RefusalReason,
    ) -> Result<SubmissionReply, Refusal> {
        let file = profile.map(|profile| profile.reference().file.as_str());
        let words = reason.to_text(self.lang);
        let kept = self.intake.inbox.reject(submission, file, reason).await;
        match kept.map_err(|error| self.not_stored(&error))? {
            // it was accepted before the profile changed: the earlier reply still holds
            Accepted::Known { id, state, .. } if state != State::Rejected => {
                match profile.map(Profile::reply) {
                    Some(ReplyMode::Delivered) => self.wait(id).await,
                    _ => Ok(SubmissionReply::Repeated(id)),
                }
            }
            Accepted::Known { id, .. } | Accepted::New { id } => Err(self.refusal(why(id, words))),
        }
    }

    /// Waits for the delivery, up to the limit, and returns the result.
    async fn wait(&self, id: SubmissionId) -> Result<SubmissionReply, Refusal> {
        let patience = self.channel.wait.unwrap_or(match self.channel.preset {
            Preset::Plain => self.intake.settings.delivered_wait,
            Preset::Tilda => TILDA_WAIT.min(self.intake.settings.delivered_wait),
        });
        let state = self.intake.inbox.wait_settled(id, patience).await;
        match state.map_err(|error| self.not_stored(&error))? {
            Some(State::Delivered | State::Ignored) => Ok(SubmissionReply::Delivered(id)),
            Some(_) => Err(self.refusal(RefusalReason::Parked(id))),
            None => Ok(SubmissionReply::Waiting(id)),
        }
    }

    /// Returns what the settings tell about the channel.
    pub(super) fn facts(&self) -> Option<ChannelFacts> {
        let name = self.channel.title.clone();
        (!name.is_empty()).then_some(ChannelFacts { name })
    }

    /// Returns what the request tells apart from its body.
    fn request_facts(&self) -> RequestFacts {
        let header = |name: HeaderName| {
            let value = self.request.headers().get(name);
            let value = value.map(|value| String::from_utf8_lossy(value.as_bytes()));
            value.map_or_else(String::new, |value| RequestFacts::text(&value))
        };
        RequestFacts {
            address: self.address().map_or_else(String::new, |it| it.to_string()),
            time: self.intake.clock.now().to_string(),
            method: self.request.method().to_string(),
            host: header(HOST),
            referer: header(REFERER),
            origin: header(ORIGIN),
            user_agent: header(USER_AGENT),
            language: header(ACCEPT_LANGUAGE),
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

    /// Returns the refusal for a failed write. Nothing was stored, so the sender may repeat the
    /// request.
    fn not_stored(&self, error: &StoreError) -> Refusal {
        if error.is_passing() {
            tracing::warn!(error = %error, "a request was answered 503");
        } else {
            tracing::error!(error = %error, "a request was answered 503");
        }
        self.refusal(RefusalReason::NotStored)
    }
}

/// How long a Tilda form waits for the delivery: Tilda gives up after five seconds.
const TILDA_WAIT: std::time::Duration = std::time::Duration::from_secs(4);
