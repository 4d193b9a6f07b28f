//! A page of an application in the portal: the frame, the form that the browser posts into it, and
//! the stand-in for the portal's script around it.

use actix_web::{HttpRequest, HttpResponse, http::header};
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::{
    Page, View, app_widgets,
    applications::{choice, name},
    card,
    html::PageLanguage,
    respond_with, shown_with,
};
use crate::simulator::{
    Portal,
    applications::{Application, Opened, Opening, Page as Opens, Refusal, Widget, domain},
    core::Core,
    state::{kind::Kind, telephony::PortalCall},
};

/// Where the page is shown, which decides what its script may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A page of the menu.
    Page,
    /// A slider over a list.
    Slider,
    /// A tab of a card.
    Tab,
}

impl Place {
    fn word(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Slider => "slider",
            Self::Tab => "tab",
        }
    }
}

/// What the address asks for.
struct Asked {
    application: u32,
    user: u32,
    widget: Option<u32>,
    record: Option<(Kind, u32)>,
    call: Option<String>,
}

impl Asked {
    fn of(view: &View<'_>) -> Self {
        let number = |name: &str| view.param(name).parse().ok();
        let record = view.param("record");
        let record = record.split_once('-');
        Self {
            application: number("app").unwrap_or(0),
            user: number("as").unwrap_or(1),
            widget: number("widget"),
            record: record.and_then(|(kind, id)| Some((Kind::of_word(kind)?, id.parse().ok()?))),
            call: Some(view.param("call")).filter(|it| !it.is_empty()),
        }
    }
}

/// Shows the page. Opening gives the employee's tokens to the application, as the portal does at
/// every display.
pub(super) fn show(portal: &Portal, request: &HttpRequest) -> HttpResponse {
    let mut core = portal.core();
    let base = core.options.base_url.clone();
    let asked = shown_with(&core, portal, request, Asked::of);
    let language = shown_with(&core, portal, request, |view| view.lang);
    let host = request.headers().get(header::HOST);
    let host = host.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let is_elsewhere = host != domain(&base);
    let opened = if is_elsewhere {
        None
    } else {
        Some(open(&mut core, &asked, language, &base))
    };
    let query = request.query_string();
    shown_with(&core, portal, request, |view| {
        let application = view.core.state.applications.get(asked.application);
        let (page, origin) = match (&opened, application) {
            (None, _) => (
                elsewhere(view, &format!("{base}/sandbox/app/open?{query}")),
                None,
            ),
            (Some(Err(refusal)), _) => (refused(view, &asked, *refusal), None),
            (Some(Ok(_)), None) => (refused(view, &asked, Refusal::Unknown), None),
            (Some(Ok(opened)), Some(application)) => (
                drawn(view, &asked, application, opened),
                Some(opened.origin.as_str()),
            ),
        };
        respond_with(HttpResponse::Ok(), view, &page, (request.path(), origin))
    })
}

fn open(
    core: &mut Core,
    asked: &Asked,
    language: PageLanguage,
    base: &str,
) -> Result<Opened, Refusal> {
    let now = core.now().as_second();
    let options = options(core, asked);
    let is_active = core.state.user(asked.user).is_some_and(|it| it.active);
    if !is_active {
        return Err(Refusal::ShutOut);
    }
    core.state.revision += 1;
    let is_admin = core.state.is_admin(asked.user);
    core.state.applications.open(&Opening {
        application: asked.application,
        page: asked.widget.map_or(Opens::Main, Opens::Widget),
        user: asked.user,
        is_admin,
        language: language.pick("en", "ru"),
        options,
        base,
        now,
    })
}

/// Returns `PLACEMENT_OPTIONS` of the place. The portal adds the path of the page around it.
fn options(core: &Core, asked: &Asked) -> Option<Map<String, Value>> {
    let widget = widget(core, asked)?;
    let options = match (&asked.record, &asked.call) {
        (Some((kind, id)), _) => {
            let word = kind.word();
            let uri = format!("/crm/{word}/details/{id}/?IFRAME=Y&IFRAME_TYPE=SIDE_SLIDER");
            json!({"ID": id.to_string(), "URI": uri})
        }
        (None, Some(call)) => {
            let calls = core.state.telephony.live.iter();
            let mut calls = calls.chain(&core.state.telephony.left);
            of_call(core, calls.find(|it| it.id == *call)?)
        }
        (None, None) => {
            let list = widget.placement.strip_suffix("_LIST_TOOLBAR");
            let kind = list.and_then(|it| it.strip_prefix("CRM_"))?;
            json!({"URI": format!("/crm/{}/list/", kind.to_lowercase())})
        }
    };
    options.as_object().cloned()
}

