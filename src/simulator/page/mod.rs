//! The portal's pages for people, at `/sandbox`: boards, tables, cards with their timelines, and
//! the latest calls. Plain HTML from the server; a short script replaces a page that has changed.

mod actions;
mod amocrm;
mod app_actions;
mod app_faults;
mod app_opened;
mod app_widgets;
mod applications;
mod bb;
mod board;
mod callback;
mod calls;
mod card;
mod click;
mod contacts;
mod event;
mod faults;
mod fields;
mod html;
mod mail;
mod notices;
mod pbx;
mod services;
mod shell;
mod telephony;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bytes::Bytes;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use self::html::PageLanguage;
use super::{Mailbox, Portal, core::Core, http, params, php, state::kind::Kind};

/// The data that a page is drawn from.
pub(super) struct View<'a> {
    core: &'a Core,
    mailbox: &'a Mailbox,
    lang: PageLanguage,
    /// Seconds since 1970.
    now: i64,
    query: Map<String, Value>,
}

impl View<'_> {
    /// Returns the text in the page's language.
    fn t<'a>(&self, en: &'a str, ru: &'a str) -> &'a str {
        self.lang.pick(en, ru)
    }

    fn link(&self, path: &str) -> String {
        self.lang.link(path)
    }

    /// Returns a parameter of the address, empty if it is missing.
    fn param(&self, name: &str) -> String {
        self.query.get(name).map(php::strval).unwrap_or_default()
    }
}

/// Says how the gateway answered the last button: that it has taken what was sent, that it did not
/// answer, or that it refused, with the status.
fn answered(view: &View<'_>, [taken, silent, refused]: [&str; 3]) -> Markup {
    let status = view.param("status");
    let text = match status.as_str() {
        "" => return html! {},
        "200" => taken,
        "none" => silent,
        _ => refused,
    };
    let code = (!matches!(status.as_str(), "200" | "none"))
        .then(|| status.chars().take(3).collect::<String>());
    html! { span { (text) @if let Some(code) = code { " " (code) } } }
}

/// The content of a page, without the frame.
struct Page {
    title: String,
    /// The tab that is current: `deals`, `leads`, `items`, `contacts`, `notices`, `mail`, `calls`,
    /// `services`, `amocrm`, `pbx`, `telephony`, `app`.
    tab: &'static str,
    body: Markup,
}

/// Mounts the pages.
pub(super) fn configure(portal: &Portal, config: &mut web::ServiceConfig) {
    click::configure(portal, config);
    callback::configure(portal, config);
    app_actions::configure(portal, config);
    let (read, write) = (portal.clone(), portal.clone());
    let show = move |request: HttpRequest| {
        let answer = show(&read, &request);
        async move { answer }
    };
    let act = move |request: HttpRequest, body: Bytes| {
        let answer = actions::act(&write, &request, &body);
        async move { answer }
    };
    config
        .service(web::resource("/do/{what}").route(web::post().to(act)))
        .service(
            web::resource("")
                .route(web::get().to(show.clone()))
                .route(web::head().to(show.clone())),
        )
        .service(
            web::resource("/{tail:.*}")
                .route(web::get().to(show.clone()))
                .route(web::head().to(show)),
        );
}

fn show(portal: &Portal, request: &HttpRequest) -> HttpResponse {
    let core = portal.core();
    shown_with(&core, portal, request, |view| answer(view, portal, request))
}

