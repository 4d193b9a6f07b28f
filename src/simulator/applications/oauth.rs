//! The authorization server: codes and refresh tokens for pairs, and `app.info`, which says whose
//! token one is. It runs on the portal's own address, below `/oauth`.
//!
//! Errors after the documentation, and after what the vendor's SDKs expect: an unknown `client_id`
//! is answered with HTTP 200.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    middleware, web,
};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    Applications, Standing, client_endpoint, domain,
    grants::{ACCESS, GrantKind},
    server_endpoint,
};
use crate::simulator::{
    Portal,
    core::Core,
    errors::ApiError,
    faults::{FaultKind, Moment},
    gate::{self, Gate},
    http,
    leaving::Delivery,
    params, php, when,
};

/// The names of the two calls in faults and in the transcript.
const TOKEN: &str = "oauth.token";
const APP_INFO: &str = "oauth.app.info";
/// Larger bodies are refused.
const BODY: usize = 64 << 10;

/// Mounts the authorization server.
pub(in crate::simulator) fn configure(
    portal: &Portal,
    gate: &Gate,
    config: &mut web::ServiceConfig,
) {
    let serving = |name: &'static str| {
        let (portal, gate) = (portal.clone(), gate.clone());
        move |request: HttpRequest, body: Bytes| {
            let (portal, gate) = (portal.clone(), gate.clone());
            async move {
                match gate.refusal_of_call(request.head()) {
                    Some(refusal) => refusal,
                    None => serve(&portal, name, &request, &body).await,
                }
            }
        }
    };
    // clients that know the server by its methods' address put the vendor's path behind it
    let token = ["/oauth/token{_:/?}", "/oauth/oauth/token{_:/?}"];
    let info = "/oauth/rest/app.info{_:(\\.json)?/?}";
    let limit = || web::PayloadConfig::new(BODY);
    let pages = gate.clone();
    let guard = middleware::from_fn(move |request, next| gate::guard(pages.clone(), request, next));
    let asked = portal.clone();
    let authorize = move |request: HttpRequest| {
        let answer = authorize(&asked, &request);
        async move { answer }
    };
    config
        .service(
            web::resource(token)
                .app_data(limit())
                .route(web::route().to(serving(TOKEN))),
        )
        .service(
            web::resource(info)
                .app_data(limit())
                .route(web::route().to(serving(APP_INFO))),
        )
        .service(
            web::resource("/oauth/authorize{_:/?}")
                .wrap(guard)
                .route(web::get().to(authorize)),
        );
}

async fn serve(
    portal: &Portal,
    name: &'static str,
    request: &HttpRequest,
    body: &Bytes,
) -> HttpResponse {
    let params = http::params_of(request, body);
    let (status, text, delivery) = portal.core().serve_oauth(name, &params);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponse::build(status);
    let content_type = if text.starts_with('{') {
        "application/json; charset=utf-8"
    } else {
        "text/html"
    };
    response
        .content_type(content_type)
        .insert_header((header::CACHE_CONTROL, "no-store"));
    http::deliver(&mut response, text, delivery).await
}

impl Core {
    /// Serves a call with its faults, and keeps it in the transcript without secrets.
    fn serve_oauth(&mut self, name: &str, params: &Map<String, Value>) -> (u16, String, Delivery) {
        self.tally.calls += 1;
        let door = self.plan.strike_at(Moment::Arrival, name);
        let refused = self.plan.strike_at(Moment::Command, name);
        let mut fault = door.clone().or_else(|| refused.clone());
        let (status, body) = match (door, refused) {
            (Some(FaultKind::BadGateway), _) => (502, Value::Null),
            (Some(FaultKind::ResetBefore), _) => (0, Value::Null),
            (Some(_), _) => (500, json!({"error": "INTERNAL_SERVER_ERROR"})),
            (None, Some(FaultKind::Refused { error })) => refusal(&error, ""),
            (None, _) => {
                let (base, now) = (self.options.base_url.clone(), self.now().as_second());
                self.state.revision += 1;
                if name == TOKEN {
                    let active: Vec<u32> = self.state.active_users().collect();
                    let applications = &mut self.state.applications;
                    applications.exchange(params, |user| active.contains(&user), (&base, now))
                } else {
                    self.state.applications.info(params, (&base, now))
                }
            }
        };
        let exit = self.plan.strike_at(Moment::Exit, name);
        let delivery = match &exit {
            _ if status == 0 => Delivery::Nothing,
            Some(kind) => Delivery::of(kind),
            None => Delivery::Whole,
        };
        fault = fault.or(exit);
        self.tally.faults += u64::from(fault.is_some());
        let code = fault.map(|it| it.code());
        self.note_oauth(name, params, (status, &body), code);
        let text = match &body {
            Value::Null => format!("<html><h1>{status} Bad Gateway</h1></html>"),
            body => body.to_string(),
        };
        (status, text, delivery)
    }
}

/// An error of the server: HTTP status and body.
fn refusal(code: &str, description: &str) -> (u16, Value) {
    let status = match code {
        "wrong_client" => 200,
        "expired_token" | "invalid_token" | "NO_AUTH_FOUND" | "NOT_INSTALLED" => 401,
        "insufficient_scope" | "invalid_scope" | "user_access_error" => 403,
        "PORTAL_DELETED" => 500,
        _ => 400,
    };
    let mut body = json!({ "error": code });
    if !description.is_empty() {
        body["error_description"] = description.into();
    }
    (status, body)
}

