//! Commands to the PBXs: a call, a hold.

use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use maud::html;
use serde_json::Value;

use crate::console::PATH;
use crate::console::reply::{Answer, Trouble};
use crate::console::visit::Visit;
use crate::domain::{Bilingual, Role, UserId};
use crate::pbx::DialNumber;
use crate::telephony::{ControlFailure, PbxControl};

/// The cookie with the employee who calls: `main/7`.
const CALLER: &str = "leadgate-caller";

impl From<ControlFailure> for Trouble {
    fn from(failure: ControlFailure) -> Self {
        Self::Unavailable(failure.text())
    }
}

/// Returns the employee as whom the visitor called last.
pub(super) fn remembered(visit: &Visit<'_>) -> Option<String> {
    let cookie = visit.request.cookie(CALLER)?;
    Some(cookie.value().to_owned())
}

/// The employee as whom a command is given.
struct As<'v> {
    pbx_name: &'v str,
    pbx: &'v PbxControl,
    employee: UserId,
}

fn employee<'v>(visit: &'v Visit<'_>, text: &'v str) -> Result<As<'v>, Trouble> {
    let parsed = text.rsplit_once('/').and_then(|(name, employee)| {
        Some(As {
            pbx_name: name,
            pbx: visit.parts().pbxs.get(name)?,
            employee: employee.parse().ok().and_then(UserId::new)?,
        })
    });
    parsed.ok_or_else(|| {
        Trouble::Bad(
            Bilingual::new(
                "Choose who calls: an employee with an inner number.",
                "Выберите, кто звонит: сотрудника с внутренним номером.",
            )
            .into(),
        )
    })
}

/// Lets an employee call a number.
pub(super) async fn call(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    visit.need(Role::Operator)?;
    let number = DialNumber::parse(visit.text("number")).ok_or_else(|| {
        Trouble::Bad(
            Bilingual::new(
                "Write a phone number or an inner number, up to 20 digits.",
                "Укажите номер телефона или внутренний номер, до 20 цифр.",
            )
            .into(),
        )
    })?;
    // a number of the list is called by the employee of the last call, unless one is chosen
    let last = remembered(visit);
    let chosen = visit.field("as").or(last.as_deref()).unwrap_or_default();
    let caller = employee(visit, chosen)?;
    caller.pbx.call(caller.employee, number).await?;
    visit.note("called", caller.pbx_name, Value::Null).await?;
    let cookie = Cookie::build(CALLER, chosen.to_owned())
        .path(PATH)
        .http_only(true)
        .same_site(SameSite::Lax)
        .permanent()
        .finish();
    let done = visit.t(
        "The phone of the employee rings; then the number is dialled.",
        "Звонит телефон сотрудника; когда он ответит, наберём номер.",
    );
    Ok(reply(visit, done, Some(cookie)))
}

/// Puts a call on hold, or ends the hold.
pub(super) async fn hold(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    visit.need(Role::Operator)?;
    let talking = employee(visit, visit.text("as"))?;
    talking
        .pbx
        .hold(talking.employee, visit.text("call"))
        .await?;
    visit.note("held", talking.pbx_name, Value::Null).await?;
    let done = visit.t("The PBX was told.", "Команда передана АТС.");
    Ok(reply(visit, done, None))
}

/// Says on the page that it was done; without script, leads back to the page.
fn reply(visit: &Visit<'_>, done: &str, cookie: Option<Cookie<'static>>) -> Answer {
    let mut reply = if visit.wants_fragment() {
        let mut reply = HttpResponse::Ok();
        reply.content_type("text/html; charset=utf-8");
        reply
    } else {
        let mut reply = HttpResponse::SeeOther();
        reply.insert_header((header::LOCATION, format!("{PATH}/calls")));
        reply
    };
    if let Some(cookie) = cookie {
        reply.cookie(cookie);
    }
    Answer::Reply(reply.body(html! { p.good { (done) } }.into_string()))
}