/// Makes a view for a request.
fn shown_with<T>(
    core: &Core,
    portal: &Portal,
    request: &HttpRequest,
    draw: impl FnOnce(&View<'_>) -> T,
) -> T {
    let query = params::parse_str(request.query_string());
    let english = query.get("lang").is_some_and(|it| php::strval(it) == "en");
    draw(&View {
        core,
        mailbox: &portal.mailbox,
        lang: if english {
            PageLanguage::En
        } else {
            PageLanguage::Ru
        },
        now: core.now().as_second(),
        query,
    })
}

fn answer(view: &View<'_>, portal: &Portal, request: &HttpRequest) -> HttpResponse {
    let core = view.core;
    let tail = request.match_info().get("tail").unwrap_or_default();
    if tail == "live" {
        return live(view);
    }
    if let Some(id) = tail.strip_prefix("record/") {
        let id: Option<u32> = id.parse().ok();
        return http::recording(id.and_then(|id| core.state.files.get(id)));
    }
    if let Some(id) = tail.strip_prefix("file/") {
        let id: Option<u32> = id.parse().ok();
        return http::attachment(id.and_then(|id| core.state.files.get(id)));
    }
    // one slash at the end is forgiven, more are another path
    let path = tail
        .strip_suffix('/')
        .filter(|path| !path.is_empty())
        .unwrap_or(tail);
    let place = (request.path(), None);
    match page_of(view, portal, path) {
        Some(page) => respond_with(HttpResponse::Ok(), view, &page, place),
        None => respond_with(HttpResponse::NotFound(), view, &missing(view), place),
    }
}

/// Draws the page at a path; `None` if there is none.
fn page_of(view: &View<'_>, portal: &Portal, path: &str) -> Option<Page> {
    match path.split_once('/') {
        None => match path {
            "" | "deals" => Some(board::deals(view)),
            "leads" => Some(board::leads(view)),
            "items" => Some(board::items(view)),
            "contacts" => Some(contacts::contacts(view)),
            "companies" => Some(contacts::companies(view)),
            "notices" => Some(notices::list(view)),
            "mail" => Some(mail::list(view)),
            "calls" => Some(calls::list(view)),
            "services" => Some(services::list(view)),
            "telephony" => Some(telephony::list(view)),
            "amocrm" => Some(amocrm::list(view, &portal.cards)),
            "pbx" => Some(pbx::list(view, &portal.pbx)),
            "app" => Some(applications::list(view)),
            _ => None,
        },
        Some(("employee", id)) => id.parse().ok().and_then(|id| telephony::employee(view, id)),
        Some(("amocrm", card)) => amocrm::card(view, &portal.cards, card),
        Some((word, id)) => Kind::of_word(word)
            .zip(id.parse().ok())
            .and_then(|(kind, id)| card::card(view, kind, id)),
    }
}

fn missing(view: &View<'_>) -> Page {
    let title = view.t("No such page", "Нет такой страницы");
    Page {
        title: title.to_owned(),
        tab: "",
        body: html! {
            div.panel {
                h1 { (title) }
                p { a href=(view.link("/sandbox")) { (view.t("To the deals", "К сделкам")) } }
            }
        },
    }
}

/// Sends a page at a path. A page with a frame of an application names its origin: the frame may
/// show it, the form may post to it, and the script around it may run.
fn respond_with(
    mut response: actix_web::HttpResponseBuilder,
    view: &View<'_>,
    page: &Page,
    (path, origin): (&str, Option<&str>),
) -> HttpResponse {
    let nonce = uuid::Uuid::now_v7().simple().to_string();
    let (script, framed) = match origin {
        Some(origin) => (" 'self'", format!(" {origin}")),
        None => ("", String::new()),
    };
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'{script}; \
         connect-src 'self'; form-action 'self'{framed}; media-src 'self'; \
         frame-src 'self'{framed}; base-uri 'none'; frame-ancestors 'none'"
    );
    // with `no-referrer` browsers send `Origin: null` with forms, which the gate refuses; with
    // `same-origin` they do so to the application, which the portal does not
    let referrer = match origin {
        Some(_) => "strict-origin-when-cross-origin",
        None => "same-origin",
    };
    response
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, referrer))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(shell::frame(view, page, path, &nonce).into_string())
}

/// Answers the script, which asks every two seconds.
fn live(view: &View<'_>) -> HttpResponse {
    let level = view.core.meter.level(view.core.now());
    let full = view
        .core
        .meter
        .limits
        .bucket
        .map(|it| (level / it.size * 100.0).clamp(0.0, 100.0).round());
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(json!({
            "version": version(view),
            "level": format!("{level:.0}"),
            "full": full,
        }))
}

/// Returns a text that changes with everything that a page shows.
fn version(view: &View<'_>) -> String {
    let core = view.core;
    format!(
        "{}-{}-{}-{}-{}-{}",
        core.state.revision,
        core.outbox.count(),
        core.tally.calls,
        core.services.count(),
        core.plan.waiting().len() + core.state.mandatory.len(),
        view.mailbox.revision()
    )
}
