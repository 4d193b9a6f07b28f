//! Recordings that are uploaded apart: `telephony.externalCall.attachRecord` without content gives an
//! address, and a form is sent there.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::METHOD_ATTACH;
use crate::simulator::{Gate, Portal, fetched::FetchedFile, multipart, params, php, state::file};

/// Larger uploads are refused.
const MOST_BYTES: usize = 256 << 20;
/// The field of the form.
const FIELD: &str = "file";
/// What the uploaded file is fetched by: the method takes it as if the portal had fetched it.
const FETCHED: &str = "upload";

/// Returns where a recording can be uploaded. Nobody can make such an address without the portal's
/// secret.
pub(super) fn place(secret: &str, call: &str, name: &str) -> Value {
    let what = BASE64URL_NOPAD.encode(json!([call, name]).to_string().as_bytes());
    let token = file::signed(secret, &what);
    json!({
        "uploadUrl": format!("/rest/upload.json?auth=&token=telephony%7C{what}.{token}"),
        "fieldName": FIELD,
    })
}

/// Returns the call and the name of a file that a token is for.
fn of_token(secret: &str, token: &str) -> Option<(String, String)> {
    let (what, sign) = token.strip_prefix("telephony|")?.split_once('.')?;
    if file::signed(secret, what) != sign {
        return None;
    }
    let what = BASE64URL_NOPAD.decode(what.as_bytes()).ok()?;
    serde_json::from_slice(&what).ok()
}

/// Mounts the address of uploads.
pub(in crate::simulator) fn configure(
    portal: &Portal,
    gate: &Gate,
    config: &mut web::ServiceConfig,
) {
    let (portal, gate) = (portal.clone(), gate.clone());
    let take = move |request: HttpRequest, body: Bytes| {
        let refusal = gate.refusal_of_call(request.head());
        let reply = refusal.unwrap_or_else(|| take(&portal, &request, &body));
        async move { reply }
    };
    config.service(
        web::resource("/rest/upload.json")
            .app_data(web::PayloadConfig::new(MOST_BYTES))
            .route(web::post().to(take)),
    );
}

/// Takes an uploaded file.
fn take(portal: &Portal, request: &HttpRequest, body: &Bytes) -> HttpResponse {
    let query = params::parse_str(request.query_string());
    let token = query.get("token").map(php::strval).unwrap_or_default();
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let mut core = portal.core();
    let Some((call, name)) = of_token(&core.state.secret, &token) else {
        return HttpResponse::Unauthorized().json(json!({"error": "invalid_token"}));
    };
    let Some(content) = multipart::file(kind, body, FIELD) else {
        let text = "File content is empty.";
        let refused = json!({"error": "ERROR_CORE", "error_description": text});
        return HttpResponse::BadRequest().json(refused);
    };
    let file = FetchedFile::File {
        name: None,
        content: content.to_vec(),
    };
    core.fetched.insert(FETCHED.to_owned(), file);
    let params = json!({"CALL_ID": call, "FILENAME": name, "RECORD_URL": FETCHED});
    let answer = core.call(METHOD_ATTACH, params);
    core.fetched.clear();
    match answer.get("error") {
        Some(_) => HttpResponse::BadRequest().json(answer),
        None => HttpResponse::Ok().json(answer),
    }
}
