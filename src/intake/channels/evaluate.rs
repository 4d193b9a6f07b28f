//! Decodes a request, splits it into submissions, and decides about each: accept, capture or
//! reject. Large requests are evaluated off the web server's threads. The decoded bodies are
//! dropped here.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::ChannelIntake;
use super::packet::{self, Sent, packet};
use super::refusal::RefusalReason;
use super::secrets::{self, Denied};
use super::{once, source};
use crate::channels::{Channel, Preset};
use crate::config::Unknown;
use crate::domain::json::Decoded;
use crate::domain::{
    ChannelName, NotASubmission, Repairs, ReplyMode, Source, Submission, SubmissionId,
    VerdictReason, body,
};
use crate::inbox::Taker;
use crate::intake::decision;
use crate::mapping::{Profile, ProfileSet, rejection_reason};

/// The field with which Tilda tests the address.
const TILDA_PING: &str = "test";
/// The longest key of a submission, in bytes.
const LONGEST_IDENTITY: usize = 512;

/// Everything that the evaluation of a request needs.
pub(super) struct Evaluation {
    pub(super) intake: Arc<ChannelIntake>,
    pub(super) profiles: Arc<ProfileSet>,
    pub(super) channel: Arc<Channel>,
    pub(super) name: ChannelName,
    pub(super) keys: RequestKeys,
    /// The source of a submission without its key, with what the request told.
    pub(super) unnamed: Source,
}

/// What identifies the submission of a request, apart from its body.
#[derive(Clone)]
pub(super) struct RequestKeys {
    /// The sender's key.
    pub(super) key: Option<String>,
    /// The signature of the body and its time.
    pub(super) proof: Option<String>,
    /// The digest of the request, if equal requests are one submission.
    pub(super) once: Option<String>,
}

impl RequestKeys {
    /// Returns the keys of one submission of a request with several.
    fn of_part(&self, number: Option<usize>) -> Self {
        let numbered = |name: &String| match number {
            Some(number) => format!("{name}/{number}"),
            None => name.clone(),
        };
        Self {
            key: self.key.as_ref().map(numbered),
            proof: self.proof.as_ref().map(numbered),
            once: self.once.as_ref().map(|digest| match number {
                Some(number) => format!("{digest}-{number}"),
                None => digest.clone(),
            }),
        }
    }
}

/// What a request contains.
pub(super) enum RequestContent {
    /// Nothing: the sender tests the address.
    Ping,
    /// These submissions. One that is refused does not affect the others.
    Submissions(Vec<Result<Evaluated, RefusalReason>>),
    /// A request that may contain several submissions and contains none.
    Nothing(Result<Box<Evaluated>, RefusalReason>),
    /// The secrets are right, and the request is refused.
    Refused(RefusalReason),
}

/// Why a request was not evaluated.
pub(super) enum RequestError {
    /// The body cannot be decoded.
    Unreadable(RefusalReason, Option<Box<Undecodable>>),
    /// The right secret is missing.
    Denied(Denied),
}

/// A body that cannot be decoded and whose sender had every secret.
pub(super) struct Undecodable {
    pub(super) raw: Bytes,
    pub(super) sent: Sent,
    pub(super) mistake: body::Mistake,
}

/// A submission without its decoded body, and the decision about it.
pub(super) struct Evaluated {
    pub(super) submission: Submission,
    /// The digest, if nothing else identifies the submission and equal ones are one.
    pub(super) once: Option<String>,
    pub(super) decision: Decision,
}

/// The decision about a submission.
pub(super) enum Decision {
    /// No profile accepts it.
    Quarantine,
    /// The profile rejects it.
    Reject {
        profile: Arc<Profile>,
        reason: VerdictReason,
    },
    /// It is not a submission.
    Nothing(NotASubmission),
    /// The profile accepts it.
    Accept(Taker, ReplyMode),
}

/// One submission: its bytes, how they were sent, and the decoded body.
struct Packet {
    raw: Bytes,
    sent: Sent,
    body: Value,
    repairs: Repairs,
}

/// A decoded request.
enum DecodedRequest {
    /// Nothing: the sender tests the address.
    Ping,
    /// One submission or several.
    Packets(Vec<Packet>),
    /// A request that may contain several submissions and contains none.
    Nothing(Packet, NotASubmission),
}

