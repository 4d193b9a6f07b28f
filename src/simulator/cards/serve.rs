//! What the pages of the account fetch: the frame with the widget, the files of its archive, tokens,
//! and the buttons that send hooks.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{DOCTYPE, Markup, html};
use serde_json::json;

use super::hook::HookEvent;
use super::{Cards, token};
use crate::simulator::{Portal, http, outgoing};

/// The stand-in for amoCRM's loader.
const LOADER: &str = include_str!("loader.js");
/// The look of the panel that amoCRM draws around a widget.
const STYLE: &str = include_str!("frame.css");
/// How long a hook may take: amoCRM gives up after that.
const PATIENCE: Duration = Duration::from_secs(2);

/// Mounts them below `/sandbox`.
pub(in crate::simulator) fn configure(portal: &Portal, config: &mut web::ServiceConfig) {
    let files = portal.clone();
    let get = move |request: HttpRequest| {
        let answer = answer(&files, &request);
        async move { answer }
    };
    let buttons = portal.clone();
    let press = move |request: HttpRequest| {
        let portal = buttons.clone();
        async move { press(&portal, &request).await }
    };
    config
        .route("/amocrm/send/{id}/{event}", web::post().to(press))
        .route("/amocrm/get/{what}", web::get().to(get.clone()))
        .route("/amocrm/get/{what}/{tail:.*}", web::get().to(get));
}

fn answer(portal: &Portal, request: &HttpRequest) -> HttpResponse {
    let part = |name: &str| request.match_info().get(name).unwrap_or_default();
    let now = portal.core().now().as_second();
    let found = match part("what") {
        "frame" => frame(&portal.cards, request, part("tail")),
        "widget" => file(&portal.cards, part("tail")),
        "token" => disposable(&portal.cards, now),
        "loader.js" => Some(text("text/javascript; charset=utf-8", LOADER.into())),
        "frame.css" => Some(text("text/css; charset=utf-8", STYLE.into())),
        _ => None,
    };
    found.unwrap_or_else(|| HttpResponse::NotFound().finish())
}

fn text(content_type: &str, body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body)
}

/// Returns a file of the archive, as amoCRM serves it.
fn file(cards: &Cards, name: &str) -> Option<HttpResponse> {
    let account = cards.account();
    let widget = account.options.as_ref()?.widget.as_ref()?;
    let (_, bytes) = widget.files.iter().find(|(known, _)| *known == name)?;
    let content_type = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        _ => "image/png",
    };
    Some(text(content_type, bytes.clone()))
}

/// Returns a token, as `GET /ajax/v2/integrations/{client_uuid}/disposable_token` does.
fn disposable(cards: &Cards, now: i64) -> Option<HttpResponse> {
    let account = cards.account();
    let options = account.options.as_ref()?;
    let widget = options.widget.as_ref()?;
    let token = token::sign(widget, options.account, &options.subdomain, now);
    let mut reply = HttpResponse::Ok();
    reply.insert_header((header::CACHE_CONTROL, "no-store"));
    Some(reply.json(json!({ "token": token })))
}

/// Returns the page inside the frame of a card.
fn frame(cards: &Cards, request: &HttpRequest, card: &str) -> Option<HttpResponse> {
    let (entity, id) = card.split_once('/')?;
    let id: u64 = id.parse().ok()?;
    let account = cards.account();
    account.lead(entity, id)?;
    let widget = account.options.as_ref()?.widget.as_ref()?;
    let language = if request.query_string().contains("lang=en") {
        "en"
    } else {
        "ru"
    };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {}; base-uri 'none'; frame-ancestors 'self'",
        widget.origin
    );
    let mut reply = HttpResponse::Ok();
    reply
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"));
    Some(reply.body(document(entity, id, language).into_string()))
}

fn document(entity: &str, id: u64, language: &str) -> Markup {
    let area = if entity == "leads" { "lcard" } else { "ccard" };
    html! {
        (DOCTYPE)
        html lang=(language) {
            head {
                meta charset="utf-8";
                title { "leadgate" }
                link rel="stylesheet" href="/sandbox/amocrm/get/frame.css";
            }
            body data-area=(area) data-card=(id) data-language=(language) {
                div.panel {
                    img src="/sandbox/amocrm/get/widget/images/logo_min.png" alt="leadgate";
                    div #widget {}
                }
                script src="/sandbox/amocrm/get/loader.js" {}
            }
        }
    }
}

/// Sends the hook of a button, and leads back to the page with the status of the reply.
async fn press(portal: &Portal, request: &HttpRequest) -> HttpResponse {
    let part = |name: &str| request.match_info().get(name).unwrap_or_default();
    let event = HookEvent::of_word(part("event"));
    let now = portal.core().now().as_second();
    let hook = event.zip(part("id").parse().ok()).and_then(|(event, id)| {
        let mut account = portal.cards.account();
        let body = account.hook(id, event, now)?;
        Some((account.options.as_ref()?.hook.clone(), body))
    });
    let Some((url, body)) = hook else {
        return HttpResponse::NotFound().finish();
    };
    let status = outgoing::post_form(&url, body, PATIENCE).await;
    http::back_to("/sandbox/amocrm", status, request)
}
