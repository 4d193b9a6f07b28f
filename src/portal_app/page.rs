//! The pages that leadgate itself shows in the portal's frame: the end of the installation, and why a
//! page is not shown. They load nothing from other hosts, have no script but the one that ends the
//! installation, and are shown inside the portal of the settings only.

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, html};

use super::routes::PATH;
use super::{Employee, InstallReport, NotVerified};
use crate::crm::CrmError;
use crate::domain::{Bilingual, Lang};

const SCRIPT: &str = include_str!("assets/install.js");
const STYLE: &str = include_str!("assets/page.css");

/// The message that ends an installation.
pub(super) struct Finish<'f> {
    /// The origin of the portal's page.
    pub(super) origin: &'f str,
    /// The number of the frame.
    pub(super) sid: &'f str,
    /// Whether the portal waits for it.
    pub(super) is_due: bool,
}

/// `GET /b24/assets/{asset}`: the style and the script.
pub(super) async fn asset(request: HttpRequest) -> HttpResponse {
    let (kind, content) = match request.match_info().get("asset").unwrap_or_default() {
        "install.js" => ("text/javascript; charset=utf-8", SCRIPT),
        "page.css" => ("text/css; charset=utf-8", STYLE),
        _ => return HttpResponse::NotFound().finish(),
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .body(content)
}

/// The end of the installation.
pub(super) fn installed(
    report: &Result<InstallReport, CrmError>,
    lang: Lang,
    finish: &Finish<'_>,
) -> HttpResponse {
    let t = |en: &'static str, ru: &'static str| Bilingual::new(en, ru).pick(lang);
    let is_complete = report.as_ref().is_ok_and(InstallReport::is_complete);
    let body = html! {
        h1 { (t("leadgate is connected to this portal", "leadgate подключён к этому порталу")) }
        @match report {
            Ok(report) => {
                p { (t("The button “Site integration” is over the lists of leads and deals, the tab “Requests” in the cards of leads, deals and contacts.",
                       "Кнопка «Интеграция с сайтом» — над списками лидов и сделок, вкладка «Заявки» — в карточках лидов, сделок и контактов.")) }
                @if !is_complete {
                    div.warn {
                        p { (t("The portal has not taken everything. Check the scopes of the application, then open it again:",
                               "Портал принял не всё. Проверьте права приложения и откройте его ещё раз:")) }
                        ul { @for (what, error) in report.refused() {
                            li { code { (what) } ": " (error.failure().to_text(lang)) }
                        } }
                    }
                }
            }
            Err(error) => div.warn {
                p { (t("Nothing was put into the portal: ", "На портал ничего не добавлено: ")) (error.failure().to_text(lang)) }
                p { (t("Open the application again in a minute.", "Откройте приложение ещё раз через минуту.")) }
            },
        }
        @if finish.is_due && report.is_ok() {
            p { button id="finish" type="button" { (t("Finish the installation", "Завершить установку")) } }
        }
    };
    let now = (finish.is_due && is_complete).then_some("now");
    let markup = html! {
        (DOCTYPE)
        html lang=(code(lang)) {
            (head())
            body data-origin=(finish.origin) data-sid=(finish.sid) data-finish=[now] {
                main { (body) }
                script src={ (PATH) "/assets/install.js" } {}
            }
        }
    };
    reply(StatusCode::OK, markup, Some(finish.origin))
}

/// Why a page is not shown.
pub(super) fn refused(refusal: &NotVerified, lang: Lang, origin: Option<&str>) -> HttpResponse {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::FORBIDDEN);
    let text = refusal.text();
    let body = html! {
        h1 { (Bilingual::new("leadgate does not open", "leadgate не открывается").pick(lang)) }
        p { (text.in_lang(lang)) }
    };
    reply(status, plain(&body, lang), origin)
}

/// What stands at the address of the application for people who come from outside the portal.
pub(super) fn outside(lang: Lang, origin: Option<&str>) -> HttpResponse {
    let body = html! {
        h1 { "leadgate" }
        p { (Bilingual::new("Open the application inside Bitrix24: in its menu, or with the button “Site integration” over the lists of leads and deals.",
                            "Откройте приложение внутри Битрикс24: в меню или кнопкой «Интеграция с сайтом» над списками лидов и сделок.").pick(lang)) }
    };
    reply(StatusCode::OK, plain(&body, lang), origin)
}

/// What an employee sees while the console is switched off.
pub(super) fn without_console(
    employee: &Employee,
    lang: Lang,
    origin: Option<&str>,
) -> HttpResponse {
    let body = html! {
        h1 { "leadgate" }
        p { (employee.name) }
        p { (Bilingual::new("leadgate works. Its pages are switched off in the settings (console.enabled).",
                            "leadgate работает. Его страницы отключены в настройках (console.enabled).").pick(lang)) }
    };
    reply(StatusCode::OK, plain(&body, lang), origin)
}

fn plain(body: &Markup, lang: Lang) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(code(lang)) {
            (head())
            body { main { (body) } }
        }
    }
}

fn head() -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { "leadgate" }
            link rel="stylesheet" href={ (PATH) "/assets/page.css" };
        }
    }
}

fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Ru => "ru",
    }
}

/// Sends a page. Only the portal may show it in a frame.
fn reply(status: StatusCode, markup: Markup, origin: Option<&str>) -> HttpResponse {
    let ancestors = origin.unwrap_or("'none'");
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    );
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(markup.into_string())
}
