//! From a request to packets: the body read whole, checked, decoded, and cut into submissions.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web;
use bytes::Bytes;
use serde_json::Value;

use super::nothing::NoSubmission;
use super::refusal::{Refusal, Why};
use super::{Call, secrets};
use crate::domain::json::Decoded;
use crate::domain::{Preset, Repairs, Sent, body};
use crate::intake::refused;

/// Longer queries are refused; servers and proxies on the way cut them anyway.
const LONGEST_QUERY: usize = 16 * 1024;
/// A longer `Content-Type` says nothing.
const LONGEST_TYPE: usize = 255;
/// Tilda asks with this whether the address is there.
const TILDA_PING: &str = "test";

/// What a request brought.
pub(super) enum Brought {
    /// Nothing: the sender asks whether we are there.
    Ping,
    /// These submissions.
    Packets(Vec<Packet>),
    /// A request that should bring several, and not one submission is in it.
    Nothing(Packet, NoSubmission),
}

/// The bytes of one submission, how they came, and what they say.
pub(super) struct Packet {
    pub(super) raw: Bytes,
    pub(super) sent: Sent,
    pub(super) body: Value,
    pub(super) repairs: Repairs,
}

impl Packet {
    /// Why this is no submission, if it is none.
    pub(super) fn flaw(&self) -> Option<NoSubmission> {
        NoSubmission::of(&self.body)
    }
}

/// Reads the body and everything in it. Returns as well what tells a signed request with its time from others.
pub(super) async fn read(
    call: &Call<'_>,
    payload: web::Payload,
) -> Result<(Brought, Option<String>), Refusal> {
    let headers = call.request.headers();
    if headers
        .get(CONTENT_ENCODING)
        .is_some_and(|coding| coding != "identity")
    {
        return Err(call.refusal(Why::Compressed));
    }
    if call.request.query_string().len() > LONGEST_QUERY {
        return Err(call.refusal(Why::LongQuery(LONGEST_QUERY)));
    }
    let fields = call.channel.body_limit.unwrap_or(call.intake.body_limit);
    let files = call
        .channel
        .body_limit
        .unwrap_or(call.intake.settings.file_limit);
    let most = fields.max(files);
    let raw = super::super::body::read(call.request, payload, most, call.intake.patience)
        .await
        .map_err(|error| call.refusal(Why::Unread(error)))?;
    refused::keep_body(call.request, raw.clone());
    let query = secrets::without_token(&call.channel, call.request.query_string());
    let is_bare = raw.trim_ascii().is_empty();
    let signed = if is_bare {
        Bytes::from(query.clone())
    } else {
        raw.clone()
    };
    let proof = secrets::check_signature(&call.channel, headers, &signed, call.intake.clock.now())
        .map_err(|denied| call.denied_body(denied))?;
    // what is not signed does not count: the bytes alone say what they are
    let is_signed = call.channel.hmac.is_some();
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .filter(|text| text.len() <= LONGEST_TYPE && !is_bare && !is_signed);
    let query = Some(query).filter(|query| !is_bare && !is_signed && !query.is_empty());
    let kept = match body::without_files(content_type, &raw) {
        Some(bare) if !call.channel.keeps_files => Bytes::from(bare),
        None if raw.len() > fields => return Err(call.refusal(Why::TooLong(fields))),
        None if is_bare => signed,
        Some(_) | None => raw,
    };
    let sent = Sent {
        content_type: content_type.map(str::to_owned),
        query,
        hidden: secrets::hidden_field(&call.channel).map(str::to_owned),
        preset: call.channel.preset,
    };
    Ok((packets(call, kept, sent)?, proof))
}

fn packets(call: &Call<'_>, raw: Bytes, sent: Sent) -> Result<Brought, Refusal> {
    let depth = call.intake.settings.depth_limit;
    let unreadable = |mistake| call.refusal(Why::Unreadable(mistake));
    if sent.hidden.is_some() {
        let whole = Sent {
            hidden: None,
            ..sent.clone()
        };
        let whole = body::packet(&whole, &raw, depth).map_err(unreadable)?;
        if is_ping(sent.preset, &whole) {
            return Ok(Brought::Ping);
        }
        secrets::check_field(&call.channel, &whole).map_err(|denied| call.denied_body(denied))?;
    }
    let Decoded {
        value: packet,
        repairs,
    } = match body::read(&sent, &raw, depth) {
        Ok(decoded) => decoded,
        Err(body::Mistake::Scalar) if call.channel.is_many() => {
            let whole = whole(raw, sent, Repairs::default());
            return Ok(Brought::Nothing(whole, NoSubmission::Scalar));
        }
        Err(mistake) => return Err(unreadable(mistake)),
    };
    if is_ping(sent.preset, &packet) {
        return Ok(Brought::Ping);
    }
    let packet = Packet {
        raw,
        sent,
        body: packet,
        repairs,
    };
    if call.channel.is_many() {
        split(call, packet)
    } else {
        Ok(Brought::Packets(vec![packet]))
    }
}

/// The submissions of a request that may bring several.
fn split(call: &Call<'_>, request: Packet) -> Result<Brought, Refusal> {
    let Packet {
        raw,
        sent,
        body,
        repairs,
    } = request;
    let is_empty = call.channel.is_empty_list(&body);
    let parts = call
        .channel
        .split(body)
        .ok_or_else(|| call.refusal(Why::TooMany))?;
    if is_empty && parts.is_empty() {
        return Err(call.refusal(Why::NothingInside));
    }
    let flaws: Option<Vec<NoSubmission>> = parts.iter().map(NoSubmission::of).collect();
    if let Some(flaws) = flaws {
        let flaw = flaws.first().copied().unwrap_or(NoSubmission::NotFound);
        return Ok(Brought::Nothing(whole(raw, sent, repairs), flaw));
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
    Ok(Brought::Packets(alone.collect()))
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
