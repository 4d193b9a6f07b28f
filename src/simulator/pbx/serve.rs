//! The addresses of the PBX: the buttons of its page, its commands, and the recordings.

use std::time::Duration;

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::faults::Sent;
use super::records::Recording;
use super::{Pbx, PbxOptions, Press};
use crate::simulator::{Gate, Portal, http, outgoing, params, php};

/// How long an event may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// A piece of a recording that is too large.
static PIECE: [u8; 65_536] = [0x80; 65_536];

/// Mounts the buttons below `/sandbox`.
pub(in crate::simulator) fn configure(portal: &Portal, config: &mut web::ServiceConfig) {
    let portal = portal.clone();
    let press = move |request: HttpRequest, body: Bytes| {
        let portal = portal.clone();
        async move { pressed(&portal, &request, &body).await }
    };
    config.route("/pbx/press/{what}", web::post().to(press));
}

/// Mounts the commands and the recordings, behind these rules of access.
pub(in crate::simulator) fn configure_services(
    portal: &Portal,
    gate: &Gate,
    config: &mut web::ServiceConfig,
) {
    let (commands, recordings) = (portal.clone(), portal.clone());
    let (of_commands, of_recordings) = (gate.clone(), gate.clone());
    let command = move |request: HttpRequest, body: Bytes| {
        let refusal = of_commands.refusal_of_call(request.head());
        let portal = commands.clone();
        async move {
            match refusal {
                Some(refusal) => refusal,
                None => command(&portal, &request, &body).await,
            }
        }
    };
    let record = move |request: HttpRequest, id: web::Path<String>| {
        let refusal = of_recordings.refusal_of_call(request.head());
        let reply = refusal.unwrap_or_else(|| recording(&recordings, &id));
        async move { reply }
    };
    config
        .route(
            "/services/pbx/integration/usercrm/",
            web::post().to(command),
        )
        .route("/services/pbx/record/{id}.wav", web::get().to(record));
}

/// Does what a button says, and leads back to the page.
async fn pressed(portal: &Portal, request: &HttpRequest, body: &[u8]) -> HttpResponse {
    let what = request.match_info().get("what").unwrap_or_default();
    let form = std::str::from_utf8(body).unwrap_or_default();
    let status = match press_of(&portal.pbx, what, form) {
        Some(press) => run(portal, &press).await,
        None => None,
    };
    http::back_to("/sandbox/pbx", status, request)
}

/// Returns what a button means.
fn press_of(pbx: &Pbx, what: &str, form: &str) -> Option<Press> {
    let form = params::parse_str(form);
    let field = |name: &str| form.get(name).map(php::strval).unwrap_or_default();
    let (session, inner) = (field("session"), field("inner"));
    let switch = pbx.switch();
    let known = |inner: &str| switch.employee(inner).map(|employee| employee.inner);
    Some(match what {
        "ring" => Press::Ring {
            number: field("number"),
            inner: match inner.as_str() {
                "" => switch.group(),
                one => vec![known(one)?],
            },
        },
        "dial" => Press::Dial {
            inner: known(&inner)?,
            number: field("number"),
        },
        "answer" => Press::Answer { session, inner },
        "hold" => Press::Hold { session },
        "transfer" => Press::Transfer { session, inner },
        "hangup" => Press::HangUp { session },
        "register" => Press::Register { inner },
        "work" => Press::Work { inner },
        _ => return None,
    })
}

/// Does it, and tells the gateway. Returns the status of the last reply.
async fn run(portal: &Portal, press: &Press) -> Option<u16> {
    let now = portal.core().now().as_second();
    let (options, events) = {
        let mut switch = portal.pbx.switch();
        let events = switch.press(press, now)?;
        let events = switch.strike(events);
        (switch.options.clone(), events)
    };
    portal.core().state.revision += 1;
    let options = options?;
    let mut status = None;
    for event in events {
        status = send(&options, event).await;
    }
    status
}

async fn send(options: &PbxOptions, sent: Sent) -> Option<u16> {
    let key = if sent.has_key { &options.key } else { "wrong" };
    let complete = |request: RequestBuilder| request.bearer_auth(key).json(&sent.event);
    outgoing::post(&options.hook, PATIENCE, complete).await
}

/// Carries out a command of the gateway.
async fn command(portal: &Portal, request: &HttpRequest, body: &[u8]) -> HttpResponse {
    let refused = |status: u16, message: &str| {
        let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
        HttpResponse::build(status).json(json!({
            "obj": "UserCRM", "code": status.as_u16(),
            "body": {"success": false, "message": message},
        }))
    };
    let Ok(asked) = serde_json::from_slice::<Value>(body) else {
        return refused(400, "the body is not JSON");
    };
    let commanded = {
        let mut switch = portal.pbx.switch();
        let key = switch
            .options
            .as_ref()
            .map(|options| options.command_key.clone());
        let given = request.headers().get(header::AUTHORIZATION);
        let given = given.and_then(|given| given.to_str().ok());
        let is_known = key.is_some_and(|key| given == Some(format!("Bearer {key}").as_str()));
        if !is_known {
            return refused(401, "the key is wrong");
        }
        switch.command(&asked)
    };
    if let Some(press) = commanded.press {
        run(portal, &press).await;
    }
    HttpResponse::Ok().json(commanded.reply)
}

fn recording(portal: &Portal, id: &str) -> HttpResponse {
    let now = portal.core().now().as_second();
    let wav = || {
        let mut response = HttpResponse::Ok();
        response.content_type("audio/wav");
        response
    };
    match portal.pbx.switch().recording(id, now) {
        Recording::File(file) => wav().body(file),
        Recording::Missing => HttpResponse::NotFound().finish(),
        Recording::Expired => HttpResponse::Gone().finish(),
        Recording::Page => {
            let mut response = HttpResponse::Ok();
            response.content_type("text/html; charset=utf-8");
            response.body("<!doctype html><title>PBX</title><p>Sign in to hear the recording.")
        }
        Recording::Large(bytes) => {
            let pieces = stream::iter(0..bytes / PIECE.len());
            let pieces = pieces.map(|_| Ok::<_, actix_web::Error>(Bytes::from_static(&PIECE)));
            let length = bytes / PIECE.len() * PIECE.len();
            wav().body(SizedStream::new(length as u64, pieces))
        }
    }
}

impl Portal {
    /// Connects the PBX of the sandbox with a gateway.
    pub fn connect_pbx(&self, options: PbxOptions) {
        self.pbx.connect(options);
    }
}