impl Evaluation {
    /// Decodes the request and decides about each submission in it.
    pub(super) fn evaluate(&self, raw: Bytes, sent: Sent) -> Result<RequestContent, RequestError> {
        let packets = match self.read(raw, sent)? {
            DecodedRequest::Ping => return Ok(RequestContent::Ping),
            DecodedRequest::Packets(packets) => packets,
            DecodedRequest::Nothing(packet, flaw) => {
                let evaluated = self.nothing(packet, self.keys.clone(), flaw);
                return Ok(RequestContent::Nothing(evaluated.map(Box::new)));
            }
        };
        if self.intake.settings.unknown == Unknown::Refuse
            && !packets.iter().all(|packet| {
                NotASubmission::of(&packet.body).is_some() || self.has_profile(&packet.body)
            })
        {
            let why = RefusalReason::UnknownChannel(self.name.clone());
            return Ok(RequestContent::Refused(why));
        }
        let is_many = self.channel.is_many();
        let evaluated = packets.into_iter().enumerate().map(|(number, packet)| {
            let keys = self.keys.of_part(is_many.then_some(number));
            self.one(packet, keys)
        });
        Ok(RequestContent::Submissions(evaluated.collect()))
    }

    fn has_profile(&self, body: &Value) -> bool {
        self.profile(body).is_some()
    }

    fn profile(&self, body: &Value) -> Option<&Arc<Profile>> {
        self.profiles.for_source(&self.unnamed, body)
    }

    /// Rejects what is not a submission. It is stored for the journal.
    fn nothing(
        &self,
        packet: Packet,
        keys: RequestKeys,
        flaw: NotASubmission,
    ) -> Result<Evaluated, RefusalReason> {
        let (submission, once) = self.submission(None, packet, keys)?;
        Ok(Evaluated {
            submission,
            once,
            decision: Decision::Nothing(flaw),
        })
    }

    fn one(&self, packet: Packet, keys: RequestKeys) -> Result<Evaluated, RefusalReason> {
        if let Some(flaw) = NotASubmission::of(&packet.body) {
            return self.nothing(packet, keys, flaw);
        }
        let profile = self.profile(&packet.body);
        let rejections =
            profile.map(|profile| profile.rejections_from(&self.unnamed, &packet.body));
        let (submission, once) = self.submission(profile.map(AsRef::as_ref), packet, keys)?;
        let decision = match (profile, rejections) {
            (Some(profile), Some(rejections)) if rejections.is_empty() => {
                let taker = decision::taker(&self.profiles, profile);
                Decision::Accept(taker, profile.reply())
            }
            (Some(profile), Some(rejections)) => Decision::Reject {
                profile: Arc::clone(profile),
                reason: rejection_reason(&rejections),
            },
            (None, _) | (_, None) => Decision::Quarantine,
        };
        Ok(Evaluated {
            submission,
            once,
            decision,
        })
    }

    /// Builds the submission. Its key is the profile's template, the sender's key, the number that
    /// the form builder gives, or the signature with its time, whichever comes first; otherwise its
    /// own id.
    fn submission(
        &self,
        profile: Option<&Profile>,
        packet: Packet,
        keys: RequestKeys,
    ) -> Result<(Submission, Option<String>), RefusalReason> {
        let id = SubmissionId::fresh();
        let Packet {
            raw,
            sent,
            body,
            repairs,
        } = packet;
        let preset = sent.preset;
        let received_at = self.intake.clock.now();
        let key = profile
            .and_then(|profile| profile.identity(&self.unnamed, received_at, &body))
            // the key is not signed: with a signed time, anyone who replays a request could choose
            // another one
            .or(keys.key.filter(|_| keys.proof.is_none()))
            .or_else(|| key_of_preset(preset, &body))
            .or(keys.proof.map(|proof| format!("signed/{proof}")));
        let once = keys.once.filter(|_| key.is_none());
        let first = || match &once {
            Some(digest) => once::key(digest, received_at),
            None => id.to_string(),
        };
        let key = key.unwrap_or_else(first);
        if key.len() > LONGEST_IDENTITY {
            return Err(RefusalReason::LongIdentity(LONGEST_IDENTITY));
        }
        let submission = Submission {
            id,
            source: source::submission(&self.name, &key, &sent),
            received_at,
            raw,
            body: Value::Null,
            repairs,
        };
        Ok((submission, once))
    }

