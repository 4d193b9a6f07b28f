//! The console inside a portal. The portal's page makes the employee's browser post a form to
//! `/b24/NAME/app` in a frame; nothing in the form counts before [`PortalApps`] has asked whose token
//! it has. The reply is a small page with a token of the console, which its script keeps: with it the
//! script fetches the pages, because browsers keep cookies from frames of other sites.
//!
//! Only this page may stand in a frame, and only in one of the portal of the settings.

mod first_page;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY,
};
use actix_web::{HttpRequest, HttpResponse, guard, web};
use maud::{DOCTYPE, Markup, html};
use serde_json::json;

use super::bare::{self, head, html_reply};
use super::parts::{ConsoleParts, PATH};
use super::reply::{Trouble, policy_in_frame, protect};
use super::signed_in::employee;
use super::signing::{EmployeeSession, Signing};
use crate::domain::{Bilingual, Lang, Role, bilingual};
use crate::portal_app::{Employee, NotVerified, Opening, PATH as APPS, PortalApps};

/// The page that employees open in their portal.
#[derive(Clone)]
pub(super) struct PortalFrame {
    parts: Arc<ConsoleParts>,
    signing: Arc<Signing>,
}

impl PortalFrame {
    pub(super) fn new(parts: Arc<ConsoleParts>, signing: Arc<Signing>) -> Self {
        Self { parts, signing }
    }

    /// Registers the page.
    pub(super) fn configure(self, config: &mut web::ServiceConfig) {
        let serve = move |request: HttpRequest, name: web::Path<String>, payload: web::Payload| {
            let frame = self.clone();
            async move { frame.open(&request, (&name, payload)).await }
        };
        let resource = web::resource(format!("{APPS}/{{name}}/app")).guard(guard::Post());
        config.service(resource.to(serve));
    }

    /// Answers the post of the portal's page.
    async fn open(
        &self,
        request: &HttpRequest,
        (connection, payload): (&str, web::Payload),
    ) -> HttpResponse {
        let lang = super::request::words_of(request);
        let Some(origin) = self.parts.portal_apps.portal_origin(connection) else {
            return bare::trouble_page(lang, &Trouble::NotFound);
        };
        let opening = match PortalApps::read_opening(request, payload).await {
            Ok(opening) => opening,
            Err(refused) => {
                return in_frame(refusal(lang, &refused.text(), status(&refused)), &origin);
            }
        };
        let opened = Opened {
            frame: self,
            request,
            origin,
            connection,
            opening,
        };
        in_frame(opened.answer().await, &opened.origin)
    }
}

/// Returns the portal of an origin: its host, with a port that is not the usual one.
pub(super) fn portal_of(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, host)| host)
}

/// What an employee has opened.
struct Opened<'f> {
    frame: &'f PortalFrame,
    request: &'f HttpRequest,
    /// The origin of the portal.
    origin: String,
    connection: &'f str,
    opening: Opening,
}

fn status(refused: &NotVerified) -> StatusCode {
    StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::FORBIDDEN)
}

/// Lets a page stand in a frame of the portal.
fn in_frame(mut reply: HttpResponse, origin: &str) -> HttpResponse {
    let headers: &mut HeaderMap = reply.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy_in_frame(origin)) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    protect(&mut reply);
    reply
}

/// Says why there is no page.
fn refusal(lang: Lang, text: &Bilingual, status: StatusCode) -> HttpResponse {
    let title = Bilingual::new("The page does not open", "Страница не открылась").pick(lang);
    let page = html! {
        (DOCTYPE)
        html.light lang=(lang.as_str()) {
            (head(title, &[]))
            body.bare { main { h1 { (title) } p.problem role="alert" { (text.in_lang(lang)) } } }
        }
    };
    html_reply(status, page)
}

