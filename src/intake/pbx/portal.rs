//! `POST /pbx/{name}/portal`: events of an outgoing webhook or an application. An employee has clicked
//! a number in the portal (`ONEXTERNALCALLSTART`), which has registered the call; or a visitor has
//! requested a callback in a form (`ONEXTERNALCALLBACKSTART`). The answer follows at once, and the PBX
//! is ordered to dial.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::reply::Refused;
use super::{Pbx, PbxIntake, count};
use crate::crm::CallOwner;
use crate::domain::{Bilingual, EntityKind, UserId};
use crate::intake::body::{BodyError, Reading, read};
use crate::intake::secret::{is_equal, parameter};
use crate::pbx::{Denied, DialNumber};
use crate::telephony::{ClickedCall, RequestedCallback, TakenClick};

/// The events.
const CLICK: &str = "ONEXTERNALCALLSTART";
const CALLBACK: &str = "ONEXTERNALCALLBACKSTART";

/// The longest request, in bytes.
const LONGEST: usize = 64 << 10;

/// The longest number of a call in the portal, in bytes.
const LONGEST_CALL: usize = 200;

/// Receives a click.
pub(super) async fn serve(
    intake: web::Data<PbxIntake>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let intake = intake.into_inner();
    let name = request.match_info().get("name").unwrap_or_default();
    let pbx = intake.exchanges.get_key_value(name);
    let taken = match pbx {
        Some((name, pbx)) => intake.click(&request, payload, (name, pbx)).await,
        None => Err(Refused::NoSuchAddress),
    };
    let Err(refusal) = taken else {
        return HttpResponse::Ok().json(serde_json::json!({"success": true}));
    };
    intake.refuse(
        &request,
        refusal,
        pbx.map(|(name, pbx)| (name.as_str(), pbx)),
    )
}

impl PbxIntake {
    async fn click(
        self: &Arc<Self>,
        request: &HttpRequest,
        payload: web::Payload,
        (name, pbx): (&str, &Pbx),
    ) -> Result<(), Refused> {
        let Some(token) = &pbx.settings.portal_token else {
            return Err(Refused::NoSuchAddress);
        };
        if self.receiver.draining.is_cancelled() {
            return Err(Refused::Restarting);
        }
        if request.method() != Method::POST {
            return Err(Refused::Method);
        }
        let reading = Reading {
            limit: LONGEST,
            patience: self.receiver.patience,
            memory: &self.receiver.memory,
        };
        let (raw, _charge) = read(request, payload, reading).await?;
        let form = String::from_utf8_lossy(&raw);
        let given = parameter(&form, "auth[application_token]").unwrap_or_default();
        if !is_equal(&given, token.expose_secret()) {
            return Err(Refused::Denied(Denied::Unauthorized(Bilingual::new(
                "The application_token is missing or wrong: set pbx.NAME.portal_token to the token that the portal shows for the webhook",
                "Токена application_token нет, или он неверный: впишите в pbx.ИМЯ.portal_token токен, который портал показывает у вебхука",
            ))));
        }
        let event = parameter(&form, "event").unwrap_or_default();
        let now = self.receiver.clock.now();
        let outcome = if event.eq_ignore_ascii_case(CLICK) {
            let clicked = clicked(name, &form).ok_or(unreadable(
                "The event lacks CALL_ID, USER_ID or PHONE_NUMBER",
                "В событии нет CALL_ID, USER_ID или PHONE_NUMBER",
            ))?;
            self.clicks.take(clicked, now)
        } else if event.eq_ignore_ascii_case(CALLBACK) {
            let requested = requested(name, &form, now).ok_or(unreadable(
                "The event lacks PHONE_NUMBER, or it is no phone number",
                "В событии нет PHONE_NUMBER, или это не номер телефона",
            ))?;
            self.callbacks.take(requested)
        } else {
            // the same webhook may have other events
            count("unknown");
            return Ok(());
        };
        match outcome {
            TakenClick::New => count("event"),
            TakenClick::Repeated | TakenClick::Double => count("repeated"),
            TakenClick::Full => return Err(Refused::Body(BodyError::Crowded)),
        }
        Ok(())
    }
}

fn unreadable(en: &'static str, ru: &'static str) -> Refused {
    Refused::Denied(Denied::Unreadable(Bilingual::new(en, ru)))
}

