//! Reads the body of a request, and checks what needs all of its bytes.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web;
use bytes::Bytes;

use super::super::body::Reading;
use super::super::memory::Charge;
use super::packet::Sent;
use super::refusal::{Refusal, RefusalReason};
use super::{Call, once, secrets};
use crate::channels::SOURCE;
use crate::domain::body;
use crate::intake::refused;

/// The longest query, in bytes. Servers and proxies on the way cut longer ones.
const LONGEST_QUERY: usize = 16 * 1024;
/// The longest `Content-Type` that counts, in bytes.
const LONGEST_TYPE: usize = 255;

/// The body of a request, and how it was sent.
pub(super) struct ReceivedBody<'c> {
    pub(super) raw: Bytes,
    pub(super) sent: Sent,
    pub(super) charge: Charge<'c>,
    /// The signature and its time, which identify a signed request.
    pub(super) proof: Option<String>,
    /// The digest of the request, if equal requests are one submission.
    pub(super) once: Option<String>,
}

/// Refuses what cannot be read whatever the body is.
fn check_head(call: &Call<'_>) -> Result<(), Refusal> {
    let coding = call.request.headers().get(CONTENT_ENCODING);
    if coding.is_some_and(|coding| coding != "identity") {
        return Err(call.refusal(RefusalReason::Compressed));
    }
    if call.request.query_string().len() > LONGEST_QUERY {
        return Err(call.refusal(RefusalReason::LongQuery(LONGEST_QUERY)));
    }
    Ok(())
}

/// Reads the body and checks its signature.
pub(super) async fn read<'c>(
    call: &Call<'c>,
    payload: web::Payload,
) -> Result<ReceivedBody<'c>, Refusal> {
    check_head(call)?;
    let headers = call.request.headers();
    let files = call
        .channel
        .body_limit
        .unwrap_or(call.intake.settings.file_limit);
    let fields = call.channel.body_limit.unwrap_or(call.intake.body_limit);
    let profiles = call.intake.profiles.current();
    let are_used = profiles.keeps_files(SOURCE, call.name.as_str());
    // JSON has its files inside
    let fields = if are_used { fields.max(files) } else { fields };
    let most = fields.max(files);
    let reading = Reading {
        limit: most,
        patience: call.intake.patience,
        memory: &call.intake.memory,
    };
    let (raw, charge) = super::super::body::read(call.request, payload, reading)
        .await
        .map_err(|error| call.refusal(RefusalReason::Unread(error)))?;
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
    // headers and queries that are not signed do not count
    let is_signed = call.channel.hmac.is_some();
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .filter(|text| text.len() <= LONGEST_TYPE && !is_bare && !is_signed);
    let query = Some(query).filter(|query| !is_bare && !is_signed && !query.is_empty());
    let once = once::digest(call, content_type, query.as_deref(), &signed);
    let kept = match body::without_files(content_type, &raw) {
        Some(bare) if !call.channel.keeps_files && !are_used => Bytes::from(bare),
        None if raw.len() > fields => return Err(call.refusal(RefusalReason::TooLong(fields))),
        None if is_bare => signed,
        Some(_) | None => raw,
    };
    let sent = Sent {
        content_type: content_type.map(str::to_owned),
        query,
        hidden: secrets::hidden_field(&call.channel).map(str::to_owned),
        preset: call.channel.preset,
        separator: call.channel.separator,
        request: None,
        channel: call.facts().map(Box::new),
    };
    Ok(ReceivedBody {
        raw: kept,
        sent,
        charge,
        proof,
        once,
    })
}
