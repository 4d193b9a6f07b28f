//! From the bytes of a request to submissions, and what is to become of each: decoded, cut, held against
//! the profiles. Large requests are judged away from the web server's threads; what is decoded ends here.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::ChannelIntake;
use super::nothing::NoSubmission;
use super::packet::{self, Sent, packet};
use super::refusal::RefusalReason;
use super::secrets::{self, Denied};
use super::source;
use crate::channels::{Channel, SOURCE};
use crate::config::Unknown;
use crate::domain::json::Decoded;
use crate::domain::{
    ChannelName, Lang, Preset, Repairs, ReplyMode, Source, Submission, SubmissionId, body,
};
use crate::inbox::Taker;
use crate::mapping::{Profile, ProfileSet, tell_rejections};

/// Tilda asks with this whether the address is there.
const TILDA_PING: &str = "test";
/// Longer keys are refused. Bytes.
const LONGEST_IDENTITY: usize = 512;

/// What judging a request takes.
pub(super) struct Judge {
    pub(super) intake: Arc<ChannelIntake>,
    pub(super) profiles: Arc<ProfileSet>,
    pub(super) channel: Arc<Channel>,
    pub(super) name: ChannelName,
    pub(super) lang: Lang,
    pub(super) names: Names,
}

/// What the request itself says of which submission it is.
#[derive(Clone)]
pub(super) struct Names {
    /// The sender's key.
    pub(super) key: Option<String>,
    /// The signature of a body with its time.
    pub(super) proof: Option<String>,
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

/// What a request brought.
pub(super) enum Brought {
    /// Nothing: the sender asks whether we are there.
    Ping,
    /// These submissions; one that cannot be taken stands for itself.
    Submissions(Vec<Result<Judged, RefusalReason>>),
    /// A request that should bring several, and not one submission is in it.
    Nothing(Result<Box<Judged>, RefusalReason>),
    /// The secrets fit, and the request cannot be taken.
    Refused(RefusalReason),
}

/// Why nothing is known of a request.
pub(super) enum Unjudged {
    /// It cannot be read.
    Unreadable(RefusalReason),
    /// The right secret is not in it.
    Denied(Denied),
}

/// A submission, its decoded body left behind, and what is to become of it.
pub(super) struct Judged {
    pub(super) submission: Submission,
    pub(super) verdict: Verdict,
}

/// What is to become of a submission.
pub(super) enum Verdict {
    /// No profile takes it.
    Quarantine,
    /// The profile refuses it.
    Reject { profile: Arc<Profile>, why: String },
    /// It is no submission.
    Nothing(NoSubmission),
    /// The profile takes it.
    Accept(Taker, ReplyMode),
}

/// The bytes of one submission, how they came, and what they say.
struct Packet {
    raw: Bytes,
    sent: Sent,
    body: Value,
    repairs: Repairs,
}

/// What the bytes of a request say.
enum Said {
    /// Nothing: the sender asks whether we are there.
    Ping,
    /// These submissions.
    Packets(Vec<Packet>),
    /// A request that should bring several, and not one submission is in it.
    Nothing(Packet, NoSubmission),
}

impl Judge {
    /// Reads the request and judges everything in it.
    pub(super) fn judge(&self, raw: Bytes, sent: Sent) -> Result<Brought, Unjudged> {
        let packets = match self.read(raw, sent)? {
            Said::Ping => return Ok(Brought::Ping),
            Said::Packets(packets) => packets,
            Said::Nothing(packet, flaw) => {
                let judged = self.nothing(packet, self.names.clone(), flaw);
                return Ok(Brought::Nothing(judged.map(Box::new)));
            }
        };
        if self.intake.settings.unknown == Unknown::Refuse
            && !packets.iter().all(|packet| {
                NoSubmission::of(&packet.body).is_some() || self.has_profile(&packet.body)
            })
        {
            let why = RefusalReason::UnknownChannel(self.name.clone());
            return Ok(Brought::Refused(why));
        }
        let is_many = self.channel.is_many();
        let judged = packets.into_iter().enumerate().map(|(number, packet)| {
            let names = self.names.of_part(is_many.then_some(number));
            self.one(packet, names)
        });
        Ok(Brought::Submissions(judged.collect()))
    }

    fn has_profile(&self, body: &Value) -> bool {
        self.profile(body).is_some()
    }

    fn profile(&self, body: &Value) -> Option<&Arc<Profile>> {
        let name = self.name.as_str();
        self.profiles.for_address(SOURCE, name, body)
    }

    /// What is no submission is refused with the reason, and kept for history.
    fn nothing(
        &self,
        packet: Packet,
        names: Names,
        flaw: NoSubmission,
    ) -> Result<Judged, RefusalReason> {
        Ok(Judged {
            submission: self.submission(None, packet, names)?,
            verdict: Verdict::Nothing(flaw),
        })
    }

