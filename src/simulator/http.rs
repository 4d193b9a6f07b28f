//! The portal over HTTP: the forms of its address and of a body, and the ways in which an answer
//! can fail to arrive.

use std::{io, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    body::SizedStream,
    http::{Method, StatusCode, header},
    web,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};

use super::{
    Portal, applications,
    core::{Call, Identity, Served},
    fetched::Fetched,
    gate::Gate,
    leaving::Delivery,
    multipart, params, php,
    state::file::{self, PortalFile},
    telephony,
};

/// Larger bodies are refused.
const BODY: usize = 32 << 20;
/// Pieces of a slow body.
const PIECES: usize = 10;

/// Mounts the REST addresses.
pub(super) fn configure(portal: &Portal, gate: &Gate, config: &mut web::ServiceConfig) {
    telephony::configure(portal, gate, config);
    let (portal, gate) = (portal.clone(), gate.clone());
    let handler = move |request: HttpRequest, body: Bytes| {
        let (portal, gate) = (portal.clone(), gate.clone());
        async move { answer(&portal, &gate, &request, &body).await }
    };
    config.service(
        web::resource("/rest/{tail:.*}")
            .app_data(web::PayloadConfig::new(BODY))
            .route(web::route().to(handler)),
    );
}

async fn answer(portal: &Portal, gate: &Gate, request: &HttpRequest, body: &Bytes) -> HttpResponse {
    if let Some(refusal) = gate.refusal_of_call(request.head()) {
        return refusal;
    }
    let origin = gate.allowed_origin(request.headers());
    if request.method() == Method::OPTIONS {
        return cors(&mut HttpResponse::Ok(), origin).finish();
    }
    let tail = request.match_info().get("tail").unwrap_or_default();
    let mut params = params_of(request, body);
    let in_params = taken(&mut params, "auth").or(taken(&mut params, "access_token"));
    let token = bearer(request).or(in_params.as_ref().map(php::strval));
    for own in ["auth_connector", "state", "aplogin", "ap"] {
        params.shift_remove(own);
    }
    let path = Path::of(tail);
    let identity = match path.webhook {
        Some((user, secret)) => Identity::Webhook(user, secret),
        None => match &token {
            Some(token) => Identity::Token(token),
            None => Identity::Nobody,
        },
    };
    if path.webhook.is_none() && path.method == "crm.controller.item.getFile" {
        return download(portal, &Value::Object(params));
    }
    let caller = request
        .peer_addr()
        .map_or_else(String::new, |it| it.ip().to_string());
    let params = Value::Object(params);
    let fetched = if portal.core().authorise(identity).is_ok() {
        telephony::fetch(path.method, &params).await
    } else {
        Fetched::default()
    };
    let served = {
        let mut core = portal.core();
        core.fetched = fetched;
        let served = core.serve(Call {
            identity,
            method: path.method,
            params,
            caller: &caller,
        });
        core.fetched.clear();
        served
    };
    applications::send_waiting(portal);
    send(served, request, origin).await
}

/// Returns a file if the request has its token, which only answers of methods contain (REST documentation,
/// "How to Download Files": `urlMachine`).
fn download(portal: &Portal, params: &Value) -> HttpResponse {
    let core = portal.core();
    let token = php::member(params, "token").map(php::strval);
    let token = token.unwrap_or_default();
    let id = token.strip_prefix("crm|");
    let id = id.and_then(|token| file::of_token(&core.state.secret, token));
    let file = id.and_then(|id| core.state.files.get(id));
    attachment(file)
}

/// Leads from a button back to its page, with the status of the gateway's reply.
pub(super) fn back_to(page: &str, status: Option<u16>, request: &HttpRequest) -> HttpResponse {
    let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
    let lang = if request.query_string().contains("lang=en") {
        "&lang=en"
    } else {
        ""
    };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("{page}?status={status}{lang}")))
        .finish()
}

/// Sends a file so that no browser runs it.
pub(super) fn attachment(file: Option<&PortalFile>) -> HttpResponse {
    let content = file.and_then(|file| Some((file, file.content.clone()?)));
    let Some((file, content)) = content else {
        return HttpResponse::NotFound()
            .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .finish();
    };
    let name =
        percent_encoding::utf8_percent_encode(&file.name, percent_encoding::NON_ALPHANUMERIC);
    HttpResponse::Ok()
        .content_type("application/octet-stream")
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{name}"),
        ))
        .body(content)
}

/// Sends a recording for a player; other files are not played.
pub(super) fn recording(file: Option<&PortalFile>) -> HttpResponse {
    let extension = file.and_then(|file| file.name.rsplit_once('.'));
    let media_type = match extension.map(|(_, it)| it.to_ascii_lowercase()).as_deref() {
        Some("wav") => "audio/wav",
        Some("mp3") => "audio/mpeg",
        _ => return HttpResponse::NotFound().finish(),
    };
    let Some(content) = file.and_then(|file| file.content.clone()) else {
        return HttpResponse::NotFound().finish();
    };
    HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(content)
}