fn of_call(core: &Core, call: &PortalCall) -> Value {
    let name = |kind: Kind| kind.word().to_uppercase();
    let all = call.entity.iter().chain(&call.bindings);
    let bindings: Vec<Value> = all
        .map(|(kind, id)| json!({"ENTITY_TYPE": name(*kind), "ENTITY_ID": id.to_string()}))
        .collect();
    let line = core.state.telephony.line(&call.line);
    json!({
        "CALL_ID": call.id, "PHONE_NUMBER": call.number, "LINE_NUMBER": call.line,
        "LINE_NAME": line.map_or("", |it| &it.name),
        "CRM_ENTITY_TYPE": call.entity.map_or_else(String::new, |(kind, _)| name(kind)),
        "CRM_ENTITY_ID": call.entity.map_or(0, |(_, id)| id).to_string(),
        "CRM_BINDINGS": bindings, "CRM_ACTIVITY_ID": "undefined",
        "CALL_DIRECTION": match call.sort { 2 | 3 => "incoming", 4 => "callback", _ => "outgoing" },
        "CALL_STATE": "connected", "CALL_LIST_MODE": "false",
    })
}

fn widget<'a>(core: &'a Core, asked: &Asked) -> Option<&'a Widget> {
    let application = core.state.applications.get(asked.application)?;
    let mut widgets = application.widgets.iter();
    widgets.find(|it| Some(it.id) == asked.widget)
}

/// The portal has one address; from another one the page in the frame would be answered by
/// nobody.
fn elsewhere(view: &View<'_>, address: &str) -> Page {
    let title = view.t("The portal has another address", "У портала другой адрес");
    Page {
        title: title.to_owned(),
        tab: "app",
        body: html! {
            div.panel {
                h1 { (title) }
                p { a href=(address) { (address) } }
            }
        },
    }
}

fn refused(view: &View<'_>, asked: &Asked, refusal: Refusal) -> Page {
    let (en, ru) = refusal.text();
    Page {
        title: view.t("Application", "Приложение").to_owned(),
        tab: "app",
        body: html! {
            (toolbar(view, asked))
            div.panel role="alert" { p { (view.t(en, ru)) } }
        },
    }
}

/// Draws who looks at the page, and the way to look as somebody else.
fn toolbar(view: &View<'_>, asked: &Asked) -> Markup {
    let record = asked
        .record
        .map(|(kind, id)| format!("{}-{id}", kind.word()));
    let hidden = [
        ("app", Some(asked.application.to_string())),
        ("widget", asked.widget.map(|it| it.to_string())),
        ("record", record),
        ("call", asked.call.clone()),
        (
            "lang",
            (view.lang == PageLanguage::En).then(|| "en".to_owned()),
        ),
    ];
    html! {
        form.sub method="get" action="/sandbox/app/open" {
            @for (name, value) in hidden {
                @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
            }
            (choice(view, asked.user))
            button { (view.t("Open as this employee", "Открыть от имени сотрудника")) }
            a href=(view.link("/sandbox/app")) { (view.t("Applications", "Приложения")) }
        }
    }
}

fn drawn(view: &View<'_>, asked: &Asked, application: &Application, opened: &Opened) -> Page {
    let widget = widget(view.core, asked);
    let place = match (widget, asked.record) {
        (None, _) => Place::Page,
        (Some(_), Some(_)) => Place::Tab,
        (Some(_), None) => Place::Slider,
    };
    let title = widget.map_or(name(application), |it| it.title_in(view.t("en", "ru")));
    let back = match (asked.record, widget.map(|it| it.placement.as_str())) {
        (Some((kind, id)), _) => format!("/sandbox/{}/{id}", kind.word()),
        (None, Some("CRM_LEAD_LIST_TOOLBAR")) => "/sandbox/leads".to_owned(),
        (None, Some("CALL_CARD")) => "/sandbox/telephony".to_owned(),
        (None, Some(_)) => "/sandbox".to_owned(),
        (None, None) => "/sandbox/app".to_owned(),
    };
    let body = html! {
        (toolbar(view, asked))
        @if let Some(record) = asked.record {
            (card::heading(view, record))
            (app_widgets::in_card(view, record, asked.widget))
        }
        @if view.param("install_finished") == "Y" {
            p.sub role="status" { (view.t("The application is installed.", "Приложение установлено.")) }
        }
        div #application.application data-place=(place.word()) data-origin=(opened.origin)
            data-sid=(opened.sid) data-app=(application.id) data-user=(asked.user)
            data-back=(view.link(&back)) data-init=(opened.init) {
            @if place != Place::Tab {
                h1 #pagetitle { (title) }
            }
            form method="post" action=(opened.page.url) target=(opened.frame) {
                @for (name, value) in &opened.page.form {
                    input type="hidden" name=(name) value=(value);
                }
                noscript { button { (view.t("Open", "Открыть")) } }
            }
            iframe.app-frame name=(opened.frame) title=(title)
                allow="geolocation *; microphone *; camera *; autoplay *;" {}
            p #application-note role="status" {}
            details.panel {
                summary { (view.t("Messages of the page", "Сообщения страницы")) }
                ol #application-messages.mono {}
            }
        }
        script src="/sandbox/app/parent.js" {}
    };
    Page {
        title: title.to_owned(),
        tab: match asked.record {
            Some((Kind::Lead, _)) => "leads",
            Some((Kind::Contact, _)) => "contacts",
            Some(_) => "deals",
            None => "app",
        },
        body,
    }
}
