//! The callback form of a site: a visitor leaves a number, the portal finds the client or adds a lead,
//! and tells the handler of `ONEXTERNALCALLBACKSTART`. The portal does not register the call.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use maud::{Markup, html};
use serde_json::{Map, json};

use super::{View, answered, event};
use crate::simulator::{
    Portal, http, params, php,
    state::{State, kind::Kind},
    telephony::{client_of, without_letters},
    write::{self, Writing},
};

/// The event's name, also in the faults of the PBX.
const EVENT: &str = "ONEXTERNALCALLBACKSTART";
/// What the PBX says to the employee, and whose voice it takes.
const TEXT: &str = "Обратный звонок с сайта, соединяю с клиентом";
const VOICE: &str = "ruinternalfemale";

/// Mounts the button below `/sandbox`.
pub(super) fn configure(portal: &Portal, config: &mut web::ServiceConfig) {
    let portal = portal.clone();
    let request = move |request: HttpRequest, body: Bytes| {
        let portal = portal.clone();
        async move { requested(&portal, &request, &body).await }
    };
    config.route("/callback", web::post().to(request));
}

async fn requested(portal: &Portal, request: &HttpRequest, body: &[u8]) -> HttpResponse {
    let form = params::parse_str(std::str::from_utf8(body).unwrap_or_default());
    let field = |name: &str| form.get(name).map(php::strval).unwrap_or_default();
    let data = {
        let mut core = portal.core();
        let now = core.now().as_second();
        let user = core.options.user;
        let asked = (&*field("number"), field("line"));
        begin(&mut core.state, user, asked, now).map(|data| (user, data))
    };
    let status = match data {
        Some((user, data)) => event::tell(portal, user, EVENT, &data).await,
        None => None,
    };
    http::back_to("/sandbox/telephony", status, request)
}

/// Finds the client or adds a lead, and returns the event's data. `None` without a number.
fn begin(
    state: &mut State,
    user: u32,
    (number, line): (&str, String),
    now: i64,
) -> Option<event::EventData> {
    let number = without_letters(number)?;
    let client = client_of(state, &number).or_else(|| add_lead(state, user, &number, now));
    Some(vec![
        ("PHONE_NUMBER", number),
        ("TEXT", TEXT.to_owned()),
        ("VOICE", VOICE.to_owned()),
        (
            "CRM_ENTITY_TYPE",
            client.map_or_else(String::new, |(kind, _)| kind.word().to_uppercase()),
        ),
        ("CRM_ENTITY_ID", client.map_or(0, |(_, id)| id).to_string()),
        ("LINE_NUMBER", line),
    ])
}

fn add_lead(state: &mut State, user: u32, number: &str, now: i64) -> Option<(Kind, u32)> {
    let how = Writing {
        kind: Kind::Lead,
        now,
        user,
        adding: true,
        universal: false,
        import: false,
    };
    let fields = json!({
        "TITLE": format!("{number} - Обратный звонок"),
        "PHONE": [{"VALUE": number, "VALUE_TYPE": "WORK"}],
        "SOURCE_ID": "WEB",
        "ASSIGNED_BY_ID": user,
        "OPENED": "Y",
    });
    let fields: Map<_, _> = fields.as_object().cloned().unwrap_or_default();
    state.revision += 1;
    let id = write::add(state, how, &fields).ok()?;
    Some((Kind::Lead, id))
}

/// Draws the form, if somebody handles it.
pub(super) fn form(view: &View<'_>) -> Markup {
    if !view.core.hears(EVENT) {
        return html! {};
    }
    let texts = [
        view.t(
            "The gateway has taken the callback.",
            "Шлюз принял обратный звонок.",
        ),
        view.t("The gateway did not answer.", "Шлюз не ответил."),
        view.t(
            "The gateway refused the callback:",
            "Шлюз отклонил обратный звонок:",
        ),
    ];
    html! {
        h2 { (view.t("Callback form of a site", "Форма обратного звонка на сайте")) }
        @if !view.param("status").is_empty() { div.sub { (answered(view, texts)) } }
        form.buttons method="post" action=(view.link("/sandbox/callback")) {
            input name="number" placeholder="+7 900 555-01-42" aria-label=(view.t("Number", "Номер"));
            input name="line" placeholder="74951343060" aria-label=(view.t("Line", "Линия"));
            button { (view.t("Call me back", "Перезвоните мне")) }
        }
    }
}
