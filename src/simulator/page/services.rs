//! What the services beside the portal got: the latest requests, newest first, and what Calltouch
//! has imported.

use maud::{Markup, html};
use serde_json::Value;

use super::faults::{self, MenuFault};
use super::{Page, View};
use crate::simulator::{services::ServiceRequest, when};

/// Number of requests shown.
const REQUESTS: usize = 100;
/// Longer texts are cut, in characters.
const LONGEST: usize = 12_000;
/// Faults of a service: the code of the control API, the English and the Russian text.
const MENU: &[MenuFault] = &[
    (
        "TOO_MANY_REQUESTS",
        "Too many requests, 429",
        "Слишком много запросов, 429",
    ),
    faults::SERVER_ERROR,
    faults::BAD_GATEWAY,
    faults::RESET_BEFORE,
    faults::RESET_AFTER,
    faults::HOLD_REPLY,
    faults::SLOW_BODY,
    (
        "ERROR_AFTER_SAVE",
        "Error although done",
        "Ошибка, хотя выполнено",
    ),
    ("WRONG_JSON", "Broken JSON", "Испорченный JSON"),
    (
        "PARTIAL_IMPORT",
        "Last request of a call not imported",
        "Последняя заявка вызова не принята",
    ),
];
/// Faults of connections, where the services have ports of their own.
const DOOR_MENU: &[MenuFault] = &[
    (
        "CLOSED_PORT",
        "Port closed until cleared",
        "Порт закрыт, пока не отмените",
    ),
    ("BROKEN_TLS", "TLS handshake fails", "Сбой TLS"),
];

/// Draws the lists.
pub(super) fn list(view: &View<'_>) -> Page {
    let services = &view.core.services;
    let nothing = view.t(
        "No requests yet. Destinations of profiles without settings: bin, calltouch.",
        "Запросов пока нет. Назначения для профилей без настроек: bin, calltouch.",
    );
    Page {
        title: "HTTP".to_owned(),
        tab: "services",
        body: html! {
            div.sub {
                span { (view.t("Requests", "Запросов")) ": " (services.count()) }
                span { "Calltouch: " (services.imported().len()) }
            }
            (menu(view))
            @if services.requests().next().is_none() {
                p.empty { (nothing) }
            } @else {
                div.calls {
                    @for request in services.requests().rev().take(REQUESTS) {
                        (exchange(view, request))
                    }
                }
            }
            @if !services.imported().is_empty() { (imported(view)) }
        },
    }
}

fn menu(view: &View<'_>) -> Markup {
    html! {
        details.menu {
            summary { (view.t("Faults of the services", "Сбои сервисов")) }
            @for service in ["bin", "calltouch"] {
                form method="post" action="/sandbox/do/fault" {
                    input type="hidden" name="back" value=(view.link("/sandbox/services"));
                    input type="hidden" name="method" value=(service);
                    p { (service) ": " (view.t("the next request", "следующий запрос")) }
                    @let doors = if view.core.has_doors { DOOR_MENU } else { &[] };
                    @for (code, en, ru) in MENU.iter().chain(doors) {
                        button name="code" value=(code) { (view.t(en, ru)) small { (code) } }
                    }
                }
            }
        }
    }
}

fn exchange(view: &View<'_>, request: &ServiceRequest) -> Markup {
    let at = when::local(request.time.as_second());
    let time = format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second());
    let gist = cut(&request.body, 160);
    html! {
        details.call data-key={ "request-" (request.number) } {
            summary {
                span.number { (request.number) }
                span.name.mono { (request.service) " " (request.method) " " (request.path) }
                span.gist { (gist) }
                @if let Some(fault) = &request.fault { span.status.fault.mono { (fault) } }
                @match request.status {
                    200..300 => span.status { (request.status) },
                    0 => span.status.bad { (view.t("no answer", "нет ответа")) },
                    status => span.status.bad { (status) },
                }
                time { (time) }
            }
            div.inside {
                div {
                    h3 { (view.t("Header fields", "Заголовки")) }
                    pre { @for (name, value) in &request.headers { (name) ": " (value) "\n" } }
                }
                div { h3 { (view.t("Body", "Тело")) } pre { (pretty(&request.body)) } }
            }
        }
    }
}

fn imported(view: &View<'_>) -> Markup {
    let rows = view.core.services.imported();
    let text = |row: &Value, name: &str| {
        let value = row.get(name).and_then(Value::as_str);
        value.unwrap_or_default().to_owned()
    };
    html! {
        section.panel {
            h2 { (view.t("Imported into Calltouch", "Импортировано в Calltouch")) }
            table {
                @for row in rows.iter().rev().take(REQUESTS) {
                    tr {
                        td.mono { (text(row, "requestNumber")) }
                        td { (text(row, "requestDate")) }
                        td { (text(row, "subject")) }
                        td { (text(row, "fio")) }
                        td { (text(row, "phoneNumber")) }
                        td { (text(row, "email")) }
                    }
                }
            }
        }
    }
}

fn pretty(body: &str) -> String {
    let json = serde_json::from_str::<Value>(body).ok();
    let text = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    cut(text.as_deref().unwrap_or(body), LONGEST)
}

fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
