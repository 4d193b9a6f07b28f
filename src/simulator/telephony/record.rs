//! `telephony.externalCall.attachRecord` and `telephony.call.attachTranscription`: what belongs to a
//! call that has ended.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::{refused, text, upload};
use crate::simulator::{
    envelope::{Answer, Reply},
    errors::ApiError,
    fetched::FetchedFile,
    methods::{Context, argument},
    php,
};

/// The formats of recordings.
const FORMATS: [&str; 2] = ["wav", "mp3"];
/// The most transcripts that are kept.
const MOST_TRANSCRIPTS: usize = 1_000;

pub(super) fn attach(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let url = text(params, "RECORD_URL");
    let name = argument(params, "FILENAME").map(php::strval);
    if url.is_empty() && name.is_none() {
        return Err(refused(
            "Required parameters are not set. Request should contain either URL or FILENAME parameter",
        ));
    }
    let call = text(params, "CALL_ID");
    if ctx.state.telephony.row_mut(&call).is_none() {
        return Err(refused(
            "Call is not found in the statistic table. It looks like it is not finished yet.",
        ));
    }
    let (name, content) = if url.is_empty() {
        let name = name.unwrap_or_default();
        check_name(&name)?;
        if argument(params, "FILE_CONTENT").is_none() {
            return Ok(Answer::plain(upload::place(
                &ctx.state.secret,
                &call,
                &name,
            )));
        }
        (name, sent_content(params)?)
    } else {
        fetched(ctx, &url, name)?
    };
    let file = ctx.state.files.add_content(&name, content);
    let row = ctx.state.telephony.row_mut(&call);
    let activity = row.and_then(|row| {
        row.record = Some(file);
        row.columns.insert("RECORD_FILE_ID".to_owned(), file.into());
        row.activity
    });
    let activity = activity.and_then(|id| ctx.state.activities.get_mut(&id));
    if let Some(activity) = activity {
        let files = json!([{"id": file, "url": format!("/sandbox/file/{file}")}]);
        activity.fields.insert("FILES".to_owned(), files);
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(json!({"FILE_ID": file})))
}

fn check_name(name: &str) -> Result<(), ApiError> {
    if name.trim().is_empty() {
        return Err(refused("File name is empty"));
    }
    let (_, extension) = name.rsplit_once('.').unwrap_or_default();
    let is_known = FORMATS.iter().any(|it| it.eq_ignore_ascii_case(extension));
    if is_known {
        Ok(())
    } else {
        Err(refused(
            "Wrong file extension. Only wav and mp3 are allowed",
        ))
    }
}

/// Decodes `FILE_CONTENT`.
fn sent_content(params: &Value) -> Result<Vec<u8>, ApiError> {
    let content = text(params, "FILE_CONTENT");
    if content.is_empty() {
        return Err(refused("File content is empty."));
    }
    BASE64
        .decode(content.as_bytes())
        .map_err(|_| refused("File content is not properly encoded. Base64 encoding is expected."))
}

/// Returns the file that the portal has fetched, and its name: the one that was sent, that of the
/// reply, or the last part of the address.
fn fetched(
    ctx: &Context<'_>,
    url: &str,
    name: Option<String>,
) -> Result<(String, Vec<u8>), ApiError> {
    let (own, content) = match ctx.fetched.get(url) {
        Some(FetchedFile::File { name, content }) => (name.clone(), content.clone()),
        Some(FetchedFile::Status(status)) => {
            return Err(refused(format!("Server returns HTTP error code {status}")));
        }
        Some(FetchedFile::Unreachable) | None => {
            let text = "Server is not available";
            return Err(ApiError::coded("SERVER_NOT_AVAILABLE", text));
        }
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let name = name.filter(|name| !name.is_empty()).or(own);
    let name = name.unwrap_or_else(|| last.to_owned());
    check_name(&name)?;
    Ok((name, content))
}

pub(super) fn attach_transcription(ctx: &mut Context<'_>, params: &Value) -> Reply {
    let call = text(params, "CALL_ID");
    if call.is_empty() {
        return Err(refused("CALL_ID should be set"));
    }
    let messages = argument(params, "MESSAGES").filter(|it| php::is_array(it));
    let messages = messages.ok_or_else(|| refused("MESSAGES should be an array"))?;
    for (at, message) in php::values(messages).into_iter().enumerate() {
        check_message(at, message)?;
    }
    let telephony = &mut ctx.state.telephony;
    let id = telephony
        .transcripts
        .keys()
        .next_back()
        .map_or(1, |last| last + 1);
    let Some(row) = telephony.row_mut(&call) else {
        return Err(refused(format!(
            "Call {call} is not found. Is it finished?"
        )));
    };
    row.columns
        .insert("TRANSCRIPT_ID".to_owned(), id.to_string().into());
    telephony.transcripts.insert(id, messages.clone());
    if telephony.transcripts.len() > MOST_TRANSCRIPTS {
        telephony.transcripts.pop_first();
    }
    ctx.state.revision += 1;
    Ok(Answer::plain(json!({"TRANSCRIPT_ID": id})))
}

fn check_message(at: usize, message: &Value) -> Result<(), ApiError> {
    let wrong = |what: &str| Err(refused(format!("MESSAGES[{at}]{what}")));
    let number = |name: &str| php::member(message, name).map_or(0, php::intval);
    let text = |name: &str| {
        php::member(message, name)
            .map(php::strval)
            .unwrap_or_default()
    };
    if !matches!(text("SIDE").as_str(), "Client" | "User") {
        return wrong("[SIDE] should be either Client or User");
    }
    if number("START_TIME") < 0 {
        return wrong("[START_TIME] should be greater or equal to zero");
    }
    if number("STOP_TIME") <= 0 {
        return wrong("[STOP_TIME] should be greater than zero");
    }
    if text("MESSAGE").is_empty() {
        return wrong("[MESSAGE] is empty");
    }
    Ok(())
}