/// The parameters of a request: its query, and over it the body of a POST.
pub(super) fn params_of(request: &HttpRequest, body: &Bytes) -> Map<String, Value> {
    let mut params = params::parse_str(request.query_string());
    if request.method() == Method::POST {
        params::overlay(&mut params, read_body(request, body));
    }
    params
}

/// The token of the header, which wins over a parameter.
fn bearer(request: &HttpRequest) -> Option<String> {
    let header = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    header
        .strip_prefix("Bearer ")
        .map(|it| it.trim().to_owned())
}

fn taken(params: &mut Map<String, Value>, name: &str) -> Option<Value> {
    params.shift_remove(name)
}

fn read_body(request: &HttpRequest, body: &Bytes) -> Map<String, Value> {
    let content_type = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let essence = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => params::from_json(body),
        "application/x-www-form-urlencoded" => params::parse_str(&String::from_utf8_lossy(body)),
        "multipart/form-data" => multipart::parse(content_type, body),
        other if other.ends_with("+json") => params::from_json(body),
        _ => Map::new(),
    }
}

/// The parts of the path after `/rest/`.
struct Path<'a> {
    webhook: Option<(&'a str, &'a str)>,
    method: &'a str,
}

impl<'a> Path<'a> {
    fn of(tail: &'a str) -> Self {
        let mut parts = tail.split('/').filter(|it| !it.is_empty());
        let (first, second, third) = (parts.next(), parts.next(), parts.next());
        let (webhook, method) = match (first, second, third) {
            (Some(user), Some(secret), method) => (Some((user, secret)), method),
            (method, None, _) => (None, method),
            (None, Some(_), _) => (None, None),
        };
        let method = method.unwrap_or_default();
        Self {
            webhook,
            method: method.strip_suffix(".json").unwrap_or(method),
        }
    }
}

async fn send(served: Served, request: &HttpRequest, origin: Option<String>) -> HttpResponse {
    if !served.delay.is_zero() {
        tokio::time::sleep(served.delay).await;
    }
    let status = StatusCode::from_u16(served.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    cors(&mut response, origin);
    if served.html {
        response.content_type("text/html");
    } else {
        response.content_type("application/json; charset=utf-8");
    }
    if let Some(host) = &served.host {
        let target = format!("{}{}", host.trim_end_matches('/'), request.uri());
        response.insert_header((header::LOCATION, target));
    }
    deliver(&mut response, served.body, served.delivery).await
}

/// Sends a body, or breaks the connection.
pub(super) async fn deliver(
    response: &mut HttpResponseBuilder,
    body: String,
    delivery: Delivery,
) -> HttpResponse {
    match delivery {
        Delivery::Whole => response.body(body),
        Delivery::Nothing => broken(response),
        Delivery::NothingAfter(wait) => {
            tokio::time::sleep(wait).await;
            broken(response)
        }
        Delivery::Half => half(response, body),
        Delivery::Slowly(time) => slowly(response, body, time),
    }
}

/// The portal lets pages of every origin read its answers; the sandbox only those of the gate.
fn cors(response: &mut HttpResponseBuilder, origin: Option<String>) -> &mut HttpResponseBuilder {
    if let Some(origin) = origin {
        response
            .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, origin))
            .insert_header((
                header::ACCESS_CONTROL_ALLOW_HEADERS,
                "origin, content-type, accept",
            ))
            .insert_header((header::VARY, "origin"));
    }
    response.insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
}

/// A body that fails at once: the server closes the connection before it has written anything.
fn broken(response: &mut HttpResponseBuilder) -> HttpResponse {
    let nothing = stream::once(async { Err::<Bytes, io::Error>(reset()) });
    response.body(SizedStream::new(1, nothing.boxed_local()))
}

fn half(response: &mut HttpResponseBuilder, body: String) -> HttpResponse {
    let whole = Bytes::from(body);
    let length = whole.len() as u64;
    let first = whole.slice(..whole.len() / 2);
    let rest = stream::once(async {
        // Long enough for the first half to be on its way.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(reset())
    });
    let parts = stream::once(async { Ok(first) }).chain(rest);
    response.body(SizedStream::new(length, parts.boxed_local()))
}

fn slowly(response: &mut HttpResponseBuilder, body: String, time: Duration) -> HttpResponse {
    let whole = Bytes::from(body);
    let length = whole.len();
    let piece = length.div_ceil(PIECES).max(1);
    let pause = time / u32::try_from(PIECES).unwrap_or(1);
    let starts: Vec<usize> = (0..length).step_by(piece).collect();
    let parts = stream::iter(starts).then(move |start| {
        let part = whole.slice(start..(start + piece).min(length));
        async move {
            tokio::time::sleep(pause).await;
            Ok::<Bytes, io::Error>(part)
        }
    });
    response.body(SizedStream::new(length as u64, parts.boxed_local()))
}

fn reset() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionReset,
        "the sandbox breaks the connection",
    )
}
