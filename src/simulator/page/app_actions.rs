//! The buttons of the page, and what the script around a frame asks for.

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::app_opened;
use crate::simulator::{
    Portal,
    applications::{ApplicationChange, LeftData, Standing, send_waiting},
    core::Core,
    params, php,
};

/// The script around a frame.
const SCRIPT: &str = include_str!("app_parent.js");

/// Mounts the buttons and the pages with frames below `/sandbox`.
pub(super) fn configure(portal: &Portal, config: &mut web::ServiceConfig) {
    let (pressed, asked, shown) = (portal.clone(), portal.clone(), portal.clone());
    let press = move |request: HttpRequest, body: Bytes| {
        let answer = press(&pressed, &request, &form_of(&body));
        async move { answer }
    };
    let ask = move |path: web::Path<String>, body: Bytes| {
        let answer = ask(&asked, &path, &form_of(&body));
        async move { answer }
    };
    let show = move |request: HttpRequest| {
        let answer = app_opened::show(&shown, &request);
        async move { answer }
    };
    let linked = portal.clone();
    let follow = move |request: HttpRequest, client: web::Path<String>| {
        let answer = follow(&linked, &request, &client);
        async move { answer }
    };
    config
        .route("/app/do", web::post().to(press))
        .route("/app/ask/{what}", web::post().to(ask))
        .route("/app/open", web::get().to(show))
        .route("/app/view/{client}", web::get().to(follow))
        .route("/app/parent.js", web::get().to(script));
}

fn form_of(body: &[u8]) -> Map<String, Value> {
    params::parse_str(&String::from_utf8_lossy(body))
}

async fn script() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(SCRIPT)
}

fn text(form: &Map<String, Value>, name: &str) -> String {
    let value = form.get(name).map(php::strval);
    value.unwrap_or_default().trim().to_owned()
}

fn number(form: &Map<String, Value>, name: &str) -> u32 {
    text(form, name).parse().unwrap_or(0)
}

fn to(request: &HttpRequest, path: &str) -> HttpResponse {
    let is_english = request.query_string().contains("lang=en");
    let mark = if path.contains('?') { '&' } else { '?' };
    let path = if is_english {
        format!("{path}{mark}lang=en")
    } else {
        path.to_owned()
    };
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, path))
        .finish()
}

/// Presses a button of the page. An installation goes on with the installer's page.
fn press(portal: &Portal, request: &HttpRequest, form: &Map<String, Value>) -> HttpResponse {
    let (id, user, verb) = (number(form, "app"), number(form, "as"), text(form, "verb"));
    let mut core = portal.core();
    let now = core.now().as_second();
    let mut target = "/sandbox/app".to_owned();
    match verb.as_str() {
        "save" => {
            let change = ApplicationChange {
                id,
                title: text(form, "title"),
                handler: text(form, "handler"),
                installer: text(form, "installer"),
                scopes: text(form, "scopes"),
            };
            let saved = core.with_applications(1, |all| all.change(&change));
            if saved.is_err() {
                target.push_str("?failed=form");
            }
        }
        "install" => {
            core.with_applications(1, |all| all.begin(id));
            target = format!("/sandbox/app/open?app={id}&as=1");
        }
        "update" => core.with_applications(1, |all| all.update(id)),
        "uninstall" => core.with_applications(1, |all| all.uninstall(id, LeftData::Keep)),
        "wipe" => core.with_applications(1, |all| all.uninstall(id, LeftData::Wipe)),
        "delete" => core.with_applications(1, |all| all.delete(id)),
        "expire" => core.with_applications(1, |all| all.expire_access(id, now)),
        "revoke" => core.with_applications(1, |all| all.revoke(id)),
        _ => {
            if !core.change_employee(user, &verb) {
                return HttpResponse::BadRequest().finish();
            }
        }
    }
    drop(core);
    send_waiting(portal);
    to(request, &target)
}

impl Core {
    /// Changes an employee's rights. Returns whether the button exists.
    fn change_employee(&mut self, id: u32, verb: &str) -> bool {
        let state = &mut self.state;
        let known = state.users.iter_mut().find(|it| it.id == id);
        let Some(user) = known else {
            return false;
        };
        match verb {
            "dismiss" => user.active = false,
            "hire" => user.active = true,
            "admin" => drop(state.admins.insert(id)),
            "no-admin" => drop(state.admins.remove(&id)),
            "admit" => drop(state.applications.shut_out.remove(&id)),
            "shut-out" => drop(state.applications.shut_out.insert(id)),
            _ => return false,
        }
        state.revision += 1;
        true
    }
}

/// Answers the script around a frame: fresh tokens, the end of an installation, options.
fn ask(portal: &Portal, what: &str, form: &Map<String, Value>) -> HttpResponse {
    let (id, user) = (number(form, "app"), number(form, "as"));
    let mut core = portal.core();
    let now = core.now().as_second();
    let is_admin = core.state.is_admin(user);
    let answer = match what {
        "auth" => core.with_applications(user, |all| all.refresh(id, user, now)),
        // the portal's own page asks for it, in the session of the employee
        "finish" if is_admin => {
            let is_finished = core.with_applications(user, |all| {
                all.finish(id);
                all.get(id)
                    .is_some_and(|it| it.standing == Standing::Installed)
            });
            Some(is_finished.into())
        }
        "finish" => Some(false.into()),
        // silently ignored for others than administrators
        "app-option" if !is_admin => Some(Value::Null),
        "app-option" | "user-option" => {
            let owner = (what == "user-option").then_some(user);
            let (name, value) = (text(form, "name"), text(form, "value"));
            core.with_applications(user, |all| all.set_option(id, owner, (name, value)));
            Some(Value::Null)
        }
        _ => return HttpResponse::NotFound().finish(),
    };
    drop(core);
    send_waiting(portal);
    match answer {
        Some(answer) => HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .json(answer),
        None => HttpResponse::Forbidden().finish(),
    }
}

/// Follows a link to an application in a notice: `/marketplace/view/CLIENT_ID/` of the portal. It
/// opens the widget for such links, or the application's own page.
fn follow(portal: &Portal, request: &HttpRequest, client: &str) -> HttpResponse {
    let core = portal.core();
    let Some(application) = core.state.applications.by_client(client) else {
        return to(request, "/sandbox/app");
    };
    let mut widgets = application.widgets.iter();
    let widget = widgets.find(|it| it.placement == "REST_APP_URI");
    let widget = widget.map_or_else(String::new, |it| format!("&widget={}", it.id));
    let id = application.id;
    to(request, &format!("/sandbox/app/open?app={id}&as=1{widget}"))
}