    fn one(&self, packet: Packet, names: Names) -> Result<Judged, RefusalReason> {
        if let Some(flaw) = NoSubmission::of(&packet.body) {
            return self.nothing(packet, names, flaw);
        }
        let profile = self.profile(&packet.body);
        let rejections = profile.map(|profile| profile.rejections(&packet.body));
        let submission = self.submission(profile.map(AsRef::as_ref), packet, names)?;
        let verdict = match (profile, rejections) {
            (Some(profile), Some(rejections)) if rejections.is_empty() => {
                let taker = Taker {
                    profile: profile.reference().file.clone(),
                    route: self.profiles.route(profile.connection()),
                };
                Verdict::Accept(taker, profile.reply())
            }
            (Some(profile), Some(rejections)) => Verdict::Reject {
                profile: Arc::clone(profile),
                why: tell_rejections(&rejections, self.lang),
            },
            (None, _) | (_, None) => Verdict::Quarantine,
        };
        Ok(Judged {
            submission,
            verdict,
        })
    }

    /// The submission under its identity: the profile's template, else the sender's key, else the sender's
    /// habit, else its signed time; without any each request is one of its own.
    fn submission(
        &self,
        profile: Option<&Profile>,
        packet: Packet,
        names: Names,
    ) -> Result<Submission, RefusalReason> {
        let id = SubmissionId::fresh();
        let Packet {
            raw,
            sent,
            body,
            repairs,
        } = packet;
        let preset = sent.preset;
        let received_at = self.intake.clock.now();
        let unnamed = Source::new(SOURCE, self.name.as_str(), "");
        let key = profile
            .and_then(|profile| profile.identity(&unnamed, received_at, &body))
            // with a signed time the key, which is not signed, would name a replay as the replayer likes
            .or(names.key.filter(|_| names.proof.is_none()))
            .or_else(|| by_habit(preset, &body))
            .or(names.proof.map(|proof| format!("signed/{proof}")))
            .unwrap_or_else(|| id.to_string());
        if key.len() > LONGEST_IDENTITY {
            return Err(RefusalReason::LongIdentity(LONGEST_IDENTITY));
        }
        Ok(Submission {
            id,
            source: source::submission(&self.name, &key, &sent),
            received_at,
            raw,
            body: Value::Null,
            repairs,
        })
    }

    /// What the bytes of a request say.
    fn read(&self, raw: Bytes, sent: Sent) -> Result<Said, Unjudged> {
        let bounds = self.intake.bounds;
        let unreadable = |mistake| Unjudged::Unreadable(RefusalReason::Unreadable(mistake));
        if sent.hidden.is_some() {
            let whole = Sent {
                hidden: None,
                ..sent.clone()
            };
            let whole = packet(&whole, &raw, bounds).map_err(unreadable)?;
            if is_ping(sent.preset, &whole) {
                return Ok(Said::Ping);
            }
            secrets::check_field(&self.channel, &whole).map_err(Unjudged::Denied)?;
        }
        let Decoded {
            value: packet,
            repairs,
        } = match packet::read(&sent, &raw, bounds) {
            Ok(decoded) => decoded,
            Err(body::Mistake::Scalar) if self.channel.is_many() => {
                let whole = whole(raw, sent, Repairs::default());
                return Ok(Said::Nothing(whole, NoSubmission::Scalar));
            }
            Err(mistake) => return Err(unreadable(mistake)),
        };
        if is_ping(sent.preset, &packet) {
            return Ok(Said::Ping);
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
            Ok(Said::Packets(vec![packet]))
        }
    }

    /// The submissions of a request that may bring several.
    fn split(&self, request: Packet) -> Result<Said, Unjudged> {
        let Packet {
            raw,
            sent,
            body,
            repairs,
        } = request;
        let is_empty = self.channel.is_empty_list(&body);
        let parts = self.channel.split(body);
        let parts = parts.ok_or(Unjudged::Unreadable(RefusalReason::TooMany))?;
        if is_empty && parts.is_empty() {
            return Err(Unjudged::Unreadable(RefusalReason::NothingInside));
        }
        let flaws: Option<Vec<NoSubmission>> = parts.iter().map(NoSubmission::of).collect();
        if let Some(flaws) = flaws {
            let flaw = flaws.first().copied().unwrap_or(NoSubmission::NotFound);
            return Ok(Said::Nothing(whole(raw, sent, repairs), flaw));
        }
        // each keeps its own part: the whole request once for each of them would be a way to fill the disk
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
                    ..Sent::default()
                },
                body: part,
            }
        });
        Ok(Said::Packets(alone.collect()))
    }
}

/// A request that is kept as it came; nobody looks into it.
fn whole(raw: Bytes, sent: Sent, repairs: Repairs) -> Packet {
    Packet {
        raw,
        sent,
        body: Value::Null,
        repairs,
    }
}

/// `test=test` and nothing else but the sender's key.
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