fn text(params: &Map<String, Value>, name: &str) -> String {
    params.get(name).map(php::strval).unwrap_or_default()
}

impl Applications {
    /// Exchanges a code or a refresh token for a pair.
    fn exchange(
        &mut self,
        params: &Map<String, Value>,
        is_active: impl Fn(u32) -> bool,
        (base, now): (&str, i64),
    ) -> (u16, Value) {
        let Some(application) = self.by_client(&text(params, "client_id")).cloned() else {
            return refusal("wrong_client", "");
        };
        if application.client_secret != text(params, "client_secret") {
            return refusal("invalid_client", "");
        }
        let (kind, name) = match text(params, "grant_type").as_str() {
            "authorization_code" => (GrantKind::Code, "code"),
            "refresh_token" => (GrantKind::Refresh, "refresh_token"),
            _ => {
                let missing = "No \"grant_type\" parameter found";
                return refusal("invalid_request", missing);
            }
        };
        let sent = text(params, name);
        if sent.is_empty() {
            let missing = format!("No \"{name}\" parameter found");
            return refusal("invalid_request", &missing);
        }
        if application.standing == Standing::Removed {
            return refusal("NOT_INSTALLED", "Application not installed");
        }
        let id = application.id;
        let used = self.grants.exchange(kind, &sent, id, now);
        let Some(used) = used.filter(|it| is_active(it.user)) else {
            return refusal("invalid_grant", "");
        };
        let scopes = &application.scopes;
        let pair = self.grants.pair((id, used.user), scopes, now);
        let reply = json!({
            "access_token": pair.access, "client_endpoint": client_endpoint(base),
            "domain": domain(base), "expires": pair.until, "expires_in": ACCESS,
            "member_id": self.member, "refresh_token": pair.refresh,
            "scope": self.scope_text(&application), "server_endpoint": server_endpoint(base),
            "status": "L", "user_id": used.user,
        });
        (200, reply)
    }

    /// Says whose an access token is.
    fn info(&self, params: &Map<String, Value>, (base, now): (&str, i64)) -> (u16, Value) {
        let token = text(params, "auth");
        let is_token = token.len() >= 32 && token.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_token {
            return refusal("NO_AUTH_FOUND", "Wrong authorization data");
        }
        let Some(grant) = self.grants.access(&token) else {
            return refusal("invalid_client", "");
        };
        let known = self.get(grant.application);
        let Some(application) = known.filter(|it| it.standing != Standing::Removed) else {
            return refusal("NOT_INSTALLED", "Application not installed");
        };
        if now >= grant.until {
            return refusal("expired_token", ApiError::EXPIRED);
        }
        let scope: Vec<&str> = grant.scopes.iter().map(String::as_str).collect();
        let scope = scope.join(",");
        let result = json!({
            "client_id": application.client_id, "scope": scope, "expires": when::iso(grant.until),
            "user_id": grant.user,
            "install": {
                "installed": application.standing == Standing::Installed,
                "version": application.version.to_string(), "status": "L",
                "scope": self.scope_text(application), "domain": domain(base),
                "uri": base, "client_endpoint": client_endpoint(base),
                "member_id": self.member, "member_type": "bitrix24",
            },
        });
        let time = json!({"start": now, "finish": now, "duration": 0, "processing": 0,
            "date_start": when::iso(now), "date_finish": when::iso(now)});
        (200, json!({"result": result, "time": time}))
    }

    /// Gives a code for an employee.
    pub(super) fn give_code(&mut self, id: u32, user: u32, now: i64) -> Option<String> {
        let application = self.get(id)?;
        if application.standing == Standing::Removed || self.shut_out.contains(&user) {
            return None;
        }
        let scopes = application.scopes.clone();
        Some(self.grants.code((id, user), &scopes, now))
    }
}

/// The employee who is signed in to the portal authorizes an application. Failures end on a page
/// of the portal, without a redirect.
fn authorize(portal: &Portal, request: &HttpRequest) -> HttpResponse {
    let query = params::parse_str(request.query_string());
    let mut core = portal.core();
    let (base, now) = (core.options.base_url.clone(), core.now().as_second());
    let user = match core.state.applications.quirks.authorizing_user {
        0 => core.options.user,
        user => user,
    };
    core.state.revision += 1;
    let applications = &mut core.state.applications;
    let application = applications.by_client(&text(&query, "client_id")).cloned();
    let given = application.as_ref().and_then(|it| {
        let once = applications.give_code(it.id, user, now)?;
        Some((it.handler.clone(), once, applications.scope_text(it)))
    });
    let target = given.and_then(|(handler, once, scope)| {
        let mut target = reqwest::Url::parse(&handler).ok()?;
        target
            .query_pairs_mut()
            .append_pair("code", &once)
            .append_pair("state", &text(&query, "state"))
            .append_pair("domain", domain(&base))
            .append_pair("member_id", &applications.member)
            .append_pair("scope", &scope)
            .append_pair("server_domain", domain(&base));
        Some(target)
    });
    match target {
        Some(target) => HttpResponse::Found()
            .insert_header((header::LOCATION, target.as_str()))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish(),
        None => HttpResponse::BadRequest()
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
            .body("<!doctype html><title>Bitrix24</title><p>Приложение не найдено"),
    }
}
