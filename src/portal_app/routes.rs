//! The addresses of the applications, below `/b24/NAME`.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::page::{self, Finish};
use super::{LONGEST_POST, NotVerified, Opening, PortalApps};
use crate::domain::Lang;

/// The path below which the portals' requests come.
pub const PATH: &str = "/b24";

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

impl PortalApps {
    /// Registers the addresses. Pages for employees who open the application are registered before, by
    /// the console.
    pub fn configure(apps: &Self, config: &mut web::ServiceConfig) {
        let data = web::Data::new(apps.clone());
        config
            .service(
                web::resource(format!("{PATH}/assets/{{asset}}")).route(web::get().to(page::asset)),
            )
            .service(
                web::resource(format!("{PATH}/{{name}}/install"))
                    .app_data(data.clone())
                    .to(install),
            )
            .service(
                web::resource(format!("{PATH}/{{name}}/events"))
                    .app_data(data.clone())
                    .to(event),
            )
            .service(
                web::resource(format!("{PATH}/{{name}}/app"))
                    .app_data(data)
                    .to(open),
            );
    }

    /// Reads the opening of a page from a request.
    ///
    /// # Errors
    /// If it is none.
    pub async fn read_opening(
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Opening, NotVerified> {
        let body = read(payload).await.ok_or(NotVerified::Malformed)?;
        let opening = Opening::read(request.query_string(), &body);
        opening.ok_or(NotVerified::Malformed)
    }
}

async fn read(payload: web::Payload) -> Option<web::Bytes> {
    let body = payload.to_bytes_limited(LONGEST_POST);
    let body = tokio::time::timeout(PATIENCE, body).await;
    body.ok()?.ok()?.ok()
}

fn name_of(request: &HttpRequest) -> &str {
    request.match_info().get("name").unwrap_or_default()
}

/// Returns the language of a request before anything of it is known.
fn lang_of(request: &HttpRequest) -> Lang {
    let mut pairs = request.query_string().split('&');
    let tag = pairs.find_map(|pair| pair.strip_prefix("LANG="));
    tag.and_then(Lang::parse).unwrap_or(Lang::Ru)
}

/// `POST …/install`: the page that installs the application.
async fn install(
    apps: web::Data<PortalApps>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let name = name_of(&request);
    let origin = apps.portal_origin(name);
    let shown = match request.method() {
        &Method::POST => install_page(&apps, &request, payload).await,
        _ => Err(NotVerified::Malformed),
    };
    match shown {
        Ok(page) => page,
        Err(refusal) => page::refused(&refusal, lang_of(&request), origin.as_deref()),
    }
}

async fn install_page(
    apps: &PortalApps,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, NotVerified> {
    let name = name_of(request);
    let app = apps.app(name)?;
    let opening = PortalApps::read_opening(request, payload).await?;
    let (verified, report) = apps.install(name, &opening).await?;
    let finish = Finish {
        origin: &app.origin,
        sid: &opening.app_sid,
        // a second time would reload the portal's page for ever
        is_due: !verified.info.is_installed,
    };
    Ok(page::installed(&report, opening.lang, &finish))
}

/// `POST …/events`: events of the portal.
async fn event(
    apps: web::Data<PortalApps>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    if request.method() != Method::POST {
        return HttpResponse::MethodNotAllowed().finish();
    }
    let name = name_of(&request);
    if apps.app(name).is_err() {
        return HttpResponse::NotFound().finish();
    }
    let Some(body) = read(payload).await else {
        return HttpResponse::PayloadTooLarge().finish();
    };
    match apps.take_event(name, &body).await {
        Ok(()) => HttpResponse::Ok().json(json!({"success": true})),
        Err(refusal) => {
            tracing::warn!(crm = name, ?refusal, "an event of the portal is refused");
            let status = StatusCode::from_u16(refusal.status());
            HttpResponse::build(status.unwrap_or(StatusCode::FORBIDDEN)).finish()
        }
    }
}

/// `…/app` for everything that no page of employees answers: the return from the authorization
/// server, whose code is not used, a bare GET of the portal's check, and openings while there is no
/// console.
async fn open(
    apps: web::Data<PortalApps>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let name = name_of(&request);
    let lang = lang_of(&request);
    let origin = apps.portal_origin(name);
    if apps.app(name).is_err() {
        return page::refused(&NotVerified::NoSuchConnection, lang, None);
    }
    if request.method() != Method::POST {
        return page::outside(lang, origin.as_deref());
    }
    let opening = match PortalApps::read_opening(&request, payload).await {
        Ok(opening) => opening,
        Err(refusal) => return page::refused(&refusal, lang, origin.as_deref()),
    };
    match apps.verify(name, &opening).await {
        Ok(employee) => page::without_console(&employee, opening.lang, origin.as_deref()),
        Err(refusal) => page::refused(&refusal, opening.lang, origin.as_deref()),
    }
}