/// Reads a member of an event's data; `None` if it is empty.
fn data(form: &str, name: &str) -> Option<String> {
    let value = parameter(form, &format!("data[{name}]"))?;
    let value = value.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

/// Reads the request for a callback.
fn requested(pbx: &str, form: &str, now: Timestamp) -> Option<RequestedCallback> {
    let id = data(form, "CRM_ENTITY_ID").and_then(|id| id.parse().ok());
    let id = id.filter(|id: &i64| *id > 0);
    let kind = data(form, "CRM_ENTITY_TYPE").unwrap_or_default();
    let client = id.and_then(|id| match kind.to_ascii_uppercase().as_str() {
        "CONTACT" => Some(CallOwner::Contact(id)),
        "COMPANY" => Some(CallOwner::Record(EntityKind::Company, id)),
        "LEAD" => Some(CallOwner::Record(EntityKind::Lead, id)),
        _ => None,
    });
    Some(RequestedCallback {
        pbx: pbx.to_owned(),
        number: DialNumber::parse(&data(form, "PHONE_NUMBER")?)?,
        line: data(form, "LINE_NUMBER").filter(|line| line.len() <= LONGEST_CALL),
        client,
        at: now,
    })
}

/// Reads the event.
fn clicked(pbx: &str, form: &str) -> Option<ClickedCall> {
    let data = |name: &str| data(form, name);
    let number = data("PHONE_NUMBER_INTERNATIONAL").or_else(|| data("PHONE_NUMBER"));
    Some(ClickedCall {
        pbx: pbx.to_owned(),
        portal_call: data("CALL_ID").filter(|call| call.len() <= LONGEST_CALL)?,
        employee: UserId::new(data("USER_ID")?.parse().ok()?)?,
        number: DialNumber::parse(&number?)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_of_the_documentation_is_a_click() {
        let form = "event=ONEXTERNALCALLSTART&data%5BPHONE_NUMBER%5D=8+906+680-04-04\
            &data[PHONE_NUMBER_INTERNATIONAL]=%2B79066800404&data[EXTENSION]=&data[USER_ID]=6\
            &data[CALL_LIST_ID]=0&data[LINE_NUMBER]=&data[IS_MOBILE]=0&data[CALL_ID]=externalCall.1f.2\
            &data[CRM_ENTITY_TYPE]=CONTACT&data[CRM_ENTITY_ID]=48&auth[application_token]=x";
        let click = clicked("main", form).unwrap();
        assert_eq!(
            (
                click.portal_call.as_str(),
                click.employee.get(),
                click.number.as_str()
            ),
            ("externalCall.1f.2", 6, "+79066800404")
        );
        let plain = clicked(
            "main",
            "data[PHONE_NUMBER]=1004&data[USER_ID]=6&data[CALL_ID]=a",
        );
        assert_eq!(plain.unwrap().number.as_str(), "1004");
        for form in [
            "",
            "data[USER_ID]=6&data[CALL_ID]=a",
            "data[PHONE_NUMBER]=anna&data[USER_ID]=6&data[CALL_ID]=a",
            "data[PHONE_NUMBER]=1004&data[USER_ID]=0&data[CALL_ID]=a",
            "data[PHONE_NUMBER]=1004&data[USER_ID]=6&data[CALL_ID]=",
        ] {
            assert_eq!(clicked("main", form), None, "{form}");
        }
    }

    #[test]
    fn the_callback_of_the_documentation_is_requested() {
        let form = "event=ONEXTERNALCALLBACKSTART&data[PHONE_NUMBER]=%2B79066800404&data[TEXT]=a&data[VOICE]=b\
            &data[CRM_ENTITY_TYPE]=CONTACT&data[CRM_ENTITY_ID]=5785&data[LINE_NUMBER]=7";
        let read = |form: &str| requested("main", form, Timestamp::UNIX_EPOCH);
        let callback = read(form).unwrap();
        assert_eq!(callback.number.as_str(), "+79066800404");
        assert_eq!(callback.line.as_deref(), Some("7"));
        assert_eq!(callback.client, Some(CallOwner::Contact(5785)));
        let bare = read("data[PHONE_NUMBER]=1004&data[CRM_ENTITY_TYPE]=&data[CRM_ENTITY_ID]=0");
        let bare = bare.unwrap();
        assert_eq!((bare.line, bare.client), (None, None));
        for form in ["", "data[PHONE_NUMBER]=anna"] {
            assert_eq!(read(form), None, "{form}");
        }
    }
}