    /// A decoded request.
    fn read(&self, raw: Bytes, sent: Sent) -> Result<DecodedRequest, RequestError> {
        let bounds = self.intake.bounds;
        let unreadable =
            |mistake| RequestError::Unreadable(RefusalReason::Unreadable(mistake), None);
        if sent.hidden.is_some() {
            let whole = Sent {
                hidden: None,
                ..sent.clone()
            };
            let whole = packet(&whole, &raw, bounds).map_err(unreadable)?;
            if is_ping(sent.preset, &whole) {
                return Ok(DecodedRequest::Ping);
            }
            secrets::check_field(&self.channel, &whole).map_err(RequestError::Denied)?;
        }
        let Decoded {
            value: packet,
            repairs,
        } = match packet::read(&sent, &raw, bounds) {
            Ok(decoded) => decoded,
            Err(body::Mistake::Scalar) if self.channel.is_many() => {
                let whole = whole(raw, sent, Repairs::default());
                return Ok(DecodedRequest::Nothing(whole, NotASubmission::Scalar));
            }
            Err(mistake) => {
                let why = RefusalReason::Unreadable(mistake.clone());
                let left = Undecodable { raw, sent, mistake };
                return Err(RequestError::Unreadable(why, Some(Box::new(left))));
            }
        };
        if is_ping(sent.preset, &packet) {
            return Ok(DecodedRequest::Ping);
        }
        let packet = Packet {
            raw,
            sent,
            body: packet,
            repairs,
        };
        if self.channel.is_many() {
            self.split(packet)
        } else {
            Ok(DecodedRequest::Packets(vec![packet]))
        }
    }

    /// Splits a request that may contain several submissions.
    fn split(&self, request: Packet) -> Result<DecodedRequest, RequestError> {
        let Packet {
            raw,
            sent,
            body,
            repairs,
        } = request;
        let is_empty = self.channel.is_empty_list(&body);
        let parts = self.channel.split(body);
        let parts = parts.ok_or(RequestError::Unreadable(RefusalReason::TooMany, None))?;
        if is_empty && parts.is_empty() {
            let why = RefusalReason::NothingInside;
            return Err(RequestError::Unreadable(why, None));
        }
        let flaws: Option<Vec<NotASubmission>> = parts.iter().map(NotASubmission::of).collect();
        if let Some(flaws) = flaws {
            let flaw = flaws.first().copied().unwrap_or(NotASubmission::NotFound);
            return Ok(DecodedRequest::Nothing(whole(raw, sent, repairs), flaw));
        }
        // each submission stores its own part only: storing the whole request for each would fill
        // the disk
        let alone = parts.into_iter().map(|part| {
            let text = part.to_string();
            Packet {
                repairs: Repairs {
                    cut_characters: repairs.cut_characters && text.contains('\u{fffd}'),
                    ..repairs
                },
                raw: Bytes::from(text),
                sent: Sent {
                    preset: sent.preset,
                    request: sent.request.clone(),
                    channel: sent.channel.clone(),
                    ..Sent::default()
                },
                body: part,
            }
        });
        Ok(DecodedRequest::Packets(alone.collect()))
    }
}

/// Returns a request that is stored whole, without decoding.
fn whole(raw: Bytes, sent: Sent, repairs: Repairs) -> Packet {
    Packet {
        raw,
        sent,
        body: Value::Null,
        repairs,
    }
}

/// Returns whether the packet is `test=test`, with at most one more field: the sender's key.
fn is_ping(preset: Preset, packet: &Value) -> bool {
    match (preset, packet) {
        (Preset::Tilda, Value::Object(fields)) => {
            fields.len() <= 2
                && fields
                    .get(TILDA_PING)
                    .is_some_and(|value| value == TILDA_PING)
        }
        _ => false,
    }
}

/// Returns the key that the form builder gives: Tilda numbers its submissions.
fn key_of_preset(preset: Preset, body: &Value) -> Option<String> {
    match preset {
        Preset::Plain => None,
        Preset::Tilda => {
            let number = body.get("tranid")?.as_str()?.trim();
            (!number.is_empty()).then(|| format!("tranid/{number}"))
        }
    }
}
