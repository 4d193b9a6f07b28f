//! A click on a number: the portal registers an outgoing call and tells the handler of
//! `ONEXTERNALCALLSTART`.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;

use super::event;
use crate::simulator::{
    Portal, http, params, php,
    state::{State, kind::Kind},
    telephony::{self, Registration, comparable, without_letters},
};

/// The event's name, also in the faults of the PBX.
pub(super) const EVENT: &str = "ONEXTERNALCALLSTART";

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
    let data = {
        let mut core = portal.core();
        if !core.hears(EVENT) {
            return None;
        }
        let now = core.now().as_second();
        begin(&mut core.state, user, number, entity, now)?
    };
    event::tell(portal, user, EVENT, &data).await
}

/// Registers the call, as the portal does before it tells anybody, and returns the event's data. A
/// webhook sees no line (seen live, not documented).
fn begin(
    state: &mut State,
    user: u32,
    number: &str,
    (kind, id): (Kind, u32),
    now: i64,
) -> Option<event::EventData> {
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
    Some(vec![
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
    ])
}
