//! The frame of all pages, and how answers become replies.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, Uri, header};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

use super::bare::{SCRIPTS, head, html_reply};
use super::parts::PATH;
use super::reply::{Answer, Page, Section, Trouble};
use super::visit::{TOKEN_FIELD, Visit};
use crate::domain::{Lang, Role};

/// The menu: section, path, English and Russian name, the weakest role that sees it.
const MENU: &[(Section, &str, &str, &str, Role)] = &[
    (Section::Overview, "", "Overview", "Обзор", Role::Viewer),
    (
        Section::History,
        "/history",
        "History",
        "История",
        Role::Viewer,
    ),
    (
        Section::Attention,
        "/attention",
        "Attention",
        "Внимание",
        Role::Viewer,
    ),
    (
        Section::Profiles,
        "/profiles",
        "Profiles",
        "Профили",
        Role::Viewer,
    ),
    (
        Section::Channels,
        "/channels",
        "Channels",
        "Каналы",
        Role::Viewer,
    ),
    (
        Section::Sources,
        "/sources",
        "Sources",
        "Источники",
        Role::Viewer,
    ),
    (
        Section::Portals,
        "/portals",
        "Portals",
        "Порталы",
        Role::Viewer,
    ),
    (Section::Calls, "/calls", "Calls", "Звонки", Role::Viewer),
    (
        Section::Audit,
        "/audit",
        "Audit log",
        "Действия",
        Role::Admin,
    ),
    (
        Section::Users,
        "/users",
        "Users",
        "Пользователи",
        Role::Admin,
    ),
];

/// Turns an answer into a reply.
pub(super) fn reply(visit: &Visit<'_>, answer: Answer) -> HttpResponse {
    match answer {
        Answer::Page(page) => html_reply(StatusCode::OK, frame(visit, &page)),
        Answer::Fragment(part) => html_reply(StatusCode::OK, part),
        Answer::Json(value) => HttpResponse::Ok().json(value),
        Answer::Reply(reply) => reply,
        Answer::Go(path) => {
            let to = format!("{PATH}{path}");
            // htmx follows this one with a new page, and a browser the other
            if visit.wants_fragment() {
                return HttpResponse::NoContent()
                    .insert_header(("hx-redirect", to))
                    .finish();
            }
            HttpResponse::SeeOther()
                .insert_header((header::LOCATION, to))
                .finish()
        }
    }
}

/// Turns trouble into a reply: a page, or a text for htmx and scripts, which show it beside what was
/// typed.
pub(super) fn trouble(visit: &Visit<'_>, trouble: &Trouble) -> HttpResponse {
    if let Trouble::Store(error) = trouble {
        tracing::warn!(error = %error, "the console could not use the store");
    }
    let text = trouble.text().pick(visit.lang);
    let wants_json = visit.request.headers().get(header::ACCEPT);
    let wants_json = wants_json.is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    if visit.wants_fragment() || wants_json {
        return HttpResponse::build(trouble.status())
            .content_type("text/plain; charset=utf-8")
            .body(text);
    }
    let page = Page {
        title: visit.t("This did not work", "Не получилось").to_owned(),
        section: Section::Other,
        body: html! {
            p.problem role="alert" { (text) }
            @if let Some(back) = page_before(visit) {
                p { a href=(back) { (visit.t("Back to the page", "Назад на страницу")) } }
            }
        },
    };
    html_reply(trouble.status(), frame(visit, &page))
}

/// Returns the page of the console from which the request came.
fn page_before(visit: &Visit<'_>) -> Option<String> {
    let referer = visit.request.headers().get(header::REFERER)?;
    let referer: Uri = referer.to_str().ok()?.parse().ok()?;
    let path = referer.path_and_query()?.as_str();
    let below = path.strip_prefix(PATH)?;
    let is_page = below.is_empty() || below.starts_with(['/', '?']);
    is_page.then(|| path.to_owned())
}

fn frame(visit: &Visit<'_>, page: &Page) -> Markup {
    let menu = MENU.iter().filter(|(.., role)| visit.user.role >= *role);
    let is_sandbox = visit.parts().settings.crm.is_empty();
    // htmx sends the token with every change of every part of the page
    let token = serde_json::json!({"X-CSRF": visit.user.csrf}).to_string();
    html! {
        (DOCTYPE)
        html lang=(visit.lang.as_str()) class=[visit.user.is_in_portal.then_some("in-portal light")] {
            (head(&page.title, &SCRIPTS))
            body hx-headers=(token) data-events={ (PATH) "/events" } data-zone=[visit.zone().iana_name()]
                data-ended=(visit.t("Not connected: the page may be out of date.", "Нет связи: страница могла устареть.")) {
                a.skip href="#main" { (visit.t("To the content", "К содержимому")) }
                header {
                    a.brand href=(PATH) { "leadgate" }
                    nav aria-label=(visit.t("Sections", "Разделы")) {
                        @for (section, path, en, ru, _) in menu {
                            a href={ (PATH) (path) } aria-current=[(*section == page.section).then_some("page")] {
                                (visit.t(en, ru))
                            }
                        }
                    }
                    (person(visit))
                }
                @if is_sandbox {
                    p.sandbox {
                        strong { (visit.t("Sandbox", "Песочница")) }
                        (visit.t(": no portal is connected; everything goes to the embedded Bitrix24. ",
                                 ": портал не подключён, всё попадает во встроенный Битрикс24. "))
                        a href="/sandbox" { (visit.t("Open it", "Открыть")) }
                    }
                }
                main id="main" tabindex="-1" {
                    h1 { (page.title) }
                    (page.body)
                }
                footer.hint { (visit.t("Time zone: ", "Часовой пояс: ")) (visit.zone_name()) }
                div id="said" role="status" aria-live="polite" {}
            }
        }
    }
}

fn person(visit: &Visit<'_>) -> Markup {
    let (other, name) = match visit.lang {
        Lang::Ru => ("en", "English"),
        Lang::En => ("ru", "Русский"),
    };
    html! {
        div.person {
            a href={ "?lang=" (other) } lang=(other) { (name) }
            a href={ (PATH) "/account" } title=(visit.user.role.to_text(visit.lang)) { (visit.name(&visit.user.name)) }
            // who came through a proxy or a portal signs out there
            @if visit.user.session.is_some() && !visit.user.is_in_portal {
                form method="post" action={ (PATH) "/sign-out" } {
                    (token_field(visit))
                    button.quiet { (visit.t("Sign out", "Выйти")) }
                }
            }
        }
    }
}

/// The hidden field that every form of a page has.
pub(super) fn token_field(visit: &Visit<'_>) -> Markup {
    html! { input type="hidden" name=(TOKEN_FIELD) value=(visit.user.csrf); }
}

/// A moment in the zone of the page; the script of the pages writes it as the browser's language does.
pub(super) fn moment(visit: &Visit<'_>, at: Timestamp) -> Markup {
    let local = at.to_zoned(visit.zone().clone());
    html! {
        time datetime=(at.to_string()) title=(at.to_string()) {
            (local.strftime("%d.%m.%Y %H:%M").to_string())
        }
    }
}
