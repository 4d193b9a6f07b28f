//! `/`: says what runs here and where to look, for somebody who follows the link of an alert. It has
//! no data of submissions and no scripts.

use actix_web::HttpResponse;
use actix_web::http::header;
use maud::{DOCTYPE, Markup, html};

/// Nothing is loaded, sent or framed.
const POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers with the page.
pub(super) async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(page().into_string())
}

fn page() -> Markup {
    html! {
        (DOCTYPE)
        html lang="ru" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                meta name="robots" content="noindex";
                title { "leadgate" }
            }
            body {
                h1 { "leadgate" }
                p {
                    "Это шлюз: он принимает ответы на опросы и заявки с сайтов и передаёт их в CRM. "
                    "Заявки здесь не показываются: их смотрят командами на сервере шлюза."
                }
                ul {
                    li { a href="readyz" { "Принимает ли шлюз заявки" } }
                    li { code { "leadgate journal --state parked" } " — что отложено до решения человека" }
                    li { code { "leadgate explain ID" } " — что стало с заявкой и почему" }
                    li { code { "leadgate replay ID" } " — доставить её ещё раз" }
                }
                div lang="en" {
                    p {
                        "This is a gateway: it receives survey answers and site forms and delivers "
                        "them to a CRM. It shows no submissions here: commands on its server do."
                    }
                    ul {
                        li { a href="readyz" { "Whether the gateway accepts submissions" } }
                        li { code { "leadgate journal --state parked" } ": what waits for a person" }
                        li { code { "leadgate explain ID" } ": what became of a submission, and why" }
                        li { code { "leadgate replay ID" } ": delivers it again" }
                    }
                }
            }
        }
    }
}
