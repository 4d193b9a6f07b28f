//! Finds the section of an address.

use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;

use super::reply::{Answer, Trouble};
use super::request::LANGUAGE;
use super::visit::Visit;
use super::{PATH, live, pages};
use crate::domain::Lang;

/// Answers a request of somebody who has signed in. `below` is the path below `/console`.
pub(super) async fn answer(visit: &Visit<'_>, below: &[&str]) -> Result<Answer, Trouble> {
    if let Some(lang) = visit.param("lang").and_then(Lang::parse) {
        return Ok(in_language(visit, lang));
    }
    match below {
        [""] => pages::overview::answer(visit).await,
        ["history", rest @ ..] => pages::history::answer(visit, rest).await,
        ["attention", rest @ ..] => pages::attention::answer(visit, rest).await,
        ["replays", rest @ ..] => pages::replays::answer(visit, rest).await,
        ["profiles", rest @ ..] => pages::profiles::answer(visit, rest).await,
        ["records", kind, id] => pages::records::answer(visit, kind, id).await,
        ["channels", rest @ ..] => pages::channels::answer(visit, rest).await,
        ["sources", rest @ ..] => pages::sources::answer(visit, rest).await,
        ["portals", rest @ ..] => pages::portals::answer(visit, rest).await,
        ["calls", rest @ ..] => pages::calls::answer(visit, rest).await,
        ["alerts"] => pages::alerts::answer(visit).await,
        ["users", rest @ ..] => pages::users::answer(visit, rest).await,
        ["account", rest @ ..] => pages::account::answer(visit, rest).await,
        ["audit"] => pages::audit::answer(visit).await,
        ["events"] => live::answer(visit),
        // for a page that stayed open while its person signed in again; other sites cannot read it
        ["token"] => Ok(Answer::Json(serde_json::json!({"csrf": visit.user.csrf}))),
        ["sign-out"] => sign_out(visit).await,
        _ => Err(Trouble::NotFound),
    }
}

/// Remembers the language and shows the page in it.
fn in_language(visit: &Visit<'_>, lang: Lang) -> Answer {
    let cookie = Cookie::build(LANGUAGE, lang.as_str())
        .path(PATH)
        .same_site(SameSite::Lax)
        .permanent()
        .finish();
    let reply = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, visit.request.path().to_owned()))
        .cookie(cookie)
        .finish();
    Answer::Reply(reply)
}

async fn sign_out(visit: &Visit<'_>) -> Result<Answer, Trouble> {
    if !visit.is_post() {
        return Err(Trouble::Method);
    }
    let store = &visit.parts().store;
    if visit.field("everywhere").is_some() {
        store
            .remove_console_sessions(visit.user.name.clone())
            .await?;
    } else if let Some(session) = visit.user.session {
        store.remove_console_session(session).await?;
    }
    visit
        .note("signed-out", "", serde_json::Value::Null)
        .await?;
    let reply = HttpResponse::SeeOther()
        .insert_header((header::LOCATION, format!("{PATH}/sign-in")))
        .cookie(visit.console.signing.ended_cookie(visit.request))
        .finish();
    Ok(Answer::Reply(reply))
}
