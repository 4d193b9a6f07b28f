//! `POST /pbx/{name}/portal`: an employee has clicked a number in the portal (event
//! `ONEXTERNALCALLSTART`, from an outgoing webhook or an application). The portal has registered the
//! call; the answer follows at once, and the PBX is ordered to dial.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret as _;

use super::reply::Refused;
use super::{Pbx, PbxIntake, count};
use crate::domain::{Bilingual, UserId};
use crate::intake::body::{BodyError, Reading, read};
use crate::intake::secret::{is_equal, parameter};
use crate::pbx::{Denied, DialNumber};
use crate::telephony::{ClickedCall, TakenClick};

/// The event.
const EVENT: &str = "ONEXTERNALCALLSTART";

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
        if !event.eq_ignore_ascii_case(EVENT) {
            // the same webhook may have other events
            count("unknown");
            return Ok(());
        }
        let clicked =
            clicked(name, &form).ok_or(Refused::Denied(Denied::Unreadable(Bilingual::new(
                "The event lacks CALL_ID, USER_ID or PHONE_NUMBER",
                "В событии нет CALL_ID, USER_ID или PHONE_NUMBER",
            ))))?;
        match self.clicks.take(clicked, self.receiver.clock.now()) {
            TakenClick::New => count("event"),
            TakenClick::Repeated | TakenClick::Double => count("repeated"),
            TakenClick::Full => return Err(Refused::Body(BodyError::Crowded)),
        }
        Ok(())
    }
}

/// Reads the event.
fn clicked(pbx: &str, form: &str) -> Option<ClickedCall> {
    let data = |name: &str| {
        let value = parameter(form, &format!("data[{name}]"))?;
        let value = value.trim().to_owned();
        (!value.is_empty()).then_some(value)
    };
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
}
