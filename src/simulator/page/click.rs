//! A click on a number: the portal registers an outgoing call and tells the handler of
//! `ONEXTERNALCALLSTART`, as an outgoing webhook does: once, without credentials, with the token that
//! proves who sends.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::simulator::{
    Portal, http, params, php,
    state::{State, kind::Kind},
    telephony::{self, Registration, comparable, without_letters},
};

/// The event's name, also in the faults of the PBX.
const EVENT: &str = "ONEXTERNALCALLSTART";
/// How long a handler may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Mounts the button below `/sandbox`.
pub(super) fn configure(portal: &Portal, config: &mut web::ServiceConfig) {
    let portal = portal.clone();
    let click = move |request: HttpRequest, body: Bytes| {
        let portal = portal.clone();
        async move { clicked(&portal, &request, &body).await }
    };
    config.route("/click", web::post().to(click));
}

async fn clicked(portal: &Portal, request: &HttpRequest, body: &[u8]) -> HttpResponse {
    let form = params::parse_str(std::str::from_utf8(body).unwrap_or_default());
    let field = |name: &str| form.get(name).map(php::strval).unwrap_or_default();
    let kind = Kind::of_word(&field("kind")).unwrap_or(Kind::Contact);
    let id = field("id").parse().unwrap_or(0);
    let user = field("user").parse().unwrap_or(0);
    let status = click(portal, user, &field("number"), (kind, id)).await;
    http::back_to(&format!("/sandbox/{}/{id}", kind.word()), status, request)
}

/// Clicks on a number as an employee, and returns the status of the handler's reply. `None` if
/// there is no handler, employee or number, or no reply.
async fn click(portal: &Portal, user: u32, number: &str, entity: (Kind, u32)) -> Option<u16> {
    let (hook, body) = {
        let mut core = portal.core();
        let hook = core.call_hook.clone()?;
        let now = core.now().as_second();
        let host = core.options.base_url.clone();
        let body = begin(&mut core.state, user, number, entity, now)?;
        (hook.clone(), event(&body, &host, &hook.token, now))
    };
    let mut status = None;
    let times = portal.pbx.switch().sendings(EVENT);
    for _ in 0..times {
        status = send(&hook.url, body.clone()).await;
    }
    status
}

/// Registers the call, as the portal does before it tells anybody, and returns the event's data. A
/// webhook sees no line (seen live, not documented).
fn begin(
    state: &mut State,
    user: u32,
    number: &str,
    (kind, id): (Kind, u32),
    now: i64,
) -> Option<Map<String, Value>> {
    state.user(user).filter(|user| user.active)?;
    let number = without_letters(number)?;
    let is_client = matches!(kind, Kind::Contact | Kind::Company | Kind::Lead);
    let entity =
        Some((kind, id)).filter(|(kind, id)| is_client && state.record(*kind, *id).is_some());
    let call = telephony::begin(
        state,
        &Registration {
            user,
            number: number.clone(),
            sort: 1,
            began: now,
            line: None,
            external: None,
            creates: true,
            source: String::new(),
            entity,
            shows: true,
        },
        now,
    );
    let client = state.telephony.call_mut(&call)?.entity;
    let data = [
        ("PHONE_NUMBER", number.clone()),
        (
            "PHONE_NUMBER_INTERNATIONAL",
            format!("+{}", comparable(&number)),
        ),
        ("EXTENSION", String::new()),
        ("USER_ID", user.to_string()),
        ("CALL_LIST_ID", "0".to_owned()),
        ("LINE_NUMBER", String::new()),
        ("IS_MOBILE", "0".to_owned()),
        ("CALL_ID", call),
        (
            "CRM_ENTITY_TYPE",
            client.map_or_else(String::new, |(kind, _)| kind.word().to_uppercase()),
        ),
        ("CRM_ENTITY_ID", client.map_or(0, |(_, id)| id).to_string()),
    ];
    Some(
        data.into_iter()
            .map(|(name, value)| (name.to_owned(), value.into()))
            .collect(),
    )
}

/// Writes the event as a form, in the portal's order.
fn event(data: &Map<String, Value>, host: &str, token: &str, now: i64) -> String {
    let host = host.trim_end_matches('/');
    let domain = host.split_once("://").map_or(host, |(_, domain)| domain);
    let data = data
        .iter()
        .map(|(name, value)| (format!("data[{name}]"), php::strval(value)));
    let auth = [
        ("domain", domain.to_owned()),
        ("client_endpoint", format!("{host}/rest/")),
        ("server_endpoint", format!("{host}/rest/")),
        ("member_id", "00000000000000000000000000000001".to_owned()),
        ("application_token", token.to_owned()),
    ];
    let auth = auth.map(|(name, value)| (format!("auth[{name}]"), value));
    let pairs = [
        ("event".to_owned(), EVENT.to_owned()),
        ("event_handler_id".to_owned(), "39".to_owned()),
    ];
    let pairs = pairs.into_iter().chain(data);
    let pairs = pairs
        .chain([("ts".to_owned(), now.to_string())])
        .chain(auth);
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let pairs = pairs.map(|(name, value)| format!("{}={}", encoded(&name), encoded(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

async fn send(url: &str, body: String) -> Option<u16> {
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE);
    let request = client.build().ok()?.post(url);
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let reply = request.body(body).send().await.ok()?;
    Some(reply.status().as_u16())
}
