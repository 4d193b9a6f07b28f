//! What a request brought is stored, and then confirmed: which profile takes it, under which identity, and
//! what the sender is told.

use actix_web::web;
use futures_util::future::join_all;
use serde_json::Value;

use super::Call;
use super::read::{Brought, Packet, read};
use super::refusal::{Refusal, Why};
use super::reply::{Ending, Taken};
use crate::config::Unknown;
use crate::domain::{Preset, ReplyMode, Source, State, Submission, SubmissionId};
use crate::inbox::{Accepted, Room, StoreError, Taker};
use crate::intake::late::queue_if_taken;
use crate::intake::refused;
use crate::mapping::{Profile, ProfileSet, tell_rejections};

/// Longer keys are refused. Bytes.
const LONGEST_IDENTITY: usize = 512;
/// The header by which senders name a request that they may repeat.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What the request itself says of which submission it is.
pub(super) struct Names {
    /// The sender's key.
    key: Option<String>,
    /// The signature of a body with its time.
    proof: Option<String>,
}

impl Names {
    /// The names of one of many submissions in a request.
    fn of_part(&self, number: Option<usize>) -> Self {
        let numbered = |name: &String| match number {
            Some(number) => format!("{name}/{number}"),
            None => name.clone(),
        };
        Self {
            key: self.key.as_ref().map(numbered),
            proof: self.proof.as_ref().map(numbered),
        }
    }
}

