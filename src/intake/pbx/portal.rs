//! `POST /pbx/{name}/portal`: events of an outgoing webhook or an application. An employee has clicked
//! a number in the portal (`ONEXTERNALCALLSTART`), which has registered the call; or a visitor has
//! requested a callback in a form (`ONEXTERNALCALLBACKSTART`). The answer follows at once, and the PBX
//! is ordered to dial.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret as _;

use super::reply::Refused;
use super::{Pbx, PbxIntake, count};
use crate::domain::Bilingual;
use crate::intake::body::{BodyError, Reading, read};
use crate::intake::secret::{is_equal, parameter};
use crate::pbx::Denied;
use crate::telephony::{PortalCallEvent, TakenClick, clicked_call, requested_callback};

/// The longest request, in bytes.
const LONGEST: usize = 64 << 10;

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
        let member = |name: &str| parameter(&form, name);
        let outcome = match PortalCallEvent::parse(&event) {
            Some(PortalCallEvent::Click) => {
                let clicked = clicked_call(name, &member).ok_or(unreadable(
                    "The event lacks CALL_ID, USER_ID or PHONE_NUMBER",
                    "В событии нет CALL_ID, USER_ID или PHONE_NUMBER",
                ))?;
                self.clicks.take(clicked, now)
            }
            Some(PortalCallEvent::Callback) => {
                let requested = requested_callback(name, &member, now).ok_or(unreadable(
                    "The event lacks PHONE_NUMBER, or it is no phone number",
                    "В событии нет PHONE_NUMBER, или это не номер телефона",
                ))?;
                self.callbacks.take(requested)
            }
            // the same webhook may have other events
            None => {
                count("unknown");
                return Ok(());
            }
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