impl Opened<'_> {
    fn t<'a>(&self, en: &'a str, ru: &'a str) -> &'a str {
        Bilingual::new(en, ru).pick(self.opening.lang)
    }

    /// Whether the script of an open page asks for another session.
    fn is_renewal(&self) -> bool {
        let accepts = self.request.headers().get(ACCEPT);
        accepts.is_some_and(|accepts| accepts.as_bytes().starts_with(b"application/json"))
    }

    async fn answer(&self) -> HttpResponse {
        let apps = &self.frame.parts.portal_apps;
        let lang = self.opening.lang;
        let employee = match apps.verify(self.connection, &self.opening).await {
            Ok(employee) => employee,
            Err(refused) => {
                // neither tokens nor people: what the portal is called and why
                tracing::warn!(
                    connection = self.connection,
                    why = refused.text().pick(Lang::En),
                    "somebody could not open the console in the portal"
                );
                return refusal(lang, &refused.text(), status(&refused));
            }
        };
        let roles = &self.frame.parts.settings.console.portal_roles;
        let by_rank = employee.is_admin.then(|| roles.of_administrators());
        let role = roles.of(self.connection, employee.user_id);
        let role = role.max(by_rank.flatten());
        let Some(role) = role else {
            return refusal(lang, &self.no_role(&employee), StatusCode::FORBIDDEN);
        };
        let name = employee::name(portal_of(&self.origin), employee.user_id);
        match self.frame.signing.begin_in_portal(&name, role).await {
            Ok(session) if self.is_renewal() => HttpResponse::Ok().json(json!({
                "token": session.token,
                "seconds": session.lasts.as_secs(),
            })),
            Ok(session) => html_reply(StatusCode::OK, self.page(&session, (&name, role))),
            Err(error) => {
                tracing::warn!(error = %error, "the console could not use the store");
                let trouble = Trouble::Store(error);
                refusal(lang, &trouble.text(), trouble.status())
            }
        }
    }

    fn no_role(&self, employee: &Employee) -> Bilingual {
        let (connection, number) = (self.connection, employee.user_id);
        bilingual!(
            "You have no role in leadgate. Its administrator gives you one with the setting \
             console.portal_roles: \"{connection}/{number}: author\".",
            "У вас нет роли в leadgate. Её даёт администратор шлюза настройкой \
             console.portal_roles: \"{connection}/{number}: author\"."
        )
    }

    /// The page with the session. Its script fetches the first page of the console; without a script
    /// the button opens the console in a tab of its own.
    fn page(&self, session: &EmployeeSession, (name, role): (&str, Role)) -> Markup {
        let ticket = self.frame.signing.ticket(name, role);
        let title = "leadgate";
        html! {
            (DOCTYPE)
            html.light lang=(self.opening.lang.as_str()) {
                (head(title, &["frame.js"]))
                body.bare data-frame=(self.facts(session).to_string()) {
                    main {
                        h1 { (title) }
                        p role="status" { (self.t("Loading…", "Загрузка…")) }
                        @if let Some(ticket) = ticket {
                            form method="post" action={ (PATH) "/sign-in/portal" } target="_blank" rel="noopener" {
                                input type="hidden" name="ticket" value=(ticket);
                                button.second { (self.t("Open in a new tab", "Открыть в новой вкладке")) }
                            }
                        }
                    }
                    div id="said" role="status" aria-live="polite" {}
                }
            }
        }
    }

    /// What the script needs to know.
    fn facts(&self, session: &EmployeeSession) -> serde_json::Value {
        let opening = &self.opening;
        let first = first_page::of(self.connection, &opening.placement, &opening.options);
        json!({
            "token": session.token,
            "seconds": session.lasts.as_secs(),
            "portal": self.origin,
            "sid": opening.app_sid,
            "member": opening.member_id,
            "app": self.request.path(),
            "address": {"DOMAIN": opening.domain, "PROTOCOL": if self.origin.starts_with("https:") { "1" } else { "0" }},
            "lang": opening.lang.as_str(),
            "to": format!("{PATH}{}", first.path),
            "tab": first.is_tab,
            "isPage": opening.placement == "DEFAULT",
            "words": {
                "ended": self.t("The session has ended.", "Сеанс завершён."),
                "again": self.t("Open again", "Открыть заново"),
                "lost": self.t("Not connected. Try again in a moment.", "Нет связи. Повторите чуть позже."),
                "leave": self.t("Leave the page? What is not saved stays in this browser as a draft.",
                                "Уйти со страницы? Несохранённое останется в этом браузере черновиком."),
            },
        })
    }
}