impl Call<'_> {
    /// Reads the request and takes in what it brought.
    pub(super) async fn take(&self, payload: web::Payload) -> Result<Taken, Refusal> {
        self.admit()?;
        let (brought, proof) = read(self, payload).await?;
        refused::drop_body(self.request);
        if let Brought::Ping = brought {
            return Ok(Taken::ping());
        }
        self.trust();
        let names = Names {
            key: self.idempotency_key()?,
            proof,
        };
        let packets = match brought {
            Brought::Ping => return Ok(Taken::ping()),
            Brought::Packets(packets) => packets,
            Brought::Nothing(packet, flaw) => {
                let ending = self.refuse_nothing(packet, names, flaw).await?;
                return Ok(Taken::one(vec![ending]));
            }
        };
        let profiles = self.intake.profiles.current();
        if self.intake.settings.unknown == Unknown::Refuse
            && !packets
                .iter()
                .all(|packet| packet.flaw().is_some() || self.has_profile(&profiles, &packet.body))
        {
            return Err(self.refusal(Why::UnknownChannel(self.name.clone())));
        }
        let is_many = self.channel.is_many();
        let alone = packets.into_iter().enumerate().map(|(number, packet)| {
            let names = names.of_part(is_many.then_some(number));
            self.take_one(&profiles, packet, names)
        });
        let mut endings = Vec::new();
        for ended in join_all(alone).await {
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

    fn has_profile(&self, profiles: &ProfileSet, body: &Value) -> bool {
        profiles.for_channel(&self.name, body).is_some()
    }

    async fn take_one(
        &self,
        profiles: &ProfileSet,
        packet: Packet,
        names: Names,
    ) -> Result<Ending, Refusal> {
        if let Some(flaw) = packet.flaw() {
            return self.refuse_nothing(packet, names, flaw).await;
        }
        let profile = profiles.for_channel(&self.name, &packet.body);
        let submission = self.submission(profile.map(AsRef::as_ref), packet, names)?;
        let Some(profile) = profile else {
            return self.quarantine(&submission).await;
        };
        let rejections = profile.rejections(&submission.body);
        if !rejections.is_empty() {
            let why = tell_rejections(&rejections, self.lang);
            let rejected = |id, words| Why::Rejected {
                id,
                word: "rejected",
                words,
            };
            return self.reject(&submission, Some(profile), why, rejected).await;
        }
        let taker = Taker {
            profile: profile.reference().file.clone(),
            route: profiles.route(profile.connection()),
        };
        let inbox = &self.intake.inbox;
        let accepted = inbox.accept(&submission, Some(taker.clone())).await;
        let (id, known) = match accepted.map_err(|error| self.not_stored(&error))? {
            Accepted::New { id } => (id, None),
            Accepted::Known { id, state, .. } => (id, Some(state)),
        };
        if (profile.reply(), known) == (ReplyMode::Delivered, Some(State::Parked)) {
            let queued = inbox.queue_again(id, taker, self.intake.clock.now()).await;
            queued.map_err(|error| self.not_stored(&error))?;
        }
        match (profile.reply(), known) {
            (ReplyMode::Delivered, _) => self.wait(id).await,
            (ReplyMode::Accepted, Some(_)) => Ok(Ending::Repeated(id)),
            (ReplyMode::Accepted, None) => Ok(Ending::Accepted(id)),
        }
    }

    /// The submission under its identity: the profile's template, else the sender's key, else the sender's
    /// habit, else its signed time; without any each request is one of its own.
    pub(super) fn submission(
        &self,
        profile: Option<&Profile>,
        packet: Packet,
        names: Names,
    ) -> Result<Submission, Refusal> {
        let id = SubmissionId::fresh();
        let Packet {
            raw,
            sent,
            body,
            repairs,
        } = packet;
        let preset = sent.preset;
        let source = |key| Source::Channel {
            channel: self.name.clone(),
            key,
            sent: Box::new(sent),
        };
        let received_at = self.intake.clock.now();
        let unnamed = Source::Channel {
            channel: self.name.clone(),
            key: String::new(),
            sent: Box::default(),
        };
        let key = profile
            .and_then(|profile| profile.identity(&unnamed, received_at, &body))
            // with a signed time the key, which is not signed, would name a replay as the replayer likes
            .or(names.key.filter(|_| names.proof.is_none()))
            .or_else(|| by_habit(preset, &body))
            .or(names.proof.map(|proof| format!("signed/{proof}")))
            .unwrap_or_else(|| id.to_string());
        if key.len() > LONGEST_IDENTITY {
            return Err(self.refusal(Why::LongIdentity(LONGEST_IDENTITY)));
        }
        Ok(Submission {
            id,
            source: source(key),
            received_at,
            raw,
            body,
            repairs,
        })
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
                queue_if_taken(&intake.inbox, &intake.profiles, &*intake.clock, submission).await;
                Ok(Ending::Captured(id))
            }
            Ok(Accepted::Known {
                id,
                state: State::Captured,
                ..
            }) => Ok(Ending::Captured(id)),
            // a profile took it once
            Ok(Accepted::Known { id, .. }) => Ok(Ending::Repeated(id)),
            Err(StoreError::NoRoom) => Err(self.refusal(Why::QuarantineFull)),
            Err(error) => Err(self.not_stored(&error)),
        }
    }

    /// Keeps a refused request for history and tells the sender why.
    pub(super) async fn reject(
        &self,
        submission: &Submission,
        profile: Option<&Profile>,
        words: String,
        why: impl FnOnce(SubmissionId, String) -> Why,
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
            Some(_) => Err(self.refusal(Why::Parked(id))),
            None => Ok(Ending::Waiting(id)),
        }
    }

    fn idempotency_key(&self) -> Result<Option<String>, Refusal> {
        let mut values = self.request.headers().get_all(IDEMPOTENCY_KEY);
        let Some(value) = values.next() else {
            return Ok(None);
        };
        if values.any(|other| other != value) {
            return Err(self.refusal(Why::BadKey));
        }
        let key = value.to_str().unwrap_or_default().trim();
        let good =
            (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
        if good {
            Ok(Some(key.to_owned()))
        } else {
            Err(self.refusal(Why::BadKey))
        }
    }

    /// The disk did not take it: nothing was half accepted, and the sender may repeat.
    fn not_stored(&self, error: &StoreError) -> Refusal {
        if error.is_passing() {
            tracing::warn!(error = %error, "a request was answered 503");
        } else {
            tracing::error!(error = %error, "a request was answered 503");
        }
        self.refusal(Why::NotStored)
    }
}

/// Tilda gives up after five seconds.
const TILDA_PATIENCE: std::time::Duration = std::time::Duration::from_secs(4);

/// What the sender's habit makes the same: Tilda numbers its submissions.
fn by_habit(preset: Preset, body: &Value) -> Option<String> {
    match preset {
        Preset::Plain => None,
        Preset::Tilda => {
            let number = body.get("tranid")?.as_str()?.trim();
            (!number.is_empty()).then(|| format!("tranid/{number}"))
        }
    }
}
