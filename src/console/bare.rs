//! Pages without a menu, for people who have not signed in, and what all pages have in their heads.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::reply::{Trouble, protect};
use crate::domain::{Bilingual, Lang};

/// What htmx must not do under the policy of the pages.
const HTMX: &str = r#"{"includeIndicatorStyles":false,"allowEval":false,"selfRequestsOnly":true,"historyCacheSize":0,"responseHandling":[{"code":"204","swap":false},{"code":"[23]..","swap":true},{"code":"[45]..","swap":false,"error":true}]}"#;

/// Answers with trouble when it is not known who asks.
pub(super) fn trouble_page(lang: Lang, trouble: &Trouble) -> HttpResponse {
    let title = Bilingual::new("This did not work", "Не получилось").pick(lang);
    let text = trouble.text().pick(lang);
    let body = html! { p.problem role="alert" { (text) } };
    page(lang, title, &body, trouble.status())
}

/// Sends a page or a part of one.
pub(super) fn html_reply(status: StatusCode, body: Markup) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(body.into_string())
}

/// Answers with a page without menu, for people who have not signed in.
pub(super) fn page(lang: Lang, title: &str, body: &Markup, status: StatusCode) -> HttpResponse {
    let whole = html! {
        (DOCTYPE)
        html lang=(lang.as_str()) {
            (head(title, &SCRIPTS))
            body.bare {
                main { h1 { (title) } (body) }
            }
        }
    };
    let mut reply = html_reply(status, whole);
    protect(&mut reply);
    reply
}

/// The scripts of every page.
pub(super) const SCRIPTS: [&str; 2] = ["htmx.min.js", "console.js"];

/// The head of every page.
pub(super) fn head(title: &str, scripts: &[&str]) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="robots" content="noindex";
            meta name="color-scheme" content="light dark";
            meta name="htmx-config" content=(HTMX);
            title { (title) " · leadgate" }
            link rel="icon" href=(assets::address("icon.svg"));
            link rel="stylesheet" href=(assets::address("console.css"));
            @for script in scripts { script src=(assets::address(script)) defer {} }
        }
    }
}
